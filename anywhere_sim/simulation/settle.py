"""A settled beginning: clients connected by the path that their rules would have found, copies complete."""

from __future__ import annotations

from typing import TYPE_CHECKING

from anywhere_sim.exchange.store import SESSIONS
from anywhere_sim.network.tcp_connection import TcpConnection
from anywhere_sim.network.tls import TLS_VERSIONS
from anywhere_sim.outlook.rpc_over_http import CHANNELS
from anywhere_sim.rpc.connection import Connection
from anywhere_sim.rpc.framing import directly, keep_alive_s, over_https

if TYPE_CHECKING:
    from anywhere_sim.outlook.client import Client
    from anywhere_sim.simulation.site import SiteModel

SERVICES = ("referral", "directory", "mail", "mail", "public")


def settle(world: SiteModel, client: Client) -> None:
    """Connect `client` as a round of attempts would have, if any path leads anywhere; nothing is sent for it."""
    path = next((path for path in client.path_order() if _leads(client, path)), None)
    if path is None:
        client.change_state("disconnected")
        return
    services = [service for service in SERVICES if service == "mail" or not _forgotten(world, client, path)]
    services += ["mail"] * (client.mail_connections(path) - 2)
    for service in services:
        connection = _connection(world, client, service, path)
        if connection is not None:
            client.connections.append(connection)
    client.set_up = True
    client.change_state(client.mode.connected_state())
    client.mode.connected_settled()


def _leads(client: Client, path: str) -> bool:
    place = client.access_path.place
    if path == "tcp":
        return place.port_135 == "open" and place.internal_names == "resolve"
    front_end = client.front_end
    return (
        place.web != "none"
        and front_end is not None
        and front_end.has_memory(_channels(client, path))
        and not front_end.admits(_channels(client, path))
    )


def _channels(client: Client, path: str) -> int:
    return CHANNELS * (len(SERVICES) - 2 + client.mail_connections(path))


def _forgotten(world: SiteModel, client: Client, path: str) -> bool:
    """Whether connections that are rarely used have been found dead by now: forgotten on the way before their first keep-alive."""
    rest_s, idle_timeout_s = keep_alive_s(path, client.policy), client.access_path.place.idle_timeout_s
    open_s = world.start_s - world.persons[client.mailbox].open_since_s()
    return idle_timeout_s is not None and idle_timeout_s < rest_s < open_s


def _connection(world: SiteModel, client: Client, service: str, path: str) -> Connection | None:
    server = client.host_server(service)
    if service in SESSIONS and not client.store.logons.open(client.mailbox):
        return None
    front_end = client.front_end if path == "https" else None
    compressed_to = client.compressed_to(service)
    framing = directly(compressed_to)
    if front_end is not None:
        client.access_path.opened_portal = True
        front_end.open_requests(front_end.accept(CHANNELS), CHANNELS)
        plain = front_end.spec.plain_http and not client.policy.ssl_only
        framing = over_https(None if plain else TLS_VERSIONS[client.tls_version], compressed_to)
        client.tls_sessions[front_end.name] = front_end.epoch
    connection = Connection(
        client,
        client.mailbox,
        client.group_name,
        world.recorder,
        attempt_id=0,
        service=service,
        path=path,
        tcp=TcpConnection(client.access_path),
        server=server,
        front_end=front_end,
        framing=framing,
        keep_alive_s=keep_alive_s(path, client.policy),
    )
    listens = service == "mail" and client.has("mail")
    connection.idle_for(client.draws.uniform() * (0.0 if listens else connection.keep_alive_s))
    return connection
