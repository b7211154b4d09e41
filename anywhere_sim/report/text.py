"""The results of a study in words: tables and a sentence per contrast, for page and terminal."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from math import isfinite
from textwrap import fill
from typing import Any

import pandas as pd

from anywhere_sim.analysis.intervals import NEGLIGIBLE, NO_DIFFERENCE, TOO_RARE
from anywhere_sim.analysis.labels import ROUNDING, capitalized, label, quantity, short
from anywhere_sim.experiments import Results

MEANS = "mean of the replications ± half the width of its 95 % interval"
DIFFERENCES = "paired difference ± half the width of its 95 % interval"
REFERENCE_DIFFERENCES = "paired difference of the reference cells"

NAMES = {
    "RPC calls": "RPC calls at the stores",
    "RPC operations": "RPC operations",
    "disk reads": "disk reads",
    "bytes down": "bytes to the clients",
    "waited per open hour, mean": "waiting per open hour",
    "age of a message, p50": "age of a new message (median)",
}
"""The measures that the sentences report, and their names there."""

SUMMARY_NAMES = {
    "waited per open hour, mean": "waiting per open hour",
    "RPC calls": "RPC calls at the stores",
    "RPC operations": "RPC operations",
    "front-end CPU": "CPU of the front ends",
}
"""The measures of the summary, and their names there."""

VERDICT_NAMES = {
    "waited per open hour, mean": "waiting per open hour",
    "wait per action, p95": "wait per action (95 % take no longer)",
    "failed actions per open hour": "failed actions per open hour",
    **{measure: name for measure, name in (SUMMARY_NAMES | NAMES).items() if "wait" not in name},
}
"""The measures of a verdict, those of people who wait first."""

UNIT_WORDS = {"": "", "s": " s", "1/s": " per second", "%": " percentage points"}
"""How the unit of a difference is written; any other stands as it is."""

UNCLEAR = {
    NEGLIGIBLE: NEGLIGIBLE, NO_DIFFERENCE: f"{NO_DIFFERENCE} from no change", TOO_RARE: TOO_RARE,
}  # fmt: skip
"""What is said of a difference that is neither more nor fewer."""
FLOORS = {
    "front-end CPU": 0.5, "store CPU": 0.5, "connections at peak": 1.0,
    "HTTP channels at peak": 1.0, "launch to connected, p50": 0.5, "launch to connected, p95": 0.5,
    "without a connection": 1.0, "waited per open hour, mean": 0.1,
    "front-end CPU, busiest 5 min": 1.0, "store CPU, busiest 5 min": 1.0,
    "fullest link, busiest 5 min": 1.0, "wait per action, p50": 0.05, "wait per action, p95": 0.1,
    "waited per open hour, p95 of people": 0.1, "failed actions per open hour": 0.001,
    "age of a message, p50": 1.0, "age of a message, p95": 1.0,
}  # fmt: skip
"""A smaller difference is one that nobody notices, in the measure's unit."""
FLOOR_SHARE = 0.01
"""So is one of a smaller share of what is compared with.

An interaction is what effects that add up miss a cell by, so that it too is compared with a cell.
"""

ENOUGH = 5
"""Replications from which on nobody is warned."""


def few_replications(number: int) -> str:
    """Return what to say of intervals of so few replications, "" for enough of them.

    >>> few_replications(2), few_replications(5)
    ('2 replications bound little: intervals are wide or wrong; take five or more.', '')
    """
    if number >= ENOUGH or number < 2:
        return ""
    return f"{number} replications bound little: intervals are wide or wrong; take five or more."


SEEN = 1e-4
"""Of a number, what its reader still sees."""

PRICES = 2
"""Of what gets worse, how much is named as the price."""

Tables = dict[str, pd.DataFrame]
"""Tables by heading; their cells are text."""


def is_reference(results: Results, contrast: str) -> bool:
    """Return whether a contrast compares a reference cell with cells of the factorial."""
    return contrast.split(" - ")[0] in results.plan.reference_cells


