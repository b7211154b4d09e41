"""How many mailboxes a scenario holds at a service level, what binds first, and what next."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from anywhere_sim.analysis.intervals import Interval
from anywhere_sim.analysis.limits import STANDARD, ServiceLevel
from anywhere_sim.experiments.busy_windows import (
    STANDING,
    TIMES,
    Window,
    busiest_hour,
    busy_windows,
    has_quarters,
    quarter_shares,
)
from anywhere_sim.experiments.size_runs import (
    BURST,
    Phase,
    SizeRuns,
    Sizing,
    Step,
    Store,
    Task,
    WindowRuns,
    size_of,
)
from anywhere_sim.experiments.size_search import Found, Search
from anywhere_sim.scenario import Scenario, ScenarioError
from anywhere_sim.scenario.quantities import format_time
from anywhere_sim.simulation.rules import Rules

PILOT_MAILBOXES = 300
DAY_MAILBOXES = 75
"""The day is run with so many and with four times as many, to see when limits are nearest."""
MOST_MAILBOX_HOURS = 7_500.0
"""A run of some two minutes: a window that takes more is not checked at the answer."""
CLEAR = 0.8
"""A window in which no share is expected beyond this is not simulated at the answer: some 20 % are
left for how a share may bend."""
LESS = 0.98
"""What connections hold is counted under common random numbers, so that so little less is less."""
CLOSE = 0.05
"""Beside a limit by less than this, one replication does not tell on which side a size is."""
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
    left out, each with the begin of its window.

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
    sizing = Sizing(scenario, _sized(scenario, group))
    store = Store(Path(folder) / RUNS if folder else None)
    runs = SizeRuns(sizing, level, seed, store, executor, watch, plan, rules)
    first: _WindowSearch | None = None
    under_way: list[_WindowSearch] = []
    try:
        windows = _windows(runs)
        searches = [
            _WindowSearch.begin(runs, window, precision, is_first=window is windows[0])
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


def _look(runs: SizeRuns, searches: Sequence[_WindowSearch]) -> None:
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
    runs: SizeRuns, first: _WindowSearch, others: Sequence[_WindowSearch]
) -> list[_WindowSearch]:
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


@dataclass(slots=True)
class _WindowSearch:
    """The search in one window; `found` is what it found, without a size where it was checked.

    `pilots` are the sizes of its first look; `expected` is the share of each limit at `expected_at`
    where that was enough.
    """

    runs: WindowRuns
    search: Search
    pilots: tuple[int, ...]
    found: Found
    checked: bool | None = None
    expected: dict[str, float] = field(default_factory=dict)
    expected_at: int = 0

    @classmethod
    def begin(
        cls, runs: SizeRuns, window: Window, precision: float, *, is_first: bool
    ) -> _WindowSearch:
        """Return the search before its first look; a window to be checked has one replication, and
        the hour, which is simulated at the answer whatever is expected, few mailboxes alone.
        """
        sizing = runs.sizing
        own = WindowRuns(runs, window, lambda: search)
        search = Search(
            own.shares, smallest=len(sizing.groups), largest=sizing.largest,
            precision=precision,
            first_replications=2 if is_first else 1,
            may_be_beside=lambda limit: limit.rpartition(": ")[2] in TIMES,
        )  # fmt: skip
        pilot = min(sizing.mailboxes, max(PILOT_MAILBOXES, len(sizing.groups)))
        few_only = window.is_steady and not is_first
        pilots = (pilot,) if few_only else (pilot, 4 * pilot)
        return cls(own, search, pilots, search.seen(pilot))

    @property
    def span(self) -> tuple[float, float]:
        return self.runs.window.begin_s, self.runs.end_s

    def first_tasks(self) -> list[Task]:
        """Return the runs of the first look."""
        return self.runs.tasks(self.search.points(self.pilots))

    def bracket(self) -> tuple[float, float]:
        """Return the largest size known to fit and the smallest known not to."""
        return self.search.bracket()

    def holds(self, first: _WindowSearch, size: float) -> bool:
        """Return whether a size that the first window allows is sure to fit here, as few tell."""
        expected = self.search.expected(size)
        large = max(self.pilots)
        for limit, share in expected.items():
            here, there = (each.fullest_like(limit, large) for each in (self, first))
            if limit.rpartition(": ")[2] in STANDING and 0.0 < here <= LESS * there:
                expected[limit] = min(share, here / there)  # there it is 1 at the answer, or less
                allowed = LESS
            else:
                allowed = float("inf") if self.search.hardly_grows(limit) else CLEAR
            if expected[limit] > allowed:
                return False
        self.expected, self.expected_at = expected, round(size) if expected else 0
        return bool(expected)

    def fullest_like(self, limit: str, size: int) -> float:
        """Return the highest share of a limit at a size over the boxes of its pool, in the first
        replication; NaN if it was not simulated.
        """
        thing, _, what = limit.rpartition(": ")
        pool = self.runs.runs.sizing.pool_of(thing).split(", ")
        return max(self.search.share(f"{each}: {what}", size) for each in pool)

    def check(self, at: int) -> list[Task]:
        """Return the run at the answer, if it is not too long."""
        self.expected, self.expected_at = {}, 0
        self.runs.measure_enough(at)
        if self.runs.mailbox_hours(at) > MOST_MAILBOX_HOURS or self.bracket()[1] <= at:
            return []
        return self.runs.tasks(self.search.points([at]))

    def fits(self, found: Found) -> bool:
        """Return whether what another window has found fits in this one, as far as can be told."""
        at = found.at
        if self.check(at) or self.bracket()[1] <= at:
            self.search.look_at(at)
            if self.bracket()[1] > at and abs(self.search.worst(at) - 1.0) < CLOSE:
                self.search.replicate()
                self.search.look_at(at)
            self.checked = self.bracket()[1] > at
            self.found = self.search.seen(at)
        return self.checked is not False

    def end(self, other: _WindowSearch | None) -> _WindowSearch:
        """Return the search that ends with the smaller size: this one, or the other."""
        self.search.replicate()
        self.search.look_at(4 * self.pilots[0])
        guess = self.search.estimate()
        self.runs.measure_enough(round(guess))
        if not self.search.is_straight():
            self.search.look_at(round(max(guess / 2.0, max(self.found.points["size"]))))
        self.found, self.checked = self.search.run(), True
        if other is None or self.found.size.mean <= other.found.size.mean:
            return self
        return other


def cells(scenario: Scenario, group: str | None = None) -> dict[str, Scenario]:
    """Return the scenario in each mode, and with a front end each order of paths, by its name.

    All groups have that mode and order, or one `group` alone.

    >>> list(cells(Scenario.load("branch-office")))
    ['online, TCP first', 'online, HTTPS first', 'cached, TCP first', 'cached, HTTPS first']
    """
    names = _sized(scenario, group)
    has_front_end = any(server.role == "front_end" for server in scenario.servers.values())
    found = {}
    for mode in CELL_MODES:
        for order, flags in ORDERS.items() if has_front_end else [("", None)]:
            changes: dict[str, Any] = {f"groups__{name}__mode": mode for name in names}
            if flags is not None:
                changes |= {f"groups__{name}__policy__roh_flags": flags for name in names}
            found[", ".join(filter(None, [mode, order]))] = scenario.with_(**changes)
    return found


def _sized(scenario: Scenario, group: str | None) -> tuple[str, ...]:
    if group is None:
        return tuple(scenario.groups)
    if group not in scenario.groups:
        known = ", ".join(scenario.groups)
        raise ScenarioError(f"there is no group {group!r} to size; try one of: {known}")
    return (group,)


def _answer(first: _WindowSearch, searches: Sequence[_WindowSearch], sizing: Sizing) -> Capacity:
    ordered = [first, *(each for each in searches if each is not first)]
    found = first.found
    beside = tuple(
        (limit, each.runs.window.begin_s) for each in ordered for limit in each.found.beside
    )
    limits = pd.concat([_limits(each, found) for each in ordered], ignore_index=True)
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
        found.replications, first.span, windows,
    )  # fmt: skip


def _looked_at(each: _WindowSearch) -> dict[str, Any]:
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


def _limits(each: _WindowSearch, answer: Found) -> pd.DataFrame:
    """Return a row per limit of a window, the binding one first; its share is that at the answer's
    `at`, if need be reckoned from the largest size simulated.
    """
    found = each.found
    means = found.mean_shares()
    at = max(means.index) if each.expected else answer.at
    if at not in means.index:
        at = found.at if found.at in means.index else max(means.index)
    rows = []
    for limit in means.columns:
        if each.expected and limit not in found.beside:
            share, size = _foreseen(each, limit, answer.at)
        else:
            share, size = float(means.loc[at, limit]), size_of(means[limit], int(at))
            if limit in found.beside:
                size = float("nan")
            elif limit.rpartition(": ")[2] not in BURST:
                share *= answer.at / at
        rows.append({"limit": limit, "share": share, "size": size,
                     "begin_s": each.runs.window.begin_s, "simulated": int(at)})  # fmt: skip
    limits = pd.DataFrame(rows, columns=["limit", "share", "size", "begin_s", "simulated"])
    limits = limits.assign(beside=limits["limit"].isin(found.beside))
    limits = limits.sort_values("beside", kind="stable").drop(columns="beside")
    if found is answer:
        first = limits["limit"].eq(found.binding)
        limits.loc[first, "size"] = found.size.mean
        limits = limits.assign(order=~first).sort_values("order", kind="stable")
        limits = limits.drop(columns="order")
    return limits


def _foreseen(each: _WindowSearch, limit: str, at: int) -> tuple[float, float]:
    """Return the share of a limit at a size, and the size that reaches it, in a window where few
    mailboxes have shown that the answer holds.

    Each mailbox adds alike: how a share bends, one replication of two small sizes does not tell.
    """
    share = each.expected[limit]
    if limit.rpartition(": ")[2] in BURST:
        return share, float("nan")
    size = each.expected_at / share if share > 0.0 else float("nan")
    large = max(each.pilots)
    if (
        limit.rpartition(": ")[2] not in STANDING
        and (many := each.search.share(limit, large)) > 0.0
    ):
        size = large / many
    return at / size, size if at / size >= 0.01 else float("nan")
