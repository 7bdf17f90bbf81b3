"""Where many tasks are done at once: this machine, a Dask cluster, a Ray cluster.

Named in lower case, as on the command line: ``--executor dask --executor.address tcp://…``.
"""

from __future__ import annotations

import itertools
import multiprocessing
import os
import queue
import sys
import threading
from abc import ABC, abstractmethod
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from multiprocessing.connection import Connection, wait
from multiprocessing.context import BaseContext
from multiprocessing.process import BaseProcess
from pathlib import Path
from types import ModuleType
from typing import Protocol

from verism.errors import VerismError


class Task(Protocol):
    """What a worker does when it is called: one run of a sweep after the other, some photos of a folder.

    It is pickled on its way to the worker, raises nothing, and records what came of it itself, so that nothing has to
    be brought back.
    """

    @property
    def log(self) -> Path:
        """The file for what a process on this machine prints meanwhile."""

    @property
    def module(self) -> str:
        """Name of the module that has all it needs, so that processes on this machine share one import of it."""

    def __call__(self) -> None:
        """Do it."""


class Executor(ABC):
    """Does tasks side by side."""

    @property
    @abstractmethod
    def workers(self) -> int:
        """How many tasks are done at once."""

    @property
    def threads(self) -> int:
        """CPU threads that each has, as far as is known."""
        return 1

    @abstractmethod
    def run(self, tasks: Sequence[Task]) -> None:
        """Return when each task has ended, or the worker that had it has died.

        Raises:
            VerismError: there is no such engine, or nobody answers at its address.
            Exception: whatever the engine has to say of workers that died.
        """


