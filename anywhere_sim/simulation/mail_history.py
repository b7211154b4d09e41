"""What the mail of the days before has left when a run begins, found without simulating it."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping
from heapq import heappop, heappush
from itertools import pairwise, takewhile
from math import ceil, inf
from typing import Annotated, ClassVar

from mypy_extensions import mypyc_attr

from anywhere_sim.exchange.mail_transport import MailTransport
from anywhere_sim.exchange.mailbox import Delivery, Message
from anywhere_sim.people.person import Person
from anywhere_sim.scenario.community import REPLY_DELAYS
from anywhere_sim.scenario.group import CLOSED, OFF
from anywhere_sim.scenario.quantities import DAY_S
from anywhere_sim.scenario.sources import assumed

UNDER_WAY_S: Annotated[
    float, assumed("from written to on the reader's client, both hold-offs included", 1, 120)
] = 60.0


@mypyc_attr(allow_interpreted_subclasses=True)
class MailHistory:
    """Leaves people with the unread mail and the replies due of the time before the run.

    The mail of today, and of `days` before it, has been read and replied to as in a run, from the
    same streams, but without network or servers: a message is read at the reader's first look at
    the Inbox after it has come, and its reply is due after the drawn delay; what comes due while
    Outlook is closed is written when it opens. What has not been read or written by the start is
    left for the run. The slowest replies of the measured law take five days.
    """

    days: ClassVar[int] = ceil(REPLY_DELAYS[-1][0] / 24.0)

    def __init__(
        self, start_s: float, persons: Mapping[str, Person], transport: MailTransport
    ) -> None:
        self._start_s = start_s
        self._persons = persons
        self._transport = transport
        self._under_way: list[tuple[float, int, str, Message]] = []
        self._sent = 0
        self._unread: list[tuple[float, int, Person, Message]] = []
        self._spans = {name: _open_spans(person) for name, person in persons.items()}
        self._looks = {name: sorted(self._looks_of(person)) for name, person in persons.items()}

    def replay(self) -> None:
        """Give every person what is unread, and what replies are due."""
        for person in self._persons.values():
            for arrived_s, title, reply_share in self._from_outside(person):
                if arrived_s < self._start_s:
                    self._arrive_from_outside(arrived_s, person, title, reply_share)
        for day in range(-self.days, 1):
            for due_s, name, number in sorted(self._new_messages(day)):
                self._arrive_before(due_s + UNDER_WAY_S)
                self._write(due_s, self._persons[name], f"{day}/{number}" if day else str(number))
        self._arrive_before(inf)
        for arrived_s, _, reader, message in sorted(self._unread):
            self._leave_unread(arrived_s, reader, message)

    # when people look and write

    def _open_s(self, name: str, time_s: float) -> float:
        """Return when from that time on the person has Outlook open, infinite when at no time."""
        today = time_s // DAY_S
        for midnight_s in (today * DAY_S, (today + 1) * DAY_S):
            for from_s, to_s in self._spans[name]:
                if midnight_s + to_s > time_s:
                    return max(time_s, midnight_s + from_s)
        return inf

    def _looks_of(self, person: Person) -> Iterator[float]:
        """Yield when the person has looked at the Inbox: upon opening Outlook, and when it was due.

        An offline run had nothing new to show.
        """
        client = person.client
        offline_s = (
            inf if client.mode.connects or not client.is_open else person.itinerary.open_since_s()
        )
        until_s = min(self._start_s, offline_s)
        for day in range(-self.days, 1):
            for from_s, _ in self._spans[person.name]:
                if day * DAY_S + from_s < until_s:
                    yield day * DAY_S + from_s
            for time_s in takewhile(lambda due_s: due_s < until_s, person.due_times("check", day)):
                if self._open_s(person.name, time_s) == time_s:
                    yield time_s

    def _new_messages(self, day: int) -> Iterator[tuple[float, str, int]]:
        """Yield when which new message of whom is due."""
        for name, person in self._persons.items():
            for number, time_s in enumerate(self._before_start(person.due_times("write", day)), 1):
                yield time_s, name, number

    def _before_start(self, times: Iterator[float]) -> Iterator[float]:
        return takewhile(lambda time_s: time_s < self._start_s, times)

    # what comes from outside

    def _from_outside(self, person: Person) -> Iterator[tuple[float, str, float]]:
        """Yield when what has come from outside, with the chance that it is replied to.

        There are many, and of earlier days nothing is left of most. So of those days come the ones
        that have been replied to, and the ones that are unread; bursts are only in the latter.
        """
        name, share = person.name, person.habits.reply_share
        last_look_s = self._looks[name][-1] if self._looks[name] else -inf
        for day in range(-self.days, 0):
            for number, time_s in enumerate(person.due_times("replied_outside", day), 1):
                if time_s + UNDER_WAY_S <= last_look_s:
                    yield time_s + UNDER_WAY_S, f"outside/{name}/{day}/replied/{number}", 1.0
            if (day + 1) * DAY_S + UNDER_WAY_S > last_look_s:
                for number, time_s in enumerate(person.due_times("outside", day), 1):
                    if time_s + UNDER_WAY_S > last_look_s:
                        yield time_s + UNDER_WAY_S, f"outside/{name}/{day}/{number}", share
        for number, time_s in enumerate(self._before_start(person.due_times("outside")), 1):
            yield time_s + UNDER_WAY_S, f"outside/{name}/{number}", share

    def _arrive_from_outside(
        self, arrived_s: float, reader: Person, title: str, reply_share: float
    ) -> None:
        """Let a message arrive; it is composed only if it is unread or replied to."""
        workload, looks = reader.workload, self._looks[reader.name]
        unread = not looks or looks[-1] < arrived_s
        if unread or workload.reply(title, reader.name, reply_share) is not None:
            written_s = arrived_s - UNDER_WAY_S
            message = workload.from_outside(reader.name, title, written_s)
            self._arrive(arrived_s, reader, message, reply_share)

    # the way of a message

    def _write(self, due_s: float, author: Person, number: str) -> None:
        """Send a new message when its author has Outlook open, or leave it for the run."""
        written_s = self._open_s(author.name, due_s)
        if written_s >= self._start_s:
            author.schedule_message(due_s, number)
            return
        title = f"{author.name}/{number}"
        self._send(author.workload.compose(author.name, title, None, author.habits, written_s))

    def _send(self, message: Message) -> None:
        for reader in message.recipients:
            if reader in self._persons:
                self._sent += 1
                arrives_s = message.written_s + UNDER_WAY_S
                heappush(self._under_way, (arrives_s, self._sent, reader, message))

    def _arrive_before(self, time_s: float) -> None:
        """Let what is there by then arrive.

        What is still under way at the start leaves the model.
        """
        while self._under_way and self._under_way[0][0] < time_s:
            arrived_s, _, name, message = heappop(self._under_way)
            if arrived_s < self._start_s:
                reader = self._persons[name]
                self._arrive(arrived_s, reader, message, reader.habits.reply_share)

    def _arrive(
        self, arrived_s: float, reader: Person, message: Message, reply_share: float
    ) -> None:
        """Let a message be read and replied to, or stay unread."""
        workload, looks = reader.workload, self._looks[reader.name]
        index = bisect_left(looks, arrived_s)
        if index == len(looks):
            self._unread.append((arrived_s, len(self._unread), reader, message))
            return
        reply = workload.reply(message.name, reader.name, reply_share)
        if reply is None:
            return
        reading_s = workload.reading_s(message, reader.name, reader.habits)
        due_s = looks[index] + reading_s + reply.delay_s
        written_s = self._open_s(reader.name, due_s)
        if written_s >= self._start_s:
            reader.schedule_reply(due_s, reply.name, message)
        else:
            habits = reader.habits
            self._send(workload.compose(reader.name, reply.name, message, habits, written_s))

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
    moves = [(time_s, place) for time_s, place in person.itinerary.usual_moves() if time_s < DAY_S]
    spans = pairwise([*moves, (DAY_S, OFF)])
    return [(from_s, to_s) for (from_s, place), (to_s, _) in spans if place not in CLOSED]
