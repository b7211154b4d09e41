"""What one run has to say of itself: how near its limits, lines, what was refused."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from anywhere_sim.analysis.limits import FIVE_MINUTES_S, WALLS
from anywhere_sim.scenario import Scenario
from anywhere_sim.traces import Run

NEAR = 0.7
"""Beyond this share of a limit a light is amber."""

DEATHS = (
    "link_cut", "link_lost", "nat_dropped", "server_shutdown", "server_crash", "black_hole",
)  # fmt: skip
"""Reasons for which a connection ends that neither client nor run has ended."""


def lights(loads: pd.DataFrame, end_s: float) -> pd.DataFrame:
    """Return a row per thing and limit, the fullest first: its busiest five minutes.

    `loads` is that of `limits`. Columns: `thing`, `what`, `unit`, `limit`, `busiest` (the value),
    `time_s` (when those five minutes began), `share` of the limit, `light` (fine, near, beyond),
    `reached_s` (the first window at or beyond the limit, NaN for none), `beyond_s` (how long, in
    windows, the last one cut at `end_s`).

    >>> table = pd.DataFrame({
    ...     "thing": "mbx1", "what": "processor", "unit": "%", "limit": 75.0,
    ...     "time_s": [0.0, 300.0], "value": [40.0, 90.0],
    ... })
    >>> row = lights(table, end_s=500.0).iloc[0]
    >>> row["light"], float(row["reached_s"]), float(row["beyond_s"])
    ('beyond', 300.0, 200.0)
    """
    rows = []
    for (thing, what), windows in loads.groupby(["thing", "what"], sort=False):
        top = windows.loc[windows["value"].idxmax()]
        if not top["limit"] > 0.0:
            continue
        share = float(top["value"] / top["limit"])
        # a wall that is full has been reached; a mean may be as high as its limit
        beyond = windows["value"].ge(windows["limit"]) if what in WALLS else (
            windows["value"].gt(windows["limit"])
        )  # fmt: skip
        lengths_s = np.minimum(FIVE_MINUTES_S, end_s - windows["time_s"])
        rows.append(
            {
                "thing": thing, "what": what, "unit": top["unit"], "limit": top["limit"],
                "busiest": top["value"], "time_s": top["time_s"], "share": share,
                "light": "beyond" if beyond.any() else "near" if share >= NEAR else "fine",
                "reached_s": windows.loc[beyond, "time_s"].min(),
                "beyond_s": float(lengths_s[beyond].sum()),
            }
        )  # fmt: skip
    columns = [
        "thing", "what", "unit", "limit", "busiest", "time_s", "share", "light", "reached_s",
        "beyond_s",
    ]  # fmt: skip
    table = pd.DataFrame(rows, columns=columns)
    return table.sort_values("share", ascending=False, ignore_index=True, kind="stable")


def line_use(run: Run, scenario: Scenario) -> pd.DataFrame:
    """Return a row per place and direction: how busy its lines were, and who used them.

    Columns: `place`, `direction`, `kbps`, `lines` (1 for a shared one), `gigabytes`, `mean` and
    `busiest` (share of the time busy: over the run, in the busiest five minutes of any of its
    lines), `time_s` (when those began), `users` (the groups and their parts of the bytes).
    """
    links, used = run.links, _bytes_of_groups(run)
    length_s = scenario.end - scenario.start
    rows = []
    keys = [links["place"].astype(str), links["direction"].astype(str)]
    for (place, direction), own in links.groupby(keys):
        spec, lines = scenario.places[place], own["link"].astype(str)
        window = ((own["time_s"] - scenario.start - 1e-6) // FIVE_MINUTES_S).astype(int)
        busy_s = own["busy_s"].groupby([lines, window]).sum()
        number = lines.nunique()
        begin_s = scenario.start + FIVE_MINUTES_S * busy_s.idxmax()[1]
        parts = used.get(f"{place}/{direction}", pd.Series(dtype=float))
        parts = parts.sort_values(ascending=False) / max(parts.sum(), 1.0)
        rows.append(
            {
                "place": place, "direction": direction,
                "kbps": spec.down_kbps if direction == "down" else spec.up_kbps,
                "lines": number, "gigabytes": float(own["bytes"].sum()) / 1e9,
                "mean": float(own["busy_s"].sum()) / (number * length_s),
                "busiest": min(1.0, float(busy_s.max()) / min(FIVE_MINUTES_S, length_s)),
                "time_s": begin_s,
                "users": ", ".join(
                    f"{group} {100.0 * part:.0f} %" for group, part in parts.items() if part >= 0.01
                ),
            }
        )  # fmt: skip
    columns = [
        "place", "direction", "kbps", "lines", "gigabytes", "mean", "busiest", "time_s", "users",
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def _bytes_of_groups(run: Run) -> Mapping[str, pd.Series]:
    """Return the bytes of each group by "place/direction", of connections and attempts."""
    found: dict[str, pd.Series] = {}
    both = pd.concat(
        [
            table[["place", "group", "bytes_up", "bytes_down"]].astype({"place": str, "group": str})
            for table in (run.connections, run.attempts)
        ]
    )
    for direction in ("up", "down"):
        sums = both.groupby(["place", "group"])[f"bytes_{direction}"].sum()
        for place in sums.index.get_level_values(0).unique():
            found[f"{place}/{direction}"] = sums.loc[place]
    return found


def not_done(run: Run) -> pd.DataFrame:
    """Return a row per kind of thing that did not come about: `what`, `why`, `count`, `share`.

    Attempts that failed (by stage), connections that died, actions that failed or were given up;
    `share` is of all attempts, connections or actions. What the end of the run or the client
    itself ended is none.
    """
    attempts, actions = run.attempts, run.operations
    failed = attempts[attempts["outcome"].astype(str) == "failed"]
    tables = [
        _counted(
            "connection attempt over " + failed["path"].astype(str), failed["failed_stage"],
            len(attempts),
        )
    ]  # fmt: skip
    dead = run.connections[run.connections["end_reason"].astype(str).isin(DEATHS)]
    tables.append(
        _counted("connection over " + dead["path"].astype(str), dead["end_reason"],
                 len(run.connections))
    )  # fmt: skip
    lost = actions[actions["outcome"].astype(str).isin(("failed", "cancelled"))]
    tables.append(_counted("action: " + lost["kind"].astype(str), lost["outcome"], len(actions)))
    return pd.concat(tables, ignore_index=True)


def _counted(what: pd.Series, why: pd.Series, total: int) -> pd.DataFrame:
    counts = what.groupby([what.rename("what"), why.astype(str).rename("why")]).size()
    table = counts.rename("count").reset_index().sort_values("count", ascending=False)
    return table.assign(share=table["count"] / max(total, 1))


def states_over_time(states: pd.DataFrame, times_s: np.ndarray) -> pd.DataFrame:
    """Return how many clients are in each state (columns) at each of some instants (index).

    >>> states = pd.DataFrame({
    ...     "state": ["trying", "connected"], "start_s": [0.0, 9.0], "end_s": [9.0, 20.0],
    ... })
    >>> states_over_time(states, np.array([5.0, 10.0])).to_dict("list")
    {'connected': [0, 1], 'trying': [1, 0]}
    """
    counts = {}
    for state, rows in states.groupby(states["state"].astype(str)):
        begun = np.searchsorted(np.sort(rows["start_s"].to_numpy()), times_s, side="right")
        ended = np.searchsorted(np.sort(rows["end_s"].to_numpy()), times_s, side="right")
        counts[str(state)] = begun - ended
    return pd.DataFrame(counts, index=times_s)
