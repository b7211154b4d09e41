"""Scheduled disruptions: outages of servers, cuts and gaps of links, roll-outs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from anywhere_sim.des.environment import Environment, Process, ScheduledCall
from anywhere_sim.des.random_streams import Streams
from anywhere_sim.exchange.mail_transport import MailTransport
from anywhere_sim.exchange.server import Server
from anywhere_sim.exchange.store import Store
from anywhere_sim.network.access_path import AccessPath
from anywhere_sim.network.topology import Topology
from anywhere_sim.outlook.client import Client
from anywhere_sim.scenario.roll_out import RollOut
from anywhere_sim.scenario.scenario import Event, Scenario


class Disruptions:
    """The scenario's events of one site, and the random cuts of its places."""

    def __init__(
        self,
        env: Environment,
        scenario: Scenario,
        streams: Streams,
        servers: Sequence[Server],
        clients: Mapping[str, Client],
        topology: Topology,
        transport: MailTransport,
    ) -> None:
        self._env = env
        self._scenario = scenario
        self._streams = streams
        self._servers = {server.name: server for server in servers}
        self._clients = clients
        self._topology = topology
        self._transport = transport
        self._held: dict[AccessPath, ScheduledCall] = {}

    def schedule(self) -> None:
        """Plan all of them."""
        for event in self._scenario.events:
            self._env.call_at(event.at, partial(self.apply, event))
        for name, group in self._scenario.groups.items():
            if group.roll_out is not None:
                self._roll_out(name, group.roll_out)
        for name in self._scenario.visited_places():
            if self._scenario.places[name].cut_every_s is not None:
                for client in self._clients.values():
                    self._env.process(self._random_cuts(client, name))

    def _roll_out(self, group_name: str, plan: RollOut) -> None:
        """Give each client of a group its time within the window of its night."""
        clients = [each for each in self._clients.values() if each.group_name == group_name]
        for step in plan.steps(len(clients), self._scenario.start):
            if step.begin_s >= self._scenario.end:
                return
            for client in clients[step.first : step.last]:
                draws = self._streams.stream(f"roll_out/{client.mailbox_name}")
                switch = partial(client.switch_mode, plan.to)
                self._env.call_at(step.at_s(draws.uniform()), switch)

    def apply(self, event: Event) -> None:
        """Let an event happen now."""
        if event.server is not None:
            if event.server in self._servers:
                stop = self._drain if event.do == "drain" else self._stop
                stop(self._servers[event.server], event)
        elif event.place is not None:
            self._disrupt(event)
        else:
            self._change(event)

    def _stop(self, server: Server, event: Event) -> None:
        assert event.for_s is not None
        server.begin_outage(event.do)
        self._env.call_at(self._env.now + event.for_s, lambda: self._end_outage(server))

    def _drain(self, server: Server, event: Event) -> None:
        """What is connected stays; nothing new comes from the pool."""
        assert event.for_s is not None
        server.draining += 1

        def over() -> None:
            server.draining -= 1

        self._env.call_at(self._env.now + event.for_s, over)

    def _end_outage(self, server: Server) -> None:
        """After its last outage a server comes back, and mail that waited for it is delivered."""
        if server.end_outage() and isinstance(server, Store):
            self._transport.store_is_back(server)

    def _disrupt(self, event: Event) -> None:
        """A cut or a gap of all links of a place."""
        place, cut = str(event.place), event.do == "cut"
        assert event.for_s is not None
        at_place = {
            client: client.access_path.link_up
            for client in self._clients.values()
            if client.is_open and client.place_name == place
        }
        self._topology.take_down(place, cut=cut)
        if cut:
            for client, was_up in at_place.items():
                self._lose_link(client, client.media_sense_s if was_up else 0.0)
        self._env.call_at(self._env.now + event.for_s, lambda: self._clear(place, cut=cut))

    def _clear(self, place: str, *, cut: bool) -> None:
        self._topology.restore(place, cut=cut)
        if cut:
            for client in self._clients.values():
                if client.is_open and client.place_name == place:
                    self._link_back(client)

    def _lose_link(self, client: Client, kept_s: float) -> None:
        """The link of a client's adapter goes. Its address is kept for so long, and so are its
        connections: a cut that is over sooner is a gap for them, and nobody is told.
        """
        access_path = client.access_path
        if access_path in self._held:
            return
        if kept_s == 0.0:
            client.link_cut()
            return
        self._topology.hold_address(access_path)
        self._held[access_path] = self._env.call_at(
            self._env.now + kept_s, partial(self._lose_address, client, access_path)
        )

    def _lose_address(self, client: Client, access_path: AccessPath) -> None:
        del self._held[access_path]
        self._topology.drop_address(access_path)
        if client.is_open and client.access_path is access_path and not access_path.link_up:
            client.link_cut()

    def _link_back(self, client: Client) -> None:
        access_path = client.access_path
        held = self._held.get(access_path)
        if held is None:
            client.link_back()
        elif self._topology.has_link(access_path):
            held.cancel()
            del self._held[access_path]
            self._topology.drop_address(access_path)

    def _random_cuts(self, client: Client, place_name: str) -> Process:
        """Cut and restore a client's own access path at a place.

        Times between losses and their lengths are exponential.
        """
        place = self._scenario.places[place_name]
        assert place.cut_every_s is not None
        draws = self._streams.stream(f"cuts/{client.mailbox_name}/{place_name}")
        while True:
            yield self._env.timeout(draws.exponential(place.cut_every_s))
            length_s = draws.exponential(place.cut_for_s)
            if client.is_open and client.place_name == place_name:
                access_path, was_up = client.access_path, client.access_path.link_up
                self._topology.disconnect(access_path)
                # one person's share of a link cannot stand still by itself: its address goes
                kept_s = client.media_sense_s if was_up and not place.shared else 0.0
                self._lose_link(client, kept_s)
                yield self._env.timeout(length_s)
                self._topology.reconnect(access_path)
                if client.is_open and client.access_path is access_path:
                    self._link_back(client)
            else:
                yield self._env.timeout(length_s)

    def _change(self, event: Event) -> None:
        """Change what the clients of a group have, each at a drawn time.

        After a roll-out a client restarts in cached mode with an empty copy.
        """
        for name, client in self._clients.items():
            if client.group_name == event.group:
                share = self._streams.stream(f"{event.do}/{name}").uniform()
                at_s = self._env.now + share * event.spread_s
                self._env.call_at(at_s, self._changes(event, client))

    def _changes(self, event: Event, client: Client) -> Callable[[], None]:
        match event.do:
            case "whole_book":
                return client.renew_address_book
            case "move_mailbox":
                return client.begin_anew
            case _:
                return partial(client.switch_mode, "cached")
