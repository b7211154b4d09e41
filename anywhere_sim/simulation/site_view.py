"""What a process of your own sees of its site, and what it may do there."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping
from typing import Any, Protocol

import simpy
from pydantic import ValidationError

from anywhere_sim.des.environment import Environment
from anywhere_sim.des.random_streams import Stream, Streams
from anywhere_sim.exchange.server import Server
from anywhere_sim.exchange.store import Store
from anywhere_sim.network.topology import Topology
from anywhere_sim.outlook.client import Client
from anywhere_sim.scenario.errors import ScenarioError, nearest, sentence
from anywhere_sim.scenario.quantities import format_time
from anywhere_sim.scenario.scenario import Event, Scenario
from anywhere_sim.scenario.spec import Role
from anywhere_sim.traces.words import State


class ServerView:
    """A server of the site. What it does for a process stands in its row of the table `servers`."""

    def __init__(self, env: Environment, server: Server) -> None:
        self._env = env
        self._server = server

    @property
    def name(self) -> str:
        """Its name in the scenario."""
        return self._server.name

    @property
    def role(self) -> Role:
        """Its role: mailbox, front_end or directory."""
        return self._server.spec.role

    @property
    def is_running(self) -> bool:
        """Whether its service runs now."""
        return self._server.is_running

    @property
    def cores(self) -> int:
        """How many cores its processor has."""
        return self._server.spec.cores

    @property
    def cpu_busy_s(self) -> float:
        """The core-seconds that its processor has worked since the run began."""
        return self._server.cpu.busy_s()

    @property
    def rpc_requests(self) -> int:
        """How many calls are at the server now."""
        return self._server.calls.present

    @property
    def queued(self) -> int:
        """How many calls wait, at a store for a thread, at a front end for its processor."""
        return self._server.queued

    @property
    def connections(self) -> int:
        """How many RPC connections end at it now."""
        return len(self._server.connections)

    def compute(self, mcycles: float) -> simpy.Event:
        """Occupy one core for so many millions of cycles, behind what waits for it.

        The event's value is True when that is done, False when the server is away or stops.
        """
        return self._event(lambda over: self._server.compute(mcycles, over))

    def read(self, reads: int, size_bytes: int = 0) -> simpy.Event:
        """Occupy one spindle of the database for so many accesses and the transfer of the bytes.

        The event's value is that of `compute`. Raises TypeError at a server without a database.
        """
        store = self._store("read")
        return self._event(lambda over: store.read(reads, size_bytes, over))

    def write(self, writes: int, size_bytes: int = 0) -> simpy.Event:
        """Occupy one spindle of the database as `read` does; they count as writes."""
        store = self._store("write")
        return self._event(lambda over: store.write(writes, size_bytes, over))

    def _store(self, what: str) -> Store:
        if isinstance(self._server, Store):
            return self._server
        raise TypeError(
            f"{what} of {self.name!r}, a server of role {self.role!r}: a mailbox server alone has "
            "a database; take one of site.stores"
        )

    def _event(self, begin: Callable[[Callable[[bool], object]], None]) -> simpy.Event:
        event = self._env.event()
        begin(event.succeed)
        return event


class LinkView:
    """One direction of a link, as far as it has been used; to cut it use `SiteView.disrupt`."""

    def __init__(self, topology: Topology, name: str, direction: int) -> None:
        _, self.place, *links = topology.links[name]
        self.name = name
        self._link = links[direction]

    @property
    def delivered_bytes(self) -> float:
        """The IP bytes that have left since the run began."""
        return self._link.delivered_bytes()

    @property
    def busy_s(self) -> float:
        """For how many seconds something has passed since the run began."""
        return self._link.busy_s()

    @property
    def flows(self) -> int:
        """How many flows share it now."""
        return self._link.flows


class ClientView:
    """One person's Outlook."""

    def __init__(self, client: Client) -> None:
        self._client = client

    @property
    def mailbox(self) -> str:
        """The name of its mailbox, such as "sales/7"."""
        return self._client.mailbox_name

    @property
    def group(self) -> str:
        """The group of the mailbox."""
        return self._client.group_name

    @property
    def place(self) -> str:
        """Where it is, "" before its first launch."""
        return self._client.place_name

    @property
    def mode(self) -> str:
        """The mode in which it works."""
        return self._client.mode.name

    @property
    def state(self) -> State:
        """Its state, a word of the table `states`."""
        return self._client.state

    @property
    def is_open(self) -> bool:
        """Whether Outlook runs."""
        return self._client.is_open

    def switch_mode(self, name: str) -> None:
        """Restart Outlook in another mode, with an empty copy.

        Raises KeyError for a mode that the run does not know.
        """
        self._client.switch_mode(name)


