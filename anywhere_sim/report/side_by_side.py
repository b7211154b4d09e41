"""A run beside an earlier one of the same hours: what it changes for people, limits and servers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from anywhere_sim.analysis.labels import quantity, short
from anywhere_sim.analysis.limits import WAIT
from anywhere_sim.analysis.measures import groups, waited_per_open_hour_s
from anywhere_sim.analysis.overview import run_lights, scenario_of, unserved
from anywhere_sim.analysis.same_hours import shortened, until
from anywhere_sim.experiments import compare
from anywhere_sim.report.findings import (
    clock,
    event_words,
    in_order,
    limit_said,
    listed,
    named,
)
from anywhere_sim.report.logs_beside import LogsBeside, is_import
from anywhere_sim.report.text import FLOORS
from anywhere_sim.scenario import Scenario
from anywhere_sim.scenario.policy import HTTP_FIRST_ON_FAST, HTTP_FIRST_ON_SLOW, Policy
from anywhere_sim.traces import Run, RunError

OF_PEOPLE: Mapping[str, str] = {
    "waited per open hour, mean": "a person's wait per hour with Outlook open",
    "wait per action, p95": "the wait per action (95 % take no longer)",
    "failed actions per open hour": "actions not done per open hour",
    "launch to connected, p95": "from opening Outlook to a connection (95 %)",
    "without a connection": "without a connection",
}
"""Measures of what people see, and their names in a sentence."""
OF_SERVERS: Mapping[str, str] = {
    "HTTP channels at peak": "open requests at the front ends",
    "front-end CPU, busiest 5 min": "the front ends' processor in its busiest five minutes",
    "store CPU, busiest 5 min": "the stores' processor in its busiest five minutes",
    "RPC calls": "calls at the stores",
    "bytes down": "bytes to the clients",
    "fullest link, busiest 5 min": "the fullest line in its busiest five minutes",
}
"""Measures of what servers and lines do, likewise."""
NO_DIFFERENCE = "it makes no difference that anybody notices."
CHANCE = 0.05
"""Of one run each, a smaller share of what is compared with may be chance."""
CHANCE_OF_WAITS = 0.25
"""The same of the limit of a wait, which few actions of five minutes decide."""
MOST_LIMITS = 4
MOST_SETTINGS = 6
MOST_IN_HEAD = 2
BOXES_UNTOUCHED = int(Policy.model_fields["roh_flags"].default)
"""`roh_flags` of a group that says nothing of them."""


@dataclass(frozen=True, slots=True)
class SideBySide:
    """Two runs over the hours that both have.

    `table` is that of `compare`; `new` and `gone` are the lights that only the second run or only
    the first has beyond their limit, each with `before` and `after` of the same thing; `level` are
    those that only one run has beyond it where that may be chance; `nearer` are those that turn
    from green to amber; `waits` has each group's wait per open hour in both, `vain` how often no
    path gave a connection, and to how many mailboxes, in both; `same_paths`: every attempt to
    connect went over the same path in both.
    """

    first: str
    begin_s: float
    end_s: float
    same_people: bool
    table: pd.DataFrame
    changed: Mapping[str, tuple[Any, Any]]
    new: pd.DataFrame
    gone: pd.DataFrame
    waits: pd.DataFrame
    vain: tuple[tuple[int, int], tuple[int, int]]
    nearer: pd.DataFrame
    level: pd.DataFrame
    same_paths: bool = False

    @classmethod
    def of(cls, first: Run, second: Run, name: str) -> SideBySide:
        """Return both side by side; `name` is that of the first."""
        scenarios = [scenario_of(run) for run in (first, second)]
        one, other = scenarios
        end_s = min(one.end, other.end)
        before, after = (until(run, end_s) for run in (first, second))
        parts = [shortened(scenario, end_s) for scenario in scenarios]
        table = compare(before, after)
        apart = table.attrs["changed"]
        changed = {key: pair for key, pair in apart.items() if key not in ("end", "why", "events")}
        events = [", ".join(map(event_words, part.events)) or "none" for part in parts]
        if events[0] != events[1]:
            changed["events"] = (events[0], events[1])
        found, vain = [], []
        for run, part in zip((before, after), parts, strict=True):
            found.append(in_order(run_lights(run, part)[1]).set_index(["thing", "what"]))
            lost = unserved(run)
            vain.append((int(lost["count"].sum()), int(lost.attrs["mailboxes"])))
        waits = pd.DataFrame(
            {
                side: waited_per_open_hour_s(run).groupby(groups(run)).mean()
                for side, run in (("before", before), ("after", after))
            }
        )
        new = _only(found[1], found[0])
        gone = _only(found[0], found[1]).rename(columns={"before": "after", "after": "before"})
        level = pd.concat([new[_level(new)], gone[_level(gone)]], ignore_index=True)
        own = [(run.manifest["seed"], run.manifest["replication"]) for run in (first, second)]
        return cls(
            name, one.start, end_s, own[0] == own[1], table, changed, new[~_level(new)],
            gone[~_level(gone)], waits, (vain[0], vain[1]), _nearer(found[0], found[1]), level,
            _paths(before) == _paths(after),
        )  # fmt: skip


def _paths(run: Run) -> list[tuple[str, str, str]]:
    """Return whose each attempt to connect was, what for and over which path, in their order."""
    columns = (run.attempts[name].astype(str) for name in ("mailbox", "service", "path"))
    return [*zip(*columns, strict=True)]


def _nearer(first: pd.DataFrame, second: pd.DataFrame) -> pd.DataFrame:
    """Return the lights that are green in the first run and amber in the second, with both values;
    what may be chance is left out.
    """
    rows = second[second["light"] == "near"]
    light, share = (first[name].reindex(rows.index) for name in ("light", "share"))
    rows = rows.assign(before=first["busiest"].reindex(rows.index), after=rows["busiest"])
    risen = ~(rows["share"] - share <= CHANCE * share)
    return rows[(light != "near") & (light != "beyond") & risen].reset_index()


def _only(those: pd.DataFrame, others: pd.DataFrame) -> pd.DataFrame:
    """Return the lights that are red in one run alone, with their values in both."""
    red = [lights.index[lights["light"] == "beyond"] for lights in (those, others)]
    rows = those.loc[red[0].difference(red[1], sort=False)]
    before = others["busiest"].reindex(rows.index)
    return rows.assign(before=before, after=rows["busiest"]).reset_index()


def _level(rows: pd.DataFrame) -> pd.Series:
    """Return which lights are so near to their limit in both runs that chance decides."""
    chance = (rows["what"] == WAIT).map({True: CHANCE_OF_WAITS, False: CHANCE})
    apart = (rows["after"] - rows["before"]).abs()
    return (apart <= chance.astype(float) * rows["limit"]).astype(bool)


def side_by_side_said(both: SideBySide) -> list[str]:
    """Return what the second run changes, the verdict first, then people, limits, servers."""
    people, servers = ([*_told(both, names)] for names in (OF_PEOPLE, OF_SERVERS))
    (before, of_before), (after, of_after) = both.vain
    if before or after:
        change = after - before
        word = "same" if abs(change) <= CHANCE * before else "worse" if change > 0 else "better"
        ends = f"{before:,} to {after:,} (of {of_before:,} to {of_after:,} mailboxes)"
        people.append((word, f"times that no path gave the connection that was wanted {ends}"))
    verdict = _advice(both, people)
    hours = f"{clock(both.begin_s)} to {clock(both.end_s)}"
    why = _why_the_same(both) if verdict == NO_DIFFERENCE else ""
    if not _is_choice(both):
        verdict = _without_advice(verdict)
    if len(both.level):
        why += f" About its limit in both: {_limits(both.level)}."
    said = [f"Beside {both.first}, {hours}, with {_change(both)}: {verdict}{why}"]
    said.append(f"For people, {_in_parts(people)}{_most_changed(both)}.")
    said.append(f"For servers and lines, {_in_parts(servers)}.")
    return said


def _is_choice(both: SideBySide) -> bool:
    """Return whether what differs is for somebody to choose: how many people there are, what they
    do and what befalls them is not.
    """
    given = ("mailboxes", "activity", "itinerary", "itinerary_spread_s", "days", "events", "seed")
    return not any(set(re.split(r"\W+", key)) & {*given} for key in both.changed)


def _without_advice(verdict: str) -> str:
    """Return a verdict without what to take.

    >>> _without_advice("take this one. It keeps limits that monday passes: the wait of branch.")
    'it keeps limits that monday passes: the wait of branch.'
    """
    first, _, rest = verdict.partition(". ")
    if not rest or not first.startswith(("take ", "better not", "it depends")):
        return verdict
    return rest[:1].lower() + rest[1:]


def _why_the_same(both: SideBySide) -> str:
    """Return why boxes of the order of paths decide nothing, where they are all that differs."""
    flags = [pair for key, pair in both.changed.items() if key.endswith(".policy.roh_flags")]
    if not both.same_paths or not flags or len(flags) < len(both.changed):
        return ""
    bits = 0
    for pair in flags:
        before, after = (BOXES_UNTOUCHED if value is None else int(value) for value in pair)
        bits |= before ^ after
    speed = {HTTP_FIRST_ON_SLOW: "slow", HTTP_FIRST_ON_FAST: "fast"}.get(bits)
    if speed is None:
        return " Every attempt to connect goes over the same path in both."
    return (
        " Every attempt to connect goes over the same path in both: nobody here who has both paths "
        f"is on a network that Outlook takes for {speed}, so that the box decides nothing."
    )


def beside(run: Run, folder: Path, name: str = "this one") -> SideBySide | LogsBeside:
    """Return a run, or an import, beside the saved one in a folder; `name` is that of the first.

    Raises RunError when there is none, when two runs begin at different times, or when logs have
    no hour in common with what stands beside them.
    """
    if is_import(run) or is_import(Run.load(folder)):
        return LogsBeside.of(run, folder, name)
    check(folder, scenario_of(run))
    return SideBySide.of(Run.load(folder), run, folder.name)


def check(folder: Path, scenario: Scenario) -> None:
    """Raise RunError when the saved run in a folder can't stand beside one of the scenario."""
    other = Run.load(folder)
    if is_import(other):
        LogsBeside.check(other, folder, scenario)
        return
    start_s = scenario_of(other).start
    if start_s != scenario.start:
        raise RunError(
            f"{folder} begins at {clock(start_s)} and this run at {clock(scenario.start)}; give "
            "runs that begin at the same time"
        )


