"""A study: every cell of a plan, replicated under common random numbers.

It resumes where it was left; what it writes into its folder is told by the folder's plan.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Executor
from contextlib import suppress
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any
from uuid import uuid4

import pandas as pd

from anywhere_sim.analysis.measures import named
from anywhere_sim.experiments.plan import Plan
from anywhere_sim.experiments.replicate import Progress
from anywhere_sim.experiments.results import Cell, Results
from anywhere_sim.experiments.task import Task, attempt
from anywhere_sim.experiments.workers import outcomes
from anywhere_sim.simulation.rules import Rules
from anywhere_sim.traces import RunError
from anywhere_sim.traces.folder import (
    MANIFEST,
    first_stranger,
    is_draft,
    is_manifest,
    read_object,
    remove_drafts,
    stranger_in_run,
)
from anywhere_sim.traces.lock import locked
from anywhere_sim.traces.own_measures import Measures, own_measures

NOTE, LOCK, TRACES = "study.json", ".lock", "traces"
_RESULTS = ("values.parquet", "contrasts.csv", "headline.png", "report.html")
_NOTE_DRAFT = re.compile(r"\.study-[0-9a-f]{12}\.part")
_PROBE = re.compile(r"\.probe-[0-9a-f]{32}")
_RUN = re.compile(r"replication-(0|[1-9][0-9]{0,8})(?P<failed>\.failed\.txt)?")


class Study:
    """A plan that can be run, with rules and measures of one's own if need be.

    `Study.load("path-and-cache")`; `rules` are those of `simulate`, on top of those that scenarios
    name, and `measures` those of `simulate` too, on top of the plan's: they stand first in its
    results. Raises ScenarioError for a word that its rules don't know.

    >>> study
    <Study: 'What does cached mode change in an office?', 2 cells of 2 replications>
    """

    def __init__(
        self, plan: Plan, *, rules: Rules | str | None = None, measures: Measures | None = None
    ) -> None:
        self.plan = plan
        self.rules = {cell: Rules.of(each, rules) for cell, each in plan.scenarios().items()}
        self.measures = named(own_measures({**plan.measures, **(measures or {})}))

    def __repr__(self) -> str:
        """Return what it asks, and how many runs answer it."""
        cells, runs = len(self.plan.cells()), self.plan.replications
        return f"<Study: {self.plan.why!r}, {cells} cells of {runs} replications>"

    @classmethod
    def load(
        cls, name: str, *, rules: Rules | str | None = None, measures: Measures | None = None
    ) -> Study:
        """Return the study of that name in data/studies, or of a path to a .toml file.

        Raises ScenarioError with one sentence when it is missing or makes no sense.
        """
        return cls(Plan.load(name), rules=rules, measures=measures)

    @classmethod
    def in_folder(cls, folder: Path) -> Study:
        """Return the study whose results lie in a folder. Raises RunError when it holds none."""
        try:
            note = json.loads((folder / NOTE).read_text(encoding="utf-8"))
            study = cls.__new__(cls)  # its rules may be out of reach: what lies there needs none
            study.plan = Plan.model_validate(note["plan"])
            study.rules, study.measures = {}, {}
            return study
        except OSError as error:
            raise RunError(
                f"{folder} holds no study ({NOTE} can't be read); give the folder that "
                "`anywhere-sim study` wrote"
            ) from error
        except (KeyError, TypeError, ValueError, RecursionError) as error:
            raise RunError(
                f"{folder} holds no study (its {NOTE} makes no sense); give the folder that "
                "`anywhere-sim study` wrote"
            ) from error

    def status(self, folder: Path) -> pd.DataFrame:
        """Return a row per run: cell, replication, status, and the reason of a failure.

        `status` is "done", "failed" or "missing"; a run whose files are damaged is missing, and its
        reason says which file it is.
        """
        rows = []
        for (cell, number), task in self.tasks(folder).items():
            word, reason = task.standing()
            rows.append(
                {"cell": "-".join(cell), "replication": number, "status": word, "reason": reason}
            )
        return pd.DataFrame(rows)

    def tasks(self, folder: Path) -> dict[tuple[Cell, int], Task]:
        """Return every run of the study, replication by replication, so that an unfinished study
        has whole replications.

        Their folders are absolute: a worker of a cluster may have been started anywhere.
        """
        scenarios, traces = self.plan.scenarios(), folder.absolute() / TRACES
        return {
            (cell, number): Task(
                name,
                scenario,
                self.plan.seed,
                number,
                traces / name / f"replication-{number}",
                self.rules.get(cell, Rules()),
                self.measures,
            )
            for number in range(self.plan.replications)
            for cell, scenario in scenarios.items()
            for name in ["-".join(cell)]
        }

    def run(
        self, folder: str | Path, executor: Executor | None = None, progress: Progress | None = None
    ) -> Results:
        """Run what is missing in `folder` and return the results of all; a run that fails is a row
        of `failures`.

        Without an executor the runs are made here, one after the other. Raises RunError when the
        folder holds another thing, or when another process is at work in it.
        """
        target = Path(folder)
        tasks = self.tasks(target)
        if executor is not None:
            self.check_travel(executor)
        self.check(target)
        target.mkdir(parents=True, exist_ok=True)
        with locked(target / LOCK, "") as ours:
            if not ours:
                raise RunError(
                    f"another process runs the study in {target}; wait for its end, or name "
                    "another folder with --out"
                )
            self.claim(target)
            self.tidy(target)
            return self._run(tasks, executor, progress)

    def _run(
        self,
        tasks: dict[tuple[Cell, int], Task],
        executor: Executor | None,
        progress: Progress | None,
    ) -> Results:
        values: dict[tuple[Cell, int], pd.Series] = {}
        failures: dict[tuple[Cell, int], str] = {}
        finished: Iterable[tuple[tuple[Cell, int], pd.Series | str]] = (
            _here(tasks) if executor is None else _on(executor, tasks)
        )
        for key, found in progress(finished, len(tasks)) if progress else finished:
            if isinstance(found, str):
                failures[key] = found
            else:
                values[key] = found
        return Results(self.plan, values, failures, self.measures)

    def check_travel(self, executor: Executor) -> None:
        """Send rules and measures to a worker. Raises ScenarioError for what does not arrive."""
        tried: list[Rules] = []
        for rules in self.rules.values():
            if rules not in tried:
                tried.append(rules)
                rules.check_travel(executor, {} if tried[1:] else self.measures)

    def without_effect(self, folder: Path) -> list[str]:
        """Return the paths of what the scenario sets and no run in the folder has read, sorted."""
        runs = (read_object(task.folder / MANIFEST) for task in self.tasks(folder).values())
        found = [set(run.get("without_effect", ())) for run in runs if is_manifest(run)]
        return sorted(set.intersection(*found)) if found else []

    def tidy(self, folder: Path) -> None:
        """Remove what runs that were broken off have left half-written; what somebody works at
        stays.
        """
        for cell in (folder / TRACES).glob("*"):
            remove_drafts(cell)

    def note(self) -> dict[str, Any]:
        """Return what the folder of the results says about them: their plan and who made them.

        With rules of one's own a digest says what those do.
        """
        left_out = None if self.plan.measures else {"measures"}
        plan = self.plan.model_dump(mode="json", exclude=left_out)
        note: dict[str, Any] = {"version": version("anywhere-sim"), "plan": plan}
        if any(rules != Rules() for rules in self.rules.values()):
            digests = [
                self.rules[cell].digest_of(each) for cell, each in self.plan.scenarios().items()
            ]
            note["rules"] = sha256(" ".join(digests).encode()).hexdigest()[:32]
        return note

    def check(self, folder: Path) -> None:
        """Check that a folder can take the study, or has it already, and touch nothing. Raises
        RunError.
        """
        note = folder / NOTE
        try:
            if note.is_file():
                _refuse_others(json.loads(note.read_text(encoding="utf-8")), self.note(), folder)
            elif folder.exists() and not all(
                is_note_draft(path) or path.name == LOCK for path in folder.iterdir()
            ):
                raise RunError(
                    f"{folder} is not empty and holds no study; choose a new folder with --out"
                )
        except (OSError, ValueError, RecursionError) as error:
            if isinstance(error, RunError):
                raise
            raise RunError(
                f"{folder} can't hold a study ({error}); name another folder with --out"
            ) from error

    def claim(self, folder: Path) -> None:
        """Write the plan into the folder, or find it there. Raises RunError when the folder holds
        something else.
        """
        self.check(folder)
        draft = folder / f".study-{uuid4().hex[:12]}.part"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            for left in filter(is_note_draft, list(folder.iterdir())):
                left.unlink(missing_ok=True)
            draft.write_text(json.dumps(self.note(), indent=2) + "\n", encoding="utf-8")
            draft.replace(folder / NOTE)
        except OSError as error:
            with suppress(OSError):
                draft.unlink()
            raise RunError(
                f"{folder} can't hold a study ({error}); name another folder with --out"
            ) from error


def _refuse_others(found: Any, content: dict[str, Any], folder: Path) -> None:
    """Raise RunError when a folder's runs are of another plan, or were made by another version,
    which may say other things.
    """
    if not isinstance(found, dict) or found.get("plan") != content["plan"]:
        raise RunError(
            f"{folder} holds another study; name a new folder with --out, or remove that one"
        )
    if found.get("rules") != content.get("rules"):
        raise RunError(
            f"{folder} holds runs of the same plan under other rules; name a new folder with "
            "--out, or --overwrite it"
        )
    if found.get("version") != content["version"]:
        raise RunError(
            f"{folder} holds runs of version {found.get('version')}, this is "
            f"{content['version']}; name a new folder with --out, or --overwrite it"
        )


def _here(
    tasks: dict[tuple[Cell, int], Task],
) -> Iterator[tuple[tuple[Cell, int], pd.Series | str]]:
    for key, task in tasks.items():
        yield key, attempt(task)


def _on(
    executor: Executor, tasks: dict[tuple[Cell, int], Task]
) -> Iterator[tuple[tuple[Cell, int], pd.Series | str]]:
    """A worker that dies again and again takes its run with it: that is a failure too."""
    for key, found in outcomes(executor, attempt, tasks):
        yield key, tasks[key].failed(found) if isinstance(found, BaseException) else found


def stranger_in_study(folder: Path) -> Path | None:
    """Return the first thing in a folder that no study has written, or None when all is a study's.

    What a study has written is known by its plan and by name once `study.json` is one, of this or
    of another version; damaged runs are its own too.
    """
    note = read_object(folder / NOTE)
    if not is_note(note):
        return first_stranger(folder, lambda path: False)
    return next(_strangers(folder, note["plan"]), None)


def is_note(content: Mapping[str, Any]) -> bool:
    """Whether that is the note of a study, of this or of another version."""
    plan = content.get("plan")
    if not isinstance(content.get("version"), str) or not isinstance(plan, dict):
        return False
    factors = plan.get("factors")
    return (
        isinstance(plan.get("scenario"), str)
        and type(plan.get("replications")) is int
        and isinstance(factors, dict)
        and all(isinstance(levels, dict) for levels in factors.values())
    )


def is_note_draft(path: Path) -> bool:
    """Whether that is a `study.json` on its way, left by a process that was killed."""
    return bool(_NOTE_DRAFT.fullmatch(path.name)) and path.is_file()


def _strangers(folder: Path, plan: Mapping[str, Any]) -> Iterator[Path]:
    def of_cell(path: Path) -> bool:
        return is_draft(path) or _is_of_cell(path, plan["replications"])

    yield from _foreign(folder, _is_of_study)
    if not (folder / TRACES).is_dir():
        return
    yield from _foreign(folder / TRACES, lambda path: path.is_dir() and _is_cell(path.name, plan))
    for cell in sorted((folder / TRACES).iterdir()):
        yield from _foreign(cell, of_cell)
        for run in sorted(path for path in cell.iterdir() if path.is_dir() and not is_draft(path)):
            found = stranger_in_run(run, damaged=True)
            yield from [found] if found else []


def _foreign(folder: Path, own: Callable[[Path], bool]) -> Iterator[Path]:
    found = first_stranger(folder, own)
    yield from [found] if found else []


def _is_of_study(path: Path) -> bool:
    if path.name == TRACES:
        return path.is_dir()
    own = path.name in (NOTE, LOCK, *_RESULTS) or _PROBE.fullmatch(path.name) is not None
    return path.is_file() and (own or is_note_draft(path))


def _is_of_cell(path: Path, replications: int) -> bool:
    matched = _RUN.fullmatch(path.name)
    if matched is None or int(matched[1]) >= replications:
        return False
    return path.is_file() if matched["failed"] else path.is_dir()


def _is_cell(name: str, plan: Mapping[str, Any]) -> bool:
    """Whether a name is that of a cell: for each factor a level, or a reference cell's name."""
    words, levels = name.split("-"), list(plan["factors"].values())
    tables = [part for key, part in plan.items() if key != "factors" and isinstance(part, dict)]
    return len(words) == len(levels) and all(
        word in known or any(word in table for table in tables)
        for word, known in zip(words, levels, strict=True)
    )
