"""What a run may be given other than the shipped: rules that a scenario names, and classes."""

from __future__ import annotations

import pickle
from collections.abc import Iterator, Mapping
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass, field, fields
from typing import Any

from mypy_extensions import mypyc_attr

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

_ROOMS: Mapping[str, type[Any]] = {
    "network": NetworkComponents,
    "rpc": RpcComponents,
    "exchange": ExchangeComponents,
    "outlook": OutlookComponents,
    "people": PeopleComponents,
}


@mypyc_attr(allow_interpreted_subclasses=True)
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

    def check_travel(self, executor: Executor) -> None:
        """Send each rule and class that does not ship to a worker, ahead of the first run.

        Raises ScenarioError that names the first that does not arrive: a function without a name
        or within another one, or, where processes are started and not forked, one of a notebook.
        """
        if isinstance(executor, ThreadPoolExecutor):
            return
        for name, rule in self._own():
            try:
                if isinstance(executor, ProcessPoolExecutor):
                    # as bytes, read where it can fail: a process that can't read a task ends
                    reason = executor.submit(_unread, pickle.dumps(rule)).result()
                else:
                    reason = executor.submit(_nothing, rule).result()
            except (pickle.PicklingError, AttributeError, TypeError) as error:
                reason = str(error)
            if reason:
                raise ScenarioError(
                    f"Rules: {name} can't be sent to a worker of the executor ({reason}); put it "
                    "into a module (a .py file) under a name and import it, or run without an "
                    "executor"
                )

    def _own(self) -> Iterator[tuple[str, object]]:
        """Yield what does not ship, by where it was given, and last all of it together."""
        for word in ("backoffs", "speed_rules"):
            yield from ((f"{word}[{key!r}]", each) for key, each in getattr(self, word).items())
        shipped = Rules()
        for part in fields(self)[2:]:
            given: Any = getattr(self, part.name)
            usual: Any = getattr(shipped, part.name)
            if part.name in _ROOMS and type(given) is _ROOMS[part.name]:
                for inner in fields(_ROOMS[part.name]):
                    one = getattr(given, inner.name)
                    if one != getattr(usual, inner.name):
                        yield f"{part.name}.{inner.name}", one
            elif given != usual:
                yield part.name, given
        if self != shipped:
            yield "what was given", self

    def chosen_by(self, policy: Policy) -> ConnectionRules:
        """Return the rules that a policy names."""
        return self.outlook.connection_rules(
            {**SPEED_RULES, **self.speed_rules}[policy.speed_rule],
            self.path_order,
            {**BACKOFFS, **self.backoffs}[policy.backoff],
        )


def _unread(content: bytes) -> str:
    """Return why pickled content can't be read here, "" when it can."""
    try:
        pickle.loads(content)
    except Exception as error:  # whatever its module does when it is imported
        return f"{type(error).__name__}: {error}"
    return ""


def _nothing(_: object) -> str:
    return ""
