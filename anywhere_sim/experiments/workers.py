"""Processes for runs: they end with the command, and what one that dies has left is tried again."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import BrokenExecutor, Executor, ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from multiprocessing import active_children, parent_process
from multiprocessing.process import BaseProcess
from threading import Thread
from typing import TypeVar

Key = TypeVar("Key")
Task = TypeVar("Task")
Result = TypeVar("Result")

MAX_PROCESSES = 61 if sys.platform == "win32" else 1_024
"""Windows waits for no more processes at once than that (CPython: `_MAX_WINDOWS_WORKERS`)."""


@contextmanager
def processes(number: int) -> Iterator[Executor]:
    """Yield a pool of so many processes, at most `MAX_PROCESSES`.

    When the block is left by Ctrl-C or another signal they are ended at once.
    """
    number = min(number, MAX_PROCESSES)
    with ProcessPoolExecutor(number, initializer=_live_with_the_parent) as pool:
        try:
            yield pool
        except KeyboardInterrupt:
            pool.shutdown(wait=False, cancel_futures=True)
            ended = active_children()
            for worker in ended:
                worker.terminate()
            for worker in ended:  # what they held is let go of when they are gone
                worker.join(timeout=5.0)
            raise


def _live_with_the_parent() -> None:
    """Leave Ctrl-C and a closed terminal to the parent process, and exit when it is killed."""
    for name in ("SIGINT", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    Thread(target=_exit_after, args=(parent_process(),), daemon=True).start()


def _exit_after(parent: BaseProcess | None) -> None:
    if parent is not None:
        parent.join()
        os._exit(1)


def outcomes(
    executor: Executor, function: Callable[[Task], Result], tasks: Mapping[Key, Task]
) -> Iterator[tuple[Key, Result | BaseException]]:
    """Yield each key with what the function returned for its task, or raised, as they come.

    A process that dies (the system ends one when memory is short) breaks its whole pool. What was
    under way or waiting is then given to new processes, one for each two cores; what breaks these
    too is tried once more alone, each task in a process of its own, so that only those fail that
    end their own process. An executor that is no pool of processes is asked once.
    """
    left = dict(tasks)
    yield from _asked(executor, function, left)
    if left and isinstance(executor, ProcessPoolExecutor):
        with processes(max(1, (os.cpu_count() or 1) // 2)) as pool:
            yield from _asked(pool, function, left)
    for key in list(left):
        error: BaseException = BrokenExecutor("the processes of the pool have ended")
        if isinstance(executor, ProcessPoolExecutor):
            with processes(1) as pool:
                yield from _asked(pool, function, alone := {key: left[key]})
            if key not in alone:
                continue
            error = BrokenExecutor("its process was ended, perhaps because memory was short")
        yield key, error


def _asked(
    executor: Executor, function: Callable[[Task], Result], left: dict[Key, Task]
) -> Iterator[tuple[Key, Result | BaseException]]:
    """Yield what an executor makes of the tasks, and take those out of `left`; the others stay."""
    waiting = {}
    try:
        for key, task in left.items():
            waiting[executor.submit(function, task)] = key
    except BrokenExecutor:
        pass
    try:
        for future in as_completed(waiting):
            error = future.exception()
            if not isinstance(error, BrokenExecutor):
                del left[waiting[future]]
                yield waiting[future], future.result() if error is None else error
    finally:
        for future in waiting:
            future.cancel()
