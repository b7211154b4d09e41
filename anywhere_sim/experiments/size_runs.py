"""The runs of a search for a size: a window of a scenario at each size, kept in a file."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, as_completed
from dataclasses import dataclass, field
from importlib.metadata import version
from os import SEEK_END
from pathlib import Path
from time import perf_counter, process_time
from typing import IO, Any

import pandas as pd

from anywhere_sim.analysis.limits import (
    COLUMNS,
    FIVE_MINUTES_S,
    LATENCY,
    QUEUE,
    THREADS,
    WAIT,
    ServiceLevel,
    loads,
    shares,
)
from anywhere_sim.experiments.busy_windows import Window, first_day
from anywhere_sim.experiments.size_search import Point, Search, Shares
from anywhere_sim.scenario import Scenario
from anywhere_sim.scenario.quantities import HOUR_S, format_time
from anywhere_sim.simulation.rules import Rules
from anywhere_sim.simulation.simulate import simulate

CALLS_PER_RUN = 50_000
"""So many calls tell a mean load within some 2 %; a run with more people is shorter."""
SHORTEST_S = 600.0
BURST = (WAIT, LATENCY, THREADS, QUEUE)
"""What grows faster than the size, so that it can't be said how it goes on."""


@dataclass(frozen=True, slots=True)
class Step:
    """A run of the search that has ended, for who watches: what it found and how long it took.

    `begin_s` and `end_s` are what it measured, in s since midnight; `worst` is the limit whose
    `share` is highest ("" in a run of the day, of which no share is told). `mailbox_hours` is how
    much it simulated, `seconds` how long that took (wall clock).
    """

    size: int
    replication: int
    worst: str
    share: float
    seconds: float
    stored: bool
    begin_s: float = 0.0
    end_s: float = 0.0
    mailbox_hours: float = 0.0


@dataclass(frozen=True, slots=True)
class Phase:
    """What a search does next, for who watches.

    `doing` says it in words, `runs` begin now; `mailbox_hours` is what they simulate that are not
    kept yet, `later_mailbox_hours` what is likely to follow them until the answer (NaN: not known
    yet). `low` mailboxes are known to fit from the runs of the window that begins at `begin_s`
    (0: none), fewer than `high` do (infinite: not known); the limits `beside` are left out there.
    """

    doing: str
    runs: int
    mailbox_hours: float
    later_mailbox_hours: float = float("nan")
    begin_s: float = 0.0
    end_s: float = 0.0
    low: float = 0.0
    high: float = float("inf")
    beside: tuple[str, ...] = ()


LARGEST_OF_A_STORE = 10_000
"""Mailboxes: the largest published server has 8,000 (measurements A1)."""


@dataclass(frozen=True, slots=True)
class Sizing:
    """What is sized: a scenario, and the groups of it that grow together."""

    scenario: Scenario
    groups: tuple[str, ...]

    @property
    def mailboxes(self) -> int:
        """How many mailboxes the groups have in the scenario."""
        return sum(self.scenario.groups[name].mailboxes for name in self.groups)

    @property
    def largest(self) -> int:
        """The largest size that is tried: more than a store of that time ever had, or ten times the
        scenario's own people.
        """
        servers = self.scenario.servers.values()
        stores = sum(server.role == "mailbox" for server in servers)
        return max(LARGEST_OF_A_STORE * stores, 10 * self.mailboxes)

    def at(self, size: int, start_s: float, end_s: float) -> Scenario:
        """Return the scenario with `size` mailboxes in the groups, from a settled beginning."""
        changes: dict[str, Any] = {
            f"groups__{name}__mailboxes": number
            for name, number in zip(self.groups, self._split(size), strict=True)
        }
        changes |= {f"groups__{name}__roll_out": None for name in self.scenario.groups}
        return self.scenario.with_(
            **changes, events=[], beginning="settled", record_rpcs=False,
            start=format_time(start_s), end=format_time(end_s),
        )  # fmt: skip

    def pool_of(self, thing: str) -> str:
        """Return the front ends among which a group's connections are spread, else the thing."""
        for group in self.scenario.groups.values():
            names = [group.front_end] if isinstance(group.front_end, str) else group.front_end or ()
            if thing in names:
                return ", ".join(names)
        return thing

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


