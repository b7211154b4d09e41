"""The day explorer: an itinerary, a mode, a person, and what the day was like."""

from __future__ import annotations

from functools import lru_cache

from matplotlib.figure import Figure

from anywhere_sim.analysis.labels import label
from anywhere_sim.figures import day
from anywhere_sim.lab import scenes
from anywhere_sim.lab.controls.explorer import Explorer, menu, slider
from anywhere_sim.lab.people import of
from anywhere_sim.simulation.simulate import simulate
from anywhere_sim.traces import Run, words

MODES = {label(mode): mode for mode in words.MODES}
PEOPLE = 4


@lru_cache(16)
def _run(itinerary: str, mode: str, seed: int) -> Run:
    return simulate(scenes.working_day(itinerary, mode, PEOPLE), seed=seed)


def day_figure(
    itinerary: str = "on the road", mode: str = "cached", person: int = 1, seed: int = 7
) -> Figure:
    """Return one person's day: states, synchronisations and waits on one axis."""
    run, mailbox = _run(itinerary, MODES[mode], seed), f"people/{person}"
    states = of(run.states, mailbox)
    named = states.assign(place=states["place"].astype(str).replace(scenes.place_names()))
    return day(named, of(run.syncs, mailbox), of(run.operations, mailbox))


def day_explorer() -> Explorer:
    """Return the explorer."""
    return Explorer(day_figure, {
        "itinerary": menu("itinerary", list(scenes.ITINERARIES), "on the road"),
        "mode": menu("mode", list(MODES), "cached"),
        "person": slider("person", 1, 1, PEOPLE, 1),
        "seed": slider("another day (seed)", 7, 1, 20, 1),
    })  # fmt: skip
