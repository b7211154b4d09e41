"""Columns of a log: words with one look at each that differs, numbers and instants as such."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from anywhere_sim.formats.quality import FileQuality
from anywhere_sim.formats.reading import NEW_LINE, QUOTE, Numbers, Part

WORD = pa.dictionary(pa.int32(), pa.string())
"""The kind of a column whose values come again and again: each is looked at once per block."""
CSV_BLOCK_BYTES = 2**20
Mask = npt.NDArray[np.bool_]


def table(
    part: Part, wanted: Sequence[str], separator: str, quality: FileQuality, quoted: bool = False,
    kinds: Mapping[str, pa.DataType] | None = None, decimal: str = ".",
) -> tuple[pa.Table, Numbers]:  # fmt: skip
    """Return the wanted columns of a part, null for those that it lacks, and line numbers.

    A column is of its kind in `kinds`, else text. Where one value is not of its kind, all columns
    but those of words are text. Lines with another number of fields are refused.
    """
    kinds = kinds or {}
    names = _unique(part.fields)
    there = [name for name in wanted if name in names]
    if not part.data:
        empty = pa.table({name: pa.array([], pa.string()) for name in wanted})
        return empty, part.numbers
    reader = _Reader(names, there, separator, quoted, decimal)
    words = {name: kind for name, kind in kinds.items() if kind == WORD}
    found, bad = reader.read(part, kinds) or reader.read(part, words) or NOTHING
    if quoted and found.num_rows + len(bad) != len(part.numbers):  # a quote took lines together
        part = _closed(part, quality)
        found, bad = reader.read(part, words) or NOTHING
    quality.refuse("has another number of fields", part.numbers[bad])
    numbers = np.delete(part.numbers, bad) if len(bad) else part.numbers
    if len(numbers) != found.num_rows:
        quality.refuse("a quote is not closed near here", numbers[:1])
        numbers = np.resize(numbers[:1], found.num_rows)
    columns = [
        found[name]
        if name in found.column_names
        else pa.nulls(found.num_rows, kinds.get(name, pa.string()))
        for name in wanted
    ]
    whole = pa.table(columns, names=list(wanted)).unify_dictionaries().combine_chunks()
    return whole, numbers


NOTHING = pa.table({}), np.zeros(0, np.int64)


class _Reader:
    """Pyarrow's CSV reader with the options of one log."""

    def __init__(
        self, names: list[str], there: list[str], separator: str, quoted: bool, decimal: str
    ) -> None:
        self._names, self._there = names, there
        self._separator, self._quoted, self._decimal = separator, quoted, decimal

    def read(
        self, part: Part, kinds: Mapping[str, pa.DataType]
    ) -> tuple[pa.Table, npt.NDArray[np.int64]] | None:
        """Return the rows of the right number of fields, and which are not.

        None where a value is not of its kind, or a quote is open at the end of a block.
        """
        bad: list[int] = []

        def refuse(row: Any) -> str:
            bad.append(row.number - 1)
            return "skip"

        try:
            found = csv.read_csv(
                pa.BufferReader(part.data),
                read_options=csv.ReadOptions(
                    column_names=self._names, use_threads=False,  # only so a row says its number
                    block_size=max(CSV_BLOCK_BYTES, 2 * part.longest_bytes),
                ),
                parse_options=csv.ParseOptions(
                    delimiter=self._separator, quote_char='"' if self._quoted else False,
                    invalid_row_handler=refuse,
                ),
                convert_options=csv.ConvertOptions(
                    column_types={name: kinds.get(name, pa.string()) for name in self._there},
                    include_columns=self._there or self._names[:1], strings_can_be_null=False,
                    null_values=["", "-", " "], quoted_strings_can_be_null=True, check_utf8=False,
                    decimal_point=self._decimal,
                ),
            )  # fmt: skip
        except pa.ArrowInvalid:
            return None
        return found, np.array(bad, np.int64)


