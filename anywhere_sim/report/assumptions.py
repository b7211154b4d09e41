"""Every sourced input of the model, with its mark, source and range.

Inputs are declared where they are used: as `Annotated[..., Sourced]` fields of a scenario's specs
and constants of the rooms that a run consists of, as tables of kinds and profiles, and as types of
calls. They are collected here; `tests/test_assumptions.py` reads the source of the whole package
and finds every declaration that is missing.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from pkgutil import walk_packages
from typing import get_type_hints

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

ROOMS = ("scenario", "network", "rpc", "exchange", "outlook", "people", "simulation")
"""The packages whose constants go into a run."""

SPECS = (Place, Server, Group, Policy, Community, Activity)
COLUMNS = ["part", "number", "value", "mark", "low", "high", "source"]
MARKS = ("documented", "calibrated", "assumed")

Row = tuple[str, str, str, str, float | None, float | None, str]

_CALL_FIELDS = ("up_bytes", "down_bytes", "mcycles", "mcycles_per_row", "pages", "writes")
_MEASURED = documented("real_peers 3: without auxiliary data")


def assumptions() -> pd.DataFrame:
    """Return a row per sourced input.

    Columns: `part` (where it is declared), `number` (its name), `value`, `mark` ("documented",
    "calibrated" or "assumed"), `low` and `high` (its plausible range, or NaN), `source` (with the
    titles of the sections that it cites).
    """
    return pd.DataFrame(list(_rows()), columns=COLUMNS)


def uncertain() -> pd.DataFrame:
    """Return the rows of `assumptions` that are assumed or calibrated and have a range."""
    table = assumptions()
    return table[(table["mark"] != "documented") & table["low"].notna()]


def status() -> str:
    """Return a sentence that counts the inputs by mark."""
    marks = assumptions()["mark"].value_counts()
    counts = ", ".join(f"{marks.get(mark, 0)} {mark}" for mark in MARKS)
    return f"Inputs of the model: {counts}; the results are predicted from them."


def _rows() -> Iterator[Row]:
    for spec in SPECS:
        for name, field in spec.model_fields.items():
            for origin in field.metadata:
                if isinstance(origin, Sourced):
                    value = None if field.is_required() else field.default
                    yield _row(spec.__name__.lower(), name, value, origin)
    for room in ROOMS:
        yield from _constants(room)
    for value in vars(call_types).values():
        if isinstance(value, CallType):
            yield from _call_type(value)
    for kind, numbers in KINDS.items():
        for name, number in numbers.items():
            yield _row(f"place {kind}", name, number.value, number.origin)
    for profile_name, profile in PROFILES.items():
        for name, number in profile.numbers.items():
            yield _row(f"server {profile_name}", name, number.value, number.origin)


def _constants(room: str) -> Iterator[Row]:
    """Yield the sourced constants of a room's modules."""
    folder = f"{anywhere_sim.__path__[0]}/{room}"
    for info in walk_packages([folder], f"anywhere_sim.{room}."):
        module = import_module(info.name)
        for name, hint in get_type_hints(module, include_extras=True).items():
            for origin in getattr(hint, "__metadata__", ()):
                if isinstance(origin, Sourced):
                    part = info.name.removeprefix("anywhere_sim.")
                    yield _row(part, name, getattr(module, name), origin)


def _call_type(call: CallType) -> Iterator[Row]:
    """Yield what a type of call carries and costs; numbers that are 0 are left out."""
    for name in _CALL_FIELDS:
        value = getattr(call, name)
        if not value:
            continue
        measured = call.name in call_types.MEASURED and name.endswith("bytes")
        guess = assumed("relative to the other types", value / 2, value * 2)
        yield _row(f"call {call.name}", name, value, _MEASURED if measured else guess)


def _row(part: str, name: str, value: object, origin: Sourced) -> Row:
    text = "" if value is None else str(value)
    return part, name, text, origin.mark, origin.low, origin.high, with_titles(origin.source)
