"""The answer of a search for the capacity, in sentences and as a table."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from math import floor, inf, isfinite, log10
from typing import Any

import pandas as pd

from anywhere_sim.analysis.limits import THREADS, WALLS
from anywhere_sim.experiments.capacity import Capacity
from anywhere_sim.experiments.size_runs import Phase, Step
from anywhere_sim.experiments.size_search import FLAT
from anywhere_sim.report.known_misses import calibrated_server
from anywhere_sim.scenario.quantities import HOUR_S, format_time


def rounded(number: float, digits: int = 2) -> str:
    """Return a size with so many significant digits, as it is said; small ones whole.

    >>> rounded(5234.0), rounded(47.3), rounded(12_345.0), rounded(5234.0, 3)
    ('5,200', '47', '12,000', '5,230')
    """
    step = 10 ** max(0, floor(log10(number)) + 1 - digits) if number >= 1.0 else 1
    return f"{step * round(number / step):,}"


def with_interval(mean: float, low: float, high: float) -> str:
    """Return a size and its interval, with the fewest digits from two on that tell them apart.

    >>> with_interval(5234.0, 5040.0, 5390.0), with_interval(5876.0, 5851.0, 5902.0)
    ('5,200 (5,000 to 5,400)', '5,880 (5,850 to 5,900)')
    """
    for digits in (2, 3, 4):
        said = [rounded(number, digits) for number in (mean, low, high)]
        if len({*said}) == len(said):
            break
    return f"{said[0]} ({said[1]} to {said[2]})"


def sentence(found: Capacity) -> str:
    """Return the answer: how many fit, what binds first, what next, and how many fit if one front
    end of a pool fails, where those are fewer.

    >>> answer = aw.capacity(line, precision=0.5, folder="results/line")
    >>> print(lab.capacity_in_words(answer))
    About 3 mailboxes fit (2 to 5); the first limit is the open requests of fe1.
    """
    return " ".join([_first_sentence(found), *_hardly_grows(found), *_without_one(found)])


def _hardly_grows(found: Capacity) -> Iterator[str]:
    """Yield that the size hardly matters, where little of the first limit's use comes from it."""
    own = found.points[found.points["limit"].eq(found.binding)].groupby("size")["share"].mean()
    if found.size.mean <= 0.0 or found.at not in own.index:
        return
    smallest = int(own.index.min())
    few, many = float(own[smallest]), float(own[found.at])
    if 4 * smallest <= found.at and few > FLAT * many:
        with_few = f"{smallest:,} mailbox{'es' * (smallest != 1)}"
        yield (
            f"With {with_few} {100.0 * few:,.0f} % of that limit are used already: the size hardly "
            "matters."
        )


def _first_sentence(found: Capacity) -> str:
    """Return how many fit, what binds first, what next."""
    size = found.size
    if size.mean <= 0.0:
        what = found.binding or ", ".join(limit for limit, _ in found.beside)
        return f"None fit: with the fewest mailboxes already, {_name(what)} goes beyond its limit."
    if not found.binding:
        known = found.limits[found.limits["size"].gt(size.mean)]
        beyond = ""
        if len(known):
            first = known.loc[known["size"].idxmin()]
            beyond = f"; {_name(str(first['limit']))} would be, at about {rounded(first['size'])}"
        return (
            f"More than {rounded(size.mean)} mailboxes fit: no limit was reached up to there, and "
            f"more are not tried{beyond}."
        )
    sizes, _, between = with_interval(size.mean, max(size.low, 0.0), size.high).partition(" ")
    whose = f" of {', '.join(found.groups)}" if found.others else ""
    beside = f", beside {found.others:,} of other groups" if found.others else ""
    text = (
        f"About {sizes} mailboxes{whose} fit {between}{beside}; the first limit is "
        f"{_name(found.binding)}"
    )
    later = following(found)
    if later is None:
        return f"{text}."
    others = _pooled(found.limits[~_same_wall(found.limits)])
    known = others[others["size"].map(isfinite)]
    same = known[known["size"].map(rounded) == rounded(later["size"])]
    names = " and ".join(_name(str(limit)) for limit in same["limit"])
    beyond = " (extrapolated)" if later["size"] > found.at else ""
    return f"{text}, the next {names} at about {rounded(later['size'])}{beyond}."


def following(found: Capacity) -> pd.Series | None:
    """Return the row of `limits` that is reached after the first one, None where none is known."""
    if not found.binding:
        return None
    later = found.limits[~_same_wall(found.limits)]
    known = later[later["size"].map(isfinite)]
    return None if known.empty else known.iloc[0]


