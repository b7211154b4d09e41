"""What a run comes to, in sentences: what gave way first and why, who was back when, who waited."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import isfinite
from typing import Any

import numpy as np
import pandas as pd

from anywhere_sim.analysis.labels import capitalized, label, quantity
from anywhere_sim.analysis.limits import DISKS, LINE, PORTS, REFUSED, REQUESTS, THREADS, WAIT, WALLS
from anywhere_sim.analysis.measures import waited_per_open_hour_s
from anywhere_sim.analysis.overview import NEAR, line_use, states_over_time
from anywhere_sim.analysis.recovery import WITHOUT, users_of
from anywhere_sim.report.findings import (
    SYMPTOMS,
    RunFindings,
    cause,
    clock,
    event_name,
    listed,
    named,
)
from anywhere_sim.scenario import Scenario
from anywhere_sim.scenario.scenario import Event

PLURAL = (DISKS, THREADS, REQUESTS, PORTS)
WITHOUT_EVERY_S = 60.0
SHARE_TOLD = 0.02
"""Of clients without a connection, or of attempts that failed: what the verdict mentions."""
AFTER_S = 300.0
"""So long after its end an event is still the reason of what is beyond a limit."""
LAUNCHED = 0.02
"""People who open Outlook in the time, of all: from this share on that is a reason."""
MOST = 0.5
"""More than half is "most"."""
SHORTEST_WAIT_S = 0.01
DOING = {
    "view_folder": "look at a folder", "read": "read a message", "send": "send a message",
    "open_window": "open a message in a window", "open_attachment": "open an attachment",
    "open_old": "open an old item", "shared_folder": "look into a shared folder",
    "search": "search", "calendar": "change the calendar", "delete": "delete a message",
    "move": "file a message", "look_up": "look a name up", "send_receive": "press F9",
}  # fmt: skip
"""What people do, as part of a sentence."""


def verdict(found: RunFindings) -> list[str]:
    """Return at most three sentences: what gave way first, for whom and why; who was back when or
    how far first copies came, or what was refused; what people waited.
    """
    second = next(
        iter(
            [
                *copies_said(found.copies), *recoveries_said(found.recoveries, found.scenario),
                *_refused_said(found),
            ]
        ), "",
    )  # fmt: skip
    return [sentence for sentence in (_limits_said(found), second, _waits_said(found)) if sentence]


def beyond(found: RunFindings) -> list[dict[str, Any]]:
    """Return the lights that are red: full servers and lines by time, then the symptoms, the worst
    first. Servers of one kind that are full of the same thing at the same time are one.
    """
    red = found.lights[found.lights["light"] == "beyond"]
    full = red[~red["what"].isin(SYMPTOMS)].sort_values("reached_s", kind="stable")
    rows: list[dict[str, Any]] = []
    symptoms = red[red["what"].isin(SYMPTOMS)]
    for row in [*full.to_dict("records"), *symptoms.to_dict("records")]:
        alike = next((each for each in rows if _one_pool(each, row)), None)
        if alike is None:
            rows.append(dict(row, things=[row["thing"]]))
            continue
        alike["things"].append(row["thing"])
        for name, of in (("busiest", max), ("beyond_s", max), ("until_s", max), ("spells", max)):
            alike[name] = of(alike[name], row[name])
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
        yield (
            f"{capitalized(_thing(found, row))}: {_when(row)}, worst "
            f"{quantity(row['busiest'], row['unit'])} ({_limit(row)}). {why(found, row)}"
        )


def _limits_said(found: RunFindings) -> str:
    rows = beyond(found)
    if not rows:
        top = found.lights.iloc[0]
        return f"Nothing was beyond its limit: the fullest, {_fullest(top)}."
    top, more = rows[0], len(rows) - 1
    because = f"because of the {_reasons(found, top)[0]}" if _events_told(found, top) else (
        "; ".join(_reasons(found, top)[:2])
    )  # fmt: skip
    rest = ""
    if more:
        rest = f"; {more} more {'limit was' if more == 1 else 'limits were'} passed (listed below)"
    if top["what"] in SYMPTOMS:
        hard = found.lights[~found.lights["what"].isin(SYMPTOMS)].iloc[0]
        return (
            f"No server and no line reached its limit (the fullest, {_fullest(hard)}), but "
            f"{_thing(found, top)} went up to {quantity(top['busiest'], top['unit'])} "
            f"({_limit(top)}) {_when(top)}, {because}{rest}."
        )
    verb = "were" if top["what"] in PLURAL else "was"
    far = f"{_when(top)}: up to {quantity(top['busiest'], top['unit'])} ({_limit(top)})"
    if top["what"] in WALLS:
        far = f"full ({quantity(top['limit'], top['unit'])}) {_when(top)}"
    return f"First to give way {verb} {_thing(found, top)}, {far}; {because}{rest}."


def _fullest(light: Mapping[str, Any]) -> str:
    return (
        f"{named(light)}, came to {quantity(100.0 * light['share'], '%')} of it at "
        f"{clock(light['time_s'])}"
    )


def _limit(row: Mapping[str, Any]) -> str:
    return f"limit {quantity(row['limit'], row['unit'])}"


def _when(row: Mapping[str, Any]) -> str:
    """Return when a light was red: from, to, and how long if it was not so all the time."""
    span = f"from {clock(row['reached_s'])} to {clock(row['until_s'])}"
    if row["spells"] <= 1:
        return span
    return f"for {quantity(row['beyond_s'], 's')} in all {span}"


def _thing(found: RunFindings, row: Mapping[str, Any]) -> str:
    """Return what a light is of, and whom it concerns."""
    things, what = row["things"], row["what"]
    name = named(row)
    if len(things) > 1:
        name = named({"what": what, "thing": listed(things)})
    if what == WAIT:
        people = found.scenario.groups[things[0]].mailboxes
        return f"the wait of {things[0]} ({people:,} people)"
    if what == LINE:
        return name
    users = [group for group in found.scenario.groups if group in _users(found, things)]
    if not users or len(users) == len(found.scenario.groups) > 1:
        return name
    return f"{name} (used by {listed(users)})"


def _users(found: RunFindings, things: list[str]) -> set[str]:
    return {group for thing in things for group in users_of(thing, found.scenario)}


def why(found: RunFindings, row: Mapping[str, Any]) -> str:
    """Return a sentence or two on why a light is red: an event, what was full, who opened Outlook,
    what the slow actions were, who held what is full.
    """
    text = "; ".join(_reasons(found, row))
    return f"{capitalized(text)}."


def _reasons(found: RunFindings, row: Mapping[str, Any]) -> list[str]:
    """Return why a light is red in parts of a sentence, the weightiest first."""
    from_s, until_s = float(row["reached_s"]), float(row["until_s"])
    parts = _events_told(found, row)
    if not parts:
        if not _from_copies(found, row, from_s, until_s):
            parts += _full_then(found, row, from_s, until_s)
        parts += [*_copies_then(found, row, from_s, until_s)] or (
            _launches_then(found, row, from_s, until_s)
        )
    if row["what"] == WAIT:
        parts += _slow_then(found, row, from_s, until_s)
    elif row["what"] == LINE:
        parts += _bytes_of(found, str(row["thing"]))
    elif row["what"] in (REQUESTS, PORTS):
        parts += _held_by(found, row)
    return parts or ["no event, launch or full server stands beside it"]


def _events_told(found: RunFindings, row: Mapping[str, Any]) -> list[str]:
    return [*_events_then(found, row, float(row["reached_s"]), float(row["until_s"]))]


def _events_then(
    found: RunFindings, row: Mapping[str, Any], from_s: float, until_s: float
) -> Iterator[str]:
    """Yield the event that lasted then or had just ended."""
    for number, event in enumerate(found.scenario.events):
        end_s = event.at + float(event.for_s or event.spread_s)
        if not (event.at < until_s and from_s <= end_s + AFTER_S and _concerns(found, event, row)):
            continue
        told = f"{event_name(event)} at {clock(event.at)}"
        if event.for_s:
            told += f" for {quantity(event.for_s, 's')}"
        back = found.recoveries[found.recoveries["event"] == number]
        if from_s >= end_s - AFTER_S and len(back):
            told += f", and {int(back.iloc[0]['back']):,} clients that come back"
        yield told


def _concerns(found: RunFindings, event: Event, row: Mapping[str, Any]) -> bool:
    """Return whether an event may be why: it concerns the group, or is about servers and lines."""
    if row["what"] != WAIT:
        return True
    group = str(row["thing"])
    if event.group is not None:
        return event.group == group
    if event.server is not None:
        return group in users_of(event.server, found.scenario)
    states = found.run.states
    own = states[states["group"].astype(str) == group]
    return bool((own["place"].astype(str) == str(event.place)).any())


def _full_then(
    found: RunFindings, row: Mapping[str, Any], from_s: float, until_s: float
) -> Iterator[str]:
    """Yield what else was nearly full in the same windows, the fullest of it."""
    table = found.loads
    then = table[(table["time_s"] >= from_s) & (table["time_s"] < until_s)]
    then = then[~then["what"].isin(SYMPTOMS)]
    then = then[~(then["thing"].isin(row["things"]) & (then["what"] == row["what"]))]
    share = (then["value"] / then["limit"]).groupby([then["thing"], then["what"]]).max()
    if len(share) and share.max() >= NEAR:
        thing, what = share.idxmax()
        light = {"thing": thing, "what": what}
        yield f"{named(light)} at {100.0 * share.max():.0f} % of the limit then"


def _copies_then(
    found: RunFindings, row: Mapping[str, Any], from_s: float, until_s: float
) -> Iterator[str]:
    """Yield how many first copies were fetched then, where they made most of a line's bytes, or of
    the group that waits.
    """
    first = found.run.syncs[found.run.syncs["kind"].astype(str) == "first"]
    then = first[(first["start_s"] < until_s) & (first["end_s"] > from_s)]
    copies = f"{then['mailbox'].nunique():,} first copies"
    if row["what"] == WAIT:
        if (then["group"].astype(str) == str(row["thing"])).any():
            yield f"{copies} are fetched in this time"
    elif row["what"] == LINE:
        place, _, direction = str(row["thing"]).rpartition(" ")
        use = line_use(found.run, found.scenario)
        here = use[(use["place"] == place) & (use["direction"] == direction)]
        moved = float(then["bytes"][then["place"].astype(str) == place].sum())
        if len(here) and moved > MOST * 1e9 * here.iloc[0]["gigabytes"]:
            yield f"{copies} are fetched in this time, {quantity(moved / 1e6, 'MB')}"


def _launches_then(
    found: RunFindings, row: Mapping[str, Any], from_s: float, until_s: float
) -> Iterator[str]:
    """Yield how many people opened Outlook then, if that is more than a few."""
    rounds = found.run.attempts
    then = rounds[
        (rounds["trigger"].astype(str) == "launch") & rounds["start_s"].between(from_s, until_s)
    ]
    people = sum(group.mailboxes for group in found.scenario.groups.values())
    if row["what"] == WAIT:
        then = then[then["group"].astype(str) == str(row["thing"])]
        people = found.scenario.groups[str(row["thing"])].mailboxes
    opened = then["mailbox"].nunique()
    if opened >= LAUNCHED * people:
        yield f"{opened:,} of {people:,} people open Outlook in this time"


def _slow(
    found: RunFindings, row: Mapping[str, Any], from_s: float, until_s: float
) -> pd.DataFrame:
    """Return the actions of a group that took longer than the limit."""
    actions = found.run.operations
    return actions[
        (actions["group"].astype(str) == str(row["thing"]))
        & actions["start_s"].between(from_s, until_s) & (actions["wait_s"] > row["limit"])
    ]  # fmt: skip


def _from_copies(found: RunFindings, row: Mapping[str, Any], from_s: float, until_s: float) -> bool:
    """Return whether the slow actions asked no server, so that no full one can be why."""
    if row["what"] != WAIT:
        return False
    then = _slow(found, row, from_s, until_s)
    return bool((then["served_by"].astype(str) == "copy").all())


def _slow_then(
    found: RunFindings, row: Mapping[str, Any], from_s: float, until_s: float
) -> Iterator[str]:
    """Yield what most of the actions were that took longer than the limit."""
    then = _slow(found, row, from_s, until_s)
    if then.empty:
        return
    kind = then["kind"].astype(str).value_counts().index[0]
    told = {
        f"to {DOING.get(kind, label(kind))}": then["kind"].astype(str) == kind,
        "from the copy on the person's disk": then["served_by"].astype(str) == "copy",
        "before Outlook had a connection": then["state"].astype(str) == "trying",
    }
    whole = [words for words, fits in told.items() if fits.all()]
    most = [
        f"{int(fits.sum()):,} of them {words}"
        for words, fits in told.items()
        if not fits.all() and fits.sum() > MOST * len(then)
    ]
    parts = [f"all {', '.join(whole)}"] if whole else []
    actions_told = "1 action" if len(then) == 1 else f"{len(then):,} actions"
    yield ", ".join([f"{actions_told} took longer", *parts, *most])


def _bytes_of(found: RunFindings, thing: str) -> Iterator[str]:
    """Yield whose bytes went over a line in the run."""
    place, _, direction = thing.rpartition(" ")
    table = line_use(found.run, found.scenario)
    rows = table[(table["place"] == place) & (table["direction"] == direction)]
    users = str(rows.iloc[0]["users"]) if len(rows) else ""
    if users.endswith(" 100 %"):
        yield f"all its bytes are those of {users.removesuffix(' 100 %')}"
    elif users:
        yield f"its bytes are those of {users}"


def _held_by(found: RunFindings, row: Mapping[str, Any]) -> Iterator[str]:
    """Yield which groups' connections stood open at the front ends when they were fullest."""
    made, time_s = found.run.connections, float(row["time_s"]) + AFTER_S / 2.0
    there = made[
        made["server"].astype(str).isin(row["things"])
        & (made["start_s"] <= time_s) & (made["end_s"] > time_s)
    ]  # fmt: skip
    parts = there["channels"].groupby(there["group"].astype(str)).sum().sort_values(ascending=False)
    if parts.sum():
        shares = [f"{group} {100.0 * part / parts.sum():.0f} %" for group, part in parts.items()]
        yield f"held by {listed(shares)}"