def _closed(part: Part, quality: FileQuality) -> Part:
    """Return a part without the lines that have a quote which is not closed."""
    octets = np.frombuffer(part.data, np.uint8)
    ends = np.flatnonzero(octets == NEW_LINE)
    quotes = np.flatnonzero(octets == QUOTE)
    odd = np.bincount(np.searchsorted(ends, quotes), minlength=len(ends)) % 2 == 1
    if not odd.any():
        return part
    quality.refuse("has a quote that is not closed", part.numbers[odd])
    lengths = np.diff(ends, prepend=-1)
    own = octets[np.repeat(~odd, lengths)].tobytes()
    return Part(part.fields, own, part.numbers[~odd], part.longest_bytes)


def _unique(fields: Sequence[str]) -> list[str]:
    """Return the names of fields, a repeated one with its position."""
    seen: set[str] = set()
    names = []
    for position, name in enumerate(fields):
        names.append(name if name and name not in seen else f"{name}#{position}")
        seen.add(name)
    return names


def encoded(column: pa.ChunkedArray) -> tuple[pa.Array, npt.NDArray[np.int32]]:
    """Return the values of a column, each once, and the index of each row's; -1 for null."""
    whole = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    if not pa.types.is_dictionary(whole.type):
        whole = whole.cast(pa.string()).dictionary_encode()
    indices = whole.indices.fill_null(-1) if whole.null_count else whole.indices
    return whole.dictionary, indices.to_numpy()


def worded(values: Sequence[str | None], codes: npt.NDArray[np.integer[Any]]) -> pa.Array:
    """Return a column of words by the index of each row's value; null for None and for -1."""
    once = pa.array(values, pa.string()).dictionary_encode()
    back = np.append(once.indices.fill_null(-1).to_numpy(), -1).astype(np.int32)[codes]
    indices = pa.array(back, mask=back < 0) if (back < 0).any() else pa.array(back)
    return pa.DictionaryArray.from_arrays(indices, once.dictionary)


def mapped(column: pa.ChunkedArray, word: Callable[[str], str | None]) -> pa.Array:
    """Return the word for each text of a column, null for null."""
    values, codes = encoded(column)
    return worded([None if each is None else word(each) for each in texts(values)], codes)


def where(column: pa.ChunkedArray, test: Callable[[pa.Array], pa.Array]) -> Mask:
    """Return which rows pass a test, which sees each value once; null does not."""
    values, codes = encoded(column)
    passed = pc.fill_null(test(values), False).to_numpy(zero_copy_only=False)
    return np.asarray(np.append(passed, False)[codes], np.bool_)


def is_one_of(column: pa.ChunkedArray, *words: str) -> Mask:
    """Return which rows have one of some words."""
    return where(column, lambda values: pc.is_in(values, pa.array(words)))


def texts(column: pa.Array | pa.ChunkedArray) -> list[str | None]:
    """Return text as Python has it; what is no UTF-8 is replaced."""
    try:
        found: list[str | None] = column.to_pylist()
        return found
    except UnicodeDecodeError:
        return [
            None if each is None else each.decode("utf-8", "replace")
            for each in column.cast(pa.binary()).to_pylist()
        ]


W3C_TIME = r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{1,6})?$"
MICROSECONDS = 1_000_000


def w3c_instants(
    rows: pa.Table, numbers: Numbers, quality: FileQuality
) -> tuple[pa.ChunkedArray, Mask]:
    """Return the instants of a W3C log's date and time, and which rows have none: refused."""
    day, time = rows["date"], rows["time"]
    if pa.types.is_date(day.type) and pa.types.is_time(time.type):
        micros = pc.add(
            pc.cast(pc.cast(day, pa.timestamp("us")), pa.int64()),
            pc.multiply(pc.cast(pc.cast(time, pa.int32()), pa.int64()), MICROSECONDS),
        )
        when = pc.cast(micros, pa.timestamp("us"))
    else:
        both = (column.cast(pa.string()) for column in (day, time))
        when = instants(pc.binary_join_element_wise(*both, " "), W3C_TIME)
    bad = pc.is_null(when).to_numpy()
    quality.refuse("has no date and time", numbers[bad])
    return when, bad


