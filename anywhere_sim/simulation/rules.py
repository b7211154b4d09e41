"""What a run may be given other than the shipped: rules that a scenario names, and classes."""

from __future__ import annotations

import pickle
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass, field, fields, replace
from hashlib import blake2b
from typing import Any

from mypy_extensions import mypyc_attr

from anywhere_sim.exchange.admission import Admission
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
from anywhere_sim.outlook.modes.cached import Cached
from anywhere_sim.outlook.modes.mode import Mode
from anywhere_sim.people.components import PeopleComponents
from anywhere_sim.rpc.components import RpcComponents
from anywhere_sim.scenario import Scenario
from anywhere_sim.scenario.errors import ScenarioError, nearest
from anywhere_sim.scenario.policy import Policy
from anywhere_sim.scenario.references import fingerprint, resolve
from anywhere_sim.simulation.checked import CheckedBackoff, CheckedPathOrder, CheckedSpeedRule
from anywhere_sim.simulation.mail_history import MailHistory
from anywhere_sim.simulation.site_view import SiteProcess
from anywhere_sim.simulation.warm_start import WarmStart
from anywhere_sim.traces.own_measures import Measure
from anywhere_sim.traces.recorder import Recorder

_ROOMS: Mapping[str, type[Any]] = {
    "network": NetworkComponents,
    "rpc": RpcComponents,
    "exchange": ExchangeComponents,
    "outlook": OutlookComponents,
    "people": PeopleComponents,
}
CONTRACTS: Mapping[str, tuple[type[Any], tuple[str, ...]]] = {
    "modes": (Mode, ("connected", "disconnected", "noticed", "perform", "ready", "resume")),
    "admissions": (Admission, ("wait_s",)),
}
"""What a user's class is of and has to have: compiled, `abstractmethod` leaves no trace."""


