"""How many mailboxes a scenario holds at a service level, what binds first, and what next."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, as_completed
from dataclasses import dataclass, field
from importlib.metadata import version
from itertools import pairwise
from math import inf
from pathlib import Path
from time import perf_counter
from typing import Any

import pandas as pd

from anywhere_sim.analysis.intervals import Interval
from anywhere_sim.analysis.limits import (
    COLUMNS,
    LATENCY,
    QUEUE,
    STANDARD,
    THREADS,
    WAIT,
    ServiceLevel,
    loads,
    shares,
)
from anywhere_sim.experiments.size_search import Found, Point, Search, Shares
from anywhere_sim.scenario import Scenario, ScenarioError
from anywhere_sim.scenario.group import CLOSED, Group
from anywhere_sim.scenario.quantities import DAY_S, HOUR_S, format_time
from anywhere_sim.simulation.rules import Rules
from anywhere_sim.simulation.simulate import simulate

WARM_UP_S = 300.0
"""From a settled beginning on, so much of a run is left out: queues fill within seconds."""
CALLS_PER_RUN = 50_000
"""So many calls tell a mean load within some 2 %; a run with more people is shorter."""
SHORTEST_S = 600.0
PILOT_MAILBOXES = 60
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
    infinite ends where the largest that is tried fits. `limits` has a row per limit, the one that
    binds first on top: its share at `at`, the simulated size that is nearest to the answer, and the
    size at which it is reached (NaN where that can't be told from the sizes simulated).
    `points` has the shares of every run. `mailboxes` is the scenario's own size, `beside` what is
    exceeded at any size and left out.
    """

    size: Interval
    binding: str
    limits: pd.DataFrame
    points: pd.DataFrame
    at: int
    beside: tuple[str, ...]
    mailboxes: int
    replications: int
    hour: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Step:
    """A run of the search that has ended, for who watches: what it found and how long it took."""

    size: int
    replication: int
    worst: str
    share: float
    seconds: float
    stored: bool


