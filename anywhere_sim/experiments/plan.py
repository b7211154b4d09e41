"""The plan of a study: which scenario is varied in what, read from TOML."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from hashlib import sha256
from itertools import product
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError, model_validator

from anywhere_sim.scenario import Scenario, ScenarioError
from anywhere_sim.scenario.catalogue import study_path
from anywhere_sim.scenario.errors import sentence
from anywhere_sim.scenario.spec import Spec

Settings = Mapping[str, Any]
"""Dotted keys of the scenario and their values."""

_NAME = re.compile(r"[A-Za-z0-9_]+")
_TAKEN = ("replication", "contrast", "measure", "unit", "base", "difference", "low", "high", "word", "variance_ratio")
"""Columns of the results, which no factor can be called."""


class Move(Spec):
    """A number of the scenario that is not well known, and the ends of its range."""

    key: Annotated[str, Field(min_length=1)]
    low: int | float
    high: int | float


class Plan(Spec):
    """Factors with named levels, crossed with one another; cells that stand beside them; replications.

    `within` names factors that say where a contrast is looked at; contrasts are made of the others. A cell of `beside` is crossed
    with the `within` factors only. `hangs_on` names numbers that are moved to the ends of their range, one at a time, to see what becomes
    of the answer.
    """

    why: Annotated[str, Field(min_length=1)]
    scenario: str
    replications: Annotated[int, Field(ge=2, le=10_000)]
    seed: Annotated[int, Field(ge=0)] = 0
    settings: Annotated[Settings, Field(default_factory=dict)]
    factors: Annotated[Mapping[str, Annotated[Mapping[str, Settings], Field(min_length=2)]], Field(min_length=1)]
    within: tuple[str, ...] = ()
    beside: Annotated[Mapping[str, Settings], Field(default_factory=dict)]
    hangs_on: Annotated[Mapping[str, Move], Field(default_factory=dict)]

    @model_validator(mode="after")
    def _check_within(self) -> Plan:
        for name in self.within:
            if name not in self.factors:
                raise ValueError(f"within names {name!r}, which is no factor; allowed: {', '.join(self.factors)}")
        if set(self.within) == set(self.factors):
            raise ValueError("within names every factor, so that nothing is left to contrast; leave out the one that is asked about")
        return self

    @model_validator(mode="after")
    def _check_names(self) -> Plan:
        """Levels name contrasts and folders: each is one word, and used once."""
        levels = [level for known in self.factors.values() for level in known] + list(self.beside)
        for name in (*self.factors, *levels):
            if not _NAME.fullmatch(name):
                raise ValueError(f"{name!r} can't be the name of a factor or level; write letters, digits and _, like 'tcp_first'")
        for name in self.factors:
            if name in _TAKEN:
                raise ValueError(f"{name!r} is a column of the results; call the factor something else")
        twice = next((level for level in levels if levels.count(level) > 1), None)
        if twice is not None:
            raise ValueError(f"{twice!r} is the name of two levels; contrasts are named by levels, so give each its own")
        return self

    @classmethod
    def load(cls, name: str) -> Plan:
        """Return the plan of that name in data/studies, or of a path to a .toml file.

        Raises ScenarioError with one sentence when it is missing or makes no sense.
        """
        path = study_path(name)
        try:
            return cls.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise ScenarioError(f"{path.name} is no TOML: {error}; see data/studies for examples") from error
        except ValidationError as error:
            keys = {"scenario": tuple(cls.model_fields)}
            raise ScenarioError(f"{path.name}: {sentence(error, keys)}") from error

    def digest(self) -> str:
        """Return 32 hex digits that name what is simulated, whatever the number of replications and of moves."""
        cells = [scenario.digest() for scenario in self.scenarios().values()]
        return sha256(" ".join([*cells, str(self.seed)]).encode()).hexdigest()[:32]

    def moved(self, number: str, end: Literal["low", "high"], replications: int) -> Plan:
        """Return the plan with a number of `hangs_on` at one end of its range, without the cells beside."""
        move = self.hangs_on[number]
        return self.as_given(replications).model_copy(update={"settings": {**self.settings, move.key: getattr(move, end)}})

    def as_given(self, replications: int) -> Plan:
        """Return the plan as it is, without the cells beside."""
        return self.model_copy(update={"replications": replications, "beside": {}, "hangs_on": {}})

    def base(self) -> Scenario:
        """Return the scenario before any factor."""
        scenario = Scenario.load(self.scenario)
        return scenario.with_(**_paths(self.settings)) if self.settings else scenario

    def cells(self) -> dict[tuple[str, ...], Settings]:
        """Return the settings of each cell, named by one level per factor in the factors' order.

        A cell beside them has its own name in place of the levels of the factors that are not `within`.
        """
        found: dict[tuple[str, ...], Settings] = {}
        for levels in product(*self.factors.values()):
            found[levels] = self._merged(dict(zip(self.factors, levels, strict=True)), {})
        for name, settings in self.beside.items():
            for levels in product(*(self.factors[factor] for factor in self.within)):
                chosen = dict(zip(self.within, levels, strict=True))
                key = tuple(chosen.get(factor, name) for factor in self.factors)
                found[key] = self._merged(chosen, settings)
        return found

    def _merged(self, levels: Mapping[str, str], more: Settings) -> Settings:
        settings: dict[str, Any] = {}
        for factor, level in levels.items():
            settings.update(self.factors[factor][level])
        settings.update(more)
        return settings

    def scenarios(self) -> dict[tuple[str, ...], Scenario]:
        """Return the scenario of each cell.

        Raises ScenarioError when one makes no sense.
        """
        base = self.base()
        return {cell: base.with_(**_paths(settings)) for cell, settings in self.cells().items()}


def _paths(settings: Settings) -> dict[str, Any]:
    return {key.replace(".", "__"): value for key, value in settings.items()}
