"""A person's day: where they are, what they want from Outlook, what they wait for."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from heapq import heappop, heappush
from math import inf
from typing import TYPE_CHECKING, Annotated, cast

from anywhere_sim.des.environment import Process
from anywhere_sim.des.random_streams import Stream
from anywhere_sim.exchange.message import Delivery, Message
from anywhere_sim.outlook.modes.action import Action, Result
from anywhere_sim.people.arrivals import Bursts, DueTimes
from anywhere_sim.scenario.group import OFF
from anywhere_sim.scenario.sourced import assumed

if TYPE_CHECKING:
    from anywhere_sim.outlook.client import Client
    from anywhere_sim.simulation.site import SiteModel

READING_S: Annotated[float, assumed("time with a message before the next thing", 5, 60)] = 20.0
WAITING_KINDS = ("write", "answer")  # what is still done when Outlook was closed at its time
_NOTHING = (inf, 0, "", None, None)


class Person:
    """One person: an agenda of things that come due, an itinerary, and Outlook.

    An entry of the agenda says when, in which order, what, about what, and when the same is due again, if it is.
    """

    __slots__ = (
        "_agenda", "_drafts", "_draws", "_entries", "_news", "_opened_s", "_will_look", "_written", "circle", "client", "env", "habits",
        "level", "name", "world",
    )  # fmt: skip

    def __init__(self, world: SiteModel, client: Client, level: float) -> None:
        self.world = world
        self.env = world.env
        self.client = client
        self.name = client.mailbox
        self.level = level
        self.habits = client.group.habits
        self.circle = world.contacts_of(self.name)
        self._agenda: list[tuple[float, int, str, object, Iterator[float] | None]] = []
        self._entries = 0
        self._written = 0
        self._news = world.env.event()
        self._opened_s = -inf
        self._will_look = False
        self._drafts: list[Message] = []
        self._draws = world.streams.stream(f"person/{self.name}")

    def moves(self) -> list[tuple[float, str]]:
        """Return when the person is where: the group's itinerary, shifted for this person, still in order."""
        spread_s = self.client.group.itinerary_spread_s
        shift_s = (self.world.streams.stream(f"itinerary/{self.name}").uniform() - 0.5) * spread_s
        return [(max(0.0, time_s + shift_s), place) for time_s, place in self.client.group.itinerary]

    def begin(self, *, settled: bool) -> None:
        """Put the person where the itinerary says, and let the day run."""
        start_s = self.world.start_s
        moves = self.moves()
        before = [place for time_s, place in moves if time_s <= start_s]
        if before and before[-1] != OFF:
            if settled:
                self.client.launch_settled(before[-1])
            else:
                self._launch(before[-1])
        for time_s, place in moves:
            if time_s > start_s:
                self.env.call_at(time_s, partial(self._go, place))
        self._fill_agenda()
        self.env.process(self._work())

    def open_since_s(self) -> float:
        """Return when Outlook was opened for the run in which it is at the start; infinite when it is closed then."""
        opened_s = float("inf")
        for time_s, place in self.moves():
            if time_s <= self.world.start_s:
                opened_s = float("inf") if place == OFF else min(opened_s, time_s)
        return opened_s

    def schedule_reply(self, due_s: float, name: str, parent: Message) -> None:
        """Put an answer on the agenda."""
        self._add(due_s, "answer", (name, parent), None)

    def _go(self, place: str) -> None:
        if place == OFF:
            if self.client.is_open:
                self.env.process(self._leave())
        elif self.client.is_open:
            self.client.move(place)
        else:
            self._launch(place)

    def _launch(self, place: str) -> None:
        """Open Outlook; the first thing is a look at the Inbox."""
        self._opened_s = self.env.now
        self._will_look = True
        self.client.launch(place)
        self.hear()

    def hear(self) -> None:
        """Outlook is there, or has a connection, or it is time: see what can be done now."""
        news, self._news = self._news, self.env.event()
        news.succeed()

    def _leave(self) -> Process:
        yield from self.client.mode.exits()
        self.client.quit()

    def _fill_agenda(self) -> None:
        habits, shape = self.habits, self.world.shape_of(self.name)
        rates = {
            "check": habits.folder_views, "open_old": habits.old_items_opened, "search": habits.searches,
            "calendar": habits.calendar_changes, "look_up": habits.directory_look_ups,
        }  # fmt: skip
        for kind, per_day in rates.items():
            self._plan_next(kind, DueTimes(self._draws_of(kind), per_day * self.level, shape))
        if self.client.group.mode == "offline_ost":
            self._plan_next("send_receive", DueTimes(self._draws_of("send_receive"), habits.send_receives, shape))
        self._plan_next("write", Bursts(self._draws_of("write"), habits.new_messages * self.level, shape, self.circle.community))

    def _draws_of(self, kind: str) -> Stream:
        return self.world.streams.stream(f"person/{self.name}/{kind}")

    def _plan_next(self, kind: str, times: Iterator[float]) -> None:
        """Put the next occurrence of a kind on the agenda; what lies before the start has been done."""
        for time_s in times:
            if kind == "write":
                self._written += 1
            if time_s >= self.world.start_s:
                self._add(time_s, kind, self._written, times)
                return

    def _add(self, due_s: float, kind: str, about: object, times: Iterator[float] | None) -> None:
        self._entries += 1
        heappush(self._agenda, (due_s, self._entries, kind, about, times))

    def _work(self) -> Process:
        """Do what is due, one thing after the other.

        What came due while Outlook was closed is left, but for what is to be written: that waits. One look at the Inbox after
        the launch, as soon as there is something to see, makes up for the looks.
        """
        while True:
            if self.client.is_open and self.client.mode.ready:
                yield from self._catch_up()
            due_s, _, kind, about, times = self._agenda[0] if self._agenda else _NOTHING
            closed = not self.client.is_open
            if due_s > self.env.now or (closed and kind in WAITING_KINDS):
                alarm = self.env.call_at(due_s, self.hear) if self.env.now < due_s < inf else None
                yield self._news
                if alarm is not None:
                    alarm.cancel()
                continue
            heappop(self._agenda)
            if times is not None:
                self._plan_next(kind, times)
            if kind in WAITING_KINDS or not (closed or due_s < self._opened_s):
                yield from self._do(kind, about)

    def _catch_up(self) -> Process:
        """Look at the Inbox after a launch; send what could not be sent, until it fails again."""
        if self._will_look:
            self._will_look = False
            yield from self._check()
        while self._drafts and self.client.is_open and self.client.mode.ready:
            if not (yield from self._send(self._drafts.pop(0))):
                return

    def _do(self, kind: str, about: object) -> Process:
        if kind == "check":
            yield from self._check()
        elif kind == "write":
            yield from self._send(self.world.post.write(self.name, f"{self.name}/{about}", None))
        elif kind == "answer":
            name, parent = cast("tuple[str, Message]", about)
            yield from self._send(self.world.post.write(self.name, name, parent))
        elif kind == "open_old":
            yield from self._act(Action("open_old", size_bytes=self.circle.size_bytes(self._draws)))
        else:
            yield from self._act(Action(kind))

    def _send(self, message: Message) -> Process:
        """Send a message; the value is whether it went. If not, it stays on the screen and is sent when there is a connection.

        Each try is an operation, since the person does and waits for each; how long the message waited is between its
        `written_s` and `sent_s`.
        """
        result = yield from self._act(Action("send", message=message, size_bytes=message.size_bytes))
        if result.outcome == "failed" and message.waits:
            self._drafts.insert(0, message)
        return result.outcome == "done"

    def _check(self) -> Process:
        """Look at the Inbox and read what is new."""
        yield from self._act(Action("view_folder"))
        while self.client.is_open:
            delivery = next(filter(self._worth_reading, self.client.mode.unread()), None)
            if delivery is None:
                return
            result = yield from self._act(Action("read", delivery, size_bytes=delivery.message.size_bytes))
            if result.outcome == "failed":
                return
            if result.outcome == "waiting":
                delivery.looked_at = True
                continue
            self.client.copy.read(delivery)
            self.world.post.seen(delivery)
            yield self.env.timeout(READING_S)
            yield from self._triage(delivery)

    def _worth_reading(self, delivery: Delivery) -> bool:
        """Whether there is more to see than a header that has been seen: the body has come, or can be fetched."""
        return not delivery.looked_at or self.client.copy.has_body(delivery) or self.client.has("mail")

    def _triage(self, delivery: Delivery) -> Process:
        """Answer later, move, delete: drawn from a stream that the message and its reader name."""
        due = self.world.post.answer_due(delivery, self.habits.reply_share)
        if due is not None:
            name, due_s = due
            self.schedule_reply(due_s, name, delivery.message)
        draws = self.world.streams.stream(f"fate/{delivery.message.name}/{self.name}")
        fate = draws.uniform()
        if fate < self.habits.delete_share:
            yield from self._act(Action("delete", delivery))
        elif fate < self.habits.delete_share + self.habits.move_share:
            yield from self._act(Action("move", delivery))

    def _act(self, action: Action) -> Process:
        """Ask Outlook for something and wait; the row of the operation is written when it ends."""
        recorder, client = self.world.recorder.operations, self.client
        action.operation = recorder.next_id()
        start_s, state, place = self.env.now, client.state, client.place_name
        self.world.busy[self] = (action, start_s, state, place)
        result: Result = yield from client.mode.perform(action)
        del self.world.busy[self]
        self.record(action, start_s, state, place, result)
        return result

    def record(self, action: Action, start_s: float, state: str, place: str, result: Result) -> None:
        """Write the row of an operation that ends now."""
        self.world.recorder.operations.row(
            operation=action.operation, connection=result.connection, mailbox=self.name,
            group=self.client.group_name, kind=action.kind, place=place,
            start_s=start_s, wait_s=self.env.now - start_s, served_by=result.served_by, rpcs=result.rpcs, bytes=result.bytes,
            outcome=result.outcome, state=state,
        )  # fmt: skip
