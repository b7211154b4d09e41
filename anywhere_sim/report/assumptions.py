"""Every number that goes into the model, with its mark, source and range."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd

from anywhere_sim.scenario.activity import Activity
from anywhere_sim.scenario.community import Community
from anywhere_sim.scenario.group import Group
from anywhere_sim.scenario.place import Place
from anywhere_sim.scenario.place_kinds import KINDS
from anywhere_sim.scenario.policy import Policy
from anywhere_sim.scenario.server import Server
from anywhere_sim.scenario.server_profiles import PROFILES
from anywhere_sim.scenario.sourced import Sourced

COLUMNS = ["part", "number", "value", "mark", "low", "high", "source"]


def assumptions() -> pd.DataFrame:
    """Return a row per number that has a source: part, number, value, mark, low, high, source."""
    return pd.DataFrame(list(_rows()), columns=COLUMNS)


def _rows() -> Iterator[tuple[Any, ...]]:
    for spec in (Place, Server, Group, Policy, Community, Activity):
        for name, field in spec.model_fields.items():
            for origin in field.metadata:
                if isinstance(origin, Sourced):
                    yield _row(spec.__name__.lower(), name, None if field.is_required() else field.default, origin)
    tables = [(f"place {kind}", numbers) for kind, numbers in KINDS.items()]
    tables += [(f"server {name}", profile.numbers) for name, profile in PROFILES.items()]
    for part, numbers in tables:
        for name, value in numbers.items():
            yield _row(part, name, value.value, value.origin)


def _row(part: str, name: str, value: object, origin: Sourced) -> tuple[Any, ...]:
    return part, name, "" if value is None else str(value), origin.mark, origin.low, origin.high, origin.source
