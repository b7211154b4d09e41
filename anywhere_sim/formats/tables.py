"""What an import writes: the tables of a run, batch by batch, and ids and times of one origin."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from anywhere_sim.formats.privacy import Names
from anywhere_sim.scenario.quantities import DAY_S
from anywhere_sim.traces.run import TableFile
from anywhere_sim.traces.schema import TABLES

SITE = "imported"
GROUP = "imported"
"""The one group of all mailboxes: a log knows of none."""
MICROSECONDS = 1_000_000
ROWS_OF_A_GROUP = 65_536
EPOCH = date(1970, 1, 1)


class Tables:
    """The tables that an import fills, in a folder; what a log doesn't know is null."""

    def __init__(self, folder: Path, names: Names, first_day: date | None, utc_offset_s: float):
        self.names, self.first_day, self.utc_offset_s = names, first_day, utc_offset_s
        self.counter_names: Mapping[str, str] = {}
        """English paths of counters by their localised ones, in small letters."""
        self.rows = dict.fromkeys(TABLES, 0)
        self.first_s, self.last_s = float("inf"), float("-inf")
        self._ids = dict.fromkeys(TABLES, 0)
        self._stack = ExitStack()
        self._files = {
            name: self._stack.enter_context(TableFile(folder, name, SITE)) for name in TABLES
        }
        self._waiting: dict[str, list[pa.RecordBatch]] = {name: [] for name in TABLES}
        self._schemas = {name: schema.arrow() for name, schema in TABLES.items()}

    def seconds(self, instants: pa.ChunkedArray) -> np.ndarray:
        """Return UTC instants in seconds since midnight of day 1, NaN for null.

        Day 1 is the day of the first instant where nobody has said another.
        """
        micros = pc.cast(instants, pa.int64()).to_numpy()
        seconds = np.asarray(micros, np.float64) / MICROSECONDS + self.utc_offset_s
        known = seconds[~np.isnan(seconds)]
        if self.first_day is None and len(known):
            self.first_day = EPOCH + timedelta(days=int(known.min() // DAY_S))
        if self.first_day is None:
            return seconds
        return np.asarray(seconds - (self.first_day - EPOCH).days * DAY_S)

    def ids(self, table: str, count: int) -> np.ndarray:
        """Return the next ids of a table, from 1 on."""
        first = self._ids[table] + 1
        self._ids[table] += count
        return np.arange(first, first + count, dtype=np.int64)

    def write(self, table: str, count: int, columns: Mapping[str, Any]) -> None:
        """Write rows; `columns` are arrays, or one word for all rows. NaN becomes null."""
        if not count:
            return
        schema = self._schemas[table]
        given = {"site": SITE, "replication": 0, **columns}
        assert not set(given) - set(schema.names), sorted(set(given) - set(schema.names))
        arrays = [_array(given.get(field.name), field.type, count) for field in schema]
        self._waiting[table].append(pa.RecordBatch.from_arrays(arrays, schema=schema))
        if sum(batch.num_rows for batch in self._waiting[table]) >= ROWS_OF_A_GROUP:
            self._flush(table)
        self.rows[table] += count
        for name in ("start_s", "end_s", "time_s", "done_s"):
            if name in columns:
                times = np.asarray(columns[name], np.float64)
                times = times[np.isfinite(times)]
                if len(times):
                    self.first_s = min(self.first_s, float(times.min()))
                    self.last_s = max(self.last_s, float(times.max()))

    def _flush(self, table: str) -> None:
        """Write what waits as one row group: many small ones take time and room."""
        batches, self._waiting[table] = self._waiting[table], []
        if batches:
            self._files[table].write_table(pa.Table.from_batches(batches).unify_dictionaries())

    def close(self) -> None:
        """Finish the files."""
        for name in TABLES:
            self._flush(name)
        self._stack.close()


def _array(values: Any, kind: pa.DataType, count: int) -> pa.Array:
    if values is None:
        return pa.nulls(count, kind)
    if isinstance(values, str | int):
        return pa.repeat(pa.scalar(values), count).cast(kind) if not isinstance(values, str) else (
            pa.DictionaryArray.from_arrays(np.zeros(count, np.int32), pa.array([values]))
        )  # fmt: skip
    if isinstance(values, np.ndarray) and values.dtype.kind == "f":
        array = pa.array(values, from_pandas=True)  # NaN becomes null
    else:
        array = pa.array(values) if isinstance(values, list | np.ndarray) else values
    if isinstance(array, pa.ChunkedArray):
        array = array.combine_chunks()
    if array.type == kind:
        return array
    if pa.types.is_dictionary(kind):
        if pa.types.is_null(array.type):
            return pa.nulls(count, kind)
        return array.cast(kind) if pa.types.is_dictionary(array.type) else (
            array.cast(pa.string()).dictionary_encode().cast(kind)
        )  # fmt: skip
    return array.cast(kind)
