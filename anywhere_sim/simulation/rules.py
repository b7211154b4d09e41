"""The rules a scenario chooses by name, and the order of the paths."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from anywhere_sim.network.components import NetworkComponents
from anywhere_sim.outlook.backoff import BACKOFFS, Backoff
from anywhere_sim.outlook.connection_order import SPEED_RULES, PathOrder, SpeedRule, check_box_order
from anywhere_sim.scenario import Scenario
from anywhere_sim.scenario.errors import ScenarioError, nearest


@dataclass(frozen=True, slots=True)
class Rules:
    """What a client may follow: back-offs and speed rules by name, and one order of the paths.

    `network` are the classes that its networks are built from.
    """

    backoffs: Mapping[str, Backoff]
    speed_rules: Mapping[str, SpeedRule]
    path_order: PathOrder
    network: NetworkComponents = field(default_factory=NetworkComponents)

    def check(self, scenario: Scenario) -> None:
        """Raise ScenarioError for a policy that names a rule nobody knows."""
        for name, group in scenario.groups.items():
            for key, word, known in (
                ("backoff", group.policy.backoff, self.backoffs),
                ("speed_rule", group.policy.speed_rule, self.speed_rules),
            ):
                if word not in known:
                    raise ScenarioError(f"groups.{name}.policy.{key} = {word!r} is no rule; {nearest(word, known)}")


SHIPPED = Rules(BACKOFFS, SPEED_RULES, check_box_order)
