"""The explorers: controls above a picture, which a pure function of their values draws.

Each takes a scenario of one's own, or the path of its .toml file; without it, a small one is made.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Mapping
from functools import lru_cache, partial
from html import escape
from io import BytesIO
from pathlib import Path
from typing import Any

import ipywidgets as widgets
from matplotlib.figure import Figure

from anywhere_sim.analysis import recovery_time_s
from anywhere_sim.analysis.labels import label
from anywhere_sim.figures import attempts, day, load, recovery
from anywhere_sim.lab import own as mine
from anywhere_sim.lab import scenes
from anywhere_sim.lab.own import AS_WRITTEN
from anywhere_sim.lab.questions import rows_of
from anywhere_sim.lab.servers import calls_per_s, operations_per_s
from anywhere_sim.scenario import Scenario
from anywhere_sim.scenario.quantities import format_time
from anywhere_sim.simulation.simulate import simulate
from anywhere_sim.traces import Run, words

__all__ = [
    "connection_explorer",
    "connection_figure",
    "day_explorer",
    "day_figure",
    "load_explorer",
    "load_figure",
    "storm_explorer",
    "storm_figure",
]

AUTHENTICATION = {"NTLM": "ntlm", "Basic": "basic"}
MODES: Mapping[str, str] = {label(mode): mode for mode in words.MODES}
ORDERS: Mapping[str, int | None] = {
    AS_WRITTEN: None,
    "TCP first": scenes.flags(https_first_on_fast=False, https_first_on_slow=False),
    "HTTPS first": scenes.flags(https_first_on_fast=True, https_first_on_slow=True),
}
FRONT_ENDS = {"of 2003 (IIS 6)": "iis6-sp1", "of 2007 (IIS 7.5)": "iis7.5-r2"}
BACKOFFS = ["outlook", "none", "fixed", "doubling"]
PEOPLE_A_DAY, PEOPLE_IN_A_STORM = 4, 50
OUTAGE_AT_S = 10 * 3600 + 600.0

SPEED = 1.0 / 20.0
"""Servers a twentieth as fast as real ones: two hundred people are to them what four thousand are
to those.
"""
BUSY = 0.75
"""The share of a processor beyond which one does not plan.

measurements B3 compares servers at 75 %.
"""

LOOK_MINUTES = 10
"""Of a morning, in the explorer of loads: people whom a full front end turns away try again and
again, and the reader waits for the picture.
"""

DPI = 90
KEPT = 64
"""Pictures that an explorer keeps."""


class Explorer:
    """Controls above a picture; a page without a kernel shows the picture of the defaults.

    `draw` is called with the controls' values by name and returns a Figure. Pictures drawn before
    are kept.
    """

    def __init__(self, draw: Callable[..., Figure], controls: Mapping[str, Any]) -> None:
        self.controls = dict(controls)
        self._picture_of = lru_cache(KEPT)(lambda values: _png(draw(**dict(values))))
        self.picture = widgets.Image(format="png", layout={"max_width": "100%"})
        self.status = widgets.HTML()
        self.box = widgets.VBox(
            [
                widgets.HBox(list(self.controls.values()), layout={"flex_flow": "row wrap"}),
                self.status,
                self.picture,
            ]
        )
        for control in self.controls.values():
            control.observe(self._changed, names="value")
        self._draw()

    def _changed(self, _: object) -> None:
        self.status.value = "running …"
        self._draw()

    def _values(self) -> tuple[tuple[str, object], ...]:
        return tuple((name, control.value) for name, control in self.controls.items())

    def _draw(self) -> None:
        """Show the picture of the controls' values.

        Whatever stops it is said in its place, for the notebook shows no error of a control. While
        a cell runs, JupyterLab calls from several threads: a control that has moved on while its
        picture was drawn is drawn by the call that followed, and the old picture is not shown.
        """
        values = self._values()
        try:
            picture, status = self._picture_of(values), ""
        except ValueError as error:
            picture, status = None, f"This can't be simulated: {escape(str(error), quote=False)}"
        except Exception as error:
            said = escape(str(error), quote=False) or "it says no more"
            picture, status = None, f"This can't be drawn: {type(error).__name__}: {said}"
        except BaseException:  # the kernel was interrupted: the cell that waits is to end too
            self.status.value = "Interrupted before the picture was drawn: move a control again."
            raise
        if values == self._values():
            self.picture.value = picture or self.picture.value
            self.status.value = status

    def _repr_mimebundle_(self, **_: object) -> dict[str, object]:
        """Return the widgets, and the picture for whoever can't show widgets."""
        bundle: dict[str, object] = dict(self.box._repr_mimebundle_() or {})
        if self.picture.value:
            bundle["image/png"] = b64encode(self.picture.value).decode("ascii")
        return bundle


def slider(description: str, value: float, low: float, high: float, step: float) -> Any:
    """Return a slider that reports when it is let go."""
    kind = (
        widgets.IntSlider
        if all(isinstance(number, int) for number in (value, low, high, step))
        else widgets.FloatSlider
    )
    return kind(
        value=value,
        min=low,
        max=high,
        step=step,
        description=description,
        continuous_update=False,
        **_WIDE,
    )


