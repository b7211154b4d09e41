"""What a folder holds: told by the content of its manifest, never by a name alone."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from anywhere_sim.traces.schema import TABLES

MANIFEST, PROVENANCE = "manifest.json", "provenance.json"
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
    own = {MANIFEST, PROVENANCE} | _tables(folder, content if known else {})
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
