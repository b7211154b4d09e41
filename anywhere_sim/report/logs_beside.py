"""Logs and a simulation side by side, or two logs: where they agree, where not, and by how much."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from html import escape
from io import BytesIO
from pathlib import Path
from typing import Any

import pandas as pd

from anywhere_sim.analysis.beside_logs import AGREE, Sides, sides
from anywhere_sim.analysis.labels import quantity, short
from anywhere_sim.report.findings import clock, listed
from anywhere_sim.report.result import image
from anywhere_sim.report.run_tables import table_of
from anywhere_sim.scenario import Scenario
from anywhere_sim.traces import Run, RunError

KIND_OF_CALLS = "calls: "
"""How the names of calls of one kind begin: they have a table of their own."""
MOST_APART = 6
"""Differences that have a sentence of their own; the table has all."""
MOST_PANELS = 12
SHOWN = (
    "people connected", "connections open", "attempts", "bytes", "calls", "time of a call",
    "operations in calls", "connections begun", "store: processor", "store: latency",
    "front end: processor", "front end: open requests", "store:", "front end:",
)  # fmt: skip
"""How the names of panels begin, those that matter most first."""
CALLS_HINT = " (a run keeps calls with record_rpcs = true)"
WORDS = {
    "agree": "agree", "small": "too small to matter", "chance": "may be chance",
    "other hours": "at other hours", "more": "more", "less": "less",
}  # fmt: skip
STYLE = """
.logs .wide img { min-width: 46rem; }
.logs th.said, .logs td.said, .logs thead th:first-child { text-align: left; }
"""


@dataclass(frozen=True, slots=True)
class LogsBeside:
    """Two sets of tables side by side; `names` say which is which in a sentence.

    `logs` says of each whether an import made it, `day_1` the date of an import's first day.
    """

    names: tuple[str, str]
    logs: tuple[bool, bool]
    day_1: str
    found: Sides

    @classmethod
    def of(cls, run: Run, folder: Path, name: str = "this one") -> LogsBeside:
        """Return a run or an import beside the one in a folder; logs come first, where one is.

        Raises RunError when there is none, or when they have no hour in common.
        """
        other = Run.load(folder)
        pair = [(other, folder.name), (run, name)]
        if "imported" not in other.manifest:
            pair.reverse()
        logs = tuple("imported" in each.manifest for each, _ in pair)
        names = ("the logs", "the run") if logs != (True, True) else tuple(own for _, own in pair)
        if names[0] == names[1]:
            names = (str(folder), f"{name}, this one")
        day_1 = str(pair[0][0].manifest.get("day_1", ""))
        return cls((names[0], names[1]), (logs[0], logs[1]), day_1, sides(pair[0][0], pair[1][0]))

    @staticmethod
    def check(logs: Run, folder: Path, scenario: Scenario) -> None:
        """Raise RunError when logs have no hour in common with a scenario, before it is run."""
        begin_s, end_s = float(logs.manifest["start_s"]), float(logs.manifest["end_s"])
        if min(end_s, scenario.end) <= max(begin_s, scenario.start):
            raise RunError(
                f"{folder} has logs from {clock(begin_s)} to {clock(end_s)}, and this run is from "
                f"{clock(scenario.start)} to {clock(scenario.end)}; give the run hours of the logs"
            )


def is_import(run: Run) -> bool:
    """Return whether logs made the tables of a run, and no simulation."""
    return "imported" in run.manifest


def logs_beside_said(both: LogsBeside) -> list[str]:
    """Return where the two agree and where not, the verdict first, then what one doesn't know."""
    first, second = both.names
    table = _main(both)
    differ = _furthest(table)
    hours = f"{clock(both.found.begin_s)} to {clock(both.found.end_s)}"
    who = "Both logs" if all(both.logs) else "Model and logs"
    agreed = table.index[table["word"] == "agree"]
    if table.empty:
        return [f"{hours}: {first} and {second} know nothing in common.", *_unknown(both)]
    if differ.empty:
        verdict = f"{who} agree on all that both know"
    elif agreed.empty:
        verdict = f"{who} agree on nothing that both know"
    else:
        verdict = f"{who} agree on {len(agreed)} of {len(table)} things that both know"
    said = [f"{hours}: {verdict}.{_worst(differ, both)}"]
    if len(agreed):
        said.append(f"Alike to {100 * AGREE:.0f} %: {_gathered([*agreed])}.")
    said += [_apart(name, row, both) for name, row in differ.iloc[1:MOST_APART].iterrows()]
    if len(differ) > MOST_APART:
        said.append(f"{len(differ) - MOST_APART} more differ: see the table.")
    for word, told in (("chance", "May be chance"), ("small", "Too small to matter")):
        names = [*table.index[table["word"] == word]]
        if names:
            said.append(f"{told}: {_gathered(names)}.")
    return said + _kinds_said(both) + _unknown(both) + [*_notes(both)]