def strata_tables(results: Results) -> Iterator[tuple[str, Tables]]:
    """Yield each stratum's name ("" when there is one only) and its tables."""
    plan, table, contrasts = results.plan, results.table(), results.contrasts()
    positions = [list(plan.factors).index(name) for name in plan.strata]
    cells = list(dict.fromkeys(column[:-1] for column in table.columns))
    for stratum in dict.fromkeys(tuple(cell[index] for index in positions) for cell in cells):
        chosen = [cell for cell in cells if tuple(cell[index] for index in positions) == stratum]
        rows = contrasts
        for name, level in zip(plan.strata, stratum, strict=True):
            rows = rows[rows[name] == level]
        reference = rows["contrast"].map(lambda name: is_reference(results, name))
        tables = {
            MEANS: _means(table, chosen, positions),
            DIFFERENCES: _differences(rows[~reference]),
        }
        if reference.any():
            tables[REFERENCE_DIFFERENCES] = _differences(rows[reference])
        yield ", ".join(map(label, stratum)), tables


def _means(table: pd.DataFrame, cells: list[tuple[str, ...]], positions: list[int]) -> pd.DataFrame:
    columns = {}
    for cell in cells:
        pairs = zip(table[(*cell, "mean")], table[(*cell, "±")], strict=True)
        columns[cell] = [_plus_minus(mean, half_width) for mean, half_width in pairs]
    text = pd.DataFrame(columns, index=_row_names(table.index))
    names = [
        dict.fromkeys(label(level) for index, level in enumerate(cell) if index not in positions)
        for cell in cells
    ]
    text.columns = pd.Index([", ".join(name) for name in names])
    return text


def _differences(rows: pd.DataFrame) -> pd.DataFrame:
    columns = {
        _column_name(str(name)): [_difference(row) for row in chosen.to_dict("records")]
        for name, chosen in rows.groupby("contrast", sort=False)
    }
    names = rows[["measure", "unit"]].drop_duplicates().itertuples(index=False, name=None)
    return pd.DataFrame(columns, index=_row_names(names))


def _column_name(contrast: str) -> str:
    """Return the heading of a contrast's column; an interaction has its factors' levels.

    >>> _column_name("https_first - tcp_first")
    'HTTPS first − TCP first'
    """
    if " x " not in contrast:
        return " − ".join(map(label, contrast.split(" - ")))
    parts = [part.strip("()").split(" - ")[0] for part in contrast.split(" x ")]
    return f"interaction {' × '.join(map(label, parts))}"


def _row_names(measures: Iterable[tuple[str, str]]) -> list[str]:
    return [f"{measure}, {unit}" if unit else measure for measure, unit in measures]


def _difference(row: dict[Hashable, Any]) -> str:
    middle, half_width = row["difference"], (row["high"] - row["low"]) / 2.0
    if middle != middle:
        return "none"
    if not isfinite(middle):
        return f"{short(middle)}, {noticed(row)}"
    if abs(middle) < ROUNDING * max(1.0, abs(row["base"])):
        return "0"
    text = _plus_minus(middle, half_width, "+", abs(row["base"]))
    return text if text == "0" else f"{text} {noticed(row)}"


