"""User-perceived performance: waits, time to connect, age of mail, recovery after an outage."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from anywhere_sim.analysis.mail_ages import message_ages
from anywhere_sim.analysis.measures import CONNECTED, groups, waited_per_open_hour_s
from anywhere_sim.traces import Run


def mean_wait_s(run: Run, group: str) -> float:
    """Return the mean seconds that a person of the group waited per open hour.

    Raises ValueError for a group that has no mailbox in the run.

    >>> import anywhere_sim as aw
    >>> office = aw.Scenario.load("office-day").with_(end="08:01")
    >>> run = aw.simulate(office, seed=7)
    >>> mean_wait_s(run, "cached")
    0.0
    """
    group_of = groups(run)
    if group not in set(group_of):
        known = ", ".join(sorted(set(group_of)))
        raise ValueError(f"group = {group!r} has no mailbox in this run; try one of: {known}")
    return float(waited_per_open_hour_s(run)[group_of == group].mean())


def time_to_connect_s(run: Run, group: str) -> pd.Series:
    """Return the seconds from each person's first attempt to the first mail connection.

    The index is the mailbox; people who never got a connection are left out.

    >>> from types import SimpleNamespace
    >>> attempts = pd.DataFrame({
    ...     "mailbox": ["sales/1"] * 2, "group": "sales", "service": "mail",
    ...     "outcome": ["failed", "connected"], "start_s": [10.0, 31.0], "end_s": [31.0, 31.5],
    ... })
    >>> time_to_connect_s(SimpleNamespace(attempts=attempts), "sales").to_dict()
    {'sales/1': 21.5}
    """
    attempts = run.attempts[run.attempts["group"] == group]
    is_mail = (attempts["service"] == "mail") & (attempts["outcome"] == "connected")
    start_s = attempts.groupby("mailbox", observed=True)["start_s"].min()
    connected_s = attempts[is_mail].groupby("mailbox", observed=True)["end_s"].min()
    return (connected_s - start_s).dropna().rename("seconds")


def message_ages_s(runs: Mapping[str, Run]) -> pd.DataFrame:
    """Return the ages of messages in several runs, one below the other.

    Columns: `mode` (the run's key) and those of `measures.message_ages`: a row per message that
    came while Outlook was open, `age_s` (NaN when it never reached the client), `observed_s`.

    >>> from types import SimpleNamespace
    >>> messages = pd.DataFrame(
    ...     {"recipient": "a", "delivered_s": [10.0, 20.0], "reached_s": [40.5, None]}
    ... )
    >>> states = pd.DataFrame(
    ...     {"mailbox": ["a"], "state": ["connected"], "start_s": [0.0], "end_s": [60.0]}
    ... )
    >>> ages = message_ages_s({"cached": SimpleNamespace(messages=messages, states=states)})
    >>> ages["age_s"].tolist(), ages["observed_s"].tolist()
    ([30.5, nan], [30.5, 40.0])
    """
    tables = [message_ages(run).assign(mode=name) for name, run in runs.items()]
    return pd.concat(tables, ignore_index=True)


def connected_share(states: pd.DataFrame, times_s: np.ndarray) -> np.ndarray:
    """Return the share of the mailboxes that are connected at each of some instants.

    `states` is the table of a run.

    >>> states = pd.DataFrame({
    ...     "mailbox": ["a/1", "a/2"], "state": ["connected", "trying"],
    ...     "start_s": 0.0, "end_s": 9.0,
    ... })
    >>> connected_share(states, np.array([1.0, 10.0])).tolist()
    [0.5, 0.0]
    """
    connected = states[states["state"].isin(CONNECTED)]
    started = np.searchsorted(np.sort(connected["start_s"].to_numpy()), times_s, side="right")
    ended = np.searchsorted(np.sort(connected["end_s"].to_numpy()), times_s, side="right")
    return np.asarray((started - ended) / states["mailbox"].nunique())


def recovery_time_s(states: pd.DataFrame, outage_end_s: float, share: float = 0.95) -> float:
    """Return how many seconds after an outage a share of the mailboxes is connected again.

    `states` is the table of a run, `outage_end_s` in seconds since midnight; whole seconds,
    infinite if that never happens.

    >>> states = pd.DataFrame({
    ...     "mailbox": ["a/1"] * 2, "state": ["trying", "connected"],
    ...     "start_s": [0.0, 45.0], "end_s": [45.0, 90.0],
    ... })
    >>> recovery_time_s(states, outage_end_s=30.0)
    15.0
    """
    times_s = np.arange(outage_end_s, float(states["end_s"].max()), 1.0)
    recovered = connected_share(states, times_s) >= share
    return float(np.argmax(recovered)) if recovered.any() else float("inf")
