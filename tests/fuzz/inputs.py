"""Hostile inputs: shipped scenarios, studies and recordings with a few things changed at random."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable, Iterator
from copy import deepcopy
from math import inf
from random import Random
from typing import Any

import anywhere_sim as aw
from anywhere_sim.experiments.plan import Plan
from anywhere_sim.scenario.scenario import Scenario
from anywhere_sim.scenario.shipped import scenario_names, scenario_path, study_names, study_path

ODD: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 2, 7.5, 1e-9, 1e-3, 1e9, 1e308, -0.0, float("nan"), float("inf"),
    10**30, "", " ", "x", "tcp", "08:00", "23:59:59", "25:00", "-1:00", "²", "\t", "mbx1", "office",
    "a" * 300, [], [1], ["a"], [["08:10", "office"]], [["08:10"]], [[[]]], {}, {"a": 1}, [{}],
    [None], ["mbx1", "mbx1"], {"kind": "lan"}, ["mon", "mon"], [0.0] * 24, [1.0] * 23,
)  # fmt: skip
"""Values of the wrong kind, out of bounds, or odd in another way."""

TINY = 5e-324
"""The least number above zero."""

Mapping = dict[str, Any]


def scenarios(seed: int) -> Iterator[Mapping]:
    """Yield contents of scenario files without end, the same for the same seed."""
    draws = Random(f"scenarios {seed}")
    shipped = [aw.Scenario.load(name).written() for name in scenario_names()]
    while True:
        content = deepcopy(draws.choice(shipped))
        for _ in range(draws.choice((1, 1, 1, 2, 3, 5))):
            _mutate(draws, content)
        yield content


def studies(seed: int) -> Iterator[Mapping]:
    """Yield contents of study files without end."""
    draws = Random(f"studies {seed}")
    shipped = [
        tomllib.loads(study_path(name).read_text(encoding="utf-8")) for name in study_names()
    ]
    while True:
        content = deepcopy(draws.choice(shipped))
        for _ in range(draws.choice((1, 1, 2, 3))):
            _mutate(draws, content)
        yield content


def runnable(seed: int) -> Iterator[Mapping]:
    """Yield contents of small scenarios whose keys are moved within reason, most of them valid."""
    draws = Random(f"runs {seed}")
    shipped = [aw.Scenario.load(name).written() for name in scenario_names()]
    while True:
        content = deepcopy(draws.choice(shipped))
        for group in content["groups"].values():
            group["mailboxes"] = draws.choice((1, 2, 3))
            group["mailbox_mb"] = draws.choice((0.2, 1, 5))
        content["end"] = f"{int(content['start'][:2]) + 1}:00"
        for _ in range(draws.randint(1, 6)):
            _move(draws, content)
        yield content


def files(seed: int) -> Iterator[bytes]:
    """Yield contents of scenario files that are damaged as texts."""
    draws = Random(f"files {seed}")
    shipped = [scenario_path(name).read_bytes() for name in scenario_names()]
    while True:
        content = draws.choice(shipped)
        for _ in range(draws.choice((1, 1, 2, 4))):
            content = _damage(draws, content)
        yield content


def recordings(seed: int) -> Iterator[bytes]:
    """Yield contents of recordings without end: of all formats, most of them damaged."""
    draws = Random(f"recordings {seed}")
    while True:
        content = draws.choice(_FORMATS)(draws)
        for _ in range(draws.choice((0, 1, 1, 2, 4))):
            content = _damage(draws, content)
        yield content


def _tables(content: Any) -> Iterator[Any]:
    """Yield every table and list inside, the outermost first."""
    if isinstance(content, dict | list):
        yield content
        for value in content.values() if isinstance(content, dict) else content:
            yield from _tables(value)


def _mutate(draws: Random, content: Mapping) -> None:
    table = draws.choice(list(_tables(content)))
    keys = list(table) if isinstance(table, dict) else list(range(len(table)))
    value = deepcopy(draws.choice(ODD))
    action = draws.random()
    if not keys or action < 0.15:
        if isinstance(table, dict):
            table[draws.choice(KEYS)] = value
        else:
            table.append(value)
    elif action < 0.3:
        del table[draws.choice(keys)]
    elif action < 0.4 and isinstance(table, dict):
        table[draws.choice(KEYS)] = table.pop(draws.choice(keys))
    else:
        key = draws.choice(keys)
        table[key] = _near(draws, table[key]) if draws.random() < 0.4 else value


def _near(draws: Random, value: Any) -> Any:
    """Return a value of the same kind, larger or smaller."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return draws.choice(WORDS)
    factor = draws.choice((0.0, 1e-6, 0.1, 0.5, 2.0, 10.0, 1e6, -1.0))
    return type(value)(value * factor)


