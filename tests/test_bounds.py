"""Every number of a scenario or study has its bounds, and every word its list."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import anywhere_sim as aw
from anywhere_sim.experiments.plan import Plan

OWN_WORDS = {
    "why": "a text for people",
    "scenario": "a name that ships, or a path",
    "server": "a name in the file",
    "front_end": "a name in the file",
    "directory": "a name in the file",
    "place": "a name in the file",
    "group": "a name in the file",
    "community": "a name in the file",
    "key": "a key of the scenario",
    "certificate": "a host's name",
    "principal_name": "a host's name",
    "rate_trace": "a file",
    "up_rate_trace": "a file",
    "speed_rule": "one of those of `Rules`",
    "backoff": "one of those of `Rules`",
    "admission": "one of those of `Rules`",
    "rules": "a module's object",
    "record_rpcs": "names of mailboxes",
    "activity": "the name of a table, or a table",
    "strata": "factors of the study",
    "low": "checked as a value of its key",
    "high": "checked as a value of its key",
}
"""Words of which no list can be made here; all are looked up where they are used."""
TIMES_OF_DAY = {"start", "end", "at", "itinerary", "between"}


def _leaves(schema: dict[str, Any], name: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for part in ("anyOf", "prefixItems"):
        for each in schema.get(part, []):
            yield from _leaves(each, name)
    if isinstance(schema.get("items"), dict):
        yield from _leaves(schema["items"], name)
    if schema.get("type") in ("number", "integer", "string"):
        yield name, schema


def _fields() -> Iterator[tuple[str, dict[str, Any]]]:
    for root in (aw.Scenario.model_json_schema(), Plan.model_json_schema()):
        for part in (root, *root["$defs"].values()):
            for name, schema in part.get("properties", {}).items():
                yield from _leaves(schema, name)


def test_every_number_has_bounds_and_every_word_a_list() -> None:
    found = list(_fields())
    assert len(found) > 200
    open_ended = set()
    for name, schema in found:
        text = json.dumps(schema)
        if name in TIMES_OF_DAY:
            continue
        if schema["type"] == "string":
            if "enum" not in schema and "const" not in schema and name not in OWN_WORDS:
                open_ended.add(name)
        elif name not in OWN_WORDS and ("inimum" not in text or "aximum" not in text):
            open_ended.add(name)
    assert open_ended == set()