def _plus_minus(mean: float, half_width: float, sign: str = "", base: float = 0.0) -> str:
    """Return a mean and half the width of its interval; what is below `SEEN` of it, or of the
    `base` of a difference, is no digit that anybody reads.

    >>> _plus_minus(0.131, 8.5e-7), _plus_minus(-1.4e-7, 5.7e-7, "+", base=0.08)
    ('0.131', '0')
    """
    least = max(ROUNDING, SEEN * max(abs(mean), base)) if isfinite(mean) else 0.0
    if base and max(abs(mean), half_width) < least:
        return "0"
    if not isfinite(mean) or half_width < least:
        return short(mean, sign)
    return f"{short(mean if abs(mean) >= least else 0.0, sign)} ± {short(half_width, digits=2)}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one choice does in one stratum: measures that get better, get worse, or hardly change.

    Less is better for every measure. Each entry says from what to what; `unclear` are differences
    whose interval contains 0, `rare` those that rest on too few unequal replications.
    """

    subject: str
    better: tuple[str, ...]
    worse: tuple[str, ...]
    same: tuple[str, ...]
    unclear: tuple[str, ...] = ()
    rare: tuple[str, ...] = ()

    def __str__(self) -> str:
        parts = [
            f"{name}: {', '.join(measures)}"
            for name, measures in (("better", self.better), ("worse", self.worse))
            if measures
        ]
        if self.same:
            parts.append(f"no difference that anybody notices: {', '.join(self.same)}")
        if self.unclear:
            parts.append(f"{UNCLEAR[NO_DIFFERENCE]}: {', '.join(self.unclear)}")
        if self.rare:
            parts.append(f"{TOO_RARE}: {', '.join(self.rare)}")
        return f"{self.subject} - {'; '.join(parts)}."


def verdicts(results: Results) -> list[Verdict]:
    """Return a verdict per main effect and stratum, over the measures that sentences report."""
    contrasts, strata = results.contrasts(), list(results.plan.strata)
    names = _own(results) | VERDICT_NAMES  # what the study is about, then who waits
    order = {measure: place for place, measure in enumerate(names)}
    rows = contrasts[contrasts["measure"].isin(list(names))]
    rows = rows[~rows["contrast"].str.contains(" x ", regex=False)]
    found = []
    for (name, *stratum), chosen in rows.groupby(["contrast", *strata], sort=False):
        if is_reference(results, str(name)):
            continue
        words = ("fewer", "more", NEGLIGIBLE, NO_DIFFERENCE, TOO_RARE)
        kinds: dict[str, list[str]] = {word: [] for word in words}
        for row in chosen.sort_values("measure", key=lambda own: own.map(order)).to_dict("records"):
            kind, measure = noticed(row), names[row["measure"]]
            ends = (row["base"], row["base"] + row["difference"])
            before, after = (quantity(max(end, 0.0), row["unit"]) for end in ends)
            told = f"{measure} from {before} to {after}" if kind in ("more", "fewer") else measure
            same = not row["unequal"] or (kind in ("more", "fewer") and before == after)
            kinds[NEGLIGIBLE if same else kind].append(measure if same else told)
        where = f" ({', '.join(map(label, stratum))})" if stratum else ""
        parts = (tuple(measures) for measures in kinds.values())
        found.append(Verdict(f"{title(str(name))}{where}", *parts))
    return found


def _own(results: Results) -> dict[str, str]:
    """Return the measures that the study was given, which stand first, as the names of each."""
    return {name: name for name in results.own_measures}


def advice(results: Results) -> list[str]:
    """Return a sentence per main effect and stratum for who decides: what to take, why, the price.

    The first measure that differs noticeably decides; those of people who wait stand first.
    """
    names = (*_own(results), *VERDICT_NAMES.values())
    found = []
    for verdict in verdicts(results):
        choice, _, where = verdict.subject.partition(" (")
        second, _, first = choice.partition(" instead of ")
        if second[1:2].islower() or second[1:2].isdigit():
            second = second[:1].lower() + second[1:]
        where = f"{capitalized(where.rstrip(')'))}: " if where else ""
        decides = next(
            (entry for name in names for entry in (*verdict.better, *verdict.worse)
             if entry.startswith(f"{name} ")), "",
        )  # fmt: skip
        if not decides:
            told = "nothing that so many replications can tell" if verdict.unclear else (
                "no difference that anybody notices"
            )  # fmt: skip
            found.append(f"{where}{choice}: {told}.")
        elif decides in verdict.better:
            price = "; ".join(verdict.worse[:PRICES]) or "nothing that gets worse"
            found.append(f"{where}take {second}: {decides}. The price: {price}.")
        else:
            gain = "; ".join(verdict.better[:PRICES]) or "nothing that gets better"
            found.append(f"{where}stay with {first}: with {second} {decides}, for {gain}.")
    return found


def noticed(row: Mapping[Hashable, Any]) -> str:
    """Return the word of a contrast, *negligible* where nobody notices such a difference.

    >>> noticed({"measure": "waited per open hour, mean", "base": 8.0, "difference": 0.09,
    ...          "word": "more"})
    'negligible'
    """
    size = abs(row["difference"])
    small = size < FLOORS.get(row["measure"], 0.0) or size < FLOOR_SHARE * abs(row["base"])
    return NEGLIGIBLE if small and row["word"] in ("more", "fewer") else str(row["word"])


@dataclass(frozen=True, slots=True)
class Sentence:
    """What a contrast changed: its subject, and a part per stratum."""

    subject: str
    parts: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.subject} - {'. '.join(self.parts)}."


def result_text(results: Results, width: int = 80) -> str:
    """Return the results for a terminal of so many columns: tables, the summary, a sentence per
    contrast. A table that is wider goes on below, its rows' names repeated.
    """
    few = few_replications(results.plan.replications)

    def lines(every: Iterable[object], hanging: str = "") -> str:
        return "\n".join(fill(str(each), width, subsequent_indent=hanging) for each in every)

    parts = [lines([each]) for each in (results.plan.why, few) if each]
    parts += [lines(advice(results)), lines(verdicts(results), "  ")]
    for stratum, tables in strata_tables(results):
        for heading, table in tables.items():
            parts += [
                lines([f"{stratum}: {heading}" if stratum else heading]),
                "\n".join(
                    line.rstrip(" \\") for line in table.to_string(line_width=width).splitlines()
                ),
            ]
    parts.append(lines(summary(results), "  "))
    every = (*sentences(results), *reference_sentences(results))
    parts.append(lines((f"- {sentence}" for sentence in every), "  "))
    return "\n\n".join(parts)


def summary(results: Results) -> list[str]:
    """Return a line per contrast of the factorial: waiting, RPC calls and operations, CPU of the
    front ends.
    """
    contrasts, strata = results.contrasts(), results.plan.strata
    lines = []
    for name, rows in contrasts.groupby("contrast", sort=False):
        if not is_reference(results, str(name)):
            lines.append(f"{title(str(name))}: {'; '.join(_clauses(rows, strata, _own(results)))}.")
    return lines


def sentences(results: Results) -> list[Sentence]:
    """Return a sentence per contrast of the factorial: main effects, then interactions.

    >>> [sentence.subject for sentence in lab.sentences(results)]
    ['Cached instead of online']
    """
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


def _clauses(rows: pd.DataFrame, strata: tuple[str, ...], own: Mapping[str, str]) -> Iterator[str]:
    for measure, name in {**own, **SUMMARY_NAMES}.items():
        chosen = rows[rows["measure"] == measure].to_dict("records")
        changes = [
            _change(row, ", ".join(label(row[factor]) for factor in strata)) for row in chosen
        ]
        yield f"{name} {', '.join(changes)}"


def _change(row: dict[Hashable, Any], stratum: str) -> str:
    where = f" ({stratum})" if stratum else ""
    word = noticed(row)
    if word not in ("more", "fewer"):
        return f"{UNCLEAR[word]}{where}"
    low, middle, high = sorted(abs(row[name]) for name in ("low", "difference", "high"))
    word = "up" if row["difference"] > 0.0 else "down"
    unit = UNIT_WORDS.get(row["unit"], f" {row['unit']}")
    return f"{word} {short(middle)}{unit} [{short(low)}, {short(high)}]{where}"


def _sentences(results: Results) -> Iterator[tuple[str, Sentence]]:
    contrasts, strata = results.contrasts(), list(results.plan.strata)
    names = _own(results) | NAMES
    for name in contrasts["contrast"].unique():
        rows = contrasts[(contrasts["contrast"] == name) & contrasts["measure"].isin(list(names))]
        groups = rows.groupby(strata, sort=False) if strata else [((), rows)]
        parts = []
        for stratum, chosen in groups:
            heading = capitalized(", ".join(map(label, stratum)))
            parts.append(
                f"{heading}: {_changes(chosen, names)}" if stratum else _changes(chosen, names)
            )
        yield name, Sentence(title(name), tuple(parts))


def _changes(rows: pd.DataFrame, names: Mapping[str, str]) -> str:
    words = rows.apply(noticed, axis=1)
    clear = rows[words.isin(["more", "fewer"])].to_dict("records")
    parts = [_phrase(row, names[row["measure"]]) for row in clear]
    if not parts and (words == NO_DIFFERENCE).all():
        return "none of these measures is distinguishable from no change"
    for word, said in UNCLEAR.items():
        listed = ", ".join(rows.loc[words == word, "measure"].map(names))
        parts += [f"{said}: {listed}"] if listed else []
    return "; ".join(parts)


def _phrase(row: dict[Hashable, Any], name: str) -> str:
    unit = row["unit"]
    low, middle, high = (short(row[key], "+") for key in ("low", "difference", "high"))
    change = f"{middle}{UNIT_WORDS.get(unit, f' {unit}')} [{low}, {high}]"
    if " x " in row["contrast"]:
        return f"{name} {change}"
    after = row["base"] + row["difference"]
    if abs(after) < ROUNDING * abs(row["base"]):
        after = 0.0
    return f"{name} from {short(row['base'])} to {short(after)} {unit}".rstrip() + f" ({change})"
