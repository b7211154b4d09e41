"""What a run comes to, in sentences: what gave way first, who was back when, who waited."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import isfinite
from typing import Any

import numpy as np
import pandas as pd

from anywhere_sim.analysis.labels import capitalized, quantity
from anywhere_sim.analysis.limits import (
    DISKS,
    FEW_ACTIONS,
    LINE,
    NEARLY,
    PORTS,
    REFUSED,
    REQUESTS,
    THREADS,
    WALLS,
    slow_over_the_run,
    with_few_actions,
)
from anywhere_sim.analysis.live_mail import never_connected, users_of, without_mail
from anywhere_sim.analysis.measures import waited_per_open_hour_s
from anywhere_sim.analysis.overview import NEAR, line_use, states_over_time
from anywhere_sim.analysis.recovery import without_one
from anywhere_sim.analysis.roll_out import whole_books
from anywhere_sim.report.copies_words import books_said, copies_said
from anywhere_sim.report.findings import (
    SYMPTOMS,
    RunFindings,
    clock,
    event_name,
    in_order,
    in_vain,
    limit_said,
    listed,
    named,
)
from anywhere_sim.report.reasons import OF_PEOPLE, events_told, reasons, why
from anywhere_sim.report.red_times import days_said, is_of_the_run
from anywhere_sim.scenario import Scenario

MOST_SENTENCES = 3
PLURAL = (DISKS, THREADS, REQUESTS, PORTS)
WITHOUT_EVERY_S = 60.0
SHARE_TOLD = 0.02
"""Of clients without a connection, or of attempts that failed: what the verdict mentions."""
SHORTLY = 0.25
"""What is full for a smaller part of the time in which people wait is not what they wait for."""
OTHERS_NAMED = 4
"""Limits that the verdict names beside the first; the others it counts."""
SHORTEST_WAIT_S = 0.01


def verdict(found: RunFindings) -> list[str]:
    """Return at most three sentences: what gave way first, for whom and why; who was back when or
    how far first copies came, or what was refused; what people waited. A roll-out in steps is what
    the run is about: how far it came stands first. Who never had their mail stands before all, and
    then what the others waited is left out.
    """
    second = next(
        iter(
            [
                *copies_said(found.copies, found.steps),
                *books_said(whole_books(found.run, found.scenario)),
                *recoveries_said(found.recoveries, found.scenario),
                *_refused_said(found),
            ]
        ), "",
    )  # fmt: skip
    first = _limits_said(found)
    said = (second, first) if len(found.steps) else (first, second)
    every = (_never_said(found), *said, _waits_said(found))
    return [sentence for sentence in every if sentence][:MOST_SENTENCES]


def beyond(found: RunFindings) -> list[dict[str, Any]]:
    """Return the lights that are red: full servers and lines by time, then the symptoms, the worst
    first. Servers of one kind that are full of the same thing at the same time are one.
    """
    ordered = in_order(found.lights)
    red = ordered[ordered["light"] == "beyond"]
    rows: list[dict[str, Any]] = []
    for row in red.to_dict("records"):
        alike = next((each for each in rows if _one_pool(each, row)), None)
        if alike is None:
            rows.append(dict(row, things=[row["thing"]]))
            continue
        alike["things"].append(row["thing"])
        alike["reached_s"] = min(alike["reached_s"], row["reached_s"])
        for name in ("busiest", "beyond_s", "until_s", "spells"):
            alike[name] = max(alike[name], row[name])
    return rows


def _one_pool(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    same = all(one[name] == other[name] for name in ("what", "limit"))
    pooled = (*WALLS, REFUSED)
    return bool(
        same and one["what"] in pooled and abs(one["reached_s"] - other["reached_s"]) <= 600
    )


def beyond_said(found: RunFindings) -> Iterator[str]:
    """Yield a sentence per red light: what, when, how long, how far, and why."""
    for row in beyond(found):
        worst = "95 % of the actions take up to" if is_of_the_run(found, row) else "worst"
        yield (
            f"{capitalized(_thing(found, row))}: {_when(found, row)}, {worst} "
            f"{quantity(row['busiest'], row['unit'])} ({_limit(row)}). {why(found, row)}"
        )


def without_one_said(found: RunFindings) -> Iterator[str]:
    """Yield a sentence per pool of front ends that could hardly do, or not, without one of them."""
    for row in without_one(found.run, found.scenario).to_dict("records"):
        if row["share"] < NEAR:
            continue
        others, its = ("the other", "its") if len(row["pool"]) == 2 else ("the others", "their")
        yield (
            f"Without one of {listed([*row['pool']], len(row['pool']))} from the beginning on, "
            f"{others} would need {100.0 * row['share']:.0f} % of {its} open requests "
            f"({row['open']:,.0f} of {row['limit']:,.0f}, {clock(row['time_s'])}); fewer after a "
            "failure in mid-run, as clients open again only what they use (try a crash)."
        )


def few_actions_said(found: RunFindings) -> Iterator[str]:
    """Yield a sentence on windows of few actions, if there are any: how their waits are judged."""
    table = with_few_actions(found.run, found.scenario)
    parts = [
        f"{row['group']} in {row['few']:,} of {row['windows']:,}"
        for row in table[table["few"] > 0].to_dict("records")
    ]
    every = slow_over_the_run(found.run, found.scenario).set_index("group")
    for row in found.lights[found.lights["light"] == "beyond"].to_dict("records"):
        if is_of_the_run(found, row | {"things": [row["thing"]]}):
            own = every.loc[row["thing"]]
            yield (
                f"Of the {own['actions']:,.0f} actions of {row['thing']} in the whole run "
                f"{own['slow']:,.0f} took longer than the limit, which is more than one in twenty "
                f"(at least {100.0 * own['at_least']:.1f} %, with 95 % confidence), though no five "
                "minutes have enough of them to tell by themselves."
            )
    if parts:
        yield (
            f"Where five minutes have fewer than {FEW_ACTIONS} actions, their sixth longest wait "
            "is judged, so that a handful of slow ones make no light red: "
            f"{listed(parts, len(parts))} windows."
        )


def _limits_said(found: RunFindings) -> str:
    rows = _weightiest_first(beyond(found))
    if not rows:
        top = found.lights.iloc[0]
        return f"Nothing was beyond its limit: the fullest, {_fullest(top)}."
    top, more = rows[0], len(rows) - 1
    parts, by_event = reasons(found, top), bool(events_told(found, top))
    because = f"because of the {parts[0]}" if by_event else "; ".join(parts[:2])
    rest = ""
    if more:
        others = listed([_named(row) for row in rows[1:]], OTHERS_NAMED)
        rest = f"; {more} more {'limit was' if more == 1 else 'limits were'} passed: {others}"
    if top["what"] in SYMPTOMS:
        return (
            f"{_shortly_or_not_full(found)}, but {_thing(found, top)} went up to "
            f"{quantity(top['busiest'], top['unit'])} "
            f"({_limit(top)}) {_when(found, top)}{', ' if by_event else ': '}{because}{rest}."
        )
    verb = "were" if top["what"] in PLURAL else "was"
    far = f"{_when(found, top)}: up to {quantity(top['busiest'], top['unit'])} ({_limit(top)})"
    if top["what"] in WALLS:
        far = f"full ({quantity(top['limit'], top['unit'])}) {_when(found, top)}"
    return f"First to give way {verb} {_thing(found, top)}, {far}; {because}{rest}."


def _weightiest_first(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return red lights with the first one on top; that of people, where they had begun to wait
    before anything was full, and this for a small part of the time only.
    """
    people = [row for row in rows if row["what"] in OF_PEOPLE]
    full = [row for row in rows if row["what"] not in SYMPTOMS]
    if not people or not full:
        return rows
    worst = max(people, key=lambda row: float(row["beyond_s"]))
    shortly = sum(row["beyond_s"] for row in full) < SHORTLY * worst["beyond_s"]
    if not shortly or worst["reached_s"] > min(row["reached_s"] for row in full):
        return rows
    return [worst, *(row for row in rows if row is not worst)]


