"""Runs tasks such as measuring and writing in the background, so that the steps of a run need not wait for them."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context

import torch
from lightning.pytorch import Callback, LightningModule, Trainer
from lightning.pytorch.utilities import rank_zero_info
from torch import Tensor

from verism.errors import VerismError

AHEAD = 4
"""Largest number of waiting tasks per lane. They may hold large pictures, so a run that adds more waits for one."""


class Background(Callback):
    """Runs tasks while the run continues, and finishes all of them before it ends, however it ends.

    Tasks of one lane run one after the other, in a thread of their own. An exception in a task is raised in the run
    when the next task of the lane is added, or at the end. ``StyleTransfer`` adds this callback to every Trainer.
    """

    def __init__(self) -> None:
        """Start no thread yet, since the process may still be forked."""
        self._lanes: dict[str, _Lane] = {}

    def do(self, task: Callable[[], None], lane: str = "") -> None:
        """Run a task after the earlier ones of its lane.

        Raises:
            VerismError: an earlier task could not write its file; the new task still runs.
        """
        if lane not in self._lanes:
            self._lanes[lane] = _Lane()
        self._lanes[lane].add(task)

    def finish(self) -> None:
        """Wait for all tasks; raise ``VerismError`` if a file could not be written."""
        lanes, self._lanes = self._lanes, {}
        for lane in lanes.values():
            lane.close()
        for lane in lanes.values():
            lane.check()

    def on_fit_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Wait for the last tasks; raise ``VerismError`` if a file could not be written."""
        self.finish()

    def on_exception(self, trainer: Trainer, pl_module: LightningModule, exception: BaseException) -> None:
        """Wait for the last tasks and only print their errors, since the run ends with its own exception."""
        try:
            self.finish()
        except Exception as error:
            rank_zero_info(str(error))


class _Lane:
    """A thread, and those of its tasks that are not done or whose errors have not been raised yet."""

    def __init__(self) -> None:
        # An executor, because Python waits for its threads even if the process exits without calling the callbacks.
        self._pool = ThreadPoolExecutor(1, "verism-background")
        self._pending: deque[Future[None]] = deque()

    def add(self, task: Callable[[], None]) -> None:
        # Run in the context of the run, which may have asked to keep something for the next run (``reuse``).
        self._pending.append(self._pool.submit(copy_context().run, task))
        while self._pending and (self._pending[0].done() or len(self._pending) > AHEAD):
            _result(self._pending.popleft())

    def close(self) -> None:
        self._pool.shutdown()

    def check(self) -> None:
        while self._pending:
            _result(self._pending.popleft())


def _result(task: Future[None]) -> None:
    try:
        task.result()
    except OSError as error:
        raise VerismError(
            f"{error.filename or 'the log'}: pictures of the run could not be written ({error.strerror or error}); "
            "make room there, or choose another --trainer.default_root_dir."
        ) from error


def arriving(tensor: Tensor) -> Callable[[], Tensor]:
    """Start copying a tensor to the CPU; return a function that waits for the copy, which any thread may call.

    Args:
        tensor: of any shape. On the CPU, it is not copied and must not be overwritten; on a GPU, operations queued
            later in the same stream may overwrite it.
    """
    if tensor.device.type != "cuda":
        copy = tensor.detach().cpu()
        return lambda: copy
    # torch allocates pinned memory for a non-blocking copy.
    copy = tensor.detach().to("cpu", non_blocking=True)
    arrived = torch.cuda.Event()
    arrived.record(torch.cuda.current_stream(tensor.device))

    def wait() -> Tensor:
        arrived.synchronize()
        return copy

    return wait
