"""How far a command is: a bar in a terminal, a line now and then where output goes elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from time import monotonic
from typing import Any

import numpy as np
from tqdm import tqdm

from anywhere_sim.analysis.labels import duration, quantity
from anywhere_sim.cli.console import echo
from anywhere_sim.experiments.busy_windows import activity
from anywhere_sim.experiments.replicate import bar
from anywhere_sim.report.findings import clock
from anywhere_sim.scenario import Scenario
from anywhere_sim.scenario.quantities import HOUR_S

EVERY_S = 20.0
"""Seconds between two lines."""
IDLE, COPIES = 0.5, 1.0
"""What an hour costs in which nobody does anything, and one in which copies are rolled out beside
that, of the mean hour of a run.
"""


class RunProgress:
    """What is told of runs of a scenario while they last: `watch` is what `simulate` takes."""

    def __init__(
        self, scenario: Scenario, name: str, replications: int, every_s: float = EVERY_S
    ) -> None:
        self._every_s = every_s
        self._start_s, self._end_s = scenario.start, scenario.end
        self._hours_s, self._done = _pace(scenario)
        self._sites = [site.name for site in scenario.sites()]
        self._name, self._replications, self._number = name, replications, 0
        self._began_s = self._told_s = self._seen_s = monotonic()
        self._filled_s, self._filling = 0.0, True
        self._bar: Any = tqdm(
            total=replications, desc=name, disable=not sys.stderr.isatty(), leave=False,
            bar_format="{desc}: {percentage:3.0f}%|{bar}| {elapsed}<{remaining}",
        )  # fmt: skip

    def watch(self, site: str, time_s: float) -> None:
        """Take note that a site has come to that time. What passes before its clock moves fills
        mailboxes: it says nothing of the pace.
        """
        now_s = monotonic()
        self._filled_s += (now_s - self._seen_s) * self._filling
        self._seen_s, self._filling = now_s, time_s <= self._start_s
        done = float(np.interp(time_s, self._hours_s, self._done))
        self._tell(
            self._number + (self._sites.index(site) + done) / len(self._sites),
            f", {_minute(time_s)} of {_minute(self._start_s)} to {_minute(self._end_s)}"
            if time_s > self._start_s
            else ", mailboxes are being filled",
        )

    def finished(self, number: int) -> None:
        """Take note that so many runs are done; after the last say so, if anything was said."""
        self._number, self._filling = number, True
        self._tell(float(number), "")
        if number == self._replications and self._told_s > self._began_s:
            took = quantity(monotonic() - self._began_s, "s")
            echo(f"{self._name}: simulated after {took}; now it is measured", err=True)

    def close(self) -> None:
        """Take the bar away."""
        self._bar.close()

    def _tell(self, runs: float, where: str) -> None:
        if not self._bar.disable:
            self._bar.n = runs
            self._bar.refresh()
        elif monotonic() - self._told_s >= self._every_s and runs < self._replications:
            self._told_s = monotonic()
            run = f", run {self._number + 1} of {self._replications}" * (self._replications > 1)
            took_s, done = self._told_s - self._began_s, runs / self._replications
            left = ""
            if done and not self._filling:
                rest_s = (took_s - self._filled_s) * (1.0 / done - 1.0)
                left = f", some {duration(rest_s)} left at this pace"
            echo(
                f"{self._name}{run}{where}: {100.0 * done:.0f} % after {quantity(took_s, 's')}"
                f"{left}",
                err=True,
            )


def _minute(time_s: float) -> str:
    return clock(60.0 * round(time_s / 60.0))


def _pace(scenario: Scenario) -> tuple[list[float], list[float]]:
    """Return times of a run and the part of the work that is done by then, as people's activity
    tells it: a night costs less than a day.
    """
    first, last = int(scenario.start // HOUR_S), int(-(-scenario.end // HOUR_S))
    hours_s = [scenario.start, *(HOUR_S * hour for hour in range(first + 1, last)), scenario.end]
    busy = np.array([activity(scenario, hour) for hour in range(first, last)])
    copies = np.array([_rolls_out(scenario, hour) for hour in range(first, last)])
    mean = float(busy.mean()) or 1.0
    work = np.cumsum([0.0, *((busy + mean * (IDLE + COPIES * copies)) * np.diff(hours_s))])
    return hours_s, [*(work / work[-1])]


def _rolls_out(scenario: Scenario, hour: int) -> bool:
    """Return whether a group gets its copies in an hour of a run."""
    return any(
        step.begin_s < HOUR_S * (hour + 1) and HOUR_S * hour < step.end_s
        for group in scenario.groups.values()
        if group.roll_out
        for step in group.roll_out.steps(group.mailboxes, scenario.start)
    )


@contextmanager
def run_progress(scenario: Scenario, name: str, replications: int) -> Iterator[RunProgress]:
    """Yield what tells how far runs of a scenario are."""
    told = RunProgress(scenario, name, replications)
    try:
        yield told
    finally:
        told.close()


def study_progress(finished: Iterable[Any], total: int) -> Iterable[Any]:
    """Return the same iterable of finished runs, told as a bar or, now and then, as a line."""
    if sys.stderr.isatty():
        return bar(finished, total)
    return _lines(finished, total)


def _lines(finished: Iterable[Any], total: int) -> Iterator[Any]:
    began_s = told_s = monotonic()
    for number, each in enumerate(finished, start=1):
        yield each
        if monotonic() - told_s >= EVERY_S and number < total:
            told_s = monotonic()
            echo(f"{number} of {total} runs after {quantity(told_s - began_s, 's')}", err=True)
