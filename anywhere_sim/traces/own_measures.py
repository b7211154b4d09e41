"""Measures of one's own: functions of a run, with unit and meaning."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import isfinite
from numbers import Real
from typing import TYPE_CHECKING, Any

from anywhere_sim.scenario.errors import ScenarioError
from anywhere_sim.scenario.references import resolve

if TYPE_CHECKING:
    from anywhere_sim.traces.run import Run


@dataclass(frozen=True, slots=True)
class Measure:
    """A number that a run is asked for: `function` of the run, its unit and what it says.

    The function returns NaN where a run has no case, and `inf` where the number lies beyond the end
    of the run. Without a `meaning` the first line of its docstring says what it is.

    >>> longest = aw.Measure(lambda run: run.operations["wait_s"].max(), unit="s")
    >>> aw.measures(run, {"longest wait": longest}).index[0]
    'longest wait'
    """

    function: Callable[[Run], float]
    unit: str = ""
    meaning: str = ""

    def of(self, run: Run, name: str) -> float:
        """Return the number. Raises ScenarioError when what comes back is none."""
        value: Any = self.function(run)
        if not isinstance(value, Real) or isinstance(value, bool):
            raise ScenarioError(
                f"measures[{name!r}] returned {value!r}; it has to return a number: NaN where a "
                "run has no case, inf for what lies beyond its end"
            )
        return float(value)


Measures = Mapping[str, "Measure | Callable[[Run], float] | str"]
"""Measures by name: a function, a `Measure` (which has a unit), or `module:name` of one of them."""


def own_measures(given: Measures | None) -> dict[str, Measure]:
    """Return what was given as `Measure`s, in the same order. Raises ScenarioError for others."""
    return {name: _measure(name, each) for name, each in (given or {}).items()}


def _measure(name: str, given: Any) -> Measure:
    found = resolve(given) if isinstance(given, str) else given
    if not isinstance(found, Measure) and callable(found):
        found = Measure(found, str(getattr(found, "unit", "")))
    if not isinstance(found, Measure):
        raise ScenarioError(
            f"measures[{name!r}] = {given!r}: give a function of a run, a Measure, or module:name "
            "of one of them"
        )
    if found.meaning:
        return found
    text = (found.function.__doc__ or "").strip().partition("\n")[0]
    return Measure(found.function, found.unit, text or "a measure of one's own")


def stored(values: Mapping[str, float], own: Mapping[str, Measure]) -> dict[str, Any]:
    """Return what a manifest holds of them: JSON has no NaN and no infinite number."""
    return {
        name: {
            "value": value if isfinite(value) else str(value),
            "unit": own[name].unit,
            "meaning": own[name].meaning,
        }
        for name, value in values.items()
    }
