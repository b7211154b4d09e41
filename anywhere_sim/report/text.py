"""The results of a study in words: a summary, a sentence per contrast, and text for a terminal."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from typing import Any

import pandas as pd

from anywhere_sim.analysis.labels import ROUNDING, capitalized, label, short
from anywhere_sim.experiments import Results
from anywhere_sim.report.tables import is_reference, strata_tables

NAMES = {
    "RPC rate": "RPCs at the store",
    "disk reads": "disk reads",
    "bytes down": "bytes to the clients",
    "waited per user-day, mean": "waiting per user-day",
    "age of a message, p50": "age of a new message (median)",
}
"""The measures that the sentences report, and their names there."""

SUMMARY_NAMES = {
    "waited per user-day, mean": "waiting per user-day",
    "RPC rate": "RPC rate of the stores",
    "front-end CPU": "CPU of the front ends",
}
"""The measures of the summary, and their names there."""

UNITS = {"": "", "s": " s", "1/s": " per second", "%": " percentage points"}
"""How the unit of a difference is written; any other stands as it is."""

NO_DIFFERENCE = "not distinguishable"


@dataclass(frozen=True, slots=True)
class Sentence:
    """What a contrast changed: its subject, and a part per stratum."""

    subject: str
    parts: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.subject} - {'. '.join(self.parts)}."


def result_text(results: Results) -> str:
    """Return the results for a terminal: tables, the summary, a sentence per contrast."""
    parts = [results.plan.why]
    for stratum, tables in strata_tables(results):
        for heading, table in tables.items():
            parts += [f"{stratum}: {heading}" if stratum else heading, table.to_string()]
    parts.append("\n".join(summary(results)))
    every = (*sentences(results), *reference_sentences(results))
    parts.append("\n".join(f"- {sentence}" for sentence in every))
    return "\n\n".join(parts)


def summary(results: Results) -> list[str]:
    """Return a line per contrast of the factorial: waiting, RPC rate and front-end CPU."""
    contrasts, strata = results.contrasts(), results.plan.strata
    lines = []
    for name, rows in contrasts.groupby("contrast", sort=False):
        if not is_reference(results, str(name)):
            lines.append(f"{title(str(name))}: {'; '.join(_clauses(rows, strata))}.")
    return lines


def sentences(results: Results) -> list[Sentence]:
    """Return a sentence per contrast of the factorial: main effects, then interactions."""
    every = _sentences(results)
    return [sentence for name, sentence in every if not is_reference(results, name)]


def reference_sentences(results: Results) -> list[Sentence]:
    """Return a sentence per contrast of a reference cell."""
    return [sentence for name, sentence in _sentences(results) if is_reference(results, name)]


def title(contrast: str) -> str:
    """Return the name of a contrast in words.

    >>> title("cached - online"), title("(cached - online) x (https_first - tcp_first)")
    ('Cached instead of online', 'Cached instead of online, interaction with HTTPS first')
    """
    if " x " in contrast:
        one, other = (part.strip("()").split(" - ") for part in contrast.split(" x "))
        return f"{_instead(*one)}, interaction with {label(other[0])}"
    return _instead(*contrast.split(" - "))


def _instead(second: str, first: str) -> str:
    return f"{capitalized(label(second))} instead of {label(first)}"


def _clauses(rows: pd.DataFrame, strata: tuple[str, ...]) -> Iterator[str]:
    for measure, name in SUMMARY_NAMES.items():
        chosen = rows[rows["measure"] == measure].to_dict("records")
        changes = [
            _change(row, ", ".join(label(row[factor]) for factor in strata)) for row in chosen
        ]
        yield f"{name} {', '.join(changes)}"


def _change(row: dict[Hashable, Any], stratum: str) -> str:
    where = f" ({stratum})" if stratum else ""
    if row["word"] == NO_DIFFERENCE:
        return f"{NO_DIFFERENCE} from no change{where}"
    low, middle, high = sorted(abs(row[name]) for name in ("low", "difference", "high"))
    word = "up" if row["difference"] > 0.0 else "down"
    return f"{word} {short(middle)}{UNITS[row['unit']]} [{short(low)}, {short(high)}]{where}"


def _sentences(results: Results) -> Iterator[tuple[str, Sentence]]:
    contrasts, strata = results.contrasts(), list(results.plan.strata)
    for name in contrasts["contrast"].unique():
        rows = contrasts[(contrasts["contrast"] == name) & contrasts["measure"].isin(list(NAMES))]
        groups = rows.groupby(strata, sort=False) if strata else [((), rows)]
        parts = []
        for stratum, chosen in groups:
            heading = capitalized(", ".join(map(label, stratum)))
            parts.append(f"{heading}: {_changes(chosen)}" if stratum else _changes(chosen))
        yield name, Sentence(title(name), tuple(parts))


def _changes(rows: pd.DataFrame) -> str:
    clear, unclear = rows[rows["word"] != NO_DIFFERENCE], rows[rows["word"] == NO_DIFFERENCE]
    parts = [_phrase(row) for row in clear.to_dict("records")]
    if not parts:
        return "none of these measures is distinguishable from no change"
    if len(unclear):
        names = ", ".join(unclear["measure"].map(NAMES))
        parts.append(f"{NO_DIFFERENCE} from no change: {names}")
    return "; ".join(parts)


def _phrase(row: dict[Hashable, Any]) -> str:
    name, unit = NAMES[row["measure"]], row["unit"]
    low, middle, high = (short(row[key], "+") for key in ("low", "difference", "high"))
    change = f"{middle}{UNITS.get(unit, f' {unit}')} [{low}, {high}]"
    if " x " in row["contrast"]:
        return f"{name} {change}"
    after = row["base"] + row["difference"]
    if abs(after) < ROUNDING * abs(row["base"]):
        after = 0.0
    return f"{name} from {short(row['base'])} to {short(after)} {unit}".rstrip() + f" ({change})"
