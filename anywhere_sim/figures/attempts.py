"""Connection attempts as a time-line: what each waited for, stage by stage."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from anywhere_sim.analysis.labels import label
from anywhere_sim.figures.sheet import COLOURS, STAGES, Sheet, readable

_ENDS = {
    "name": "resolved_s",
    "TCP": "tcp_s",
    "TLS": "tls_s",
    "authentication": "auth_s",
    "RPC": "end_s",
}
_WORDS = {"name": "name (DNS)", "RPC": "RPC: channels, bind, logon"}
_FAILED = {
    "resolve": "no such name",
    "tcp": "no answer",
    "portal": "a portal is in the way",
    "tls": "TLS failed",
    "auth": "not let in",
    "conn": "no channels",
    "bind": "bind failed",
    "logon": "not logged on",
    "limit": "too many sessions",
    "": "broken off",
}
LONG_S = 1.5  # a name or a SYN that failed later than this failed since nobody answered


@readable
def attempts(frame: pd.DataFrame, title: str = "") -> Figure:
    """Return the time-line of some attempts of one client (rows of the table `attempts`), a bar
    each, in seconds since the first began.

    >>> one = lab.rows_of(run.attempts, "online/1")
    >>> figures.attempts(one, "How it came online").axes[0].get_xlabel()
    'seconds since the first attempt began'
    """
    rows = frame.sort_values(["start_s", "attempt"]).to_dict("records")
    begin_s = min((row["start_s"] for row in rows), default=0.0)
    figure = Sheet(figsize=(10.5, 2.1 + 0.44 * max(3, len(rows))))
    axis = figure.subplots()
    for index, row in enumerate(rows):
        _bar(axis, index, row, begin_s)
    axis.set_yticks(
        range(len(rows)), [f"{row['service']} over {label(row['path'])}" for row in rows]
    )
    axis.invert_yaxis()
    axis.set_xlabel("seconds since the first attempt began")
    axis.set_xlim(0.0, max([row["end_s"] - begin_s for row in rows], default=1.0) * 1.6)
    axis.set_title(title or _finding(rows, begin_s))
    axis.tick_params(left=False)
    axis.spines["left"].set_visible(False)
    shown = dict.fromkeys(stage for row in rows for stage, _, _ in _stages(row))
    handles = [
        Patch(color=STAGES[stage], label=_WORDS.get(stage, stage))
        for stage in STAGES
        if stage in shown
    ]
    figure.legend(
        handles=handles, loc="outside lower center", ncols=5, handlelength=1.2, columnspacing=1.4
    )
    return figure


def seconds(time_s: float) -> str:
    """Return a length of time as people say it: "7 ms", "0.63 s", "21.0 s"."""
    return (
        f"{1000.0 * time_s:.0f} ms"
        if time_s < 0.1
        else f"{time_s:.2f} s"
        if time_s < 1.0
        else f"{time_s:.1f} s"
    )


def _bar(axis: Axes, index: int, row: dict[Hashable, Any], begin_s: float) -> None:
    for stage, from_s, to_s in _stages(row):
        axis.barh(index, to_s - from_s, left=from_s - begin_s, color=STAGES[stage], height=0.64)
    took = seconds(row["end_s"] - row["start_s"])
    good = row["outcome"] == "connected"
    text = f"  {took}, {row['round_trips']} round trips" if good else f"  ✗ {_failed(row)}, {took}"
    axis.text(
        row["end_s"] - begin_s,
        index,
        text,
        va="center",
        color="black" if good else COLOURS["limit"],
    )


def _failed(row: dict[Hashable, Any]) -> str:
    late = row["end_s"] - row["start_s"] > LONG_S
    if row["failed_stage"] == "tcp" and not late:
        return "refused"
    return (
        "no answer" if row["failed_stage"] == "resolve" and late else _FAILED[row["failed_stage"]]
    )


def _stages(row: dict[Hashable, Any]) -> Iterator[tuple[str, float, float]]:
    """Yield stage, begin and end; a failed attempt ends in the stage that comes after the last one
    reached.
    """
    from_s = row["start_s"]
    reached = {stage: row[column] for stage, column in _ENDS.items()}
    passed = [stage for stage in _ENDS if reached[stage] == reached[stage] and stage != "RPC"]
    for stage in passed:
        yield stage, from_s, reached[stage]
        from_s = reached[stage]
    last = {
        "resolve": "name",
        "tcp": "TCP",
        "portal": "TCP",
        "tls": "TLS",
        "auth": "authentication",
    }
    yield last.get(row["failed_stage"], "RPC"), from_s, row["end_s"]


def _finding(rows: list[dict[Hashable, Any]], begin_s: float) -> str:
    mail = [row for row in rows if row["service"] == "mail" and row["outcome"] == "connected"]
    if not mail:
        return "No path led to the mailbox"
    return (
        f"Mail is there after {seconds(mail[0]['end_s'] - begin_s)}, over {label(mail[0]['path'])}"
    )
