"""A person's day: where they are, what they want from Outlook, what they wait for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from heapq import heappop, heappush
from itertools import accumulate, pairwise
from math import inf, nextafter
from typing import ClassVar, Literal, NamedTuple, cast

from mypy_extensions import mypyc_attr

from anywhere_sim.des.environment import Environment, Process, Signal
from anywhere_sim.des.random_streams import Stream, Streams
from anywhere_sim.exchange.mail_transport import MailTransport
from anywhere_sim.exchange.mailbox import Delivery, Message
from anywhere_sim.outlook.client import Client
from anywhere_sim.outlook.operations import Action, Result
from anywhere_sim.people.arrivals import DueTimes, on_one_day
from anywhere_sim.people.itinerary import Itinerary
from anywhere_sim.people.mail_workload import MailWorkload, OutsideMail
from anywhere_sim.scenario.activity import Activity
from anywhere_sim.scenario.group import ASLEEP, CLOSED, OFF
from anywhere_sim.scenario.quantities import DAY_S
from anywhere_sim.traces.rows import OperationRows
from anywhere_sim.traces.words import OperationKind, State

ARRANGEMENTS = tuple(accumulate(1.0 / rank for rank in range(1, 9)))
"""Orders of the Inbox besides the usual one, the more popular first (Zipf; assumed)."""
WAITING_KINDS = ("write", "answer")  # what is still done when Outlook was closed at its time
NOT_DONE = ("failed", "cancelled")
_PER_DAY: Mapping[str, Callable[[Activity, float], float]] = {
    "check": lambda habits, level: habits.folder_views * level,
    "open_old": lambda habits, level: habits.old_items_opened * level,
    "search": lambda habits, level: habits.searches * level,
    "calendar": lambda habits, level: habits.calendar_changes * level,
    "look_up": lambda habits, level: habits.directory_look_ups * level,
    "send_receive": lambda habits, _: habits.send_receives,
    "replied_outside": lambda habits, level: habits.outside_messages * level * habits.reply_share,
    "shared_folder": lambda habits, _: habits.shared_folder_views,
}
_NOTHING = (inf, 0, "", None, None)


class _Operation(NamedTuple):
    """What the person waits for now: the action, since when, in which state and place it began."""

    action: Action
    start_s: float
    state: State
    place_name: str


@mypyc_attr(allow_interpreted_subclasses=True)
class Person:
    """One person: an agenda of things that come due, an itinerary, and Outlook.

    An entry of the agenda: when, in which order, what, about what, when the same is due again.
    """

    itinerary_type: ClassVar[type[Itinerary]] = Itinerary
    __slots__ = (
        "_agenda", "_arrangements", "_cancelled", "_done_until_s", "_drafts", "_draws", "_entries",
        "_expects_mail", "_leaving", "_next_place", "_opened_s", "_operation", "_operations",
        "_postponed", "_reading", "_start_s", "_streams", "_transport", "_wakeup", "_will_look",
        "_written", "client", "env", "habits", "itinerary", "level", "name", "workload",
    )  # fmt: skip

    def __init__(
        self,
        env: Environment,
        client: Client,
        level: float,
        workload: MailWorkload,
        transport: MailTransport,
        streams: Streams,
        operations: OperationRows,
    ) -> None:
        self.env = env
        self.client = client
        self.name = client.mailbox_name
        self.habits = client.group.habits
        self.level = 1.0 if self.habits.even_hours else level
        self.workload = workload
        self._transport = transport
        self._streams = streams
        self._operations = operations
        self._start_s = self._done_until_s = env.now
        self._agenda: list[tuple[float, int, str, object, Iterator[float] | None]] = []
        self._entries = 0
        self._written = 0
        self._wakeup = Signal(env)
        self._opened_s = -inf
        self._will_look = self._expects_mail = self._leaving = False
        self._next_place = OFF
        self._drafts: tuple[Message, ...] = ()
        self._cancelled: tuple[Message, ...] = ()
        self._postponed: tuple[tuple[str, object], ...] = ()
        self._operation: _Operation | None = None
        self._reading: tuple[Delivery, float] | None = None
        self.itinerary = self.itinerary_type(client.group, streams, self.name, env.now)
        self._draws = streams.stream(f"person/{self.name}")
        self._arrangements = streams.stream(f"arrangements/{self.name}")
        client.on_change = self.wake

    # where the person is

    def begin(self) -> None:
        """Let the day run from now on."""
        self._plan_moves(int(self._start_s // DAY_S) if self.client.group.days else 0)
        self._fill_agenda()
        self.env.process(self._work())

    def _plan_moves(self, day: int) -> None:
        """Plan the moves of a day, and those of the next one when it begins."""
        for time_s, place in self.itinerary.moves(day):
            if time_s > self._start_s:
                self.env.call_at(time_s, partial(self._go, place))
        if self.client.group.days:
            self.env.call_at((day + 1) * DAY_S, partial(self._plan_moves, day + 1))

    def _go(self, place: str) -> None:
        self._next_place = place
        if place == ASLEEP:
            self.client.sleep()
        elif place == OFF:
            if self._leaving:
                return
            if self.client.is_open or self.client.asleep:
                self.env.process(self._leave())
            else:
                self.client.stay_closed()
        elif self.client.is_open:
            self.client.move(place)
        else:
            self.launch(place)

    def launch(self, place: str) -> None:
        """Open Outlook, or the lid; the first thing is a look at the Inbox."""
        self._opened_s = self.env.now
        self._will_look = self._expects_mail = True
        (self.client.awake if self.client.asleep else self.client.launch)(place)
        self.wake()

    def wake(self) -> None:
        """Outlook is there, or has a connection, or it is time: see what can be done now."""
        wakeup, self._wakeup = self._wakeup, Signal(self.env)
        wakeup.succeed()

    def _leave(self) -> Process:
        """Close Outlook, which may take a while, and open it where the person has gone since."""
        self._leaving = True
        yield from self.client.mode.exits()
        self.client.quit()
        self._leaving = False
        if self._next_place not in CLOSED:
            self.launch(self._next_place)

    # what the person wants

    def due_times(self, kind: str, day: int = 0) -> Iterator[float]:
        """Return the rising times at which a kind of action is due, or mail is written or comes.

        Day 0 is the one on which the run starts, and is followed by the next ones. An earlier day
        (-1 the day before) has streams of its own and ends at its midnight.
        """
        stream = f"outside/{self.name}" if kind == "outside" else f"person/{self.name}/{kind}"
        if day == 0:
            return self._due_times(kind, stream)
        return on_one_day(self._due_times(kind, f"{stream}/day{day}"), day * DAY_S)

    def _due_times(self, kind: str, stream: str) -> Iterator[float]:
        habits, level = self.habits, self.level
        if kind == "write":
            return self.workload.times(stream, habits.new_messages * level, habits)
        if kind == "outside":
            return self.workload.times(stream, habits.outside_messages * level, habits)
        per_day = _PER_DAY[kind](habits, level)
        return DueTimes(self._streams.stream(stream), per_day, self.workload.shape_of_day(habits))

    def outside_mail(self) -> OutsideMail:
        """Return what comes from outside for this person."""
        times = self.due_times("outside")
        return OutsideMail(self.name, times, self.workload, self._transport)

    def schedule_message(self, due_s: float, number: str) -> None:
        """Put a new message of that number on the agenda; a time before now is due at once."""
        self._add(due_s, "write", number, None)

    def schedule_reply(self, due_s: float, name: str, parent: Message) -> None:
        """Put a reply on the agenda."""
        self._add(due_s, "answer", (name, parent), None)

    def schedule_reading(self, delivery: Delivery, from_s: float, until_s: float) -> None:
        """Be in the middle of a message at the start, and stay with it until that time.

        What has come due since `from_s`, when the first of the messages that have been read without
        a pause was begun, has not been done yet.
        """
        self._reading = delivery, until_s
        self._done_until_s = nextafter(from_s, inf)  # the look itself has been done

    def _fill_agenda(self) -> None:
        kinds = ["check", "open_old", "search", "calendar", "look_up", "shared_folder"]
        if self.client.mode.sends_and_receives:
            kinds.append("send_receive")
        for kind in (*kinds, "write"):
            self._plan_next(kind, self.due_times(kind))

    def _plan_next(self, kind: str, times: Iterator[float]) -> None:
        """Put the next occurrence of a kind on the agenda; what lies before it is done.

        What was to be written before the start, and has not been, is put there on its own.
        """
        from_s = self._start_s if kind == "write" else self._done_until_s
        for time_s in times:
            if kind == "write":
                self._written += 1
            if time_s >= from_s:
                self._add(time_s, kind, self._written, times)
                return

    def _add(self, due_s: float, kind: str, about: object, times: Iterator[float] | None) -> None:
        self._entries += 1
        heappush(self._agenda, (due_s, self._entries, kind, about, times))

    def _work(self) -> Process:
        """Do what is due, one thing after the other.

        What came due while Outlook was closed is left, but for what is to be written: that waits
        until Outlook is open and there is something to work on. One look at the Inbox after the
        launch, as soon as there is something to see, makes up for the looks; a second one where the
        first could only show the copy, as soon as what had waited on the server has come.
        """
        if self._reading is not None:
            yield from self._go_on_reading(*self._reading)
        while True:
            if self.client.is_open and self.client.mode.ready:
                yield from self._catch_up()
            due_s, _, kind, about, times = self._agenda[0] if self._agenda else _NOTHING
            closed = not self.client.is_open
            if due_s > self.env.now or (closed and kind in WAITING_KINDS):
                alarm = self.env.call_at(due_s, self.wake) if self.env.now < due_s < inf else None
                yield self._wakeup
                if alarm is not None:
                    alarm.cancel()
                continue
            heappop(self._agenda)
            if times is not None:
                self._plan_next(kind, times)
            if kind in WAITING_KINDS and self.postpones(due_s):
                self._postponed += ((kind, about),)
            elif kind in WAITING_KINDS or not (closed or due_s < self._opened_s):
                yield from self._do(kind, about)

    def postpones(self, due_s: float) -> bool:
        """Return whether what is to be written, due at that time, waits for a connection.

        So while an Outlook opened later has nothing to work on yet. What comes due then is tried.
        """
        return due_s < self._opened_s and not self.client.mode.ready

    def _catch_up(self) -> Process:
        """Look at the Inbox after a launch; write what was postponed; send what could not be sent.

        All of it only as long as it works.
        """
        if self._will_look or (self._expects_mail and any(self._new_mail())):
            self._will_look = False
            yield from self._check()
        while self._postponed and self.client.is_open and self.client.mode.ready:
            (kind, about), *later = self._postponed
            self._postponed = tuple(later)
            yield from self._do(kind, about)
        while self._drafts and self.client.is_open and self.client.mode.ready:
            draft, *others = self._drafts
            self._drafts = tuple(others)
            if not (yield from self._send(draft)):
                return

    def _do(self, kind: str, about: object) -> Process:
        if kind == "check":
            self._expects_mail = False
            yield from self._check()
            self._drafts += self._cancelled
            self._cancelled = ()
        elif kind == "write":
            yield from self._send(self._write(f"{self.name}/{about}", None))
        elif kind == "answer":
            name, parent = cast("tuple[str, Message]", about)
            yield from self._send(self._write(name, parent))
        elif kind == "open_old":
            yield from self._act(self._old_item())
        else:
            yield from self._act(Action(cast("OperationKind", kind)))

    def _old_item(self) -> Action:
        """Return the opening of an old item: how large, where, how far to scroll."""
        contacts, draws, habits = self.workload.contacts, self._draws, self.habits
        body_bytes = contacts.body_bytes(contacts.size_bytes(draws))
        elsewhere = draws.bernoulli(habits.old_elsewhere_share)
        screens = int(draws.exponential(habits.screens_scrolled)) if habits.screens_scrolled else 0
        return Action("open_old", size_bytes=body_bytes, elsewhere=elsewhere, screens=screens)

    def _write(self, name: str, parent: Message | None) -> Message:
        message = self.workload.compose(self.name, name, parent, self.habits, self.env.now)
        self._transport.register(message)
        return message

    def _send(self, message: Message) -> Process:
        """Send a message; the value is whether it went.

        If not, it stays on the screen and is sent when there is a connection, or, cancelled, at the
        next look at the Inbox. Each try is an operation, which the person waits for.
        """
        action = Action("send", message=message, size_bytes=message.size_bytes)
        result = yield from self._act(action)
        if result.outcome in NOT_DONE and message.waits:
            if result.outcome == "cancelled":
                self._cancelled = (message, *self._cancelled)
            else:
                self._drafts = (message, *self._drafts)
        return result.outcome == "done"

    def _check(self) -> Process:
        """Look at the Inbox and read what is new."""
        yield from self._act(Action("view_folder", arrangement=self._arrangement()))
        yield from self._read_new()

    def _go_on_reading(self, delivery: Delivery, until_s: float) -> Process:
        """Finish the message that was begun before the run, and read what else is new."""
        yield self.env.timeout(until_s - self.env.now)
        yield from self._triage(delivery)
        yield from self._read_new()

    def _read_new(self) -> Process:
        """Read what is new, one message after the other."""
        while self.client.is_open:
            delivery = next(self._new_mail(), None)
            if delivery is None:
                return
            self._expects_mail = False
            size_bytes = delivery.message.size_bytes
            result = yield from self._act(Action("read", delivery, size_bytes=size_bytes))
            if result.outcome in NOT_DONE:
                return
            if result.outcome == "waiting":
                delivery.looked_at = True
                continue
            self.client.copy.read(delivery)
            self._transport.seen(delivery)
            yield from self._look_closer(delivery)
            reading_s = self.workload.reading_s(delivery.message, self.name, self.habits)
            yield self.env.timeout(reading_s)
            yield from self._triage(delivery)

    def _new_mail(self) -> Iterator[Delivery]:
        """Return what the person sees and has not read, oldest first."""
        return filter(self._worth_reading, self.client.mode.unread())

    def _arrangement(self) -> str:
        """Return the order in which the Inbox is looked at: mostly the usual one."""
        if not self._arrangements.bernoulli(self.habits.arrangement_share):
            return ""
        return f"by{self._arrangements.weighted(ARRANGEMENTS)}"

    def arrangements_in_use(self, aging_s: float) -> Iterator[tuple[str, float]]:
        """Yield the arrangements of the Inbox that were used in the time before, and how many
        seconds ago each was last.
        """
        per_day = self.habits.folder_views * self.level * self.habits.arrangement_share
        total = ARRANGEMENTS[-1]
        for number, (low, high) in enumerate(pairwise((0.0, *ARRANGEMENTS))):
            rate = per_day * (high - low) / total
            ago_s = self._arrangements.exponential(DAY_S / rate) if rate else inf
            if ago_s < aging_s:
                yield f"by{number}", ago_s

    def _worth_reading(self, delivery: Delivery) -> bool:
        """Return whether there is more to see than a header: a body that is here or can be got."""
        client = self.client
        return not delivery.looked_at or client.copy.has_body(delivery) or client.has("mail")

    def _look_closer(self, delivery: Delivery) -> Process:
        """Open some messages in a window, and some attachments."""
        draws = self._streams.stream(f"window/{delivery.message.name}/{self.name}")
        window, attachment = draws.uniform(), draws.uniform()
        if window < self.habits.opened_in_window_share:
            yield from self._act(Action("open_window", delivery))
        if delivery.message.attachment_bytes and attachment < self.habits.attachment_opened_share:
            yield from self._act(Action("open_attachment", delivery))

    def _triage(self, delivery: Delivery) -> Process:
        """Reply later, move, delete: drawn from a stream that the message and its reader name."""
        message = delivery.message
        reply = self.workload.reply(message.name, self.name, self.habits.reply_share)
        if reply is not None:
            self.schedule_reply(self.env.now + reply.delay_s, reply.name, message)
        draws = self._streams.stream(f"fate/{message.name}/{self.name}")
        share = draws.uniform()
        kind = self._fate(share)
        if kind is not None:
            yield from self._act(Action(kind, delivery, next_bytes=self._next_bytes(draws)))

    def _fate(self, share: float) -> Literal["delete", "move"] | None:
        """Return what is done with a message: deleted, moved, or left."""
        if share < self.habits.delete_share:
            return "delete"
        return "move" if share < self.habits.delete_share + self.habits.move_share else None

    def _next_bytes(self, draws: Stream) -> int:
        """Return the body of the item that the reading pane shows instead, 0 if it shows none."""
        shows, contacts = draws.bernoulli(self.habits.next_item_share), self.workload.contacts
        return contacts.body_bytes(contacts.size_bytes(draws)) if shows else 0

    # operations

    def _act(self, action: Action) -> Process:
        """Ask Outlook for something and wait; the row of the operation is written when it ends."""
        client = self.client
        while client.asleep:
            yield self._wakeup
        action.operation_id = self._operations.next_id()
        self._operation = _Operation(action, self.env.now, client.state, client.place_name)
        result = client.mode.checked((yield from client.mode.perform(action)), action)
        self._record(result)
        return result

    @property
    def operation_id(self) -> int:
        """The id of the operation under way, 0 when there is none."""
        return self._operation.action.operation_id if self._operation else 0

    def record_unfinished(self) -> None:
        """Write the row of the operation that the end of the run cuts off, if there is one."""
        if self._operation is not None:
            self._record(Result("none", "unfinished"))

    def _record(self, result: Result) -> None:
        """Write the row of the operation, which ends now."""
        assert self._operation is not None
        (action, start_s, state, place_name), self._operation = self._operation, None
        self._operations.row(
            operation=action.operation_id, connection=result.connection_id, mailbox=self.name,
            group=self.client.group_name, kind=action.kind, place=place_name, start_s=start_s,
            wait_s=self.env.now - start_s, served_by=result.served_by, rpcs=result.rpcs,
            rops=result.rops, bytes=result.bytes, outcome=result.outcome, state=state,
        )  # fmt: skip
