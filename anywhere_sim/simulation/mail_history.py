"""What the mail of the days before has left when a run begins, found without simulating it."""

from __future__ import annotations

from array import array
from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from math import ceil, inf
from operator import itemgetter
from typing import Annotated, Any, ClassVar, Final, Literal

from mypy_extensions import mypyc_attr

from anywhere_sim.exchange.mail_transport import MailTransport
from anywhere_sim.exchange.mailbox import Delivery, Message
from anywhere_sim.people.mail_workload import Reply
from anywhere_sim.people.person import Person
from anywhere_sim.scenario.community import REPLY_DELAYS
from anywhere_sim.scenario.group import CLOSED, OFF
from anywhere_sim.scenario.quantities import DAY_S
from anywhere_sim.scenario.sources import assumed

UNDER_WAY_S: Annotated[
    float, assumed("from written to on the reader's client, both hold-offs included", 1, 120)
] = 60.0
MINUTE_S: Final = 60.0
DAY_MINUTES: Final = 24 * 60
NEVER_S: Final = inf


@mypyc_attr(acyclic=True)
class _Session:
    """When a person has looked at the Inbox, and when they read what they found there.

    Messages are read one after the other in the session of Outlook that is open at the start, which
    was opened at `opened_s` (infinite where it is closed). The last row of messages without a pause
    is read from `busy_from_s` to `busy_until_s`. In earlier sessions each is read at the look.
    `spans` are from when to when Outlook is open on a day, in s since midnight. `reading_begins_s`
    is asked in order of time, so the next look is found from the last one.
    """

    __slots__ = (
        "_look", "_next_look_s", "_open_from_s", "_open_to_s", "busy_from_s", "busy_until_s",
        "looks", "opened_s", "person", "reply_share", "spans",
    )  # fmt: skip

    def __init__(
        self,
        person: Person,
        spans: list[tuple[float, float]],
        looks: Iterable[float],
        opened_s: float,
    ) -> None:
        self.person = person
        self.reply_share = person.habits.reply_share
        self.spans = spans
        self.looks = array("d", looks)
        self._look = -1
        self._next_look_s = self._open_from_s = self._open_to_s = -NEVER_S
        self.opened_s = opened_s
        self.busy_from_s = self.busy_until_s = -NEVER_S

    def last_look_before_it_s(self) -> float:
        """Return when the last look of an earlier session was; minus infinity without one."""
        index = bisect_left(self.looks, self.opened_s)
        return self.looks[index - 1] if index else -NEVER_S

    def reading_begins_s(self, arrived_s: float) -> float:
        """Return when what has arrived begins to be read; infinite when not before the start."""
        if arrived_s <= self.busy_until_s:
            return self.busy_until_s
        while self._next_look_s < arrived_s:
            self._look += 1
            there_is_one = self._look < len(self.looks)
            self._next_look_s = self.looks[self._look] if there_is_one else NEVER_S
        return self._next_look_s

    def read(self, begins_s: float, reading_s: float) -> None:
        """Stay with a message for so long."""
        if begins_s > self.busy_until_s:
            self.busy_from_s = begins_s
        self.busy_until_s = begins_s + reading_s

    def written_s(self, due_s: float) -> float:
        """Return when Outlook is open and its user reads nothing, from that time on."""
        if not self._open_from_s <= due_s < self._open_to_s:
            self._open_from_s, self._open_to_s = _open_span(self.spans, due_s)
        time_s = max(due_s, self._open_from_s)
        return self.busy_until_s if self.busy_from_s <= time_s < self.busy_until_s else time_s


_Kind = Literal["comes", "from_outside", "replied_outside", "reply", "write"]
_Entry = tuple[Any, ...]
"""What happens: when, a `_Kind`, to whose `_Session`, under what title, about which Message.

It is somebody's turn to `write` or to `reply`, or a message `comes` for them. One from outside is
composed when it comes, if it matters. Compiled code would unpack a tuple of types at each look.
"""


_TIME: Final = itemgetter(0)


