"""How far first copies, steps of a roll-out and address books have come, in sentences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import isfinite
from typing import Any

import pandas as pd

from anywhere_sim.analysis.labels import quantity
from anywhere_sim.report.findings import clock, listed

MOST = 0.5


def copies_said(copies: pd.DataFrame, steps: pd.DataFrame) -> Iterator[str]:
    """Yield a sentence on `first_copies` if there are any: how many are complete, the last when,
    and whether the steps of a roll-out are enough for it.
    """
    planned, complete = int(copies["planned"].sum()), int(copies["complete"].sum())
    if not planned:
        return
    last_s = float(copies["forecast_s"].max())
    if complete == planned:
        done = f"All {planned:,} first copies were complete by {clock(_minute(last_s))}"
        done += _median_said(copies)
        yield f"{done}{_enough(steps)}."
        return
    begun, none = int(copies["begun"].sum()), [*copies.loc[copies["begun"] == 0, "group"]]
    if not begun:
        none_begun = f"None of {planned:,} first copies was begun before the end of the run"
        yield f"{none_begun}{_enough(steps)}."
        return
    some = f"all {begun:,} that were begun" if complete == begun else (
        f"{complete:,} of {begun:,} that were begun"
    )  # fmt: skip
    pauses = ", in the hours in which Outlook is open," if copies["pauses"].any() else ""
    last = f"at this rate{pauses} the last of the {planned:,} will be at {clock(_minute(last_s))}"
    if not isfinite(last_s):
        last = f"none of {listed(none)} was begun, so that no time can be told for the last"
    yield (
        f"Of {planned:,} first copies {some} were complete at the end of the run"
        f"{_median_said(copies)}; {last}{_enough(steps)}."
    )


def books_said(books: pd.DataFrame) -> Iterator[str]:
    """Yield a sentence per row of `whole_books`: how many are complete, and the last when."""
    for row in books.to_dict("records"):
        begun, complete = row["begun"], row["complete"]
        what = f"{begun:,} whole address books of {row['group']}"
        when = clock(_minute(row["last_s"]))
        if complete == begun:
            yield f"All {what} were complete by {when}."
            continue
        pauses = ", in the hours in which Outlook is open," if row["pauses"] else ""
        last = f"at this rate{pauses} the last will be at {when}"
        if not isfinite(row["last_s"]):
            last = "nothing has come, so that no time can be told for the last"
        yield f"Of {what} {complete:,} were complete at the end of the run; {last}."


def _median_said(copies: pd.DataFrame) -> str:
    """Return how long half of the copies take, where those are of one group."""
    median_s = float(copies["median_s"].iloc[0])
    if len(copies) > 1 or not isfinite(median_s):
        return ""
    return f", half of those begun within {quantity(median_s, 's')} of their begin"


def _enough(steps: pd.DataFrame) -> str:
    """Return whether each step of a roll-out is complete before the next begins, or why none was
    begun.
    """
    if len(steps) and not steps["begun"].any():
        closed = steps[steps["closed"] > MOST * steps["mailboxes"]]
        return f": {_closed_said(closed.iloc[0])}" if len(closed) else ""
    closed = steps[steps["late"] > MOST * steps["begun"]]
    if len(closed):
        row = closed.iloc[0]
        return (
            f"; {int(row['late']):,} of the {int(row['begun']):,} of step {row['step']} were begun "
            f"after its window, from {clock(row['first_late_s'])} on, when people opened Outlook: "
            "copies are fetched while they work"
        )
    late = [
        (int(one["step"]), int(other["step"]))
        for _, own in steps.groupby("group")
        for one, other in zip(own[:-1].to_dict("records"), own[1:].to_dict("records"), strict=True)
        if one["last_s"] > other["begin_s"]
    ]
    if late:
        return f"; step {late[0][0]} is not complete before step {late[0][1]} begins"
    if len(steps) < 2:
        return ""
    return f"; {len(steps)} steps are enough, each is complete before the next begins"


def _closed_said(step: Mapping[str, Any]) -> str:
    """Return that Outlook was closed in the window of a step."""
    closed, mailboxes = int(step["closed"]), int(step["mailboxes"])
    return (
        f"Outlook was closed for {closed:,} of the {mailboxes:,} of step {step['step']} of "
        f"{step['group']} from {clock(step['begin_s'])} to {clock(step['end_s'])}; their copies "
        "begin when it is opened"
    )


def steps_said(steps: pd.DataFrame) -> Iterator[str]:
    """Yield a sentence per step of `roll_out_steps`: how many copies are complete by when."""
    for row in steps.to_dict("records"):
        when = f"{clock(_minute(row['last_s']))}{' (forecast)' if row['forecast'] else ''}"
        far = f"{row['complete']:,} of {row['mailboxes']:,} complete"
        if row["forecast"] and not row["begun"]:
            far = f"{row['mailboxes']:,} to come"
            if row["closed"]:
                far += f" (Outlook of {row['closed']:,} is closed in that time)"
        yield (
            f"Roll-out of {row['group']}, step {row['step']}, from {clock(row['begin_s'])}: "
            f"{far}, {f'the last by {when}' if isfinite(row['last_s']) else 'none begun'}."
        )


def _minute(time_s: float) -> float:
    """Return a time to the nearest minute."""
    return 60.0 * round(time_s / 60.0) if isfinite(time_s) else time_s
