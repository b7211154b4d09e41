"""Who lost the mailbox to an event of a scenario, when everybody had it back, and what the other
front ends of a pool would need if one failed.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from anywhere_sim.analysis.limits import UNDONE
from anywhere_sim.analysis.live_mail import (
    CLOSED,
    LOST_BY,
    WITHOUT,
    live_mail,
    next_s,
    reached,
    users_of,
)
from anywhere_sim.scenario import Scenario
from anywhere_sim.scenario.scenario import Event
from anywhere_sim.traces import Run

GRACE_S = 60.0
"""So long after an event's end what fails is still of it: clients are on their way back."""
COLUMNS = (
    "event", "do", "target", "at_s", "end_s", "connected", "lost", "back", "closed", "median_s",
    "last_s", "last_back_s", "without_s", "actions", "undone",
    "inboxes", "late_mail", "late_mail_s", "caught_up_s", "outboxes", "unsent", "all_sent_s",
)  # fmt: skip
SPARE = ("pool", "time_s", "open", "limit", "share")


def recoveries(run: Run, scenario: Scenario) -> pd.DataFrame:
    """Return a row per cut, gap, crash, shutdown, restart or move of mailboxes that took somebody's
    mailbox away.

    Columns: `event` (its place in `scenario.events`), `do`, `target`, `at_s` and `end_s`;
    `connected` (mailboxes with a mail connection there just before), `lost` (those whose connection
    died of it and had no other, or that were without one at the event's end), `back` (of them, with
    a live mail connection again, whatever dead one is still held beside it), `closed` (of them,
    never back because Outlook was closed); `median_s` and `last_s`, seconds from the
    event's end until half and all of those back had it (below 0: before its end), and
    `last_back_s`, the time of day of the last, in s since midnight of day 1; `without_s`, how long
    those that lost it were without it (the median), the `actions` that they began in this time,
    and how many of these came to nothing (`undone`). Of those whose Outlook keeps a copy, in this
    time: how many `inboxes` got no mail, of how many messages (`late_mail`), which came up to
    `late_mail_s` late, the last at `caught_up_s`; in how many `outboxes` messages waited
    (`unsent`), the last of which left at `all_sent_s` (both infinite: not in the run).

    >>> import anywhere_sim as aw
    >>> office = aw.Scenario.load("office-day").with_(end="08:01")
    >>> len(recoveries(aw.simulate(office), office))  # nothing happens to anybody
    0
    """
    made = run.connections
    mail = made[made["service"].astype(str) == "mail"]
    mail = mail.assign(
        **{name: mail[name].astype(str) for name in ("mailbox", "place", "server", "end_reason")}
    )
    rows = [
        row
        for number, event in enumerate(scenario.events)
        if event.do in LOST_BY and (row := _row(number, event, mail, run, scenario))
    ]
    return pd.DataFrame(rows, columns=[*COLUMNS])


def _row(
    number: int, event: Event, mail: pd.DataFrame, run: Run, scenario: Scenario
) -> dict[str, object] | None:
    """Return the row of an event; None when it took nobody's mailbox away."""
    end_s = event.at + float(event.for_s or event.spread_s)
    here = reached(event, mail, scenario)
    open_then = mail[here & (mail["start_s"] < event.at) & (mail["end_s"] >= event.at)]
    live = mail if event.group is not None else live_mail(run, scenario)
    from_s = _lost(event, end_s, open_then, live, run, scenario)
    if from_s.empty:
        return None
    later = live[live["mailbox"].isin(from_s.index)]
    later = later[later["start_s"] >= later["mailbox"].map(from_s).astype(float)]
    back_s = later.groupby("mailbox")["start_s"].min()
    gone = from_s.drop(back_s.index)
    until_s = back_s.reindex(from_s.index).fillna(scenario.end)
    begun = _begun(run.operations, from_s, until_s)
    return {
        "event": number, "do": event.do, "target": event.server or event.place or event.group,
        "at_s": event.at, "end_s": end_s, "connected": open_then["mailbox"].nunique(),
        "lost": len(from_s), "back": len(back_s), "closed": _closed(run.states, gone),
        "median_s": float(back_s.median()) - end_s,
        "last_s": float(back_s.max()) - end_s, "last_back_s": float(back_s.max()),
        "without_s": float((until_s - from_s).median()), "actions": len(begun),
        "undone": int(begun["outcome"].astype(str).isin(UNDONE).sum()),
    } | _stood_still(event, run, from_s, until_s)  # fmt: skip


