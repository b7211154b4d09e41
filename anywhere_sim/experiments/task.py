"""One run of a study: made, measured, or found in its folder."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pandas as pd

from anywhere_sim.analysis.measures import measures
from anywhere_sim.scenario import Scenario
from anywhere_sim.simulation.rules import Rules
from anywhere_sim.simulation.simulate import simulate
from anywhere_sim.traces import Run, RunError
from anywhere_sim.traces.folder import replaced, stranger_in_run
from anywhere_sim.traces.own_measures import Measure


@dataclass(frozen=True, slots=True)
class Task:
    """One run of a study: its scenario, its cell and numbers, and the folder where its traces lie
    or will lie.
    """

    cell: str
    scenario: Scenario
    seed: int
    replication: int
    folder: Path
    rules: Rules = field(default_factory=Rules)
    measures: Mapping[str, Measure] = field(default_factory=dict)

    def simulate(self, folder: Path) -> Run:
        """Make the run, and return it, in a folder that is free."""
        return simulate(
            self.scenario, self.seed, self.replication, folder=folder, cell=self.cell,
            rules=self.rules,
        )  # fmt: skip

    def measured(self, run: Run) -> pd.Series:
        """Return the measures of the run, those of one's own first."""
        return measures(run, self.measures)

    @property
    def begun(self) -> bool:
        """Whether its folder holds anything: as a rule the whole run, which appears at once."""
        return self.folder.is_dir() and any(self.folder.iterdir())

    def standing(self) -> tuple[str, str]:
        """Return "done", "failed" or "missing", and why it failed or has to be made again."""
        if self.begun:
            try:
                Run.load(self.folder)
            except RunError as error:
                return "missing", str(error)
            return "done", ""
        if not self.failure.is_file():
            return "missing", ""
        return "failed", self.failure.read_text(encoding="utf-8", errors="replace")

    @property
    def failure(self) -> Path:
        """The file that says why the run failed when it was tried last."""
        return self.folder.with_name(f"{self.folder.name}.failed.txt")

    def failed(self, error: BaseException) -> str:
        """Return why the run failed, in one line, and leave it next to the place of its traces."""
        reason = " ".join(f"{type(error).__name__}: {error}".split())
        with suppress(OSError):
            self.failure.parent.mkdir(parents=True, exist_ok=True)
            self.failure.write_text(reason, encoding="utf-8")
        return reason


def work(task: Task) -> pd.Series:
    """Make one run, leave its traces in its folder, return its measures.

    A run that lies there already is measured only; one that can't be loaded is made again.
    """
    if not task.begun:
        return task.measured(task.simulate(task.folder))
    try:
        made = Run.load(task.folder)
    except RunError:
        return task.measured(_made_again(task))
    if (
        made.manifest["digest"] != task.rules.digest_of(task.scenario)
        or made.manifest["seed"] != task.seed
    ):
        raise RunError(f"{task.folder} is of another scenario; remove it")
    return task.measured(made)


def _made_again(task: Task) -> Run:
    """Return the run, made beside a damaged one, whose place it then takes.

    Raises RunError when there is anything in the folder that no run has written.
    """
    stranger = partial(stranger_in_run, damaged=True)
    with replaced(task.folder, stranger, "a run") as draft:
        task.simulate(draft)
    return Run.load(task.folder)


def attempt(task: Task) -> pd.Series | str:
    """Make one run and return its measures; when it fails, the reason, which is also left next to
    the place of its traces.
    """
    try:
        measured = work(task)
    except Exception as error:  # any failure is a row with its reason; the other runs go on
        return task.failed(error)
    task.failure.unlink(missing_ok=True)
    return measured