def _move(draws: Random, content: Mapping) -> None:
    """Set a key that a table of the scenario may have to a value of its kind."""
    part = draws.choice(("groups", "policy", "requests", "activity", "places", "servers"))
    inner = content[part if part in ("places", "servers") else "groups"]
    table = inner[draws.choice(list(inner))]
    if part in ("policy", "requests"):
        table = table.setdefault(part, {})
    elif part == "activity":
        table["activity"] = draws.choice(("light", "medium", "heavy", "very_heavy"))
        return
    if isinstance(table, dict):
        name, kinds = draws.choice(FIELDS[part])
        table[name] = draws.choice(kinds)


def _fields(part: str) -> list[tuple[str, list[Any]]]:
    """Return what may be given to the fields of a part: its words, or numbers within reason."""
    definitions = Scenario.model_json_schema()["$defs"]
    name = {"groups": "Group", "places": "Place", "servers": "Server"}.get(part, part.title())
    found = []
    for key, schema in definitions[name]["properties"].items():
        text = json.dumps(schema)
        if key in ("mailboxes", "kind", "role", "profile", "itinerary", "client", "mode"):
            continue
        kinds = (schema, *schema.get("anyOf", []))
        words = [word for each in kinds for word in each.get("enum", [])]
        usual = schema.get("default")
        if words:
            found.append((key, words))
        elif '"boolean"' in text:
            found.append((key, [True, False]))
        elif numbers := [each for each in kinds if each.get("type") in ("number", "integer")]:
            bounds = numbers[0]
            least = bounds.get("minimum", bounds.get("exclusiveMinimum", 0) + TINY)
            given = usual if isinstance(usual, int | float) else 0
            near = [given * factor for factor in (0.5, 1, 2, 5)] + [least, 1, 30, 900]
            made = int if bounds["type"] == "integer" else float
            high = bounds.get("maximum", inf)
            found.append((key, [made(each) for each in near if least <= each <= high]))
    return found


def _enums(part: Any) -> list[Any]:
    """Return the lists of words inside a schema."""
    if isinstance(part, list):
        return [found for each in part for found in _enums(each)]
    if not isinstance(part, dict):
        return []
    inner = [found for each in part.values() for found in _enums(each)]
    return [*inner, part["enum"]] if isinstance(part.get("enum"), list) else inner


def _csv(draws: Random) -> bytes:
    rows = "".join(f"{at},{draws.randint(0, 3000)}\n" for at in range(draws.randint(1, 40)))
    return b"time_s,kbps\n" + rows.encode()


def _packets(draws: Random) -> bytes:
    time_ms, lines = draws.choice((0, 12, 1_700_000_000_000)), []
    for _ in range(draws.randint(1, 60)):
        time_ms += draws.choice((0, 1, 12, 400, 90_000))
        lines.append(str(time_ms))
    return "\n".join(lines).encode()


def _columns(draws: Random) -> bytes:
    wide = draws.choice((2, 6))
    rows = [
        [str(at)] + [f"{draws.uniform(0, 3000):.2f}" for _ in range(wide - 1)]
        for at in range(draws.randint(1, 40))
    ]
    return "\n".join(draws.choice((" ", "\t", ";")).join(row) for row in rows).encode()


def _damage(draws: Random, content: bytes) -> bytes:
    at = draws.randint(0, len(content))
    piece = draws.choice((
        b"\0", b"\xff", b"\xfe\xff", b"\xef\xbb\xbf", b"#", b",", b";", b"\t", b"-", b"e9", b"nan",
        b"inf", b"\r", b"\n\n", b"1e308", "²".encode(), b"\x1c", content[at : at + 30],
    ))  # fmt: skip
    match draws.randrange(4):
        case 0:
            return content[:at] + content[at + draws.randint(1, 20) :]
        case 1:
            return content[:at].decode("latin-1").encode("utf-16")
        case 2:
            return content[:at]
        case _:
            return content[:at] + piece + content[at:]


_FORMATS: tuple[Callable[[Random], bytes], ...] = (_csv, _packets, _columns)
FIELDS = {part: _fields(part) for part in ("groups", "policy", "requests", "places", "servers")}
PARTS: list[Mapping] = list(Scenario.model_json_schema()["$defs"].values())
KEYS = [
    *sorted(
        {key for part in PARTS for key in part.get("properties", {})}
        | set(Scenario.model_fields) | set(Plan.model_fields)
    ),
    "", "unknown", "a.b", "²",
]  # fmt: skip
WORDS = sorted(
    {str(word) for fields in FIELDS.values() for _, kinds in fields for word in kinds}
    | set(re.findall(r'"([a-z0-9_.-]+)"', json.dumps([_enums(part) for part in PARTS])))
)
