"""When mail connections carried something, and who wanted one and had none: by connections, not by
what clients believe.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from anywhere_sim.scenario import Scenario
from anywhere_sim.scenario.quantities import HOUR_S
from anywhere_sim.scenario.scenario import Event
from anywhere_sim.traces import Run

LOST_BY: Mapping[str, tuple[str, ...]] = {
    "cut": ("link_cut", "link_lost"),
    "gap": ("link_lost", "black_hole"),
    "crash": ("server_crash", "server_shutdown"),
    "shutdown": ("server_shutdown",),
    "restart": ("server_shutdown", "server_crash"),
    "move_mailbox": ("closed",),  # Outlook is started again for it
}
"""Events that take connections away, and the reasons for which those end then."""
CLOSED = ("off", "asleep")
"""States in which nobody works with Outlook."""
WITHOUT = ("trying", "disconnected")
"""States of a client that wants a connection and has none."""
WISHING = ("connected", "connected_headers", *WITHOUT)
"""States of a client that wants a connection."""
LONG_WANTED_S = 300.0
"""Who has wanted a connection for less may only have opened Outlook at the end."""


def live_mail(run: Run, scenario: Scenario | None) -> pd.DataFrame:
    """Return a row per unbroken time in which a mail connection could carry something.

    Columns: `mailbox`, `group`, `start_s`, `end_s`. The client may see the end of a connection
    later than it comes: one to a server that crashes is dead from then on, one that a cut or a gap
    ends from its beginning, and while it lasts. Without a scenario there are no events.

    >>> import anywhere_sim as aw
    >>> office = aw.Scenario.load("office-day").with_(end="08:05")
    >>> bool((live_mail(aw.simulate(office, seed=7), office)["end_s"] <= office.end).all())
    True
    """
    made = run.connections
    mail = made[made["service"].astype(str) == "mail"]
    names = ["mailbox", "group", "place", "server", "end_reason"]
    mail = mail[[*names, "start_s", "end_s"]].assign(
        **{name: mail[name].astype(str) for name in names}
    )
    for event in scenario.events if scenario else ():
        if scenario and event.do in LOST_BY and event.group is None:
            mail = _without_event(mail, event, scenario)
    return mail[["mailbox", "group", "start_s", "end_s"]].reset_index(drop=True)


def _without_event(mail: pd.DataFrame, event: Event, scenario: Scenario) -> pd.DataFrame:
    """Return the times of mail connections without those in which an event let nothing pass."""
    over_s = event.at + float(event.for_s or event.spread_s)
    hit = reached(event, mail, scenario) & (mail["start_s"] < event.at) & (mail["end_s"] > event.at)
    gone = mail["end_reason"].isin(LOST_BY[event.do]) | (mail["server"] == str(event.server))
    again = mail[hit & ~gone & (mail["end_s"] > over_s)].assign(start_s=over_s)
    return pd.concat([mail.assign(end_s=mail["end_s"].mask(hit, event.at)), again])


def without_mail(run: Run, scenario: Scenario | None) -> pd.DataFrame:
    """Return a row per time in which a client that wants a mail connection had no live one.

    Columns: `mailbox`, `group`, `start_s`, `end_s`, and whether the client had `noticed`: it holds
    no dead connection for a live one.

    >>> import anywhere_sim as aw
    >>> office = aw.Scenario.load("office-day").with_(end="08:05")
    >>> list(without_mail(aw.simulate(office, seed=7), office).columns)
    ['mailbox', 'group', 'start_s', 'end_s', 'noticed']
    """
    states = run.states[run.states["state"].astype(str).isin(WISHING)]
    held = run.connections[run.connections["service"].astype(str) == "mail"]
    turns = []
    for name, table in (("wants", states), ("held", held), ("live", live_mail(run, scenario))):
        for column, sign in (("start_s", 1), ("end_s", -1)):
            turns.append(
                pd.DataFrame(
                    {
                        "mailbox": table["mailbox"].astype(str),
                        "group": table["group"].astype(str), "start_s": table[column],
                        name: sign,
                    }
                )
            )  # fmt: skip
    every = (
        pd.concat(turns).fillna(0).groupby(["mailbox", "group", "start_s"], as_index=False).sum()
    )
    counts = every.groupby("mailbox")[["wants", "held", "live"]].cumsum()
    every["end_s"] = every.groupby("mailbox")["start_s"].shift(-1)
    every["noticed"] = counts["held"] <= 0
    chosen = (counts["wants"] > 0) & (counts["live"] <= 0) & every["end_s"].notna()
    return every.loc[chosen, ["mailbox", "group", "start_s", "end_s", "noticed"]].reset_index(
        drop=True
    )


def without_mail_per_hour_s(run: Run, scenario: Scenario | None) -> float:
    """Return how long clients were without a live mail connection, in s of each hour in which one
    wanted it; NaN where none did.

    >>> import anywhere_sim as aw
    >>> office = aw.Scenario.load("office-day").with_(end="08:20")
    >>> 0.0 < without_mail_per_hour_s(aw.simulate(office, seed=7), office) < 1.0
    True
    """
    rows, states = without_mail(run, scenario), run.states
    wishing = states[states["state"].astype(str).isin(WISHING)]
    wanted_s = float((wishing["end_s"] - wishing["start_s"]).sum())
    without_s = float((rows["end_s"] - rows["start_s"]).sum())
    return HOUR_S * without_s / wanted_s if wanted_s else float("nan")


def never_connected(run: Run, scenario: Scenario | None) -> pd.DataFrame:
    """Return a row per group with people who wanted a mail connection all along and had none.

    Columns: `group`, `mailboxes` (those who wanted one for five minutes or more), `never`, and for
    how many `hours` these wanted it.

    >>> import anywhere_sim as aw
    >>> office = aw.Scenario.load("office-day").with_(end="08:20")
    >>> len(never_connected(aw.simulate(office, seed=7), office))
    0
    """
    states = run.states[run.states["state"].astype(str).isin(WISHING)]
    keys = [states["group"].astype(str), states["mailbox"].astype(str)]
    wanted_s = (states["end_s"] - states["start_s"]).groupby(keys).sum()
    wanted_s = wanted_s[wanted_s >= LONG_WANTED_S]
    live = live_mail(run, scenario)
    had = live.loc[live["end_s"] > live["start_s"], "mailbox"]
    never = ~wanted_s.index.get_level_values(1).isin(had.to_numpy())
    table = pd.DataFrame(
        {"mailboxes": 1, "never": never.astype(int), "hours": never * wanted_s / HOUR_S}
    )
    table = table.groupby(level=0).sum().rename_axis("group").reset_index()
    return table[table["never"] > 0].reset_index(drop=True)


def reached(event: Event, mail: pd.DataFrame, scenario: Scenario) -> pd.Series:
    """Return which mail connections lead over the event's place, or to its server."""
    if event.place is not None:
        return mail["place"] == event.place
    if event.group is not None:
        return mail["group"].astype(str) == event.group
    stored = scenario.servers[str(event.server)].role == "mailbox"
    users = users_of(str(event.server), scenario) if stored else []
    return (mail["server"] == event.server) | mail["group"].astype(str).isin(users)


def next_s(event: Event, events: Sequence[Event]) -> float:
    """Return when the next event of the same server comes."""
    return min(
        (each.at for each in events if each.server == event.server and each.at > event.at),
        default=np.inf,
    )


def users_of(server: str, scenario: Scenario) -> list[str]:
    """Return the groups whose clients a server may serve.

    >>> import anywhere_sim as aw
    >>> users_of("mbx1", aw.Scenario.load("office-day"))
    ['online', 'cached']
    """
    role = scenario.servers[server].role
    return [
        name
        for name, group in scenario.groups.items()
        if server in scenario.servers_of(group, role)
    ]


__all__ = [
    "CLOSED", "LOST_BY", "live_mail", "never_connected", "next_s", "reached", "users_of",
    "without_mail", "without_mail_per_hour_s",
]  # fmt: skip
