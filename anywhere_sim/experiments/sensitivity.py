"""One-at-a-time sensitivity analysis: each uncertain input of a study at either end of its range.

Every variation is a study of its own with the same seed, so that differences between them are
paired (common random numbers). Interactions between inputs are not seen: that takes a factorial.
"""

from __future__ import annotations

import re
from concurrent.futures import Executor
from pathlib import Path

import pandas as pd

from anywhere_sim.experiments.plan import Plan
from anywhere_sim.experiments.replicate import Progress
from anywhere_sim.experiments.study import Study
from anywhere_sim.scenario import ScenarioError
from anywhere_sim.scenario.shipped import data_folder
from anywhere_sim.traces import RunError

FILE_NAME = "sensitivity.csv"
BASELINE = "baseline"
"""Stands in the columns `input` and `end` of the rows with every input as the study has it."""

Variations = dict[tuple[str, str], Plan]
"""The plan of each variation, by input and end of its range."""


def sensitivity(
    plan: Plan,
    folder: str | Path,
    replications: int,
    executor: Executor | None = None,
    progress: Progress | None = None,
) -> pd.DataFrame:
    """Return the contrasts of the plan at baseline and with each input at either end of its range.

    The rows are those of `Results.contrasts`, after the columns `input` (its name in the plan's
    table `sensitivity`), `end` ("low", "high" or "baseline") and `value`; reference cells are left
    out. Runs that lie in `folder` already are read and not made again.

    Raises ScenarioError when the plan has no table `sensitivity`, or an input that is unknown or
    changes no cell; RunError when a run fails.

    >>> varied = aw.sensitivity(study.plan, "results/varied", replications=2)
    >>> varied["end"].unique().tolist()
    ['baseline', 'low', 'high']
    """
    variations = _variations(plan, replications)
    parts = []
    items = variations.items()
    for (name, end), variation in progress(items, len(items)) if progress else items:
        results = Study(variation).run(
            Path(folder) / re.sub(r"\W+", "-", f"{name} {end}"), executor
        )
        if len(results.failures):
            reason = results.failures["reason"].iloc[0]
            raise RunError(f"with {name} at {end} a run failed: {reason}")
        value = "" if end == BASELINE else str(getattr(plan.sensitivity[name], end))
        contrasts = results.contrasts().drop(columns="variance_ratio")
        parts.append(contrasts.assign(input=name, end=end, value=value))
    table = pd.concat(parts, ignore_index=True)
    table = table.assign(plan=plan.digest(), replications=replications)
    first = ["input", "end", "value"]
    return table[[*first, *(name for name in table.columns if name not in first)]]


def stored_table(plan: Plan) -> pd.DataFrame | None:
    """Return the shipped table of the plan (data/reference), or None when it is of another plan."""
    path = data_folder() / "reference" / FILE_NAME
    if not path.is_file():
        return None
    table = pd.read_csv(path, keep_default_na=False, na_values=["nan"])
    table = table[table["plan"] == plan.digest()]
    return None if table.empty else table


def _variations(plan: Plan, replications: int) -> Variations:
    """Return the plan of each variation; all are checked before any is run."""
    if not plan.sensitivity:
        raise ScenarioError(
            "the study has no table `sensitivity`: give inputs with key, low and high; "
            "see data/studies/path-and-cache.toml"
        )
    variations: Variations = {(BASELINE, BASELINE): plan.factorial(replications)}
    for name, span in plan.sensitivity.items():
        low, high = plan.varied(name, "low", replications), plan.varied(name, "high", replications)
        if low.digest() == high.digest():
            raise ScenarioError(
                f"sensitivity: {name!r} changes nothing, since every cell sets {span.key} itself; "
                "choose another key"
            )
        variations |= {(name, "low"): low, (name, "high"): high}
    return variations
