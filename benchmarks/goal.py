"""A goal and what was reached."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

RUNS = 5


@dataclass(frozen=True)
class Reached:
    """One line of the table; `at_most` says on which side of the goal one has to be."""

    number: str
    what: str
    goal: float
    at_most: bool
    reached: float
    detail: str

    @property
    def met(self) -> bool:
        """Whether the goal is met."""
        return self.reached <= self.goal if self.at_most else self.reached >= self.goal

    def line(self) -> str:
        """Return the line as people read it."""
        sign = "at most " if self.at_most else "at least"
        return (
            f"{self.number}  {self.what:66s} {sign} {self.goal:7.4g}  {self.reached:9.4g}  "
            f"{'met    ' if self.met else 'not met'}  {self.detail}"
        )

    def record(self) -> dict[str, Any]:
        """Return the line for the JSON file."""
        return asdict(self) | {"met": self.met}


def interleaved(
    first: Callable[[], float], second: Callable[[], float], runs: int = RUNS
) -> tuple[float, float, float]:
    """Return the median ratio of two speeds measured in turn, and the median of each."""
    pairs = [(first(), second()) for _ in range(runs)]
    return (
        median(one / other for one, other in pairs),
        median(one for one, _ in pairs),
        median(other for _, other in pairs),
    )
