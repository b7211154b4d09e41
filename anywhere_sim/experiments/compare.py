"""Two scenarios side by side: what differs in them, and what differs in the results."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from anywhere_sim.analysis.measures import UNITS, measures
from anywhere_sim.analysis.statistics.paired import paired
from anywhere_sim.traces import Run, RunError


def compare(first: Run | Sequence[Run], second: Run | Sequence[Run]) -> pd.DataFrame:
    """Return a row per measure: first, second, the paired difference second - first with its 95 % interval, and a word.

    Give lists of the same replications for intervals; of single runs the interval is infinite. What differs in the
    scenarios stands in `.attrs["changed"]`, a mapping of dotted keys to both values. Raises RunError when one has more replications.
    """
    one, other = _listed(first), _listed(second)
    if len(one) != len(other):
        raise RunError(f"{len(one)} and {len(other)} replications can't be paired; give the same number of both")
    before, after = (pd.DataFrame([measures(run) for run in runs]) for runs in (one, other))
    rows = []
    for measure, unit in UNITS.items():
        found = paired(after[measure], before[measure])
        rows.append((measure, unit, before[measure].mean(), after[measure].mean(), found.difference.mean, found.difference.low,
                     found.difference.high, found.word if len(one) > 1 else ""))  # fmt: skip
    table = pd.DataFrame(rows, columns=["measure", "unit", "first", "second", "difference", "low", "high", "word"]).set_index("measure")
    table.attrs["changed"] = _changed(_flat(one[0].manifest["scenario"]), _flat(other[0].manifest["scenario"]))
    return table


def _listed(runs: Run | Sequence[Run]) -> list[Run]:
    return [runs] if isinstance(runs, Run) else list(runs)


def _flat(content: Any, path: str = "") -> dict[str, Any]:
    if not isinstance(content, Mapping):
        return {path: content}
    return {key: value for name, inner in content.items() for key, value in _flat(inner, f"{path}.{name}" if path else name).items()}


def _changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    keys = [*before, *(key for key in after if key not in before)]
    return {key: (before.get(key), after.get(key)) for key in keys if before.get(key) != after.get(key)}
