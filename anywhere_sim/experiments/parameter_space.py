"""All uncertain inputs of a plan varied at once: in which share of their space a sign holds.

A Latin hypercube (McKay, Beckman and Conover 1979) says how often cached mode asks for less than
online mode; elementary effects (Morris 1991) say which inputs that hangs on. Both designs lie in
the unit cube: 0 and 1 are the ends of an input's range, 0.5 is its usual value, and between them it
is even. So half of the space lies on either side of what the model says by itself. The two modes of
a point share their seed (common random numbers). The trajectories, which are most of the points,
run on the first path of the plan only; on the others inputs are ranked by their slopes over the
hypercube, which tell the strongest apart and no more: what may be chance is not named.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from concurrent.futures import Executor
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from anywhere_sim.analysis.measures import measures
from anywhere_sim.experiments.plan import Plan, Space, paths_of
from anywhere_sim.experiments.replicate import Progress
from anywhere_sim.experiments.space_inputs import Input, inputs
from anywhere_sim.experiments.workers import outcomes
from anywhere_sim.scenario import Scenario, ScenarioError
from anywhere_sim.scenario.shipped import data_folder
from anywhere_sim.scenario.spec import Spec
from anywhere_sim.simulation.simulate import simulate
from anywhere_sim.traces import RunError
from anywhere_sim.traces.lock import locked

FILE_NAME, POINTS = "parameter_space.csv", "points.jsonl"
MODES = ("online", "cached")
LEVELS = 4
"""Levels of the trajectories, in the unit cube: 0, 1/3, 2/3 and 1."""

BOUND = 1000.0
"""A ratio lies between 1 / BOUND and BOUND, whatever its denominator."""

CONCLUSIONS: Mapping[str, tuple[str, ...]] = {
    "calls": ("RPC calls",),
    "operations": ("RPC operations",),
    "bytes": ("bytes up", "bytes down"),
    "disk reads": ("disk reads",),
    "disk writes": ("disk writes",),
    "store CPU": ("store CPU",),
    "front-end CPU": ("front-end CPU",),
    "waiting": ("waited per open hour, mean",),
}
"""What the two modes are compared by, and the measures that are added up for it."""

CHANCE = 3.2
"""Standard errors of a rank correlation: one of 80 idle inputs goes beyond in nine sweeps."""

PERCENTILES = (5, 25, 50, 75, 95)

Values = Mapping[str, list[float]]
"""What a point gave: for each path and mode, joined with a space, a number per conclusion."""


@dataclass(frozen=True, slots=True)
class Design:
    """The points of a plan's parameter space, all in the unit cube.

    Row 0 of `cube` is the usual value of every input; then come the points of the hypercube, then
    those of the trajectories.
    """

    plan: Plan
    space: Space
    inputs: tuple[Input, ...]
    cube: np.ndarray

    @classmethod
    def of(cls, plan: Plan, known: tuple[Input, ...] | None = None) -> Design:
        """Return the design of a plan, over the inputs `known` (default: all of them).

        The same plan has the same points. Raises ScenarioError when it has no parameter space, or
        one that makes no sense.
        """
        from SALib.sample import latin, morris  # here, since what it brings takes long to import

        space = _space(plan)
        known = inputs_of(plan) if known is None else known
        problem = _problem(known)
        parts = [
            np.full((1, len(known)), 0.5),
            latin.sample(problem, space.points, seed=plan.seed),
            morris.sample(problem, space.trajectories, num_levels=LEVELS, seed=plan.seed),
        ]
        return cls(plan, space, known, np.concatenate(parts))

    def paths(self, point: int) -> tuple[str, ...]:
        """Return the paths that are run at a point: all, at those of trajectories the first."""
        every = tuple(self.space.paths)
        return every if point <= self.space.points else every[:1]

    def settings(self, point: int) -> dict[str, Any]:
        """Return the value of each input at a point, by its key."""
        return {
            each.key: each.value(float(at))
            for each, at in zip(self.inputs, self.cube[point], strict=True)
        }


def inputs_of(plan: Plan) -> tuple[Input, ...]:
    """Return the inputs of a plan's parameter space: those of its paths together.

    Raises ScenarioError when it has none.
    """
    on_paths = [inputs(_scenario(plan, path, {})) for path in _space(plan).paths]
    return tuple({each.key: each for known in on_paths for each in known}.values())


def digest(plan: Plan) -> str:
    """Return 32 hex digits of what a plan says of its parameter space, and of all ranges.

    A key that has its usual value is left out: one that is new leaves a space what it was, unless
    it is an input. Raises ScenarioError when the plan has no parameter space.
    """
    space = _space(plan)
    scenarios = [
        json.dumps(_said(_scenario(plan, path, {})), sort_keys=True) for path in space.paths
    ]
    ranges = [repr(each) for each in inputs_of(plan)]
    size = [str(plan.seed), str(space.points), str(space.trajectories)]
    return sha256(" ".join([*scenarios, *ranges, *size]).encode()).hexdigest()[:32]


def _said(part: object) -> object:
    """Return what a part of a scenario says that is not as usual, as plain values."""
    if isinstance(part, Spec):
        usual = part.usual()
        given = {name: getattr(part, name) for name in type(part).model_fields}
        return {name: _said(value) for name, value in given.items() if value != usual[name]}
    if isinstance(part, Mapping):
        return {name: _said(value) for name, value in part.items()}
    return part


def _space(plan: Plan) -> Space:
    if plan.parameter_space is None:
        raise ScenarioError(
            "the study has no table `parameter_space`: give points, trajectories and paths; "
            "see data/studies/path-and-cache.toml"
        )
    return plan.parameter_space


def _problem(known: tuple[Input, ...]) -> dict[str, Any]:
    names = [each.key for each in known]
    return {"num_vars": len(known), "names": names, "bounds": [[0.0, 1.0]] * len(known)}


def _scenario(plan: Plan, path: str, settings: Mapping[str, Any]) -> Scenario:
    """Return the scenario of a path with some inputs set; an input of another path is left out."""
    space = _space(plan)
    base = plan.base().with_(**paths_of(space.settings)).with_(**paths_of(space.paths[path]))
    mine = {each.key for each in inputs(base)} if settings else set()
    chosen = {key: value for key, value in settings.items() if key in mine}
    return base.with_(**paths_of(chosen)) if chosen else base


def work(plan: Plan, settings: Mapping[str, Any], paths: tuple[str, ...]) -> Values:
    """Simulate one point: each of the paths in both modes, with the plan's seed."""
    found = {}
    for path in paths:
        scenario = _scenario(plan, path, settings)
        for mode in MODES:
            modes = {f"groups__{name}__mode": mode for name in scenario.groups}
            measured = measures(simulate(scenario.with_(**modes), plan.seed))
            found[f"{path} {mode}"] = [
                float(measured[list(names)].sum()) for names in CONCLUSIONS.values()
            ]
    return found