@mypyc_attr(allow_interpreted_subclasses=True)
@dataclass(frozen=True, slots=True)
class Rules:
    """What clients follow and what a site is built from.

    `backoffs` and `speed_rules` are added by name to those a policy may choose; `path_order`
    replaces the check boxes. The rest are the classes of each room, so that a subclass can take the
    place of one: `Rules(exchange=ExchangeComponents(store=MyStore))`. `warm_start` sets a settled
    beginning, `mail_history` what earlier days have left, `recorder` takes the rows of a site's
    tables.

    `modes` and `admissions` are added by name to what a group's `mode` and a server's `admission`
    may choose; `processes` are started in each site, in their order. The whole is frozen, and sent
    to workers as it is. A scenario may name such an object: `rules = "my_rules:rules"`.

    >>> def web_first(speed, policy, version):
    ...     return ("https", "tcp")
    >>> rules = aw.Rules(path_order=web_first)
    >>> rules, aw.simulate(office.with_(end="08:01"), rules=rules).audit().ok
    (<Rules: path_order>, True)
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
    modes: Mapping[str, type[Mode]] = field(default_factory=dict)
    admissions: Mapping[str, type[Admission]] = field(default_factory=dict)
    processes: Sequence[SiteProcess] = ()

    def __post_init__(self) -> None:
        """Raise TypeError for the classes of one room in the place of another's, and for a mode or
        policy that does not keep its contract.
        """
        for word, (kind, needed) in CONTRACTS.items():
            for name, each in getattr(self, word).items():
                _check_contract(f"{word}={{{name!r}: {_shown(each)}}}", each, kind, needed)
        for name, mode in self.modes.items():
            if name in OutlookComponents().modes:
                raise TypeError(
                    f"Rules(modes={{{name!r}: ...}}): {name!r} ships; choose another name, or give "
                    "outlook=OutlookComponents(...) to replace the class of a shipped mode"
                )
            if mode.name != name:
                raise TypeError(
                    f"Rules(modes={{{name!r}: {mode.__name__}}}): {mode.__name__}.name is "
                    f"{mode.name!r}, and stands in the tables; write name = {name!r} in the class"
                )
        if callable(self.processes) or not all(map(callable, self.processes)):
            raise TypeError(
                f"Rules(processes={self.processes!r}): give a list of functions, processes=[backup]"
            )
        object.__setattr__(self, "processes", tuple(self.processes))
        for name, expected in _ROOMS.items():
            given = getattr(self, name)
            if not isinstance(given, expected):
                room = next((room for room, kind in _ROOMS.items() if isinstance(given, kind)), "")
                raise TypeError(
                    f"Rules({name}={_shown(given)}): {name} takes {expected.__name__}; "
                    + (f"write {room}=" if room else f"write {name}={expected.__name__}(...)")
                )

    @classmethod
    def of(cls, scenario: Scenario, given: Rules | str | None = None) -> Rules:
        """Return the rules that a run of the scenario follows: its own, and on top of them those
        that are given, as an object or as `module:name`.

        Raises ScenarioError for what can't be found, is no Rules, or does not know a word that the
        scenario uses.
        """
        whole = cls()
        for each in (scenario.own_rules(), resolve(given) if isinstance(given, str) else given):
            if each is None:
                continue
            if not isinstance(each, Rules):
                named = given if isinstance(given, str) else scenario.rules
                raise ScenarioError(
                    f"rules = {named!r} names {each!r}; it has to name an object like "
                    "rules = anywhere_sim.Rules(...)"
                )
            whole = each.on_top_of(whole)
        whole.check(scenario)
        return whole

    def on_top_of(self, other: Rules) -> Rules:
        """Return both together; what both give is taken from these."""
        others = [each for each in other.processes if each not in self.processes]
        changes: dict[str, Any] = {"processes": (*others, *self.processes)}
        for name in ("backoffs", "speed_rules", "modes", "admissions"):
            changes[name] = {**getattr(other, name), **getattr(self, name)}
        shipped = Rules()
        for part in fields(self):
            if part.name not in changes:
                own = getattr(self, part.name)
                is_own = own != getattr(shipped, part.name)
                changes[part.name] = own if is_own else getattr(other, part.name)
        return Rules(**changes)

    def with_modes(self) -> OutlookComponents:
        """Return the classes of clients, with the modes that are added."""
        return replace(self.outlook, added_modes=self.modes) if self.modes else self.outlook

    def digest_of(self, scenario: Scenario) -> str:
        """Return the digest of a run of the scenario under these rules, those of its own included:
        that of the scenario alone where there are no others.
        """
        own = scenario.own_rules() or Rules()
        digest = scenario.digest()
        if self == own:
            return digest
        return blake2b(
            f"{digest} {fingerprint(list(self._given()), 'Rules')}".encode(), digest_size=16
        ).hexdigest()

    def __repr__(self) -> str:
        """Return what they add or replace."""
        return f"<Rules: {', '.join(self.names()) or 'those that ship'}>"

    def names(self) -> list[str]:
        """Return what these rules add or replace, as `Rules` is given it."""
        return [name for name, _ in self._given()]

    def check(self, scenario: Scenario) -> None:
        """Raise ScenarioError for an unknown word: a rule of a policy, a mode, an admission."""
        modes = self.with_modes().modes
        for name, group in scenario.groups.items():
            for key, word, known in (
                ("backoff", group.policy.backoff, {**BACKOFFS, **self.backoffs}),
                ("speed_rule", group.policy.speed_rule, {**SPEED_RULES, **self.speed_rules}),
            ):
                if word not in known:
                    where = f"groups.{name}.policy.{key}"
                    raise ScenarioError(f"{where} = {word!r}: unknown rule; {nearest(word, known)}")
            to = {"roll_out.to": group.roll_out.to} if group.roll_out else {}
            for key, word in ({"mode": group.mode} | to).items():
                where = f"groups.{name}.{key} = {word!r}"
                if word not in modes:
                    raise ScenarioError(f"{where}: unknown mode; {nearest(word, modes)}")
                # not issubclass: compiled, what ABC remembers of Mode's subclasses they all share
                if Cached in modes[word].__mro__ and not group.version.cached:
                    raise ScenarioError(
                        f"{where} is a cached mode, and {group.client} has none; use outlook2003 "
                        "or later"
                    )
        for name, server in scenario.servers.items():
            if server.admission is not None and server.admission not in self.admissions:
                raise ScenarioError(
                    f"servers.{name}.admission = {server.admission!r}: unknown policy; "
                    f"{nearest(server.admission, self.admissions)}"
                )

    def check_travel(
        self, executor: Executor, measures: Mapping[str, Measure] | None = None
    ) -> None:
        """Send each rule, class and measure that does not ship to a worker, ahead of the first run.

        Raises ScenarioError that names the first that does not arrive: a function without a name
        or within another one, or, where processes are started and not forked, one of a notebook.
        """
        if isinstance(executor, ThreadPoolExecutor):
            return
        functions = {name: measure.function for name, measure in (measures or {}).items()}
        given = (
            *((f"Rules: {name}", rule) for name, rule in self._own()),
            *((f"measures[{name!r}]", function) for name, function in functions.items()),
        )
        for name, rule in given:
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
                    f"{name} can't be sent to a worker of the executor ({reason}); put it "
                    "into a module (a .py file) under a name and import it, or run without an "
                    "executor"
                )

    def _own(self) -> Iterator[tuple[str, object]]:
        """Yield what does not ship, by where it was given, and last all of it together."""
        yield from self._given()
        if self != Rules():
            yield "what was given", self

    def _given(self) -> Iterator[tuple[str, object]]:
        for word in ("backoffs", "speed_rules", "modes", "admissions"):
            yield from ((f"{word}[{key!r}]", each) for key, each in getattr(self, word).items())
        yield from ((f"processes[{at}]", each) for at, each in enumerate(self.processes))
        shipped = Rules()
        for part in fields(self)[2:-3]:
            given: Any = getattr(self, part.name)
            usual: Any = getattr(shipped, part.name)
            if part.name in _ROOMS and type(given) is _ROOMS[part.name]:
                for inner in fields(_ROOMS[part.name]):
                    one = getattr(given, inner.name)
                    if one != getattr(usual, inner.name):
                        yield f"{part.name}.{inner.name}", one
            elif given != usual:
                yield part.name, given

    def chosen_by(self, policy: Policy) -> ConnectionRules:
        """Return the rules that a policy names; what does not ship is checked at each answer."""
        speed, backoff = policy.speed_rule, policy.backoff
        order = self.path_order
        return self.outlook.connection_rules(
            CheckedSpeedRule(speed, self.speed_rules[speed])
            if speed in self.speed_rules
            else SPEED_RULES[speed],
            order if order is check_box_order else CheckedPathOrder(order),
            CheckedBackoff(backoff, self.backoffs[backoff])
            if backoff in self.backoffs
            else BACKOFFS[backoff],
        )


def _check_contract(given: str, each: object, kind: type, needed: tuple[str, ...]) -> None:
    """Raise TypeError for what is no class of a kind, or one that lacks what has to be there."""
    if not (isinstance(each, type) and kind in each.__mro__):  # compiled, ABCs share what they know
        raise TypeError(f"Rules({given}): give a subclass of anywhere_sim.{kind.__name__}")
    missing = [name for name in needed if getattr(each, name) is getattr(kind, name)]
    if missing:
        raise TypeError(f"Rules({given}): it lacks {', '.join(missing)}; see {kind.__name__}")


def _shown(given: object) -> str:
    return given.__name__ if isinstance(given, type) else f"{type(given).__name__}(...)"


def _unread(content: bytes) -> str:
    """Return why pickled content can't be read here, "" when it can."""
    try:
        pickle.loads(content)
    except Exception as error:  # whatever its module does when it is imported
        return f"{type(error).__name__}: {error}"
    return ""


def _nothing(_: object) -> str:
    return ""
