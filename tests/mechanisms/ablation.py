"""What a test hands into a run to be without one mechanism."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from anywhere_sim.outlook.connection_order import PathOrder
from anywhere_sim.scenario.scenario import Scenario
from anywhere_sim.simulation.rules import Rules

T = TypeVar("T")
Parts = TypeVar("Parts", bound=Any)


def _unchanged(given: T) -> T:
    return given


@dataclass(frozen=True, slots=True)
class Ablation:
    """A run without one mechanism: what it is built from, and what it is asked to be.

    `rules` returns the given rules with another class or law in them, `scenario` the given scenario
    with another value; `scenario_class` is what tests build scenarios of. Nothing else is touched:
    no class, no module.
    """

    rules: Callable[[Rules], Rules] = _unchanged
    scenario: Callable[[Scenario], Scenario] = _unchanged
    scenario_class: type[Scenario] = Scenario


_CHOSEN: ContextVar[Ablation] = ContextVar("ablation", default=Ablation())  # noqa: B039 (frozen)


def chosen() -> Ablation:
    """Return the ablation that holds now; one that changes nothing outside of `applied`."""
    return _CHOSEN.get()


@contextmanager
def applied(ablation: Ablation) -> Iterator[None]:
    """Let an ablation hold for what is simulated meanwhile (`tests/support.py`)."""
    token = _CHOSEN.set(ablation)
    try:
        yield
    finally:
        _CHOSEN.reset(token)


def room(name: str, **changes: type) -> Ablation:
    """Return the ablation in which a room of `Rules` is built from changed classes.

    A change is a subclass of the class that it takes the place of. It may also be one of a base of
    that class, or of what the class was before the test gave another: then both hold.
    """

    def rules(given: Rules) -> Rules:
        return replace(given, **{name: _with(getattr(given, name), changes)})

    return Ablation(rules=rules)


def simulation(**changes: type) -> Ablation:
    """Return the ablation in which a run's beginning or recorder is of a changed class."""
    return Ablation(rules=lambda given: _with(given, changes))


def _with(given: Parts, changes: dict[str, type]) -> Parts:
    classes = {key: _changed(getattr(given, key), change) for key, change in changes.items()}
    return replace(given, **classes)


def _changed(given: type, change: type) -> type:
    """Return a class that is the given one but for the change."""
    return change if issubclass(change, given) else type(change.__name__, (change, given), {})


def network(**classes: type) -> Ablation:
    """Return the ablation in which the network is built from other classes."""
    return room("network", **classes)


def exchange(**classes: type) -> Ablation:
    """Return the ablation in which servers are built from other classes."""
    return room("exchange", **classes)


def rpc(**classes: type) -> Ablation:
    """Return the ablation in which connections and their framing are of other classes."""
    return room("rpc", **classes)


def outlook(**classes: type) -> Ablation:
    """Return the ablation in which clients are built from other classes."""
    return room("outlook", **classes)


def people(**classes: type) -> Ablation:
    """Return the ablation in which people and their mail are built from other classes."""
    return room("people", **classes)


def path_order(rule: PathOrder) -> Ablation:
    """Return the ablation in which clients try paths in another order."""
    return Ablation(rules=lambda given: replace(given, path_order=rule))


def in_each(kind: str, key: str, value: Any) -> Ablation:
    """Return the ablation in which a key of every group, place or community has this value."""

    def scenario(given: Scenario) -> Scenario:
        return given.with_(**{f"{kind}__{name}__{key}": value for name in getattr(given, kind)})

    return Ablation(scenario=scenario)


def on_each_server(role: str, key: str, value: Any) -> Ablation:
    """Return the ablation in which a key of every server in a role has this value."""

    def scenario(given: Scenario) -> Scenario:
        names = [name for name, server in given.servers.items() if server.role == role]
        return given.with_(**{f"servers__{name}__{key}": value for name in names})

    return Ablation(scenario=scenario)
