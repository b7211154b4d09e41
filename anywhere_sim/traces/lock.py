"""A lock on a file, which the operating system gives back however its process ends."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

PATIENCE_S = 3.0
"""How long a lock is asked for: workers of a killed process end within that."""

if sys.platform == "win32":
    import msvcrt

    FAR = 1 << 30
    """A byte behind the end of the file: Windows keeps others from reading what is locked."""

    def lock(file: IO[str]) -> None:
        """Lock the file. Raises BlockingIOError when another process holds it."""
        file.seek(FAR)
        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError as error:
            raise BlockingIOError(str(error)) from error
        finally:
            file.seek(0)

    def unlock(file: IO[str]) -> None:
        """Give the lock back."""
        file.seek(FAR)
        msvcrt.locking(file.fileno(), msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def lock(file: IO[str]) -> None:
        """Lock the file.

        Raises BlockingIOError when another process, or another opening of the file in this one,
        holds it; another OSError on a file system without locks.
        """
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def unlock(file: IO[str]) -> None:
        """Give the lock back, also where a forked process has inherited it."""
        fcntl.flock(file, fcntl.LOCK_UN)


@contextmanager
def locked(path: Path, text: str) -> Iterator[bool]:
    """Hold a file, which is made with that text when there is none; yield whether it could be had.

    It can't when another process keeps it for longer than `PATIENCE_S`. On a file system without
    locks nothing is held, and everybody is let in.
    """
    with path.open("a+", encoding="utf-8") as file:
        ours = _lock_patiently(file)
        try:
            if ours and not path.stat().st_size:
                file.write(text)
                file.flush()
            yield ours
        finally:
            if ours:
                with suppress(OSError):
                    unlock(file)


def _lock_patiently(file: IO[str]) -> bool:
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        try:
            lock(file)
        except BlockingIOError:
            time.sleep(0.05)
        except OSError:
            return True
        else:
            return True
    return False
