"""The rows of one table on their way: kept column by column, flushed as Arrow batches."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection
from itertools import count
from typing import Any

import numpy as np
import pyarrow as pa
from mypy_extensions import i32, i64

from anywhere_sim.traces.schema import TableSchema
from anywhere_sim.traces.vectors import vec

GROUP_ROWS = 16_384
"""Rows of a table that are flushed together: a group of rows of its file."""
SMALL_GROUPS, LARGER = 64, 8
"""After so many groups they are so many times as large: the description of each is kept in memory
to the end of the file, and a file of 50 million rows would have 3,000.
"""
FIRST_ROWS = 1_024
"""Rows that there is memory for at first; it grows by four as they come."""
_LETTERS = {"f8": "d", "i8": "q", "word": "i"}

Keys = tuple[str, str, int]
"""Cell, site and replication."""
Sink = Callable[[pa.RecordBatch], object]


class TableRows:
    """The rows of one table; `rows.py` has the class of each, with all its columns.

    `row(column=value, ...)` adds a row. The sink gets groups of rows, with their cell, site and
    replication in front.
    """

    def __init__(
        self, schema: TableSchema, keys: Keys, sink: Sink, group_rows: int = GROUP_ROWS
    ) -> None:
        self._columns = schema.columns
        self._schema = schema.arrow()
        self._keys = keys
        self._sink = sink
        self._group_rows = group_rows
        self._groups = 0
        self._last_id = 0
        self._waiting: i64 = 0
        self._room: i64 = 0
        self._take_columns(0)

    def next_id(self) -> int:
        """Return a new id: 1, 2, 3 and so on."""
        self._last_id += 1
        return self._last_id

    def flush(self) -> None:
        """Hand the rows that wait to the sink, as a group with words of its own.

        A number that is NaN is handed on as null, as other programs than pandas expect it.
        """
        rows, room = int(self._waiting), int(self._room)
        if not rows:
            return
        cell, site, replication = self._keys
        columns: list[pa.Array] = [
            _repeated(cell, rows),
            _repeated(site, rows),
            _numbers(np.full(rows, replication, np.int32)),
        ]
        for column in self._columns:
            name = column.attribute
            held = np.frombuffer(getattr(self, name), _LETTERS[column.kind], rows)
            values = _numbers(held if rows == room else held.copy())
            if column.kind == "word":
                values = _words(values, getattr(self, f"{name}_codes"))
                setattr(self, f"{name}_codes", codes())
            columns.append(values)
        self._waiting = 0
        self._take_columns(0)  # those of a whole group are the batch's now
        self._groups += 1
        if self._groups == SMALL_GROUPS:
            self._group_rows *= LARGER
        self._sink(pa.RecordBatch.from_arrays(columns, schema=self._schema))

    def _make_room(self) -> i64:
        """Return where the next row goes, in more memory than there was.

        When as many rows wait as a group has, they are flushed, and it is the beginning again.
        """
        if self._room == self._group_rows:
            self.flush()
        rows, room = self._waiting, 4 * int(self._room)
        if self._groups:
            room = self._group_rows
        self._take_columns(min(max(FIRST_ROWS, room), self._group_rows))
        return rows

    def _take_columns(self, room: int) -> None:
        """Take columns with that much room, which begin with the rows that wait."""
        rows = int(self._waiting)
        numbers: list[vec[i64]] = []
        words: list[vec[i32]] = []
        floats: list[vec[float]] = []
        for column in self._columns:
            longer: np.ndarray[Any, Any] = np.zeros(room, _LETTERS[column.kind])
            if rows:
                longer[:rows] = getattr(self, column.attribute)
            if column.kind == "f8":
                floats.append(vec[float](longer))
            elif column.kind == "i8":
                numbers.append(vec[i64](longer))
            else:
                words.append(vec[i32](longer))
        self._hold(numbers, words, floats)
        self._room = room

    def _hold(
        self, numbers: list[vec[i64]], words: list[vec[i32]], floats: list[vec[float]]
    ) -> None:
        """Hold these columns, in the order of the schema.

        `setattr` would do it for all tables, but mypyc 2.4 leaks a vector that it sets.
        """
        raise NotImplementedError


def codes() -> dict[str, int]:
    """Return a code for each word, 0, 1, 2 and so on in the order in which they are asked for."""
    return defaultdict(count().__next__)


def _repeated(word: str, count: int) -> pa.Array:
    """Return a column of one word, or of null where there is none."""
    if not word:
        return pa.nulls(count, pa.dictionary(pa.int32(), pa.string()))
    return _words(_numbers(np.zeros(count, np.int32)), [word])


def _words(codes: pa.Array, words: Collection[str]) -> pa.Array:
    """Return a column of words from their codes, all of which are right.

    The words come as Arrow's buffers: given a list, Arrow would load pandas.
    """
    encoded = [word.encode() for word in words]
    ends: np.ndarray[Any, Any] = np.zeros(len(encoded) + 1, np.int32)
    np.cumsum([len(each) for each in encoded], out=ends[1:])
    buffers = [None, pa.py_buffer(ends.tobytes()), pa.py_buffer(b"".join(encoded))]
    strings = pa.Array.from_buffers(pa.string(), len(encoded), buffers)
    return pa.DictionaryArray.from_arrays(codes, strings, safe=False)


def _numbers(values: np.ndarray[Any, Any]) -> pa.Array:
    """Return numbers as an Arrow column, in the memory where they are, NaN as null."""
    valid = None
    if values.dtype.kind == "f" and np.isnan(values.min()):
        valid = pa.py_buffer(np.packbits(values == values, bitorder="little").tobytes())
    buffers = [valid, pa.py_buffer(values)]
    return pa.Array.from_buffers(pa.from_numpy_dtype(values.dtype), values.size, buffers)
