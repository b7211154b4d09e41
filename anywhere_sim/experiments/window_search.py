"""The search for a size in one window of a day, and which limits it is near there."""

from __future__ import annotations

from dataclasses import dataclass, field

import pandas as pd

from anywhere_sim.experiments.busy_windows import STANDING, TIMES, Window
from anywhere_sim.experiments.size_runs import (
    BURST,
    SizeRuns,
    Task,
    WindowRuns,
    size_of,
    straight,
)
from anywhere_sim.experiments.size_search import Found, Search

PILOT_MAILBOXES = 300
MOST_MAILBOX_HOURS = 7_500.0
"""A run of some two minutes: a window that takes more is not checked at the answer."""
CLEAR = 0.8
"""A window in which no share is expected beyond this is not simulated at the answer: some 20 % are
left for how a share may bend."""
LESS = 0.98
"""What connections hold is counted under common random numbers, so that so little less is less."""
CLOSE = 0.05
"""Beside a limit by less than this, one replication does not tell on which side a size is."""


@dataclass(slots=True)
class WindowSearch:
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
    ) -> WindowSearch:
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
        """Begin and end of the window, in s since midnight."""
        return self.runs.window.begin_s, self.runs.end_s

    @property
    def has_others(self) -> bool:
        """Whether there are groups that are not sized, and use limits beside those that are."""
        sizing = self.runs.runs.sizing
        return len(sizing.groups) < len(sizing.scenario.groups)

    def straight(self, small: int, few: float, large: int, many: float) -> tuple[float, float]:
        """Return what others use of a limit (nothing without others), and what a mailbox adds."""
        if self.has_others and small < large:
            return straight(small, few, large, many)
        return 0.0, many / large

    def first_tasks(self) -> list[Task]:
        """Return the runs of the first look."""
        return self.runs.tasks(self.search.points(self.pilots))

    def bracket(self) -> tuple[float, float]:
        """Return the largest size known to fit and the smallest known not to."""
        return self.search.bracket()

    def holds(self, first: WindowSearch, size: float) -> bool:
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

    def end(self, other: WindowSearch | None) -> WindowSearch:
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


def limits_of(each: WindowSearch, answer: Found) -> pd.DataFrame:
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
            share = float(means.loc[at, limit])
            size = size_of(means[limit], int(at), others=each.has_others)
            if limit in found.beside:
                size = float("nan")
            elif limit.rpartition(": ")[2] not in BURST and at != answer.at:
                small = int(min(means.index))
                offset, slope = each.straight(small, float(means.loc[small, limit]), int(at), share)
                share = offset + slope * answer.at
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


def _foreseen(each: WindowSearch, limit: str, at: int) -> tuple[float, float]:
    """Return the share of a limit at a size, and the size that reaches it, in a window where few
    mailboxes have shown that the answer holds.

    Each mailbox adds alike, to what the groups use that are not sized: how a share bends, one
    replication of two small sizes does not tell.
    """
    share = each.expected[limit]
    if limit.rpartition(": ")[2] in BURST:
        return share, float("nan")
    size = each.expected_at / share if share > 0.0 else float("nan")
    small, large = min(each.pilots), max(each.pilots)
    few, many = (each.search.share(limit, size) for size in (small, large))
    if each.has_others and small < large and many > few:
        offset, slope = each.straight(small, few, large, many)
        size = (1.0 - offset) / slope
        return offset + slope * at, size if slope * at >= 0.01 else float("nan")
    if limit.rpartition(": ")[2] not in STANDING and many > 0.0:
        size = large / many
    return at / size, size if at / size >= 0.01 else float("nan")