def _main(both: LogsBeside) -> pd.DataFrame:
    table = both.found.table
    return table[[not str(name).startswith(KIND_OF_CALLS) for name in table.index]]


def _kinds(both: LogsBeside) -> pd.DataFrame:
    table = both.found.table
    return table[[str(name).startswith(KIND_OF_CALLS) for name in table.index]]


def _furthest(table: pd.DataFrame) -> pd.DataFrame:
    """Return the rows that differ, the furthest apart first."""
    differ = table[table["word"].isin(("more", "less", "other hours"))]
    ratio = differ[["first", "second"]].min(axis=1) / differ[["first", "second"]].max(axis=1)
    ratio = ratio.where(differ["word"] != "other hours", 1.0)
    return differ.loc[ratio.sort_values(kind="stable").index]


def _pair(row: pd.Series, both: LogsBeside) -> str:
    """Return both values of a row with whose they are."""
    first, second = (f"{_shown(row, side)}" for side in ("first", "second"))
    return f"{first} in {both.names[0]}, {second} in {both.names[1]}{_percent(row)}"


def _worst(differ: pd.DataFrame, both: LogsBeside) -> str:
    """Return what differs most, as a sentence of its own."""
    for name, row in differ.head(1).iterrows():
        return f" {_apart(name, row, both)}".replace(" Apart:", " Furthest apart:", 1)
    return ""


def _apart(name: object, row: pd.Series, both: LogsBeside) -> str:
    if row["word"] == "other hours":
        return f"At other hours, alike in all: {name}, most at {clock(row['apart_s'])}."
    return f"Apart: {name}, {_pair(row, both)}; most at {clock(row['apart_s'])}."


def _shown(row: pd.Series | dict[str, Any], side: str) -> str:
    value, unit = float(row[side]), str(row["unit"])
    if not unit and row["kind"] == "events":
        return f"{value:,.0f}"
    if unit.endswith("person"):
        return f"{short(value)} {unit}"
    return quantity(value, unit)


def _percent(row: pd.Series | dict[str, Any]) -> str:
    difference = float(row["difference"])
    if not round(100.0 * difference):
        return ""
    return f" ({100.0 * difference:+,.0f} %)" if abs(difference) < 100.0 else " (many times)"


def _kinds_said(both: LogsBeside) -> list[str]:
    """Return how the calls of each kind compare, in a sentence."""
    kinds = _kinds(both)
    if kinds.empty:
        return []
    differ = kinds[kinds["word"].isin(("more", "less"))]
    names = [
        f"{str(name).removeprefix(KIND_OF_CALLS)}{_percent(row)}"
        for name, row in _furthest(differ).iterrows()
    ]
    if not names:
        return [f"The {len(kinds)} kinds of calls are as often in both."]
    alike = len(kinds) - len(differ)
    return [
        f"Of {len(kinds)} kinds of calls {alike} are as often, but not {listed(names, MOST_APART)}."
    ]


def _unknown(both: LogsBeside) -> list[str]:
    """Return what one of the two knows alone."""
    said = []
    for who, others in zip(both.names, reversed(both.found.only), strict=True):
        if others:
            verb = "don't" if who == "the logs" else "doesn't"
            hint = CALLS_HINT if who == "the run" and "calls" in others else ""
            said.append(f"{who[:1].upper()}{who[1:]} {verb} know: {_gathered(others)}{hint}.")
    return said