def settings_said(both: SideBySide) -> str:
    """Return which settings differ, and how far differences of one run each can be trusted."""
    parts = [
        f"{key}{_of(key, names)} from {' to '.join(_value(key, value) for value in pair)}"
        for key, pair, names in _alike(both)
    ]
    what = listed(parts, MOST_SETTINGS) if parts else "nothing"
    people = (
        "the same people, messages and links in both"
        if both.same_people
        else "another seed or replication, so not the same people and messages"
    )
    return f"What differs: {what}. One run of each: {people}; below 5 % it may be chance."


def _change(both: SideBySide) -> str:
    """Return what differs in words that need no table of keys, for the head of the verdict."""
    parts = []
    for key, pair, names in _alike(both):
        own = key.rpartition(".")[2]
        if own == "roh_flags":
            before, after = (BOXES_UNTOUCHED if value is None else int(value) for value in pair)
            boxes = [
                f"“HTTP first on {speed} networks” {'ticked' if after & bit else 'not ticked'}"
                for bit, speed in ((HTTP_FIRST_ON_FAST, "fast"), (HTTP_FIRST_ON_SLOW, "slow"))
                if (before ^ after) & bit
            ]
            parts += [f"{box} for {listed(names)}" for box in boxes]
            if boxes:
                continue
        parts.append(f"{own}{_of(own, names)} {_value(own, pair[1])}")
    if not parts:
        return "nothing changed"
    return listed(parts) if len(parts) <= MOST_IN_HEAD else f"{len(parts)} settings changed"