def menu(description: str, options: list[str], value: str) -> Any:
    """Return a menu."""
    return widgets.Dropdown(options=options, value=value, description=description, **_WIDE)


def box(description: str, *, value: bool) -> Any:
    """Return a check box."""
    return widgets.Checkbox(
        value=value,
        description=description,
        indent=False,
        layout={"width": "auto", "margin": "2px 18px 2px 4px"},
    )


_WIDE: dict[str, Any] = {
    "style": {"description_width": "initial"},
    "layout": {"width": "340px", "margin": "2px 18px 2px 4px"},
}


def _png(figure: Figure) -> bytes:
    buffer = BytesIO()
    figure.savefig(buffer, format="png", dpi=DPI)
    return buffer.getvalue()


def connection_figure(
    place: str = "customer, port 135 dropped",
    https_first_on_fast: bool = False,
    https_first_on_slow: bool = True,
    threshold_kbps: int = 128,
    authentication: str = "NTLM",
) -> Figure:
    """Return the time-line of the first round of attempts of an Outlook that is started
    somewhere.
    """
    scenario = scenes.launch(
        place,
        https_first_on_fast=https_first_on_fast,
        https_first_on_slow=https_first_on_slow,
        threshold_kbps=threshold_kbps,
        authentication=AUTHENTICATION[authentication],
    )
    tried = simulate(scenario, seed=7).attempts
    return attempts(tried[tried["round"] == tried["round"].min()])


def _own_connection_figure(
    scenario: Scenario,
    group: str,
    place: str,
    https_first_on_fast: bool,
    https_first_on_slow: bool,
    threshold_kbps: int,
    authentication: str,
) -> Figure:
    flags = scenes.flags(
        https_first_on_fast=https_first_on_fast, https_first_on_slow=https_first_on_slow
    )
    launched = mine.launch(
        scenario, group, place,
        flags=flags, threshold_kbps=threshold_kbps, auth=AUTHENTICATION[authentication],
    )  # fmt: skip
    tried = simulate(launched, seed=7).attempts
    return attempts(tried[tried["round"] == tried["round"].min()])


def connection_explorer(scenario: Scenario | str | Path | None = None) -> Explorer:
    """Return the explorer of how an Outlook finds its path, at the places of `scenario`."""
    draw: Callable[..., Figure] = connection_figure
    places, where = list(scenes.PLACES), "customer, port 135 dropped"
    whose: dict[str, Any] = {}
    if scenario is not None:
        chosen = mine.own(scenario)
        draw = partial(_own_connection_figure, chosen)
        groups, places = list(chosen.groups), list(chosen.places)
        where, whose = places[0], {"group": menu("group", groups, groups[0])}
    return Explorer(draw, whose | {
        "place": menu("place", places, where),
        "https_first_on_fast": box("on fast networks, HTTP first", value=False),
        "https_first_on_slow": box("on slow networks, HTTP first", value=True),
        "threshold_kbps": slider("slow below, kbit/s", 128, 0, 512, 32),
        "authentication": menu("proxy authentication", list(AUTHENTICATION), "NTLM"),
    })  # fmt: skip


@lru_cache(16)
def _run(itinerary: str, mode: str, seed: int) -> Run:
    return simulate(scenes.working_day(itinerary, mode, PEOPLE_A_DAY), seed=seed)


def day_figure(
    itinerary: str = "on the road", mode: str = "cached", person: int = 1, seed: int = 7
) -> Figure:
    """Return one person's day: states, synchronisations and waits on one axis."""
    run, mailbox = _run(itinerary, MODES[mode], seed), f"people/{person}"
    states = rows_of(run.states, mailbox)
    named = states.assign(place=states["place"].astype(str).replace(scenes.place_names()))
    return day(named, rows_of(run.syncs, mailbox), rows_of(run.operations, mailbox))


def day_explorer(scenario: Scenario | str | Path | None = None) -> Explorer:
    """Return the explorer of one person's day, of those of `scenario`."""
    if scenario is not None:
        return _own_day_explorer(mine.own(scenario))
    return Explorer(day_figure, {
        "itinerary": menu("itinerary", list(scenes.ITINERARIES), "on the road"),
        "mode": menu("mode", list(MODES), "cached"),
        "person": slider("person", 1, 1, PEOPLE_A_DAY, 1),
        "seed": slider("another day (seed)", 7, 1, 20, 1),
    })  # fmt: skip


def _own_day_explorer(scenario: Scenario) -> Explorer:
    run_of = lru_cache(16)(
        lambda mode, seed: simulate(mine.in_mode(scenario, MODES.get(mode, mode)), seed=seed)
    )

    def draw(mailbox: str, mode: str, seed: int) -> Figure:
        run = run_of(mode, seed)
        return day(*(rows_of(table, mailbox) for table in (run.states, run.syncs, run.operations)))

    people = mine.mailboxes(scenario)
    return Explorer(draw, {
        "mailbox": menu("person", people, people[0]),
        "mode": menu("mode of all", [AS_WRITTEN, *MODES], AS_WRITTEN),
        "seed": slider("another day (seed)", 7, 1, 20, 1),
    })  # fmt: skip


