"""Import of files into a folder of tables, and export of a run into files."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Any

from anywhere_sim.formats.privacy import Names
from anywhere_sim.formats.quality import FileQuality, FormatError
from anywhere_sim.formats.reading import Head, head
from anywhere_sim.formats.registry import FORMATS, Format, Reader
from anywhere_sim.formats.tables import SITE, Tables
from anywhere_sim.traces import Run
from anywhere_sim.traces.folder import QUALITY, drafted
from anywhere_sim.traces.run import Part
from anywhere_sim.traces.schema import SCHEMA_VERSION, TABLES

OF_CONNECTIONS = frozenset({"iis", "httperr", "rca", "http-proxy", "mapi"})
"""Formats that have rows of connections; several may tell of the same one."""

_ISO = re.compile(r"^[^#\n]*?\b(\d{4})-(\d\d)-(\d\d)[ T,]?", re.MULTILINE)
_PDH = re.compile(r'^"?(\d\d)/(\d\d)/(\d{4}) ', re.MULTILINE)


def import_files(
    files: Iterable[str | Path],
    folder: str | Path,
    *,
    keep_names: bool = False,
    key: bytes | None = None,
    utc_offset_s: float = 0.0,
    counter_names: Mapping[str, str] | None = None,
    say: Callable[[str], None] | None = None,
) -> Run:
    """Return the run that files of logs and counters make, written into a new folder.

    Each file's format is told by its content. Names of users, clients and servers become hashes
    with `key` (default: a new one that nobody keeps), unless `keep_names`. Times are UTC, or
    `utc_offset_s` later. `counter_names` has the English path of each localised counter. `say`
    gets the report of quality, line by line; it is kept as quality.json.

    Raises FormatError when no file is of a known format, and RunError when the folder can't take a
    run.
    """
    chosen = [Path(each) for each in files]
    missing = next((path for path in chosen if not path.is_file()), None)
    if missing is not None:
        raise FormatError(f"{missing} is no file; give files of logs (a folder's as FOLDER/*.log)")
    heads = {path: head(path) for path in chosen}
    known = {path: found for path in chosen if (found := _told(heads[path])) is not None}
    if not known:
        titles = ", ".join(each.title for each in FORMATS.values() if each.reader)
        given = ", ".join(map(str, chosen[:3])) or "no file"
        raise FormatError(f"{given}: in no format that is read here; there are {titles}")
    days = [day for path in known if (day := _first_day(heads[path], utc_offset_s)) is not None]
    with drafted(folder) as draft:
        tables = Tables(draft, Names(key, keep_names), min(days, default=None), utc_offset_s)
        tables.counter_names = {name.lower(): path for name, path in (counter_names or {}).items()}
        qualities = _read(known, tables)
        tables.close()
        unknown = [str(path) for path in chosen if path not in known]
        manifest = _manifest(tables, known.values())
        parts = [Part(SITE, {name: draft / f"{name}-{SITE}.parquet" for name in TABLES})]
        Run(parts, manifest).describe(draft)
        said = [sentence for each in qualities for sentence in each.said()]
        said += [f"{name}: in no format that is read here; left out" for name in unknown]
        several = sorted(OF_CONNECTIONS.intersection(known.values()))
        if len(several) > 1:
            said.append(
                f"{', '.join(several)} may tell of the same connection, which then counts in each; "
                "import one of them alone to count connections"
            )
        kept = {"files": [each.record() for each in qualities], "unknown": unknown, "said": said}
        (draft / QUALITY).write_text(json.dumps(kept, indent=2) + "\n", encoding="utf-8")
    if say is not None:
        for sentence in said:
            say(sentence)
    return Run.load(folder)


def _read(known: dict[Path, str], tables: Tables) -> list[FileQuality]:
    """Read files, each format by one reader, in the order given."""
    readers: dict[str, Reader] = {}
    qualities = []
    for path, name in known.items():
        made = FORMATS[name].reader
        assert made is not None
        reader = readers.setdefault(name, made(tables)) if name not in readers else readers[name]
        quality = FileQuality(str(path), FORMATS[name].title)
        reader.read(path, quality)
        qualities.append(quality)
    for reader in readers.values():
        reader.close()
    return qualities


def _told(beginning: Head) -> str | None:
    """Return the name of the format that a file is in."""
    told = (name for name, each in FORMATS.items() if each.told_by and each.told_by(beginning))
    return next(told, None)


def _first_day(beginning: Head, utc_offset_s: float) -> date | None:
    """Return the day of the first line of data; a day before for counters of another zone."""
    iso, pdh = _ISO.search(beginning.text), _PDH.search(beginning.text)
    try:
        if iso:
            year, month, day = map(int, iso.groups())
        elif pdh:
            month, day, year = map(int, pdh.groups())
        else:
            return None
        return (datetime(year, month, day) + timedelta(seconds=utc_offset_s)).date()
    except (ValueError, OverflowError):
        return None


def _manifest(tables: Tables, formats: Iterable[str]) -> dict[str, Any]:
    bounds = (tables.first_s, tables.last_s) if tables.first_s <= tables.last_s else (0.0, 0.0)
    return {
        "schema_version": SCHEMA_VERSION, "sites": [SITE], "rows": tables.rows, "digest": "",
        "scenario": {}, "imported": sorted({*formats}), "start_s": bounds[0], "end_s": bounds[1],
        "day_1": str(tables.first_day), "utc_offset_s": tables.utc_offset_s,
        "versions": {"anywhere-sim": version("anywhere-sim")},
    }  # fmt: skip


def export_run(run: Run, form: str, folder: str | Path, first_day: date | None = None) -> list[str]:
    """Write a run into a new folder as files of a format; return remarks.

    `first_day` is the date of the run's day 1; default: that of an imported run, or 2 March 2026,
    a Monday. Raises FormatError for a format that can't be written.
    """
    writable = {name: each.write for name, each in FORMATS.items() if each.write is not None}
    writer = writable.get(form)
    if writer is None:
        raise FormatError(
            f"--as {form}: there is no such format to write; try one of {', '.join(writable)}"
        )
    given = str(run.manifest.get("day_1", ""))
    with drafted(folder) as draft:
        return writer(run, draft, first_day or _date(given) or date(2026, 3, 2))


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


__all__ = ["FORMATS", "Format", "export_run", "import_files"]
