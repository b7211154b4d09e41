"""Connection attempts as a time-line: what each waited for, stage by stage."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from anywhere_sim.figures.palette import STAGES

_ENDS = {"name": "resolved_s", "TCP": "tcp_s", "TLS": "tls_s", "authentication": "auth_s", "RPC: bind, logon": "end_s"}
_FAILED = {
    "resolve": "no such name", "tcp": "no answer", "portal": "a portal is in the way", "tls": "TLS failed", "auth": "not let in",
    "conn": "no channels", "bind": "bind failed", "logon": "not logged on", "limit": "too many sessions", "": "broken off",
}  # fmt: skip
PATHS = {"tcp": "TCP", "https": "HTTPS"}


def attempts(frame: pd.DataFrame, title: str = "") -> Figure:
    """Return the time-line of some attempts of one client (rows of the table `attempts`), a bar each, in seconds since the first began."""
    rows = frame.sort_values(["start_s", "attempt"]).to_dict("records")
    begin_s = min((row["start_s"] for row in rows), default=0.0)
    figure = Figure(figsize=(9.6, 1.7 + 0.42 * max(3, len(rows))), layout="constrained")
    axis = figure.subplots()
    for place, row in enumerate(rows):
        _bar(axis, place, row, begin_s)
    axis.set_yticks(range(len(rows)), [f"{row['service']} over {PATHS[row['path']]}" for row in rows], fontsize=11)
    axis.invert_yaxis()
    axis.set_xlabel("seconds since the first attempt began", fontsize=11)
    axis.set_xlim(0.0, max([row["end_s"] - begin_s for row in rows], default=1.0) * 1.32)
    axis.set_title(title or _finding(rows, begin_s), loc="left", fontsize=13)
    axis.spines[["top", "right"]].set_visible(False)
    figure.legend(
        handles=[Patch(color=colour, label=name) for name, colour in STAGES.items()], loc="outside lower center", ncols=5, frameon=False
    )
    return figure


def _bar(axis: Axes, place: int, row: dict[Hashable, Any], begin_s: float) -> None:
    for stage, from_s, to_s in _stages(row):
        axis.barh(place, to_s - from_s, left=from_s - begin_s, color=STAGES[stage], height=0.62)
    took_s = row["end_s"] - row["start_s"]
    good = row["outcome"] == "connected"
    said = f"  connected, {took_s:.2f} s, {row['round_trips']} round trips" if good else f"  ✗ {_failed(row)}, {took_s:.2f} s"
    axis.text(row["end_s"] - begin_s, place, said, va="center", fontsize=10, color="black" if good else "#A03000")


def _failed(row: dict[Hashable, Any]) -> str:
    if row["failed_stage"] == "tcp" and row["end_s"] - row["start_s"] < 2.0:
        return "refused"
    return _FAILED[row["failed_stage"]]


def _stages(row: dict[Hashable, Any]) -> Iterator[tuple[str, float, float]]:
    """Yield stage, begin and end; a failed attempt ends in the stage that comes after the last one reached."""
    from_s = row["start_s"]
    reached = {stage: row[column] for stage, column in _ENDS.items()}
    passed = [stage for stage in _ENDS if reached[stage] == reached[stage] and stage != "RPC: bind, logon"]
    for stage in passed:
        yield stage, from_s, reached[stage]
        from_s = reached[stage]
    last = {"resolve": "name", "tcp": "TCP", "portal": "TCP", "tls": "TLS", "auth": "authentication"}
    yield last.get(row["failed_stage"], "RPC: bind, logon"), from_s, row["end_s"]


def _finding(rows: list[dict[Hashable, Any]], begin_s: float) -> str:
    mail = [row for row in rows if row["service"] == "mail" and row["outcome"] == "connected"]
    if not mail:
        return "No path led to the mailbox"
    return f"Mail is there after {mail[0]['end_s'] - begin_s:.1f} s, over {PATHS[mail[0]['path']]}"