@mypyc_attr(allow_interpreted_subclasses=True)
class MailHistory:
    """Leaves people with the unread mail and the replies due of the time before the run.

    The mail of today, and of `days` before it, has been read and replied to as in a run, from the
    same streams, but without network or servers: a message is read at the reader's first look at
    the Inbox after it has come, and its reply is due after the drawn delay; what comes due while
    Outlook is closed is written when it opens. Who has Outlook open at the start reads the messages
    of this session one after the other, and may be in the middle of one then: the rest of its time,
    what is still unread, and all that has come due since the first of them are left for the run, as
    is what has not been written. The slowest replies of the measured law take five days.
    """

    days: ClassVar[int] = ceil(REPLY_DELAYS[-1][0] / 24.0)

    def __init__(
        self, start_s: float, persons: Mapping[str, Person], transport: MailTransport
    ) -> None:
        self._start_s = start_s
        self._transport = transport
        self._minutes: dict[int, list[_Entry]] = {}
        self._minute = 0
        self._present: list[_Entry] = []  # of this minute, in order
        self._played = 0  # so many of them have happened
        self._unread: list[tuple[float, int, Person, Message]] = []
        self._sessions = {name: self._session_of(person) for name, person in persons.items()}

    def replay(self) -> None:
        """Give every person what is unread, what they are reading, and what replies are due."""
        for day in range(-self.days, 1):
            for session in self._sessions.values():
                for arrived_s, kind, title in self._from_outside(session, day):
                    if arrived_s < self._start_s:
                        self._at(arrived_s, kind, session, title)
                written = session.person.due_times("write", day)
                for number, due_s in enumerate(written, 1):
                    if due_s >= self._start_s:
                        break
                    title = f"{day}/{number}" if day else str(number)
                    self._at(due_s, "write", session, title)
            for minute in range(day * DAY_MINUTES, (day + 1) * DAY_MINUTES):
                self._play(minute)
        for minute in sorted(self._minutes):
            self._play(minute)
        for arrived_s, _, reader, message in sorted(self._unread):
            self._leave_unread(arrived_s, reader, message)

    def _at(
        self,
        time_s: float,
        kind: _Kind,
        session: _Session,
        title: str = "",
        about: Message | None = None,
    ) -> None:
        """Let something happen at a time; what is due together happens in this order."""
        entry: _Entry = (time_s, kind, session, title, about)
        minute = int(time_s // MINUTE_S)
        if minute == self._minute:
            insort(self._present, entry, self._played, key=_TIME)
            return
        later = self._minutes.get(minute)
        if later is None:
            self._minutes[minute] = [entry]
        else:
            later.append(entry)

    def _play(self, minute: int) -> None:
        """Let happen what is due in a minute, and what comes of it in the same minute."""
        self._minute, self._played = minute, 0
        self._present = present = sorted(self._minutes.pop(minute, ()), key=_TIME)
        while self._played < len(present):
            entry = present[self._played]
            self._played += 1
            at_s: float = entry[0]
            kind: _Kind = entry[1]
            session: _Session = entry[2]
            title: str = entry[3]
            about: Message | None = entry[4]
            if kind == "from_outside":
                self._arrive_from_outside(at_s, session, title, session.reply_share)
            elif kind == "replied_outside":
                self._arrive_from_outside(at_s, session, title, 1.0)
            elif about is None:
                self._write(at_s, session, title)
            elif kind == "reply":
                self._reply(at_s, session, title, about)
            else:
                self._arrive(at_s, session, about)

    # when people look and write

    def _session_of(self, person: Person) -> _Session:
        """Return the looks of a person, and the session that the start finds open and at work."""
        at_work = person.client.is_open and person.client.mode.ready
        opened_s = person.itinerary.open_since_s() if at_work else inf
        spans = _open_spans(person)
        return _Session(person, spans, sorted(self._looks_of(person, spans)), opened_s)

    def _looks_of(self, person: Person, spans: list[tuple[float, float]]) -> Iterator[float]:
        """Yield when the person has looked at the Inbox: upon opening Outlook, and when it was due.

        An offline run had nothing new to show.
        """
        client = person.client
        offline_s = (
            inf if client.mode.connects or not client.is_open else person.itinerary.open_since_s()
        )
        until_s = min(self._start_s, offline_s)
        for day in range(-self.days, 1):
            for from_s, _ in spans:
                if day * DAY_S + from_s < until_s:
                    yield day * DAY_S + from_s
            for time_s in person.due_times("check", day):
                if time_s >= until_s:
                    break
                if _open_span(spans, time_s)[0] <= time_s:
                    yield time_s

    # what comes from outside

    def _from_outside(self, session: _Session, day: int) -> Iterator[tuple[float, _Kind, str]]:
        """Yield when what has come from outside on a day, under what title.

        There are many, and of earlier sessions nothing is left of most. So of those come the ones
        that have been replied to; what came later comes whole, and bursts are only in that.
        """
        person = session.person
        name = person.name
        if day == 0:
            for number, time_s in enumerate(person.due_times("outside"), 1):
                if time_s >= self._start_s:
                    return
                yield time_s + UNDER_WAY_S, "from_outside", f"outside/{name}/{number}"
            return
        last_look_s = session.last_look_before_it_s()
        for number, time_s in enumerate(person.due_times("replied_outside", day), 1):
            if time_s + UNDER_WAY_S <= last_look_s:
                title = f"outside/{name}/{day}/replied/{number}"
                yield time_s + UNDER_WAY_S, "replied_outside", title
        if (day + 1) * DAY_S + UNDER_WAY_S > last_look_s:
            for number, time_s in enumerate(person.due_times("outside", day), 1):
                if time_s + UNDER_WAY_S > last_look_s:
                    yield time_s + UNDER_WAY_S, "from_outside", f"outside/{name}/{day}/{number}"

    def _arrive_from_outside(
        self, arrived_s: float, session: _Session, title: str, reply_share: float
    ) -> None:
        """Let a message arrive; one of an earlier session is composed only if it is replied to."""
        reader, reply = session.person, None
        begins_s = session.reading_begins_s(arrived_s)
        if begins_s < session.opened_s:
            reply = reader.workload.reply(title, reader.name, reply_share)
            if reply is None:
                return
        written_s = arrived_s - UNDER_WAY_S
        message = reader.workload.from_outside(reader.name, title, written_s)
        if reply is None:
            self._find(arrived_s, begins_s, session, message, reply_share)
        else:
            self._read_earlier(begins_s, session, message, reply)

    # the way of a message

    def _write(self, due_s: float, session: _Session, number: str) -> None:
        """Send a new message when its author has time for it, or leave it for the run."""
        author, written_s = session.person, session.written_s(due_s)
        if written_s >= self._start_s:
            author.schedule_message(due_s, number)
            return
        title = f"{author.name}/{number}"
        self._send(author.workload.compose(author.name, title, None, author.habits, written_s))

    def _reply(self, due_s: float, session: _Session, title: str, parent: Message) -> None:
        """Send a reply when its author has time for it, or leave it for the run."""
        author, written_s = session.person, session.written_s(due_s)
        if written_s >= self._start_s:
            author.schedule_reply(due_s, title, parent)
            return
        self._send(author.workload.compose(author.name, title, parent, author.habits, written_s))

    def _send(self, message: Message) -> None:
        for name in message.recipients:
            reader = self._sessions.get(name)
            arrives_s = message.written_s + UNDER_WAY_S
            if reader is not None and arrives_s < self._start_s:  # else it leaves the model
                self._at(arrives_s, "comes", reader, about=message)

    def _arrive(self, arrived_s: float, session: _Session, message: Message) -> None:
        """Let a message of the site be read and replied to, be read at the start, or stay unread.

        Of what was read in an earlier session without a reply, nothing is left.
        """
        reader = session.person
        begins_s = session.reading_begins_s(arrived_s)
        if begins_s >= session.opened_s:
            self._find(arrived_s, begins_s, session, message, session.reply_share)
            return
        reply = reader.workload.reply(message.name, reader.name, session.reply_share)
        if reply is not None:
            self._read_earlier(begins_s, session, message, reply)

    def _read_earlier(
        self, begins_s: float, session: _Session, message: Message, reply: Reply
    ) -> None:
        """Let a message be read in an earlier session, and the reply be due."""
        reader = session.person
        ends_s = begins_s + reader.workload.reading_s(message, reader.name, reader.habits)
        self._at(ends_s + reply.delay_s, "reply", session, reply.name, message)

    def _find(
        self,
        arrived_s: float,
        begins_s: float,
        session: _Session,
        message: Message,
        reply_share: float,
    ) -> None:
        """Let a message be read in the session of the start, or stay unread."""
        reader = session.person
        workload = reader.workload
        if begins_s >= self._start_s:
            self._unread.append((arrived_s, len(self._unread), reader, message))
            return
        ends_s = begins_s + workload.reading_s(message, reader.name, reader.habits)
        session.read(begins_s, ends_s - begins_s)
        if ends_s > self._start_s:
            self._leave_reading(message, session)
            return
        reply = workload.reply(message.name, reader.name, reply_share)
        if reply is not None:
            self._at(ends_s + reply.delay_s, "reply", session, reply.name, message)

    def _leave_reading(self, message: Message, session: _Session) -> None:
        """The reader is in the middle of a message at the start."""
        reader = session.person
        delivery = Delivery(message, reader.name, message.written_s, state="seen")
        reader.schedule_reading(delivery, session.busy_from_s, session.busy_until_s)

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


def _open_span(spans: list[tuple[float, float]], time_s: float) -> tuple[float, float]:
    """Return from when to when Outlook is open, at that time or next; infinite when at no time."""
    midnight_s = time_s // DAY_S * DAY_S
    for _ in range(2):
        for from_s, to_s in spans:
            if midnight_s + to_s > time_s:
                return midnight_s + from_s, midnight_s + to_s
        midnight_s += DAY_S
    return NEVER_S, NEVER_S
