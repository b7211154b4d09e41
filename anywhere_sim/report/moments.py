"""The figures of an instant: as text of 80 columns, and as tables of a page."""

from __future__ import annotations

import pandas as pd

from anywhere_sim.analysis.labels import quantity
from anywhere_sim.analysis.limits import WALLS
from anywhere_sim.analysis.moment import Moment
from anywhere_sim.report.findings import clock

MOST, LEAST = 8, 0.01
"""Limits that are shown, and the share from which on one is."""
LEGEND = (
    "without: a connection that they want; closed: Outlook is not open; waiting: an\n"
    "action is under way; p50, p95: wait per action, half and 95 % of them"
)
"""What the columns mean, in lines of a terminal."""


def moment_text(found: Moment) -> str:
    """Return an instant's figures as two tables: people by group, and loads beside limits."""
    people, limits = (table.to_string(index=False) for table in tables(found))
    return f"At {clock(found.time_s)} ({window(found)}):\n{people}\n{LEGEND}\n\n{limits}"


def window(found: Moment) -> str:
    """Return of what time waits and loads are."""
    return f"actions, waits and loads: {clock(found.begin_s)} to {clock(found.end_s)}"


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
