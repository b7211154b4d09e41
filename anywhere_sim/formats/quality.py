"""What an import says of itself: lines read, used, set apart and refused, clock jumps, gaps."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from anywhere_sim.traces import RunError

SHOWN_LINES = 5
"""Line numbers that are kept per reason for which lines were refused."""
SHOWN_PLACES = 20
"""Clock jumps and gaps that are kept per file."""
BACKWARDS_S = 60.0
"""A line that is earlier than the one before by more than this is a jump of the clock."""
GAP_S = 900.0
"""No line for longer than this is a gap."""


class FormatError(RunError):
    """A file that can't be read as any known format; the text says what to try."""


@dataclass(slots=True)
class Refused:
    """Lines that were refused for one reason: how many, and the numbers of the first of them."""

    lines: int = 0
    first: list[int] = field(default_factory=list)


@dataclass(slots=True)
class FileQuality:
    """What was seen in one file."""

    file: str
    format: str
    lines: int = 0
    used: int = 0
    apart: dict[str, int] = field(default_factory=dict)
    """Lines that are sound but belong to no table, by what they are (health probes ...)."""
    refused: dict[str, Refused] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    jumps: list[str] = field(default_factory=list)
    jumps_total: int = 0
    gaps: list[str] = field(default_factory=list)
    gaps_total: int = 0
    first_s: float | None = None
    last_s: float | None = None
    _previous_s: float | None = None

    def refuse(self, reason: str, numbers: npt.NDArray[np.int64]) -> None:
        """Count lines that are refused for a reason, by their numbers."""
        if not len(numbers):
            return
        found = self.refused.setdefault(reason, Refused())
        found.lines += len(numbers)
        found.first += [int(each) for each in numbers[: SHOWN_LINES - len(found.first)]]

    def set_apart(self, what: str, lines: int) -> None:
        """Count lines that are sound and belong to no table."""
        if lines:
            self.apart[what] = self.apart.get(what, 0) + lines

    def note(self, text: str) -> None:
        """Keep a remark about the file, once."""
        if text not in self.notes and len(self.notes) < SHOWN_PLACES:
            self.notes.append(text)

    def clock(self, times_s: npt.NDArray[np.float64], numbers: npt.NDArray[np.int64]) -> None:
        """Look for jumps and gaps between lines; both arrays are in the order of the file."""
        if not len(times_s):
            return
        first = times_s[0] if self._previous_s is None else self._previous_s
        steps = np.diff(times_s, prepend=first)
        for index in np.flatnonzero((steps < -BACKWARDS_S) | (steps > GAP_S)):
            back = bool(steps[index] < 0.0)
            text = f"{abs(steps[index]):,.0f} s before line {numbers[index]:,}"
            kept = self.jumps if back else self.gaps
            if len(kept) < SHOWN_PLACES:
                kept.append(text)
            self.jumps_total += back
            self.gaps_total += not back
        low, high = float(times_s.min()), float(times_s.max())
        self.first_s = low if self.first_s is None else min(self.first_s, low)
        self.last_s = high if self.last_s is None else max(self.last_s, high)
        self._previous_s = float(times_s[-1])

    def record(self) -> dict[str, Any]:
        """Return all of it as plain values, for a file."""
        return {name: value for name, value in asdict(self).items() if name[0] != "_"}

    def said(self) -> Iterator[str]:
        """Yield the sentences about the file."""
        apart = sum(self.apart.values())
        lost = sum(each.lines for each in self.refused.values())
        yield (
            f"{self.file}: {self.format}; {self.lines:,} lines, {self.used:,} used, "
            f"{apart:,} set apart, {lost:,} refused"
        )
        for what, lines in self.apart.items():
            yield f"  set apart: {lines:,} {what}"
        for reason, found in self.refused.items():
            where = ", ".join(f"{number:,}" for number in found.first)
            more = " ..." if found.lines > len(found.first) else ""
            yield f"  refused: {found.lines:,} ({reason}; line {where}{more})"
        for what, places, total in (
            ("the clock goes back", self.jumps, self.jumps_total),
            ("nothing is written", self.gaps, self.gaps_total),
        ):
            if total:
                yield f"  {what}: {'; '.join(places[:3])}{f' ({total:,} in all)' * (total > 3)}"
        yield from (f"  {note}" for note in self.notes)
