"""A finished run: its tables and how it was made, in memory or in a folder."""

from __future__ import annotations

import json
import platform
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from anywhere_sim.traces.audit import Audit
from anywhere_sim.traces.folder import RunError, drafted
from anywhere_sim.traces.part import Part
from anywhere_sim.traces.schema import READABLE_VERSIONS, SCHEMA_VERSION, TABLES


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

    def __init__(self, parts: Sequence[Part], manifest: Mapping[str, Any]) -> None:
        self._parts = list(parts)
        self._frames: dict[str, pd.DataFrame] = {}
        self.manifest = dict(manifest)

    @classmethod
    def from_parts(cls, parts: Sequence[Part], audit: Audit, manifest: Mapping[str, Any]) -> Run:
        """Return the run of one part per site; its manifest gets sites, row counts and audit."""
        run = cls(parts, manifest)
        run.manifest["schema_version"] = SCHEMA_VERSION
        run.manifest["sites"] = [part.site for part in parts]
        run.manifest["rows"] = {name: sum(part.rows(name) for part in parts) for name in TABLES}
        run.manifest["audit"] = {
            "ok": audit.ok,
            "checks": audit.checks,
            "findings": [str(finding) for finding in audit.findings],
        }
        return run

    def __getattr__(self, name: str) -> pd.DataFrame:
        if name.startswith("_") or name not in TABLES:
            raise AttributeError(f"a run has no table {name!r}; there are {', '.join(TABLES)}")
        if name not in self._frames:
            self._frames[name] = self.table(name).to_pandas()
        return self._frames[name]

    def table(self, name: str) -> pa.Table:
        """Return a table in Arrow form, words as dictionaries."""
        return pa.concat_tables(part.table(name) for part in self._parts).unify_dictionaries()

    def audit(self) -> Audit:
        """Return the accounting of the run: what was lost, if anything was."""
        return Audit.of(part.audit(float(self.manifest["end_s"])) for part in self._parts)

    def save(self, folder: str | Path) -> Path:
        """Write the run into a new folder; it appears whole or not at all.

        Raises RunError when the folder exists and is not empty.
        """
        with drafted(folder) as draft:
            for part in self._parts:
                part.write(draft)
            self.describe(draft)
        return Path(folder)

    def describe(self, folder: Path) -> None:
        """Write the manifest next to the tables, and where they were made."""
        provenance = {"host": platform.node(), "arguments": sys.argv}
        (folder / "provenance.json").write_text(
            json.dumps(provenance, indent=2) + "\n", encoding="utf-8"
        )
        (folder / "manifest.json").write_text(
            json.dumps(self.manifest, indent=2, sort_keys=True) + "\n", encoding="utf-8"
        )

    @classmethod
    def load(cls, folder: str | Path) -> Run:
        """Return the run that a folder holds.

        A run of an older schema version gets what the present one adds. Raises RunError when there
        is no run, or one of a schema version that can't be read.
        """
        source = Path(folder)
        try:
            manifest = json.loads((source / "manifest.json").read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise RunError(
                f"{source} holds no run (manifest.json: {error}); "
                "give a folder that `run --out` has written"
            ) from error
        version = manifest.get("schema_version")
        if version not in READABLE_VERSIONS:
            readable = " and ".join(map(str, READABLE_VERSIONS))
            raise RunError(
                f"{source} has schema version {version}; "
                f"versions {readable} can be read; run the scenario again"
            )
        manifest["schema_version"] = SCHEMA_VERSION
        return cls(Part.found(source.absolute()), manifest)
