"""How far a command is: a bar in a terminal, a line now and then where output goes elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from time import monotonic
from typing import Any

from tqdm import tqdm

from anywhere_sim.analysis.labels import duration, quantity
from anywhere_sim.cli.console import echo
from anywhere_sim.experiments.replicate import bar
from anywhere_sim.scenario import Scenario
from anywhere_sim.scenario.quantities import format_time

EVERY_S = 20.0
"""Seconds between two lines."""


class RunProgress:
    """What is told of runs of a scenario while they last: `watch` is what `simulate` takes."""

    def __init__(
        self, scenario: Scenario, name: str, replications: int, every_s: float = EVERY_S
    ) -> None:
        self._every_s = every_s
        self._start_s, self._end_s = scenario.start, scenario.end
        self._sites = [site.name for site in scenario.sites()]
        self._name, self._replications, self._number = name, replications, 0
        self._began_s = self._told_s = monotonic()
        self._bar: Any = tqdm(
            total=replications, desc=name, disable=not sys.stderr.isatty(), leave=False,
            bar_format="{desc}: {percentage:3.0f}%|{bar}| {elapsed}<{remaining}",
        )  # fmt: skip

    def watch(self, site: str, time_s: float) -> None:
        """Take note that a site has come to that time."""
        done = (time_s - self._start_s) / (self._end_s - self._start_s)
        self._tell(
            self._number + (self._sites.index(site) + done) / len(self._sites),
            f", {format_time(time_s, seconds=False)} of {self._times()}"
            if time_s > self._start_s
            else ", mailboxes are being filled",
        )

    def finished(self, number: int) -> None:
        """Take note that so many runs are done; after the last say so, if anything was said."""
        self._number = number
        self._tell(float(number), "")
        if number == self._replications and self._told_s > self._began_s:
            took = quantity(monotonic() - self._began_s, "s")
            echo(f"{self._name}: simulated after {took}; now it is measured", err=True)

    def close(self) -> None:
        """Take the bar away."""
        self._bar.close()

    def _times(self) -> str:
        return " to ".join(
            format_time(each, seconds=False) for each in (self._start_s, self._end_s)
        )

    def _tell(self, runs: float, where: str) -> None:
        if not self._bar.disable:
            self._bar.n = runs
            self._bar.refresh()
        elif monotonic() - self._told_s >= self._every_s and runs < self._replications:
            self._told_s = monotonic()
            run = f", run {self._number + 1} of {self._replications}" * (self._replications > 1)
            took_s, done = self._told_s - self._began_s, runs / self._replications
            left = f", some {duration(took_s / done - took_s)} left at this pace" if done else ""
            echo(
                f"{self._name}{run}{where}: {100.0 * done:.0f} % after {quantity(took_s, 's')}"
                f"{left}",
                err=True,
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