def _alike(both: SideBySide) -> Iterator[tuple[str, tuple[Any, Any], list[str]]]:
    """Yield each key that differs, both values, and the groups, servers or places that share it."""
    alike: dict[tuple[str, str], tuple[tuple[Any, Any], list[str]]] = {}
    for key, pair in both.changed.items():
        room, _, rest = key.partition(".")
        name, _, own = rest.partition(".")
        _, names = alike.setdefault((own or key, repr(pair)), (pair, []))
        names.append(name if own else room)
    for (own, _), (pair, names) in alike.items():
        yield own, pair, names


def _of(key: str, names: list[str]) -> str:
    return f" of {listed(names)}" if names != [key] else ""


def measures_of(both: SideBySide) -> pd.DataFrame:
    """Return a row per measure: its name, both values as text, and the word of the difference."""
    return pd.DataFrame(
        [
            {"measure": name, "before": quantity(row["first"], row["unit"]),
             "after": quantity(row["second"], row["unit"]), "word": _word(str(name), row)}
            for name, row in both.table.iterrows()
        ]
    )  # fmt: skip


def _advice(both: SideBySide, people: list[tuple[str, str]]) -> str:
    """Return what to take: by the limits that only one of the runs passes, then by people and by
    the limits that this run comes near to.
    """
    if not len(both.nearer):
        return _of_limits_and_people(both, people)
    near = f"its load comes near limits that {both.first} stays far from: {_limits(both.nearer)}"
    if len(both.new) or len(both.gone):
        return f"{_of_limits_and_people(both, people).removesuffix('.')}; {near}."
    words = {word for word, _ in people}
    if "better" in words:
        return f"it depends. People are better off{' in part' * ('worse' in words)}, but {near}."
    notice = "are worse off, and" if "worse" in words else "notice nothing, but"
    return f"better not, stay with {both.first}. People {notice} {near}."


