"""The state of clients when the run begins, set without simulating it."""

from __future__ import annotations

from mypy_extensions import mypyc_attr

from anywhere_sim.des.environment import Environment
from anywhere_sim.outlook.client import Client
from anywhere_sim.outlook.connection_round import services_of_a_round
from anywhere_sim.people.person import Person
from anywhere_sim.rpc.path_kinds import PATH_KINDS
from anywhere_sim.scenario.group import OFF
from anywhere_sim.traces.words import Path, Service


def set_views(person: Person, now_s: float) -> None:
    """Let the indexes of a mailbox exist that its use so far has built, however a run begins.

    Those of its own Outlook exist only if that works online; after a move there is none.
    """
    client = person.client
    views, group = client.mailbox.views, client.group
    if group.mailbox_moved:
        return
    for number in range(group.server_views):
        views.use("inbox", f"other{number}", now_s)
    if not client.mode.builds_views:
        return
    for name, ago_s in person.arrangements_in_use(views.aging_s):
        views.use("inbox", name, now_s - ago_s)
    for number in range(group.search_folders):
        views.use("inbox", f"search{number}", now_s)
    for folder in ("inbox", "other"):
        views.use(folder, "", now_s)


@mypyc_attr(allow_interpreted_subclasses=True)
class WarmStart:
    """Sets the state of a site's clients at its start.

    They are connected by the path that their rules would have found, with complete copies.
    """

    def __init__(self, env: Environment) -> None:
        self._start_s = env.now

    def resume(self, person: Person) -> None:
        """Let a person's Outlook be in use, and open if the itinerary says so.

        Nothing is sent for it.
        """
        client, place_name = person.client, person.itinerary.place_at_start()
        if place_name != OFF:
            client.open_at(place_name, person.itinerary.there_since_s())
            client.speed = client.judged_speed()
            self._connect(client, self._start_s - person.itinerary.open_since_s())
        client.mode.resume()
        if client.is_open and client.mode.connects:
            client.stay_connected()

    def _connect(self, client: Client, open_s: float) -> None:
        """Open the connections that a round of attempts would have, if any path leads anywhere."""
        path = next((path for path in client.path_order() if _leads(client, path)), None)
        if path is None or not client.may_log_on:
            client.change_state("disconnected")
            return
        for service in services_of_a_round(client, path):
            if service == "mail" or not _found_dead(client, service, path, open_s):
                _connect(client, service, path)
        client.set_up = True
        client.change_state(client.mode.connected_state())


def _leads(client: Client, path: Path) -> bool:
    access_path, place = client.access_path, client.access_path.place
    if not PATH_KINDS[path].through_front_end:
        ports = (place.port_135, place.high_ports)
        return ports == ("open", "open") and place.internal_names == "resolve"
    front_end = client.front_end_over(path)
    channels = PATH_KINDS[path].channels * len(services_of_a_round(client, path))
    return (
        place.web != "none"
        and (place.web != "portal" or access_path.opened_portal)
        and front_end is not None
        and (
            client.tls_over(path) is None
            or client.policy.accepts(front_end.name, front_end.spec.certificate)
        )
        and front_end.has_memory(channels)
        and not front_end.admits(channels)
        and front_end.relay_answers() == "passed"
    )


def _found_dead(client: Client, service: Service, path: Path, open_s: float) -> bool:
    """Return whether connections that are rarely used have been found dead by now.

    That is so where they are forgotten on the way before their first keep-alive.
    """
    rest_s = client.framing(service, path).keep_alive_s(client.policy)
    front_end = client.front_end_over(path)
    idle_s = client.access_path.idle_timeout_s
    if front_end is not None:
        idle_s = min(idle_s, front_end.idle_timeout_s)
    return idle_s < rest_s < open_s


def _connect(client: Client, service: Service, path: Path) -> None:
    """Give a client a connection, unless the store has no session left for it."""
    store = client.store
    client.turn_to_pools(service, path)
    if store.keeps_session(service) and not store.logons.open(client.mailbox_name):
        return
    front_end, channels = client.front_end_over(path), PATH_KINDS[path].channels
    if front_end is not None:
        front_end.open_requests(front_end.accept(channels), channels)
        client.tls_sessions[front_end.name] = front_end.epoch
    tcp = client.network.tcp_connection(client.access_path, client.network)
    connection = client.new_connection(
        service, path, tcp, server=client.host_server(service), front_end=front_end
    )
    listens = service == "mail" and client.has("mail")
    connection.idle_for(client.draws.uniform() * (0.0 if listens else connection.keep_alive_s))
    client.connections.append(connection)
