"""Where the model's inputs come from: every sourced input, and the page of their sources.

Inputs are declared where they are used: as `Annotated[..., Sourced]` fields of a scenario's specs
and constants of the rooms that a run consists of, as tables of kinds and profiles, and as types of
calls. They are collected here; `tests/test_assumptions.py` reads the source of the whole package
and finds every declaration that is missing. docs/sources.md is the page of `sources_page`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from types import ModuleType, SimpleNamespace
from typing import Any, get_type_hints

import pandas as pd

import anywhere_sim
from anywhere_sim.compiled import PACKAGE
from anywhere_sim.rpc import call_types
from anywhere_sim.rpc.call_types import CallType
from anywhere_sim.scenario.activity import Activity
from anywhere_sim.scenario.catalog import KINDS, PROFILES
from anywhere_sim.scenario.community import Community
from anywhere_sim.scenario.group import Group
from anywhere_sim.scenario.place import Place
from anywhere_sim.scenario.policy import Policy
from anywhere_sim.scenario.requests import Requests
from anywhere_sim.scenario.server import Relay, Server
from anywhere_sim.scenario.sources import (
    Section,
    Sourced,
    Statement,
    assumed,
    documented,
    sections,
    with_titles,
)

ROOMS = ("scenario", "network", "rpc", "exchange", "outlook", "people", "simulation")
"""The packages whose constants go into a run."""

SPECS = (Place, Server, Relay, Group, Policy, Requests, Community, Activity)
COLUMNS = ["part", "number", "value", "mark", "low", "high", "source"]
MARKS = ("documented", "calibrated", "assumed")

Row = tuple[str, str, str, str, float | None, float | None, str]

_CALL_FIELDS = ("up_bytes", "down_bytes", "weight_per_row", "pages", "writes")
_MEASURED = documented("real_peers 3: without auxiliary data")


def assumptions() -> pd.DataFrame:
    """Return a row per sourced input.

    Columns: `part` (where it is declared), `number` (its name), `value`, `mark` ("documented",
    "calibrated" or "assumed"), `low` and `high` (its plausible range, or NaN), `source` (with the
    titles of the sections that it cites).

    >>> table = aw.assumptions()
    >>> sorted(table["mark"].unique())
    ['assumed', 'calibrated', 'documented']
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
        for name, hint in _hints(module).items():
            for origin in getattr(hint, "__metadata__", ()):
                if isinstance(origin, Sourced):
                    part = info.name.removeprefix("anywhere_sim.")
                    yield _row(part, name, getattr(module, name), origin)


def _hints(module: ModuleType) -> dict[str, Any]:
    """Return the types of a module's constants; a bare Final, which names none, is left out.

    They are read from the source: a compiled module has no annotations.
    """
    relative = Path(*module.__name__.split(".")[1:])
    paths = (PACKAGE / relative).with_suffix(".py"), PACKAGE / relative / "__init__.py"
    source = next(path for path in paths if path.exists()).read_text(encoding="utf-8")
    named = {
        node.target.id: ast.unparse(node.annotation)
        for node in ast.parse(source).body
        if isinstance(node, ast.AnnAssign)
        and isinstance(node.target, ast.Name)
        and ast.unparse(node.annotation) != "Final"
    }
    return get_type_hints(SimpleNamespace(__annotations__=named), vars(module), include_extras=True)


def _call_type(call: CallType) -> Iterator[Row]:
    """Yield what a type of call carries and costs; numbers that are 0 are left out."""
    for name in _CALL_FIELDS:
        value = getattr(call, name)
        if not value or isinstance(value, tuple):
            continue
        measured = call.name in call_types.MEASURED and name.endswith("bytes")
        guess = assumed("relative to the other types", value / 2, value * 2)
        yield _row(f"call {call.name}", name, value, _MEASURED if measured else guess)


def _row(part: str, name: str, value: object, origin: Sourced) -> Row:
    if isinstance(value, float) and value.is_integer():
        value = int(value)  # compiled, a whole number may be a float
    text = "" if value is None else str(value)
    return part, name, text, origin.mark, origin.low, origin.high, with_titles(origin.source)


_SOURCES_HEAD = """# Sources

Where the figures of the model come from. A number's mark in the code, a row of
[mechanisms.md](mechanisms.md) or of `data/reference/facts.csv` cites a section by its id ("facts
1.4", "measurements B3"); `anywhere-sim describe` and `assumptions` print its title. Everything is
said in the project's own words. `make sources` writes this page from
`data/reference/sources.toml`, where new sections go; a test follows every citation.

| how sure | |
| --- | --- |
| documented | the maker of the thing says so, a standard, source code or a data file |
| second-hand | a blog, a forum, a book or a copy says so |
| derived | worked out from what is documented; the working stands with it |
| measured | by the project, on what the section names |
| disputed | sources contradict each other: a switch of the model |
| decided | the project's own choice |
| U | unverified, from general knowledge: never more than a parameter |

Dates are those that a document prints; "undated" prints none. All were read by November 2026.
Articles of the Knowledge Base (KB) that Microsoft has withdrawn are kept by
<https://mskb.pkisolutions.com> and the BetaArchive wiki. RFCs, KB articles and specifications that
the code names by number stand for themselves.
"""

COLLECTIONS = {
    "facts": "facts, published statements",
    "measurements": "measurements, published measurements, and what follows from public data",
    "server_load": "server_load, what Outlook asks of Exchange",
    "failures": "failures, how hosts, middle boxes and pools fail and come back",
    "rops": "rops, the numbers of remote operations",
    "real_peers": "real_peers, RPC connections measured by the project",
    "performance": "performance, TCP and TLS measured by the project",
    "DESIGN": "DESIGN, what the project decided",
}
"""The heading of each collection of sections, by the first word of its ids."""


def sources_page() -> str:
    """Return all sections as Markdown."""
    return "\n".join([_SOURCES_HEAD, *_markdown()])


def _markdown() -> Iterator[str]:
    collection = ""
    for section in sections().values():
        if (name := section.id.split()[0]) != collection:
            collection = name
            yield f"## {COLLECTIONS[name]}\n"
        yield section_text(section)


def section_text(section: Section) -> str:
    """Return one section as Markdown: heading, date, a row per statement."""
    background = "; background: other sections lean on it" if section.background else ""
    rows = "\n".join(_statement_row(statement) for statement in section.statements)
    return (
        f'<a id="{section.id.replace(" ", "-")}"></a>\n'
        f"### {section.id}: {section.title}\n\n{section.date}{background}\n\n"
        f"| what | value | how sure | source |\n| --- | --- | --- | --- |\n{rows}\n"
    )


def _statement_row(statement: Statement) -> str:
    named = [f"[{title}]({address}), {date}" for title, address, date in statement.documents]
    source = "; ".join(named) if named else statement.remark
    return f"| {statement.what} | {statement.value} | {statement.sure} | {source} |"
