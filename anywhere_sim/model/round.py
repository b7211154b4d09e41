"""A round: the connections a client opens, service by service, path by path."""

from __future__ import annotations

from typing import TYPE_CHECKING

from anywhere_sim.kernel.clock import Process
from anywhere_sim.model.transport.attempt import Attempt

if TYPE_CHECKING:
    from anywhere_sim.model.client import Client


class Round:
    """One round of attempts: referral, then directory beside mail (twice), then public folders; more mail connections follow.

    A path whose host timed out is not tried again in the round.
    """

    def __init__(self, client: Client, number: int, trigger: str) -> None:
        self.client = client
        self.number = number
        self.trigger = trigger
        self.order = client.path_order()
        self._dead_paths: set[tuple[str, str]] = set()
        self._tries = 0

    def run(self) -> Process:
        """Open what is missing, the second mail connection alone if the first is still there; the value is True when there is a mail connection at the end."""
        client, clock = self.client, self.client.world.clock
        if client.has("mail"):
            yield from self._mail()
            return True
        if not client.has("referral"):
            yield from self.open("referral")
        branches = [clock.process(self._directory()), clock.process(self._mail())]
        yield clock.all_of(branches)
        if client.has("mail"):
            if not client.has("public"):
                yield from self.open("public")
            yield from self._extra_mail()
        return client.has("mail")

    def _directory(self) -> Process:
        if not self.client.has("directory"):
            yield from self.open("directory")

    def _mail(self) -> Process:
        for _ in range(2 - self.client.count("mail")):
            if not (yield from self.open("mail")):
                return

    def _extra_mail(self) -> Process:
        client = self.client
        while client.has("mail") and client.count("mail") < client.mail_connections(client.path_of("mail")):
            if not (yield from self.open("mail")):
                return

    def open(self, service: str) -> Process:
        """Try the paths in order; the value is True once one has led to a connection."""
        client = self.client
        for path in self.order:
            host = client.host_of(service, path)
            if (path, host) in self._dead_paths or not client.line.works:
                continue
            self._tries += 1
            attempt = Attempt(client, self, service, path, self._tries)
            process = client.world.clock.process(attempt.run())
            client.attempts[attempt] = process
            yield process
            del client.attempts[attempt]
            if attempt.connection is not None:
                client.connected(attempt.connection)
                return True
            if attempt.silent or attempt.stage == "resolve":
                self._dead_paths.add((path, host))
        return False
