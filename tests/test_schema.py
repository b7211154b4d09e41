"""The schema that editors get accepts every scenario that ships, and marks a typo and a
wrong type.
"""

from __future__ import annotations

import tomllib
from typing import Any

import jsonschema
import pytest

import anywhere_sim as aw
from anywhere_sim.scenario.shipped import scenario_names, scenario_path

SCHEMA = aw.Scenario.model_json_schema()


def content(name: str) -> dict[str, Any]:
    return tomllib.loads(scenario_path(name).read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", scenario_names())
def test_a_scenario_that_ships_is_valid(name: str) -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    jsonschema.validate(content(name), SCHEMA)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("groups.online.mdoe", "cached"),
        ("groups.online.mode", "cashed"),
        ("groups.online.mailboxes", 0),
        ("start", 8),
        ("end", "6 pm"),
        ("places.office.kind", "lann"),
        ("servers.gc1.role", "catalog"),
        ("servers.mbx1.cores", "one"),
    ],
)
def test_what_is_wrong_is_marked(path: str, value: object) -> None:
    wrong = content("office-day")
    *way, last = path.split(".")
    inner = wrong
    for part in way:
        inner = inner[part]
    inner[last] = value
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(wrong, SCHEMA)
