"""Recorded link traces, told apart by content; a recording lasts from its first to its last time.

==================================  ==============================================================
a header `time_s,kbps`              the rate from this time on; the last row only ends the trace
six columns                         bytes and ms since the row before (Riiser et al. 2013)
two columns without a header        seconds and Mbit/s until then (Mao, Netravali, Alizadeh 2017)
one number a line                   a packet may pass at this millisecond (Winstein et al. 2013)
==================================  ==============================================================

Columns are set apart by commas, semicolons, tabs or spaces; with semicolons, tabs or spaces a
number may have a decimal comma. `#` begins a remark.
"""

from __future__ import annotations

import codecs
import math
import os
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy import array, diff, float64, isfinite
from numpy.typing import NDArray

from anywhere_sim.scenario.quantities import BYTES_PER_KBIT, MAX_KBPS, MAX_S

MAX_FILE_BYTES = 64_000_000
MAX_LINE_LENGTH = 1_000
MIN_LENGTH_S = 0.01
PACKET_BYTES = 1_500
"""A packet as large as the MTU; the 1,504 that the format speaks of hold a tunnel's four bytes."""
ORIGIN_MS = 1_000.0
HEADER = ("time_s", "kbps")
_DIGITS = frozenset("0123456789\r\n")
MARKS = {
    codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16",
}  # fmt: skip

Points = list[tuple[float, float]]
"""Seconds, and the bytes that have passed by then."""


class LinkTraceError(ValueError):
    """A file that is not a link trace; the text says which line, what is allowed, what to try."""


@dataclass(frozen=True, slots=True, eq=False)
class LinkTrace:
    """Cumulative bytes over time, linear between the points; `times_s` begins at 0."""

    name: str
    times_s: NDArray[float64]
    cumulative_bytes: NDArray[float64]

    @property
    def duration_s(self) -> float:
        """The length of the recording in seconds."""
        return float(self.times_s[-1])

    @property
    def mean_kbps(self) -> float:
        """The mean rate in kbit/s."""
        return float(self.cumulative_bytes[-1]) / self.duration_s / BYTES_PER_KBIT

    @property
    def min_kbps(self) -> float:
        """The lowest rate in kbit/s."""
        return float(self._kbps().min())

    @property
    def max_kbps(self) -> float:
        """The highest rate in kbit/s."""
        return float(self._kbps().max())

    def share_below(self, kbps: float) -> float:
        """Return the share of the recording's time in which the rate is below `kbps`."""
        return float(diff(self.times_s)[self._kbps() < kbps].sum()) / self.duration_s

    def _kbps(self) -> NDArray[float64]:
        return diff(self.cumulative_bytes) / diff(self.times_s) / BYTES_PER_KBIT


def read(path: str | Path) -> LinkTrace:
    """Return the trace in a file of one of the four formats.

    Raises LinkTraceError for anything else: a file that is no text or has more than 64 MB, rows
    that are not numbers or negative, time that does not rise, a recording of less than 10 ms or
    more than a year, without a byte, or faster than 100 Gbit/s.
    """
    source = Path(path)
    text = _text(source)
    packets_ms = _whole_milliseconds(text)
    if packets_ms is not None:
        return _trace(source, _opportunities(packets_ms))
    lines = _lines(source, text)
    number, first = lines[0]
    words = _words(first)
    if tuple(word.lower() for word in words) == HEADER:
        points = _csv(source, lines[1:])
    elif len(words) == 6:
        points = _six_columns(source, lines)
    elif len(words) == 2 and _is_number(words[0]):
        points = _two_columns(source, lines)
    elif len(words) == 1 and _is_number(first):
        points = _opportunities(_milliseconds(source, lines))
    else:
        raise LinkTraceError(
            f"{source.name}, line {number}: {first[:40]!r} is not a link trace; allowed are the "
            "header 'time_s,kbps', six columns, two columns (s, Mbit/s), or one number (ms) a line"
        )
    return _trace(source, points)


