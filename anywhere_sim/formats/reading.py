"""Files of logs as parts that a CSV reader can take: whole lines under one list of fields.

Bad lines (too long, with NUL, of another number of fields) are left out and counted, text in other
encodings is read, compressed files are unpacked up to a bound. Never more than some blocks are in
memory.
"""

from __future__ import annotations

import bz2
import codecs
import gzip
import lzma
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from anywhere_sim.formats.quality import FileQuality, FormatError

BLOCK_BYTES = 8 * 2**20
LONGEST_LINE_BYTES = 256 * 2**10
HEAD_BYTES = 64 * 2**10
MOST_EXPANDED = 200
"""A log shrinks to a tenth or a thirtieth; what is packed tighter than this is no log."""
SMALLEST_CHECKED_BYTES = 64 * 2**20
MOST_FIELD_LISTS = 1000
NEW_LINE, RETURN, QUOTE, HASH, NUL = 10, 13, 34, 35, 0

_PACKED = {
    b"\x1f\x8b": gzip.open, b"BZh": bz2.open, b"\xfd7zXZ\x00": lzma.open,
}  # fmt: skip
_OTHER_PACKED = {b"PK\x03\x04": "zip", b"\x28\xb5\x2f\xfd": "zstd", b"7z\xbc\xaf": "7z"}

Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Part:
    """Some data lines of a file, all under one list of fields."""

    fields: tuple[str, ...]
    data: bytes
    numbers: Numbers
    """The number of each line in the file, from 1."""
    longest_bytes: int = LONGEST_LINE_BYTES


@dataclass(frozen=True, slots=True)
class Head:
    """The beginning of a file as text, without what can't be decoded."""

    text: str

    @property
    def lines(self) -> list[str]:
        """Return its lines."""
        return self.text.splitlines()


@contextmanager
def _opened(path: Path) -> Iterator[IO[bytes]]:
    """Yield a file, unpacked. Raises FormatError for an archive that is not unpacked here."""
    with path.open("rb") as plain:
        first = plain.read(8)
    for magic, kind in _OTHER_PACKED.items():
        if first.startswith(magic):
            raise FormatError(f"{path} is a {kind} archive; unpack it, or pack it with gzip")
    opener: Any = next((each for magic, each in _PACKED.items() if first.startswith(magic)), open)
    with opener(path, "rb") as file:
        yield file


def _blocks(path: Path, quality: FileQuality) -> Iterator[bytes]:
    """Yield the bytes of a file as UTF-8 or as they are, block after block."""
    size, got = path.stat().st_size, 0
    decoder: codecs.IncrementalDecoder | None = None
    try:
        with _opened(path) as file:
            while block := file.read(BLOCK_BYTES):
                begins = not got
                got += len(block)
                if got > max(SMALLEST_CHECKED_BYTES, MOST_EXPANDED * size):
                    quality.note(
                        f"unpacks to more than {MOST_EXPANDED} times its size: no log is packed so "
                        "tightly, and the rest was not read"
                    )
                    return
                if begins:
                    decoder, block = _decoder(block, quality)
                yield block if decoder is None else decoder.decode(block).encode()
    except (EOFError, zlib.error, lzma.LZMAError, gzip.BadGzipFile, OSError) as error:
        if isinstance(error, OSError) and not got and not isinstance(error, gzip.BadGzipFile):
            raise FormatError(f"{path} can't be read ({error})") from error
        quality.note(f"packed data end early or are damaged ({error}); what came before was read")


def _decoder(block: bytes, quality: FileQuality) -> tuple[codecs.IncrementalDecoder | None, bytes]:
    for mark, name in ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be")):
        if block.startswith(mark):
            quality.note("is in UTF-16")
            return codecs.getincrementaldecoder(name)("replace"), block[len(mark) :]
    return None, block.removeprefix(codecs.BOM_UTF8)


