"""The plan of a study: a factorial design over a scenario, read from TOML."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from hashlib import sha256
from itertools import product
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError, model_validator

from anywhere_sim.scenario import Scenario, ScenarioError
from anywhere_sim.scenario.errors import sentence
from anywhere_sim.scenario.references import resolve
from anywhere_sim.scenario.shipped import read_toml, study_path
from anywhere_sim.scenario.spec import Spec
from anywhere_sim.simulation.simulate import SEEDS

Settings = Mapping[str, Any]
"""Dotted keys of the scenario and their values."""

End = Literal["low", "high"]
"""An end of an input's range."""

MAX_REPLICATIONS = 10_000
"""Of a plan, whose runs are all listed before the first."""

_NAME = re.compile(r"[A-Za-z0-9_]+")
_RESERVED = (
    "replication",
    "contrast",
    "measure",
    "unit",
    "base",
    "difference",
    "low",
    "high",
    "word",
    "unequal",
    "variance_ratio",
)
"""Columns of the results, which no factor may be called."""


class Range(Spec):
    """An uncertain input of the scenario: its dotted key and the ends of its plausible range.

    Of a word the ends are its two readings.
    """

    key: Annotated[str, Field(min_length=1)]
    low: int | float | str
    high: int | float | str


class Space(Spec):
    """The parameter space of a plan: a smaller scenario in which all uncertain inputs are varied.

    `settings` make it smaller; each of `paths` is a way that the people take, run in both modes.
    `points` are those of the Latin hypercube, `trajectories` those of Morris' elementary effects,
    each of one run more than there are inputs, on the first of the paths.
    """

    points: Annotated[int, Field(ge=2, le=100_000)]
    trajectories: Annotated[int, Field(ge=2, le=1_000)]
    settings: Annotated[Settings, Field(default_factory=dict)]
    paths: Annotated[Mapping[str, Settings], Field(min_length=1)]