def parameter_space(
    plan: Plan, folder: Path, executor: Executor | None = None, progress: Progress | None = None
) -> pd.DataFrame:
    """Return a row per path and conclusion: the ratio of cached to online mode over the space.

    Columns: `path`, `conclusion`; `usual`, the ratio with every input as usual; `share_below_1` of
    the points of the hypercube and their percentiles `p5` to `p95`; `worst`, the ratio of all runs
    that lies farthest on the other side of 1 than the median, and `worst_at`, the inputs that push
    it there most; `input_1` to `input_3`, which matter most by `ranked_by` ("morris": mu*; "slope":
    over the hypercube, "" where it may be chance), and `factor_1` to `factor_3`, by what factor
    each changes the ratio over its range on the mean; `points`, `trajectories`, `inputs`, and
    `plan`, the digest of the space.

    Points that lie in `folder` already are read and not made again. Raises ScenarioError when the
    plan has no parameter space; RunError when a point fails, or the folder holds another one.
    """
    return run(Design.of(plan), folder, executor, progress)


def run(
    design: Design, folder: Path, executor: Executor | None = None, progress: Progress | None = None
) -> pd.DataFrame:
    """Return the table of `parameter_space` for a design."""
    folder.mkdir(parents=True, exist_ok=True)
    with locked(folder / ".lock", "") as ours:
        if not ours:
            raise RunError(
                f"another process is at work in {folder}; wait for its end, or name another folder "
                "with --out"
            )
        values = _run(design, folder / POINTS, executor, progress)
    return table(design, values)