@dataclass(slots=True)
class SizeRuns:
    """Simulates sizes, or takes them from the store. Each run is told of once."""

    sizing: Sizing
    level: ServiceLevel
    seed: int
    store: Store
    executor: Executor | None
    watch: Callable[[Step], None] | None
    plan: Callable[[Phase], None] | None
    rules: Rules | None
    checks_mailbox_hours: float = float("nan")
    """What the checks of other windows will simulate, as far as is known."""
    _told: set[str] = field(default_factory=set)

    def say(self, phase: Phase) -> None:
        """Tell who watches what begins, if there is anything to run."""
        if self.plan is not None and phase.runs:
            self.plan(phase)

    def days(self, sizes: Sequence[int]) -> list[pd.DataFrame]:
        """Return what `loads` says of the first day in five minutes, at each size."""
        span = first_day(self.sizing.scenario)
        tasks = [
            Task(self.sizing.at(size, *span), size, self.seed, 0, span[0], FIVE_MINUTES_S,
                 self.rules)
            for size in sizes
        ]  # fmt: skip
        doing = "the day with few mailboxes, to see when the limits are nearest"
        self.say(Phase(doing, *self.ahead(tasks)))
        return [self.readings(found) for found in self.measured(tasks)]

    def ahead(self, tasks: Iterable[Task]) -> tuple[int, float]:
        """Return how many of some runs are not kept yet, and their mailbox-hours."""
        missing = [task for task in tasks if self.store.found(task.key) is None]
        return len(missing), sum(task.mailbox_hours for task in missing)

    def readings(self, measured: Mapping[str, Any]) -> pd.DataFrame:
        """Return the readings of a run beside the limits of the level."""
        table = pd.DataFrame(measured["readings"], columns=[*COLUMNS])
        limits = zip(table["limit"], map(self.level.limit_of, table["what"]), strict=True)
        table["limit"] = [wall if own is None else own for wall, own in limits]
        return table

    def measured(
        self, tasks: Sequence[Task], beside: frozenset[str] = frozenset()
    ) -> list[dict[str, Any]]:
        """Return what each task measures, in their order, whichever ends first.

        Who watches is told of each as it comes, the limits `beside` last among its worst.
        """
        missing = []
        for task in tasks:
            kept = self.store.found(task.key)
            if kept is None:
                missing.append(task)
            else:
                self._tell(task, kept, beside, stored=True)
        for task, measured in self._done(missing):
            self.store.keep(task.key, measured)
            self._tell(task, measured, beside, stored=False)
        return [self.store.known(task.key) for task in tasks]

    def _tell(
        self, task: Task, measured: dict[str, Any], beside: frozenset[str], *, stored: bool
    ) -> None:
        if self.watch is None or task.key in self._told:
            return
        self._told.add(task.key)
        worst, share = "", float("nan")
        if task.is_one_window:
            own = shares(self.readings(measured))
            worst = max(own, key=lambda name: (name not in beside, own[name]))
            share = own[worst]
        self.watch(
            Step(task.size, task.replication, worst, share, measured["seconds"], stored,
                 task.begin_s, task.scenario.end, task.mailbox_hours)
        )  # fmt: skip

    def _done(self, tasks: Sequence[Task]) -> Iterator[tuple[Task, dict[str, Any]]]:
        """Yield what is done; the longest begin first, so that no core is left at the end."""
        longest_first = sorted(tasks, key=lambda task: -task.mailbox_hours)
        if self.executor is None:
            yield from ((task, task.run()) for task in longest_first)
            return
        waiting = {self.executor.submit(task.run): task for task in longest_first}
        for future in as_completed(waiting):
            yield waiting[future], future.result()


@dataclass(slots=True)
class WindowRuns:
    """The runs of one window; `measured_s` of it are measured, from its begin on.

    `search` returns the search that asks for them: what it leaves out is not named as a run's worst
    limit.
    """

    runs: SizeRuns
    window: Window
    search: Callable[[], Search]
    measured_s: float = field(init=False)
    calls_per_mailbox_s: float = 0.0

    def __post_init__(self) -> None:
        """Begin with the whole window."""
        self.measured_s = self.window.end_s - self.window.begin_s

    def measure_enough(self, size: int) -> None:
        """Shorten the measurement of a steady window to the calls that are enough, at a size."""
        hour_s = self.window.end_s - self.window.begin_s
        if self.window.is_steady:
            calls_per_s = max(self.calls_per_mailbox_s * size, 1e-6)
            wanted_s = min(hour_s, max(SHORTEST_S, CALLS_PER_RUN / calls_per_s))
            self.measured_s = min(hour_s, 60.0 * round(wanted_s / 60.0))

    @property
    def end_s(self) -> float:
        """Where the measurement ends, in s since midnight."""
        return self.window.begin_s + self.measured_s

    def mailbox_hours(self, size: int) -> float:
        """Return how much a run simulates."""
        return size * (self.end_s - self.window.start_s) / HOUR_S

    def shares(self, points: Sequence[Point]) -> dict[Point, Shares]:
        """Return the share of each limit at each size and replication."""
        if not points:
            return {}
        search, tasks = self.search(), self.tasks(points)
        sizes = " and ".join(f"{size:,}" for size in dict(points))
        later = search.runs_to_follow() * self.mailbox_hours(round(search.estimate()))
        self.runs.say(
            Phase(f"{sizes} mailboxes", *self.runs.ahead(tasks),
                  later + self.runs.checks_mailbox_hours, self.window.begin_s, self.end_s,
                  *search.bracket(), tuple(sorted(search.beside)))
        )  # fmt: skip
        measured = self.runs.measured(tasks, search.beside)
        rates = [
            each["rpcs"] / each["simulated_s"] / size
            for (size, _), each in zip(points, measured, strict=True)
        ]
        self.calls_per_mailbox_s = sum(rates) / len(rates)
        return {
            point: shares(self.runs.readings(each))
            for point, each in zip(points, measured, strict=True)
        }

    def tasks(self, points: Iterable[Point]) -> list[Task]:
        """Return the runs of sizes and replications."""
        runs, window = self.runs, self.window
        return [
            Task(runs.sizing.at(size, window.start_s, self.end_s), size, runs.seed, replication,
                 window.begin_s, self.measured_s, runs.rules)
            for size, replication in points
        ]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Task:
    """One run of the search, measured from `begin_s` on in windows of `window_s`."""

    scenario: Scenario
    size: int
    seed: int
    replication: int
    begin_s: float
    window_s: float
    rules: Rules | None

    @property
    def key(self) -> str:
        """What names the run among those of a folder."""
        begin, window = f"{self.begin_s:g}", f"{self.window_s:g}"
        numbers = f"{self.seed}-{self.replication}-{begin}-{window}"
        return f"{self.scenario.digest()}-{numbers}-{version('anywhere-sim')}"

    @property
    def mailbox_hours(self) -> float:
        """How much is simulated."""
        return self.size * (self.scenario.end - self.scenario.start) / HOUR_S

    @property
    def is_one_window(self) -> bool:
        """Whether one window is measured, to the end."""
        return self.begin_s + self.window_s >= self.scenario.end

    def run(self) -> dict[str, Any]:
        """Simulate, and return the readings of the measured time as JSON takes them."""
        start_s, processor_s = perf_counter(), process_time()
        run = simulate(self.scenario, self.seed, self.replication, rules=self.rules)
        table = loads(  # of a few actions too: sizes are compared, and replications
            run, self.scenario, window_s=self.window_s, begin_s=self.begin_s, tail=1
        )
        return {
            "readings": table.to_numpy().tolist(), "rpcs": run.manifest["rpcs"],
            "simulated_s": self.scenario.end - self.scenario.start,
            "seconds": perf_counter() - start_s, "cpu_seconds": process_time() - processor_s,
        }  # fmt: skip


