"""A finished run: its tables, in memory or in files, and how it was made."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from anywhere_sim.traces.audit import audit
from anywhere_sim.traces.columns import TableInFile
from anywhere_sim.traces.findings import Audit
from anywhere_sim.traces.folder import MANIFEST, RunError, drafted, is_manifest, read_object
from anywhere_sim.traces.schema import (
    READABLE_VERSIONS,
    SCHEMA_VERSION,
    TABLES,
    is_present,
    upgraded,
)
from anywhere_sim.traces.table_rows import GROUP_ROWS

if TYPE_CHECKING:
    import pandas as pd

FIGURES = "anywhere_sim.figures"
"""What draws: a higher room, and matplotlib, which only a drawing needs."""
_AGAIN = "copy it again from where it is whole, or run the scenario again"


@dataclass(frozen=True, slots=True)
class Part:
    """The tables of one site: Arrow tables, or Parquet files that are read when somebody asks."""

    site: str
    tables: Mapping[str, pa.Table | Path]

    @classmethod
    def found(cls, folder: Path, manifest: Mapping[str, Any]) -> list[Part]:
        """Return the parts in a folder, in the order of its manifest.

        Each file has to be the one that was written: its digest is checked, and where an older
        manifest has none, the number of rows of each table over all sites. Raises RunError that
        names the first file, or the table, that is missing or is another.
        """
        digests = manifest.get("files")
        digests = digests if isinstance(digests, dict) else {}
        sites = manifest.get("sites") or sorted(
            {path.stem.partition("-")[2] for path in folder.glob("*-*.parquet")}
        )
        parts = [
            cls(site, {name: folder / f"{name}-{site}.parquet" for name in TABLES})
            for site in sites
        ]
        for path in (path for part in parts for path in part.tables.values()):
            if not path.is_file():
                raise RunError(f"{folder} is damaged ({path.name} is missing); {_AGAIN}")
            if path.name in digests and _digest(path) != digests[path.name]:
                raise RunError(
                    f"{folder} is damaged ({path.name} is not the file that was written); {_AGAIN}"
                )
        for name in TABLES:
            rows, wanted = sum(part.rows(name) for part in parts), manifest["rows"].get(name)
            if rows != wanted:
                raise RunError(
                    f"{folder} is damaged ({name} has {rows:,} rows instead of {wanted:,}); "
                    f"{_AGAIN}"
                )
        return parts

    def rows(self, name: str) -> int:
        """Return the number of rows of a table. Raises RunError when its file is damaged."""
        found = self.tables[name]
        if isinstance(found, pa.Table):
            return int(found.num_rows)
        try:
            return int(pq.read_metadata(found).num_rows)
        except (pa.ArrowInvalid, OSError) as error:
            raise RunError(
                f"{found.parent} is damaged ({found.name}: {error}); {_AGAIN}"
            ) from error

    def table(self, name: str) -> pa.Table:
        """Return a table. Raises RunError when its file is damaged."""
        found = self.tables[name]
        if isinstance(found, pa.Table):
            return found
        try:
            return upgraded(name, pq.ParquetFile(found).read())
        except (pa.ArrowInvalid, OSError) as error:
            raise RunError(
                f"{found.parent} is damaged ({found.name}: {error}); {_AGAIN}"
            ) from error

    def write(self, folder: Path) -> None:
        """Write every table into a folder, a row group for each of its batches."""
        for name in TABLES:
            with TableFile(folder, name, self.site) as file:
                for batch in self.table(name).to_batches():
                    file.write_batch(batch)

    def audit(self, end_s: float, modes: Sequence[str] = ()) -> Audit:
        """Return the accounting of the site.

        `end_s` is the end of the run in s since midnight of day 1, `modes` are those that its rules
        have added.
        """
        tables = {name: self._columns(name) for name in TABLES}
        try:
            return audit(tables, end_s=end_s, modes=modes)
        except (pa.ArrowInvalid, OSError) as error:
            raise RunError(f"the run of {self.site} is damaged ({error}); {_AGAIN}") from error

    def _columns(self, name: str) -> pa.Table | TableInFile:
        """Return a table, or the file that has it as the present version does."""
        found = self.tables[name]
        if isinstance(found, pa.Table):
            return found
        try:
            of_present_version = is_present(pq.read_schema(found))
        except (pa.ArrowInvalid, OSError):
            of_present_version = False  # whoever reads it says what it is
        return TableInFile(found) if of_present_version else self.table(name)


class TableFile(pq.ParquetWriter):  # type: ignore[misc]  # pyarrow has no types
    """A Parquet file being written, for one table of one site.

    One that nobody closes has no footer and is harmless.

    Only words are worth a dictionary. Of numbers the first bytes are stored together, then the
    second and so on, of whole ones the differences: a quarter of the time and two thirds of the
    room that dictionaries of them take. Smallest and largest of words per group of rows cost 40 %
    of the writing and tell a reader nothing. Pages of version 2, and as many values at a time as
    a group has, save an eighth of it.
    """

    def __init__(self, folder: Path, name: str, site: str) -> None:
        schema = TABLES[name].arrow()
        words = [field.name for field in schema if pa.types.is_dictionary(field.type)]
        numbers = {
            field.name: "BYTE_STREAM_SPLIT"
            if pa.types.is_floating(field.type)
            else "DELTA_BINARY_PACKED"
            for field in schema
            if field.name not in words
        }
        super().__init__(
            folder / f"{name}-{site}.parquet", schema, compression="zstd", compression_level=1,
            use_dictionary=words, column_encoding=numbers, write_statistics=[*numbers],
            data_page_version="2.0", write_batch_size=GROUP_ROWS,
        )  # fmt: skip

    def __del__(self) -> None:
        """Leave the file as it is.

        Pyarrow would try to write the footer, also on a disk that is full.
        """


class Run:
    """The tables of a run as DataFrames (`run.attempts`, ...), its manifest, its audit.

    >>> run.manifest["seed"], len(run.operations) > 0, run.audit().ok
    (7, True, True)
    """

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
            frame = self._frames[name] = self.table(name).to_pandas()
            frame.attrs.update(TABLES[name].attrs())
        return self._frames[name]

    def __repr__(self) -> str:
        """Return what it is a run of, and how large it is."""
        known = self.manifest
        audit = "nothing lost" if known.get("audit", {}).get("ok") else "audit has findings"
        return (
            f"<Run: {known.get('scenario', {}).get('why', 'of no scenario')!r}, seed "
            f"{known.get('seed')}, replication {known.get('replication')}, "
            f"{known.get('rpcs', 0):,} RPCs, {audit}>"
        )

    def _repr_html_(self) -> str:
        """Return the same with the rows of each table; the name is IPython's."""
        import pandas as pd  # as late as the first table: it takes as long as all else here

        rows = pd.DataFrame(
            [(name, self.manifest["rows"][name], TABLES[name].row_per) for name in TABLES],
            columns=["table", "rows", "a row per"],
        )
        return f"<p>{escape(repr(self))}</p>{rows.to_html(index=False, border=0)}"

    def plot(self) -> Any:
        """Return a matplotlib Figure: load, states and waits of the run on one time axis.

        The room of the figures is imported here, as pandas imports its backend.
        """
        return import_module(FIGURES).run_overview(self)

    def table(self, name: str) -> pa.Table:
        """Return a table in Arrow form, words as dictionaries."""
        return pa.concat_tables(part.table(name) for part in self._parts).unify_dictionaries()

    def audit(self) -> Audit:
        """Return the accounting of the run: what was lost, if anything was."""
        end_s, modes = float(self.manifest["end_s"]), self.manifest.get("modes", ())
        return Audit.of(part.audit(end_s, modes) for part in self._parts)

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
        """Write the manifest next to the tables, with a digest of each file, and where they were
        made.
        """
        provenance = {"host": platform.node(), "arguments": sys.argv}
        (folder / "provenance.json").write_text(
            json.dumps(provenance, indent=2) + "\n", encoding="utf-8"
        )
        names = [f"{name}-{part.site}.parquet" for part in self._parts for name in TABLES]
        manifest = self.manifest | {"files": {name: _digest(folder / name) for name in names}}
        (folder / MANIFEST).write_text(
            json.dumps(manifest, indent=2, sort_keys=True) + "\n", encoding="utf-8"
        )

    @classmethod
    def load(cls, folder: str | Path) -> Run:
        """Return the run that a folder holds, all of whose files are as they were written.

        A run of an older schema version gets what the present one adds. Raises RunError when there
        is no run, one of a schema version that can't be read, or one with a file that is missing
        or was changed.
        """
        source = Path(folder)
        manifest = read_object(source / MANIFEST)
        if not is_manifest(manifest):
            found = "makes no sense" if os.path.isfile(source / MANIFEST) else "is missing"
            raise RunError(
                f"{source} holds no run ({MANIFEST} {found}); "
                "give a folder that `run --out` has written"
            )
        version = manifest["schema_version"]
        if version not in READABLE_VERSIONS:
            readable = " and ".join(map(str, READABLE_VERSIONS))
            raise RunError(
                f"{source} has schema version {version}; "
                f"versions {readable} can be read; run the scenario again"
            )
        parts = Part.found(source.absolute(), manifest)
        manifest.pop("files", None)  # they are the folder's, not the run's
        return cls(parts, manifest | {"schema_version": SCHEMA_VERSION})


def _digest(path: Path) -> str:
    """Return the SHA-256 of a file, as `sha256sum` prints it."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
