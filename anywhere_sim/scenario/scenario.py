"""The whole of what is simulated: one frozen object, read from TOML, named by its digest.

It falls into sites that share nothing, each of which can be simulated on its own.
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Iterable, Mapping
from copy import deepcopy
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, PrivateAttr, ValidationError, model_validator

from anywhere_sim.scenario.activity import ACTIVITIES, Activity
from anywhere_sim.scenario.as_written import toml_of, written_in
from anywhere_sim.scenario.community import MAX_RECIPIENTS, MAX_REPLIES, Community, replies_grow
from anywhere_sim.scenario.errors import ScenarioError, nearest, sentence
from anywhere_sim.scenario.group import CLOSED, Group
from anywhere_sim.scenario.place import Place
from anywhere_sim.scenario.policy import Policy
from anywhere_sim.scenario.quantities import DAY_S, MAX_S, TimeOfDay, format_time
from anywhere_sim.scenario.references import fingerprint, resolve
from anywhere_sim.scenario.roll_out import RollOut
from anywhere_sim.scenario.server import Server
from anywhere_sim.scenario.shipped import link_trace_path, read_toml, scenario_path, ships
from anywhere_sim.scenario.sites import Site, sites
from anywhere_sim.scenario.spec import ROLES, Beginning, EventKind, Role, Spec, without_new_keys

_TARGET = {
    "crash": "server",
    "shutdown": "server",
    "restart": "server",
    "drain": "server",
    "cut": "place",
    "gap": "place",
    "roll_out": "group",
    "whole_book": "group",
    "move_mailbox": "group",
}
_LASTING = ("server", "place")
"""What an event is over for after a while."""


class Event(Spec):
    """One scheduled disruption or change.

    *crash*, *shutdown*, *restart* stop a `server` for `for_s` seconds: in silence; closing its
    connections and refusing new ones; closing them while the host itself starts anew, so that
    nobody answers. *drain* lets its pool give
    it no new connections; *cut* takes the link of a `place` away (connections die), *gap* sets its
    rate to zero (they survive); *roll_out* switches a `group` to cached mode, *whole_book* lets its
    whole address book be due, *move_mailbox* gives it mailboxes elsewhere, whose views and copies
    begin anew: each client at a time drawn within `spread_s`.
    """

    at: TimeOfDay
    do: EventKind
    server: str | None = None
    place: str | None = None
    group: str | None = None
    for_s: Annotated[float, Field(gt=0, le=MAX_S)] | None = None
    spread_s: Annotated[float, Field(ge=0, le=MAX_S)] = 0.0

    @model_validator(mode="after")
    def _check_target(self) -> Event:
        wanted = _TARGET[self.do]
        given = {name for name in ("server", "place", "group") if getattr(self, name) is not None}
        if given != {wanted}:
            raise ValueError(
                f"do = {self.do!r} needs `{wanted}` and nothing else; given: "
                f"{', '.join(sorted(given)) or 'nothing'}"
            )
        if self.for_s is None and _TARGET[self.do] in _LASTING:
            raise ValueError(f"do = {self.do!r} needs `for_s`, how long it lasts in seconds")
        return self


MAX_NAME = 100
_NO_FILE_NAME = '/\\:*?"<>|'
"""What one system or another has in no file's name: tables are named by servers, and a mailbox's
number is set apart from its group by the first.
"""

_KEYS: dict[str, type[Spec]] = {
    "places": Place, "servers": Server, "groups": Group, "policy": Policy,
    "communities": Community, "events": Event, "activity": Activity, "roll_out": RollOut,
}  # fmt: skip
_NAMED = ("places", "servers", "groups")


class Scenario(Spec):
    """Servers, places, groups of people, communities and events between `start` and `end`.

    >>> aw.Scenario.load("office-day").with_(groups__cached__mailboxes=5).groups["cached"].mailboxes
    5
    """

    why: Annotated[str, Field(min_length=1)]
    start: TimeOfDay
    end: TimeOfDay
    beginning: Beginning = "settled"
    servers: Annotated[Mapping[str, Server], Field(min_length=1)]
    places: Annotated[Mapping[str, Place], Field(min_length=1)]
    groups: Annotated[Mapping[str, Group], Field(min_length=1)]
    communities: Mapping[str, Community] = {}
    events: tuple[Event, ...] = ()
    directory_entries: Annotated[int, Field(ge=1, le=10_000_000)] | None = None
    """Entries of the company's address book; as many as there are mailboxes unless given."""
    record_rpcs: bool | tuple[str, ...] = False
    rules: str | None = None
    """Rules of one's own that a run follows: `module:name` of an `anywhere_sim.Rules`."""
    _folder: Path | None = PrivateAttr(default=None)
    _recordings: dict[str, Path] = PrivateAttr(default_factory=dict)
    _written: dict[str, Any] = PrivateAttr(default_factory=dict)

    @classmethod
    def load(cls, name: str | Path) -> Scenario:
        """Return the scenario of that name in data/scenarios, or of a path to a .toml file.

        Raises ScenarioError with one sentence when it is missing, unreadable or makes no sense.
        """
        path = scenario_path(str(name))
        return cls.build(read_toml(path), folder=path.parent, name=path.name)

    @classmethod
    def build(
        cls, content: Mapping[str, Any], folder: Path | None = None, name: str = "scenario"
    ) -> Scenario:
        """Return the scenario that a nested mapping describes.

        Raises ScenarioError with one sentence.
        """
        try:
            scenario = cls.model_validate(dict(content))
        except ValidationError as error:
            keys = {part: tuple(spec.model_fields) for part, spec in _KEYS.items()} | {
                "scenario": tuple(cls.model_fields)
            }
            raise ScenarioError(f"{name}: {sentence(error, keys)}") from error
        scenario._folder = folder.absolute() if folder else None
        scenario._written = deepcopy(dict(content))
        found = {trace: scenario.trace_path(trace) for trace in scenario.link_traces()}
        scenario._recordings = {
            trace: path.absolute() for trace, path in found.items() if not ships(path)
        }
        return scenario

    def with_(self, **changes: Any) -> Scenario:
        """Return a variation; keys are paths like `groups__sales__mode="online"`.

        It is made from what was written, not from what was filled in: another `kind` or `profile`
        brings its own numbers. A named activity becomes a table as soon as one of its numbers is
        changed. Raises ScenarioError with one sentence when the variation makes no sense.
        """
        content = deepcopy(self._written)
        for key, value in changes.items():
            *path, last = key.split("__")
            named = content.get(path[0], {}) if path[1:] and path[0] in _NAMED else None
            if isinstance(named, dict) and path[1] not in named:
                raise ScenarioError(
                    f"there is no {path[1]!r} in {path[0]}; {nearest(path[1], named)}"
                )
            if path[:1] == ["groups"] and path[2:] == ["activity"]:
                _spell_out(content["groups"], path[1])
            inner = content
            for part in path:
                inner = inner.setdefault(part, {})
                if not isinstance(inner, dict):
                    raise ScenarioError(
                        f"{'.'.join(path)} = {inner!r} is not a table; change {'.'.join(path)} "
                        "itself"
                    )
            inner[last] = value
        return type(self).build(content, self._folder)

    def written(self) -> dict[str, Any]:
        """Return what was written, before kinds, profiles and defaults filled in the rest."""
        return deepcopy(self._written)

    def __repr__(self) -> str:
        """Return what it asks, and how large it is."""
        people = sum(group.mailboxes for group in self.groups.values())
        hours = " to ".join(format_time(at_s, seconds=False) for at_s in (self.start, self.end))
        return f"<Scenario: {self.why!r}, {people:,} mailboxes, {hours}>"

    __str__ = __repr__

    def to_toml(self) -> str:
        """Return what was written, as a TOML file that gives the same scenario.

        Recordings and modules that it names are not in it. Raises ScenarioError for what TOML has
        no word for.
        """
        text = toml_of(self._written)
        again = type(self).build(tomllib.loads(text), self._folder)
        if again.model_dump() != self.model_dump():
            raise ScenarioError(
                "TOML has no word for None, which a key has here instead of its default; give it a "
                "number or a word"
            )
        return text

    @classmethod
    def from_run(cls, folder: str | Path, recordings: str | Path | None = None) -> Scenario:
        """Return the scenario of the run that lies in a folder, as it was written.

        Link traces of one's own are looked for in `recordings` (in the run's folder unless given).
        Raises ScenarioError when there is no run, or a recording or a rule has changed since.
        """
        content, digest = written_in(Path(folder))
        scenario = cls.build(content, Path(recordings or folder), name=str(folder))
        if digest not in ("", scenario.digest()):
            raise ScenarioError(
                f"{folder}: the run is of another scenario than its manifest gives now: a "
                "recording, a module of rules or the version of anywhere-sim has changed since"
            )
        return scenario

    def sites(self) -> tuple[Site, ...]:
        """Return the parts that share no server and no link, sorted by name."""
        return sites(self)

    def trace_path(self, name: str) -> Path:
        """Return the file of a link trace that a place names.

        One of the user's own is the same file in every process, wherever that was started; one
        that ships is taken from the package of the process that asks.
        """
        return self._recordings.get(name) or link_trace_path(name, self._folder)

    def link_traces(self, places: Iterable[str] | None = None) -> tuple[str, ...]:
        """Return the names of the link traces of some places (all, unless given), sorted."""
        names = {
            trace
            for place in map(self.places.__getitem__, self.places if places is None else places)
            for trace in (place.rate_trace, place.up_rate_trace)
            if trace
        }
        return tuple(sorted(names))

    def visited_places(self) -> tuple[str, ...]:
        """Return the names of the places to which somebody goes, in the order of the file."""
        visited = {place for group in self.groups.values() for _, place in group.itinerary}
        return tuple(name for name in self.places if name in visited)

    def digest(self) -> str:
        """Return 32 hex digits that name the scenario, the content of its link traces, and what its
        rules do (`references.fingerprint`). Raises ScenarioError for rules that can't be found.
        """
        hasher = hashlib.blake2b(digest_size=16)
        content = without_new_keys(self.model_dump(mode="json"))
        hasher.update(json.dumps(content, sort_keys=True).encode())
        for name in self.link_traces():
            hasher.update(self.trace_path(name).read_bytes())
        own = self.own_rules()
        if own is not None:
            hasher.update(fingerprint(own, "rules").encode())
        return hasher.hexdigest()

    def own_rules(self) -> Any:
        """Return what `rules` names, None where it is not given. Raises ScenarioError."""
        return None if self.rules is None else resolve(self.rules, self._folder)

    def community(self, name: str) -> Community:
        """Return the community of that name; one that is not described has the defaults."""
        return self.communities.get(name) or Community()

    def servers_of(self, group: Group, role: Role) -> tuple[str, ...]:
        """Return the names of the servers of `role` that a group uses, several as a pool.

        Its own choice, else the first in the file.
        """
        chosen = {
            "front_end": group.front_end,
            "directory": group.directory,
            "mailbox": group.server,
        }[role]
        if chosen is not None:
            return (chosen,) if isinstance(chosen, str) else chosen
        return tuple(name for name, server in self.servers.items() if server.role == role)[:1]

    def unused_servers(self) -> tuple[str, ...]:
        """Return the names of the servers that no group uses."""
        used = {
            name
            for group in self.groups.values()
            for role in ROLES
            for name in self.servers_of(group, role)
        }
        return tuple(name for name in self.servers if name not in used)

    @model_validator(mode="after")
    def _check_names(self) -> Scenario:
        for part, names in (
            ("servers", self.servers), ("places", self.places), ("groups", self.groups),
            ("communities", self.communities),
        ):  # fmt: skip
            for name in names:
                bad = part in ("servers", "groups") and set(_NO_FILE_NAME).intersection(name)
                if bad or not (name.strip() and name.isprintable() and len(name) <= MAX_NAME):
                    raise ValueError(
                        f"{part}: {name!r} can't be a name; 1 to {MAX_NAME} letters that can be "
                        f"printed are allowed, for servers and groups without {_NO_FILE_NAME}"
                    )
                if part == "places" and name in CLOSED:
                    raise ValueError(
                        f"places: {name!r} is a word of itineraries; choose another name"
                    )
        return self

    @model_validator(mode="after")
    def _check_recorded(self) -> Scenario:
        for name in () if isinstance(self.record_rpcs, bool) else self.record_rpcs:
            group, _, number = name.rpartition("/")
            last = self.groups[group].mailboxes if group in self.groups else 0
            if not (number.isdecimal() and len(number) < 8 and 0 < int(number) <= last):
                raise ValueError(
                    f"record_rpcs: there is no mailbox {name!r}; write a group and a number from 1 "
                    f"on, like '{next(iter(self.groups))}/1'"
                )
        return self

    @model_validator(mode="after")
    def _check(self) -> Scenario:
        if self.end <= self.start:
            raise ValueError(
                f"end {format_time(self.end)} is not after start {format_time(self.start)}; give "
                "a later end"
            )
        for name, group in self.groups.items():
            self._check_group(name, group)
        for event in self.events:
            self._check_event(event)
        unused = sorted(set(self.communities) - {group.community for group in self.groups.values()})
        if unused:
            raise ValueError(
                f"community {unused[0]!r} has no group; "
                f"{nearest(unused[0], {g.community for g in self.groups.values()})}"
            )
        return self

    def _check_group(self, name: str, group: Group) -> None:
        for role in ROLES:
            servers = self.servers_of(group, role)
            for server in servers:
                if server not in self.servers or self.servers[server].role != role:
                    known = [known for known, spec in self.servers.items() if spec.role == role]
                    raise ValueError(
                        f"groups.{name}: unknown {role} server {server!r}; {nearest(server, known)}"
                    )
            if len(set(servers)) < len(servers):
                raise ValueError(
                    f"groups.{name}: {role} = {list(servers)} names a server twice; once is enough"
                )
        if self.communities and group.community not in self.communities:
            raise ValueError(
                f"groups.{name}: unknown community {group.community!r}; "
                f"{nearest(group.community, self.communities)}"
            )
        for time, place in group.itinerary:
            if place not in (*CLOSED, *self.places):
                raise ValueError(
                    f"groups.{name}: unknown place {place!r} in the itinerary; "
                    f"{nearest(place, [*self.places, *CLOSED])}"
                )
            if time >= max(DAY_S, self.end):
                raise ValueError(
                    f"groups.{name}: itinerary leaves the day at {format_time(time)}; times lie "
                    "before 24:00 or the end of the run"
                )
        self._check_replies(name, group)

    def _check_replies(self, name: str, group: Group) -> None:
        community, habits = self.community(group.community), group.habits
        people = sum(
            other.mailboxes for other in self.groups.values() if other.community == group.community
        )
        most = min(MAX_RECIPIENTS, max(1, people - 1))
        if replies_grow(community.recipient_shares(most, habits.recipients), habits):
            raise ValueError(
                f"groups.{name}: replies cause {MAX_REPLIES:g} replies or more each, so mail would "
                "never end; lower reply_share, reply_all_share, forward_share or the recipients"
            )

    def _check_event(self, event: Event) -> None:
        if event.at < self.start:
            raise ValueError(
                f"event at {format_time(event.at)}: the run begins at {format_time(self.start)}, "
                "so it would be ignored; "
                "move the event or begin the run earlier"
            )
        for kind, target, known in (
            ("server", event.server, self.servers),
            ("place", event.place, self.places),
            ("group", event.group, self.groups),
        ):
            if target is not None and target not in known:
                raise ValueError(
                    f"event at {format_time(event.at)}: unknown {kind} {target!r}; "
                    f"{nearest(target, known)}"
                )
        if event.do == "drain" and not any(
            event.server in pool and len(pool) > 1
            for group in self.groups.values()
            for pool in (self.servers_of(group, role) for role in ROLES)
        ):
            raise ValueError(
                f"event at {format_time(event.at)}: {event.server!r} is in no pool, so nobody else "
                'could take its connections; give a group a list, front_end = ["...", "..."]'
            )
        if event.do == "roll_out" and not self.groups[str(event.group)].version.cached:
            client = self.groups[str(event.group)].client
            raise ValueError(
                f"event at {format_time(event.at)}: {client} has no cached mode to roll out; use "
                "outlook2003 or later"
            )


def _spell_out(groups: Any, name: str) -> None:
    """Put the numbers of a group's activity in place of its name."""
    group = groups.get(name) if isinstance(groups, dict) else None
    if not isinstance(group, dict):
        return
    named = group.get("activity", Group.model_fields["activity"].default)
    if isinstance(named, str) and named in ACTIVITIES:
        group["activity"] = ACTIVITIES[named].model_dump()
