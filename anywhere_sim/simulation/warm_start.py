"""The state of clients, people and mail when the run begins, set without simulating it."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping
from heapq import heappop, heappush
from itertools import pairwise, takewhile
from math import inf
from typing import Annotated

from anywhere_sim.des.environment import Environment
from anywhere_sim.exchange.mail_transport import MailTransport
from anywhere_sim.exchange.message import Delivery, Message
from anywhere_sim.outlook.client import Client
from anywhere_sim.outlook.connection_round import services_of_a_round
from anywhere_sim.people.person import Person
from anywhere_sim.rpc.framing import PATH_KINDS
from anywhere_sim.scenario.group import OFF
from anywhere_sim.scenario.quantities import DAY_S
from anywhere_sim.scenario.sources import assumed
from anywhere_sim.traces.words import Path, Service

UNDER_WAY_S: Annotated[
    float, assumed("from written to on the reader's client, both hold-offs included", 1, 120)
] = 60.0


class WarmStart:
    """Sets the state of a site at its start.

    Clients are connected by the path that their rules would have found, with complete copies. The
    mail of today, and of `history_days` before it, has been read and replied to as in a run, from
    the same streams, but without network or servers: a message is read at the reader's first look
    at the Inbox after it has come, and its reply is due after the drawn delay. What has not been
    read or is due later is left for the run.
    """

    def __init__(
        self,
        env: Environment,
        persons: Mapping[str, Person],
        transport: MailTransport,
        history_days: int = 0,
    ) -> None:
        self._start_s = env.now
        self._persons = persons
        self._transport = transport
        self._days = range(-history_days, 1)
        self._under_way: list[tuple[float, int, str, Message]] = []
        self._sent = 0
        self._looks: dict[str, list[float]] = {}

    # clients

    def resume(self, person: Person) -> None:
        """Let a person's Outlook be in use, and open if the itinerary says so.

        Nothing is sent for it.
        """
        client, place_name = person.client, person.place_at_start()
        if place_name != OFF:
            client.open_at(place_name)
            client.speed = client.judged_speed()
            self._connect(client, self._start_s - person.open_since_s())
        client.mode.resume()
        if client.is_open and client.mode.connects:
            client.stay_connected()

    def _connect(self, client: Client, open_s: float) -> None:
        """Open the connections that a round of attempts would have, if any path leads anywhere."""
        path = next((path for path in client.path_order() if _leads(client, path)), None)
        if path is None:
            client.change_state("disconnected")
            return
        for service in services_of_a_round(client, path):
            if service == "mail" or not _found_dead(client, service, path, open_s):
                _connect(client, service, path)
        client.set_up = True
        client.change_state(client.mode.connected_state())

    # mail

    def replay_mail(self) -> None:
        """Leave every person with the unread mail and the replies due of the time before."""
        self._looks = {name: list(self._looks_of(person)) for name, person in self._persons.items()}
        for written_s, name, kind, day, number in sorted(self._new_mail()):
            self._arrive_before(written_s + UNDER_WAY_S)
            self._send(written_s, self._compose(written_s, name, kind, day, number))
        self._arrive_before(inf)

    def _new_mail(self) -> Iterator[tuple[float, str, str, int, int]]:
        """Yield when who has written or got what is no reply.

        They are a few words each, for there are many and most have been read since.
        """
        for name, person in self._persons.items():
            for kind in ("write", "outside"):
                for day in self._days:
                    times = self._before_start(person.due_times(kind, day))
                    for number, time_s in enumerate(times, start=1):
                        yield time_s, name, kind, day, number

    def _compose(self, written_s: float, name: str, kind: str, day: int, number: int) -> Message:
        person = self._persons[name]
        title = f"{name}/{number}" if day == 0 else f"{name}/{day}/{number}"
        if kind == "outside":
            return person.workload.from_outside(name, f"outside/{title}", written_s)
        return person.workload.compose(name, title, None, person.habits, written_s)

    def _looks_of(self, person: Person) -> Iterator[float]:
        """Yield when the person looked at the Inbox; an offline run had nothing new to show."""
        for day in self._days[:-1]:
            for time_s in person.due_times("check", day):
                if any(from_s <= time_s % DAY_S < to_s for from_s, to_s in _open_spans(person)):
                    yield time_s
        opened_s = person.open_since_s() if person.client.mode.connects else inf
        for time_s in self._before_start(person.due_times("check")):
            if time_s >= opened_s:
                yield time_s

    def _before_start(self, times: Iterator[float]) -> Iterator[float]:
        return takewhile(lambda time_s: time_s < self._start_s, times)

    def _send(self, time_s: float, message: Message) -> None:
        for reader in message.recipients:
            if reader in self._persons:
                self._sent += 1
                heappush(self._under_way, (time_s + UNDER_WAY_S, self._sent, reader, message))

    def _arrive_before(self, time_s: float) -> None:
        """Let what is there by then arrive.

        What is still under way at the start leaves the model.
        """
        while self._under_way and self._under_way[0][0] < time_s:
            arrived_s, _, reader, message = heappop(self._under_way)
            if arrived_s < self._start_s:
                self._arrive(arrived_s, self._persons[reader], message)

    def _arrive(self, arrived_s: float, reader: Person, message: Message) -> None:
        looks = self._looks[reader.name]
        index = bisect_left(looks, arrived_s)
        if index == len(looks):
            self._leave_unread(arrived_s, reader, message)
            return
        reply = reader.workload.reply(message.name, reader.name, reader.habits.reply_share)
        if reply is None:
            return
        due_s = looks[index] + reply.delay_s
        if due_s >= self._start_s:
            reader.schedule_reply(due_s, reply.name, message)
        else:
            written = reader.workload.compose(
                reader.name, reply.name, message, reader.habits, due_s
            )
            self._send(due_s, written)

    def _leave_unread(self, arrived_s: float, reader: Person, message: Message) -> None:
        """The message lies on the reader's client, or on the server while Outlook is closed."""
        delivery = Delivery(message, reader.name, message.written_s, arrived_s, state="delivered")
        self._transport.follow(delivery)
        if reader.client.is_open:
            reader.client.mode.receive_earlier(delivery, arrived_s)
        else:
            reader.client.mailbox.deliver(delivery)


