"""What an answer hangs on: numbers moved to the ends of their range, one at a time."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from anywhere_sim.analysis.felt import waited_s
from anywhere_sim.model.simulate import simulate
from anywhere_sim.scenario import Scenario


def hangs_on(scenario: Scenario, group: str, moves: Mapping[str, tuple[str, float, float]], seed: int = 7) -> pd.DataFrame:
    """Return a row per number of `moves` (name: path in the scenario, low, high) with the answer at its low and its high end.

    The answer is what cached mode saves a person of the group in waiting, in seconds: online less cached, the same people and mail in
    both. The column `as given` is the answer before anything is moved.
    """
    as_given = _saved_s(scenario, group, seed)
    rows = []
    for name, (path, low, high) in moves.items():
        ends = [_saved_s(scenario.with_(**{path: value}), group, seed) for value in (low, high)]
        rows.append({"number": name, "low": low, "high": high, "answer at low": ends[0], "as given": as_given, "answer at high": ends[1]})
    return pd.DataFrame(rows).set_index("number")


def _saved_s(scenario: Scenario, group: str, seed: int) -> float:
    online, cached = (simulate(scenario.with_(**{f"groups__{group}__mode": mode}), seed=seed) for mode in ("online", "cached"))
    return waited_s(online, group) - waited_s(cached, group)
