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
    longest_bytes: int


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
        before_end = octets[np.maximum(ends - 1, 0)] == RETURN
        keep = _sound(block, starts, ends, numbers, int(before_end.sum()), quality, longest)
        keep &= numbers > skip
        directive = keep & (octets[starts] == HASH)
        keep &= ~directive & (ends - starts > before_end)
        begin = 0
        for index in np.flatnonzero(directive):
            named = _fields(block[starts[index] : ends[index]], separator)
            if not named or named == under:
                continue
            yield from _part(block, starts, ends, numbers, keep, under, (begin, int(index)))
            under, begin, lists = named, int(index), lists + 1
            if lists > 1:
                quality.note(f"has another #Fields line at line {numbers[index]:,}")
            if lists > MOST_FIELD_LISTS:
                quality.note(f"has over {MOST_FIELD_LISTS} different #Fields lines; the rest was "
                             "not read")  # fmt: skip
                return
        yield from _part(block, starts, ends, numbers, keep, under, (begin, len(ends)))


def _whole_lines(path: Path, quality: FileQuality, longest: int) -> Iterator[bytes]:
    """Yield blocks that end with a line; a line beyond the longest is cut to its begin."""
    rest = b""
    for block in _blocks(path, quality):
        cut = block.rfind(b"\n") + 1
        if cut:
            yield b"".join((rest, memoryview(block)[:cut]))
            rest = block[cut:]
        elif len(rest) <= longest:
            rest += block
        if len(rest) > 2 * longest:
            rest = rest[: 2 * longest]  # it is refused as too long
    if rest:
        quality.note("ends in the middle of a line")
        yield rest + b"\n"


def _sound(
    block: bytes, starts: Numbers, ends: Numbers, numbers: Numbers, returns: int,
    quality: FileQuality, longest: int,
) -> npt.NDArray[np.bool_]:  # fmt: skip
    """Return which lines a reader may see; `returns` of them end with a carriage return."""
    keep = ends - starts <= longest
    quality.refuse(f"longer than {longest // 1024} kB", numbers[~keep])
    octets = np.frombuffer(block, np.uint8)
    if b"\0" in block:
        holds = _holding(np.flatnonzero(octets == NUL), ends)
        quality.refuse("holds NUL bytes", numbers[holds & keep])
        keep &= ~holds
    if np.count_nonzero(octets == RETURN) > returns:
        found = np.flatnonzero(octets == RETURN)
        lone = found[octets[np.minimum(found + 1, len(octets) - 1)] != NEW_LINE]
        holds = _holding(lone, ends)
        quality.refuse("holds a carriage return", numbers[holds & keep])
        keep &= ~holds
    return keep


def _holding(places: Numbers, ends: Numbers) -> npt.NDArray[np.bool_]:
    """Return which lines have one of some places in them."""
    holds = np.zeros(len(ends), np.bool_)
    holds[np.searchsorted(ends, places)] = True
    return holds


def _fields(line: bytes, separator: str) -> tuple[str, ...]:
    """Return what a directive names as fields; nothing if it is another directive."""
    text = line.decode("utf-8", "replace").strip()
    if not text.lower().startswith("#fields:"):
        return ()
    named = text[len("#fields:") :].strip()
    return tuple(named.split() if separator in " \t" else map(str.strip, named.split(separator)))


def _part(
    block: bytes, starts: Numbers, ends: Numbers, numbers: Numbers,
    keep: npt.NDArray[np.bool_], fields: tuple[str, ...], span: tuple[int, int],
) -> Iterator[Part]:  # fmt: skip
    chosen = slice(*span)
    kept = keep[chosen]
    if not kept.any():
        return
    own = np.frombuffer(block, np.uint8)[starts[span[0]] : ends[span[1] - 1] + 1]
    if not kept.all():
        own = own[np.repeat(kept, ends[chosen] - starts[chosen] + 1)]
    longest = int((ends[chosen] - starts[chosen])[kept].max())
    data = block if len(own) == len(block) else own.tobytes()
    yield Part(fields, _utf8(data), numbers[chosen][kept], 2 * longest)


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


def complete(found: Iterator[Part], needed: Sequence[str], quality: FileQuality) -> Iterator[Part]:
    """Yield the parts whose fields are all that is needed; the lines of others are refused."""
    for part in found:
        missing = [name for name in needed if name not in part.fields]
        if missing:
            quality.refuse(f"its fields lack {', '.join(missing)}", part.numbers)
        else:
            yield part
