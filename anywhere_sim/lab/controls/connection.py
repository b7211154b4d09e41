"""The connection explorer: where a client is and what is ticked, and what it tries."""

from __future__ import annotations

from matplotlib.figure import Figure

from anywhere_sim.figures import attempts
from anywhere_sim.lab import scenes
from anywhere_sim.lab.controls.explorer import Explorer, box, menu, slider
from anywhere_sim.simulation.simulate import simulate

AUTHENTICATION = {"NTLM": "ntlm", "Basic": "basic"}


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


def connection_explorer() -> Explorer:
    """Return the explorer."""
    return Explorer(connection_figure, {
        "place": menu("place", list(scenes.PLACES), "customer, port 135 dropped"),
        "https_first_on_fast": box("on fast networks, HTTP first", value=False),
        "https_first_on_slow": box("on slow networks, HTTP first", value=True),
        "threshold_kbps": slider("slow below, kbit/s", 128, 0, 512, 32),
        "authentication": menu("proxy authentication", list(AUTHENTICATION), "NTLM"),
    })  # fmt: skip
