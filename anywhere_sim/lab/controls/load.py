"""The load explorer: how many people, in which mode, over which path, and what the servers
carry.
"""

from __future__ import annotations

from matplotlib.figure import Figure

from anywhere_sim.figures import load
from anywhere_sim.lab import scenes
from anywhere_sim.lab.controls.explorer import Explorer, box, menu, slider
from anywhere_sim.scenario import Scenario
from anywhere_sim.simulation.simulate import simulate

SPEED = 1.0 / 20.0
"""Servers a twentieth as fast as real ones: two hundred people are to them what four thousand are
to those.
"""
BUSY = 0.75
"""The share of a processor beyond which one does not plan (measurements B3 compares servers at 75
%).
"""


def limits(scenario: Scenario) -> dict[str, float]:
    """Return where the red lines stand: processors at 75 %, the disks' reads, the request queue of
    the front end.
    """
    store, front_end = scenario.servers["mbx1"], scenario.servers["cas1"]
    return {
        "mailbox cpu_busy": BUSY,
        "front_end cpu_busy": BUSY,
        "mailbox disk_reads_per_s": store.disks * 1000.0 / store.disk_read_ms,
        "front_end http_sessions": float(front_end.request_limit),
    }


FRONT_ENDS = {"of 2003 (IIS 6)": "iis6-sp1", "of 2007 (IIS 7.5)": "iis7.5-r2"}


def load_figure(
    users: int = 200,
    cached_percent: int = 50,
    away_percent: int = 50,
    https_first: bool = False,
    front_end: str = "of 2003 (IIS 6)",
) -> Figure:
    """Return the counters of small servers in twenty minutes of the morning."""
    scenario = scenes.morning(
        users,
        cached_percent,
        away_percent,
        https_first=https_first,
        front_end=FRONT_ENDS[front_end],
        speed=SPEED,
    )
    servers = simulate(scenario, seed=7).servers
    rate = servers.loc[servers["role"] == "mailbox", "rpc_operations_per_s"].mean()
    return load(
        servers,
        limits(scenario),
        f"{users} people make {rate:.1f} calls (RPC) per second, {1000.0 * rate / users:.0f} per 1,000 people",  # noqa: E501
    )


def load_explorer() -> Explorer:
    """Return the explorer."""
    return Explorer(load_figure, {
        "users": slider("people", 200, 50, 250, 50),
        "cached_percent": slider("in cached mode, %", 50, 0, 100, 25),
        "away_percent": slider("at home (HTTPS), %", 50, 0, 100, 25),
        "https_first": box("HTTPS first in the office too", value=False),
        "front_end": menu("front end", list(FRONT_ENDS), "of 2003 (IIS 6)"),
    })  # fmt: skip
