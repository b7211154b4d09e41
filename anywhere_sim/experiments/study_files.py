"""What a study writes into its folder, and what else lies there."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from anywhere_sim.traces.folder import first_stranger, is_draft, read_object, stranger_in_run

NOTE, LOCK, TRACES = "study.json", ".lock", "traces"
_RESULTS = ("values.parquet", "contrasts.csv", "headline.png", "report.html")
_NOTE_DRAFT = re.compile(r"\.study-[0-9a-f]{12}\.part")
_PROBE = re.compile(r"\.probe-[0-9a-f]{32}")
_RUN = re.compile(r"replication-(0|[1-9][0-9]{0,8})(?P<failed>\.failed\.txt)?")


def stranger_in_study(folder: Path) -> Path | None:
    """Return the first thing in a folder that no study has written, or None when all is a study's.

    What a study has written is known by its plan and by name once `study.json` is one, of this or
    of another version; damaged runs are its own too.
    """
    note = read_object(folder / NOTE)
    if not is_note(note):
        return first_stranger(folder, lambda path: False)
    return next(_strangers(folder, note["plan"]), None)


def is_note(content: Mapping[str, Any]) -> bool:
    """Whether that is the note of a study, of this or of another version."""
    plan = content.get("plan")
    if not isinstance(content.get("version"), str) or not isinstance(plan, dict):
        return False
    factors = plan.get("factors")
    return (
        isinstance(plan.get("scenario"), str)
        and type(plan.get("replications")) is int
        and isinstance(factors, dict)
        and all(isinstance(levels, dict) for levels in factors.values())
    )


def is_note_draft(path: Path) -> bool:
    """Whether that is a `study.json` on its way, left by a process that was killed."""
    return bool(_NOTE_DRAFT.fullmatch(path.name)) and path.is_file()


def _strangers(folder: Path, plan: Mapping[str, Any]) -> Iterator[Path]:
    def of_cell(path: Path) -> bool:
        return is_draft(path) or _is_of_cell(path, plan["replications"])

    yield from _foreign(folder, _is_of_study)
    if not (folder / TRACES).is_dir():
        return
    yield from _foreign(folder / TRACES, lambda path: path.is_dir() and _is_cell(path.name, plan))
    for cell in sorted((folder / TRACES).iterdir()):
        yield from _foreign(cell, of_cell)
        for run in sorted(path for path in cell.iterdir() if path.is_dir() and not is_draft(path)):
            found = stranger_in_run(run, damaged=True)
            yield from [found] if found else []


def _foreign(folder: Path, own: Callable[[Path], bool]) -> Iterator[Path]:
    found = first_stranger(folder, own)
    yield from [found] if found else []


def _is_of_study(path: Path) -> bool:
    if path.name == TRACES:
        return path.is_dir()
    own = path.name in (NOTE, LOCK, *_RESULTS) or _PROBE.fullmatch(path.name) is not None
    return path.is_file() and (own or is_note_draft(path))


def _is_of_cell(path: Path, replications: int) -> bool:
    matched = _RUN.fullmatch(path.name)
    if matched is None or int(matched[1]) >= replications:
        return False
    return path.is_file() if matched["failed"] else path.is_dir()


def _is_cell(name: str, plan: Mapping[str, Any]) -> bool:
    """Whether a name is that of a cell: for each factor a level, or a reference cell's name."""
    words, levels = name.split("-"), list(plan["factors"].values())
    tables = [part for key, part in plan.items() if key != "factors" and isinstance(part, dict)]
    return len(words) == len(levels) and all(
        word in known or any(word in table for table in tables)
        for word, known in zip(words, levels, strict=True)
    )