def head(path: Path) -> Head:
    """Return the beginning of a file. Raises FormatError when it can't be read."""
    quality = FileQuality(str(path), "")
    try:
        first = next(_blocks(path, quality), b"")[:HEAD_BYTES]
    except OSError as error:
        raise FormatError(f"{path} can't be read ({error}); give files of logs") from error
    return Head(first.decode("utf-8", "replace").replace("\x00", ""))


def first_line(path: Path, longest: int) -> str:
    """Return the first line of a file as text, up to a length."""
    found = b""
    for block in _blocks(path, FileQuality(str(path), "")):
        found += block
        if b"\n" in block or len(found) > longest:
            break
    return found.partition(b"\n")[0][:longest].decode("utf-8", "replace").rstrip("\r")


def parts(
    path: Path, quality: FileQuality, separator: str, fields: Sequence[str] = (), skip: int = 0,
    longest: int = LONGEST_LINE_BYTES,
) -> Iterator[Part]:  # fmt: skip
    """Yield the data lines of a file, block by block, each under the fields that hold for it.

    Lines that begin with "#" are directives, and "#Fields:" names fields, separated by blanks or
    by `separator`. `fields` hold until one comes. The first `skip` lines are left out. Lines of
    more than `longest` bytes are refused.
    """
    under, base, lists = tuple(fields), 0, 0
    for block in _whole_lines(path, quality, longest):
        octets = np.frombuffer(block, np.uint8)
        ends = np.flatnonzero(octets == NEW_LINE)
        starts = np.concatenate([[0], ends[:-1] + 1])
        numbers = base + 1 + np.arange(len(ends))
        base += len(ends)
        quality.lines = base
        keep = _sound(octets, starts, ends, numbers, quality, longest) & (numbers > skip)
        directive = keep & (octets[np.minimum(starts, len(octets) - 1)] == HASH)
        keep &= ~directive & (ends - starts > (octets[np.maximum(ends - 1, 0)] == 13))
        begin = 0
        for index in np.flatnonzero(directive):
            named = _fields(block[starts[index] : ends[index]], separator)
            if not named or named == under:
                continue
            yield from _part(octets, starts, ends, numbers, keep, under, (begin, int(index)))
            under, begin, lists = named, int(index), lists + 1
            if lists > 1:
                quality.note(f"has another #Fields line at line {numbers[index]:,}")
            if lists > MOST_FIELD_LISTS:
                quality.note(f"has over {MOST_FIELD_LISTS} different #Fields lines; the rest was "
                             "not read")  # fmt: skip
                return
        yield from _part(octets, starts, ends, numbers, keep, under, (begin, len(ends)))


def _whole_lines(path: Path, quality: FileQuality, longest: int) -> Iterator[bytes]:
    """Yield blocks that end with a line; a line beyond the longest is cut to its begin."""
    rest = b""
    for block in _blocks(path, quality):
        cut = block.rfind(b"\n") + 1
        if cut:
            yield rest + block[:cut]
            rest = block[cut:]
        elif len(rest) <= longest:
            rest += block
        if len(rest) > 2 * longest:
            rest = rest[: 2 * longest]  # it is refused as too long
    if rest:
        quality.note("ends in the middle of a line")
        yield rest + b"\n"


def _sound(
    octets: npt.NDArray[np.uint8], starts: Numbers, ends: Numbers, numbers: Numbers,
    quality: FileQuality, longest: int,
) -> npt.NDArray[np.bool_]:  # fmt: skip
    """Return which lines a reader may see."""
    keep = ends - starts <= longest
    quality.refuse(f"longer than {longest // 1024} kB", numbers[~keep])
    zeros = np.flatnonzero(octets == NUL)
    if len(zeros):
        holds = np.zeros(len(ends), np.bool_)
        holds[np.searchsorted(ends, zeros)] = True
        quality.refuse("holds NUL bytes", numbers[holds & keep])
        keep &= ~holds
    returns = np.flatnonzero(octets == RETURN)
    lone = returns[octets[np.minimum(returns + 1, len(octets) - 1)] != NEW_LINE]
    if len(lone):
        holds = np.zeros(len(ends), np.bool_)
        holds[np.searchsorted(ends, lone)] = True
        quality.refuse("holds a carriage return", numbers[holds & keep])
        keep &= ~holds
    return keep