def _run(
    design: Design, file: Path, executor: Executor | None, progress: Progress | None
) -> list[Values]:
    """Make the points that are missing; each is a line of the file as soon as it is there.

    At the end the lines are put in order, so that the file has the same bytes on any executor.
    """
    name = digest(design.plan)
    done = _read(file, name)
    missing = [point for point in range(len(design.cube)) if point not in done]
    finished = _here(design, missing) if executor is None else _on(executor, design, missing)
    with file.open("a", encoding="utf-8") as lines:
        for point, found in progress(finished, len(missing)) if progress else finished:
            done[point] = found
            lines.write(_line(point, found))
            lines.flush()
    ordered = [_line(point, done[point]) for point in range(len(design.cube))]
    _write(file, [_head(name), *ordered])
    return [done[point] for point in range(len(design.cube))]


def _head(name: str) -> str:
    return json.dumps({"plan": name}) + "\n"


def _write(file: Path, lines: list[str]) -> None:
    """Write a file, which is whole whenever this is broken off."""
    draft = file.with_suffix(".part")
    draft.write_text("".join(lines), encoding="utf-8")
    draft.replace(file)


def _line(point: int, found: Values) -> str:
    return json.dumps({"point": point, **found}) + "\n"


def _read(file: Path, name: str) -> dict[int, Values]:
    """Return the points in the file, which is begun when there is none.

    A torn last line is cut, and a damaged one left out: that point is made again.
    """
    text = file.read_text(encoding="utf-8", errors="replace") if file.is_file() else ""
    lines = text.splitlines(keepends=True)
    whole = [line for line in lines if line.endswith("\n")]
    if whole and whole[0] != _head(name):
        raise RunError(
            f"{file.parent} holds points of another study, of another size or of other ranges; "
            "name a new folder with --out, or remove that one"
        )
    whole = whole or [_head(name)]
    if whole != lines:
        _write(file, whole)
    found = {}
    for line in whole[1:]:
        with suppress(ValueError, KeyError, AttributeError):
            row = json.loads(line)
            found[row.pop("point")] = row
    return found


def _here(design: Design, points: list[int]) -> Iterator[tuple[int, Values]]:
    for point in points:
        try:
            found = work(design.plan, design.settings(point), design.paths(point))
        except Exception as error:
            raise _failed(design, point, error) from error
        yield point, found


def _on(executor: Executor, design: Design, points: list[int]) -> Iterator[tuple[int, Values]]:
    tasks = {point: (design.plan, design.settings(point), design.paths(point)) for point in points}
    for point, found in outcomes(executor, _work_of, tasks):
        if isinstance(found, BaseException):
            raise _failed(design, point, found) from found
        yield point, found


def _work_of(task: tuple[Plan, Mapping[str, Any], tuple[str, ...]]) -> Values:
    return work(*task)


def _failed(design: Design, point: int, error: BaseException) -> RunError:
    return RunError(
        f"point {point} of {len(design.cube)} failed ({type(error).__name__}: {error}); the same "
        "command goes on with the others once its cause is gone"
    )


