"""What a run may be given other than the shipped: rules that a scenario names, and classes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from anywhere_sim.exchange.components import ExchangeComponents
from anywhere_sim.network.components import NetworkComponents
from anywhere_sim.outlook.components import OutlookComponents
from anywhere_sim.outlook.connection_order import (
    BACKOFFS,
    SPEED_RULES,
    Backoff,
    ConnectionRules,
    PathOrder,
    SpeedRule,
    check_box_order,
)
from anywhere_sim.people.components import PeopleComponents
from anywhere_sim.rpc.components import RpcComponents
from anywhere_sim.scenario import Scenario
from anywhere_sim.scenario.errors import ScenarioError, nearest
from anywhere_sim.scenario.policy import Policy
from anywhere_sim.simulation.mail_history import MailHistory
from anywhere_sim.simulation.warm_start import WarmStart
from anywhere_sim.traces.recorder import Recorder

_ROOMS: Mapping[str, type] = {
    "network": NetworkComponents,
    "rpc": RpcComponents,
    "exchange": ExchangeComponents,
    "outlook": OutlookComponents,
    "people": PeopleComponents,
}


@dataclass(frozen=True, slots=True)
class Rules:
    """What clients follow and what a site is built from.

    `backoffs` and `speed_rules` are added by name to those a policy may choose; `path_order`
    replaces the check boxes. The rest are the classes of each room, so that a subclass can take the
    place of one: `Rules(exchange=ExchangeComponents(store=MyStore))`. `warm_start` sets a settled
    beginning, `mail_history` what earlier days have left, `recorder` takes the rows of a site's
    tables.
    """

    backoffs: Mapping[str, Backoff] = field(default_factory=dict)
    speed_rules: Mapping[str, SpeedRule] = field(default_factory=dict)
    path_order: PathOrder = check_box_order
    network: NetworkComponents = field(default_factory=NetworkComponents)
    rpc: RpcComponents = field(default_factory=RpcComponents)
    exchange: ExchangeComponents = field(default_factory=ExchangeComponents)
    outlook: OutlookComponents = field(default_factory=OutlookComponents)
    people: PeopleComponents = field(default_factory=PeopleComponents)
    warm_start: type[WarmStart] = WarmStart
    mail_history: type[MailHistory] = MailHistory
    recorder: type[Recorder] = Recorder

    def __post_init__(self) -> None:
        """Raise TypeError for the classes of one room in the place of another's."""
        for name, expected in _ROOMS.items():
            given = getattr(self, name)
            if not isinstance(given, expected):
                room = next((room for room, kind in _ROOMS.items() if isinstance(given, kind)), "")
                got = given.__name__ if isinstance(given, type) else f"{type(given).__name__}(...)"
                raise TypeError(
                    f"Rules({name}={got}): {name} takes {expected.__name__}; "
                    + (f"write {room}=" if room else f"write {name}={expected.__name__}(...)")
                )

    def check(self, scenario: Scenario) -> None:
        """Raise ScenarioError for a policy that names an unknown rule."""
        for name, group in scenario.groups.items():
            for key, word, known in (
                ("backoff", group.policy.backoff, {**BACKOFFS, **self.backoffs}),
                ("speed_rule", group.policy.speed_rule, {**SPEED_RULES, **self.speed_rules}),
            ):
                if word not in known:
                    where = f"groups.{name}.policy.{key}"
                    raise ScenarioError(f"{where} = {word!r}: unknown rule; {nearest(word, known)}")

    def chosen_by(self, policy: Policy) -> ConnectionRules:
        """Return the rules that a policy names."""
        return self.outlook.connection_rules(
            {**SPEED_RULES, **self.speed_rules}[policy.speed_rule],
            self.path_order,
            {**BACKOFFS, **self.backoffs}[policy.backoff],
        )