def _same_wall(limits: pd.DataFrame) -> pd.Series:
    """Return which limits are the first one, or the same of another box among which the load is
    spread: it is full at nearly the same size, and more of them are no other remedy.
    """
    what = limits["limit"].str.rpartition(": ")[2]
    return what.eq(what.iloc[0]) & limits["pool"].eq(limits["pool"].iloc[0])


def _name(limit: str) -> str:
    thing, _, what = limit.partition(": ")
    return {"wait": f"what people of {thing} wait", "line": f"the line {thing}"}.get(
        what, f"the {what} of {thing}"
    )


def clock(begin_s: float, end_s: float) -> str:
    """Return a window of the day in words.

    >>> clock(29_100.0, 30_000.0)
    '08:05 to 08:20'
    """
    begin, end = (format_time(time_s, seconds=False) for time_s in (begin_s, end_s))
    return f"{begin} to {end}"


def used(limit: str, share: float) -> str:
    """Return how far a limit is used; what is full can't be used further, and refuses or delays.

    >>> used("mbx1: processor", 1.2), used("fe1: open requests", 1.5), used("fe1: ports", 0.5)
    ('120 %', 'full, refuses', '50 %')
    """
    what = limit.rpartition(": ")[2]
    if what in WALLS and share > 1.0:
        return "full, calls wait" if what == THREADS else "full, refuses"
    return f"{100.0 * share:,.0f} %"


def bracket(low: float, high: float) -> str:
    """Return what a search knows so far.

    >>> bracket(5098.0, 6457.0), bracket(0.0, 300.0)
    ('at least 5,098 mailboxes, fewer than 6,457', 'fewer than 300 mailboxes')
    """
    parts = [f"at least {low:,.0f}"] * (low > 0.0) + [f"fewer than {high:,.0f}"] * isfinite(high)
    if not parts:
        return "no size is known to fit or not to"
    return ", ".join([f"{parts[0]} mailboxes", *parts[1:]])


def progress(step: Step) -> str:
    """Return a line about a run of the search that has ended."""
    how = "kept" if step.stored else f"{step.seconds:.0f} s"
    when = clock(step.begin_s, step.end_s).replace(" to ", "-")
    text = f"{when}, {step.size:,} mailboxes, run {step.replication}"
    if not step.worst:
        return f"{text} ({how})"
    return f"{text}: {step.worst} {used(step.worst, step.share)} ({how})"


def intention(phase: Phase) -> str:
    """Return what a search does next, and what is known until then.

    >>> intention(Phase("5,657 mailboxes", 2, 3772.0, 0.0, 29_100.0, 30_000.0, 1_200.0))
    'Now 2 runs: 5,657 mailboxes, 08:05 to 08:20. Known of that window: at least 1,200 mailboxes.'
    """
    when = f", {clock(phase.begin_s, phase.end_s)}" if phase.end_s else ""
    runs = "1 run" if phase.runs == 1 else f"{phase.runs} runs"
    text = f"Now {runs}: {phase.doing}{when}."
    if phase.low > 0.0 or isfinite(phase.high):
        text += f" Known{' of that window' * bool(when)}: {bracket(phase.low, phase.high)}"
        if phase.beside:
            text += f", but for {', '.join(phase.beside)} (beyond its limit with few as well)"
        text += "."
    return text


def notes(found: Capacity) -> Iterator[str]:
    """Yield what the answer is of: the windows, the runs, what was left out."""
    why = _why(found.windows.iloc[0]["why"], *found.hour)
    yield (
        f"Simulated: {clock(*found.hour)} ({why}), from a settled "
        f"beginning, without the scenario's events; {found.replications} replications, 95 % "
        "interval. The store's cache is taken to grow with the mailboxes."
    )
    for row in found.windows.iloc[1:].to_dict("records"):
        yield _other(row)
    yield calibrated_server()
    share = found.mailboxes / found.size.mean if found.size.mean > 0.0 else float("inf")
    if isfinite(share) and found.binding:
        percent = f"{100.0 * share:,.0f} %"
        yield f"The scenario's own {found.mailboxes:,} mailboxes are {percent} of that."
    for limit, begin_s in found.beside:
        own = found.points[found.points["limit"] == limit]
        level = "beyond" if own.groupby("size")["share"].mean().min() > 1.0 else "about"
        yield (
            f"Left out of the answer, though it stands in the table, because fewer mailboxes do "
            f"not help: {_name(limit)}, {level} its limit at any size from "
            f"{format_time(begin_s, seconds=False)} on."
        )


