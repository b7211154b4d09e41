"""Where a number comes from: the mark on every default."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Mark = Literal["documented", "calibrated", "assumed"]


@dataclass(frozen=True, slots=True)
class Sourced:
    """The origin of one input number.

    `mark` says how the number came in: *documented* (a primary or secondary source, or derived from
    one), *calibrated* (fitted to a published measurement, named in `source`) or *assumed* (a guess
    with a range). What the model computes is *predicted* and carries no mark. `low` and `high`
    bound what is plausible, in the unit of the number.
    """

    mark: Mark
    source: str
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Value:
    """A number of a table of kinds (places, profiles) with its origin."""

    value: float | str | bool | None
    origin: Sourced


def documented(source: str, low: float | None = None, high: float | None = None) -> Sourced:
    """A number that a source states, or that follows from one by arithmetic."""
    return Sourced("documented", source, low, high)


def assumed(reason: str, low: float | None = None, high: float | None = None) -> Sourced:
    """A number nobody published; `reason` says why it stands where it does."""
    return Sourced("assumed", reason, low, high)


def calibrated(target: str, low: float | None = None, high: float | None = None) -> Sourced:
    """A number fitted to the measurement that `target` names."""
    return Sourced("calibrated", target, low, high)