def _shortly_or_not_full(found: RunFindings) -> str:
    """Return that nothing was full, or what was so for a while, before what people saw is told."""
    hard = found.lights[~found.lights["what"].isin(SYMPTOMS)].head(1).to_dict("records")
    if hard and hard[0]["light"] == "beyond":
        row = hard[0]
        return (
            f"{capitalized(named(row))} came to {quantity(row['busiest'], row['unit'])} "
            f"({_limit(row)}) for {quantity(row['beyond_s'], 's')}"
        )
    fullest = "".join(f" (the fullest, {_fullest(row)})" for row in hard)
    return f"{_nothing(found)} was full{fullest}"


def _nothing(found: RunFindings) -> str:
    """Return what was not full: a person's own line, which has no limit, may have been."""
    lines = line_use(found.run, found.scenario)
    own = [not found.scenario.places[place].shared for place in lines["place"]]
    return "No server or shared line" if (lines["busiest"][own] >= NEARLY).any() else "Nothing"


def _fullest(light: Mapping[str, Any]) -> str:
    return (
        f"{named(light)}, came to {quantity(100.0 * light['share'], '%')} of its limit at "
        f"{clock(light['time_s'])}"
    )


def _limit(row: Mapping[str, Any]) -> str:
    return limit_said(row["limit"], row["unit"])


