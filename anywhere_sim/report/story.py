"""One person's day, told from the traces alone: in sentences, or as what it asked of servers."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from typing import Any

import pandas as pd

from anywhere_sim.analysis.labels import label, short
from anywhere_sim.scenario import Scenario
from anywhere_sim.scenario.quantities import format_time
from anywhere_sim.traces import Run, RunError

STAGES = {
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
    "open_window": "opened a message in a window",
    "open_attachment": "opened an attachment",
    "open_old": "opened an old item",
    "shared_folder": "looked into a shared folder",
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
    "asleep": "The lid is shut: the machine sleeps.",
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
_SYNCS_END = {"full": "stopped: the file has no room left (error 8004060C)"}
# the order of what happens at the same instant
_ENDED, _LEFT, _ROUND, _ATTEMPT, _CONNECTED, _ACTION, _SYNC = range(7)

Entry = tuple[float, int, str]
"""Time in seconds since midnight, order at the same instant, text."""


def story(run: Run, mailbox: int | str) -> str:
    """Return the day of one mailbox, a sentence with its time per line.

    `mailbox` is a name like "sales/17" or a number from 1 on, counted through the groups in
    alphabetical order. Raises RunError when there is no such mailbox.

    >>> print(aw.story(run, mailbox="online/1").splitlines()[0])
    The day of online/1
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


def mailbox_name(scenario: Scenario, mailbox: int | str) -> str:
    """Return the name of a mailbox of a scenario, given as `story` takes it.

    Raises RunError when there is no such mailbox.
    """
    groups = sorted(scenario.groups.items())
    names = [f"{name}/{number + 1}" for name, group in groups for number in range(group.mailboxes)]
    return _chosen(names, mailbox)


def calls(run: Run, mailbox: str) -> str:
    """Return what one mailbox asked of servers: a summary, then its actions, its calls by kind and
    by hour, and its synchronisations.

    Calls are those of the table `rpcs`, so the run must have written down this mailbox's
    (`record_rpcs`); their bytes are IP bytes without acknowledgements.
    """
    rpcs = _of(run.rpcs, mailbox).astype({"kind": str})
    rpcs = rpcs.assign(hour=rpcs["start_s"].floordiv(3600.0).mod(24).astype(int))
    actions, syncs = _of(run.operations, mailbox), _of(run.syncs, mailbox)
    sums = {"calls": ("rpc", "size"), "operations": ("rops", "sum")}
    sizes = {"bytes up": ("bytes_up", "sum"), "bytes down": ("bytes_down", "sum")}
    by_kind = rpcs.groupby("kind").agg(**sums, **sizes)
    by_hour = rpcs.groupby("hour").agg(**sums)
    by_hour.index = pd.Index([f"{hour:02d}:00" for hour in by_hour.index], name="hour")
    by_action = actions.astype({"kind": str}).groupby("kind").agg(
        count=("operation", "size"),
        calls=("rpcs", "sum"),
        operations=("rops", "sum"),
        waited_s=("wait_s", "sum"),
    ).round({"waited_s": 2})  # fmt: skip
    by_sync = syncs.astype({"kind": str, "folder": str, "direction": str}).groupby(
        ["kind", "folder", "direction"]
    ).agg(
        count=("sync", "size"),
        items=("items", "sum"),
        calls=("rpcs", "sum"),
        operations=("rops", "sum"),
        bytes=("bytes", "sum"),
    )  # fmt: skip
    parts = (
        ("Actions, with the calls that the person waited for", by_action, "count"),
        ("Calls by kind", by_kind, "operations"),
        ("Calls by hour", by_hour, None),
        ("Synchronisations", by_sync, "count"),
    )
    text = [_verdict(rpcs, mailbox, int(actions["rpcs"].sum()), int(syncs["rpcs"].sum()))]
    for title, table, order in parts:
        ranked = (
            table if order is None else table.sort_values(order, ascending=False, kind="stable")
        )
        text += ["", title, _table(ranked)]
    return "\n".join(text)


def _verdict(rpcs: pd.DataFrame, mailbox: str, waited_for: int, of_syncs: int) -> str:
    """Return a day's calls in sentences."""
    made, carried = len(rpcs), int(rpcs["rops"].sum())
    if not made:
        return f"{mailbox} made no calls."
    up, down = rpcs["bytes_up"].sum() / 1000.0, rpcs["bytes_down"].sum() / 1000.0
    return (
        f"{mailbox} made {_count(made, 'call')} that carried {_count(carried, 'operation')} "
        f"({carried / made:.1f} a call), with {up:,.1f} KB up and {down:,.1f} KB down.\n"
        f"The person waited for {_count(waited_for, 'call')}; synchronisations made "
        f"{of_syncs:,}; the others were made in the background or by connecting."
    )


def _table(frame: pd.DataFrame) -> str:
    if frame.empty:
        return "none"
    return str(frame.reset_index().to_string(index=False, float_format=short))


def _name(run: Run, mailbox: int | str) -> str:
    people = run.states[["group", "mailbox"]].astype(str).drop_duplicates()
    people["number"] = people["mailbox"].str.rpartition("/")[2].astype(int)
    return _chosen(people.sort_values(["group", "number"])["mailbox"].tolist(), mailbox)


def _chosen(ordered: Sequence[str], mailbox: int | str) -> str:
    """Return the mailbox of that name, or of that number from 1 on; RunError for any other."""
    if str(mailbox) in ordered:
        return str(mailbox)
    if str(mailbox).isdecimal() and 1 <= int(mailbox) <= len(ordered):
        return ordered[int(mailbox) - 1]
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
    cached = (
        " (from the machine's cache)" if row["failed_stage"] == "resolve" and not took_s else ""
    )
    return f"{begun}{STAGES[row['failed_stage']]} after {took_s:.2f} s{cached}."


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
        ended = _SYNCS_END.get(str(row.outcome), row.outcome)
        yield row.end_s, _SYNC, f"{what} ({_trigger(row.trigger)}): {amounts}, {ended}."


def _trigger(word: object) -> str:
    return _TRIGGERS.get(str(word), str(word).replace("_", " "))


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
