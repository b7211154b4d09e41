"""The reference as Markdown: every key of a scenario and a study, every column, every measure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from inspect import cleandoc
from typing import Any

from pydantic.fields import FieldInfo

from anywhere_sim.analysis.measures import MEANINGS, UNITS
from anywhere_sim.experiments.plan import Plan, Range, Space
from anywhere_sim.scenario import Scenario
from anywhere_sim.scenario.activity import Activity
from anywhere_sim.scenario.catalog import KINDS, PROFILES
from anywhere_sim.scenario.community import Community
from anywhere_sim.scenario.errors import ScenarioError, nearest
from anywhere_sim.scenario.group import Group
from anywhere_sim.scenario.keys import meaning, unit
from anywhere_sim.scenario.place import Place
from anywhere_sim.scenario.policy import Policy
from anywhere_sim.scenario.requests import Requests
from anywhere_sim.scenario.roll_out import RollOut
from anywhere_sim.scenario.scenario import Event
from anywhere_sim.scenario.server import Relay, Server
from anywhere_sim.scenario.sources import Sourced, Value
from anywhere_sim.scenario.spec import Spec
from anywhere_sim.traces.audit import WORD_COLUMNS
from anywhere_sim.traces.schema import KEYS, TABLES, Column

PARTS: Mapping[str, tuple[str, type[Spec]]] = {
    "scenario": ("the top of the file", Scenario),
    "servers": ("[servers.NAME]", Server),
    "relay": ("[servers.NAME.relay]", Relay),
    "places": ("[places.NAME]", Place),
    "groups": ("[groups.NAME]", Group),
    "activity": ("[groups.NAME.activity]", Activity),
    "policy": ("[groups.NAME.policy]", Policy),
    "requests": ("[groups.NAME.requests]", Requests),
    "roll_out": ("[groups.NAME.roll_out]", RollOut),
    "communities": ("[communities.NAME]", Community),
    "events": ("[[events]]", Event),
    "study": ("the top of a study's file", Plan),
    "sensitivity": ("[sensitivity.NAME] of a study", Range),
    "parameter_space": ("[parameter_space] of a study", Space),
}
"""The parts of a scenario and of a study: where their keys stand, and the class that holds them."""

_TABLES: Mapping[type[Spec], tuple[str, Mapping[str, Mapping[str, Value]]]] = {
    Server: ("profile", {name: profile.numbers for name, profile in PROFILES.items()}),
    Place: ("kind", {str(name): numbers for name, numbers in KINDS.items()}),
}
"""What fills in the keys of a class of specs that are not given: the word that names it, and by
that word's values the numbers.
"""
_LONGEST = 6
"""A list of more numbers than these is not spelled out."""


def keys_page(part: str = "") -> str:
    """Return the reference of keys as Markdown, of one part or of all.

    Raises ScenarioError when there is no such part.
    """
    if part and part not in PARTS:
        raise ScenarioError(f"there is no part {part!r}; {nearest(part, PARTS)}")
    return "\n".join(_keys(name) for name in ([part] if part else PARTS))


def _keys(part: str) -> str:
    where, spec = PARTS[part]
    schema = spec.model_json_schema()
    rows = [
        _key_row(spec, name, field, schema["properties"].get(name, {}), schema.get("$defs", {}))
        for name, field in spec.model_fields.items()
    ]
    head = (
        "| key | what it means | allowed | unless given | source |\n| --- | --- | --- | --- | --- |"
    )
    said = cleandoc(spec.__doc__ or "")
    whole = [f"## {part}", f"In {_code(where)}. {said}", "\n".join([head, *rows])]
    return "\n\n".join([*whole, *_filled(spec)]) + "\n"


def _filled(spec: type[Spec]) -> Iterator[str]:
    """Yield a table of the numbers that kinds or profiles fill in."""
    if spec not in _TABLES:
        return
    word, table = _TABLES[spec]
    keys = [name for name in spec.model_fields if any(name in known for known in table.values())]
    rows = [
        f"| `{key}` | " + " | ".join(_shown(known.get(key)) for known in table.values()) + " |"
        for key in keys
    ]
    yield f"What each {word} fills in:"
    yield "\n".join([f"| | {' | '.join(table)} |", f"| --- {'| --- ' * len(table)}|", *rows])


def _shown(value: Value | None) -> str:
    if value is None:
        return ""
    return "none" if value.value is None else _word(value.value)


def _word(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:,.10g}" if isinstance(value, int | float) else f"{value}"


def _code(where: str) -> str:
    return f"`{where}`" if where.startswith("[") else where


def _key_row(
    spec: type[Spec], name: str, field: FieldInfo, given: Mapping[str, Any], defs: Mapping[str, Any]
) -> str:
    origin = next((entry for entry in field.metadata if isinstance(entry, Sourced)), None)
    allowed = ", ".join(dict.fromkeys(_allowed(given, defs)))
    measured = unit(name)
    cells = (
        f"`{name}`",
        meaning(spec.__name__, name),
        f"{allowed}; {measured}" if measured and "time" not in allowed else allowed,
        _usual(spec, name, field),
        "" if origin is None else _source(origin),
    )
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _allowed(given: Mapping[str, Any], defs: Mapping[str, Any]) -> Iterator[str]:
    """Yield what a key may be, from its JSON Schema."""
    for choice in given.get("anyOf", ()):
        yield from _allowed(choice, defs)
    if "$ref" in given:
        yield "a table"
    elif "enum" in given or "const" in given:
        yield ", ".join(f'"{word}"' for word in given.get("enum", [given.get("const")]))
    elif "pattern" in given:
        yield 'a time, "HH:MM" or "HH:MM:SS"'
    elif given.get("type") in ("integer", "number"):
        yield f"{_NUMBERS[given['type']]}{_bounds(given)}"
    elif given.get("type") in _WORDS:
        yield _WORDS[given["type"]]


_NUMBERS = {"integer": "whole number", "number": "number"}
_WORDS = {"string": "text", "boolean": "true, false", "array": "a list", "object": "a table"}


def _bounds(given: Mapping[str, Any]) -> str:
    low, high = given.get("minimum"), given.get("maximum")
    above, below = given.get("exclusiveMinimum"), given.get("exclusiveMaximum")
    said = [f"from {low:,.10g}"] if low is not None else []
    said += [f"above {above:,.10g}"] if above is not None else []
    said += [f"to {high:,.10g}"] if high is not None else []
    said += [f"below {below:,.10g}"] if below is not None else []
    return " ".join(["", *said])


def _usual(spec: type[Spec], name: str, field: FieldInfo) -> str:
    word, table = _TABLES.get(spec, ("", {}))
    if any(name in known for known in table.values()):
        return f"by {word}, see below"
    if field.is_required():
        return "by role" if name == "profile" else "must be given"
    usual = field.get_default(call_default_factory=True, validated_data={})
    if usual is None or (isinstance(usual, tuple | dict) and not usual):
        return "none"
    if isinstance(usual, Spec):
        return "as below"
    if isinstance(usual, tuple) and len(usual) > _LONGEST:
        return f"{len(usual)} values"
    return _word(usual)


def _source(origin: Sourced) -> str:
    low, high = origin.low, origin.high
    span = "" if low is None or high is None else f", plausible {low:,.10g} to {high:,.10g}"
    return f"*{origin.mark}*{span}: {origin.source}"


WORDS = {(table, column): words for table, column, words in WORD_COLUMNS}
"""What the columns of words may hold; the audit of a run holds them to it."""


def columns_page() -> str:
    """Return the reference of the tables of a run and their columns as Markdown: unit, meaning, and
    the words of a column that has words.
    """
    parts = [_table("every table", "These columns stand in each table.", KEYS)]
    parts += [_table(name, f"One row per {table.row_per}.", table.columns)
              for name, table in TABLES.items()]  # fmt: skip
    return "\n".join(parts)


def _table(name: str, row_per: str, columns: tuple[Column, ...]) -> str:
    rows = "\n".join(
        f"| `{column.name}` | {column.meaning}{_words(name, column)} | {column.unit} |".replace(
            "| 1 |", "| count |"
        )
        for column in columns
    )
    head = "| column | what it means | unit |\n| --- | --- | --- |"
    return f"## {name}\n\n{row_per}\n\n{head}\n{rows}\n"


def _words(table: str, column: Column) -> str:
    """Return what a column of words may hold, as it follows on its meaning."""
    known = WORDS.get((table, column.name), ())
    listed = ", ".join(f"`{word}`" if word else "nothing" for word in known)
    return f": {listed}" if listed else ""


def measures_page() -> str:
    """Return the measures of a run, with unit and meaning, as a Markdown table."""
    rows = "\n".join(f"| {name} | {MEANINGS[name]} | {UNITS[name]} |" for name in UNITS)
    return f"| measure | what it means | unit |\n| --- | --- | --- |\n{rows}\n"