def _lost(
    event: Event, end_s: float, open_then: pd.DataFrame, live: pd.DataFrame, run: Run,
    scenario: Scenario,
) -> pd.Series:  # fmt: skip
    """Return since when each mailbox (the index) was without the connection that an event took.

    Who is cut off works on nothing from the event on, however late the client finds it out.
    """
    until_s = next_s(event, scenario.events) if event.server else end_s + 60.0
    died = open_then["end_reason"].isin(LOST_BY[event.do]) & (open_then["end_s"] <= until_s)
    taken = open_then[died | (open_then["server"] == str(event.server))]
    from_s = taken.groupby("mailbox")["end_s"].max()
    if event.group is None:
        kept = live[(live["start_s"] < event.at) & (live["end_s"] > event.at)]
        from_s = from_s[~from_s.index.isin(kept["mailbox"])].clip(upper=event.at)
    if event.place is not None:
        without = _without(run.states, event.place, end_s).clip(lower=event.at)
        from_s = pd.concat([from_s, without[~without.index.isin(from_s.index)]])
    return from_s


def _stood_still(
    event: Event, run: Run, from_s: pd.Series, until_s: pd.Series
) -> dict[str, object]:
    """Return what mail waited for a connection, of those whose Outlook kept a copy."""
    states = run.states
    then = states[(states["start_s"] <= event.at) & (states["end_s"] > event.at)]
    with_copy = then.loc[then["mode"].astype(str) != "online", "mailbox"].astype(str)
    from_s = from_s[from_s.index.isin(with_copy)]
    mail = run.messages
    late = _within(mail, "recipient", "delivered_s", from_s, until_s)
    late_s = late["reached_s"].fillna(np.inf) - late["delivered_s"]
    unsent = _within(mail, "sender", "written_s", from_s, until_s).drop_duplicates("message")
    return {
        "inboxes": late["recipient"].astype(str).nunique(), "late_mail": len(late),
        "late_mail_s": float(late_s.max()),
        "caught_up_s": float(late["reached_s"].fillna(np.inf).max()),
        "outboxes": unsent["sender"].astype(str).nunique(), "unsent": len(unsent),
        "all_sent_s": float(unsent["sent_s"].fillna(np.inf).max()),
    }  # fmt: skip


def _within(
    mail: pd.DataFrame, whose: str, when: str, from_s: pd.Series, until_s: pd.Series
) -> pd.DataFrame:
    """Return the messages of mailboxes (the index) at a step between two times of each."""
    rows = mail[mail[whose].astype(str).isin(from_s.index)]
    names = rows[whose].astype(str)
    begin_s, end_s = (names.map(each).astype(float) for each in (from_s, until_s))
    return rows[(rows[when] >= begin_s) & (rows[when] < end_s)]


def _begun(actions: pd.DataFrame, from_s: pd.Series, until_s: pd.Series) -> pd.DataFrame:
    """Return the actions that mailboxes (the index) began between two times of each."""
    rows = actions[actions["mailbox"].astype(str).isin(from_s.index)]
    names = rows["mailbox"].astype(str)
    begin_s, end_s = (names.map(each).astype(float) for each in (from_s, until_s))
    return rows[(rows["start_s"] >= begin_s) & (rows["start_s"] < end_s)]


def touched_by(event: Event, group: str, run: Run, scenario: Scenario) -> bool:
    """Return whether a stop of a server met anybody of a group: a connection to it that was open,
    or an attempt over its path while the stop lasted.

    >>> import anywhere_sim as aw
    >>> from anywhere_sim.scenario.scenario import Event
    >>> office = aw.Scenario.load("office-day").with_(end="08:05")
    >>> run = aw.simulate(office, seed=7)
    >>> touched_by(Event(at="08:30", do="crash", server="mbx1", for_s=60), "cached", run, office)
    False
    """
    server, end_s = str(event.server), event.at + float(event.for_s or event.spread_s) + GRACE_S
    if group not in users_of(server, scenario):
        return False
    made, tries = (
        table[table["group"].astype(str) == group] for table in (run.connections, run.attempts)
    )
    there = made["server"].astype(str) == server
    role = scenario.servers[server].role
    if role != "front_end":  # whatever the path, a mail connection ends at the store
        there |= made["service"].astype(str) == ("mail" if role == "mailbox" else "directory")
    met = there & (made["start_s"] < end_s) & (made["end_s"] >= event.at)
    path = tries["path"].astype(str) == "https" if role == "front_end" else True
    tried = (tries["start_s"] < end_s) & (tries["end_s"] >= event.at) & path
    return bool(met.any() or tried.any())


