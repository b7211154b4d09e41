"""Outlook 2002 with offline folders: connected or offline is chosen at launch, for the whole run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from anywhere_sim.kernel.clock import Deadline, Process
from anywhere_sim.model.mail.message import Delivery
from anywhere_sim.model.modes.action import Action, Result
from anywhere_sim.model.modes.cached import CHANGES
from anywhere_sim.model.modes.online import Online
from anywhere_sim.model.round import Round
from anywhere_sim.model.sync.synchroniser import Synchroniser

if TYPE_CHECKING:
    from anywhere_sim.model.client import Client


class OfflineOst:
    """An offline file. In a connected run the server does the work; in an offline run the file does, and changes wait in it.

    The file synchronises on the company LAN or through a VPN only: by schedule, by F9 and on exit (KB 298137); elsewhere
    the attempt is made and fails, which costs what it costs.
    """

    name = "offline_ost"

    def __init__(self, client: Client) -> None:
        self.client = client
        self.clock = client.clock
        self.synchroniser = Synchroniser(client)
        self.online = Online(client)
        self.connects = True
        self._schedule = Deadline(client.clock, self._scheduled)
        self._busy = False

    def connected_settled(self) -> None:
        """Listen, timers at a random phase."""
        self.online.connected_settled()

    def record_open(self) -> None:
        """Write down the changes that are still in the file."""
        self.synchroniser.record_open()

    def launched(self) -> None:
        """Choose: connected where the company's network is, offline elsewhere."""
        line = self.client.line
        self.connects = line.place.company and line.works and self.client.store.answers
        if not self.connects:
            self.client.change_state("offline")
        every_s = self.client.policy.ost_schedule_s
        if every_s is not None:
            self._schedule.set(self.clock.now + every_s)

    def connected(self) -> None:
        """In a connected run: listen."""
        if self.connects:
            self.online.connected()

    def disconnected(self) -> None:
        """Stop listening."""
        self.online.disconnected()

    def quitting(self) -> None:
        """Synchronise on exit when ticked and possible; the file keeps the rest."""
        self._schedule.clear()
        self.online.quitting()

    def exits(self) -> Process:
        """What happens between the wish to quit and the end: the synchronisation on exit."""
        if self.connects and self.client.policy.ost_on_exit and self.client.has("mail"):
            yield from self._exchange("exit")

    def connected_state(self) -> str:
        """Return "connected" in a connected run; an offline run stays "offline" even while it synchronises."""
        return "connected" if self.connects else "offline"

    def mail_arrived(self) -> None:
        """The server has new mail; an offline run does not hear of it."""
        if self.connects:
            self.online.mail_arrived()

    def noticed(self) -> None:
        """Show new mail in a connected run."""
        if self.connects:
            self.online.noticed()

    def unread(self) -> list[Delivery]:
        """Return what the person can see and has not read."""
        return self.client.box.unread

    def _scheduled(self) -> None:
        every_s = self.client.policy.ost_schedule_s
        if every_s is not None and self.client.is_open:
            self._schedule.set(self.clock.now + every_s)
            if not self._busy:
                self.clock.process(self._send_receive("schedule"))

    def _send_receive(self, trigger: str) -> Process:
        """Connect if need be, exchange, let go again."""
        client = self.client
        self._busy = True
        if not client.has("mail") and not self.connects and client.line.works:
            client.speed = client.judged_speed()
            yield from Round(client, client.world.next_round(), trigger).run()
        if client.has("mail"):
            yield from self._exchange(trigger)
        if not self.connects:
            for connection in list(client.connections):
                connection.close()
        self._busy = False

    def _exchange(self, trigger: str) -> Process:
        if self.synchroniser.pending:
            yield from self.synchroniser.upload(trigger)
        yield from self.synchroniser.download(trigger, headers=False)

    def perform(self, action: Action) -> Process:
        """A connected run asks the server, an offline run works on the file."""
        if self.connects:
            return (yield from self.online.perform(action))
        if action.kind in CHANGES:
            self.synchroniser.add(CHANGES[action.kind], action.operation, action.message)
        yield from ()
        return Result("copy")