def _when(found: RunFindings, row: Mapping[str, Any]) -> str:
    """Return when a light was red: from, to, and how long if it was not so all the time; on which
    days, if on several.
    """
    if days := days_said(found, row):
        return days
    span = f"from {clock(row['reached_s'])} to {clock(row['until_s'])}"
    if row["spells"] <= 1:
        return span
    of = "up to " if len(row["things"]) > 1 else ""  # the longest of several servers
    return f"for {of}{quantity(row['beyond_s'], 's')} in all {span}"


def _thing(found: RunFindings, row: Mapping[str, Any]) -> str:
    """Return what a light is of, and whom it concerns."""
    things, what = row["things"], row["what"]
    name = _named(row)
    if what in OF_PEOPLE:
        return f"{name} ({found.scenario.groups[things[0]].mailboxes:,} people)"
    if what == LINE:
        return name
    users = [group for group in found.scenario.groups if group in _users(found, things)]
    if not users or len(users) == len(found.scenario.groups) > 1:
        return name
    return f"{name} (used by {listed(users)})"


def _named(row: Mapping[str, Any]) -> str:
    """Return what a row of `beyond` is of, with all its things."""
    return named({"what": row["what"], "thing": listed(row["things"])})


def _users(found: RunFindings, things: list[str]) -> set[str]:
    return {group for thing in things for group in users_of(thing, found.scenario)}


def recoveries_said(recoveries: pd.DataFrame, scenario: Scenario) -> Iterator[str]:
    """Yield a sentence per row of `recoveries`: how many are back, the last after how long."""
    for row in recoveries.to_dict("records"):
        event = scenario.events[row["event"]]
        times = f"{clock(row['at_s'])} to {clock(row['end_s'])}"
        lost, back, closed = (int(row[name]) for name in ("lost", "back", "closed"))
        text = f"After the {event_name(event)} ({times}) {back:,} of {lost:,} are back"
        if row["end_s"] > scenario.end:
            text = (
                f"The {event_name(event)} ({times}) lasts beyond the end of the run: {lost:,} lost "
                f"their mailbox, {back or 'none'} of them had it back by then"
            )
        elif back:
            last_s = row["last_s"]
            after = f"{quantity(last_s, 's')} after its end"
            if last_s <= 0.0:
                after = f"{quantity(row['last_back_s'] - row['at_s'], 's')} after its beginning"
            text += f", the last {after} ({clock(round(row['last_back_s']))})"
        if closed:
            text += f"; {closed:,} closed Outlook meanwhile"
        if lost - back - closed > 0 and row["end_s"] <= scenario.end:
            text += f"; {lost - back - closed:,} were without their mailbox at the end of the run"
        if row["actions"]:
            begun, undone = int(row["actions"]), int(row["undone"])
            some = f"all {begun:,}" if undone == begun else f"{undone:,} of the {begun:,}"
            some = some if undone else f"none of the {begun:,}"
            text += (
                f"; in the {quantity(row['without_s'], 's')} (median) without a mailbox {some} "
                "actions that they began came to nothing"
            )
        yield f"{text}{_mail_said(row)}."


