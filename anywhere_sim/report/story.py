"""One person's day in sentences, told from the traces alone."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from typing import Any

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
    "send_receive": "pressed F9",
}  # fmt: skip
_TRIGGERS = {
    "launch": "at launch", "lost": "after a lost connection", "link": "the network has changed", "retry": "another try", "needed": "one is needed",
    "f9": "F9", "schedule": "by schedule", "exit": "on exit", "connected": "on connecting", "hold_off": "after the hold-off",
    "bodies": "bodies of the headers", "sent": "after sending", "due": "it was due", "resumed": "gone on where it was cut", "quit": "on exit",
}  # fmt: skip
_STATES = {
    "off": "Outlook is closed.", "trying": "Outlook tries to connect.", "connected": "Connected.", "connected_headers": "Connected (headers only).",
    "disconnected": "Disconnected.", "offline": "Outlook runs offline, to the end of this run.",
}  # fmt: skip
_SYNCS = {
    "incremental": "Synchronisation of {folder}", "first": "First synchronisation of {folder}", "address_book": "Download of the address book",
}  # fmt: skip
_PATHS = {"tcp": "TCP", "https": "HTTPS"}
# what comes first of what happens at the same instant
_ENDED, _LEFT, _ROUND, _ATTEMPT, _CONNECTED, _ACTION, _SYNC = range(7)

AccessPath = tuple[float, int, str]


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
    if str(mailbox).isdecimal() and 1 <= int(mailbox) <= len(ordered):
        return str(ordered[int(mailbox) - 1])
    raise RunError(f"there is no mailbox {mailbox!r}; give a number from 1 to {len(ordered)}, or a name like {ordered[0]!r}")


def _clock(time_s: float) -> str:
    whole = int(time_s)
    return f"{whole // 3600:02d}:{whole % 3600 // 60:02d}:{whole % 60:02d}"


def _of(frame: pd.DataFrame, name: str) -> pd.DataFrame:
    return frame[frame["mailbox"].astype(str) == name]


def _states(run: Run, name: str) -> Iterator[AccessPath]:
    place, state = "", ""
    for row in _of(run.states, name).itertuples():
        order = _CONNECTED if str(row.state).startswith("connected") else _LEFT
        if str(row.state) != state:
            where = f" [{row.place}]" if str(row.place) else ""
            yield row.start_s, order, f"{_STATES[str(row.state)]}{where}"
        elif str(row.place) != place:
            yield row.start_s, _LEFT, f"The person is now elsewhere: {row.place}."
        place, state = str(row.place), str(row.state)


def _attempts(run: Run, name: str) -> Iterator[AccessPath]:
    for number, (_, group) in enumerate(_of(run.attempts, name).groupby("round"), start=1):
        first = group.iloc[0]
        order = " then ".join(_PATHS[part] for part in str(first["order"]).split("-"))
        yield (
            first["start_s"], _ROUND,
            f"Round {number} ({_trigger(first['trigger'])}): the line is taken for {first['detected_kbps']:,.0f} kbit/s, {first['speed_class']}; "
            f"order {order}.",
        )  # fmt: skip
        for row in group.to_dict("records"):
            yield row["end_s"], _ATTEMPT, _attempt(row)


def _attempt(row: dict[Hashable, Any]) -> str:
    took_s = row["end_s"] - row["start_s"]
    begun = f"{row['service']} over {_PATHS[row['path']]}, begun {_clock(row['start_s'])}: "
    if row["outcome"] == "connected":
        tls = "" if row["tls"] == "none" else f", TLS {row['tls']}"
        return f"{begun}connected after {took_s:.2f} s, {row['round_trips']} round trips{tls}."
    return f"{begun}{_STAGES[row['failed_stage']]} after {took_s:.2f} s."


def _endings(run: Run, name: str) -> Iterator[AccessPath]:
    frame = _of(run.connections, name)
    for (end_s, reason, path), group in frame.groupby(["end_s", frame["end_reason"].astype(str), frame["path"].astype(str)]):
        services = ", ".join(group["service"].astype(str))
        yield (
            float(end_s),
            _ENDED,
            f"{_count(len(group), 'connection')} over {_PATHS[path]} ended ({services}): {reason.replace('_', ' ')}.",
        )


def _operations(run: Run, name: str) -> Iterator[AccessPath]:
    for row in _of(run.operations, name).itertuples():
        waited = "" if row.wait_s < 0.05 else f", waited {row.wait_s:.1f} s"
        ended = "" if str(row.outcome) == "done" else f": {row.outcome}"
        yield row.start_s, _ACTION, f"The person {_ACTIONS[str(row.kind)]} (served by {row.served_by}{waited}){ended}."


def _syncs(run: Run, name: str) -> Iterator[AccessPath]:
    for row in _of(run.syncs, name).dropna(subset=["end_s"]).itertuples():
        way = "came down" if str(row.direction) == "down" else "went up"
        what = _SYNCS[str(row.kind)].format(folder=row.folder)
        amounts = f"{_count(row.items, 'item')} {way}, {_count(row.rpcs, 'RPC')}, {row.bytes / 1000:,.1f} KB"
        yield row.end_s, _SYNC, f"{what} ({_trigger(row.trigger)}): {amounts}, {row.outcome}."


def _trigger(word: object) -> str:
    return _TRIGGERS.get(str(word), str(word).replace("_", " "))


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