def _of_limits_and_people(both: SideBySide, people: list[tuple[str, str]]) -> str:
    words = [word for word, _ in people]
    if len(both.new) and len(both.gone):
        return (
            f"it depends. This run passes limits that {both.first} keeps: {_limits(both.new)}; and "
            f"it keeps limits that {both.first} passes: {_limits(both.gone)}."
        )
    if len(both.new):
        beside = "and nothing gets better for people"
        if "better" in words:
            beside = "though some things get better for people"
        return (
            f"better not, stay with {both.first}. This run passes limits that {both.first} keeps: "
            f"{_limits(both.new)}; {beside}."
        )
    if len(both.gone):
        return f"take this one. It keeps limits that {both.first} passes: {_limits(both.gone)}."
    if "better" in words and "worse" not in words:
        return "take this one. People are better off, for the same limits."
    if "worse" in words and "better" not in words:
        return f"better not, stay with {both.first}. People are worse off, for the same limits."
    if "worse" in words:
        return "it depends: some things get better for people and some worse."
    return NO_DIFFERENCE


def _limits(rows: pd.DataFrame) -> str:
    parts = []
    for what, own in rows.groupby("what", sort=False):
        top = own.iloc[0]
        name = named({"what": what, "thing": listed([*own["thing"]])})
        before, after = own["before"].max(), own["after"].max()
        start = "none" if before != before else short(before, digits=2)
        limit = limit_said(top["limit"], top["unit"])
        parts.append(f"{name} (from {start} to {quantity(after, top['unit'])}, {limit})")
    return listed(parts, MOST_LIMITS)


def _told(both: SideBySide, names: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield for each measure the word (better, worse, same) and what is said of it."""
    for name, words in names.items():
        if name not in both.table.index:
            continue
        row = both.table.loc[name]
        sides, floor = (row["first"], row["second"]), FLOORS.get(name, 0.0)
        ends = [quantity(each, row["unit"]) for each in sides]
        if max(sides) < floor:
            ends = [f"below {quantity(floor, row['unit'])}"]
        word = _word(name, row)
        if row["first"] == row["first"] or row["second"] == row["second"]:
            yield word, f"{words} {' to '.join(dict.fromkeys(ends))}"


def _word(name: str, row: pd.Series) -> str:
    """Return better, worse or same; less is better for every measure."""
    first, difference = float(row["first"]), float(row["difference"])
    if difference != difference:
        return "same" if row["first"] != row["first"] and row["second"] != row["second"] else ""
    floor = max(FLOORS.get(name, 0.0), CHANCE * abs(first))
    if abs(difference) <= floor:
        return "same"
    return "worse" if difference > 0.0 else "better"


def _in_parts(told: list[tuple[str, str]]) -> str:
    headings = {"worse": "worse", "better": "better", "same": "no difference that counts", "": "?"}
    parts = []
    for word, heading in headings.items():
        own = [text for each, text in told if each == word]
        parts += [f"{heading}: {', '.join(own)}"] if own else []
    return "; ".join(parts)


def _most_changed(both: SideBySide) -> str:
    """Return which group's wait changes most, if there are several groups."""
    change = (both.waits["after"] - both.waits["before"]).abs()
    if len(change) < 2 or not change.max() > 0.0:
        return ""
    name = change.idxmax()
    before, after = (f"{both.waits.loc[name, side]:.2f} s" for side in ("before", "after"))
    return f"; the wait per open hour of {name}, which changes most, {before} to {after}"


def _value(key: str, value: object) -> str:
    """Return a setting as text; None is one that was not given.

    >>> _value("groups.office.policy.roh_flags", 43), _value("places.office.kind", None)
    ('0x2B', 'default')
    """
    if value is None:
        return "default"
    if key.endswith("flags") and isinstance(value, int):
        return f"0x{value:X}"
    return short(value) if isinstance(value, float) else str(value)


__all__ = ["SideBySide", "beside", "measures_of", "settings_said", "side_by_side_said"]
