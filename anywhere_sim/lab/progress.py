"""What a student has tried: kept in memory, and once a name is chosen in a small file of theirs."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd

PREFIX = "progress-"
"""A student's file is `progress-NAME.json`."""


@dataclass(slots=True)
class _Now:
    """The student of one kernel, and what was tried here."""

    file: Path | None = None
    name: str = ""
    answers: dict[str, dict[str, Any]] = field(default_factory=dict)


_NOW = _Now()


def forget() -> None:
    """Begin anew, as a new kernel does: no name, nothing tried."""
    _NOW.file, _NOW.name, _NOW.answers = None, "", {}


def student(name: str, folder: str | Path = ".") -> str:
    """Keep what this student answers in `progress-NAME.json` in a folder; return that in words.

    The name is the student's choice; nothing is written before it is given. A later lesson that
    runs in the same folder goes on with the file, if it is the only one there.

    >>> from tempfile import mkdtemp
    >>> lab.student("Ada", mkdtemp())
    'Ada: your answers are kept in progress-Ada.json, 0 so far.'
    """
    safe = re.sub(r"[^\w-]+", "_", name.strip())[:60]
    if not safe.strip("_"):
        raise ValueError(f"{name!r} has no letter or digit: choose a name like 'Ada' or 'group-3'")
    _NOW.file, _NOW.name = Path(folder).resolve() / f"{PREFIX}{safe}.json", name.strip()
    _NOW.answers = _read(_NOW.file)[1] if _NOW.file.exists() else {}
    _write()
    return f"{_NOW.name}: your answers are kept in {_NOW.file.name}, {len(_NOW.answers)} so far."


def tried(exercise: str, given: object, *, right: bool, predicted: object = None) -> int:
    """Keep one answer, and return how often the exercise was missed until now.

    The first prediction stays, whatever is predicted after it; what is tried after the right answer
    is no miss.
    """
    _go_on()
    entry = _NOW.answers.setdefault(exercise, {"misses": 0, "right": False})
    if predicted is not None:
        entry.setdefault("predicted", str(predicted))
    if not right and not entry["right"]:
        entry["misses"] += 1
    entry |= {
        "last": str(given),
        "right": entry["right"] or right,
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    _write()
    return int(entry["misses"])


def _go_on() -> None:
    """Take up the one student's file that lies in the working folder."""
    if _NOW.file is None:
        there = sorted(Path().glob(f"{PREFIX}*.json"))
        if len(there) == 1:
            try:
                name, answers = _read(there[0])
            except ValueError:
                return  # not a file of ours, or a broken one: leave it alone
            _NOW.file, _NOW.name = there[0].resolve(), name
            _NOW.answers = answers | _NOW.answers


def _read(file: Path) -> tuple[str, dict[str, dict[str, Any]]]:
    """Return the name and the answers of a student's file."""
    try:
        held = json.loads(file.read_text(encoding="utf-8"))
        return str(held["student"]), {
            str(exercise): {
                **entry, "misses": int(entry["misses"]), "right": bool(entry["right"])
            }
            for exercise, entry in held["answers"].items()
        }  # fmt: skip
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(
            f"{file} is not a file that lab.student wrote ({error}): move it away, or restore it"
        ) from error


def _write() -> None:
    """Replace the student's file whole, so that two lessons open at once leave no half of one."""
    if _NOW.file is None:
        return
    others = _read(_NOW.file)[1] if _NOW.file.exists() else {}
    _NOW.answers = others | _NOW.answers
    beside = _NOW.file.with_suffix(f".{os.getpid()}.tmp")
    text = json.dumps({"student": _NOW.name, "answers": _NOW.answers}, indent=1, ensure_ascii=False)
    beside.write_text(text + "\n", encoding="utf-8")
    beside.replace(_NOW.file)


def sheet(folder: str | Path) -> pd.DataFrame:
    """Return a row per student whose file lies in or below a folder: solved, tried, and a word for
    each exercise. `to_csv` and `to_html` of the table write it.

    A file that can't be read is a row that says so; two files of one name are two rows.

    >>> from tempfile import mkdtemp
    >>> folder = mkdtemp()
    >>> lab.student("Bob", folder)
    'Bob: your answers are kept in progress-Bob.json, 0 so far.'
    >>> lab.check_number("00.1", 2, 3, "s", hint="Count again.")
    ✗ 2 s it is not.
    >>> lab.sheet(folder).loc["Bob", "00.1"]
    '1 miss'
    """
    files = sorted(Path(folder).rglob(f"{PREFIX}*.json"))
    if not files:
        raise FileNotFoundError(
            f"no {PREFIX}NAME.json in {folder}: collect the files that lab.student() wrote there"
        )
    rows: list[dict[str, object]] = []
    for file in files:
        try:
            name, answers = _read(file)
        except ValueError:
            rows.append({"student": file.name, "solved": 0, "tried": 0, "remark": "can't be read"})
            continue
        solved = sum(entry["right"] for entry in answers.values())
        row: dict[str, object] = {"student": name, "solved": solved, "tried": len(answers)}
        rows.append(row | {exercise: _word(entry) for exercise, entry in answers.items()})
    table = pd.DataFrame(rows).set_index("student")
    first = [name for name in ("solved", "tried", "remark") if name in table]
    return table[[*first, *sorted(set(table) - set(first))]].fillna("")


def _word(entry: Mapping[str, Any]) -> str:
    misses = int(entry["misses"])
    said = f"{misses} miss{'es' * (misses > 1)}"
    guess = f", predicted {entry['predicted']}" if "predicted" in entry else ""
    if not entry["right"]:
        return said + guess
    return ("right at once" if not misses else f"right after {said}") + guess