class local(Executor):  # noqa: N801
    """This machine: a process a GPU, or, without one, a core, which takes one task after the other."""

    def __init__(self, workers: int | None = None) -> None:
        """Choose how many.

        Args:
            workers: processes at a time; null: as many as there are GPUs or, without one, cores. More of them than GPUs
                share these, which small runs can.
        """
        if workers is not None and workers < 1:
            raise VerismError(f"--executor.workers {workers}: must be at least 1.")
        import torch  # noqa: PLC0415  # Seconds, which workers whose tasks need no torch do not have.

        self.gpus = torch.cuda.device_count()
        self.cores = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
        self._workers = workers or self.gpus or self.cores

    @property
    def workers(self) -> int:
        """Processes at a time."""
        return self._workers

    @property
    def threads(self) -> int:
        """CPU threads of each process."""
        return max(1, self.cores // self.workers)

    def run(self, tasks: Sequence[Task]) -> None:
        """Hand the tasks to workers, each as soon as one is free; one that has died is replaced."""
        # Forked from a process that has imported torch once, and has no threads nor GPU yet.
        forkserver = "forkserver" in multiprocessing.get_all_start_methods()
        context = multiprocessing.get_context("forkserver") if forkserver else multiprocessing.get_context("spawn")
        context.set_forkserver_preload(sorted({task.module for task in tasks}))
        visible = os.environ.get("CUDA_VISIBLE_DEVICES") or ",".join(map(str, range(self.gpus)))
        gpus = itertools.islice(itertools.cycle(visible.split(",")), min(self.workers, len(tasks)))
        free: queue.SimpleQueue[_Worker] = queue.SimpleQueue()
        workers = [_Worker(context, gpu, self.threads) for gpu in gpus]
        for worker in workers:
            free.put(worker)

        def run(task: Task) -> None:
            worker = free.get()
            try:
                worker.run(task)
            finally:
                free.put(worker)

        try:
            with ThreadPoolExecutor(self.workers) as pool:
                try:
                    list(pool.map(run, tasks))
                except BaseException:
                    pool.shutdown(wait=False, cancel_futures=True)
                    raise
        finally:
            for worker in workers:
                worker.dismiss()


class _Worker:
    """A process that does tasks one after the other, and is started anew when it has died.

    What a process has to import and load before its first task takes seconds of CPU time.
    """

    def __init__(self, context: BaseContext, gpu: str, threads: int) -> None:
        self._context = context
        self._options = (gpu, threads)
        self._process: BaseProcess | None = None
        self._pipe: Connection

    def run(self, task: Task) -> None:
        """Return when the task has ended, or the process has died."""
        if self._process is None:
            self._pipe, theirs = self._context.Pipe()
            self._process = self._context.Process(target=_serve, args=(theirs, *self._options))  # type: ignore[attr-defined]
            self._process.start()
            theirs.close()
        try:
            self._pipe.send(task)
            self._pipe.recv()
        except (EOFError, OSError):
            self.dismiss()

    def dismiss(self) -> None:
        """End the process, which has nothing to do, or wait for what is left of it."""
        process, self._process = self._process, None
        if process is not None:
            self._pipe.close()
            process.join()


class dask(Executor):  # noqa: N801
    """A Dask cluster: ``pip install 'verism[dask]'``.

    Workers need this package, and photos and output under the same paths as here. Each does one task at a time:
    ``dask worker ADDRESS --nthreads 1``.
    """

    def __init__(self, address: str | None = None) -> None:
        """Choose which.

        Args:
            address: of the scheduler, such as tcp://10.0.0.1:8786; null: a cluster of its own, on this machine.
        """
        self.engine = _engine("distributed", "dask")
        own = {} if address else {"threads_per_worker": 1}
        try:
            self.client = self.engine.Client(address, timeout=10, **own)
        except (OSError, ValueError) as error:
            raise VerismError(f"--executor.address {address}: no Dask scheduler answers there ({error}).") from error

    @property
    def workers(self) -> int:
        """Workers in the cluster, at least one: others may come."""
        return max(1, len(self.client.scheduler_info(n_workers=-1)["workers"]))

    def run(self, tasks: Sequence[Task]) -> None:
        """Hand the tasks to the cluster; Dask gives those of a worker that died to another."""
        # Not through joblib's backend, which waits for ever for a task whose workers died too often.
        futures = self.client.map(_do, tasks, pure=False)
        self.engine.wait(futures)
        self.client.gather(futures)


class ray(Executor):  # noqa: N801
    """A Ray cluster: ``pip install 'verism[ray]'``.

    Workers need this package, and photos and output under the same paths as here. A task takes a GPU, or, in a cluster
    without, a core.
    """

    def __init__(self, address: str | None = None) -> None:
        """Choose which.

        Args:
            address: of the cluster, such as 10.0.0.1:6379, or auto; null: a cluster of its own, on this machine.
        """
        self.engine = _engine("ray", "ray")
        if not self.engine.is_initialized():
            try:
                self.engine.init(address, log_to_driver=False)
            except (ConnectionError, ValueError) as error:
                raise VerismError(f"--executor.address {address}: no Ray cluster answers there ({error}).") from error
        self.resources: dict[str, float] = self.engine.cluster_resources()

    @property
    def workers(self) -> int:
        """GPUs in the cluster, or, without one, cores."""
        return max(1, int(self.resources.get("GPU", 0) or self.resources.get("CPU", 0)))

    def run(self, tasks: Sequence[Task]) -> None:
        """Hand the tasks to the cluster; Ray gives those of a worker that died to another."""
        remote = self.engine.remote(num_cpus=1, num_gpus=1 if "GPU" in self.resources else 0)(_do)
        handed = [remote.remote(task) for task in tasks]
        self.engine.wait(handed, num_returns=len(handed))
        self.engine.get(handed)


def _do(task: Task) -> None:
    """Do a task, as a function: what clusters take."""
    task()


def _engine(module: str, extra: str) -> ModuleType:
    try:
        return import_module(module)
    except ImportError as error:
        raise VerismError(f"--executor {extra} needs more packages: pip install 'verism[{extra}]'.") from error


def _serve(pipe: Connection, gpu: str, threads: int) -> None:
    """Be a worker on this machine, until nobody has anything to do for it."""
    # A GPU of its own; read when CUDA starts, which it has not.
    os.environ["CUDA_VISIBLE_DEVICES"] = gpu
    parent = multiprocessing.parent_process()
    if parent:
        threading.Thread(target=_die_with, args=(parent.sentinel,), daemon=True).start()
    while True:
        try:
            task: Task = pipe.recv()
        except EOFError:
            return
        # The task's module has imported it by now, if it needs it.
        if torch := sys.modules.get("torch"):
            torch.set_num_threads(threads)
        log = os.open(task.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        for stream in (1, 2):
            os.dup2(log, stream)
        os.close(log)
        task()
        for said in (sys.stdout, sys.stderr):
            said.flush()
        pipe.send(None)


def _die_with(parent: int) -> None:
    """End this process with its parent: an orphan would write into folders that the next sweep takes."""
    wait([parent])
    os._exit(1)
