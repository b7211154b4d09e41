"""The answer of a search for the capacity, in sentences and as a table."""

from __future__ import annotations

from collections.abc import Iterator
from math import floor, isfinite, log10

import pandas as pd

from anywhere_sim.analysis.limits import WALLS
from anywhere_sim.experiments.capacity import Capacity
from anywhere_sim.report.known_misses import calibrated_server
from anywhere_sim.scenario.quantities import format_time


def rounded(number: float) -> str:
    """Return a size with two significant digits, as it is said; small ones whole.

    >>> rounded(5234.0), rounded(47.3), rounded(12_345.0)
    ('5,200', '47', '12,000')
    """
    step = 10 ** max(0, floor(log10(number)) - 1) if number >= 1.0 else 1
    return f"{step * round(number / step):,}"


def sentence(found: Capacity) -> str:
    """Return the answer: how many fit, what binds first, what next."""
    size = found.size
    if size.mean <= 0.0:
        what = found.binding or ", ".join(found.beside)
        return f"None fit: with the fewest mailboxes already, {_name(what)} goes beyond its limit."
    if not found.binding:
        return f"More than {rounded(size.mean)} mailboxes fit; no limit was reached."
    text = (
        f"About {rounded(size.mean)} mailboxes fit ({rounded(max(size.low, 0.0))} to "
        f"{rounded(size.high)}); the first limit is {_name(found.binding)}"
    )
    later = found.limits.iloc[1:]
    known = later[later["size"].map(isfinite)]
    if known.empty:
        return f"{text}."
    following = known.iloc[0]
    return f"{text}, the next {_name(following['limit'])} at about {rounded(following['size'])}."


def _name(limit: str) -> str:
    thing, _, what = limit.partition(": ")
    return {"wait": f"what people of {thing} wait", "line": f"the line {thing}"}.get(
        what, f"the {what} of {thing}"
    )


def notes(found: Capacity) -> Iterator[str]:
    """Yield what the answer is of: the hour, the runs, what was left out."""
    begin, end = (format_time(time_s, seconds=False) for time_s in found.hour)
    yield (
        f"Simulated: {begin} to {end}, of the busiest hour, from a settled beginning, without the "
        f"scenario's events; {found.replications} replications, 95 % interval. Not in it: the "
        "morning when everybody connects. The store's cache is taken to grow with the mailboxes."
    )
    yield calibrated_server()
    share = found.mailboxes / found.size.mean if found.size.mean > 0.0 else float("inf")
    if isfinite(share) and found.binding:
        percent = f"{100.0 * share:,.0f} %"
        yield f"The scenario's own {found.mailboxes:,} mailboxes are {percent} of that."
    for limit in found.beside:
        yield (
            f"Left out, because fewer mailboxes do not help: {_name(limit)}, beyond its limit at "
            "any size."
        )


def table(found: Capacity) -> pd.DataFrame:
    """Return a row per limit as text: its share at a size, and the size that reaches it."""
    shown = found.limits[(found.limits["share"] >= 0.005) | (found.limits.index == 0)]
    return pd.DataFrame(
        {
            f"used at {found.at:,}": [f"{100.0 * share:,.0f} %" for share in shown["share"]],
            "reached at": [
                rounded(size) if isfinite(size) else f"beyond {found.at:,}"
                for size in shown["size"]
            ],
            "kind": [
                "wall" if limit.rpartition(": ")[2] in WALLS else "service level"
                for limit in shown["limit"]
            ],
        },
        index=pd.Index(shown["limit"], name=None),
    )  # fmt: skip