def _whole_milliseconds(text: str) -> NDArray[float64] | None:
    """Return the times of a text of whole numbers that rise, one a line; None for any other.

    As a whole: the lines of the largest file, each by itself, would take gigabytes.
    """
    if not _DIGITS.issuperset(text):
        return None
    times_ms = array(text.split(), float64)
    rises = isfinite(times_ms).all() and (diff(times_ms) >= 0.0).all()
    return times_ms if len(times_ms) and rises else None


def _lines(source: Path, text: str) -> list[tuple[int, str]]:
    """Return the lines of data with their numbers; remarks and empty lines are left out."""
    lines = [
        (number, line.partition("#")[0].strip())
        for number, line in enumerate(text.splitlines(), start=1)
    ]
    lines = [(number, line) for number, line in lines if line]
    if not lines:
        raise LinkTraceError(
            f"{source.name} has no line of data; see data/linktraces for an example"
        )
    for number, line in lines:
        if len(line) > MAX_LINE_LENGTH:
            raise LinkTraceError(
                f"{source.name}, line {number} has {len(line)} characters; "
                f"at most {MAX_LINE_LENGTH} are read"
            )
    return lines


def _text(source: Path) -> str:
    """Return the text of a file; remarks may be in any encoding that keeps digits as they are."""
    if not os.path.isfile(source):
        raise LinkTraceError(f"there is no file {source.name}; give the path of a link trace")
    size = source.stat().st_size
    if size > MAX_FILE_BYTES:
        raise LinkTraceError(
            f"{source.name} has {size:,} bytes; "
            f"at most {MAX_FILE_BYTES:,} are read: cut it into parts"
        )
    content = source.read_bytes()
    encoding = next((name for mark, name in MARKS.items() if content.startswith(mark)), "latin-1")
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        raise LinkTraceError(
            f"{source.name} is no text in {encoding} (byte {error.start}); save it as UTF-8"
        ) from error
    if "\0" in text:
        raise LinkTraceError(f"{source.name} is no text; give a link trace in text form")
    return text


def _words(line: str) -> list[str]:
    """Return the columns of a line, with points as decimal marks."""
    for mark in (";", "\t"):
        if mark in line:
            return [word.strip().replace(",", ".") for word in line.split(mark)]
    if len(line.split()) > 1 and ", " not in line:
        return line.replace(",", ".").split()
    return [word.strip() for word in line.split(",")]


def _is_number(word: str) -> bool:
    try:
        return math.isfinite(float(word))
    except ValueError:
        return False


def _numbers(
    source: Path, row: tuple[int, str], wanted: int, lines: list[tuple[int, str]]
) -> list[float]:
    """Return the numbers of one of the lines; raise LinkTraceError if they are not `wanted` ones.

    A text that was cut off ends within a line: where the last one is wrong, that is asked.
    """
    number, line = row
    words = _words(line)
    values = [float(word) for word in words] if all(map(_is_number, words)) else []
    if len(values) != wanted or min(values[-2:]) < 0:
        columns = "number" if wanted == 1 else "numbers"
        cut = " (a cut last line?)" if row == lines[-1] else ""
        raise LinkTraceError(
            f"{source.name}, line {number}: {line[:60]!r}; "
            f"{wanted} {columns}, none negative, are needed{cut}"
        )
    return values


def _csv(source: Path, lines: list[tuple[int, str]]) -> Points:
    """Rows say the rate from their time on; the last row only ends the trace."""
    rows = [_numbers(source, (number, line), 2, lines) for number, line in lines]
    total, points = 0.0, [(time_s, 0.0) for time_s, _ in rows[:1]]
    for (begin_s, kbps), (end_s, _) in pairwise(rows):
        total += (end_s - begin_s) * kbps * BYTES_PER_KBIT
        points.append((end_s, total))
    return points


