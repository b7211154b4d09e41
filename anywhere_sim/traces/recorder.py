"""Rows on their way into tables: packed into typed buffers, flushed as Arrow batches."""

from __future__ import annotations

import struct
from collections.abc import Callable
from operator import itemgetter
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from anywhere_sim.traces.part import Part, TableFile
from anywhere_sim.traces.schema import TABLES, TableSchema

_FORMAT = {"f8": "d", "i8": "q", "i4": "i", "word": "i"}
_NUMPY = {"f8": "<f8", "i8": "<i8", "i4": "<i4", "word": "<i4"}
FIRST_ROWS = 256
MOST_ROWS = 65_536


class TableRecorder:
    """The rows of one table: a buffer that grows to 65,536 rows and is then flushed, a code per word on first sight."""

    __slots__ = (
        "_buffer",
        "_capacity",
        "_coded",
        "_dtype",
        "_keys",
        "_last_id",
        "_ordered",
        "_pack",
        "_rows",
        "_schema",
        "_sink",
        "_size",
        "_words",
    )

    def __init__(self, schema: TableSchema, site: str, replication: int, sink: Callable[[pa.RecordBatch], object]) -> None:
        self._schema = schema
        self._keys = (site, replication)
        self._sink = sink
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
            self.flush()

    def flush(self) -> None:
        """Hand the rows that wait, with their site and replication in front, to the sink."""
        if not self._rows:
            return
        rows = np.frombuffer(self._buffer, self._dtype, self._rows)
        site, replication = self._keys
        columns: list[pa.Array] = [
            pa.DictionaryArray.from_arrays(pa.array(np.zeros(len(rows), np.int32)), pa.array([site])),
            pa.array(np.full(len(rows), replication, np.int32)),
        ]
        for column in self._schema.columns:
            values = pa.array(rows[column.name].copy())
            if column.kind == "word":
                values = pa.DictionaryArray.from_arrays(values, pa.array(list(self._words[column.name]), pa.string()))
            columns.append(values)
        self._rows = 0
        self._sink(pa.RecordBatch.from_arrays(columns, schema=self._schema.arrow()))


class Recorder:
    """All tables of one site and replication, in memory or straight into Parquet files of a folder.

    `rpcs` says whose calls are written down: all, none, or some mailboxes'.
    """

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

    def __init__(self, site: str, replication: int, rpcs: bool | frozenset[str] = False, folder: Path | None = None) -> None:
        self._site = site
        self._rpcs = rpcs
        self._folder = folder
        self._batches: dict[str, list[pa.RecordBatch]] = {name: [] for name in TABLES}
        self._files: dict[str, TableFile] = {}
        for name, schema in TABLES.items():
            sink: Callable[[pa.RecordBatch], object] = self._batches[name].append
            if folder is not None:
                self._files[name] = TableFile(folder, name, site)
                sink = self._files[name].write_batch
            setattr(self, name, TableRecorder(schema, site, replication, sink))

    def wants_rpcs(self, mailbox: str) -> bool:
        """Whether the calls of a mailbox are written down."""
        return self._rpcs if isinstance(self._rpcs, bool) else mailbox in self._rpcs

    def finish(self) -> Part:
        """Return all tables, complete: in memory, or where their files are."""
        for name in TABLES:
            getattr(self, name).flush()
        if self._folder is None:
            return Part(self._site, {name: pa.Table.from_batches(self._batches[name], TABLES[name].arrow()) for name in TABLES})
        for file in self._files.values():
            file.close()
        return Part(self._site, {name: Path(file.where) for name, file in self._files.items()})
