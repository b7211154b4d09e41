"""What an answer hangs on: the numbers of a plan that are not well known, moved to the ends of their range, one at a time."""

from __future__ import annotations

import re
from concurrent.futures import Executor
from pathlib import Path

import pandas as pd

from anywhere_sim.experiments.plan import Plan
from anywhere_sim.experiments.progress import Progress
from anywhere_sim.experiments.study import Study
from anywhere_sim.scenario import ScenarioError
from anywhere_sim.scenario.catalogue import data_folder
from anywhere_sim.traces import RunError

KEPT = "hangs_on.csv"
AS_GIVEN = "as given"

Variations = dict[tuple[str, str], Plan]


def hangs_on(
    plan: Plan, folder: Path, replications: int, executor: Executor | None = None, progress: Progress | None = None
) -> pd.DataFrame:
    """Return the contrasts of the plan as given and with each number of `hangs_on` at either end, under the same random numbers.

    The rows are those of `Results.contrasts`, with `number`, `end` and `value` before them. What lies in `folder` already is not run again.
    Raises ScenarioError when the plan names no numbers, or one that makes no sense or no difference; RunError when a run fails.
    """
    variations = _variations(plan, replications)
    parts = []
    for (number, end), varied in progress(variations.items(), len(variations)) if progress else variations.items():
        results = Study(varied).run(folder / re.sub(r"\W+", "-", f"{number} {end}"), executor)
        if len(results.failures):
            raise RunError(f"with {number} at {end} a run failed: {results.failures['reason'].iloc[0]}")
        found = results.contrasts()
        value = "" if end == AS_GIVEN else str(getattr(plan.hangs_on[number], end))
        parts.append(found.assign(number=number, end=end, value=value))
    table = pd.concat(parts, ignore_index=True).assign(plan=plan.digest(), replications=replications)
    return table[["number", "end", "value", *parts[0].columns.drop(["number", "end", "value", "variance_ratio"]), "plan", "replications"]]


def kept(plan: Plan) -> pd.DataFrame | None:
    """Return the table that was kept for the plan, or None: it was made for another one, or never."""
    path = data_folder() / "reference" / KEPT
    if not path.is_file():
        return None
    table = pd.read_csv(path, keep_default_na=False, na_values=["nan"])
    table = table[table["plan"] == plan.digest()]
    return None if table.empty else table


def _variations(plan: Plan, replications: int) -> Variations:
    """Return the plan as given and with each number at both ends; all are looked at before any is run."""
    if not plan.hangs_on:
        raise ScenarioError("the study has no table hangs_on: name numbers with key, low and high; see data/studies/path-and-cache.toml")
    found: Variations = {(AS_GIVEN, AS_GIVEN): plan.as_given(replications)}
    for number in plan.hangs_on:
        found[number, "low"] = plan.moved(number, "low", replications)
        found[number, "high"] = plan.moved(number, "high", replications)
        if found[number, "low"].digest() == found[number, "high"].digest():
            raise ScenarioError(
                f"hangs_on: {number!r} makes no difference, every cell sets {plan.hangs_on[number].key} itself; name another key"
            )
    return found
