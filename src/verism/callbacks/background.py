"""What a run writes on its way, and its steps do not wait for."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

import torch
from lightning.pytorch import Callback, LightningModule, Trainer
from lightning.pytorch.utilities import rank_zero_info
from torch import Tensor

from verism.errors import VerismError

AHEAD = 4
"""Tasks that may wait; a run that asks for more waits for the first of them, since each may hold large pictures."""


class Background(Callback):
    """Does tasks one after the other in a thread of its own, and all of them before the run ends, however it ends.

    What a task raises is raised in the run at its next task, or at its end. ``StyleTransfer`` adds this callback to
    every Trainer.
    """

    def __init__(self) -> None:
        """Start no thread yet: a process may still be forked."""
        self._pool: ThreadPoolExecutor | None = None
        self._pending: deque[Future[None]] = deque()

    def do(self, task: Callable[[], None]) -> None:
        """Have a task done after those before it.

        Raises:
            VerismError: one of those before could not write its file; the task is done all the same.
        """
        # An executor's threads are waited for even where a process ends without a word to its callbacks.
        self._pool = self._pool or ThreadPoolExecutor(1, "verism-background")
        self._pending.append(self._pool.submit(task))
        while self._pending and (self._pending[0].done() or len(self._pending) > AHEAD):
            _result(self._pending.popleft())

    def finish(self) -> None:
        """Return when all is done; raise ``VerismError`` if a file could not be written."""
        pool, self._pool = self._pool, None
        if pool is not None:
            pool.shutdown()
        pending, self._pending = self._pending, deque()
        for task in pending:
            _result(task)

    def on_fit_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Wait for the last of it; raise ``VerismError`` if a file could not be written."""
        self.finish()

    def on_exception(self, trainer: Trainer, pl_module: LightningModule, exception: BaseException) -> None:
        """Wait for the last of it; what the run ends with is the exception that ended it."""
        try:
            self.finish()
        except Exception as error:
            rank_zero_info(str(error))


def _result(task: Future[None]) -> None:
    try:
        task.result()
    except OSError as error:
        raise VerismError(
            f"{error.filename or 'the log'}: pictures of the run could not be written ({error.strerror or error}); "
            "make room there, or choose another --trainer.default_root_dir."
        ) from error


def arriving(tensor: Tensor) -> Callable[[], Tensor]:
    """Begin to copy a tensor to the CPU, and return what waits for the copy, from any thread.

    Args:
        tensor: that nobody overwrites, or, on a GPU, not before what was asked of the GPU so far is done.
    """
    if tensor.device.type != "cuda":
        copy = tensor.detach().cpu()
        return lambda: copy
    # Into pinned memory, which torch allocates for a copy that nobody waits for.
    copy = tensor.detach().to("cpu", non_blocking=True)
    arrived = torch.cuda.Event()
    arrived.record(torch.cuda.current_stream(tensor.device))

    def wait() -> Tensor:
        arrived.synchronize()
        return copy

    return wait
