"""How Outlook reaches Exchange: clients, links and servers in motion, and the traces they leave."""

from importlib.metadata import version

from anywhere_sim.experiments import Results, Study, compare, replicate
from anywhere_sim.experiments.progress import bar
from anywhere_sim.report.story import story
from anywhere_sim.scenario import Scenario, ScenarioError
from anywhere_sim.simulation.rules import Rules
from anywhere_sim.simulation.simulate import simulate
from anywhere_sim.traces import Run

__version__ = version("anywhere-sim")

__all__ = [
    "Results",
    "Rules",
    "Run",
    "Scenario",
    "ScenarioError",
    "Study",
    "__version__",
    "bar",
    "compare",
    "replicate",
    "simulate",
    "story",
]