def _mail_said(row: Mapping[str, Any]) -> str:
    """Return what mail waited for a connection, of those whose Outlook keeps a copy."""
    text = ""
    if row["late_mail"]:
        then = "some not there at the end of the run"
        if isfinite(row["caught_up_s"]):
            far = f"up to {quantity(row['late_mail_s'], 's')} late"
            then = f"{far}, the last there at {clock(round(row['caught_up_s']))}"
        text += (
            f"; to {row['inboxes']:,} {'inbox' if row['inboxes'] == 1 else 'inboxes'} with a copy "
            f"no mail came ({row['late_mail']:,} messages, {then})"
        )
    if row["unsent"]:
        then = "some at the end of the run still"
        if isfinite(row["all_sent_s"]):
            then = f"until {clock(round(row['all_sent_s']))}"
        number = "1 message" if row["unsent"] == 1 else f"{row['unsent']:,} messages"
        text += f"; {number} waited in the Outbox, {then}"
    return text


def _never_said(found: RunFindings) -> str:
    """Return who wanted a mail connection for minutes, or all day, and never had one."""
    table = never_connected(found.run, found.scenario)
    if table.empty:
        return ""
    groups = []
    for name, mailboxes, never, _ in table[["group", "mailboxes", "never", "hours"]].to_numpy():
        some = f"all {never:,}" if never == mailboxes else f"{never:,} of the {mailboxes:,}"
        groups.append(f"{some} of {name}")
    return (
        f"{capitalized(listed(groups))} never had a connection to their mailbox, in "
        f"{quantity(3600.0 * float(table['hours'].sum()), 's')} with Outlook open."
    )


def _refused_said(found: RunFindings) -> Iterator[str]:
    """Yield how many clients were without a connection, and how often no path gave one."""
    states, vain = found.run.states, found.unserved
    times_s = np.arange(found.scenario.start, found.scenario.end, WITHOUT_EVERY_S)
    rows = without_mail(found.run, found.scenario).assign(state="without")
    without = states_over_time(rows, times_s).sum(axis=1)
    clients = states["mailbox"].nunique()
    if without.max() < SHARE_TOLD * clients and vain["share"].sum() < SHARE_TOLD:
        return
    text = "All clients were connected"
    if without.max():
        when = clock(float(without.idxmax()))
        most = f"{int(without.max()):,} of {clients:,} clients"
        verb = "was" if int(without.max()) == 1 else "were"
        text = f"At worst {most} {verb} without a connection at once ({when})"
    if len(vain):
        wishes = round(float(vain.iloc[0]["count"] / vain.iloc[0]["share"]))
        most, mailboxes = vain.iloc[0].to_dict(), int(vain.attrs["mailboxes"])
        others = ""
        if mailboxes > 2 * without.max():
            others = ", most of them with another connection"
        text += (
            f"; {int(vain['count'].sum()):,} of {wishes:,} times that Outlook wanted a connection "
            f"no path gave one ({mailboxes:,} {'mailbox' if mailboxes == 1 else 'mailboxes'}"
            f"{others}{';' if len(vain) == 1 else '; most:'} {in_vain(most, found.scenario)})"
        )
    yield f"{text}."


def _waits_said(found: RunFindings) -> str:
    waits = found.run.operations["wait_s"]
    if waits.empty:
        return "Nobody did anything with mail in this time."
    rows = found.not_done
    lost_by = rows[rows["what"].str.startswith("actions")].groupby("what")["count"].sum()
    lost = int(lost_by.sum())
    per_hour = float(waited_per_open_hour_s(found.run).mean())
    most = quantity(max(float(waits.quantile(0.95)), SHORTEST_WAIT_S), "s")
    text = (
        f"People waited {quantity(per_hour, 's')} per hour with Outlook open, on average; 95 % of "
        f"their actions took no longer than {most}"
    )
    if not lost:
        return f"{text}."
    whose = str(lost_by.idxmax()).removeprefix("actions ")
    most = "" if lost == 1 else "all " if lost_by.max() == lost else f"{lost_by.max():,} "
    return (
        f"{text}, and {lost:,} of {len(waits):,} {'was' if lost == 1 else 'were'} not done"
        f"{f' ({most}{whose})' if len(found.scenario.groups) > 1 else ''}."
    )


__all__ = [
    "beyond", "beyond_said", "few_actions_said", "recoveries_said",
    "verdict", "without_one_said",
]  # fmt: skip
