"""What happens from outside: servers stop and come back, links are cut or stall, groups are rolled out."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from anywhere_sim.des.environment import Process
from anywhere_sim.scenario.event import Event

if TYPE_CHECKING:
    from anywhere_sim.exchange.server import Server
    from anywhere_sim.outlook.client import Client
    from anywhere_sim.simulation.site import SiteModel


def schedule_disruptions(world: SiteModel) -> None:
    """Plan the scenario's events of this site, and the random cuts of its places."""
    for event in world.scenario.events:
        world.env.call_at(event.at, partial(_apply, world, event))
    for name, place in world.scenario.places.items():
        if place.cut_every_s is not None:
            for client in world.clients.values():
                world.env.process(_random_cuts(world, client, name))


def _apply(world: SiteModel, event: Event) -> None:
    if event.server is not None:
        server = world.server(event.server)
        if server is not None:
            _stop(world, server, event)
    elif event.place is not None:
        _disrupt(world, event)
    elif event.group in world.site.groups:
        _roll_out(world, event)


def _stop(world: SiteModel, server: Server, event: Event) -> None:
    """An outage; one that falls into another prolongs it."""
    assert event.for_s is not None
    server.outages += 1
    if server.outages == 1:
        server.stop(event.do)
    world.env.call_at(world.env.now + event.for_s, lambda: world.outage_over(server))


def _disrupt(world: SiteModel, event: Event) -> None:
    """A cut or a gap of all links of a place."""
    place, cut = str(event.place), event.do == "cut"
    assert event.for_s is not None
    world.network.take_down(place, cut=cut)
    if cut:
        for client in world.clients.values():
            if client.is_open and client.place_name == place:
                client.link_cut()
    world.env.call_at(world.env.now + event.for_s, lambda: _clear(world, place, cut=cut))


def _clear(world: SiteModel, place: str, *, cut: bool) -> None:
    world.network.restore(place, cut=cut)
    if cut:
        for client in world.clients.values():
            if client.is_open and client.place_name == place:
                client.link_back()


def _random_cuts(world: SiteModel, client: Client, place_name: str) -> Process:
    """Let the client's own line at a place come and go: times between losses and their lengths are exponential."""
    place = world.scenario.places[place_name]
    assert place.cut_every_s is not None
    draws = world.streams.stream(f"cuts/{client.mailbox}/{place_name}")
    while True:
        yield world.env.timeout(draws.exponential(place.cut_every_s))
        length_s = draws.exponential(place.cut_for_s)
        if client.is_open and client.place_name == place_name:
            access_path = client.access_path
            world.network.disconnect(access_path)
            client.link_cut()
            yield world.env.timeout(length_s)
            world.network.reconnect(access_path)
            if client.is_open and client.access_path is access_path:
                client.link_back()
        else:
            yield world.env.timeout(length_s)


def _roll_out(world: SiteModel, event: Event) -> None:
    """Switch a group to cached mode: each client restarts in it with an empty copy, at a drawn time."""
    for name, client in world.clients.items():
        if client.group_name == event.group:
            after_s = world.streams.stream(f"roll_out/{name}").uniform() * event.spread_s
            world.env.call_at(world.env.now + after_s, partial(client.switch_mode, "cached"))
