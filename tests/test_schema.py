"""The schema that editors get accepts every scenario that ships, and marks a typo and a
wrong type.
"""

from __future__ import annotations

import tomllib
from typing import Any

import jsonschema
import pytest

import anywhere_sim as aw
from anywhere_sim.report.reference import PARTS, columns_page, keys_page
from anywhere_sim.scenario.keys import meanings, table_name
from anywhere_sim.scenario.shipped import scenario_names, scenario_path
from anywhere_sim.traces import TABLES

SCHEMA = aw.Scenario.model_json_schema()


def content(name: str) -> dict[str, Any]:
    return tomllib.loads(scenario_path(name).read_text(encoding="utf-8"))


def test_each_key_of_a_scenario_and_a_study_says_what_it_means() -> None:
    """In data/reference/keys.toml: a line for each key, no line without a key."""
    keys = {table_name(spec.__name__): {*spec.model_fields} for _, spec in PARTS.values()}
    assert {name: {*said} for name, said in meanings().items()} == keys
    assert all(said.endswith(".") for table in meanings().values() for said in table.values())
    assert SCHEMA["$defs"]["Server"]["properties"]["mhz"]["description"] == "Clock of one core."
    assert SCHEMA["properties"]["start"]["description"].startswith("When the run begins")


def test_the_reference_has_each_key_and_each_column() -> None:
    servers, page = keys_page("servers"), keys_page()
    assert "| `disk_read_ms` |" in servers
    assert "number above 0 to 100,000; ms | 8 | *documented*, plausible 3 to 12" in servers
    assert all(f"\n| `{key}` | " in page for _, spec in PARTS.values() for key in spec.model_fields)
    with pytest.raises(aw.ScenarioError, match=r"'server'.*servers"):
        keys_page("server")
    assert "| `tcp_s` |" in columns_page()
    assert "| `kind` | what was done: read, send, look at a folder and so on: `view_folder`," in (
        columns_page()
    )


def test_no_column_means_its_own_name() -> None:
    for table in TABLES.values():
        meant = {column.name: column.meaning for column in table.columns}
        assert not [name for name, meaning in meant.items() if name == meaning], table.name


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