def _fields(line: bytes, separator: str) -> tuple[str, ...]:
    """Return what a directive names as fields; nothing if it is another directive."""
    text = line.decode("utf-8", "replace").strip()
    if not text.lower().startswith("#fields:"):
        return ()
    named = text[len("#fields:") :].strip()
    return tuple(named.split() if separator in " \t" else map(str.strip, named.split(separator)))


def _part(
    octets: npt.NDArray[np.uint8], starts: Numbers, ends: Numbers, numbers: Numbers,
    keep: npt.NDArray[np.bool_], fields: tuple[str, ...], span: tuple[int, int],
) -> Iterator[Part]:  # fmt: skip
    chosen = slice(*span)
    kept = keep[chosen]
    if not kept.any():
        return
    own = octets[starts[span[0]] : ends[span[1] - 1] + 1]
    if not kept.all():
        own = own[np.repeat(kept, ends[chosen] - starts[chosen] + 1)]
    longest = int((ends[chosen] - starts[chosen])[kept].max())
    yield Part(fields, _utf8(own.tobytes()), numbers[chosen][kept], 2 * longest)


def _utf8(data: bytes) -> bytes:
    """Return lines as UTF-8; those that are not are taken for Windows-1252."""
    if data.isascii():
        return data
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return b"".join(_line_utf8(line) for line in data.splitlines(keepends=True))
    return data


def _line_utf8(line: bytes) -> bytes:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return line.decode("cp1252", "replace").encode()
    return line


def table(
    part: Part, wanted: Sequence[str], separator: str, quality: FileQuality, quoted: bool = False
) -> tuple[pa.Table, Numbers]:
    """Return the wanted columns of a part as text, null for those that it lacks, and line numbers.

    Lines with another number of fields are refused.
    """
    if quoted:
        part = _closed(part, quality)
    if not part.data:
        empty = pa.table({name: pa.array([], pa.string()) for name in wanted})
        return empty, part.numbers
    names = _unique(part.fields)
    there = [name for name in wanted if name in names]
    bad: list[int | None] = []

    def refuse(row: Any) -> str:
        bad.append(row.number)
        return "skip"

    def read(threads: bool) -> pa.Table:
        return csv.read_csv(
            pa.BufferReader(part.data),
            read_options=csv.ReadOptions(
                column_names=names, use_threads=threads,
                block_size=max(2 * LONGEST_LINE_BYTES, part.longest_bytes + 2),
            ),
            parse_options=csv.ParseOptions(
                delimiter=separator, quote_char='"' if quoted else False,
                invalid_row_handler=refuse,
            ),
            convert_options=csv.ConvertOptions(
                column_types={name: pa.string() for name in there},
                include_columns=there or names[:1], strings_can_be_null=False,
                quoted_strings_can_be_null=False, check_utf8=False,
            ),
        )  # fmt: skip

    found, numbers = read(threads=True), part.numbers
    if bad:
        bad.clear()
        found = read(threads=False)  # only this way a refused row says its number
        rows = np.array([number - 1 for number in bad if number is not None], np.int64)
        quality.refuse("has another number of fields", numbers[rows])
        numbers = np.delete(numbers, rows)
    if len(numbers) != found.num_rows:  # a quote took several lines together
        quality.refuse("a quote is not closed near here", numbers[:1])
        numbers = np.resize(numbers[:1], found.num_rows)
    columns = [
        found[name] if name in there else pa.nulls(found.num_rows, pa.string()) for name in wanted
    ]
    return pa.table(columns, names=list(wanted)), numbers


