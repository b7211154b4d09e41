"""Folders of runs: what they hold, and how they appear whole or not at all.

What a folder holds is told by the content of its manifest, never by a name alone. What is being
written lies in a draft next to its folder: `NAME.part-` and 12 hex digits, with a mark file, the
new content in `new` and, for the instant of a swap, what it replaces in `old`.
"""

from __future__ import annotations

import glob
import json
import os
import re
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

from anywhere_sim.traces.lock import PATIENCE_S, lock, locked, unlock
from anywhere_sim.traces.schema import TABLES

_DRAFT = re.compile(r"(?P<name>.+)\.part-[0-9a-f]{12}", re.DOTALL)
_MARK, _NEW, _OLD = "draft.txt", "new", "old"
_MARK_TEXT = "A draft of anywhere-sim. It is removed when nobody works at it any more.\n"


class RunError(ValueError):
    """A folder that holds no run, or cannot take one; the text says what to do.

    >>> try:
    ...     aw.Run.load("results/nowhere")
    ... except aw.RunError as error:
    ...     print(str(error).partition(";")[0])
    results/nowhere holds no run (manifest.json is missing)
    """


def free_folder(folder: str | Path) -> Path:
    """Return the path of a folder that a run can be written into.

    Raises RunError when it is a file, is not empty, or lies where nothing can be
    written.
    """
    target = Path(folder)
    _check_place(target)
    if target.exists() and any(target.iterdir()):
        raise RunError(f"{target} is not empty; choose a new folder or pass --overwrite")
    return target


def check_replaceable(folder: Path, stranger: Callable[[Path], Path | None], what: str) -> None:
    """Check that a folder is free, or holds nothing but `what`.

    `stranger` returns the first thing in a folder that is no part of it, if there is any. Raises
    RunError with one sentence.
    """
    _check_place(folder)
    if not folder.exists() or not any(folder.iterdir()):
        return
    found = stranger(folder)
    if found is not None:
        raise RunError(
            f"{folder} is not empty, and {found} is no part of {what}; choose a new folder, or "
            "move "
            "away what is to be kept: --overwrite replaces nothing else"
        )


def _check_place(target: Path) -> None:
    """Check that a folder can be made, or renamed, where it is. Raises RunError."""
    _restore(target)
    if target.exists() and not target.is_dir():
        raise RunError(f"{target} is a file; choose a new folder")
    real = target.resolve()
    if real.is_dir() and Path.cwd().is_relative_to(real):
        raise RunError(
            f"{target} is the folder that this command runs in, or above it; choose another "
            "folder, or run the command from elsewhere"
        )
    if os.path.ismount(real):
        raise RunError(f"{target} is where a file system is mounted; choose a folder in it")
    above = next(path for path in real.parents if path.exists())
    if not above.is_dir() or not os.access(above, os.W_OK):
        raise RunError(
            f"{target} can't be made: nothing can be written in {above}; choose another folder"
        )


def remove_drafts(folder: Path, name: str | None = None) -> None:
    """Remove the drafts, of that name or of any, that nobody works at any more in a folder.

    Drafts are told by their whole name and the mark in them: what a user calls `x.part-1` stays.
    """
    for draft in _abandoned(folder, name):
        _empty(draft)


def _abandoned(folder: Path, name: str | None) -> Iterator[Path]:
    """Yield each draft whose writer has gone; it is held while the caller works at it.

    One in which nothing is left then is removed.
    """
    for draft in sorted(folder.iterdir()) if folder.is_dir() else []:
        if not is_draft(draft) or name not in (None, _DRAFT.sub(r"\g<name>", draft.name)):
            continue
        with suppress(OSError), (draft / _MARK).open("r+", encoding="utf-8") as mark:
            lock(mark)
            try:
                yield draft
            finally:
                unlock(mark)
            _remove_if_empty(draft)


def is_draft(path: Path) -> bool:
    """Whether that is a draft, told by its whole name and the mark in it."""
    if _DRAFT.fullmatch(path.name) is None or path.is_symlink() or not (path / _MARK).is_file():
        return False
    with suppress(OSError), (path / _MARK).open(encoding="utf-8", errors="replace") as mark:
        return mark.read(2 * len(_MARK_TEXT)) == _MARK_TEXT
    return False