def _two_columns(source: Path, lines: list[tuple[int, str]]) -> Points:
    """Rows say the rate until their time; the first only begins the trace."""
    rows = [_numbers(source, (number, line), 2, lines) for number, line in lines]
    total, points = 0.0, [(time_s, 0.0) for time_s, _ in rows[:1]]
    for (begin_s, _), (end_s, mbps) in pairwise(rows):
        total += (end_s - begin_s) * mbps * 1000.0 * BYTES_PER_KBIT
        points.append((end_s, total))
    return points


def _six_columns(source: Path, lines: list[tuple[int, str]]) -> Points:
    """Bytes since the row before, over the milliseconds since the row before."""
    time_s, total, points = 0.0, 0.0, [(0.0, 0.0)]
    for number, line in lines:
        *_, amount, passed_ms = _numbers(source, (number, line), 6, lines)
        if passed_ms <= 0:
            raise LinkTraceError(
                f"{source.name}, line {number}: {passed_ms:g} ms since the row before; "
                "time has to rise"
            )
        time_s += passed_ms / 1000.0
        total += amount
        points.append((time_s, total))
    return points


def _milliseconds(source: Path, lines: list[tuple[int, str]]) -> NDArray[float64]:
    """Return the times in the lines. Raises LinkTraceError for one that does not rise."""
    rows = [(number, _numbers(source, (number, line), 1, lines)[0]) for number, line in lines]
    for (_, before), (number, after) in pairwise(rows):
        if after < before:
            raise LinkTraceError(
                f"{source.name}, line {number}: {after:.0f} ms after {before:.0f} ms; time has to "
                "rise"
            )
    return array([time_ms for _, time_ms in rows], float64)


def _opportunities(times_ms: NDArray[float64]) -> Points:
    """A packet passes at each of these milliseconds; they are counted per second, and the last time
    is the period.

    The recording begins at 0; but with its first packet, which then marks the beginning only, when
    that comes later than after the longest gap: such times are those of a clock.
    """
    if len(times_ms) > 1 and times_ms[0] > max(ORIGIN_MS, diff(times_ms).max()):
        times_ms = (times_ms - times_ms[0])[1:]
    last_s = float(times_ms[-1]) / 1000.0
    seconds = np.minimum(times_ms // 1000.0, max(0.0, np.ceil(last_s) - 1.0))
    bins, counts = np.unique(seconds, return_counts=True)
    totals = counts.cumsum() * float(PACKET_BYTES)
    points, total = {0.0: 0.0}, 0.0
    for begin_s, until in zip(bins.tolist(), totals.tolist(), strict=True):
        points |= {begin_s: total, min(begin_s + 1.0, last_s): until}
        total = until
    return sorted((points | {last_s: total}).items())


def _trace(source: Path, points: Points) -> LinkTrace:
    times = array([point[0] for point in points], float64)
    amounts = array([point[1] for point in points], float64)
    if len(points) < 2 or (diff(times) <= 0).any():
        raise LinkTraceError(
            f"{source.name}: time does not rise from row to row, or there is one row only; sort "
            "the rows and remove repeated times"
        )
    trace = LinkTrace(source.name, times - times[0], amounts)
    if amounts[-1] <= 0:
        raise LinkTraceError(
            f"{source.name} is zero throughout: nothing would ever pass; give a trace with some "
            "bytes in it"
        )
    if not MIN_LENGTH_S <= trace.duration_s <= MAX_S:
        raise LinkTraceError(
            f"{source.name} lasts {trace.duration_s:g} s; allowed are 10 ms to a year: are its "
            "times in another unit?"
        )
    if trace.max_kbps > MAX_KBPS:
        raise LinkTraceError(
            f"{source.name} has {trace.max_kbps:,.0f} kbit/s; at most {MAX_KBPS:,.0f} are read: "
            "are its numbers in another unit?"
        )
    return trace
