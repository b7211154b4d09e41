"""One person's day in sentences, told from the traces alone."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from typing import Any

import pandas as pd

from anywhere_sim.analysis.labels import label
from anywhere_sim.scenario.quantities import format_time
from anywhere_sim.traces import Run, RunError

_STAGES = {
    "resolve": "the name was not resolved",
    "tcp": "no TCP connection",
    "proxy": "no connection through the proxy",
    "portal": "a captive portal intercepted it",
    "tls": "TLS failed",
    "auth": "authentication failed",
    "conn": "the front end refused the channels",
    "bind": "the bind failed",
    "logon": "the server refused the logon",
    "limit": "too many sessions were open for this user",
    "": "it was cut off",
}
_ACTIONS = {
    "view_folder": "looked at the Inbox",
    "read": "read a message",
    "send": "sent a message",
    "open_old": "opened an old item",
    "search": "searched",
    "calendar": "changed the calendar",
    "delete": "deleted a message",
    "move": "filed a message",
    "look_up": "looked a name up",
    "send_receive": "pressed F9",
}
_TRIGGERS = {
    "launch": "at launch",
    "lost": "after a lost connection",
    "link": "the network has changed",
    "retry": "another try",
    "needed": "one is needed",
    "f9": "F9",
    "schedule": "by schedule",
    "exit": "on exit",
    "connected": "on connecting",
    "hold_off": "after the hold-off",
    "bodies": "bodies of the headers",
    "sent": "after sending",
    "due": "it was due",
    "resumed": "resumed where it was cut",
    "quit": "on exit",
}
_STATES = {
    "off": "Outlook is closed.",
    "trying": "Outlook tries to connect.",
    "connected": "Connected.",
    "connected_headers": "Connected (headers only).",
    "disconnected": "Disconnected.",
    "offline": "Outlook runs offline until the end of this session.",
}
_SYNCS = {
    "incremental": "Synchronisation of {folder}",
    "first": "First synchronisation of {folder}",
    "address_book": "Download of the address book",
}
# the order of what happens at the same instant
_ENDED, _LEFT, _ROUND, _ATTEMPT, _CONNECTED, _ACTION, _SYNC = range(7)

Entry = tuple[float, int, str]
"""Time in seconds since midnight, order at the same instant, text."""


def story(run: Run, mailbox: int | str) -> str:
    """Return the day of one mailbox, a sentence with its time per line.

    `mailbox` is a name like "sales/17" or a number from 1 on, counted through the groups in
    alphabetical order. Raises RunError when there is no such mailbox.
    """
    name = _name(run, mailbox)
    lines = [
        *_states(run, name),
        *_attempts(run, name),
        *_endings(run, name),
        *_operations(run, name),
        *_syncs(run, name),
    ]
    sentences = [f"{format_time(time_s)} {text}" for time_s, _, text in sorted(lines)]
    return "\n".join([f"The day of {name}", *sentences])


def _name(run: Run, mailbox: int | str) -> str:
    people = run.states[["group", "mailbox"]].astype(str).drop_duplicates()
    people["number"] = people["mailbox"].str.rpartition("/")[2].astype(int)
    ordered = people.sort_values(["group", "number"])["mailbox"].tolist()
    if str(mailbox) in ordered:
        return str(mailbox)
    if str(mailbox).isdecimal() and 1 <= int(mailbox) <= len(ordered):
        return str(ordered[int(mailbox) - 1])
    raise RunError(
        f"there is no mailbox {mailbox!r}; "
        f"give a number from 1 to {len(ordered)}, or a name like {ordered[0]!r}"
    )


def _of(frame: pd.DataFrame, name: str) -> pd.DataFrame:
    return frame[frame["mailbox"] == name]


def _states(run: Run, name: str) -> Iterator[Entry]:
    place, state = "", ""
    for row in _of(run.states, name).itertuples():
        order = _CONNECTED if str(row.state).startswith("connected") else _LEFT
        if str(row.state) != state:
            where = f" [{row.place}]" if str(row.place) else ""
            yield row.start_s, order, f"{_STATES[str(row.state)]}{where}"
        elif str(row.place) != place:
            yield row.start_s, _LEFT, f"The person is now elsewhere: {row.place}."
        place, state = str(row.place), str(row.state)


def _attempts(run: Run, name: str) -> Iterator[Entry]:
    for number, (_, group) in enumerate(_of(run.attempts, name).groupby("round"), start=1):
        first = group.iloc[0]
        order = " then ".join(label(part) for part in str(first["order"]).split("-"))
        speed = f"{first['detected_kbps']:,.0f} kbit/s, {first['speed_class']}"
        yield (
            first["start_s"],
            _ROUND,
            f"Round {number} ({_trigger(first['trigger'])}): detected {speed}; order {order}.",
        )
        for row in group.to_dict("records"):
            yield row["end_s"], _ATTEMPT, _attempt(row)


def _attempt(row: dict[Hashable, Any]) -> str:
    took_s = row["end_s"] - row["start_s"]
    begun = f"{row['service']} over {label(row['path'])}, begun {format_time(row['start_s'])}: "
    if row["outcome"] == "connected":
        tls = "" if row["tls"] == "none" else f", TLS {row['tls']}"
        return f"{begun}connected after {took_s:.2f} s, {row['round_trips']} round trips{tls}."
    return f"{begun}{_STAGES[row['failed_stage']]} after {took_s:.2f} s."


def _endings(run: Run, name: str) -> Iterator[Entry]:
    frame = _of(run.connections, name)
    frame = frame.astype({"end_reason": str, "path": str, "service": str})
    for (end_s, reason, path), group in frame.groupby(["end_s", "end_reason", "path"]):
        count, services = _count(len(group), "connection"), ", ".join(group["service"])
        text = f"{count} over {label(path)} ended ({services}): {label(reason)}."
        yield float(end_s), _ENDED, text


def _operations(run: Run, name: str) -> Iterator[Entry]:
    for row in _of(run.operations, name).itertuples():
        waited = "" if row.wait_s < 0.05 else f", waited {row.wait_s:.1f} s"
        ended = "" if str(row.outcome) == "done" else f": {row.outcome}"
        action = _ACTIONS[str(row.kind)]
        text = f"The person {action} (served by {row.served_by}{waited}){ended}."
        yield row.start_s, _ACTION, text


def _syncs(run: Run, name: str) -> Iterator[Entry]:
    for row in _of(run.syncs, name).dropna(subset=["end_s"]).itertuples():
        way = "came down" if str(row.direction) == "down" else "went up"
        what = _SYNCS[str(row.kind)].format(folder=row.folder)
        size = f"{_count(row.rpcs, 'RPC')}, {row.bytes / 1000:,.1f} KB"
        amounts = f"{_count(row.items, 'item')} {way}, {size}"
        yield row.end_s, _SYNC, f"{what} ({_trigger(row.trigger)}): {amounts}, {row.outcome}."


def _trigger(word: object) -> str:
    return _TRIGGERS.get(str(word), str(word).replace("_", " "))


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
