"""Rows on their way into tables: packed into typed buffers, flushed as Arrow batches."""

from __future__ import annotations

import struct
from collections import defaultdict
from collections.abc import Callable, Collection
from itertools import count
from keyword import iskeyword
from mmap import mmap
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa
from mypy_extensions import mypyc_attr

from anywhere_sim.traces.run import Part, TableFile
from anywhere_sim.traces.schema import TABLES, TableSchema

_KINDS = {"f8": "d", "i8": "q", "i4": "i", "word": "i"}  # the same letter in numpy and in struct
MAX_WAITING = 16_384
"""Rows of a table, of up to 250 bytes each; the pages of their buffer are taken as they fill."""


class TableRecorder:
    """The rows of one table: packed one behind the other, flushed when there are `max_waiting`.

    A word gets its code on first sight. `row(column=value, ...)` adds a row; every column of the
    table has to be given (`try_` for the column "try").
    """

    __slots__ = (
        "_buffer",
        "_dtype",
        "_keys",
        "_last_id",
        "_schema",
        "_sink",
        "_take",
        "_words",
        "row",
    )

    row: Callable[..., None]

    def __init__(
        self,
        schema: TableSchema,
        site: str,
        replication: int,
        sink: Callable[[pa.RecordBatch], object],
        max_waiting: int = MAX_WAITING,
        cell: str = "",
    ) -> None:
        self._schema = schema
        self._keys = (cell, site, replication)
        self._sink = sink
        self._words = {
            column.name: defaultdict[str, int](count().__next__)
            for column in schema.columns
            if column.kind == "word"
        }
        self._dtype = np.dtype(
            [(column.name, _KINDS[column.kind]) for column in schema.columns], align=True
        )
        self._buffer = mmap(-1, max_waiting * self._dtype.itemsize)
        self._last_id = 0
        self.row, self._take = self._functions()

    def next_id(self) -> int:
        """Return a new id: 1, 2, 3 and so on."""
        self._last_id += 1
        return self._last_id

    def flush(self) -> None:
        """Hand the rows that wait, with their cell, site and replication in front, to the sink.

        A number that is NaN is handed on as null, as other programs than pandas expect it.
        """
        waiting = self._take()
        if not waiting:
            return
        rows = np.frombuffer(self._buffer, self._dtype, waiting)
        cell, site, replication = self._keys
        columns: list[pa.Array] = [
            _repeated(cell, waiting),
            _repeated(site, waiting),
            _packed(np.broadcast_to(np.int32(replication), waiting)),
        ]
        for column in self._schema.columns:
            values = _packed(rows[column.name])
            if column.kind == "word":
                words = _strings(self._words[column.name])
                values = pa.DictionaryArray.from_arrays(values, words)
            columns.append(values)
        self._sink(pa.RecordBatch.from_arrays(columns, schema=self._schema.arrow()))

    def _functions(self) -> tuple[Callable[..., None], Callable[[], int]]:
        """Return `row`, written out for this table's columns, and `take`, which empties the buffer.

        `take` returns how many rows there were.

        A function with the columns' own names makes no dict for a row, which halves its cost.
        """
        names = {
            column.name: f"{column.name}_" if iskeyword(column.name) else column.name
            for column in self._schema.columns
        }
        values = ", ".join(
            f"codes_{name}[{given}]" if name in self._words else given
            for name, given in names.items()
        )
        source = f"""
def functions(pack, buffer, size, end, flush{"".join(f", codes_{name}" for name in self._words)}):
    at = 0

    def row({", ".join(names.values())}):
        nonlocal at
        pack(buffer, at, {values})
        at += size
        if at == end:
            flush()

    def take():
        nonlocal at
        count, at = at // size, 0
        return count

    return row, take
"""
        packer, size = (
            struct.Struct("@" + "".join(_KINDS[column.kind] for column in self._schema.columns)),
            self._dtype.itemsize,
        )
        scope: dict[str, Any] = {}
        # compiled first: from text, a Ctrl-C in it would set the exit code (CPython:
        # unhandled_keyboard_interrupt)
        exec(compile(source, "<functions of a table>", "exec"), scope)
        made: tuple[Callable[..., None], Callable[[], int]] = scope["functions"](
            packer.pack_into,
            self._buffer,
            size,
            len(self._buffer),
            self.flush,
            *self._words.values(),
        )
        return made


