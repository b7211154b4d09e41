"""The executor of a command: processes of this machine, or a Dask cluster."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from importlib import import_module
from multiprocessing import active_children, parent_process
from multiprocessing.process import BaseProcess
from pathlib import Path
from threading import Thread
from typing import Any
from uuid import uuid4

from anywhere_sim.traces import RunError

LOCAL = "local"


def cores(workers: int | None) -> int:
    """Return the number of processes: `workers`, or one per core."""
    return workers or os.cpu_count() or 1


@contextmanager
def executor(folder: Path, processes: int, dask: str | None) -> Iterator[Executor]:
    """Yield the executor: a pool of processes, or a Dask cluster whose workers see `folder`.

    Ctrl-C ends the workers at once. Raises RunError when Dask is not installed, the scheduler does
    not answer, or a worker does not see the folder.
    """
    if dask is None:
        with ProcessPoolExecutor(processes, initializer=_live_with_the_parent) as pool:
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
        return
    try:
        client = _client(dask, processes)
    except ImportError as error:
        raise RunError(
            "--dask needs Dask; install it with: pip install 'anywhere-sim[cluster]'"
        ) from error
    except (OSError, ValueError) as error:
        raise RunError(
            f"--dask {dask!r}: no scheduler answers ({error}); "
            "write 'local', or an address like tcp://scheduler:8786"
        ) from error
    with client:
        _probe(client, folder)
        with client.get_executor() as pool:
            yield pool


def _live_with_the_parent() -> None:
    """Leave Ctrl-C to the parent process, and exit when the parent is killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=_exit_after, args=(parent_process(),), daemon=True).start()


def _exit_after(parent: BaseProcess | None) -> None:
    if parent is not None:
        parent.join()
        os._exit(1)


def _client(dask: str, processes: int) -> Any:
    """Return a client of a cluster on this machine, or of the scheduler at an address."""
    distributed: Any = import_module("dask.distributed")
    if dask == LOCAL:
        return distributed.Client(n_workers=processes, threads_per_worker=1)
    return distributed.Client(dask, timeout="10s")


def _probe(client: Any, folder: Path) -> None:
    """Let every worker look for a file that was just written into the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    mark = folder.absolute() / f".probe-{uuid4().hex}"
    mark.touch()
    try:
        seen: dict[str, bool] = client.run(mark.exists)
    finally:
        mark.unlink()
    blind = sorted(worker for worker, sees in seen.items() if not sees)
    if blind:
        raise RunError(
            f"{folder} is not visible to {', '.join(blind)}; "
            "choose a folder that all workers share with --out"
        )
