"""How many mailboxes a scenario holds at a service level, what binds first, and what next."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from anywhere_sim.analysis.intervals import Interval
from anywhere_sim.analysis.limits import LATENCY, QUEUE, STANDARD, THREADS, WAIT, ServiceLevel
from anywhere_sim.experiments.busy_windows import (
    TIMES,
    Window,
    busiest_hour,
    busy_windows,
    has_quarters,
    quarter_shares,
)
from anywhere_sim.experiments.size_runs import SizeRuns, Sizing, Step, Store, WindowRuns
from anywhere_sim.experiments.size_search import Found, Search
from anywhere_sim.scenario import Scenario, ScenarioError
from anywhere_sim.simulation.rules import Rules

PILOT_MAILBOXES = 300
DAY_MAILBOXES = 75
"""The day is run with so many and with four times as many, to see when limits are nearest."""
MOST_MAILBOX_HOURS = 7_500.0
"""A run of some two minutes: a window that takes more is not checked at the answer."""
BURST = (WAIT, LATENCY, THREADS, QUEUE)
"""What grows faster than the size, so that it can't be said how it goes on."""
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
    day with few mailboxes; "" for the busiest hour), the largest size simulated in it (`at`), its
    fullest `limit` and `share` there, whether the answer `fits` (None: not simulated at that size),
    and the `size` found where it was searched (else NaN). `limits` has a row per limit, the one
    that binds first on top: its share at `at`, the simulated size that is nearest to the answer,
    the size at which it is reached (NaN where that can't be told from the sizes simulated), and
    the begin of the window where that is soonest. `points` has the shares of every run in `hour`.
    `mailboxes` is the scenario's own size, `beside` what is exceeded at any size and left out,
    each with the begin of its window.

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
    rules: Rules | None = None,
    precision: float = 0.05,
) -> Capacity:
    """Return how many mailboxes fit at a service level, and what binds first.

    All groups grow in proportion, or one `group` alone. Two runs of the first day with few
    mailboxes say in which quarters of an hour the limits are nearest (people open Outlook, servers
    are busy); in the first of them the size is searched, from a settled beginning and without the
    scenario's events, by bracketing and bisection under common random numbers, with replications
    until its 95 % interval is within `precision` to each side. A second such quarter and the
    busiest hour are checked at that size, and searched too where it does not fit.

    With a `folder` finished runs are kept there, and a search that was stopped goes on; `watch` is
    called after each run. Raises ScenarioError for a group that there is not, SearchStopped (a
    KeyboardInterrupt) with what is known so far.

    >>> answer = aw.capacity(line, precision=0.5, folder="results/line")
    >>> print(answer.size, answer.binding)
    3.014 [2.374, 4.644] fe1: open requests
    """
    chosen = rules or Rules()
    chosen.check(scenario)
    sizing = Sizing(scenario, _sized(scenario, group))
    store = Store(Path(folder) / RUNS if folder else None)
    runs = SizeRuns(sizing, level, seed, store, executor, watch, rules)
    searches: list[_WindowSearch] = []
    first: _WindowSearch | None = None
    try:
        for window in _windows(runs):
            searches.append(_WindowSearch.begin(runs, window, precision))
            if first is None or not searches[-1].fits(first.found):
                first = searches[-1].end(first)
    except KeyboardInterrupt as stop:
        if not searches or isinstance(stop, SearchStopped):
            raise
        low, high = searches[-1].bracket()
        known = high if first is None else min(high, first.bracket()[1])
        raise SearchStopped(low, known, *searches[-1].span) from stop
    assert first is not None  # there is always the busiest hour
    return _answer(first, searches, sizing)


def _windows(runs: SizeRuns) -> list[Window]:
    """Return the windows to look at: of the whole scenario, where it is too short to choose."""
    scenario = runs.sizing.scenario
    if not has_quarters(scenario):
        return [busiest_hour(scenario)]
    few = min(runs.sizing.mailboxes, max(DAY_MAILBOXES, len(runs.sizing.groups)))
    shares = [quarter_shares(readings) for readings in runs.days([few, 4 * few])]
    return busy_windows(scenario, *shares)


