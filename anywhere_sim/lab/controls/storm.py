"""The storm explorer: how long a server is away, how clients come back, and how soon."""

from __future__ import annotations

from matplotlib.figure import Figure

from anywhere_sim.analysis import recovery_time_s
from anywhere_sim.figures import recovery
from anywhere_sim.lab import scenes
from anywhere_sim.lab.controls.explorer import Explorer, box, menu, slider
from anywhere_sim.simulation.simulate import simulate

PEOPLE = 100
OUTAGE_AT_S = 10 * 3600 + 600.0


def storm_figure(
    outage_minutes: int = 5, backoff: str = "doubling", resume: bool = True, what: str = "front end"
) -> Figure:
    """Return what follows an outage at 10:10: who is connected, how often is tried, what the
    processors do.
    """
    run = simulate(scenes.storm(PEOPLE, outage_minutes, backoff, resume=resume, what=what), seed=7)
    end_s = OUTAGE_AT_S + 60.0 * outage_minutes
    back_s = recovery_time_s(run.states, end_s)
    said = (
        f"95 % are back {back_s:.0f} s after the outage"
        if back_s < float("inf")
        else "95 % are not back by 10:40"
    )
    return recovery(run.states, run.attempts, run.servers, (OUTAGE_AT_S, end_s), said)


def storm_explorer() -> Explorer:
    """Return the explorer."""
    return Explorer(storm_figure, {
        "what": menu("what fails", list(scenes.OUTAGES), "front end"),
        "outage_minutes": slider("outage, minutes", 5, 1, 15, 1),
        "backoff": menu("back-off", ["none", "fixed", "doubling"], "doubling"),
        "resume": box("TLS sessions are resumed", value=True),
    })  # fmt: skip
