"""The tables of one site, in memory or in files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from anywhere_sim.traces.audit import Audit, audit
from anywhere_sim.traces.folder import RunError
from anywhere_sim.traces.schema import TABLES, upgraded


@dataclass(frozen=True, slots=True)
class Part:
    """The tables of one site: Arrow tables, or Parquet files that are read when somebody asks."""

    site: str
    tables: Mapping[str, pa.Table | Path]

    @classmethod
    def found(cls, folder: Path) -> list[Part]:
        """Return the parts in a folder, sorted by site; RunError for a missing or damaged file."""
        last = [*TABLES][-1]
        names = sorted(
            path.stem.removeprefix(f"{last}-") for path in folder.glob(f"{last}-*.parquet")
        )
        parts = [
            cls(site, {name: folder / f"{name}-{site}.parquet" for name in TABLES})
            for site in names
        ]
        if not parts:
            raise RunError(f"{folder} has no tables; run the scenario again")
        for part in parts:
            for name in TABLES:
                part.rows(name)
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
                f"{found.parent} is damaged ({error}); run the scenario again"
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
                f"{found.parent} is damaged ({error}); run the scenario again"
            ) from error

    def write(self, folder: Path) -> None:
        """Write every table into a folder, a row group for each of its batches."""
        for name in TABLES:
            with TableFile(folder, name, self.site) as file:
                for batch in self.table(name).to_batches():
                    file.write_batch(batch)

    def audit(self, end_s: float) -> Audit:
        """Return the accounting of the site.

        `end_s` is the end of the run in s since midnight of day 1.
        """
        return audit({name: self.table(name) for name in TABLES}, end_s=end_s)


class TableFile(pq.ParquetWriter):  # type: ignore[misc]  # pyarrow has no types
    """A Parquet file being written, for one table of one site.

    One that nobody closes has no footer and is harmless.

    Only words are worth a dictionary. Of numbers the first bytes are stored together, then the
    second and so on, of whole ones the differences: a quarter of the time and two thirds of the
    room that dictionaries of them take.
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
            use_dictionary=words,
            column_encoding=numbers, write_statistics=False,
        )  # fmt: skip

    def __del__(self) -> None:
        """Leave the file as it is.

        Pyarrow would try to write the footer, also on a disk that is full.
        """
