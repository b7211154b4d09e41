"""Rows on their way into tables: packed into typed buffers, flushed as Arrow batches."""

from __future__ import annotations

import struct
from collections.abc import Callable
from keyword import iskeyword
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


class Codes(dict[str, int]):
    """A number per word, given on first sight."""

    def __missing__(self, word: str) -> int:
        code = self[word] = len(self)
        return code


class TableRecorder:
    """The rows of one table: a buffer that grows to 65,536 rows and is then flushed, a code per word on first sight.

    `row(column=value, ...)` adds a row; every column of the table has to be given (`try_` for the column "try").
    """

    __slots__ = ("_buffer", "_capacity", "_dtype", "_keys", "_last_id", "_rows", "_schema", "_sink", "_size", "_words", "row")

    row: Callable[..., None]

    def __init__(self, schema: TableSchema, site: str, replication: int, sink: Callable[[pa.RecordBatch], object]) -> None:
        self._schema = schema
        self._keys = (site, replication)
        self._sink = sink
        self._words = {column.name: Codes() for column in schema.columns if column.kind == "word"}
        self._dtype = np.dtype([(column.name, _NUMPY[column.kind]) for column in schema.columns])
        self._size = self._dtype.itemsize
        self._capacity = FIRST_ROWS
        self._buffer = bytearray(self._capacity * self._size)
        self._rows = 0
        self._last_id = 0
        self.row = _row_function(self, schema, self._words)

    def next_id(self) -> int:
        """Return a new id: 1, 2, 3 and so on."""
        self._last_id += 1
        return self._last_id

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


def _row_function(table: TableRecorder, schema: TableSchema, words: dict[str, Codes]) -> Callable[..., None]:
    """Return a function with one keyword per column, written for this table: no dict is made for a row, which halves its cost."""
    names = {column.name: f"{column.name}_" if iskeyword(column.name) else column.name for column in schema.columns}
    values = ", ".join(f"codes_{name}[{given}]" if name in words else given for name, given in names.items())
    source = f"""
def row(*, {", ".join(names.values())}):
    at = table._rows
    if at == table._capacity:
        table._make_room()
        at = table._rows
    pack(table._buffer, at * {table._size}, {values})
    table._rows = at + 1
"""
    packer = struct.Struct("<" + "".join(_FORMAT[column.kind] for column in schema.columns))
    scope: dict[str, Any] = {"table": table, "pack": packer.pack_into} | {f"codes_{name}": codes for name, codes in words.items()}
    exec(source, scope)
    made: Callable[..., None] = scope["row"]
    return made


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