@dataclass(slots=True)
class _WindowSearch:
    """The search in one window; `found` is what it found, without a size where it was checked."""

    runs: WindowRuns
    search: Search
    found: Found
    checked: bool | None = None

    @classmethod
    def begin(cls, runs: SizeRuns, window: Window, precision: float) -> _WindowSearch:
        """Return the search after its first look."""
        sizing = runs.sizing
        own = WindowRuns(runs, window, lambda: search)
        search = Search(
            own.shares, smallest=len(sizing.groups), precision=precision,
            may_be_beside=lambda limit: limit.rpartition(": ")[2] in TIMES,
        )  # fmt: skip
        pilot = min(sizing.mailboxes, max(PILOT_MAILBOXES, len(sizing.groups)))
        search.look_at(pilot, 4 * pilot)
        return cls(own, search, search.seen(4 * pilot))

    @property
    def span(self) -> tuple[float, float]:
        return self.runs.window.begin_s, self.runs.end_s

    def bracket(self) -> tuple[float, float]:
        """Return the largest size known to fit and the smallest known not to."""
        return self.search.bracket()

    def fits(self, found: Found) -> bool:
        """Return whether what another window has found fits in this one, as far as can be told."""
        at = found.at
        self.runs.measure_enough(at)
        if self.runs.mailbox_hours(at) <= MOST_MAILBOX_HOURS or self.bracket()[1] <= at:
            self.search.look_at(at)
            self.checked = self.bracket()[1] > at
            self.found = self.search.seen(at)
        return self.checked is not False

    def end(self, other: _WindowSearch | None) -> _WindowSearch:
        """Return the search that ends with the smaller size: this one, or the other."""
        guess = self.search.estimate()
        self.runs.measure_enough(round(guess))
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
    limits = pd.concat([_limits(each, found) for each in ordered], ignore_index=True)
    limits = limits.assign(order=limits.index.to_numpy() > 0).sort_values(
        ["order", "size", "share"], ascending=[True, True, False]
    )
    limits = limits.drop_duplicates("limit").drop(columns="order").reset_index(drop=True)
    beside = tuple(
        (limit, each.runs.window.begin_s) for each in ordered for limit in each.found.beside
    )
    windows = pd.DataFrame([_looked_at(each) for each in ordered])
    return Capacity(
        found.size, found.binding, limits, found.points, found.at, beside, sizing.mailboxes,
        found.replications, first.span, windows,
    )  # fmt: skip


def _looked_at(each: _WindowSearch) -> dict[str, Any]:
    """Return the row of a window: what was seen in it at the largest size that was simulated."""
    found, (begin_s, end_s) = each.found, each.span
    means = found.mean_shares().drop(columns=[*found.beside], errors="ignore")
    at = found.at if found.at in means.index else int(max(means.index))
    fullest = means.loc[at].idxmax() if len(means.columns) else ""
    share = float(means.loc[at].max()) if len(means.columns) else 0.0
    return {
        "begin_s": begin_s, "end_s": end_s, "why": each.runs.window.limit, "at": at,
        "limit": fullest, "share": share, "fits": each.checked, "size": found.size.mean,
    }  # fmt: skip


def _limits(each: _WindowSearch, answer: Found) -> pd.DataFrame:
    """Return a row per limit of a window, the binding one first."""
    found = each.found
    means = found.mean_shares()
    at = found.at if found.at in means.index else int(max(means.index))
    rows = [
        {"limit": limit, "share": float(means.loc[at, limit]), "size": _size_of(means[limit], at),
         "begin_s": each.runs.window.begin_s}
        for limit in means.columns
        if limit not in found.beside
    ]  # fmt: skip
    limits = pd.DataFrame(rows, columns=["limit", "share", "size", "begin_s"])
    if found is answer:
        first = limits["limit"].eq(found.binding)
        limits.loc[first, "size"] = found.size.mean
        limits = limits.assign(order=~first).sort_values("order", kind="stable")
        limits = limits.drop(columns="order")
    return limits


def _size_of(share: pd.Series, at: int) -> float:
    """Return the size at which a limit is reached, from the shares at the smallest and at `at`.

    It is a n + b n^2, as a front end's processor is whose work per call rises with the users; NaN
    for what explodes, or hardly grows.
    """
    what = str(share.name).rpartition(": ")[2]
    small, large = int(share.index.min()), at
    few, many = float(share.loc[small]), float(share.loc[large])
    if what in BURST or small == large or many <= 1.2 * few or many < 0.01:
        return float("nan")
    bend = (many / large - few / small) / (large - small)
    first = many / large - bend * large
    if bend <= 0.0 or first <= 0.0:
        return large / many
    return float((-first + (first * first + 4.0 * bend) ** 0.5) / (2.0 * bend))