def _without_one(found: Capacity) -> Iterator[str]:
    """Yield for how many mailboxes a pool of front ends is enough if one of it fails, where those
    are fewer than fit otherwise; not beside other groups, who use it too.
    """
    if found.others:
        return
    what = found.limits["limit"].str.rpartition(": ")[2]
    walls = found.limits[what.isin(WALLS) & found.limits["pool"].str.contains(", ")]
    for pool, rows in walls[walls["size"].lt(inf)].groupby("pool", sort=False):
        names = str(pool).split(", ")
        first = rows.loc[rows["size"].idxmin()]
        size = float(first["size"]) * (len(names) - 1) / len(names)
        if size < found.size.mean:
            others = "the other has" if len(names) == 2 else "the others have"
            yield (
                f"Without one of {' and '.join(names)} from the beginning on, {others} the "
                f"{str(first['limit']).rpartition(': ')[2]} for about {rounded(size)} mailboxes."
            )


def _why(limit: str, begin_s: float, end_s: float) -> str:
    """Return why a window was looked at."""
    if not limit:
        return "the busiest hour" if end_s - begin_s >= HOUR_S else "part of the busiest hour"
    return f"for {_name(limit)} the worst quarter of an hour, in a run of the day"


def _other(row: Mapping[Hashable, Any]) -> str:
    """Return what was seen in another window: the answer was checked there."""
    when = (
        f"{clock(row['begin_s'], row['end_s'])} ({_why(row['why'], row['begin_s'], row['end_s'])})"
    )
    if isfinite(row["size"]):
        return f"Searched too: {when}; about {rounded(row['size'])} mailboxes fit there."
    nearest = (
        f"at {row['at']:,} mailboxes nearest to its limit: {_name(row['limit'])} "
        f"({used(row['limit'], row['share'])})"
    )
    if row["simulated"] < row["at"]:
        return (
            f"Looked at with up to {row['simulated']:,} mailboxes, which show that more fit there: "
            f"{when}; {nearest}, as those tell."
        )
    if row["fits"] is None:
        return f"Not checked at that size, it would take too long: {when}; {nearest}."
    return f"Checked too: {when}; all limits hold, {nearest}."


def _pooled(limits: pd.DataFrame) -> pd.DataFrame:
    """Return limits with one row for what the front ends of a pool share: that of the fullest."""
    what = limits["limit"].str.rpartition(": ")[2]
    first = limits.groupby([what, limits["pool"]], sort=False)
    pooled = limits.assign(
        share=first["share"].transform("max"), size=first["size"].transform("min"),
        limit=(limits["pool"] + ": " + what).where(
            limits["pool"].str.contains(", "), limits["limit"]
        ),
    )  # fmt: skip
    return pooled[~pooled.duplicated("limit")]


def _reached(size: float, found: Capacity) -> str:
    """Return a size of the table; that of the answer with as many digits as the answer has."""
    answer = found.size
    if size != answer.mean or size <= 0.0:
        return rounded(size)
    return with_interval(size, max(answer.low, 0.0), answer.high).partition(" ")[0]


def table(found: Capacity) -> pd.DataFrame:
    """Return a row per limit as text: its share at a size, "reckoned" if not simulated there, and
    the size that reaches it; one for the front ends of a pool.
    """
    shown = _pooled(found.limits)
    shown = shown[(shown["share"] >= 0.005) | (shown.index == 0)]
    left_out = {limit for limit, _ in found.beside}
    several = len(found.windows) > 1
    columns = {
        f"used at {found.at:,}": [
            "reckoned " * (simulated != found.at) + used(limit, share)
            for limit, share, simulated in zip(
                shown["limit"], shown["share"], shown["simulated"], strict=True
            )
        ],
        "reached at": [
            "at any size"
            if limit in left_out
            else _reached(size, found)
            if isfinite(size)
            else f"beyond {found.at:,}"
            for limit, size in zip(shown["limit"], shown["size"], strict=True)
        ],
        "from": [format_time(begin_s, seconds=False) for begin_s in shown["begin_s"]],
        "kind": [
            "left out"
            if limit in left_out
            else "wall"
            if limit.rpartition(": ")[2] in WALLS
            else "service level"
            for limit in shown["limit"]
        ],
    }
    table = pd.DataFrame(columns, index=pd.Index(shown["limit"], name=None))
    return table if several else table.drop(columns="from")