def _open_spans(person: Person) -> list[tuple[float, float]]:
    """Return from when to when the person has Outlook open on a day, in s since midnight."""
    moves = [(time_s, place) for time_s, place in person.moves() if time_s < DAY_S]
    spans = pairwise([*moves, (DAY_S, OFF)])
    return [(from_s, to_s) for (from_s, place), (to_s, _) in spans if place != OFF]


def _leads(client: Client, path: Path) -> bool:
    place = client.access_path.place
    if not PATH_KINDS[path].through_front_end:
        return place.port_135 == "open" and place.internal_names == "resolve"
    front_end = client.front_end_over(path)
    channels = PATH_KINDS[path].channels * len(services_of_a_round(client, path))
    return (
        place.web != "none"
        and front_end is not None
        and front_end.has_memory(channels)
        and not front_end.admits(channels)
    )


def _found_dead(client: Client, service: Service, path: Path, open_s: float) -> bool:
    """Return whether connections that are rarely used have been found dead by now.

    That is so where they are forgotten on the way before their first keep-alive.
    """
    rest_s = client.framing(service, path).keep_alive_s(client.policy)
    return client.access_path.idle_timeout_s < rest_s < open_s


def _connect(client: Client, service: Service, path: Path) -> None:
    """Give a client a connection, unless the store has no session left for it."""
    store = client.store
    if store.keeps_session(service) and not store.logons.open(client.mailbox_name):
        return
    front_end, channels = client.front_end_over(path), PATH_KINDS[path].channels
    if front_end is not None:
        client.access_path.opened_portal = True
        front_end.open_requests(front_end.accept(channels), channels)
        client.tls_sessions[front_end.name] = front_end.epoch
    tcp = client.network.tcp_connection(client.access_path, client.network)
    connection = client.new_connection(service, path, tcp)
    listens = service == "mail" and client.has("mail")
    connection.idle_for(client.draws.uniform() * (0.0 if listens else connection.keep_alive_s))
    client.connections.append(connection)
