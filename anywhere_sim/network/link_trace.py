"""Recorded link traces: our own CSV, six-column mobile logs, packet opportunities; told apart by
content.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from math import isfinite
from pathlib import Path

from numpy import add, array, diff, float64
from numpy.typing import NDArray

from anywhere_sim.scenario.quantities import BYTES_PER_KBIT

MAX_FILE_BYTES = 64_000_000
MAX_LINE_LENGTH = 1_000
PACKET_BYTES = 1_500


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

    def share_below(self, kbps: float) -> float:
        """Return the share of the recording's time in which the rate is below `kbps`."""
        lengths_s = diff(self.times_s)
        rates = diff(self.cumulative_bytes) / lengths_s / BYTES_PER_KBIT
        return float(lengths_s[rates < kbps].sum()) / self.duration_s


def read(path: str | Path) -> LinkTrace:
    """Return the trace in a file.

    Three formats are read: CSV `time_s,kbps` (piecewise constant), six columns (Riiser et al.
    2013), or one line per 1,500-byte packet in ms (Winstein et al. 2013), the last in bins of a
    second.

    Raises LinkTraceError for anything else.
    """
    source = Path(path)
    lines = _lines(source)
    first = lines[0][1]
    if "," in first:
        points = _csv(source, lines)
    elif len(first.split()) == 6:
        points = _six_columns(source, lines)
    elif len(first.split()) == 1:
        points = _opportunities(source, lines)
    else:
        raise LinkTraceError(
            f"{source.name}, line {lines[0][0]}: {first[:40]!r} is not a link trace; "
            "allowed are 'time_s,kbps', six columns, or one number a line"
        )
    return _trace(source, points)


def _lines(source: Path) -> list[tuple[int, str]]:
    """Return the lines of data with their numbers; comments and empty ones are left out."""
    if not source.is_file():
        raise LinkTraceError(f"there is no file {source.name}; give the path of a link trace")
    if source.stat().st_size > MAX_FILE_BYTES:
        raise LinkTraceError(
            f"{source.name} has {source.stat().st_size:,} bytes; "
            f"at most {MAX_FILE_BYTES:,} are read: cut it into parts"
        )
    try:
        text = source.read_text(encoding="ascii")
    except UnicodeDecodeError as error:
        raise LinkTraceError(
            f"{source.name} is no text (byte {error.start}); give a link trace in text form"
        ) from error
    lines = [
        (number, line.strip())
        for number, line in enumerate(text.splitlines(), start=1)
        if line.strip() and not line.startswith("#")
    ]
    if len(lines) < 2:
        raise LinkTraceError(
            f"{source.name} has {len(lines)} lines of data; a link trace needs at least two"
        )
    for number, line in lines:
        if len(line) > MAX_LINE_LENGTH:
            raise LinkTraceError(
                f"{source.name}, line {number} has {len(line)} characters; "
                f"at most {MAX_LINE_LENGTH} are read"
            )
    return lines


def _numbers(source: Path, number: int, words: list[str], wanted: int) -> list[float]:
    """Return the numbers of a line; raise LinkTraceError if they are not `wanted` ones."""
    try:
        values = [float(word) for word in words]
    except ValueError:
        values = []
    if (
        len(values) != wanted
        or not all(isfinite(value) for value in values)
        or min(values[-2:]) < 0
    ):
        raise LinkTraceError(
            f"{source.name}, line {number}: {' '.join(words)[:60]!r}; "
            f"{wanted} numbers, none negative, are needed (a cut last line?)"
        )
    return values


def _csv(source: Path, lines: list[tuple[int, str]]) -> list[tuple[float, float]]:
    """Rows say the rate from their time on; the last row only ends the trace."""
    if lines[0][1].replace(" ", "") != "time_s,kbps":
        raise LinkTraceError(
            f"{source.name}, line {lines[0][0]}: header {lines[0][1]!r}; 'time_s,kbps' is needed"
        )
    rows = [_numbers(source, number, line.split(","), 2) for number, line in lines[1:]]
    total, points = 0.0, [(rows[0][0], 0.0)]
    for (begin_s, kbps), (end_s, _) in pairwise(rows):
        total += (end_s - begin_s) * kbps * BYTES_PER_KBIT
        points.append((end_s, total))
    return points


def _six_columns(source: Path, lines: list[tuple[int, str]]) -> list[tuple[float, float]]:
    """Bytes since the row before, over the milliseconds since the row before."""
    time_s, total, points = 0.0, 0.0, [(0.0, 0.0)]
    for number, line in lines:
        *_, amount, passed_ms = _numbers(source, number, line.split(), 6)
        if passed_ms <= 0:
            raise LinkTraceError(
                f"{source.name}, line {number}: {passed_ms:g} ms since the row before; "
                "time has to rise"
            )
        time_s += passed_ms / 1000.0
        total += amount
        points.append((time_s, total))
    return points


def _opportunities(source: Path, lines: list[tuple[int, str]]) -> list[tuple[float, float]]:
    """One packet of 1,500 bytes per line at that millisecond, counted per second."""
    times_ms = [_numbers(source, number, line.split(), 1)[0] for number, line in lines]
    for (number, _), (before, after) in zip(lines[1:], pairwise(times_ms), strict=True):
        if after < before:
            raise LinkTraceError(
                f"{source.name}, line {number}: {after:g} ms after {before:g} ms; time has to rise"
            )
    bins = [0.0] * (int(times_ms[-1] // 1000) + 1)
    for time_ms in times_ms:
        bins[int(time_ms // 1000)] += PACKET_BYTES
    return [
        (0.0, 0.0),
        *zip(
            range(1, len(bins) + 1), (float(total) for total in add.accumulate(bins)), strict=True
        ),
    ]


def _trace(source: Path, points: list[tuple[float, float]]) -> LinkTrace:
    times, amounts = (
        array([point[0] for point in points], float64),
        array([point[1] for point in points], float64),
    )
    if len(points) < 2 or (diff(times) <= 0).any():
        raise LinkTraceError(
            f"{source.name}: time does not rise from row to row; sort the rows and remove "
            "repeated times"
        )
    if amounts[-1] <= 0:
        raise LinkTraceError(
            f"{source.name} is zero throughout: nothing would ever pass; give a trace with some "
            "bytes in it"
        )
    return LinkTrace(source.name, times - times[0], amounts)