def _gathered(names: list[str]) -> str:
    """Return names as one list, those of one kind of server together.

    >>> _gathered(["bytes up", "store: processor", "store: calls"])
    'bytes up; of the store processor, calls'
    """
    of_servers: dict[str, list[str]] = {}
    plain = []
    for name in names:
        role, colon, rest = name.partition(": ")
        if colon:
            of_servers.setdefault(role, []).append(rest)
        else:
            plain.append(name)
    parts = [", ".join(plain)] if plain else []
    return "; ".join(parts + [f"of the {role} {', '.join(of)}" for role, of in of_servers.items()])


def _notes(both: LogsBeside) -> Iterator[str]:
    """Yield what the comparison rests on."""
    found = both.found
    if found.per_person:
        counts = (
            f"{count:,} in {who}" for count, who in zip(found.people, both.names, strict=True)
        )
        yield f"People: {' and '.join(counts)}; counts, rates and levels are per person."
    first, second = both.names
    for note in found.notes:
        text = note.format(first=first, second=second)
        yield f"{text[:1].upper()}{text[1:]}."
    if not all(both.logs) and any("bytes" in str(name) for name in found.table.index):
        yield (
            "Bytes of logs are without headers of TCP, IP and TLS, those of a run with them "
            "(an export of a run writes these)."
        )
    day = _weekday(both.day_1)
    if day and not all(both.logs) and day != "Monday":
        yield f"Day 1 of the logs, {both.day_1}, is a {day}; that of a run is a Monday."


def _weekday(day_1: str) -> str:
    try:
        return f"{date.fromisoformat(day_1):%A}"
    except ValueError:
        return ""


def section(both: LogsBeside, folder: str) -> str:
    """Return the part of a page on which both stand side by side, as HTML.

    `folder` is where the other one lies, which a page that is written again still asks.
    """
    first, *others = logs_beside_said(both)
    items = "".join(f"<li>{escape(each)}</li>" for each in others)
    heading = f"{both.names[0]} and {both.names[1]} side by side"
    return f"""<section class="logs"><style>{STYLE}</style>
<h2>{escape(heading[:1].upper() + heading[1:])}</h2>
<p class="verdict" data-beside="{escape(folder)}"><strong>{escape(first)}</strong></p>
<ul>{items}</ul>
{_picture(both)}
{_table(both, _main(both), "what", "Both know nothing in common.")}
{_kinds_table(both)}
</section>"""


def _kinds_table(both: LogsBeside) -> str:
    kinds = _kinds(both)
    if kinds.empty:
        return ""
    named = kinds.rename(index=lambda name: str(name).removeprefix(KIND_OF_CALLS))
    return f"<h3>Calls by kind</h3>{_table(both, named, 'kind of call', '')}"


def _table(both: LogsBeside, rows: pd.DataFrame, what: str, nothing: str) -> str:
    columns = {
        what: lambda row: escape(str(row["name"])),
        both.names[0]: lambda row: escape(_shown(row, "first")),
        both.names[1]: lambda row: escape(_shown(row, "second")),
        "difference": lambda row: escape(_percent(row).strip(" ()")),
        "said": lambda row: escape(WORDS[row["word"]]),
    }
    return table_of(rows.reset_index(), columns, nothing)


def _picture(both: LogsBeside) -> str:
    """Return the lines of what both know over time, as an image."""
    from anywhere_sim.figures.beside_logs import beside_logs  # matplotlib only where needed

    names = [name for start in SHOWN for name in _main(both).index if name.startswith(start)]
    chosen = [*dict.fromkeys(names)][:MOST_PANELS]
    if not chosen:
        return ""
    found = both.found
    widths_s = found.edges_s[1:] - found.edges_s[:-1]
    panels = {}
    for name in chosen:
        kind, unit = found.table.loc[name, "kind"], str(found.table.loc[name, "unit"])
        pair = found.lines[name]
        if kind == "events" or name == "operations in calls":
            pair = (pair[0] / widths_s * 60.0, pair[1] / widths_s * 60.0)
            unit = f"{unit} per min"
        elif kind == "sum":
            unit = unit.replace("MB", "kbit/s")
        panels[f"{name}, {unit.strip()}".strip(", ")] = pair
    picture = BytesIO()
    figure = beside_logs(found.edges_s, panels, both.names)
    figure.savefig(picture, format="png", dpi=110)
    what = f"{both.names[0]} and {both.names[1]} over the same hours"
    return f'<div class="wide">{image(what, picture.getvalue())}</div>'


__all__ = ["LogsBeside", "is_import", "logs_beside_said", "section"]