@dataclass(slots=True)
class Store:
    """The finished runs of a search in a file, a line each; a broken last line is left out."""

    path: Path | None
    _runs: dict[str, dict[str, Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Read what is kept."""
        if self.path is None or not self.path.is_file():
            return
        for line in self.path.read_text(encoding="utf-8", errors="replace").splitlines():
            try:
                entry = json.loads(line)
                self._runs[entry.pop("key")] = entry
            except (ValueError, KeyError, AttributeError):
                continue

    def found(self, key: str) -> dict[str, Any] | None:
        """Return a finished run, None if there is none of that key."""
        return self._runs.get(key)

    def known(self, key: str) -> dict[str, Any]:
        """Return a finished run that there is."""
        return self._runs[key]

    def keep(self, key: str, measured: dict[str, Any]) -> None:
        """Keep a finished run."""
        self._runs[key] = measured
        if self.path is not None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("ab+") as file:
                if file.tell() and not self._ends_a_line(file):
                    file.write(b"\n")
                file.write(json.dumps({"key": key, **measured}).encode() + b"\n")

    @staticmethod
    def _ends_a_line(file: IO[bytes]) -> bool:
        """Return whether the last write into a file was whole."""
        file.seek(-1, SEEK_END)
        return file.read(1) == b"\n"


GROWN, GROWN_BESIDE_OTHERS = 1.2, 1.05
"""A share that has grown by a smaller factor hardly comes from the size."""


def straight(small: int, few: float, large: int, many: float) -> tuple[float, float]:
    """Return what others use of a limit, and what each mailbox adds, from the shares at two sizes.

    What grows faster than the size has no part of others; it is taken to grow like the size.

    >>> offset, slope = straight(300, 0.35, 1_200, 0.8)
    >>> round(offset, 3), round(1_000 * slope, 3)
    (0.2, 0.5)
    """
    slope = (many - few) / (large - small)
    offset = many - slope * large
    return (offset, slope) if slope > 0.0 and offset > 0.0 else (0.0, many / large)


def size_of(share: pd.Series, at: int, *, others: bool = False) -> float:
    """Return the size at which a limit is reached, from the shares at the smallest and at `at`.

    It is a n + b n^2, as a front end's processor is whose work per call rises with the users;
    beside `others`, who are not sized and use a part of their own, a line of `straight`. NaN for
    what explodes, or hardly grows.
    """
    what = str(share.name).rpartition(": ")[2]
    small, large = int(share.index.min()), at
    few, many = float(share.loc[small]), float(share.loc[large])
    grown = GROWN_BESIDE_OTHERS if others else GROWN
    if what in BURST or small == large or many <= grown * few or many < 0.01:
        return float("nan")
    bend = (many / large - few / small) / (large - small)
    first = many / large - bend * large
    if bend <= 0.0 or first <= 0.0:
        offset, slope = straight(small, few, large, many) if others else (0.0, many / large)
        return (1.0 - offset) / slope
    return float(2.0 / (first + (first * first + 4.0 * bend) ** 0.5))  # also where it hardly bends
