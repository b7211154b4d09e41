"""Folders that appear whole or not at all."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4


class RunError(ValueError):
    """A folder that holds no run, or cannot take one; the text says what to do."""


def free_folder(folder: str | Path) -> Path:
    """Return the path of a folder that a run can be written into.

    Raises RunError when it is a file, holds something already, or lies where nothing can be written.
    """
    target = Path(folder)
    if target.exists() and not target.is_dir():
        raise RunError(f"{target} is a file; name a new folder")
    if target.exists() and any(target.iterdir()):
        raise RunError(f"{target} holds something already; name a new folder, or throw away the results in it with --overwrite")
    above = next(path for path in (target, *target.absolute().parents) if path.exists())
    if not above.is_dir() or not os.access(above, os.W_OK):
        raise RunError(f"{target} can't be made: nothing can be written in {above}; name another folder")
    return target


def remove_drafts(folder: Path, name: str = "*") -> None:
    """Remove the drafts of that name that killed processes have left in a folder."""
    for left in folder.glob(f"{name}.part-*"):
        shutil.rmtree(left, ignore_errors=True)


@contextmanager
def drafted(folder: str | Path) -> Iterator[Path]:
    """Yield a draft beside a free folder; what is written into it is in the folder when the block ends well, and gone otherwise.

    Drafts that a killed process has left are removed; a process that is still at one finds it gone and fails.
    Raises RunError when the folder can't take a run, or when the disk is full.
    """
    target = free_folder(folder).absolute()
    remove_drafts(target.parent, target.name)
    draft = target.with_name(f"{target.name}.part-{uuid4().hex[:12]}")
    try:
        draft.mkdir(parents=True)
        yield draft
        if target.exists():
            target.rmdir()
        draft.rename(target)
    except OSError as error:
        raise RunError(f"{target} could not be written ({error}); make room, or name another folder") from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)