def limits(scenario: Scenario) -> dict[str, float]:
    """Return where the red lines stand: processors at 75 %, the disks' reads, the request queue of
    the front end.
    """
    return mine.limits(scenario, BUSY)


def load_figure(
    users: int = 200,
    cached_percent: int = 50,
    away_percent: int = 50,
    https_first: bool = False,
    front_end: str = "of 2003 (IIS 6)",
) -> Figure:
    """Return the counters of small servers in ten minutes of the morning."""
    scenario = scenes.morning(
        users,
        cached_percent,
        away_percent,
        https_first=https_first,
        front_end=FRONT_ENDS[front_end],
        speed=SPEED,
        minutes=LOOK_MINUTES,
    )
    return _load_of(scenario, users)


def _load_of(scenario: Scenario, users: int) -> Figure:
    run = simulate(scenario, seed=7)
    rate, operations = calls_per_s(run), operations_per_s(run)
    title = (
        f"{users} people make {rate:.1f} calls (RPC) per second with {operations:.1f} operations, "
        f"{1000.0 * rate / users:.0f} and {1000.0 * operations / users:.0f} per 1,000 people"
    )
    return load(run.servers, limits(scenario), title, window_s=60.0)


def _own_load_figure(scenario: Scenario, size_percent: int, mode: str, order: str) -> Figure:
    made = mine.at_work(scenario, size_percent, MODES.get(mode, mode), ORDERS[order])
    return _load_of(made, sum(group.mailboxes for group in made.groups.values()))


def load_explorer(scenario: Scenario | str | Path | None = None) -> Explorer:
    """Return the explorer of what servers carry, in the busiest hour of `scenario`."""
    if scenario is not None:
        return Explorer(partial(_own_load_figure, mine.own(scenario)), {
            "size_percent": slider("people, % of those written", 100, 25, 400, 25),
            "mode": menu("mode of all", [AS_WRITTEN, *MODES], AS_WRITTEN),
            "order": menu("order of paths", list(ORDERS), AS_WRITTEN),
        })  # fmt: skip
    return Explorer(load_figure, {
        "users": slider("people", 200, 50, 250, 50),
        "cached_percent": slider("in cached mode, %", 50, 0, 100, 25),
        "away_percent": slider("at home (HTTPS), %", 50, 0, 100, 25),
        "https_first": box("HTTPS first in the office too", value=False),
        "front_end": menu("front end", list(FRONT_ENDS), "of 2003 (IIS 6)"),
    })  # fmt: skip


def storm_figure(
    outage_minutes: int = 5, backoff: str = "doubling", resume: bool = True, what: str = "front end"
) -> Figure:
    """Return what follows an outage at 10:10: who is connected, how often is tried, what the
    processors do.
    """
    run = simulate(
        scenes.storm(PEOPLE_IN_A_STORM, outage_minutes, backoff, resume=resume, what=what), seed=7
    )
    return _storm_of(run, (OUTAGE_AT_S, OUTAGE_AT_S + 60.0 * outage_minutes))


def _storm_of(run: Run, outage_s: tuple[float, float]) -> Figure:
    back_s = recovery_time_s(run.states, outage_s[1])
    until_s = float(run.states["end_s"].max())
    title = (
        f"95 % are back {back_s:.0f} s after the outage"
        if back_s < float("inf")
        else f"95 % are not back by {format_time(until_s, seconds=False)}"
    )
    return recovery(run.states, run.attempts, run.servers, outage_s, title)


def _own_storm_figure(scenario: Scenario, what: str, outage_minutes: int, backoff: str) -> Figure:
    made, outage_s = mine.storm(scenario, what, outage_minutes, backoff)
    return _storm_of(simulate(made, seed=7), outage_s)


def storm_explorer(scenario: Scenario | str | Path | None = None) -> Explorer:
    """Return the explorer of an outage and what follows it, in the busiest hour of `scenario`."""
    if scenario is not None:
        chosen = mine.own(scenario)
        failing = list(mine.outages(chosen))
        return Explorer(partial(_own_storm_figure, chosen), {
            "what": menu("what fails", failing, failing[0]),
            "outage_minutes": slider("outage, minutes", 5, 1, 15, 1),
            "backoff": menu("back-off", [AS_WRITTEN, *BACKOFFS], AS_WRITTEN),
        })  # fmt: skip
    return Explorer(storm_figure, {
        "what": menu("what fails", list(scenes.OUTAGES), "front end"),
        "outage_minutes": slider("outage, minutes", 5, 1, 15, 1),
        "backoff": menu("back-off", BACKOFFS, "doubling"),
        "resume": box("TLS sessions are resumed", value=True),
    })  # fmt: skip
