"""Two scenarios compared: what differs in them, and what differs in their results."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from anywhere_sim.analysis.intervals import paired
from anywhere_sim.analysis.measures import UNITS, measures
from anywhere_sim.traces import Run, RunError


def compare(first: Run | Sequence[Run], second: Run | Sequence[Run]) -> pd.DataFrame:
    """Return a row per measure: both means and the paired difference second - first.

    Columns: `unit`, `first`, `second`, `difference`, `low` and `high` (its 95 % interval), and
    `word` ("more", "fewer" or "not distinguishable"). Lists have to hold the same replications; of
    single runs the interval is infinite and the word empty. `.attrs["changed"]` maps each dotted
    key that differs in the scenarios to both values.

    Raises RunError when one has more replications than the other.
    """
    one, other = _listed(first), _listed(second)
    if len(one) != len(other):
        raise RunError(
            f"{len(one)} and {len(other)} replications can't be paired; give as many of both"
        )
    before, after = (pd.DataFrame([measures(run) for run in runs]) for runs in (one, other))
    rows = {}
    for measure, unit in UNITS.items():
        comparison = paired(after[measure], before[measure])
        rows[measure] = {
            "unit": unit,
            "first": before[measure].mean(),
            "second": after[measure].mean(),
            "difference": comparison.difference.mean,
            "low": comparison.difference.low,
            "high": comparison.difference.high,
            "word": comparison.word if len(one) > 1 else "",
        }
    table = pd.DataFrame.from_dict(rows, orient="index").rename_axis("measure")
    table.attrs["changed"] = _changed(
        _flat(one[0].manifest["scenario"]), _flat(other[0].manifest["scenario"])
    )
    return table


def _listed(runs: Run | Sequence[Run]) -> list[Run]:
    return [runs] if isinstance(runs, Run) else list(runs)


def _flat(content: Any, path: str = "") -> dict[str, Any]:
    if not isinstance(content, Mapping):
        return {path: content}
    return {
        key: value
        for name, inner in content.items()
        for key, value in _flat(inner, f"{path}.{name}" if path else name).items()
    }


def _changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    keys = [*before, *(key for key in after if key not in before)]
    pairs = {key: (before.get(key), after.get(key)) for key in keys}
    return {key: pair for key, pair in pairs.items() if pair[0] != pair[1]}