@dataclass(frozen=True, slots=True)
class _Sizing:
    """What is sized: the busiest hour of a scenario, and the groups that grow together."""

    scenario: Scenario
    groups: tuple[str, ...]
    hour: tuple[float, float]

    @property
    def mailboxes(self) -> int:
        return sum(self.scenario.groups[name].mailboxes for name in self.groups)

    def at(self, size: int, measured_s: float) -> Scenario:
        """Return the scenario with `size` mailboxes in the groups, from a warm-up on."""
        changes: dict[str, Any] = {
            f"groups__{name}__mailboxes": number
            for name, number in zip(self.groups, self._split(size), strict=True)
        }
        changes |= {f"groups__{name}__roll_out": None for name in self.scenario.groups}
        begin_s, end_s = self.hour
        return self.scenario.with_(
            **changes, events=[], beginning="settled", record_rpcs=False,
            start=format_time(max(0.0, begin_s - WARM_UP_S)),
            end=format_time(min(end_s, begin_s + measured_s)),
        )  # fmt: skip

    def _split(self, size: int) -> list[int]:
        """Return each group's part of a size, in proportion, at least one mailbox each."""
        parts, left, rest = [], size, self.mailboxes
        for place, name in enumerate(self.groups):
            own = self.scenario.groups[name].mailboxes
            after = len(self.groups) - place - 1
            part = max(1, min(left - after, round(left * own / rest)))
            parts.append(part)
            left, rest = left - part, rest - own
        return parts


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

    All groups grow in proportion, or one `group` alone. Of the day the busiest hour is simulated,
    from a settled beginning and without the scenario's events. A size is searched by bracketing and
    bisection under common random numbers, with replications until its 95 % interval is within
    `precision` to each side. With a `folder` finished runs are kept there, and a search that
    was stopped goes on; `watch` is called after each run. Raises ScenarioError for a group that
    there is not.
    """
    chosen = rules or Rules()
    chosen.check(scenario)
    sizing = _Sizing(scenario, _sized(scenario, group), busiest_hour(scenario))
    store = _Store(Path(folder) / RUNS if folder else None)
    work = _Work(sizing, level, seed, store, executor, watch, rules)
    begin_s, end_s = sizing.hour
    pilot = min(sizing.mailboxes, max(PILOT_MAILBOXES, len(sizing.groups)))
    work.measured_s = end_s - begin_s
    search = Search(work.shares, smallest=len(sizing.groups), precision=precision)
    search.look_at(pilot)
    search.look_at(4 * pilot)
    guess = search.estimate()
    calls_per_s = work.calls_per_mailbox_s * guess
    work.measured_s = _measured_s(end_s - begin_s, calls_per_s)
    search.look_at(max(4 * pilot, round(guess / 2.0)))
    return _answer(search.run(), sizing, (begin_s, begin_s + work.measured_s))


def _measured_s(hour_s: float, calls_per_s: float) -> float:
    """Return how long to measure, in whole minutes, so that enough calls are made."""
    wanted_s = min(hour_s, max(SHORTEST_S, CALLS_PER_RUN / max(calls_per_s, 1e-6)))
    return min(hour_s, 60.0 * round(wanted_s / 60.0))


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


def busiest_hour(scenario: Scenario) -> tuple[float, float]:
    """Return begin and end of the busiest hour of a scenario's first day, in s since midnight.

    That is the full hour with the most mail, folder views and old items opened by people who have
    Outlook open then; the whole of a scenario that has no full hour.
    """
    first, last = -(-scenario.start // HOUR_S), min(scenario.end, DAY_S) // HOUR_S
    hours = range(int(first), int(last))
    if not hours:
        return scenario.start, scenario.end
    busiest = max(hours, key=lambda hour: _activity(scenario, hour))
    return busiest * HOUR_S, (busiest + 1) * HOUR_S


def _activity(scenario: Scenario, hour: int) -> float:
    begin_s = hour * HOUR_S
    return sum(
        group.mailboxes * _rate(group) * _open_share(group, begin_s, begin_s + HOUR_S)
        * scenario.community(group.community).day_shape[hour]
        for group in scenario.groups.values()
    )  # fmt: skip


def _rate(group: Group) -> float:
    habits = group.habits
    mail = habits.new_messages + habits.outside_messages
    return mail + habits.folder_views + habits.old_items_opened


def _open_share(group: Group, begin_s: float, end_s: float) -> float:
    """Return the share of a span of time in which the itinerary has Outlook open."""
    stays = [*group.itinerary, (inf, "")]
    open_s = sum(
        max(0.0, min(end_s, until_s) - max(begin_s, since_s))
        for (since_s, place), (until_s, _) in pairwise(stays)
        if place not in CLOSED
    )
    return open_s / (end_s - begin_s)


def _sized(scenario: Scenario, group: str | None) -> tuple[str, ...]:
    if group is None:
        return tuple(scenario.groups)
    if group not in scenario.groups:
        known = ", ".join(scenario.groups)
        raise ScenarioError(f"there is no group {group!r} to size; try one of: {known}")
    return (group,)


@dataclass(slots=True)
class _Work:
    """Simulates sizes, or takes them from the store; calls per mailbox are those of the last."""

    sizing: _Sizing
    level: ServiceLevel
    seed: int
    store: _Store
    executor: Executor | None
    watch: Callable[[Step], None] | None
    rules: Rules | None
    measured_s: float = HOUR_S
    calls_per_mailbox_s: float = 0.0

    def shares(self, points: Sequence[Point]) -> dict[Point, Shares]:
        """Return the share of each limit at each size and replication."""
        found: dict[Point, Shares] = {}
        tasks = {point: self._task(point) for point in points}
        for point, task in tasks.items():
            known = self.store.found(task.key)
            if known is not None:
                found[point] = self._seen(point, known, stored=True)
        missing = {point: task for point, task in tasks.items() if point not in found}
        for point, measured in self._done(missing):
            self.store.keep(missing[point].key, measured)
            found[point] = self._seen(point, measured, stored=False)
        return found

    def _task(self, point: Point) -> _Task:
        size, replication = point
        scenario = self.sizing.at(size, self.measured_s)
        return _Task(scenario, self.seed, replication, self.sizing.hour[0], self.rules)

    def _done(self, tasks: Mapping[Point, _Task]) -> Iterator[tuple[Point, dict[str, Any]]]:
        if self.executor is None:
            yield from ((point, task.run()) for point, task in tasks.items())
            return
        waiting = {self.executor.submit(task.run): point for point, task in tasks.items()}
        for future in as_completed(waiting):
            yield waiting[future], future.result()

    def _seen(self, point: Point, measured: Mapping[str, Any], *, stored: bool) -> Shares:
        table = pd.DataFrame(measured["readings"], columns=[*COLUMNS])
        limits = zip(table["limit"], map(self.level.limit_of, table["what"]), strict=True)
        table["limit"] = [wall if own is None else own for wall, own in limits]
        found = shares(table)
        self.calls_per_mailbox_s = measured["rpcs"] / measured["simulated_s"] / point[0]
        if self.watch is not None:
            worst = max(found, key=lambda name: found[name])
            self.watch(Step(*point, worst, found[worst], measured["seconds"], stored))
        return found


@dataclass(frozen=True, slots=True)
class _Task:
    """One run of the search."""

    scenario: Scenario
    seed: int
    replication: int
    begin_s: float
    rules: Rules | None

    @property
    def key(self) -> str:
        """What names the run among those of a folder."""
        return f"{self.scenario.digest()}-{self.seed}-{self.replication}-{version('anywhere-sim')}"

    def run(self) -> dict[str, Any]:
        """Simulate, and return the readings of the measured time as JSON takes them."""
        start_s = perf_counter()
        run = simulate(self.scenario, self.seed, self.replication, rules=self.rules)
        span_s = self.scenario.end - self.begin_s
        table = loads(run, self.scenario, window_s=span_s, begin_s=self.begin_s)
        return {
            "readings": table.to_numpy().tolist(), "rpcs": run.manifest["rpcs"],
            "simulated_s": self.scenario.end - self.scenario.start,
            "seconds": perf_counter() - start_s,
        }  # fmt: skip


@dataclass(slots=True)
class _Store:
    """The finished runs of a search in a file, a line each; a broken last line is left out."""

    path: Path | None
    _runs: dict[str, dict[str, Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.path is None or not self.path.is_file():
            return
        for line in self.path.read_text(encoding="utf-8", errors="replace").splitlines():
            try:
                entry = json.loads(line)
                self._runs[entry.pop("key")] = entry
            except (ValueError, KeyError, AttributeError):
                continue

    def found(self, key: str) -> dict[str, Any] | None:
        return self._runs.get(key)

    def keep(self, key: str, measured: dict[str, Any]) -> None:
        self._runs[key] = measured
        if self.path is not None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("a", encoding="utf-8") as file:
                file.write(json.dumps({"key": key, **measured}) + "\n")


def _answer(found: Found, sizing: _Sizing, hour: tuple[float, float]) -> Capacity:
    means = found.mean_shares()
    at = found.at
    rows = [
        {"limit": limit, "share": float(means.loc[at, limit]), "size": _size_of(means[limit], at)}
        for limit in means.columns
        if limit not in found.beside
    ]
    limits = pd.DataFrame(rows, columns=["limit", "share", "size"])
    first = limits["limit"].eq(found.binding)
    limits.loc[first, "size"] = found.size.mean
    limits = limits.assign(order=~first).sort_values(
        ["order", "size", "share"], ascending=[True, True, False]
    )
    return Capacity(
        found.size, found.binding, limits.drop(columns="order").reset_index(drop=True),
        found.points, at, found.beside, sizing.mailboxes, found.replications, hour,
    )  # fmt: skip


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
