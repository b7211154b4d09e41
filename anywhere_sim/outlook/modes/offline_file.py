"""Outlook 2002 with offline folders: connected or offline is chosen at launch, for the whole run."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated

import simpy

from anywhere_sim.des.environment import Process
from anywhere_sim.des.timer import Timer
from anywhere_sim.exchange.message import Delivery
from anywhere_sim.outlook.connection_round import ConnectionRound
from anywhere_sim.outlook.modes.action import Action, Result
from anywhere_sim.outlook.modes.cached import CHANGES
from anywhere_sim.outlook.modes.online import Online
from anywhere_sim.outlook.sync.change import Change
from anywhere_sim.outlook.sync.synchroniser import Synchroniser
from anywhere_sim.scenario.sourced import assumed

if TYPE_CHECKING:
    from anywhere_sim.outlook.client import Client

OFFLINE_AFTER_S: Annotated[float, assumed("facts 1.6: Outlook opens offline when the server has not answered in a set time", 10, 60)] = 30.0


class OfflineFile:
    """An offline file. In a connected run the server does the work; in an offline run the file does, and changes wait in it.

    What is in the file came with an exchange, and with nothing else. The file is exchanged on the company LAN or through a VPN
    only: by schedule, by F9 and on exit (KB 298137). Elsewhere an offline run makes the attempt all the same, which costs what
    it costs, and brings nothing even where it reaches the server (DESIGN S5).
    """

    name = "offline_ost"
    __slots__ = ("_choice", "_exchanged_s", "_running", "_schedule", "client", "connects", "env", "online", "synchroniser")

    def __init__(self, client: Client) -> None:
        self.client = client
        self.env = client.env
        self.synchroniser = Synchroniser(client, client.copy.open_file())
        self.online = Online(client)
        self.connects = True
        self._schedule = Timer(client.env, self._scheduled)
        self._exchanged_s = float("-inf")
        self._choice: simpy.Event | None = None
        self._running: simpy.Process | None = None

    @property
    def ready(self) -> bool:
        """Whether the choice is made, and there is the file or a connection to work with."""
        return self._choice is None and (not self.connects or self.online.ready)

    @property
    def exchanges_here(self) -> bool:
        """Whether the file may be exchanged where the client is."""
        return self.client.access_path.place.company

    def hand_over(self) -> list[Change]:
        """Give up what waits in the file."""
        self.client.copy.close_file()
        return self.synchroniser.hand_over()

    def take_over(self, changes: list[Change]) -> None:
        """Nobody is switched to an offline file."""

    def connected_settled(self) -> None:
        """Listen, timers at a random phase."""
        self.online.connected_settled()

    def record_open(self) -> None:
        """Write down the changes that are still in the file."""
        self.synchroniser.record_open()

    # the choice at launch

    def launched(self) -> None:
        """Try to reach the server; connected if that works in time, else offline, until Outlook is closed."""
        self.connects = False
        self._choice = self.env.event()
        self.env.process(self._choose(self._choice))
        if self.client.policy.ost_schedule_s is not None:
            self._schedule.set(self.env.now + self.client.policy.ost_schedule_s)

    def _choose(self, choice: simpy.Event) -> Process:
        if self.client.access_path.is_up:
            self.client.change_state("trying")
            yield self.env.process(self._reach("launch")) | self.env.timeout(OFFLINE_AFTER_S)
        if choice is self._choice:
            self._decide(connected=False)

    def _reach(self, trigger: str) -> Process:
        client = self.client
        client.speed = client.judged_speed()
        yield from ConnectionRound(client, client.world.next_round(), trigger).run()

    def _decide(self, *, connected: bool) -> None:
        choice, self._choice, self.connects = self._choice, None, connected
        assert choice is not None
        choice.succeed()
        if connected:
            self.client.stay_connected()
            return
        self._give_up()
        self.client.change_state("offline")
        self.client.world.persons[self.client.mailbox].hear()

    def _give_up(self) -> None:
        """Stop trying, and let go of what there is."""
        for round_ in list(self.client.rounds):
            round_.end("offline")
        for connection in list(self.client.connections):
            connection.close()

    def launched_settled(self) -> None:
        """Chosen by what the launch found; the schedule stands at a random phase."""
        client, every_s = self.client, self.client.policy.ost_schedule_s
        self.connects = client.has("mail")
        if not self.connects:
            client.change_state("offline")
        if every_s is not None:
            self._schedule.set(self.env.now + client.draws.uniform() * every_s)
            self._exchanged_s = self._schedule.due_s - every_s if self.connects and self.exchanges_here else self._exchanged_s

    def came_before(self, delivery: Delivery, arrived_s: float) -> None:
        """In a connected run the view shows it, and the last exchange has brought it or not; for an offline run it waits on the server."""
        client, copy = self.client, self.client.copy
        if not self.connects:
            client.server_mailbox.deliver(delivery)
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
        if self.connects:
            self.online.connected()

    def disconnected(self) -> None:
        """Stop listening."""
        self.online.disconnected()

    def quitting(self) -> None:
        """The file keeps what has not been exchanged."""
        self._schedule.clear()
        if self._choice is not None:
            self._choice.succeed()
            self._choice = None
        self.online.quitting()

    def exits(self) -> Process:
        """What happens between the wish to quit and the end: the synchronisation on exit, if ticked and possible."""
        if self.connects and self.client.policy.ost_on_exit and self.client.has("mail"):
            yield self._exchange_now("exit")

    def connected_state(self) -> str:
        """Return "connected" in a connected run; an offline run stays "offline" even while it synchronises."""
        return "connected" if self.connects or self._choice is not None else "offline"

    def noticed(self) -> None:
        """Show new mail in a connected run."""
        if self.connects:
            self.online.noticed()

    # the exchange

    def _scheduled(self) -> None:
        every_s = self.client.policy.ost_schedule_s
        if every_s is not None and self.client.is_open:
            self._schedule.set(self.env.now + every_s)
            if self._choice is None:
                self._exchange_now("schedule")

    def _exchange_now(self, trigger: str) -> simpy.Process:
        """Return the exchange under way; it begins unless there is one."""
        if self._running is None:
            self._running = self.env.process(self._send_receive(trigger))
        return self._running

    def _send_receive(self, trigger: str) -> Process:
        """Connect if need be, exchange, let go again; the value is True when all was exchanged."""
        client, done = self.client, False
        if not client.has("mail") and not self.connects and client.access_path.is_up:
            yield from self._reach(trigger)
        if client.has("mail") and self.exchanges_here:
            done = yield from self._exchange(trigger)
        if not self.connects:
            self._give_up()
        self._running = None
        return done

    def _exchange(self, trigger: str) -> Process:
        done = True
        if self.synchroniser.pending:
            done = yield from self.synchroniser.upload(trigger)
        return (yield from self.synchroniser.download(trigger, headers=False)) and done

    # the person

    def unread(self) -> Iterable[Delivery]:
        """Return what the view shows as unread; in an offline run what of it is in the file."""
        unread = self.client.copy.unread
        return unread if self.connects else [delivery for delivery, body in unread.items() if body]

    def perform(self, action: Action) -> Process:
        """A connected run asks the server, an offline run works on the file; before the choice is made the person waits for it.

        F9 lasts until the exchange is over; its calls and bytes stand in `syncs`.
        """
        if self._choice is not None:
            yield self._choice
        if not self.client.is_open:
            return Result("none", "failed")
        if action.kind == "send_receive":
            done = yield self._exchange_now("f9")
            return Result("server") if done else Result("none", "failed")
        if self.connects:
            return (yield from self.online.perform(action))
        if action.kind in CHANGES:
            self.synchroniser.add(CHANGES[action.kind], action.operation, action.message)
        return Result("copy")
