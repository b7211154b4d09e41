"""Who runs a study's runs: processes of this machine, or a Dask cluster."""

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


def cores(wanted: int | None) -> int:
    """Return the number of processes: as many as there are cores unless told."""
    return wanted or os.cpu_count() or 1


@contextmanager
def executor(folder: Path, processes: int, dask: str | None) -> Iterator[Executor]:
    """Yield the executor; workers of a cluster have to see `folder`. Ctrl-C ends the workers at once, whatever they are at.

    Raises RunError when the cluster does not answer, or does not see the folder.
    """
    if dask is None:
        with ProcessPoolExecutor(processes, initializer=_live_for_the_parent) as pool:
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
        raise RunError("--dask needs Dask; install it with: pip install 'anywhere-sim[cluster]'") from error
    except (OSError, ValueError) as error:
        raise RunError(f"--dask {dask!r}: no scheduler answers ({error}); write 'local', or one like tcp://scheduler:8786") from error
    with client:
        _probe(client, folder)
        with client.get_executor() as pool:
            yield pool


def _live_for_the_parent() -> None:
    """Leave Ctrl-C to the process that gives a worker its work, and end with it when it is killed: nobody would ever tell a worker to."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=_wait_for_the_end, args=(parent_process(),), daemon=True).start()


def _wait_for_the_end(parent: BaseProcess | None) -> None:
    if parent is not None:
        parent.join()
        os._exit(1)


def _client(dask: str, processes: int) -> Any:
    """Return a client of the cluster: one process of this machine per worker, or the scheduler at an address."""
    distributed: Any = import_module("dask.distributed")
    return distributed.Client(n_workers=processes, threads_per_worker=1) if dask == LOCAL else distributed.Client(dask, timeout="10s")


def _probe(client: Any, folder: Path) -> None:
    """Let every worker look for a file that was just written into the folder of the results."""
    folder.mkdir(parents=True, exist_ok=True)
    mark = folder.absolute() / f".probe-{uuid4().hex}"
    mark.touch()
    try:
        seen: dict[str, bool] = client.run(mark.exists)
    finally:
        mark.unlink()
    blind = sorted(worker for worker, found in seen.items() if not found)
    if blind:
        raise RunError(f"{folder} is not seen by {', '.join(blind)}; give a folder that all workers share with --out")