PROBES = r"(?i)healthmailbox|extest_|amprobe|msexchangemonitoring|activemonitoring"
LOCAL = ("127.0.0.1", "::1")


def is_probe(rows: pa.Table, names: Sequence[str], address: str) -> Mask:
    """Return which rows are of health probes: by names in these columns, or from the machine."""
    found = is_one_of(rows[address], *LOCAL)
    for name in names:
        found |= where(rows[name], lambda values: pc.match_substring_regex(values, PROBES))
    return found


NUMBER = r"^[+-]?\d{1,15}$"
FRACTION = r"^[+-]?(\d{1,15}(\.\d{0,20})?|\.\d{1,20})([eE][+-]?\d{1,3})?$"


def numbers_of(
    column: pa.ChunkedArray, kind: pa.DataType, pattern: str = NUMBER
) -> tuple[pa.ChunkedArray, Mask]:
    """Return text as numbers, null for "-" and "", and which rows are neither.

    A column that was read as numbers stays as it is.
    """
    if column.type == kind:
        return column, np.zeros(len(column), np.bool_)
    column = column.cast(pa.string())
    text = pc.if_else(pc.or_(pc.equal(column, "-"), pc.equal(column, "")), None, column)
    try:
        return pc.cast(text, kind), np.zeros(len(text), np.bool_)
    except pa.ArrowInvalid:
        sound = pc.match_substring_regex(text, pattern)
        wrong = pc.fill_null(pc.invert(sound), False).to_numpy()
        return pc.cast(pc.if_else(sound, text, None), kind), wrong


SPAN = r"^(?P<h>\d{1,3}):(?P<m>\d{1,2}):(?P<s>\d{1,2}(?:\.\d{1,9})?)$"


def spans(text: pa.ChunkedArray) -> npt.NDArray[np.float64]:
    """Return lengths of time in seconds: "00:00:00.0150000", or a number of milliseconds."""
    values, codes = encoded(text)
    found = pc.extract_regex(values, SPAN)
    hours, minutes, seconds = (
        pc.cast(pc.struct_field(found, name), pa.float64()) for name in ("h", "m", "s")
    )
    whole = pc.add(pc.add(pc.multiply(hours, 3600.0), pc.multiply(minutes, 60.0)), seconds)
    rest = pa.chunked_array([pc.if_else(pc.is_null(found), values, None)])
    plain, _ = numbers_of(rest, pa.float64(), r"^\d{1,12}$")
    either = pc.fill_null(pc.coalesce(whole, pc.divide(plain, 1000.0)), math.nan).to_numpy()
    return np.append(np.asarray(either, np.float64), math.nan)[codes]


def instants(text: pa.ChunkedArray, pattern: str) -> pa.ChunkedArray:
    """Return text as timestamps in microseconds, null where it is none.

    `pattern` is a regular expression of those that are; text has a form of ISO 8601, with or
    without a "Z" at its end.
    """
    kind = pa.timestamp("us")
    begins = text[0].as_py() if len(text) else None
    zoned = pa.timestamp("us", "UTC") if begins and begins.endswith("Z") else kind
    try:  # only one kind: a try that fails takes forty times as long
        return pc.cast(pc.cast(text, zoned), kind)
    except pa.ArrowInvalid:
        pass
    text = pc.utf8_rtrim(text, "Z")
    sound = pc.fill_null(pc.match_substring_regex(text, pattern), False)
    text = pc.if_else(sound, text, None)
    try:
        return pc.cast(text, kind)
    except pa.ArrowInvalid:  # the 31st of February: one by one, for few lines are so
        return pa.chunked_array([pa.array([_instant(each.as_py()) for each in text], kind)])


def _instant(text: str | None) -> Any:
    try:
        return None if text is None else np.datetime64(text.replace(" ", "T"), "us").item()
    except (ValueError, OverflowError):
        return None
