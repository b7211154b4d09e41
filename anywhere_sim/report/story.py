"""One person's day in sentences, told from the traces alone."""

from __future__ import annotations

from collections.abc import Iterator
from math import isnan

import pandas as pd

from anywhere_sim.traces import Run, RunError

_STAGES = {
    "resolve": "the name was not resolved", "tcp": "TCP got no connection", "portal": "a portal stood before it", "tls": "TLS failed",
    "auth": "authentication failed", "conn": "the front end refused the channels", "bind": "the bind failed",
    "logon": "the server did not log the client on", "limit": "too many sessions were open for this user", "": "it was broken off",
}  # fmt: skip
_ACTIONS = {
    "view_folder": "looked at the Inbox", "read": "read a message", "send": "sent a message", "open_old": "opened an old item",
    "search": "searched", "calendar": "changed the calendar", "delete": "deleted a message", "move": "filed a message", "look_up": "looked a name up",
}  # fmt: skip


def story(run: Run, mailbox: int | str) -> str:
    """Return the day of one mailbox, a sentence with its time per line.

    `mailbox` is a name like "sales/17" or a number, counted through the groups in alphabetical order. Raises RunError for one that is not there.
    """
    name = _name(run, mailbox)
    lines = [*_states(run, name), *_attempts(run, name), *_endings(run, name), *_operations(run, name), *_syncs(run, name)]
    told = [f"{_clock(time_s)} {text}" for time_s, _, text in sorted(lines)]
    return "\n".join([f"The day of {name}", *told])


def _name(run: Run, mailbox: int | str) -> str:
    names = list(dict.fromkeys(run.states["mailbox"].astype(str)))
    ordered = sorted(names, key=lambda name: (name.rpartition("/")[0], int(name.rpartition("/")[2])))
    if str(mailbox) in names:
        return str(mailbox)
    if str(mailbox).isdigit() and 1 <= int(mailbox) <= len(ordered):
        return str(ordered[int(mailbox) - 1])
    raise RunError(f"there is no mailbox {mailbox!r}; give a number from 1 to {len(ordered)}, or a name like {ordered[0]!r}")


def _clock(time_s: float) -> str:
    whole = int(time_s)
    return f"{whole // 3600:02d}:{whole % 3600 // 60:02d}:{whole % 60:02d}"


def _of(frame: pd.DataFrame, name: str) -> pd.DataFrame:
    return frame[frame["mailbox"].astype(str) == name]


def _states(run: Run, name: str) -> Iterator[tuple[float, int, str]]:
    texts = {
        "off": "Outlook is closed.", "trying": "Outlook tries to connect.", "connected": "Connected.", "connected_headers": "Connected (Headers).",
        "disconnected": "Disconnected.", "offline": "Outlook runs offline for this whole run.",
    }  # fmt: skip
    for row in _of(run.states, name).itertuples():
        where = f" [{row.place}]" if str(row.place) else ""
        yield row.start_s, 0, f"{texts[str(row.state)]}{where}"


def _attempts(run: Run, name: str) -> Iterator[tuple[float, int, str]]:
    frame = _of(run.attempts, name)
    for number, group in frame.groupby("round", sort=False):
        first = group.iloc[0]
        order = " then ".join(part.upper() for part in str(first["order"]).split("-"))
        yield (
            first["start_s"], 1,
            f"Round {number} ({first['trigger']}): the line is taken for {first['detected_kbps']:,.0f} kbit/s, {first['speed_class']}; order {order}.",
        )  # fmt: skip
        for row in group.itertuples():
            yield row.end_s, 2, _attempt(row)


def _attempt(row: object) -> str:
    took_s = row.end_s - row.start_s  # type: ignore[attr-defined]
    path, service = str(row.path).upper(), str(row.service)  # type: ignore[attr-defined]
    begun = f"{service} over {path}, begun {_clock(row.start_s)}: "  # type: ignore[attr-defined]
    if str(row.outcome) == "connected":  # type: ignore[attr-defined]
        tls = "" if str(row.tls) == "none" else f", TLS {row.tls}"  # type: ignore[attr-defined]
        return f"{begun}connected after {took_s:.2f} s, {row.round_trips} round trips{tls}."  # type: ignore[attr-defined]
    return f"{begun}{_STAGES[str(row.failed_stage)]} after {took_s:.2f} s."  # type: ignore[attr-defined]


def _endings(run: Run, name: str) -> Iterator[tuple[float, int, str]]:
    frame = _of(run.connections, name)
    for (end_s, reason, path), group in frame.groupby(["end_s", frame["end_reason"].astype(str), frame["path"].astype(str)]):
        services = ", ".join(group["service"].astype(str))
        yield float(end_s), 3, f"{len(group)} connection(s) over {path.upper()} ended ({services}): {reason.replace('_', ' ')}."


def _operations(run: Run, name: str) -> Iterator[tuple[float, int, str]]:
    for row in _of(run.operations, name).itertuples():
        waited = "" if row.wait_s < 0.05 else f", waited {row.wait_s:.1f} s"
        ended = "" if str(row.outcome) == "done" else f": {row.outcome}"
        yield row.start_s, 4, f"The person {_ACTIONS[str(row.kind)]} (served by {row.served_by}{waited}){ended}."


def _syncs(run: Run, name: str) -> Iterator[tuple[float, int, str]]:
    for row in _of(run.syncs, name).itertuples():
        if isnan(row.end_s):
            continue
        way = "came down" if str(row.direction) == "down" else "went up"
        kind = {"incremental": "Synchronisation", "first": "First synchronisation", "address_book": "Address book"}[str(row.kind)]
        yield (
            row.end_s,
            5,
            f"{kind} of {row.folder} ({row.trigger}): {row.items} item(s) {way}, {row.rpcs} RPCs, {row.bytes / 1000:,.1f} KB, {row.outcome}.",
        )
