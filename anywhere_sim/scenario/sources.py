"""Where a number comes from: the mark on every default, and the sources that marks cite."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal, NamedTuple

from anywhere_sim.scenario.shipped import data_folder

Mark = Literal["documented", "calibrated", "assumed"]


@dataclass(frozen=True, slots=True)
class Sourced:
    """The origin of one input number.

    `mark` says how the number came in: *documented* (a primary or secondary source, or derived from
    one), *calibrated* (fitted to a published measurement, named in `source`) or *assumed* (a guess
    with a range). What the model computes is *predicted* and carries no mark. `low` and `high`
    bound what is plausible, in the unit of the number.
    """

    mark: Mark
    source: str
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Value:
    """A number of a table of kinds (places, profiles) with its origin."""

    value: float | str | bool | None
    origin: Sourced


def documented(source: str, low: float | None = None, high: float | None = None) -> Sourced:
    """A number that a source states, or that follows from one by arithmetic."""
    return Sourced("documented", source, low, high)


def assumed(reason: str, low: float | None = None, high: float | None = None) -> Sourced:
    """A number nobody published; `reason` says why it stands where it does."""
    return Sourced("assumed", reason, low, high)


def calibrated(target: str, low: float | None = None, high: float | None = None) -> Sourced:
    """A number fitted to the measurement that `target` names."""
    return Sourced("calibrated", target, low, high)


CITATION = re.compile(
    r"\b(?P<collection>facts|measurements|server_load|failures|rops|real_peers|performance|DESIGN)"
    r"\s+"
    r"(?P<numbers>(?:[ABS]\d+|\d+(?:\.\d+)?)(?:(?:,| "
    r"and)\s+(?:[ABS]\d+\b|\d\.\d\b|\d(?![\d.,%])\b))*)"
    r"(?P<rows>\s+rows?\s+\d+(?:-\d+)?)?"
)
"""A citation in code, tables or prose.

"facts 1.3", "real_peers 2.2 and 4", "measurements A1 rows 3-4".
"""


class Document(NamedTuple):
    """A public document.

    Title, address and date as it prints them ("undated" where it does not).
    """

    title: str
    address: str
    date: str


class Statement(NamedTuple):
    """One thing that a section says.

    Of what, its value, how sure it is, and the documents behind it or a remark.
    """

    what: str
    value: str
    sure: str
    documents: tuple[Document, ...]
    remark: str


class Section(NamedTuple):
    """What a citation points at. `background` sections are cited by other sections only."""

    id: str
    title: str
    date: str
    statements: tuple[Statement, ...]
    background: bool


@cache
def sections() -> Mapping[str, Section]:
    """Return the sections of data/reference/sources.toml by id, in the order of the file."""
    table = tomllib.loads((data_folder() / "reference/sources.toml").read_text(encoding="utf-8"))
    documents = {key: Document(**entry) for key, entry in table["documents"].items()}
    return {entry["id"]: _section(entry, documents) for entry in table["sections"]}


def _section(entry: Mapping[str, Any], documents: Mapping[str, Document]) -> Section:
    statements = []
    for what, value, sure, origin in entry["statements"]:
        keys = origin.split()
        known = bool(keys) and all(key in documents for key in keys)
        found = tuple(documents[key] for key in keys) if known else ()
        statements.append(Statement(what, value, sure, found, "" if known else origin))
    background = entry.get("background", False)
    return Section(entry["id"], entry["title"], entry["date"], tuple(statements), background)


def cited(text: str) -> Iterator[str]:
    """Yield the ids that a text cites: "facts 1.5, 4.3" gives "facts 1.5" and "facts 4.3"."""
    for found in CITATION.finditer(text):
        yield from _ids(found)


def with_titles(text: str) -> str:
    """Return the text with the title of each section that it cites, its id behind it in brackets.

    Raises KeyError where there is no such section.
    """

    def titles(found: re.Match[str]) -> str:
        named = ", ".join(f"{sections()[name].title} [{name}]" for name in _ids(found))
        return named.removesuffix("]") + (found["rows"] or "") + "]"

    return CITATION.sub(titles, text)


def _ids(found: re.Match[str]) -> list[str]:
    return [
        f"{found['collection']} {number}"
        for number in re.findall(r"[ABS]?\d+(?:\.\d+)?", found["numbers"])
    ]