def _closed(part: Part, quality: FileQuality) -> Part:
    """Return a part without the lines that have a quote which is not closed."""
    octets = np.frombuffer(part.data, np.uint8)
    quotes = np.flatnonzero(octets == QUOTE)
    if not len(quotes):
        return part
    ends = np.flatnonzero(octets == NEW_LINE)
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


def complete(found: Iterator[Part], needed: Sequence[str], quality: FileQuality) -> Iterator[Part]:
    """Yield the parts whose fields are all that is needed; the lines of others are refused."""
    for part in found:
        missing = [name for name in needed if name not in part.fields]
        if missing:
            quality.refuse(f"its fields lack {', '.join(missing)}", part.numbers)
        else:
            yield part


W3C_TIME = r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{1,6})?$"


def w3c_instants(
    rows: pa.Table, numbers: Numbers, quality: FileQuality
) -> tuple[pa.ChunkedArray, npt.NDArray[np.bool_]]:
    """Return the instants of a W3C log's date and time, and which rows have none: refused."""
    when = instants(pc.binary_join_element_wise(rows["date"], rows["time"], " "), W3C_TIME)
    bad = pc.is_null(when).to_numpy()
    quality.refuse("has no date and time", numbers[bad])
    return when, bad


PROBES = r"(?i)healthmailbox|extest_|amprobe|msexchangemonitoring|activemonitoring"
LOCAL = ("127.0.0.1", "::1")


def is_probe(rows: pa.Table, names: Sequence[str], address: str) -> npt.NDArray[np.bool_]:
    """Return which rows are of health probes: by names in these columns, or from the machine."""
    found = pc.fill_null(pc.is_in(rows[address], pa.array(LOCAL)), False).to_numpy().copy()
    for name in names:
        column = rows[name].combine_chunks().dictionary_encode()
        probes = pc.match_substring_regex(column.dictionary, PROBES)
        if pc.any(probes).as_py():
            found |= pc.fill_null(probes.take(column.indices), False).to_numpy(zero_copy_only=False)
    return np.asarray(found)


NUMBER = r"^[+-]?\d{1,15}$"
FRACTION = r"^[+-]?(\d{1,15}(\.\d{0,20})?|\.\d{1,20})([eE][+-]?\d{1,3})?$"


def numbers_of(
    column: pa.ChunkedArray, kind: pa.DataType, pattern: str = NUMBER
) -> tuple[pa.ChunkedArray, pa.ChunkedArray]:
    """Return text as numbers, null for "-" and "", and which rows are neither."""
    text = pc.if_else(pc.or_(pc.equal(column, "-"), pc.equal(column, "")), None, column)
    try:
        return pc.cast(text, kind), pa.chunked_array([np.zeros(len(text), np.bool_)])
    except pa.ArrowInvalid:
        sound = pc.match_substring_regex(text, pattern)
        return pc.cast(pc.if_else(sound, text, None), kind), pc.fill_null(pc.invert(sound), False)


def instants(text: pa.ChunkedArray, pattern: str) -> pa.ChunkedArray:
    """Return text as timestamps in microseconds, null where it is none.

    `pattern` is a regular expression of those that are; text has a form of ISO 8601.
    """
    kind = pa.timestamp("us")
    try:
        return pc.cast(text, kind)
    except pa.ArrowInvalid:
        sound = pc.fill_null(pc.match_substring_regex(text, pattern), False)
        text = pc.if_else(sound, text, None)
    try:
        return pc.cast(text, kind)
    except pa.ArrowInvalid:  # the 31st of February: one by one, for few lines are so
        return pa.chunked_array([pa.array([_instant(each.as_py()) for each in text], kind)])


def _instant(text: str | None) -> Any:
    try:
        return (
            None if text is None else np.datetime64(text.rstrip("Z").replace(" ", "T"), "us").item()
        )
    except (ValueError, OverflowError):
        return None
