"""What is simulated: frozen specs, a file per noun."""

from anywhere_sim.scenario.errors import ScenarioError
from anywhere_sim.scenario.scenario import Scenario
from anywhere_sim.scenario.sites import Site

__all__ = ["Scenario", "ScenarioError", "Site"]