def _repeated(word: str, count: int) -> pa.Array:
    """Return a column of one word, or of null where there is none."""
    if not word:
        return pa.nulls(count, pa.dictionary(pa.int32(), pa.string()))
    codes = _packed(np.broadcast_to(np.int32(0), count))
    return pa.DictionaryArray.from_arrays(codes, _strings([word]))


def _strings(words: Collection[str]) -> pa.Array:
    """Return words as an Arrow column, from its buffers: given a list, Arrow would load pandas."""
    encoded = [word.encode() for word in words]
    ends: np.ndarray[Any, Any] = np.zeros(len(encoded) + 1, np.int32)
    np.cumsum([len(each) for each in encoded], out=ends[1:])
    buffers = [None, pa.py_buffer(ends.tobytes()), pa.py_buffer(b"".join(encoded))]
    return pa.Array.from_buffers(pa.string(), len(encoded), buffers)


def _packed(values: np.ndarray[Any, Any]) -> pa.Array:
    """Return numbers that lie apart as an Arrow column, NaN as null.

    Arrow's memory is used again, where numpy's would be new pages each time.
    """
    memory = pa.allocate_buffer(values.size * values.itemsize)
    packed = np.frombuffer(memory, values.dtype)
    packed[:] = values
    valid, known = None, packed == packed
    if not known.all():
        valid = pa.py_buffer(np.packbits(known, bitorder="little").tobytes())
    return pa.Array.from_buffers(pa.from_numpy_dtype(values.dtype), values.size, [valid, memory])


@mypyc_attr(allow_interpreted_subclasses=True)
class Recorder:
    """All tables of one site and replication, in memory or straight into Parquet files of a folder.

    `rpcs` says whose calls are written down: all, none, or some mailboxes'. `completed_rpcs` counts
    the calls that got a response.
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

    table_file: ClassVar[type[TableFile]] = TableFile
    max_waiting: ClassVar[int] = MAX_WAITING

    def __init__(
        self,
        site: str,
        replication: int,
        rpcs: bool | frozenset[str] = False,
        folder: Path | None = None,
        cell: str = "",
    ) -> None:
        self._site = site
        self._rpcs = rpcs
        self._folder = folder
        self._batches: dict[str, list[pa.RecordBatch]] = {name: [] for name in TABLES}
        self._files: dict[str, TableFile] = {}
        self.completed_rpcs = 0
        for name, schema in TABLES.items():
            sink: Callable[[pa.RecordBatch], object] = self._batches[name].append
            if folder is not None:
                self._files[name] = self.table_file(folder, name, site)
                sink = self._files[name].write_batch
            recorder = TableRecorder(schema, site, replication, sink, self.max_waiting, cell)
            setattr(self, name, recorder)

    def wants_rpcs(self, mailbox: str) -> bool:
        """Whether the calls of a mailbox are written down."""
        return self._rpcs if isinstance(self._rpcs, bool) else mailbox in self._rpcs

    def finish(self) -> Part:
        """Return all tables, complete: in memory, or where their files are."""
        for name in TABLES:
            getattr(self, name).flush()
        if self._folder is None:
            return Part(
                self._site,
                {
                    name: pa.Table.from_batches(self._batches[name], TABLES[name].arrow())
                    for name in TABLES
                },
            )
        for file in self._files.values():
            file.close()
        return Part(self._site, {name: Path(file.where) for name, file in self._files.items()})