def ratios(values: list[Values], path: str, conclusion: int) -> np.ndarray:
    """Return cached over online at each point where the path was run; 1 where both are 0."""
    here = [found for found in values if f"{path} {MODES[0]}" in found]
    online, cached = (
        np.array([found[f"{path} {mode}"][conclusion] for found in here]) for mode in MODES
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where((online == 0.0) & (cached == 0.0), 1.0, cached / online)
    return np.clip(ratio, 1.0 / BOUND, BOUND)


def table(design: Design, values: list[Values]) -> pd.DataFrame:
    """Return the table of `parameter_space`; what neither mode has at all on a path is left out."""
    rows = []
    for path in design.space.paths:
        for number, name in enumerate(CONCLUSIONS):
            both = [f"{path} {mode}" for mode in MODES]
            if not any(found[key][number] for found in values for key in both if key in found):
                continue
            row = _row(design, ratios(values, path, number))
            rows.append({"path": path, "conclusion": name, **row})
    size = {
        "points": design.space.points, "trajectories": design.space.trajectories,
        "inputs": len(design.inputs), "plan": digest(design.plan),
    }  # fmt: skip
    return pd.DataFrame(rows).assign(**size)


def _row(design: Design, ratio: np.ndarray) -> dict[str, Any]:
    """Return what a ratio does over the space."""
    cube = ratio[1 : 1 + design.space.points]
    ranked_by, mu, mu_star = _effects(design, np.log(ratio))
    names = [f"p{percent}" for percent in PERCENTILES]
    at = dict(zip(names, map(float, np.percentile(cube, PERCENTILES)), strict=True))
    upward = at["p50"] < 1.0
    worst = int(ratio.argmax() if upward else ratio.argmin())
    pushing = _pushing(design, mu if upward else -mu, worst)
    first = np.argsort(-mu_star, kind="stable")[:3]
    named = {
        f"{word}_{place}": value
        for place, index in enumerate(first, start=1)
        for word, value in (
            ("input", design.inputs[index].key if mu_star[index] else ""),
            ("factor", float(np.exp(mu_star[index]))),
        )
    }
    return {
        "usual": float(ratio[0]), "share_below_1": float((cube < 1.0).mean()), **at,
        "worst": float(ratio[worst]), "worst_at": pushing, "ranked_by": ranked_by, **named,
    }  # fmt: skip


def _effects(design: Design, logs: np.ndarray) -> tuple[str, np.ndarray, np.ndarray]:
    """Return how the inputs are ranked, and what each changes a logarithm by over its range.

    Once with its sign and once without: Morris' mu and mu*, or the slope over the hypercube.
    """
    if len(logs) == len(design.cube):
        from SALib.analyze import morris

        first = 1 + design.space.points
        cube, problem = design.cube[first:], _problem(design.inputs)
        found = morris.analyze(
            problem, cube, logs[first:], num_resamples=2, num_levels=LEVELS, seed=1
        )
        return "morris", np.asarray(found["mu"], float), np.asarray(found["mu_star"], float)
    cube = design.cube[1 : len(logs)]
    apart = cube - cube.mean(axis=0)
    slopes = apart.T @ logs[1:] / (apart**2).sum(axis=0)
    ranks = pd.Series(logs[1:]).rank().to_numpy()
    spread = apart.std(axis=0) * float(ranks.std()) * len(cube)
    correlated = apart.T @ (ranks - ranks.mean()) / np.where(spread > 0.0, spread, np.inf)
    slopes[np.abs(correlated) < min(0.8, CHANCE / len(cube) ** 0.5)] = 0.0
    return "slope", slopes, np.abs(slopes)


def _pushing(design: Design, mu: np.ndarray, point: int) -> str:
    """Return up to three inputs that push a point most where `mu` points to, with values."""
    push = mu * (design.cube[point] - 0.5)
    values = design.settings(point)
    first = [index for index in np.argsort(-push, kind="stable")[:3] if push[index] > 0.0]
    chosen = [design.inputs[index] for index in first]
    return "; ".join(each.text(values[each.key]) for each in chosen)


def stored_space(plan: Plan) -> pd.DataFrame | None:
    """Return the shipped table of the plan (data/reference), or None when it is of another one."""
    path = data_folder() / "reference" / FILE_NAME
    if plan.parameter_space is None or not path.is_file():
        return None
    found = pd.read_csv(path, keep_default_na=False)
    return found if set(found["plan"]) == {digest(plan)} else None
