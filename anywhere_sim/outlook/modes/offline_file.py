"""Outlook 2002 with an offline file: a run is connected or offline, chosen at launch."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import simpy
from mypy_extensions import mypyc_attr

from anywhere_sim.des.environment import Process, Timer
from anywhere_sim.exchange.mailbox import Delivery
from anywhere_sim.outlook.base_client import BaseClient
from anywhere_sim.outlook.local_copy import Change
from anywhere_sim.outlook.modes.cached import CHANGES
from anywhere_sim.outlook.modes.mode import Mode, ModeComponents
from anywhere_sim.outlook.modes.online import Online
from anywhere_sim.outlook.operations import Action, Result
from anywhere_sim.traces.words import State

ExchangeTrigger = Literal["f9", "schedule", "exit"]


@mypyc_attr(allow_interpreted_subclasses=True)
class OfflineFile(Mode):
    """An offline file.

    In a connected run the server does the work, as in online mode; in an offline run the file does,
    and changes wait in it. What is in the file came with an exchange, and with nothing else; the
    first one fills it, as far as it has room. The file is exchanged on the company LAN or through a
    VPN only: by schedule, by F9 and on exit (KB 298137). Elsewhere an offline run makes the attempt
    all the same, which costs what it costs, and brings nothing even where it reaches the server
    (DESIGN S5).

    >>> aw.OfflineFile.name, aw.OfflineFile.keeps_copy, aw.OfflineFile.sends_and_receives
    ('offline_ost', True, True)
    """

    name = "offline_ost"
    sends_and_receives = True
    __slots__ = (
        "_choice", "_exchanged_s", "_exchanging", "_old", "_online", "_schedule", "env",
        "first_sync", "synchroniser",
    )  # fmt: skip

    def __init__(self, client: BaseClient, components: ModeComponents) -> None:
        super().__init__(client, components)
        self.env = client.env
        empty = not client.has_copy
        self.synchroniser = components.synchroniser(client, client.copy.open_file(empty=empty))
        self.first_sync = components.first_sync(client, empty=empty)
        self._old = client.streams.stream(f"old/{client.mailbox_name}")
        self._schedule = Timer(client.env, self._scheduled)
        self._exchanged_s = float("-inf")
        self._online: Online | None = None
        self._choice: simpy.Event | None = None
        self._exchanging: simpy.Process | None = None

    @property
    def connects(self) -> bool:
        """Whether this is a connected run."""
        return self._online is not None

    @property
    def ready(self) -> bool:
        """Whether the choice is made, and there is the file or a connection to work with."""
        return self._choice is None and (self._online is None or self._online.ready)

    @property
    def exchanges_here(self) -> bool:
        """Whether the file may be exchanged where the client is."""
        return self.client.access_path.place.company

    def hand_over(self) -> list[Change]:
        """Give up what waits in the file."""
        self.client.copy.close_file()
        return self.synchroniser.hand_over()

    def take_over(self, changes: list[Change]) -> None:
        """What waited in the old file waits in this one, for the first exchange."""
        self.synchroniser.pending += changes

    def record_unfinished(self) -> None:
        """Write down the changes that are still in the file."""
        self.synchroniser.record_unfinished()

    # the choice at launch

    def launched(self) -> None:
        """Try to reach the server.

        Connected if that works in time, else offline, until Outlook is closed.
        """
        self._online = None
        self._choice = self.env.event()
        self.env.process(self._choose(self._choice))
        if self.client.policy.ost_schedule_s is not None:
            self._schedule.set(self.env.now + self.client.policy.ost_schedule_s)

    def _choose(self, choice: simpy.Event) -> Process:
        client = self.client
        if client.access_path.is_up:
            client.change_state("trying")
            client.speed = client.judged_speed()
            reached = self.env.process(client.new_round("launch").run())
            yield reached | self.env.timeout(client.policy.offline_after_s)
            online = self._online
            if choice is not self._choice and online is not None:
                yield reached
                if online is self._online:
                    client.stay_connected()
        if choice is self._choice:
            self._decide(connected=False)

    def _decide(self, *, connected: bool) -> None:
        choice, self._choice = self._choice, None
        assert choice is not None
        choice.succeed()
        if connected:
            self._connect().launched()
            return
        self._disconnect("offline")
        self.client.change_state("offline")
        self.client.on_change()

    def _connect(self) -> Online:
        """Make this a connected run."""
        self._online = Online(self.client, self.components)
        return self._online

    def _disconnect(self, cause: str) -> None:
        """Stop trying, and close the connections that there are."""
        for round_ in list(self.client.rounds):
            round_.end(cause)
        for connection in list(self.client.connections):
            connection.close()

    def resume(self) -> None:
        """Chosen by what the launch found; the schedule stands at a random phase."""
        client, every_s = self.client, self.client.policy.ost_schedule_s
        if not client.is_open:
            return
        if client.has("mail"):
            self._connect().resume()
        else:
            client.change_state("offline")
        if every_s is not None:
            self._schedule.set(self.env.now + client.draws.uniform() * every_s)
            if self.connects and self.exchanges_here and self.client.has_copy:
                self._exchanged_s = self._schedule.due_s - every_s

    def receive_earlier(self, delivery: Delivery, arrived_s: float) -> None:
        """In a connected run the view shows it, and the last exchange has brought it or not.

        For an offline run it waits on the server.
        """
        copy = self.client.copy
        if not self.connects:
            self.client.mailbox.deliver(delivery)
            return
        in_file = arrived_s <= self._exchanged_s
        copy.reach(delivery, arrived_s, body=in_file)
        if not in_file and copy.file is not None:
            copy.file.new.append(delivery)

    # connected and not

    def connected(self) -> None:
        """In a connected run: listen."""
        if self._choice is not None:
            self._decide(connected=True)
        if self._online is not None:
            self._online.connected()

    def disconnected(self) -> None:
        """Stop listening."""
        if self._online is not None:
            self._online.disconnected()

    def quitting(self) -> None:
        """The file keeps what has not been exchanged."""
        self._schedule.clear()
        if self._choice is not None:
            self._choice.succeed()
            self._choice = None
        self._exchanging = None
        self.disconnected()

    def sleeps(self) -> None:
        """A choice that is not made yet is made: offline; the schedule stands still."""
        if self._choice is not None:
            self._decide(connected=False)
        self._schedule.clear()
        self._exchanging = None
        self.disconnected()

    def wakes(self) -> None:
        """Connected or offline as before; the schedule goes on."""
        if not self.connects:
            self.client.change_state("offline")
        if self.client.policy.ost_schedule_s is not None:
            self._schedule.set(self.env.now + self.client.policy.ost_schedule_s)

    def exits(self) -> Process:
        """The synchronisation on exit, if ticked and possible."""
        if self.connects and self.client.policy.ost_on_exit and self.client.has("mail"):
            yield self._exchange_now("exit")

    def connected_state(self) -> State:
        """Return "connected" in a connected run.

        An offline run stays "offline" even while it synchronises.
        """
        return "connected" if self.connects or self._choice is not None else "offline"

    def mail_path_changed(self) -> None:
        """In a connected run: listen in the way of the connections that are left."""
        if self._online is not None:
            self._online.mail_path_changed()

    def noticed(self) -> None:
        """Show new mail in a connected run."""
        if self._online is not None:
            self._online.noticed()

    # the exchange

    def _scheduled(self) -> None:
        every_s = self.client.policy.ost_schedule_s
        if every_s is not None and self.client.is_open:
            self._schedule.set(self.env.now + every_s)
            if self._choice is None:
                self._exchange_now("schedule")

    def _exchange_now(self, trigger: ExchangeTrigger) -> simpy.Process:
        """Return the exchange under way; it begins unless there is one."""
        if self._exchanging is None:
            self._exchanging = self.env.process(self._send_receive(trigger))
        return self._exchanging

    def _send_receive(self, trigger: ExchangeTrigger) -> Process:
        """Connect if need be, exchange, disconnect again.

        The value is True when all was exchanged. One that the end of Outlook has cut off leaves the
        connections of the next start alone.
        """
        client, done, process = self.client, False, self.env.active_process
        if not client.has("mail") and not self.connects and client.access_path.is_up:
            client.speed = client.judged_speed()
            yield from client.new_round(trigger).run()
        if client.has("mail") and self.exchanges_here:
            done = yield from self._exchange(trigger)
        if self._exchanging is process:
            if not self.connects:
                self._disconnect("offline")
            self._exchanging = None
        return done

    def _exchange(self, trigger: ExchangeTrigger) -> Process:
        done = True
        if self.synchroniser.pending:
            done = yield from self.synchroniser.upload(trigger)
        if not self.first_sync.complete:
            done = (yield from self.first_sync.fill(trigger)) and done
        return (yield from self.synchroniser.download(trigger, headers=False)) and done

    # the person

    def _in_file(self) -> bool:
        """Whether an old item, any of the mailbox, has come with an exchange."""
        return self.first_sync.complete or self.first_sync.has(self._old.uniform())

    def unread(self) -> Iterable[Delivery]:
        """Return what the view shows as unread; in an offline run what of it is in the file."""
        unread = self.client.copy.unread
        return unread if self.connects else [delivery for delivery, body in unread.items() if body]

    def perform(self, action: Action) -> Process:
        """A connected run asks the server, an offline run works on the file.

        Before the choice is made the person waits for it. F9 lasts until the exchange is over; its
        calls and bytes stand in `syncs`.
        """
        if self._choice is not None:
            yield self._choice
        if not self.client.is_open:
            return Result("none", "failed")
        if action.kind == "send_receive":
            done = yield self._exchange_now("f9")
            return Result("server") if done else Result("none", "failed")
        if self._online is not None:
            return (yield from self._online.perform(action))
        if action.kind == "shared_folder" or (action.kind == "open_old" and not self._in_file()):
            return Result("none", "waiting")
        if action.kind in CHANGES:
            self.synchroniser.add(CHANGES[action.kind], action.operation_id, action.message)
        return Result("copy")
