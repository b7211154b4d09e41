"""Why a limit was passed: an event, what was full, who opened Outlook, what was slow or undone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from anywhere_sim.analysis.labels import capitalized, label, percent_parts, quantity
from anywhere_sim.analysis.limits import (
    FIVE_MINUTES_S,
    LINE,
    NOT_DONE,
    PORTS,
    REQUESTS,
    WAIT,
)
from anywhere_sim.analysis.overview import NEAR
from anywhere_sim.analysis.recovery import touched_by
from anywhere_sim.report.findings import (
    SYMPTOMS,
    RunFindings,
    clock,
    event_name,
    limit_said,
    listed,
    named,
)
from anywhere_sim.report.line_reasons import OF_PEOPLE, bytes_of, lines_then, moved_bytes
from anywhere_sim.report.open_requests import connected_to, requests_left
from anywhere_sim.report.red_times import (
    MOST,
    begun_actions,
    longest_spell,
    mostly,
    only,
    red_windows,
    slow_actions,
    undone_actions,
)
from anywhere_sim.scenario.scenario import Event

AFTER_S = 300.0
"""So long after its end an event is still the reason of what is beyond a limit."""
LAUNCHED = 0.02
"""People who open Outlook in the time, of all: from this share on that is a reason."""
DOING = {
    "view_folder": "look at a folder", "read": "read a message", "send": "send a message",
    "open_window": "open a message in a window", "open_attachment": "open an attachment",
    "open_old": "open an old item", "shared_folder": "look into a shared folder",
    "search": "search", "calendar": "change the calendar", "delete": "delete a message",
    "move": "file a message", "look_up": "look a name up", "send_receive": "press F9",
}  # fmt: skip
"""What people do, as part of a sentence."""


def why(found: RunFindings, row: Mapping[str, Any]) -> str:
    """Return a sentence or two on why a light is red: an event, what was full, who opened Outlook,
    what the slow actions were, who held what is full.
    """
    text = "; ".join(reasons(found, row))
    return f"{capitalized(text)}."


def reasons(found: RunFindings, row: Mapping[str, Any]) -> list[str]:
    """Return why a light is red in parts of a sentence, the weightiest first.

    What begins after the light's first window is no reason for it. Where nothing explains that one,
    the longest unbroken part of a light that went on and off is explained, from its begin on.
    """
    from_s, until_s = float(row["reached_s"]), float(row["until_s"])
    parts = _causes(found, row)
    later_s, later_until_s = longest_spell(found, row)
    if not parts and later_s > from_s:
        part = dict(row, reached_s=later_s, until_s=later_until_s)
        span = f"from {clock(later_s)} to {clock(later_until_s)}, the longest part"
        parts = [f"{span}: {each}" for each in _causes(found, part)[:1]]
    if row["what"] == WAIT:
        parts += _slow_then(found, row, from_s, until_s)
    elif row["what"] == NOT_DONE:
        parts += _undone_then(found, row, from_s, until_s)
    elif row["what"] == LINE:
        parts += bytes_of(found, str(row["thing"]))
    elif row["what"] in (REQUESTS, PORTS):
        parts += _held_by(found, row, from_s, until_s)
    return parts or ["no event, launch or full server stands beside it"]


def _causes(found: RunFindings, row: Mapping[str, Any]) -> list[str]:
    """Return what had begun when a light turned red: events, what was full, copies, launches."""
    from_s, until_s = float(row["reached_s"]), float(row["until_s"])
    parts = events_told(found, row)
    if not parts:
        lines: list[str] = []
        if not _from_copies(found, row, from_s, until_s):
            lines = [*lines_then(found, row, from_s, until_s)]
            parts += lines or _full_then(found, row, from_s, until_s)
        copies = [*_copies_then(found, row, from_s, until_s)]
        left = [*requests_left(found, row)]
        parts += copies or left or ([] if lines else _launches_then(found, row, from_s, until_s))
    return parts


def events_told(found: RunFindings, row: Mapping[str, Any]) -> list[str]:
    """Return the events that lasted while a light was red, or had just ended."""
    return [*_events_then(found, row, float(row["reached_s"]), float(row["until_s"]))]


def _events_then(
    found: RunFindings, row: Mapping[str, Any], from_s: float, until_s: float
) -> Iterator[str]:
    """Yield the event that lasted then or had just ended."""
    for number, event in enumerate(found.scenario.events):
        end_s = event.at + float(event.for_s or event.spread_s)
        begun = (
            event.at < from_s + FIVE_MINUTES_S
        )  # in the first window beyond the limit, or before
        if not (begun and from_s <= end_s + AFTER_S and _concerns(found, event, row)):
            continue
        told = f"{event_name(event)} at {clock(event.at)}"
        if event.for_s:
            told += f" for {quantity(event.for_s, 's')}"
        back = found.recoveries[found.recoveries["event"] == number]
        coming = from_s >= end_s - AFTER_S and until_s > end_s and row["what"] != NOT_DONE
        if coming and len(back):
            told += f", and {int(back.iloc[0]['back']):,} clients that come back"
        yield told


def _concerns(found: RunFindings, event: Event, row: Mapping[str, Any]) -> bool:
    """Return whether an event may be why: it concerns the group, or is about servers and lines."""
    if row["what"] not in OF_PEOPLE:
        return True
    group = str(row["thing"])
    if event.group is not None:
        return event.group == group
    if not _may_delay(found, event, row):
        return False
    if event.server is not None:
        return touched_by(event, group, found.run, found.scenario)
    states = found.run.states
    own = states[states["group"].astype(str) == group]
    return bool((own["place"].astype(str) == str(event.place)).any())


def _may_delay(found: RunFindings, event: Event, row: Mapping[str, Any]) -> bool:
    """Return whether an event of a server or a line can be met by most of the actions that make a
    light red: none by what the copy serves, that of a directory only by who looks a name up.
    """
    actions = slow_actions if row["what"] == WAIT else undone_actions
    then = actions(found, row, float(row["reached_s"]), float(row["until_s"]))
    if then.empty:
        return True
    role = found.scenario.servers[event.server].role if event.server else ""
    met = then["served_by"].astype(str) != "copy"
    if role == "directory":
        met &= then["kind"].astype(str) == "look_up"
    return bool(met.mean() > MOST)


def _full_then(
    found: RunFindings, row: Mapping[str, Any], from_s: float, until_s: float
) -> Iterator[str]:
    """Yield what else was nearly full when the light turned red, the fullest of it."""
    table = found.loads
    begin = table["time_s"].between(from_s - FIVE_MINUTES_S, from_s, inclusive="right")
    then = table[begin & ~table["what"].isin(SYMPTOMS)]
    then = then[~(then["thing"].isin(row["things"]) & (then["what"] == row["what"]))]
    if row["what"] in OF_PEOPLE:  # lines are those of `_lines_then`: of the group alone
        then = then[then["what"] != LINE]
    share = (then["value"] / then["limit"]).groupby([then["thing"], then["what"]]).max()
    if len(share) and share.max() >= NEAR:
        thing, what = share.idxmax()
        own = table[(table["thing"] == thing) & (table["what"] == what)]
        own = own[(own["time_s"] > from_s - FIVE_MINUTES_S) & (own["time_s"] < until_s)]
        top = own.loc[own["value"].idxmax()]
        far = f"{quantity(top['value'], top['unit'])} ({limit_said(top['limit'], top['unit'])})"
        near_s = own.loc[own["value"] >= NEAR * own["limit"], "time_s"]
        when = "then" if mostly(found, row, near_s) else only(found, row, near_s)
        yield f"{named({'thing': thing, 'what': what})} at {far} {when}"


def _copies_then(
    found: RunFindings, row: Mapping[str, Any], from_s: float, until_s: float
) -> Iterator[str]:
    """Yield how many first copies were fetched then, where they made most of a line's bytes, or of
    the group that waits.
    """
    first = found.run.syncs[found.run.syncs["kind"].astype(str) == "first"]
    then = first[(first["start_s"] < until_s) & (first["end_s"] > from_s)]
    if not (then["start_s"] < from_s + FIVE_MINUTES_S).any():
        return
    then, moved_of = _within(found, row, then)
    number = then["mailbox"].nunique()
    copies = "1 first copy is" if number == 1 else f"{number:,} first copies are"
    if row["what"] in OF_PEOPLE:
        if (then["group"].astype(str) == str(row["thing"])).any():
            yield f"{copies} fetched in this time"
    elif row["what"] == LINE:
        place, _, direction = str(row["thing"]).rpartition(" ")
        copied = float(moved_of[then["place"].astype(str) == place].sum())
        if copied > MOST * moved_bytes(found, row, place, direction):
            yield f"{copies} fetched in this time, {quantity(copied / 1e6, 'MB')}"


def _within(
    found: RunFindings, row: Mapping[str, Any], then: pd.DataFrame
) -> tuple[pd.DataFrame, pd.Series]:
    """Return the copies that are fetched while a light is red, and their bytes in this time (as if
    each went at one rate).
    """
    over_s = pd.Series(0.0, index=then.index)
    red = [each for each in red_windows(found, row) if row["reached_s"] <= each < row["until_s"]]
    for time_s in red:
        until_s = then["end_s"].clip(upper=time_s + FIVE_MINUTES_S)
        over_s += (until_s - then["start_s"].clip(lower=time_s)).clip(lower=0.0)
    share = (over_s / (then["end_s"] - then["start_s"]).clip(lower=1e-9)).clip(upper=1.0)
    return then[over_s > 0.0], (then["bytes"] * share)[over_s > 0.0]


def _launches_then(
    found: RunFindings, row: Mapping[str, Any], from_s: float, until_s: float
) -> Iterator[str]:
    """Yield how many people opened Outlook then, if that is more than a few."""
    rounds = found.run.attempts
    then = rounds[
        (rounds["trigger"].astype(str) == "launch") & rounds["start_s"].between(from_s, until_s)
    ]
    people = sum(group.mailboxes for group in found.scenario.groups.values())
    if row["what"] in OF_PEOPLE:
        then = then[then["group"].astype(str) == str(row["thing"])]
        people = found.scenario.groups[str(row["thing"])].mailboxes
    elif row["what"] == LINE:
        place = str(row["thing"]).rpartition(" ")[0]
        states = found.run.states
        people = states.loc[states["place"].astype(str) == place, "mailbox"].nunique()
        then = then[then["place"].astype(str) == place]
    elif row["what"] in (REQUESTS, PORTS):
        then, people = _those_of(found, row, then)
    opened = then["mailbox"].nunique()
    if (then["start_s"] < from_s + FIVE_MINUTES_S).any() and opened >= LAUNCHED * people:
        yield f"{opened:,} of {people:,} people open Outlook in this time"


def _those_of(
    found: RunFindings, row: Mapping[str, Any], then: pd.DataFrame
) -> tuple[pd.DataFrame, int]:
    """Return the attempts of groups that a front end serves, and how many people these are."""
    users = set(connected_to(found, row)["group"].astype(str))
    people = sum(found.scenario.groups[group].mailboxes for group in users)
    return then[then["group"].astype(str).isin(users)], people


def _from_copies(found: RunFindings, row: Mapping[str, Any], from_s: float, until_s: float) -> bool:
    """Return whether the slow actions asked no server, so that no full one can be why."""
    if row["what"] != WAIT:
        return False
    then = slow_actions(found, row, from_s, until_s)
    return bool((then["served_by"].astype(str) == "copy").all())


def _slow_then(
    found: RunFindings, row: Mapping[str, Any], from_s: float, until_s: float
) -> Iterator[str]:
    """Yield what most of the actions were that took longer than the limit."""
    then = slow_actions(found, row, from_s, until_s)
    if then.empty:
        return
    kind = then["kind"].astype(str).value_counts().index[0]
    told = {
        f"to {DOING.get(kind, label(kind))}": then["kind"].astype(str) == kind,
        "from the copy on the person's disk": then["served_by"].astype(str) == "copy",
        "before Outlook had a connection": then["state"].astype(str) == "trying",
    }
    whole = [words for words, fits in told.items() if fits.all()]
    many = {
        words: int(fits.sum())
        for words, fits in told.items()
        if not fits.all() and fits.sum() > MOST * len(then)
    }
    most = [f"{number:,} of them {words}" for words, number in many.items()]
    most[1:] = [f"{each} (partly the same)" for each in most[1:]]
    parts = [f"all {', '.join(whole)}"] if whole else []
    actions_told = "1 action" if len(then) == 1 else f"{len(then):,} actions"
    yield ", ".join([f"{actions_told} took longer", *parts, *most])


def _undone_then(
    found: RunFindings, row: Mapping[str, Any], from_s: float, until_s: float
) -> Iterator[str]:
    """Yield how many actions of a group came to nothing, and where."""
    then, lost = (each(found, row, from_s, until_s) for each in (begun_actions, undone_actions))
    places = lost["place"].astype(str).value_counts()
    where = f" at {places.index[0]}" if len(places) == 1 and places.index[0] != row["thing"] else ""
    yield f"{len(lost):,} of {len(then):,} actions{where} came to nothing"


def _held_by(
    found: RunFindings, row: Mapping[str, Any], from_s: float, until_s: float
) -> Iterator[str]:
    """Yield the groups' shares of the requests at these front ends in this time, by time."""
    there = connected_to(found, row)
    open_s = (there["end_s"].clip(upper=until_s) - there["start_s"].clip(lower=from_s)).clip(
        lower=0
    )
    held = (there["channels"] * open_s).groupby(there["group"].astype(str)).sum()
    parts = held[held > 0.0].sort_values(ascending=False)
    if len(parts):
        whole = percent_parts({str(group): float(part) for group, part in parts.items()})
        shares = [f"{group} {part} %" for group, part in whole.items()]
        yield f"held by {listed(shares)} in this time"


__all__ = ["OF_PEOPLE", "events_told", "reasons", "why"]
