"""Clients that come back to one server all at once, lose patience and try again: how an overload
keeps itself alive.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from anywhere_sim.des.environment import Environment
from anywhere_sim.des.station import Job, Station

PATIENCE_S = 45.0  # facts 1.3: RPC/HTTP ConnectTimeout, KB 831060


def comeback(
    clients: int, work_s: float, again_s: Callable[[int], float], until_s: float = 1800.0
) -> pd.DataFrame:
    """Return the share of the clients that are served, in percent, and the server's backlog in
    seconds, every 5 s.

    All ask at time 0 for `work_s` seconds of one server. Who isn't served within 45 s gives up and
    asks again after `again_s(failures)` seconds; the work that was asked for is done all the same.
    """
    env, served_s = Environment(), list[float]()
    station = Station(env, 1)

    def ask(failures: int) -> None:
        takes_s = station.serve(Job(), work_s, _ignore) + work_s
        if takes_s <= PATIENCE_S:
            served_s.append(env.now + takes_s)
        else:
            later_s = env.now + PATIENCE_S + again_s(failures + 1)
            if later_s < until_s:
                env.call_at(later_s, lambda: ask(failures + 1))

    for _ in range(clients):
        ask(0)
    backlog_s: list[float] = []
    times_s = np.arange(5.0, until_s + 1.0, 5.0)
    for time_s in times_s:
        env.call_at(float(time_s), lambda: backlog_s.append(station.present * work_s))
    env.run()
    share = 100.0 * np.searchsorted(np.sort(served_s), times_s, side="right") / clients
    return pd.DataFrame(
        {"served, %": share, "backlog, s": backlog_s}, index=pd.Index(times_s, name="time_s")
    )


def _ignore(_: Job) -> None:
    """Whoever asked may have given up."""