class SiteView:
    """A site as a process of your own sees it: `servers` and `clients` by name, links, time.

    `start_s` and `end_s` are those of the run, in s since midnight of day 1, as `environment.now`.

    >>> def look(environment, site):
    ...     yield environment.timeout(30.0)
    ...     print(list(site.servers), "online/1" in site.clients, site.end_s - environment.now)
    >>> watched = aw.simulate(office.with_(end="08:01"), rules=aw.Rules(processes=[look]))
    ['cas1', 'mbx1', 'gc1'] True 30.0
    """

    def __init__(
        self,
        name: str,
        env: Environment,
        scenario: Scenario,
        streams: Streams,
        topology: Topology,
        servers: Mapping[str, Server],
        clients: Mapping[str, Client],
        apply: Callable[[Event], None],
    ) -> None:
        self.name = name
        self.start_s, self.end_s = scenario.start, scenario.end
        self.servers = {key: ServerView(env, server) for key, server in servers.items()}
        self.clients = {key: ClientView(client) for key, client in clients.items()}
        self._env = env
        self._places = scenario.places
        self._streams = streams
        self._topology = topology
        self._apply = apply

    @property
    def stores(self) -> dict[str, ServerView]:
        """The mailbox servers by name."""
        return {name: each for name, each in self.servers.items() if each.role == "mailbox"}

    def links(self) -> Iterator[tuple[LinkView, LinkView]]:
        """Yield both directions, up and down, of each link that has been used so far."""
        for name in self._topology.links:
            yield LinkView(self._topology, name, 0), LinkView(self._topology, name, 1)

    def stream(self, name: str) -> Stream:
        """Return a random stream of that name, of its own: no draw of the model changes."""
        return self._streams.stream(f"process/{self.name}/{name}")

    def disrupt(self, do: str, **target: Any) -> None:
        """Let an event of a scenario happen now: `site.disrupt("crash", server="mbx1", for_s=60)`.

        `do` and its keys are those of `[[events]]`. Raises ScenarioError for others.
        """
        given = {"do": do, "at": format_time(self._env.now), **target}
        try:
            event = Event.model_validate(given)
        except ValidationError as error:
            keys = {"scenario": tuple(Event.model_fields)}
            raise ScenarioError(f"site.disrupt: {sentence(error, keys)}") from error
        groups = {client.group for client in self.clients.values()}
        for key, word, known in (
            ("server", event.server, self.servers),
            ("place", event.place, self._places),
            ("group", event.group, groups),
        ):
            if word is not None and word not in known:
                raise ScenarioError(f"site.disrupt: unknown {key} {word!r}; {nearest(word, known)}")
        self._apply(event)


class SiteProcess(Protocol):
    """A process of your own: `Rules(processes=(backup,))` starts it in each site of a run.

    >>> def crash(environment, site):
    ...     yield environment.timeout(20.0)
    ...     site.disrupt("crash", server="mbx1", for_s=30)
    >>> crashed = aw.simulate(office.with_(end="08:01"), rules=aw.Rules(processes=[crash]))
    >>> crashed.audit().ok
    True
    """

    def __call__(
        self, environment: Environment, site: SiteView
    ) -> Generator[simpy.Event, Any, Any]:
        """Yield the SimPy events that it waits for: `environment.timeout(seconds)`, or what a
        method of `site` returns.
        """