def _empty(draft: Path) -> None:
    """Remove what a draft holds, also drafts of its parts; the mark stays."""
    for part in draft.iterdir():
        if part.name != _MARK:
            shutil.rmtree(part, ignore_errors=True)


def _remove_if_empty(draft: Path) -> None:
    """Remove a draft with nothing but its mark in it; the mark goes last, so that it is known till
    then.
    """
    if {path.name for path in draft.iterdir()} == {_MARK}:
        (draft / _MARK).unlink()
        draft.rmdir()


def _restore(target: Path) -> None:
    """Finish a swap during which a process was killed: the new content was complete by then."""
    target = target.resolve()
    for draft in _abandoned(target.parent, target.name):
        if (draft / _OLD).is_dir() and not target.exists():
            part = _NEW if (draft / _NEW).is_dir() else _OLD
            (draft / part).rename(target)


@contextmanager
def _draft(target: Path, digits: str) -> Iterator[Path]:
    """Yield a draft next to a folder, marked and held; one that is continued exists already.

    Raises RunError when another process works at it.
    """
    draft = target.with_name(f"{target.name}.part-{digits}")
    draft.mkdir(parents=True, exist_ok=True)
    ours = True
    try:
        with locked(draft / _MARK, _MARK_TEXT) as ours:
            if not ours:
                raise RunError(f"another process writes {target}; wait for its end")
            yield draft
    finally:
        if ours:
            with suppress(OSError):
                _remove_if_empty(draft)


@contextmanager
def drafted(folder: str | Path) -> Iterator[Path]:
    """Yield a draft of a free folder; what is written into it is in the folder when the block ends
    well, and gone otherwise.

    Drafts of it that a killed process has left are removed. Raises RunError when the folder can't
    take a run, when another process is writing it, or when the disk is full.
    """
    with _sentence(folder):
        target = free_folder(folder).resolve()
        remove_drafts(target.parent, target.name)
        with _draft(target, uuid4().hex[:12]) as draft:
            new = draft / _NEW
            try:
                new.mkdir()
                _refuse_second_writer(draft, target)
                yield new
                _to_disk(new)
                free_folder(target)
                if target.exists():
                    target.rmdir()
                new.rename(target)
            finally:
                _empty(draft)
        remove_drafts(target.parent, target.name)


@contextmanager
def replaced(
    folder: Path, stranger: Callable[[Path], Path | None], what: str, digits: str | None = None
) -> Iterator[Path]:
    """Yield where to write what takes the place of `what` in a folder when the block ends well.

    Until then, and when the block ends otherwise, the folder stays as it is. With 12 hex `digits`
    that name what is written, a draft that was left is gone on with, and stays when the block does
    not end well and has left something in it.
    Raises RunError as `check_replaceable` does, also when something was put into the folder since.
    """
    with _sentence(folder):
        check_replaceable(folder, stranger, what)
        target = folder.resolve()
    with _sentence(folder), _draft(target, digits or uuid4().hex[:12]) as draft:
        try:
            _refuse_second_writer(draft, target)
            yield draft / _NEW
            check_replaceable(folder, stranger, what)
            _swap(draft, target)
        except BaseException:
            if digits is None or not (draft / _NEW).is_dir():
                _empty(draft)
            raise
        _empty(draft)
    remove_drafts(target.parent, target.name)


def _refuse_second_writer(draft: Path, target: Path) -> None:
    """Raise RunError when somebody works at another draft of a folder, and goes on doing so.

    Of two that begin at the same time and so wait for each other, the one whose draft has the lower
    name is the more patient, and goes on.
    """
    begun = time.monotonic()
    while others := _others(draft, target):
        patience_s = PATIENCE_S * (2.0 if draft.name < min(others) else 1.0)
        if time.monotonic() - begun > patience_s:
            raise RunError(
                f"another process writes {target}; wait for its end, or choose another folder"
            )
        time.sleep(0.05)


def _others(draft: Path, target: Path) -> list[str]:
    """Return the names of the other drafts of a folder that somebody works at."""
    found = []
    for path in target.parent.glob(f"{glob.escape(target.name)}.part-*"):
        if path != draft and is_draft(path) and _DRAFT.sub(r"\g<name>", path.name) == target.name:
            with suppress(OSError), (path / _MARK).open("r+", encoding="utf-8") as mark:
                try:
                    lock(mark)
                except BlockingIOError:
                    found.append(path.name)
                else:
                    unlock(mark)
    return found