def recoveries_said(recoveries: pd.DataFrame, scenario: Scenario) -> Iterator[str]:
    """Yield a sentence per row of `recoveries`: how many are back, the last after how long."""
    for row in recoveries.to_dict("records"):
        event = scenario.events[row["event"]]
        times = f"{clock(row['at_s'])} to {clock(row['end_s'])}"
        lost, back, closed = (int(row[name]) for name in ("lost", "back", "closed"))
        text = f"After the {event_name(event)} ({times}) {back:,} of {lost:,} are back"
        if back:
            last_s = row["last_s"]
            after = f"{quantity(last_s, 's')} after its end"
            if last_s <= 0.0:
                after = f"{quantity(row['last_back_s'] - row['at_s'], 's')} after its beginning"
            text += f", the last {after} ({clock(round(row['last_back_s']))})"
        if closed:
            text += f"; {closed:,} closed Outlook meanwhile"
        if lost - back - closed > 0:
            text += f"; {lost - back - closed:,} were without their mailbox at the end of the run"
        yield f"{text}."


def copies_said(copies: pd.DataFrame) -> Iterator[str]:
    """Yield a sentence on `first_copies` if there are any: how many are complete, the last when."""
    planned, complete = int(copies["planned"].sum()), int(copies["complete"].sum())
    if not planned:
        return
    last_s = float(copies["forecast_s"].max())
    if complete == planned:
        yield f"All {planned:,} first copies were complete by {clock(_minute(last_s))}."
    else:
        begun = int(copies["begun"].sum())
        some = f" ({begun:,} begun)" if begun < planned else ""
        yield (
            f"Of {planned:,} first copies{some} {complete:,} were complete at the end; at this "
            f"rate the last will be at {clock(_minute(last_s))}."
        )


