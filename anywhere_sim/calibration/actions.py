"""Who is in the logs, and what each did, told by the calls that an action is made of."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from anywhere_sim.analysis.known_tables import united
from anywhere_sim.calibration.estimate import CalibrationError, Events
from anywhere_sim.scenario.quantities import DAY_S
from anywhere_sim.traces import Run

AT_ONCE_S = 2.0
"""A message that is opened sooner after a read flag, a delete or a move goes with it."""
MOST_DAYS = 400
"""Days that one stay is taken for, at most: clocks that were wrong make longer ones."""
MARKS = (
    "open_item", "set_read_flag", "save_item", "create_item", "submit", "delete_item", "move_item",
    "search", "open_attachment",
)  # fmt: skip
"""Calls that tell actions apart; those between them read and write what these have opened."""


@dataclass(frozen=True, slots=True)
class People:
    """Mailboxes that are alike in mode, path and client: one group of the scenario."""

    name: str
    mode: str | None
    path: str
    client: str | None
    mailboxes: tuple[str, ...]
    days: pd.DataFrame
    """A row per mailbox and day: when it was first connected, and last, in seconds of that day;
    beyond 24 h where it stayed over midnight, null where it did not come or leave on that day."""

    def events(self, actions: pd.DataFrame, kinds: tuple[str, ...]) -> Events:
        """Return the actions of these kinds that are theirs."""
        number = {name: index for index, name in enumerate(self.mailboxes)}
        own = actions[actions["action"].isin(kinds) & actions["mailbox"].isin(number)]
        person = own["mailbox"].map(number).to_numpy(np.int64)
        days = self.days.groupby("mailbox").size().reindex(self.mailboxes, fill_value=0)
        return Events(own["time_s"].to_numpy(np.float64), person, days.to_numpy(np.float64))


def people(run: Run) -> list[People]:
    """Return the groups that the tables show: by mode, path and version of Outlook.

    A session of another protocol is of nobody. Raises CalibrationError when no table says who was
    connected, and over what.
    """
    made = run.connections
    made = made[made["mailbox"].notna() & made["start_s"].notna()]
    if made.empty:
        raise CalibrationError(
            "no table says who was connected when; import logs of RPC Client Access, IIS, MAPI or "
            "HttpProxy/RpcHttp (counters have no users, HttpProxy/Mapi calls but no connections)"
        )
    made = made[made["path"].notna()]
    if made.empty:
        raise CalibrationError(
            "no connection is over TCP or HTTPS: the logs have none of the protocols ncacn_ip_tcp, "
            "ncacn_http and MapiHttp; import logs with these"
        )
    logged = made[made["rpcs"].notna()]  # of RPC Client Access: IIS has the same sessions again
    made = logged if len(logged) else made
    frame = pd.DataFrame({
        "mailbox": made["mailbox"].astype(str), "path": made["path"].astype(object),
        "attempt": made["attempt"], "start_s": made["start_s"],
        "end_s": made["end_s"].fillna(made["start_s"]),
    })  # fmt: skip
    modes = run.states.dropna(subset=["mode"]).drop_duplicates("mailbox")
    mode = dict(zip(modes["mailbox"].astype(str), modes["mode"].astype(str), strict=True))
    attempts = run.attempts.dropna(subset=["client", "mailbox"]).drop_duplicates("mailbox")
    client = dict(zip(attempts["mailbox"].astype(str), attempts["client"].astype(str), strict=True))
    usual = frame.groupby("mailbox")["path"].agg(lambda each: str(each.mode().iloc[0]))
    about = pd.DataFrame({
        "path": usual, "mode": [mode.get(name, "") for name in usual.index],
        "client": [client.get(name, "") for name in usual.index],
    })  # fmt: skip
    days = _days(frame)
    several = about["client"].nunique() > 1
    groups = []
    for (kind, path, version), rows in about.groupby(["mode", "path", "client"]):
        name = "-".join(filter(None, (kind or "users", path, version if several else "")))
        boxes = tuple(sorted(rows.index))
        groups.append(
            People(name, kind or None, path, version or None, boxes,
                   days[days["mailbox"].isin(boxes)])
        )  # fmt: skip
    return groups


def _days(frame: pd.DataFrame) -> pd.DataFrame:
    """Return when each mailbox came and left on each day on which it was connected.

    Who stays over midnight left at more than 24 h of the day on which she came. Each further 24 h
    are a further day: she has not come on it, and has left on the last alone (else null).
    """
    codes, names = pd.factorize(frame["mailbox"], sort=True)
    times_s = (frame[name].to_numpy(np.float64) for name in ("start_s", "end_s"))
    whose, start_s, end_s = united(codes.astype(np.int64), *times_s)
    several = np.clip(np.ceil((end_s - start_s) / DAY_S), 1, MOST_DAYS).astype(np.int64)
    row = np.repeat(np.arange(len(several)), several)
    further = np.arange(len(row)) - np.repeat(several.cumsum() - several, several)
    day = start_s[row] // DAY_S + further
    last = further == several[row] - 1
    pieces = pd.DataFrame({
        "mailbox": names[whose[row]], "day": day,
        "first_s": np.where(further == 0, start_s[row] - day * DAY_S, np.nan),
        "last_s": np.where(last, end_s[row] - day * DAY_S, np.nan),
    })  # fmt: skip
    return pieces.groupby(["mailbox", "day"], as_index=False).agg(
        first_s=("first_s", "min"), last_s=("last_s", "max")
    )


def actions(run: Run) -> pd.DataFrame:
    """Return a row per action: `mailbox`, `action`, `time_s`, and how many calls it had.

    `action` is send, answer, read, open_window, open_old, next_item, calendar, delete, move,
    search or open_attachment. `chunks` are the calls that wrote the body of what was sent,
    `properties` those that read or set properties, `polls` those that asked how far a search was.
    With a copy only "submitted" is seen: a message has gone.
    """
    calls = run.rpcs
    calls = calls[calls["mailbox"].notna() & calls["kind"].notna() & calls["done_s"].notna()]
    if calls.empty:
        columns = ("mailbox", "action", "time_s", "chunks", "properties", "polls")
        return pd.DataFrame({name: pd.Series(dtype=object) for name in columns})
    calls = pd.DataFrame({
        "mailbox": calls["mailbox"].astype(str), "connection": calls["connection"],
        "kind": calls["kind"].astype(str), "done_s": calls["done_s"].to_numpy(),
        "arrived_s": calls["arrived_s"].fillna(calls["done_s"]).to_numpy(),
    }).sort_values(["connection", "done_s"], kind="stable")  # fmt: skip
    same = calls["connection"] == calls["connection"].shift()
    gap_s = (calls["arrived_s"] - calls["done_s"].shift()).where(same, np.inf)
    for name, kinds in (
        ("chunks", ("write_body",)), ("properties", ("read_properties", "set_properties")),
        ("polls", ("search_status",)),
    ):  # fmt: skip
        calls[name] = calls["kind"].isin(kinds).astype(np.int64).cumsum()
    just_before = calls["kind"].shift().where(same & (gap_s < AT_ONCE_S), "")
    marks = calls.assign(just_before=just_before)[calls["kind"].isin(MARKS)].copy()
    neighbour = marks["connection"] == marks["connection"].shift()
    before = marks["kind"].shift().where(neighbour, "")
    same_next = marks["connection"] == marks["connection"].shift(-1)
    after = marks["kind"].shift(-1).where(same_next, "")
    begun = {name: marks[name].shift().where(neighbour) for name in ("chunks", "properties")}
    ends = {name: marks[name].shift(-1).where(same_next) for name in ("properties", "polls")}
    kind, at_once = marks["kind"], marks["just_before"]
    opened = kind == "open_item"
    online = (kind == "submit") & before.isin(("create_item", "save_item"))
    told = {
        "submitted": (kind == "submit") & ~online, "send": online & (before == "create_item"),
        "answer": online & (before == "save_item"),
        "calendar": (kind == "save_item") & (after != "submit"),
        "read": opened & (after == "set_read_flag"),
        "open_window": opened & (at_once == "set_read_flag"),
        "next_item": opened & at_once.isin(("delete_item", "move_item")),
        "delete": kind == "delete_item", "move": kind == "move_item", "search": kind == "search",
        "open_attachment": kind == "open_attachment",
        "open_old": opened & ~after.isin(("save_item", "set_read_flag")),
    }  # fmt: skip
    names = np.select([*told.values()], [*told], default="")
    since = {"send": begun["properties"], "calendar": begun["properties"]}
    properties = ends["properties"] - marks["properties"]
    for name, beginning in since.items():
        properties = properties.where(names != name, marks["properties"] - beginning)
    answered = marks["properties"] - marks["properties"].shift(3)  # created, opened, saved, sent
    found = pd.DataFrame({
        "mailbox": marks["mailbox"], "action": names, "time_s": marks["arrived_s"],
        "chunks": _written(calls, marks),
        "properties": properties.where(names != "answer", answered),
        "polls": ends["polls"] - marks["polls"],
    })  # fmt: skip
    return found[found["action"] != ""].sort_values("time_s", kind="stable")


def _written(calls: pd.DataFrame, marks: pd.DataFrame) -> pd.Series:
    """Return how many calls wrote what was sent, since it was created or the one before was sent;
    NaN for what is no message.
    """
    bounds = marks[marks["kind"].isin(("create_item", "submit"))]
    first = calls.groupby("connection")[["chunks", "kind"]].first()
    begin = first["chunks"] - (first["kind"] == "write_body")
    base = bounds.groupby("connection")["chunks"].shift()
    base = base.fillna(bounds["connection"].map(begin))
    return (bounds["chunks"] - base)[bounds["kind"] == "submit"].reindex(marks.index)