class Plan(Spec):
    """A full factorial design: factors with named levels, crossed with one another, replicated.

    `strata` names the factors that contrasts are computed within (blocking factors); contrasts are
    taken over the others. Each of `reference_cells` is a cell outside the factorial, run once per
    stratum as a control. `sensitivity` names the inputs of a one-at-a-time sensitivity analysis;
    `parameter_space` is where all of them are varied at once. `measures` are functions of a run,
    `module:name` by name, that stand first in the results.
    """

    why: Annotated[str, Field(min_length=1)]
    scenario: str
    replications: Annotated[int, Field(ge=2, le=MAX_REPLICATIONS, strict=True)]
    seed: Annotated[int, Field(ge=0, lt=SEEDS, strict=True)] = 0
    settings: Annotated[Settings, Field(default_factory=dict)]
    factors: Annotated[
        Mapping[str, Annotated[Mapping[str, Settings], Field(min_length=2)]], Field(min_length=1)
    ]
    strata: tuple[str, ...] = ()
    reference_cells: Annotated[Mapping[str, Settings], Field(default_factory=dict)]
    sensitivity: Annotated[Mapping[str, Range], Field(default_factory=dict)]
    parameter_space: Space | None = None
    measures: Annotated[Mapping[str, str], Field(default_factory=dict)]

    @model_validator(mode="after")
    def _check_strata(self) -> Plan:
        for name in self.strata:
            if name not in self.factors:
                allowed = ", ".join(self.factors)
                raise ValueError(
                    f"strata names {name!r}, which is not a factor; allowed: {allowed}"
                )
        if set(self.strata) == set(self.factors):
            raise ValueError(
                "strata names every factor, so that nothing is left to contrast; "
                "leave out the factor whose effect is asked for"
            )
        return self

    @model_validator(mode="after")
    def _check_names(self) -> Plan:
        """Levels name contrasts and folders: each is one word, and used once."""
        levels = [level for known in self.factors.values() for level in known]
        levels += self.reference_cells
        for name in (*self.factors, *levels):
            if not _NAME.fullmatch(name):
                raise ValueError(
                    f"{name!r} can't be the name of a factor or level; "
                    "use letters, digits and _, like 'tcp_first'"
                )
        for name in self.factors:
            if name in _RESERVED:
                raise ValueError(f"{name!r} is a column of the results; choose another factor name")
        duplicate = next((level for level in levels if levels.count(level) > 1), None)
        if duplicate is not None:
            raise ValueError(
                f"{duplicate!r} is the name of two levels; "
                "contrasts are named by levels, so each needs its own"
            )
        return self

    @classmethod
    def load(cls, name: str) -> Plan:
        """Return the plan of that name in data/studies, or of a path to a .toml file.

        A scenario's file, and modules of rules and measures, are looked for beside the study's, and
        from where the program runs.

        Raises ScenarioError with one sentence when it is missing or not valid.
        """
        path = study_path(name)
        content = read_toml(path)
        named = content.get("scenario")
        if isinstance(named, str) and named.endswith(".toml"):
            beside = path.parent / named
            content["scenario"] = os.path.abspath(beside if os.path.isfile(beside) else named)
        plan = cls.build(content, path.name)
        rules = plan.settings.get("rules")
        for reference in (*plan.measures.values(), *([rules] if isinstance(rules, str) else [])):
            resolve(reference, path.parent)  # code beside the study can be imported from now on
        return plan

    @classmethod
    def build(cls, content: Mapping[str, Any], name: str = "study") -> Plan:
        """Return the plan that a nested mapping describes.

        Raises ScenarioError with one sentence.
        """
        try:
            return cls.model_validate(dict(content))
        except ValidationError as error:
            keys = {"scenario": tuple(cls.model_fields)}
            raise ScenarioError(f"{name}: {sentence(error, keys)}") from error

    def digest(self) -> str:
        """Return 32 hex digits of what is simulated, whatever the number of replications."""
        cells = [scenario.digest() for scenario in self.scenarios().values()]
        return sha256(" ".join([*cells, str(self.seed)]).encode()).hexdigest()[:32]

    def factorial(self, replications: int) -> Plan:
        """Return the plan without reference cells and sensitivity analyses."""
        changes = {
            "replications": replications, "reference_cells": {}, "sensitivity": {},
            "parameter_space": None,
        }  # fmt: skip
        return self.model_copy(update=changes)

    def varied(self, name: str, end: End, replications: int) -> Plan:
        """Return the factorial with the input `name` of `sensitivity` at one end of its range."""
        span = self.sensitivity[name]
        settings = {**self.settings, span.key: getattr(span, end)}
        return self.factorial(replications).model_copy(update={"settings": settings})

    def base(self) -> Scenario:
        """Return the scenario before any factor is set."""
        scenario = Scenario.load(self.scenario)
        return scenario.with_(**paths_of(self.settings)) if self.settings else scenario

    def cells(self) -> dict[tuple[str, ...], Settings]:
        """Return the settings of each cell, named by one level per factor in the factors' order.

        A reference cell has its own name in place of the levels of the factors outside `strata`.
        """
        cells: dict[tuple[str, ...], Settings] = {}
        for levels in product(*self.factors.values()):
            cells[levels] = self._merged(dict(zip(self.factors, levels, strict=True)), {})
        for name, settings in self.reference_cells.items():
            for stratum in product(*(self.factors[factor] for factor in self.strata)):
                chosen = dict(zip(self.strata, stratum, strict=True))
                cell = tuple(chosen.get(factor, name) for factor in self.factors)
                cells[cell] = self._merged(chosen, settings)
        return cells

    def _merged(self, levels: Mapping[str, str], own: Settings) -> Settings:
        settings: dict[str, Any] = {}
        for factor, level in levels.items():
            settings.update(self.factors[factor][level])
        settings.update(own)
        return settings

    def scenarios(self) -> dict[tuple[str, ...], Scenario]:
        """Return the scenario of each cell. Raises ScenarioError when one is not valid."""
        base = self.base()
        return {cell: base.with_(**paths_of(settings)) for cell, settings in self.cells().items()}


def paths_of(settings: Settings) -> dict[str, Any]:
    """Return settings as `Scenario.with_` takes them."""
    return {key.replace(".", "__"): value for key, value in settings.items()}
