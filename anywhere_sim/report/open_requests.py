"""Whose requests a front end held that was full, and how many of them nobody used any more."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from anywhere_sim.analysis.limits import REQUESTS
from anywhere_sim.report.findings import RunFindings

LEFT = 0.25
"""The share of requests whose connections are over from which on that is a reason."""
ENDED_BY: Mapping[str, str] = {
    "link_cut": "cut links", "link_lost": "lost links", "black_hole": "black holes",
    "nat_dropped": "devices on the way that forget idle connections",
}  # fmt: skip
"""Ends of connections that a front end may not hear of, as part of a sentence."""


def connected_to(found: RunFindings, row: Mapping[str, Any]) -> pd.DataFrame:
    """Return the connections of a run to the servers of a light."""
    made = found.run.connections
    return made[made["server"].astype(str).isin(row["things"])]


def requests_left(found: RunFindings, row: Mapping[str, Any]) -> Iterator[str]:
    """Yield how many requests belong to connections that are over for the client, where these fill
    a good part of what is full: a front end that hears nothing keeps them until its time-out.
    """
    if row["what"] != REQUESTS:
        return
    from_s, until_s = float(row["reached_s"]), float(row["until_s"])
    servers = found.run.servers
    there = servers["server"].astype(str).isin(row["things"])
    readings = servers[there & servers["time_s"].between(from_s, until_s)]
    kept = readings.groupby("time_s")["http_sessions"].sum()
    made = connected_to(found, row)
    used = _at(made["start_s"], made["channels"], kept.index) - _at(
        made["end_s"], made["channels"], kept.index
    )
    left = (kept - used).clip(lower=0.0)
    if not left.sum() >= LEFT * kept.sum() > 0.0:
        return
    ended = made[made["end_s"].between(from_s, until_s)]["end_reason"].astype(str)
    by = ended[ended.isin(ENDED_BY.keys())].value_counts()
    why = f", most of them by {ENDED_BY[str(by.index[0])]}" if len(by) else ""
    yield (
        f"{100.0 * left.sum() / kept.sum():.0f} % of the requests are of connections that are over "
        f"for the client{why}: a front end that hears nothing keeps them until its time-out"
    )


def _at(times_s: pd.Series, channels: pd.Series, at_s: pd.Index) -> np.ndarray:
    """Return how many channels there are up to each of some times."""
    order = np.argsort(times_s.to_numpy(), kind="stable")
    total = np.concatenate([[0.0], np.cumsum(channels.to_numpy(float)[order])])
    before: np.ndarray = total[
        np.searchsorted(times_s.to_numpy()[order], at_s.to_numpy(), side="right")
    ]
    return before


__all__ = ["connected_to", "requests_left"]