def _without(states: pd.DataFrame, place: str, time_s: float) -> pd.Series:
    """Return since when each client at a place is without a connection that it wants, at a time."""
    rows = states[
        states["state"].astype(str).isin(WITHOUT) & (states["place"].astype(str) == place)
        & (states["start_s"] <= time_s) & (states["end_s"] > time_s)
    ]  # fmt: skip
    return rows.groupby(rows["mailbox"].astype(str))["start_s"].max()


def _closed(states: pd.DataFrame, since_s: pd.Series) -> int:
    """Return how many of some mailboxes are closed at some time after they lost a connection."""
    rows = states[states["mailbox"].astype(str).isin(since_s.index)]
    closed = rows[rows["state"].astype(str).isin(CLOSED)]
    names = closed["mailbox"].astype(str)
    return int(names[closed["end_s"] > names.map(since_s).astype(float)].nunique())


def cause_of(
    start_s: pd.Series, end_s: pd.Series, rows: pd.DataFrame, scenario: Scenario
) -> pd.Series:  # fmt: skip
    """Return for each row the event of the scenario that was going on: its number, -1 for none.

    A cut or a gap concerns who is at its place, a stop of a server the groups that use it. The
    first event counts that lasts, or has ended within a minute, at some time between `start_s` and
    `end_s`. `rows` has `place`, `group` and, of connections, `end_reason`: one that a server has
    ended is of its last stop, however late the client finds that out. An attempt for want of a name
    is of no server's stop.
    """
    found = pd.Series(-1, index=rows.index)
    stopped = pd.Series(data=False, index=rows.index)
    if "end_reason" in rows:
        stopped = rows["end_reason"].astype(str).isin(("server_crash", "server_shutdown"))
    nameless = pd.Series(data=False, index=rows.index)
    if "failed_stage" in rows:
        nameless = rows["failed_stage"].astype(str) == "resolve"
    for number, event in reversed(tuple(enumerate(scenario.events))):
        if event.do not in LOST_BY or event.group is not None:
            continue
        over_s = event.at + float(event.for_s or 0.0) + GRACE_S
        if event.place is not None:
            concerned = (rows["place"].astype(str) == event.place) & ~stopped
            found[concerned & (start_s < over_s) & (end_s >= event.at)] = number
            continue
        concerned = (
            rows["group"].astype(str).isin(users_of(str(event.server), scenario)) & ~nameless
        )
        late = stopped & (end_s < next_s(event, scenario.events))
        found[concerned & ((start_s < over_s) | late) & (end_s >= event.at)] = number
    return found


def without_one(run: Run, scenario: Scenario) -> pd.DataFrame:
    """Return a row per pool of front ends: its open requests beside what all but one may have.

    A pool of which an event stops one is left out: the run itself shows what that comes to.
    Columns: `pool` (its front ends, a tuple), `open` (the highest reading of all together, at
    `time_s`), `limit` (of the pool without the one that may have the most), `share` of it.

    >>> import anywhere_sim as aw
    >>> day = aw.Scenario.load("three-thousand").with_(
    ...     end="08:01", events=[], groups__office__mailboxes=2, groups__branch__mailboxes=2,
    ...     groups__road__mailboxes=20,
    ... )
    >>> row = without_one(aw.simulate(day, seed=7), day).iloc[0]
    >>> row["pool"], float(row["limit"]), bool(row["share"] < 0.1)
    (('fe1', 'fe2'), 4000.0, True)
    """
    readings = run.servers
    names = readings["server"].astype(str)
    rows = []
    for pool in dict.fromkeys(
        tuple(scenario.servers_of(group, "front_end")) for group in scenario.groups.values()
    ):
        own = readings[names.isin(pool)]
        stopped = any(each.server in pool and each.do in LOST_BY for each in scenario.events)
        if len(pool) < 2 or own.empty or stopped:
            continue
        together = own.groupby("time_s")["http_sessions"].sum()
        limits = [float(scenario.servers[name].request_limit) for name in pool]
        limit = sum(limits) - max(limits)
        most = float(together.max())
        rows.append((pool, float(together.idxmax()), most, limit, most / limit))
    return pd.DataFrame(rows, columns=[*SPARE])


__all__ = ["cause_of", "recoveries", "touched_by", "without_one"]
