"""The figures of an instant: as text of 80 columns, and as tables of a page."""

from __future__ import annotations

from textwrap import fill

import pandas as pd

from anywhere_sim.analysis.labels import quantity
from anywhere_sim.analysis.limits import FIVE_MINUTES_S, WALLS
from anywhere_sim.analysis.moment import Moment
from anywhere_sim.analysis.overview import NEAR
from anywhere_sim.report.findings import clock, event_name, listed, named

MOST, LEAST = 8, 0.01
"""Limits that are shown, and the share from which on one is."""
LEGEND = (
    "without: a connection that they want and that carries mail; closed: Outlook is\n"
    "not open; waiting: an action is under way; p50, p95: wait of actions that were\n"
    "done (half, 95 %)"
)
"""What the columns mean, in lines of a terminal."""


def moment_text(found: Moment) -> str:
    """Return an instant's figures as two tables: people by group, and loads beside limits."""
    people, limits = (
        table.to_string(index=False) if len(table) else "Nothing was used to 1 %."
        for table in tables(found)
    )  # fmt: skip
    return f"{fill(f'({window(found)})', 80)}\n{people}\n{LEGEND}\n\n{limits}"


def moment_said(found: Moment) -> str:
    """Return in a sentence who is connected then, and how near servers and lines are to limits."""
    people = found.people[["mailboxes", "connected", "without", "unnoticed", "closed"]].sum()
    closed = _whole(people["closed"]) if people["closed"] else "none"
    asleep = f" ({found.asleep:,} of them asleep)" if found.asleep else ""
    unseen = ""
    if people["unnoticed"]:
        verb = "has" if people["unnoticed"] == 1 else "have"
        unseen = f" ({people['unnoticed']:,} of them {verb} not noticed yet)"
    text = (
        f"At {clock(found.time_s)}{_during(found)} {people['connected']:,} of "
        f"{people['mailboxes']:,} clients are connected, {people['without'] or 'none'} without a "
        f"connection that they want{unseen}, {closed} have Outlook closed{asleep}"
    )
    limits = found.limits.to_dict("records")
    passed = [row for row in limits if row["share"] >= 1.0]
    if passed:
        those = listed([named(row) for row in passed])
        return f"{text}; at their limit or beyond from {_hours(found)}: {those}."
    if not limits:
        return f"{text}."
    top = limits[0]
    near = "near its limit" if top["share"] < NEAR else "at its limit"
    return (
        f"{text}; from {_hours(found)} no server or line is {near} (the nearest, {named(top)}, is "
        f"at {100.0 * top['share']:.0f} %)."
    )


def _during(found: Moment) -> str:
    """Return the events that last then."""
    lasting = [
        f"{event_name(each)} ({clock(each.at)} to {clock(each.at + (each.for_s or each.spread_s))})"
        for each in found.events
    ]
    return f", during the {listed(lasting)}," if lasting else ""


def window(found: Moment) -> str:
    """Return of what time waits and loads are."""
    text = f"actions, waits and loads: {_hours(found)}"
    if found.end_s - found.begin_s < FIVE_MINUTES_S:
        text += "; lights are those of whole five minutes"
    return text


def _hours(found: Moment) -> str:
    return f"{clock(found.begin_s)} to {clock(found.end_s)}"


def tables(found: Moment) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the two tables, their cells as text."""
    rows = found.people
    people = pd.DataFrame({"people": rows["group"], "mailboxes": rows["mailboxes"].map(_whole)})
    for name in ("connected", "without", "closed", "waiting", "actions"):
        people[name] = rows[name].map(_whole)
    for name in ("p50", "p95"):
        people[name] = [quantity(each, "s") if each == each else "-" for each in rows[f"{name}_s"]]
    people["not done"] = rows["failed"].map(_whole)
    used = found.limits[found.limits["share"] >= LEAST].head(MOST)
    limits = pd.DataFrame(
        {
            "load": used["thing"] + ": " + used["what"],
            "value": [quantity(*each) for each in zip(used["value"], used["unit"], strict=True)],
            "limit": [quantity(*each) for each in zip(used["limit"], used["unit"], strict=True)],
            "of it": [f"{100.0 * each:,.0f} %" for each in used["share"]],
            "": ["peak" if each in WALLS else "mean" for each in used["what"]],
        }
    )
    return people, limits


def _whole(number: int) -> str:
    return f"{number:,}"
