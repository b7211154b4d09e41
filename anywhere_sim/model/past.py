"""What happened before a settled beginning: mail that is still unread, answers that are still due."""

from __future__ import annotations

from collections.abc import Iterator
from heapq import heappop, heappush
from itertools import takewhile
from math import inf
from typing import TYPE_CHECKING, Annotated

from anywhere_sim.model.mail.day import DueTimes
from anywhere_sim.model.mail.draw import answer
from anywhere_sim.model.mail.message import Delivery, Message, message_id
from anywhere_sim.scenario.sourced import assumed

if TYPE_CHECKING:
    from anywhere_sim.model.person import Person
    from anywhere_sim.model.world import World

UNDER_WAY_S: Annotated[float, assumed("from written to on the reader's client, both hold-offs included", 1, 120)] = 60.0


class Past:
    """Replays the streams of the day up to the start, without network or servers.

    A message is read at the reader's first look at the Inbox after it has come, if Outlook was open then; its answer, drawn
    from the same stream as in a run, is due after the same delay. What is due later is put on the agenda.
    """

    def __init__(self, world: World) -> None:
        self.world = world
        self._letters: list[tuple[float, int, str, Message]] = []
        self._sent = 0
        self._looks = {name: list(self._past_looks(person)) for name, person in world.persons.items()}

    def replay(self) -> None:
        """Leave every person with the unread mail and the agenda that the day so far has brought."""
        for name, person in self.world.persons.items():
            self._write_own(name, person)
            self._come_from_outside(name, person)
        while self._letters:
            arrived_s, _, reader, message = heappop(self._letters)
            if arrived_s < self.world.start_s:
                self._come(arrived_s, reader, message)

    def _past_looks(self, person: Person) -> Iterator[float]:
        """Yield when the person looked at the Inbox today since Outlook was opened; an offline run had nothing new to show."""
        opened_s = person.open_since_s() if person.client.mode.connects else inf
        for time_s in self._before(person, "check", person.habits.folder_views, 1.0, 0.0):
            if time_s >= opened_s:
                yield time_s

    def _before(self, person: Person, kind: str, per_day: float, burst: float, gap_s: float) -> Iterator[float]:
        draws = self.world.streams.stream(f"person/{person.name}/{kind}" if kind != "outside" else f"outside/{person.name}")
        times = DueTimes(draws, per_day * person.level, self.world.shape_of(person.name), burst, gap_s)
        return takewhile(lambda time_s: time_s < self.world.start_s, times)

    def _write_own(self, name: str, person: Person) -> None:
        community = person.circle.community
        written = self._before(person, "write", person.habits.new_messages, community.burst_messages, community.burst_gap_s)
        for number, time_s in enumerate(written, start=1):
            title = f"{name}/{number}"
            draws = self.world.streams.stream(f"message/{title}")
            size = person.circle.size_bytes(draws)
            self._send(time_s, Message(title, message_id(title), 0, name, "person", size, person.circle.recipients(name, draws), time_s))

    def _come_from_outside(self, name: str, person: Person) -> None:
        community = person.circle.community
        come = self._before(person, "outside", person.habits.outside_messages, community.burst_messages, community.burst_gap_s)
        for number, time_s in enumerate(come, start=1):
            title = f"outside/{name}/{number}"
            size = person.circle.size_bytes(self.world.streams.stream(f"message/{title}"))
            self._send(time_s, Message(title, message_id(title), 0, "outside", "outside", size, (name,), time_s))

    def _send(self, time_s: float, message: Message) -> None:
        for reader in message.recipients:
            if reader in self.world.boxes:
                self._sent += 1
                heappush(self._letters, (time_s + UNDER_WAY_S, self._sent, reader, message))

    def _come(self, arrived_s: float, reader: str, message: Message) -> None:
        seen_s = next((time_s for time_s in self._looks[reader] if time_s >= arrived_s), None)
        person = self.world.persons[reader]
        if seen_s is None:
            self._leave_unread(arrived_s, reader, message)
            return
        given = answer(self.world.streams, message.name, reader, person.habits.answer_share, person.circle.community)
        if given is None:
            return
        due_s = seen_s + given.delay_s
        if due_s >= self.world.start_s:
            person.promise(due_s, given.name, message)
        else:
            self._send(due_s, self._answer(given.name, reader, message, due_s))

    def _answer(self, title: str, author: str, parent: Message, time_s: float) -> Message:
        circle, draws = self.world.circle_of(author), self.world.streams.stream(f"message/{title}")
        size = circle.size_bytes(draws)
        recipients = circle.addressees(author, parent, self.world.persons[author].habits, draws)
        return Message(title, message_id(title), parent.message, author, "reply", size, recipients, time_s)

    def _leave_unread(self, arrived_s: float, reader: str, message: Message) -> None:
        """The message lies on the reader's client, or on the server while Outlook is closed."""
        delivery = Delivery(message, reader, message.written_s, arrived_s, state="delivered")
        self.world.post.open[delivery] = None
        client = self.world.clients[reader]
        if client.is_open:
            client.mode.came_before(delivery, arrived_s)
        else:
            self.world.boxes[reader].deliver(delivery)
