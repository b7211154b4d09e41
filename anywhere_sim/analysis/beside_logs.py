"""What two sets of tables both know, of logs and of a simulation: as numbers, and window by window.

Both are read in the same way: connections and people from `connections`, refusals from `attempts`,
calls from `rpcs`, counters from `servers`. What one of them has no rows of stays out, by name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.compute as pc

from anywhere_sim.analysis.known_tables import Floats, KnownTables, Reading, Scope
from anywhere_sim.scenario.quantities import HOUR_S
from anywhere_sim.traces import Run, RunError

WINDOWS_S = (60.0, 300.0, 900.0, 3600.0, 4 * 3600.0, 24 * 3600.0)
MOST_WINDOWS = 150
PER_PERSON_FROM = 0.1
"""Where the numbers of people differ by more than this share, counts and rates are per person."""
AGREE = 0.1
"""A difference up to this share of the larger value counts as agreement."""
OTHER_HOURS = 1.0 / 3.0
"""Alike in all, yet apart in the windows by more than this share: the hours are others."""
SMALL: Mapping[str, float] = {"ms": 1.0, "%": 1.0}
"""Values up to which a difference does not matter, by unit: many logs have whole milliseconds."""
COUNTED = frozenset({"events", "sum"})
MOST_PARTS, FEWEST_PARTS = 12, 4
"""Parts of the hours in which both are compared, and how many it takes to tell chance."""
PLAINLY = 0.5
"""Apart by more than this share in the parts, a difference is told whatever their scatter."""


@dataclass(frozen=True, slots=True)
class Sides:
    """Two sets of tables over the hours that both have.

    `table` has a row per thing that both know: `first`, `second`, `unit`, `kind` (as of a Reading),
    `difference` (share of the first), `word` (agree, more, less; small: too small to matter;
    chance: no more than the scatter of the hours; other hours: alike in all, not by the hour),
    `apart_s` (begin of the window in which they are furthest apart). `lines` has both per window of
    that name, `only` the things that one of them knows alone; `people` how many each has; `notes`
    what was left out, and why.
    """

    begin_s: float
    end_s: float
    edges_s: Floats
    per_person: bool
    people: tuple[int, int]
    table: pd.DataFrame
    lines: Mapping[str, tuple[Floats, Floats]]
    only: tuple[list[str], list[str]]
    notes: list[str]


def sides(first: Run, second: Run) -> Sides:
    """Return two sets of tables, from `import` or from a simulation, side by side.

    Raises RunError when they have no hour in common.

    >>> import anywhere_sim as aw
    >>> run = aw.simulate(aw.Scenario.load("office-day").with_(end="08:30"), seed=7)
    >>> both = sides(run, run)
    >>> set(both.table["word"]), both.only
    ({'agree'}, ([], []))
    """
    runs = (first, second)
    spans = [_span(run) for run in runs]
    begin_s, end_s = max(span[0] for span in spans), min(span[1] for span in spans)
    if not end_s > begin_s:
        told = " and ".join(f"{low / HOUR_S:.1f} to {high / HOUR_S:.1f}" for low, high in spans)
        raise RunError(
            f"they have no hour in common ({told} h since midnight of day 1); give a run of the "
            "hours of the logs"
        )
    edges_s = _edges(begin_s, end_s)
    tables = [KnownTables(run, span) for run, span in zip(runs, spans, strict=True)]
    scope = Scope.of(*tables)
    people = tuple(each.people(scope, begin_s, end_s) for each in tables)
    found = [dict(each.readings(scope, edges_s)) for each in tables]
    fewer, most = sorted(people)
    per_person = fewer > 0 and (most - fewer) > PER_PERSON_FROM * most
    rows, lines = [], {}
    for name in (name for name in found[0] if name in found[1]):
        pair = [each[name] for each in found]
        if not any(each.value for each in pair):
            continue
        share = [1.0 / n if per_person and pair[0].kind != "mean" else 1.0 for n in people]
        own = [each.line * part for each, part in zip(pair, share, strict=True)]
        values = [each.value * part for each, part in zip(pair, share, strict=True)]
        lines[name] = (own[0], own[1])
        rows.append(_row(name, pair, values, own, edges_s, per_person))
    only = tuple(
        [name for name in one if name not in other and one[name].value]
        for one, other in ((found[0], found[1]), (found[1], found[0]))
    )
    table = pd.DataFrame(rows, columns=_COLUMNS).set_index("name")
    return Sides(
        begin_s, end_s, edges_s, per_person, (people[0], people[1]), table, lines,
        (only[0], only[1]), scope.notes,
    )  # fmt: skip


_COLUMNS = ["name", "first", "second", "unit", "kind", "difference", "word", "apart_s"]


def _row(
    name: str, pair: list[Reading], values: list[float], own: list[Floats], edges_s: Floats,
    per_person: bool,
) -> dict[str, Any]:  # fmt: skip
    one, other = values
    unit, kind = pair[0].unit, pair[0].kind
    gaps = np.abs(np.subtract(*own))
    apart = int(np.nanargmax(gaps)) if np.isfinite(gaps).any() else 0
    word = _word(unit, kind, values, own, np.diff(edges_s), per_person)
    if per_person and kind != "mean":
        unit = "per second and person" if unit == "1/s" else f"{unit} per person".strip()
    return {
        "name": name, "first": one, "second": other, "unit": unit, "kind": kind,
        "difference": (other - one) / one if one else float("inf"),
        "word": word, "apart_s": float(edges_s[apart]),
    }  # fmt: skip


def _word(
    unit: str, kind: str, values: list[float], own: list[Floats], width_s: Floats, per_person: bool
) -> str:
    """Return agree, small, chance, more, less or other hours."""
    one, other = values
    gap, larger = abs(other - one), max(abs(one), abs(other))
    first, second = (_parts_of_the_day(each, kind, width_s) for each in own)
    known = np.isfinite(first) & np.isfinite(second)
    gaps, halves = (second - first)[known], (first + second)[known] / 2.0
    apart = float(np.abs(gaps).sum())
    if kind == "events" and not per_person:  # two draws of one law are apart by this on average
        apart -= float(np.sqrt(4.0 / np.pi * halves).sum())
    other_hours = apart > OTHER_HOURS * halves.sum()
    if gap <= AGREE * larger:
        return "other hours" if other_hours and kind != "mean" else "agree"
    if larger <= SMALL.get(unit, 0.0):
        return "small"
    if len(gaps) >= FEWEST_PARTS and not np.abs(gaps).sum() > PLAINLY * halves.sum():
        from scipy.stats import t as student  # a command begins without it

        scatter = float(gaps.std(ddof=1)) / np.sqrt(len(gaps))
        if abs(float(gaps.mean())) <= float(student.ppf(0.975, len(gaps) - 1)) * scatter:
            return "chance"
    return "more" if other > one else "less"


def _parts_of_the_day(line: Floats, kind: str, width_s: Floats) -> Floats:
    """Return a line in at most twelve parts of the hours; one that is nowhere known is NaN."""
    found = []
    for part in np.array_split(np.arange(len(line)), min(MOST_PARTS, len(line))):
        known = part[np.isfinite(line[part])]
        if kind in COUNTED:
            found.append(float(line[known].sum()) if len(known) else np.nan)
        else:
            found.append(
                float(np.average(line[known], weights=width_s[known])) if len(known) else np.nan
            )
    return np.array(found)


def _span(run: Run) -> tuple[float, float]:
    """Return begin and end of what tables hold, in s since midnight of day 1."""
    manifest = run.manifest
    end_s = float(manifest["end_s"])
    if "imported" in manifest:
        return float(manifest["start_s"]), end_s
    starts_s = pc.min(run.table("states")["start_s"]).as_py()
    return (end_s if starts_s is None else float(starts_s)), end_s


def _edges(begin_s: float, end_s: float) -> Floats:
    """Return the edges of windows, at whole times of day, but for the first and the last."""
    length_s = end_s - begin_s
    width_s = next((each for each in WINDOWS_S if length_s / each <= MOST_WINDOWS), WINDOWS_S[-1])
    inner = np.arange(np.floor(begin_s / width_s) + 1.0, np.ceil(end_s / width_s)) * width_s
    return np.concatenate([[begin_s], inner, [end_s]])


__all__ = ["AGREE", "Sides", "sides"]
