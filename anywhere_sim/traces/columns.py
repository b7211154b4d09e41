"""The columns of a table as numpy arrays, words as numbers, and what checks ask of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

Numbers = npt.NDArray[np.float64] | npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

TOLERANCE = 1e-9
"""What sums and instants may differ by, in seconds or relative to the number."""


class TableInFile:
    """A Parquet file whose columns are read one by one: what nobody looks at is not held.

    In one thread, and straight from the file: else each of Arrow's threads keeps what it has read.
    """

    def __init__(self, path: Path) -> None:
        self._file = pq.ParquetFile(path, pre_buffer=False)
        self.num_rows = int(self._file.metadata.num_rows)

    def column(self, name: str) -> pa.ChunkedArray:
        """Read a column; what those before it took, and is free, goes back to the system."""
        pa.default_memory_pool().release_unused()
        return self._file.read(columns=[name], use_threads=False).column(0)


class Columns:
    """A table whose columns are taken out one by one, when somebody asks, and not kept.

    Empty cells of numbers are NaN.
    """

    def __init__(self, table: pa.Table | TableInFile) -> None:
        self._table = table

    def __len__(self) -> int:
        return int(self._table.num_rows)

    def __getitem__(self, column: str) -> Numbers:
        pieces = [_numbers(piece) for piece in self._table.column(column).chunks]
        return cast("Numbers", np.concatenate(pieces)) if pieces else np.zeros(0)

    def key(self, column: str) -> npt.NDArray[np.int64]:
        """Return one number per row that is unique over all replications of a site.

        Ids stay below 2**40.
        """
        return self["replication"].astype(np.int64) * 2**40 + self[column].astype(np.int64)

    def pieces(self, column: str) -> list[pa.DictionaryArray]:
        """Return a column of words in the pieces that it was written in."""
        pieces: list[pa.DictionaryArray] = self._table.column(column).chunks
        return pieces

    def codes(self, column: str) -> npt.NDArray[np.int64]:
        """Return a number per row, the same for the same word."""
        return _coded(self.pieces(column))[0]

    def words(self, column: str) -> tuple[npt.NDArray[np.int64], list[str]]:
        """Return a number per row, and the words that the numbers stand for."""
        numbers, dictionary = _coded(self.pieces(column))
        return numbers, [str(word) for word in dictionary.to_pylist()]

    def among(self, column: str, allowed: Collection[str]) -> Flags:
        """Return for each row whether its word is one of these."""
        numbers, words = self.words(column)
        return np.array([word in allowed for word in words], np.bool_)[numbers]

    def numbered(self, column: str, known: Mapping[str, int]) -> npt.NDArray[np.int64]:
        """Return the number of each row's word in a shared numbering, -1 for an unknown word."""
        numbers, words = self.words(column)
        return np.array([known.get(word, -1) for word in words], np.int64)[numbers]


def repeated(*keys: Numbers) -> Flags:
    """Return for each row whether an earlier one has the same keys."""
    order = np.lexsort(keys)
    same = np.zeros(len(order), np.bool_)
    same[order[1:]] = np.logical_and.reduce([key[order][1:] == key[order][:-1] for key in keys])
    return same


def rising(times: Sequence[Numbers]) -> Flags:
    """Return for each row whether its instants follow each other.

    Those that are empty are passed over.
    """
    holds, last = np.ones(len(times[0]), np.bool_), times[0]
    for time_s in times[1:]:
        reached = ~np.isnan(time_s)
        holds &= ~(reached & (time_s - last < -TOLERANCE))
        last = np.where(reached, time_s, last)
    return holds


def shared_numbers(*columns: tuple[Columns, str]) -> tuple[int, list[npt.NDArray[np.int64]]]:
    """Return how many words of replications there are, and each column's numbers among them."""
    pieces = [piece for rows, column in columns for piece in rows.pieces(column)]
    numbers, dictionary = _coded(pieces)
    replications = np.concatenate([rows["replication"] for rows, _ in columns])
    different, replication = np.unique(replications, return_inverse=True)
    numbers += replication * len(dictionary)
    ends = np.cumsum([len(rows) for rows, _ in columns])
    return len(different) * len(dictionary), np.split(numbers, ends[:-1])


def _coded(pieces: list[pa.DictionaryArray]) -> tuple[npt.NDArray[np.int64], pa.Array]:
    """Return a number per row of all pieces, and the words that the numbers stand for."""
    if not pieces:
        return np.zeros(0, np.int64), pa.nulls(0, pa.string())
    chunks = pa.chunked_array(pieces).unify_dictionaries().chunks
    codes = np.concatenate([_numbers(chunk.indices) for chunk in chunks])
    return codes.astype(np.int64), chunks[0].dictionary


def _numbers(piece: pa.Array) -> Numbers:
    """Return a piece of a column from its buffers: asked for them, Arrow would load pandas."""
    end = piece.offset + len(piece)
    valid, memory = piece.buffers()
    kind = np.dtype(piece.type.to_pandas_dtype())
    values = np.frombuffer(memory or b"", kind, end if memory else 0)[piece.offset :]
    if not piece.null_count:
        return values
    known = np.unpackbits(np.frombuffer(valid, np.uint8), count=end, bitorder="little")
    return np.where(known[piece.offset :], values, np.nan)


def sums(groups: npt.NDArray[np.int64], values: Numbers, count: int) -> Numbers:
    """Return the sum of the values of each group, of groups 0 to `count` - 1."""
    return np.bincount(groups, weights=values, minlength=count)


def covered(starts: Numbers, ends: Numbers, times: Numbers) -> npt.NDArray[np.float64]:
    """Return how much of the time before each of `times` the intervals cover together."""
    order = np.argsort(starts, kind="stable")
    begin, end = starts[order], np.maximum.accumulate(ends[order])
    first = np.ones(len(begin), np.bool_)
    first[1:] = begin[1:] > end[:-1]  # an interval that begins when all before it are over
    begins = begin[first]
    lasts = end[np.append(np.flatnonzero(first)[1:] - 1, len(end) - 1)] if len(end) else end
    before = np.concatenate([[0.0], np.cumsum(lasts - begins)])
    number = np.searchsorted(begins, times, side="right")
    over = np.zeros(len(times))
    begun = number > 0
    over[begun] = np.maximum(0.0, lasts[number[begun] - 1] - times[begun])
    whole: npt.NDArray[np.float64] = before[number] - over
    return whole