def steps_said(steps: pd.DataFrame) -> Iterator[str]:
    """Yield a sentence per step of `roll_out_steps`: how many copies are complete by when."""
    for row in steps.to_dict("records"):
        when = f"{clock(_minute(row['last_s']))}{' (forecast)' if row['forecast'] else ''}"
        yield (
            f"Roll-out of {row['group']}, step {row['step']}, from {clock(row['begin_s'])}: "
            f"{row['complete']:,} of {row['mailboxes']:,} complete, the last by {when}."
        )


def _minute(time_s: float) -> float:
    """Return a time to the nearest minute."""
    return 60.0 * round(time_s / 60.0) if isfinite(time_s) else time_s


def _refused_said(found: RunFindings) -> Iterator[str]:
    """Yield how many clients were without a connection, and why attempts failed."""
    states, table = found.run.states, found.not_done
    times_s = np.arange(found.scenario.start, found.scenario.end, WITHOUT_EVERY_S)
    counts = states_over_time(states, times_s)
    without = counts[[name for name in WITHOUT if name in counts]].sum(axis=1)
    attempts = table[table["what"].str.startswith("connection attempt")]
    attempts = attempts.assign(left=attempts["count"] - attempts["went_on"])
    attempts = attempts[attempts["left"] > 0].sort_values("left", ascending=False)
    failed, clients = int(attempts["left"].sum()), states["mailbox"].nunique()
    tries = max(len(found.run.attempts), 1)
    if without.max() < SHARE_TOLD * clients and failed < SHARE_TOLD * tries:
        return
    text = "All clients were connected"
    if without.max():
        when = clock(float(without.idxmax()))
        text = f"At worst {int(without.max()):,} of {clients:,} clients had no connection ({when})"
    if failed:
        text += (
            f"; {failed:,} of {tries:,} attempts failed and no other path helped, most because "
            f"{cause(attempts.iloc[0].to_dict(), found.scenario)}"
        )
    yield f"{text}."


def _waits_said(found: RunFindings) -> str:
    waits = found.run.operations["wait_s"]
    if waits.empty:
        return "Nobody did anything with mail in this time."
    rows = found.not_done
    lost = int(rows[rows["what"].str.startswith("action")]["count"].sum())
    per_hour = float(waited_per_open_hour_s(found.run).mean())
    most = quantity(max(float(waits.quantile(0.95)), SHORTEST_WAIT_S), "s")
    text = (
        f"People waited {quantity(per_hour, 's')} per hour with Outlook open, on average; 95 % of "
        f"their actions took no longer than {most}"
    )
    return f"{text}, and {lost:,} of {len(waits):,} were not done." if lost else f"{text}."


__all__ = [
    "beyond", "beyond_said", "copies_said", "recoveries_said", "steps_said", "verdict",
    "why",
]  # fmt: skip
