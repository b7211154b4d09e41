"""How many mailboxes a scenario holds at a service level, what binds first, and what next."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from anywhere_sim.analysis.intervals import Interval
from anywhere_sim.analysis.limits import STANDARD, ServiceLevel
from anywhere_sim.experiments.busy_windows import (
    Window,
    busiest_hour,
    busy_windows,
    has_quarters,
    quarter_shares,
)
from anywhere_sim.experiments.size_runs import (
    Phase,
    SizeRuns,
    Sizing,
    Step,
    Store,
)
from anywhere_sim.experiments.window_search import WindowSearch, limits_of
from anywhere_sim.scenario import Scenario, ScenarioError
from anywhere_sim.scenario.quantities import format_time
from anywhere_sim.simulation.rules import Rules

DAY_MAILBOXES = 75
"""The day is run with so many and with four times as many, to see when limits are nearest."""
RUNS = "capacity.jsonl"
CELL_MODES = ("online", "cached")
ORDERS = {"TCP first": 0x03, "HTTPS first": 0x2B}
"""The orders of paths and the flags that choose them, as in the shipped studies."""


@dataclass(frozen=True, slots=True)
class Capacity:
    """The answer: how many mailboxes of the sized groups fit.

    `size` has the 95 % interval over replications: 0 where not even the smallest size fits,
    infinite ends where the largest that is tried fits. `hour` is the window of the day that it was
    found in, in s since midnight; `windows` has a row per window that was looked at, that one on
    top: `begin_s`, `end_s`, `why` it was chosen (the limit that came nearest there in a run of the
    day with few mailboxes; "" for the busiest hour), its fullest `limit` and `share` at the size
    `at`, the largest simulated in it (`simulated`), whether the answer `fits` (None: not simulated
    at that size), and the `size` found where it was searched (else NaN). Where `at` is beyond
    `simulated`, the share is expected from smaller sizes, and far enough from the limit. `limits`
    has a row per limit, the one that binds first on top: its share at `at`, the simulated size that
    is nearest to the answer, the size at which it is reached (NaN where that can't be told from the
    sizes simulated), the begin of the window where that is soonest, the largest size `simulated`
    there (another than `at`: the share is reckoned from it), and the `pool` whose part the
    thing is: the front ends that share connections, else itself. `points` has the shares of every
    run in `hour`. `mailboxes` is the scenario's own size, `beside` what is exceeded at any size and
    left out, each with the begin of its window. `groups` are those that are sized, beside `others`
    mailboxes that are not.

    >>> answer = aw.capacity(line, precision=0.5, folder="results/line")
    >>> answer.limits["limit"].iloc[0], answer.at
    ('fe1: open requests', 3)
    """

    size: Interval
    binding: str
    limits: pd.DataFrame
    points: pd.DataFrame
    at: int
    beside: tuple[tuple[str, float], ...]
    mailboxes: int
    replications: int
    hour: tuple[float, float]
    windows: pd.DataFrame
    groups: tuple[str, ...] = ()
    others: int = 0


class SearchStopped(KeyboardInterrupt):
    """Ctrl-C in a search: `low` mailboxes fit in its window (0: none known to), fewer than `high`
    do (infinite: not known); the window begins at `begin_s` and ends at `end_s`.

    >>> stopped = aw.SearchStopped(low=500, high=1_000, begin_s=30_600.0, end_s=31_500.0)
    >>> stopped.low, stopped.high
    (500, 1000)
    """

    def __init__(self, low: float, high: float, begin_s: float, end_s: float) -> None:
        """Keep what was known."""
        super().__init__(low, high, begin_s, end_s)
        self.low, self.high, self.begin_s, self.end_s = low, high, begin_s, end_s


def capacity(
    scenario: Scenario,
    level: ServiceLevel = STANDARD,
    *,
    group: str | None = None,
    seed: int = 0,
    folder: str | Path | None = None,
    executor: Executor | None = None,
    watch: Callable[[Step], None] | None = None,
    plan: Callable[[Phase], None] | None = None,
    rules: Rules | None = None,
    precision: float = 0.05,
) -> Capacity:
    """Return how many mailboxes fit at a service level, and what binds first.

    All groups grow in proportion, or one `group` alone. Two runs of the first day with few
    mailboxes say in which quarters of an hour the limits are nearest (people open Outlook, servers
    are busy); in the first of them the size is searched, from a settled beginning and without the
    scenario's events, by bracketing and bisection under common random numbers, with replications
    until its 95 % interval is within `precision` to each side.

    The other windows, a second such quarter and the busiest hour, are checked at that size. The
    quarter is not simulated there if its runs with few mailboxes and with four times as many show
    that the size holds: what connections hold is less than in the first window, of all else no more
    than CLEAR is expected. Otherwise, and always for the hour, one replication tells whether the
    size fits, a second where it is CLOSE to a limit; a window where it does not fit is searched
    too. Of the hour, which is steady, as much is simulated as tells (some 50,000 calls).

    With a `folder` finished runs are kept there, and a search that was stopped goes on; `watch` is
    called after each run, `plan` before some begin. The answer depends neither on the executor nor
    on which run ends first. Raises ScenarioError for a group that there is not, SearchStopped (a
    KeyboardInterrupt) with what is known so far.

    >>> answer = aw.capacity(line, precision=0.5, folder="results/line")
    >>> print(answer.size, answer.binding)
    3.014 [2.374, 4.644] fe1: open requests
    """
    chosen = rules or Rules()
    chosen.check(scenario)
    sizing = Sizing(scenario, sized(scenario, group))
    store = Store(Path(folder) / RUNS if folder else None)
    runs = SizeRuns(sizing, level, seed, store, executor, watch, plan, rules)
    first: WindowSearch | None = None
    under_way: list[WindowSearch] = []
    try:
        windows = _windows(runs)
        searches = [
            WindowSearch.begin(runs, window, precision, is_first=window is windows[0])
            for window in windows
        ]
        under_way.append(searches[0])
        _look(runs, searches)
        first = searches[0].end(None)
        for each in _not_holding(runs, first, searches[1:]):
            if not each.fits(first.found):
                under_way.append(each)
                first = each.end(first)
    except KeyboardInterrupt as stop:
        if not under_way or isinstance(stop, SearchStopped):
            raise
        low, high = under_way[-1].bracket()
        known = high if first is None else min(high, first.bracket()[1])
        raise SearchStopped(low, known, *under_way[-1].span) from stop
    return _answer(first, searches, sizing)


def _windows(runs: SizeRuns) -> list[Window]:
    """Return the windows to look at: of the whole scenario, where it is too short to choose."""
    scenario = runs.sizing.scenario
    if not has_quarters(scenario):
        return [busiest_hour(scenario)]
    few = min(runs.sizing.mailboxes, max(DAY_MAILBOXES, len(runs.sizing.groups)))
    shares = [quarter_shares(readings) for readings in runs.days([few, 4 * few])]
    return busy_windows(scenario, *shares)


def _look(runs: SizeRuns, searches: Sequence[WindowSearch]) -> None:
    """Look at few mailboxes in all windows at once: no core waits for the end of one of them."""
    tasks = [task for each in searches for task in each.first_tasks()]
    runs.say(Phase("few mailboxes in each of these windows", *runs.ahead(tasks)))
    runs.measured(tasks)
    for each in searches:
        each.search.look_at(*each.pilots)
        each.found = each.search.seen(max(each.pilots))
    near = round(searches[0].search.estimate())
    for each in searches[1:]:
        each.runs.measure_enough(near)
    runs.checks_mailbox_hours = sum(
        each.runs.mailbox_hours(near)
        for each in searches[1:]
        if not each.holds(searches[0], float(near))
    )


def _not_holding(
    runs: SizeRuns, first: WindowSearch, others: Sequence[WindowSearch]
) -> list[WindowSearch]:
    """Return the windows in which the answer is not expected to hold, simulated once at it."""
    answer = first.found.size.mean
    size = answer if 0.0 < answer < float("inf") else float(first.found.at)
    left = [each for each in others if not each.holds(first, size)]
    runs.checks_mailbox_hours = 0.0
    tasks = [task for each in left for task in each.check(first.found.at)]
    times = " and at ".join(format_time(task.begin_s, seconds=False) for task in tasks)
    doing = f"{first.found.at:,} mailboxes, do they fit at {times} too"
    low, high = first.bracket()
    runs.say(Phase(doing, *runs.ahead(tasks), 0.0, low=low, high=high))
    runs.measured(tasks)
    return left


def cells(scenario: Scenario, group: str | None = None) -> dict[str, Scenario]:
    """Return the scenario in each mode, and with a front end each order of paths, by its name.

    All groups have that mode and order, or one `group` alone.

    >>> list(cells(Scenario.load("branch-office")))
    ['online, TCP first', 'online, HTTPS first', 'cached, TCP first', 'cached, HTTPS first']
    """
    names = sized(scenario, group)
    has_front_end = any(server.role == "front_end" for server in scenario.servers.values())
    found = {}
    for mode in CELL_MODES:
        for order, flags in ORDERS.items() if has_front_end else [("", None)]:
            changes: dict[str, Any] = {f"groups__{name}__mode": mode for name in names}
            if flags is not None:
                changes |= {f"groups__{name}__policy__roh_flags": flags for name in names}
            found[", ".join(filter(None, [mode, order]))] = scenario.with_(**changes)
    return found


def sized(scenario: Scenario, group: str | None) -> tuple[str, ...]:
    """Return the groups that grow: all, or the one. Raises ScenarioError where there is none such.

    >>> sized(Scenario.load("three-thousand"), "branch")
    ('branch',)
    """
    if group is None:
        return tuple(scenario.groups)
    if group not in scenario.groups:
        known = ", ".join(scenario.groups)
        raise ScenarioError(f"there is no group {group!r} to size; try one of: {known}")
    return (group,)


def _answer(first: WindowSearch, searches: Sequence[WindowSearch], sizing: Sizing) -> Capacity:
    ordered = [first, *(each for each in searches if each is not first)]
    found = first.found
    beside = tuple(
        (limit, each.runs.window.begin_s) for each in ordered for limit in each.found.beside
    )
    limits = pd.concat([limits_of(each, found) for each in ordered], ignore_index=True)
    own = pd.Series(
        [row in beside for row in zip(limits["limit"], limits["begin_s"], strict=True)], dtype=bool
    )
    limits = limits[own | ~limits["limit"].isin([limit for limit, _ in beside])]
    limits = limits.reset_index(drop=True)
    limits = limits.assign(order=limits.index.to_numpy() > 0).sort_values(
        ["order", "size", "share"], ascending=[True, True, False]
    )
    limits = limits.drop_duplicates("limit").drop(columns="order").reset_index(drop=True)
    things = limits["limit"].str.rpartition(": ")[0]
    limits["pool"] = [sizing.pool_of(thing) for thing in things]
    windows = pd.DataFrame([_looked_at(each) for each in ordered])
    return Capacity(
        found.size, found.binding, limits, found.points, found.at, beside, sizing.mailboxes,
        found.replications, first.span, windows, tuple(sizing.groups), _others(sizing),
    )  # fmt: skip


def _others(sizing: Sizing) -> int:
    """Return how many mailboxes the groups have that are not sized."""
    groups = sizing.scenario.groups
    return sum(group.mailboxes for name, group in groups.items() if name not in sizing.groups)


def _looked_at(each: WindowSearch) -> dict[str, Any]:
    """Return the row of a window: what was seen in it at the largest size that was simulated."""
    found, (begin_s, end_s) = each.found, each.span
    row = {"begin_s": begin_s, "end_s": end_s, "why": each.runs.window.limit}
    means = found.mean_shares().drop(columns=[*found.beside], errors="ignore")
    if each.expected:
        here = means.loc[max(each.pilots)]
        limit = max(each.expected, key=lambda name: (round(each.expected[name], 3), here[name]))
        return row | {
            "at": each.expected_at, "limit": limit, "share": each.expected[limit], "fits": True,
            "size": found.size.mean, "simulated": max(each.pilots),
        }  # fmt: skip
    at = found.at if found.at in means.index else int(max(means.index))
    fullest = means.loc[at].idxmax() if len(means.columns) else ""
    share = float(means.loc[at].max()) if len(means.columns) else 0.0
    return row | {
        "at": at, "limit": fullest, "share": share, "fits": each.checked, "size": found.size.mean,
        "simulated": at,
    }  # fmt: skip