def _to_disk(folder: Path) -> None:
    """Have the files of a folder written to the disk, so that a power cut finds them whole.

    What a file system can't do is left: the digests in the manifest tell a damaged run.
    """
    for path in folder.rglob("*"):
        if path.is_file():
            with suppress(OSError), path.open("rb+") as file:
                os.fsync(file.fileno())


def _swap(draft: Path, target: Path) -> None:
    """Put the new content of a draft into its place; what was there is in the draft afterwards."""
    _to_disk(draft / _NEW)
    shutil.rmtree(draft / _OLD, ignore_errors=True)  # of a swap that was killed after its end
    try:
        if target.exists():
            target.rename(draft / _OLD)
        (draft / _NEW).rename(target)
    finally:
        if not target.exists() and (draft / _OLD).exists():
            (draft / _OLD).rename(target)


@contextmanager
def _sentence(folder: str | Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise RunError(
            f"{folder} could not be written ({error}); make room, or choose another folder"
        ) from error


MANIFEST, PROVENANCE, REPORT = "manifest.json", "provenance.json", "report.html"
QUALITY = "quality.json"
"""What an import says of the files that it read."""
_REPLICATION = re.compile(r"replication-[0-9]+")


def read_object(path: Path) -> dict[str, Any]:
    """Return the JSON object that a file holds; an empty one when it holds none."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}


def is_manifest(content: dict[str, Any]) -> bool:
    """Whether that is the manifest of a run, of this or another schema version."""
    rows = content.get("rows")
    return (
        type(content.get("schema_version")) is int
        and isinstance(rows, dict)
        and bool(rows)
        and all(type(count) is int for count in rows.values())
        and isinstance(content.get("digest"), str)
        and isinstance(content.get("scenario"), dict)
    )


def stranger_in_run(folder: Path, damaged: bool = False) -> Path | None:
    """Return the first thing in a folder that no run has written, or None when all is a run's.

    Everything is a stranger where there is no manifest, unless the run may be `damaged`.
    """
    content = read_object(folder / MANIFEST)
    known = is_manifest(content)
    if not known and not damaged:
        return first_stranger(folder, lambda path: False)
    own = {MANIFEST, PROVENANCE, REPORT, QUALITY} | _tables(folder, content if known else {})
    return first_stranger(folder, lambda path: path.name in own and path.is_file())


def stranger_in_runs(folder: Path) -> Path | None:
    """Return the first thing in a folder that is no part of a run, or of replications of one."""
    if is_manifest(read_object(folder / MANIFEST)):
        return stranger_in_run(folder)
    found = first_stranger(folder, _is_replication)
    runs = (stranger_in_run(path) for path in sorted(folder.iterdir()) if _is_replication(path))
    return found or next((each for each in runs if each is not None), None)


def first_stranger(folder: Path, own: Callable[[Path], bool]) -> Path | None:
    """Return the first path in a folder that is not `own`; a link is nobody's own."""
    return next(
        (path for path in sorted(folder.iterdir()) if path.is_symlink() or not own(path)), None
    )


def _is_replication(path: Path) -> bool:
    return bool(_REPLICATION.fullmatch(path.name)) and path.is_dir() and any(path.iterdir())


def _tables(folder: Path, manifest: dict[str, Any]) -> set[str]:
    """Return the names of the files of a run's tables.

    A manifest without `sites` is an older one, or damaged: its sites are those with all tables.
    """
    tables, sites = manifest.get("rows", TABLES), manifest.get("sites")
    names = {path.name for path in folder.iterdir()}
    if not isinstance(sites, list):
        first = f"{next(iter(tables))}-"
        begun = [name for name in names if name.startswith(first) and name.endswith(".parquet")]
        found = [name.removeprefix(first).removesuffix(".parquet") for name in begun]
        sites = [
            site for site in found if all(f"{table}-{site}.parquet" in names for table in tables)
        ]
    return {f"{table}-{site}.parquet" for table in tables for site in sites}
