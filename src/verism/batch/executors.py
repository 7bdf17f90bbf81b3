"""Executors of many parallel tasks: processes on this machine, a Dask cluster, a Ray cluster.

The classes have lower-case names, as on the command line: ``--executor dask --executor.address tcp://…``.
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
    """A piece of work for a worker, such as a chain of runs of a sweep, or some photos of a folder.

    A task is pickled and sent to the worker. It raises no exception and writes its outcome to a file itself, so that
    nothing has to be sent back.
    """

    @property
    def log(self) -> Path:
        """The file for the output of the process on this machine that runs the task."""

    @property
    def module(self) -> str:
        """Name of the module that imports everything the task needs; processes on this machine share that import."""

    def __call__(self) -> None:
        """Run the task."""


class Executor(ABC):
    """Runs tasks in parallel."""

    @property
    @abstractmethod
    def workers(self) -> int:
        """Number of tasks that run at once."""

    @property
    def threads(self) -> int:
        """Number of CPU threads per worker; 1 if unknown."""
        return 1

    @abstractmethod
    def run(self, tasks: Sequence[Task]) -> None:
        """Run tasks; return when each of them has ended or its worker has died.

        Raises:
            VerismError: the executor cannot be used.
            Exception: whatever the engine, such as Dask, raises about workers that died.
        """


class local(Executor):  # noqa: N801
    """This machine: one process per GPU or, without a GPU, per core; each runs one task after the other."""

    def __init__(self, workers: int | None = None) -> None:
        """Choose the number of processes.

        Args:
            workers: processes at a time; null: as many as there are GPUs or, without one, cores. If there are more
                processes than GPUs, they share these, which works for small runs.

        Raises:
            VerismError: ``workers`` is less than 1.
        """
        if workers is not None and workers < 1:
            raise VerismError(f"--executor.workers {workers}: must be at least 1.")
        import torch  # noqa: PLC0415  # It takes seconds, which workers whose tasks need no torch are spared.

        self.gpus = torch.cuda.device_count()
        self.cores = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
        self._workers = workers or self.gpus or self.cores

    @property
    def workers(self) -> int:
        """Number of processes at a time."""
        return self._workers

    @property
    def threads(self) -> int:
        """Number of CPU threads per process."""
        return max(1, self.cores // self.workers)

    def run(self, tasks: Sequence[Task]) -> None:
        """Hand each task to a worker as soon as one is free; replace workers that have died."""
        # A fork server imports torch once for all workers, and has neither threads nor a GPU when they are forked.
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
    """A process that runs tasks one after the other and is restarted if it dies.

    It is kept between tasks, because its imports and loading before the first task take seconds of CPU time.
    """

    def __init__(self, context: BaseContext, gpu: str, threads: int) -> None:
        self._context = context
        self._options = (gpu, threads)
        self._process: BaseProcess | None = None
        self._pipe: Connection

    def run(self, task: Task) -> None:
        """Return when the task has ended or the process has died."""
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
        """End the process, which is idle or dead."""
        process, self._process = self._process, None
        if process is not None:
            self._pipe.close()
            process.join()


class dask(Executor):  # noqa: N801
    """A Dask cluster: ``pip install 'verism[dask]'``.

    Workers need this package, and must find photos and output under the same paths as here. Each runs one task at a
    time: ``dask worker ADDRESS --nthreads 1``.
    """

    def __init__(self, address: str | None = None) -> None:
        """Connect to a cluster.

        Args:
            address: address of the scheduler, such as tcp://10.0.0.1:8786; null: start a cluster on this machine.

        Raises:
            VerismError: Dask is not installed, or no scheduler answers.
        """
        self.engine = _engine("distributed", "dask")
        own = {} if address else {"threads_per_worker": 1}
        try:
            self.client = self.engine.Client(address, timeout=10, **own)
        except (OSError, ValueError) as error:
            raise VerismError(f"--executor.address {address}: no Dask scheduler answers there ({error}).") from error

    @property
    def workers(self) -> int:
        """Number of workers in the cluster; 1 if there are none yet, since some may still join."""
        return max(1, len(self.client.scheduler_info(n_workers=-1)["workers"]))

    def run(self, tasks: Sequence[Task]) -> None:
        """Hand the tasks to the cluster; Dask reassigns those of a worker that died."""
        # Not through joblib, which waits forever for a task that has killed too many workers.
        futures = self.client.map(_do, tasks, pure=False)
        self.engine.wait(futures)
        self.client.gather(futures)


class ray(Executor):  # noqa: N801
    """A Ray cluster: ``pip install 'verism[ray]'``.

    Workers need this package, and must find photos and output under the same paths as here. A task takes a GPU or, in a
    cluster without GPUs, a core.
    """

    def __init__(self, address: str | None = None) -> None:
        """Connect to a cluster.

        Args:
            address: address of the cluster, such as 10.0.0.1:6379, or auto; null: start a cluster on this machine.

        Raises:
            VerismError: Ray is not installed, or no cluster answers.
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
        """Number of GPUs in the cluster or, if there are none, number of cores."""
        return max(1, int(self.resources.get("GPU", 0) or self.resources.get("CPU", 0)))

    def run(self, tasks: Sequence[Task]) -> None:
        """Hand the tasks to the cluster; Ray reassigns those of a worker that died."""
        remote = self.engine.remote(num_cpus=1, num_gpus=1 if "GPU" in self.resources else 0)(_do)
        handed = [remote.remote(task) for task in tasks]
        self.engine.wait(handed, num_returns=len(handed))
        self.engine.get(handed)


def _do(task: Task) -> None:
    """Run a task; a plain function, because clusters require one."""
    task()


def _engine(module: str, extra: str) -> ModuleType:
    try:
        return import_module(module)
    except ImportError as error:
        raise VerismError(f"--executor {extra} needs more packages: pip install 'verism[{extra}]'.") from error


def _serve(pipe: Connection, gpu: str, threads: int) -> None:
    """Run the tasks that arrive through a pipe, until it is closed."""
    # One GPU, which other workers may share. CUDA reads this when it starts, which happens later.
    os.environ["CUDA_VISIBLE_DEVICES"] = gpu
    parent = multiprocessing.parent_process()
    if parent:
        threading.Thread(target=_die_with, args=(parent.sentinel,), daemon=True).start()
    while True:
        try:
            task: Task = pipe.recv()
        except EOFError:
            return
        # If the task needs torch, its module has imported it by now.
        if torch := sys.modules.get("torch"):
            torch.set_num_threads(threads)
        log = os.open(task.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        for stream in (1, 2):
            os.dup2(log, stream)
        os.close(log)
        task()
        for output in (sys.stdout, sys.stderr):
            output.flush()
        pipe.send(None)


def _die_with(parent: int) -> None:
    """End this process when its parent ends: an orphan would write into folders that the next sweep uses."""
    wait([parent])
    os._exit(1)
