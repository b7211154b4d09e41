"""What happened before a settled beginning: mail that is still unread, answers that are still due."""

from __future__ import annotations

from collections.abc import Iterator
from heapq import heappop, heappush
from itertools import takewhile
from math import inf
from typing import TYPE_CHECKING, Annotated

from anywhere_sim.exchange.message import Delivery, Message, message_id
from anywhere_sim.people.arrivals import Bursts, DueTimes
from anywhere_sim.people.mail_workload import answer
from anywhere_sim.scenario.sourced import assumed

if TYPE_CHECKING:
    from anywhere_sim.people.person import Person
    from anywhere_sim.simulation.site import SiteModel

UNDER_WAY_S: Annotated[float, assumed("from written to on the reader's client, both hold-offs included", 1, 120)] = 60.0


class Past:
    """Replays the streams of the day up to the start, without network or servers.

    A message is read at the reader's first look at the Inbox after it has come, if Outlook was open then; its answer, drawn
    from the same stream as in a run, is due after the same delay. What is due later is put on the agenda.
    """

    def __init__(self, world: SiteModel) -> None:
        self.world = world
        self._letters: list[tuple[float, int, str, Message]] = []
        self._sent = 0
        self._looks = {name: list(self._past_looks(person)) for name, person in world.persons.items()}

    def replay(self) -> None:
        """Leave every person with the unread mail and the agenda that the day so far has brought."""
        for written_s, name, origin, number in sorted(self._new_mail()):
            self._come_before(written_s + UNDER_WAY_S)
            self._send(written_s, self._new(written_s, name, origin, number))
        self._come_before(inf)

    def _new_mail(self) -> Iterator[tuple[float, str, str, int]]:
        """Yield when who has written or got what is no answer: a few words each, for there are many and most have been read since."""
        for name, person in self.world.persons.items():
            written = self._mail(f"person/{name}/write", person, person.habits.new_messages)
            come = self._mail(f"outside/{name}", person, person.habits.outside_messages)
            for origin, times in (("person", written), ("outside", come)):
                for number, time_s in enumerate(self._before_start(times), start=1):
                    yield time_s, name, origin, number

    def _mail(self, stream: str, person: Person, per_day: float) -> Bursts:
        shape, community = self.world.shape_of(person.name), person.circle.community
        return Bursts(self.world.streams.stream(stream), per_day * person.level, shape, community)

    def _new(self, written_s: float, name: str, origin: str, number: int) -> Message:
        title = f"{name}/{number}" if origin == "person" else f"outside/{name}/{number}"
        circle, draws = self.world.contacts_of(name), self.world.streams.stream(f"message/{title}")
        size = circle.size_bytes(draws)
        if origin == "outside":
            return Message(title, message_id(title), 0, "outside", "outside", size, (name,), written_s)
        return Message(title, message_id(title), 0, name, "person", size, circle.recipients(name, draws), written_s)

    def _come_before(self, time_s: float) -> None:
        """Let the letters come that are there by then; one that is still under way at the start is lost from sight."""
        while self._letters and self._letters[0][0] < time_s:
            arrived_s, _, reader, message = heappop(self._letters)
            if arrived_s < self.world.start_s:
                self._come(arrived_s, reader, message)

    def _past_looks(self, person: Person) -> Iterator[float]:
        """Yield when the person looked at the Inbox today since Outlook was opened; an offline run had nothing new to show."""
        opened_s = person.open_since_s() if person.client.mode.connects else inf
        draws = self.world.streams.stream(f"person/{person.name}/check")
        for time_s in self._before_start(DueTimes(draws, person.habits.folder_views * person.level, self.world.shape_of(person.name))):
            if time_s >= opened_s:
                yield time_s

    def _before_start(self, times: Iterator[float]) -> Iterator[float]:
        return takewhile(lambda time_s: time_s < self.world.start_s, times)

    def _send(self, time_s: float, message: Message) -> None:
        for reader in message.recipients:
            if reader in self.world.persons:
                self._sent += 1
                heappush(self._letters, (time_s + UNDER_WAY_S, self._sent, reader, message))

    def _come(self, arrived_s: float, reader: str, message: Message) -> None:
        seen_s = next((time_s for time_s in self._looks[reader] if time_s >= arrived_s), None)
        person = self.world.persons[reader]
        if seen_s is None:
            self._leave_unread(arrived_s, reader, message)
            return
        given = answer(self.world.streams, message.name, reader, person.habits.reply_share, person.circle.community)
        if given is None:
            return
        due_s = seen_s + given.delay_s
        if due_s >= self.world.start_s:
            person.schedule_reply(due_s, given.name, message)
        else:
            self._send(due_s, self._answer(given.name, reader, message, due_s))

    def _answer(self, title: str, author: str, parent: Message, time_s: float) -> Message:
        circle, draws = self.world.contacts_of(author), self.world.streams.stream(f"message/{title}")
        size = circle.size_bytes(draws)
        recipients = circle.reply_recipients(author, parent, self.world.persons[author].habits, draws)
        return Message(title, message_id(title), parent.message, author, "reply", size, recipients, time_s)

    def _leave_unread(self, arrived_s: float, reader: str, message: Message) -> None:
        """The message lies on the reader's client, or on the server while Outlook is closed."""
        delivery = Delivery(message, reader, message.written_s, arrived_s, state="delivered")
        self.world.post.open[delivery] = None
        client = self.world.clients[reader]
        if client.is_open:
            client.mode.came_before(delivery, arrived_s)
        else:
            self.world.store_of(reader).mailbox(reader).deliver(delivery)
