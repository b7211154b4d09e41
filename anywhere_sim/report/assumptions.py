"""Every number that goes into the model, with its mark, source and range."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from pkgutil import ModuleInfo, walk_packages
from typing import Any, get_type_hints

import pandas as pd

import anywhere_sim
from anywhere_sim.rpc import call_types
from anywhere_sim.rpc.call_types import CallType
from anywhere_sim.scenario.activity import Activity
from anywhere_sim.scenario.catalog import KINDS, PROFILES
from anywhere_sim.scenario.community import Community
from anywhere_sim.scenario.group import Group
from anywhere_sim.scenario.place import Place
from anywhere_sim.scenario.policy import Policy
from anywhere_sim.scenario.server import Server
from anywhere_sim.scenario.sourced import Sourced, assumed, documented
from anywhere_sim.scenario.sources import with_titles

ROOMS = ("network", "rpc", "exchange", "outlook", "people", "simulation")
COLUMNS = ["part", "number", "value", "mark", "low", "high", "source"]


def assumptions() -> pd.DataFrame:
    """Return a row per number that has a source: part, number, value, mark, low, high, source (with titles)."""
    return pd.DataFrame(list(_rows()), columns=COLUMNS)


def _rows() -> Iterator[tuple[Any, ...]]:
    for spec in (Place, Server, Group, Policy, Community, Activity):
        for name, field in spec.model_fields.items():
            for origin in field.metadata:
                if isinstance(origin, Sourced):
                    yield _row(spec.__name__.lower(), name, None if field.is_required() else field.default, origin)
    yield from _constants()
    yield from _kinds_of_calls()
    tables = [(f"place {kind}", numbers) for kind, numbers in KINDS.items()]
    tables += [(f"server {name}", profile.numbers) for name, profile in PROFILES.items()]
    for part, numbers in tables:
        for name, value in numbers.items():
            yield _row(part, name, value.value, value.origin)


def _constants() -> Iterator[tuple[Any, ...]]:
    """Yield the numbers that stand in the model's own modules."""
    for found in _modules():
        module = import_module(found.name)
        for name, hint in get_type_hints(module, include_extras=True).items():
            for origin in getattr(hint, "__metadata__", ()):
                if isinstance(origin, Sourced):
                    yield _row(found.name.removeprefix("anywhere_sim."), name, getattr(module, name), origin)


def _modules() -> Iterator[ModuleInfo]:
    """Yield the modules of the rooms of which a run is made."""
    for found in walk_packages(anywhere_sim.__path__, "anywhere_sim."):
        if found.name.split(".")[1] in ROOMS and not found.ispkg:
            yield found


def _kinds_of_calls() -> Iterator[tuple[Any, ...]]:
    """Yield what each kind of call carries and costs."""
    for kind in vars(call_types).values():
        if isinstance(kind, CallType):
            for name in ("up_bytes", "down_bytes", "mcycles", "mcycles_per_row", "pages", "writes"):
                value = getattr(kind, name)
                if value:
                    measured = kind.name in call_types.MEASURED and name.endswith("bytes")
                    yield _row(
                        f"call {kind.name}",
                        name,
                        value,
                        _MEASURED if measured else assumed("relative to the other kinds", value / 2, value * 2),
                    )


_MEASURED = documented("real_peers 3: without auxiliary data")


def _row(part: str, name: str, value: object, origin: Sourced) -> tuple[Any, ...]:
    return part, name, "" if value is None else str(value), origin.mark, origin.low, origin.high, with_titles(origin.source)
