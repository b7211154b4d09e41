"""Rows on their way into tables: packed into typed buffers, flushed as Arrow batches."""

from __future__ import annotations

import struct
from operator import itemgetter
from typing import Any

import numpy as np
import pyarrow as pa

from anywhere_sim.traces.schema import TABLES, TableSchema

_FORMAT = {"f8": "d", "i8": "q", "i4": "i", "word": "i"}
_NUMPY = {"f8": "<f8", "i8": "<i8", "i4": "<i4", "word": "<i4"}
FIRST_ROWS = 256
MOST_ROWS = 65_536


class TableRecorder:
    """The rows of one table: a buffer that grows to 65,536 rows and is then flushed, a code per word on first sight."""

    __slots__ = (
        "_batches",
        "_buffer",
        "_capacity",
        "_coded",
        "_dtype",
        "_last_id",
        "_ordered",
        "_pack",
        "_rows",
        "_schema",
        "_size",
        "_words",
    )

    def __init__(self, schema: TableSchema) -> None:
        self._schema = schema
        self._words: dict[str, dict[str, int]] = {column.name: {} for column in schema.columns if column.kind == "word"}
        self._coded = list(self._words.items())
        self._ordered = itemgetter(*(column.name for column in schema.columns))
        packer = struct.Struct("<" + "".join(_FORMAT[column.kind] for column in schema.columns))
        self._pack = packer.pack_into
        self._size = packer.size
        self._dtype = np.dtype([(column.name, _NUMPY[column.kind]) for column in schema.columns])
        self._capacity = FIRST_ROWS
        self._buffer = bytearray(self._capacity * self._size)
        self._rows = 0
        self._batches: list[np.ndarray[Any, Any]] = []
        self._last_id = 0

    def next_id(self) -> int:
        """Return a new id: 1, 2, 3 and so on."""
        self._last_id += 1
        return self._last_id

    def row(self, **values: Any) -> None:
        """Add a row; every column of the table has to be given."""
        for name, codes in self._coded:
            word = values[name]
            code = codes.get(word)
            values[name] = codes.setdefault(word, len(codes)) if code is None else code
        if self._rows == self._capacity:
            self._make_room()
        self._pack(self._buffer, self._rows * self._size, *self._ordered(values))
        self._rows += 1

    def _make_room(self) -> None:
        if self._capacity < MOST_ROWS:
            self._buffer.extend(bytes(self._capacity * self._size))
            self._capacity *= 2
        else:
            self._flush()

    def _flush(self) -> None:
        self._batches.append(np.frombuffer(bytes(self._buffer[: self._rows * self._size]), self._dtype))
        self._rows = 0

    def finish(self, site: str, replication: int) -> pa.Table:
        """Return the table, with its site and replication in front."""
        self._flush()
        rows = np.concatenate(self._batches)
        columns: list[pa.Array] = [
            pa.DictionaryArray.from_arrays(pa.array(np.zeros(len(rows), np.int32)), pa.array([site])),
            pa.array(np.full(len(rows), replication, np.int32)),
        ]
        for column in self._schema.columns:
            values = pa.array(np.ascontiguousarray(rows[column.name]))
            if column.kind == "word":
                values = pa.DictionaryArray.from_arrays(values, pa.array(list(self._words[column.name]), pa.string()))
            columns.append(values)
        return pa.Table.from_arrays(columns, schema=self._schema.arrow())


class Recorder:
    """All tables of one site and replication; `rpcs` says whose calls are written down: all, none, or some mailboxes'."""

    attempts: TableRecorder
    connections: TableRecorder
    syncs: TableRecorder
    operations: TableRecorder
    states: TableRecorder
    messages: TableRecorder
    changes: TableRecorder
    servers: TableRecorder
    links: TableRecorder
    rpcs: TableRecorder

    def __init__(self, site: str, replication: int, rpcs: bool | frozenset[str] = False) -> None:
        self.site = site
        self.replication = replication
        self._rpcs = rpcs
        for name, schema in TABLES.items():
            setattr(self, name, TableRecorder(schema))

    def wants_rpcs(self, mailbox: str) -> bool:
        """Whether the calls of a mailbox are written down."""
        return self._rpcs if isinstance(self._rpcs, bool) else mailbox in self._rpcs

    def finish(self) -> dict[str, pa.Table]:
        """Return all tables."""
        return {name: getattr(self, name).finish(self.site, self.replication) for name in TABLES}
