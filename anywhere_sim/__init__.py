"""How Outlook reaches Exchange: clients, links and servers in motion, and the traces they leave.

A `Scenario` is simulated (`simulate`, `replicate`, `Study`) and leaves a `Run`: tables, a manifest,
an audit. `measures`, `compare` and `story` say what came of it. `Rules` hands code of your own into
a run: a `Backoff`, a `SpeedRule`, a `Mode`, an `Admission`, a `SiteProcess`, other classes.
`assumptions` lists the inputs with their sources; `data_folder` holds what ships. Errors of input
are `ScenarioError` and `RunError`.
"""

from importlib import import_module
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import anywhere_sim.compiled  # noqa: F401  (compiled rooms are found from here on)
from anywhere_sim.exchange.admission import Admission
from anywhere_sim.outlook.connection_order import Backoff, SpeedRule
from anywhere_sim.outlook.modes.cached import Cached
from anywhere_sim.outlook.modes.mode import Mode
from anywhere_sim.outlook.modes.offline_file import OfflineFile
from anywhere_sim.outlook.modes.online import Online
from anywhere_sim.outlook.operations import Action, Result
from anywhere_sim.scenario import Scenario, ScenarioError
from anywhere_sim.scenario.shipped import data_folder
from anywhere_sim.simulation.rules import Rules
from anywhere_sim.simulation.simulate import simulate
from anywhere_sim.simulation.site_view import SiteProcess, SiteView
from anywhere_sim.traces import Run, RunError
from anywhere_sim.traces.own_measures import Measure

if TYPE_CHECKING:
    from anywhere_sim.analysis.limits import ServiceLevel
    from anywhere_sim.analysis.measures import measures
    from anywhere_sim.calibration import Calibration, calibrate
    from anywhere_sim.experiments import Results, Study, compare, replicate
    from anywhere_sim.experiments.capacity import Capacity, SearchStopped, capacity
    from anywhere_sim.experiments.replicate import bar
    from anywhere_sim.experiments.sensitivity import sensitivity
    from anywhere_sim.report.assumptions import assumptions
    from anywhere_sim.report.story import story

__version__ = version("anywhere-sim")

__all__ = [
    "Action",
    "Admission",
    "Backoff",
    "Cached",
    "Calibration",
    "Capacity",
    "Measure",
    "Mode",
    "OfflineFile",
    "Online",
    "Result",
    "Results",
    "Rules",
    "Run",
    "RunError",
    "Scenario",
    "ScenarioError",
    "SearchStopped",
    "ServiceLevel",
    "SiteProcess",
    "SiteView",
    "SpeedRule",
    "Study",
    "__version__",
    "assumptions",
    "bar",
    "calibrate",
    "capacity",
    "compare",
    "data_folder",
    "measures",
    "replicate",
    "sensitivity",
    "simulate",
    "story",
]

_LATER = {
    "anywhere_sim.analysis.limits": ("ServiceLevel",),
    "anywhere_sim.analysis.measures": ("measures",),
    "anywhere_sim.calibration": ("Calibration", "calibrate"),
    "anywhere_sim.experiments": ("Results", "Study", "compare", "replicate"),
    "anywhere_sim.experiments.capacity": ("Capacity", "SearchStopped", "capacity"),
    "anywhere_sim.experiments.replicate": ("bar",),
    "anywhere_sim.experiments.sensitivity": ("sensitivity",),
    "anywhere_sim.report.assumptions": ("assumptions",),
    "anywhere_sim.report.story": ("story",),
}
"""What looks at traces is imported when it is first asked for: pandas takes as long as the rest."""


def __getattr__(name: str) -> Any:
    for module, names in _LATER.items():
        if name in names:
            found = globals()[name] = getattr(import_module(module), name)
            return found
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
