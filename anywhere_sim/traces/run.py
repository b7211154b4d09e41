"""A finished run: its tables and how it was made, in memory or in a folder."""

from __future__ import annotations

import json
import os
import platform
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from anywhere_sim.traces.audit import Audit, audit
from anywhere_sim.traces.schema import SCHEMA_VERSION, TABLES


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
        raise RunError(f"{target} holds something already; name a new folder, or remove that one first")
    above = next(path for path in (target, *target.absolute().parents) if path.exists())
    if not above.is_dir() or not os.access(above, os.W_OK):
        raise RunError(f"{target} can't be made: nothing can be written in {above}; name another folder")
    return target


class Run:
    """The tables of a run as DataFrames (`run.attempts`, ...), its manifest, its audit."""

    attempts: pd.DataFrame
    connections: pd.DataFrame
    syncs: pd.DataFrame
    operations: pd.DataFrame
    states: pd.DataFrame
    messages: pd.DataFrame
    changes: pd.DataFrame
    servers: pd.DataFrame
    links: pd.DataFrame
    rpcs: pd.DataFrame

    def __init__(self, parts: Mapping[str, Sequence[pa.Table]], manifest: Mapping[str, Any]) -> None:
        self._parts = {name: list(tables) for name, tables in parts.items()}
        self._frames: dict[str, pd.DataFrame] = {}
        self.manifest = dict(manifest)

    @classmethod
    def from_parts(cls, parts: Sequence[Mapping[str, pa.Table]], manifest: Mapping[str, Any]) -> Run:
        """Return the run made of one set of tables per site; row counts and the audit go into the manifest."""
        tables = {name: [part[name] for part in parts] for name in TABLES}
        run = cls(tables, manifest)
        run.manifest["schema_version"] = SCHEMA_VERSION
        run.manifest["rows"] = {name: sum(table.num_rows for table in found) for name, found in tables.items()}
        found = run.audit()
        run.manifest["audit"] = {"ok": found.ok, "checks": found.checks, "findings": [str(finding) for finding in found.findings]}
        return run

    def __getattr__(self, name: str) -> pd.DataFrame:
        if name.startswith("_") or name not in TABLES:
            raise AttributeError(f"a run has no table {name!r}; there are {', '.join(TABLES)}")
        if name not in self._frames:
            self._frames[name] = self.table(name).to_pandas()
        return self._frames[name]

    def table(self, name: str) -> pa.Table:
        """Return a table in Arrow form, words as dictionaries."""
        return pa.concat_tables(self._parts[name]).unify_dictionaries()

    def audit(self) -> Audit:
        """Return the accounting of the run: what was lost, if anything was."""
        return audit({name: getattr(self, name) for name in TABLES}, end_s=float(self.manifest["end_s"]))

    def save(self, folder: str | Path) -> Path:
        """Write the run into a new folder; it appears whole or not at all.

        Raises RunError when the folder exists and is not empty.
        """
        target = free_folder(folder)
        draft = target.with_name(target.name + ".part")
        shutil.rmtree(draft, ignore_errors=True)
        try:
            self._write(draft)
            if target.exists():
                target.rmdir()
            draft.rename(target)
        except OSError as error:
            shutil.rmtree(draft, ignore_errors=True)
            raise RunError(f"{target} could not be written ({error}); make room, or name another folder") from error
        return target

    def _write(self, folder: Path) -> None:
        folder.mkdir(parents=True)
        for name, tables in self._parts.items():
            for table in tables:
                site = table.column("site")[0].as_py() if table.num_rows else "empty"
                pq.write_table(table, folder / f"{name}-{site}.parquet", compression="zstd")
        (folder / "manifest.json").write_text(json.dumps(self.manifest, indent=2, sort_keys=True) + "\n", encoding="utf-8")
        provenance = {"host": platform.node(), "arguments": sys.argv}
        (folder / "provenance.json").write_text(json.dumps(provenance, indent=2) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, folder: str | Path) -> Run:
        """Return the run that a folder holds.

        Raises RunError when there is none, or one of another schema version.
        """
        source = Path(folder)
        try:
            manifest = json.loads((source / "manifest.json").read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise RunError(f"{source} holds no run (manifest.json: {error}); give a folder that `run --out` has written") from error
        if manifest.get("schema_version") != SCHEMA_VERSION:
            raise RunError(
                f"{source} has schema version {manifest.get('schema_version')}, this is {SCHEMA_VERSION}; run the scenario again"
            )
        try:
            parts = {name: [pq.read_table(path) for path in sorted(source.glob(f"{name}-*.parquet"))] for name in TABLES}
        except pa.ArrowInvalid as error:
            raise RunError(f"{source} is damaged ({error}); run the scenario again") from error
        return cls(parts, manifest)
