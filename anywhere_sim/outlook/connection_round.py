"""A round: the connections a client opens, service by service, path by path."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import simpy
from mypy_extensions import mypyc_attr

from anywhere_sim.des.environment import Process
from anywhere_sim.outlook.attempt import Attempt
from anywhere_sim.outlook.base_client import FIRST_MAIL_CONNECTIONS, BaseClient
from anywhere_sim.traces.words import Path, RoundTrigger, Service

BEFORE_MAIL: Service = "referral"
BESIDE_MAIL: Service = "directory"
AFTER_MAIL: Service = "public"
"""The services of a round besides mail: asked before it, at the same time, and once it is there."""

BEHIND_THE_FRONT_END = ("conn", "bind", "logon")
"""Stages that fail where the server behind a front end does."""


def services_of_a_round(client: BaseClient, path: Path) -> list[Service]:
    """Return the services of the connections that a complete round opens over a path, in order."""
    mail: list[Service] = ["mail"] * client.mail_connections(path)
    first, extra = mail[:FIRST_MAIL_CONNECTIONS], mail[FIRST_MAIL_CONNECTIONS:]
    return [BEFORE_MAIL, BESIDE_MAIL, *first, AFTER_MAIL, *extra]


@mypyc_attr(allow_interpreted_subclasses=True)
class ConnectionRound:
    """One round of attempts.

    Referral comes first, then the directory and (twice) mail at the same time, then public folders;
    more mail connections follow where both are there: what was refused is not tried twice.

    A path whose host timed out is not tried again in the round. What was judged at its begin, speed
    and order, holds for the access path it began on: `end` breaks the round off when the client has
    another path, or none.
    """

    def __init__(
        self,
        client: BaseClient,
        round_id: int,
        trigger: RoundTrigger,
        attempt_class: type[Attempt] = Attempt,
    ) -> None:
        self.client = client
        self.round_id = round_id
        self._attempt_class = attempt_class
        self.trigger = trigger
        self.access_path = client.access_path
        self.order = client.path_order()
        self.ended = False
        self.attempts: dict[Attempt, simpy.Process] = {}
        self._dead_paths: set[tuple[str, str]] = set()
        self._tries = 0

    def end(self, cause: str) -> None:
        """Break off the attempts under way and begin no more."""
        self.ended = True
        for process in list(self.attempts.values()):
            if process.is_alive:
                process.interrupt(cause)

    def run(self) -> Process:
        """Open what is missing, mail connections alone if one is still there.

        The value is True when there is a mail connection at the end.
        """
        client, env = self.client, self.client.env
        with self._under_way():
            if client.has("mail"):
                yield from self._first_mail()
            else:
                yield from self._missing(BEFORE_MAIL)
                beside = self._missing(BESIDE_MAIL)
                yield env.all_of([env.process(beside), env.process(self._first_mail())])
                if client.has("mail"):
                    yield from self._missing(AFTER_MAIL)
            yield from self._extra_mail()
        return client.has("mail")

    def only(self, service: Service) -> Process:
        """Open one connection; the value is whether a path has led to it."""
        with self._under_way():
            return (yield from self._open(service))

    @contextmanager
    def _under_way(self) -> Iterator[None]:
        client = self.client
        client.rounds += (self,)
        try:
            yield
        except simpy.Interrupt:  # who needed a connection has given up
            self.end("cancelled")
            raise
        finally:
            client.rounds = tuple(other for other in client.rounds if other is not self)

    def _missing(self, service: Service) -> Process:
        if not self.client.has(service):
            yield from self._open(service)

    def _first_mail(self) -> Process:
        for _ in range(FIRST_MAIL_CONNECTIONS - self.client.count("mail")):
            if not (yield from self._open("mail")):
                return

    def _extra_mail(self) -> Process:
        client = self.client
        while (
            FIRST_MAIL_CONNECTIONS
            <= client.count("mail")
            < client.mail_connections(client.path_of("mail"))
        ):
            if not (yield from self._open("mail")):
                return

    def _open(self, service: Service) -> Process:
        """Try the paths in order; the value is True once one has led to a connection."""
        client = self.client
        for path in self.order:
            client.turn_to_pools(service, path)
            host = client.host_of(service, path)
            if (path, host) in self._dead_paths or self.ended or not self.access_path.is_up:
                continue
            self._tries += 1
            attempt = self._attempt_class(client, self, service, path, self._tries)
            process = client.env.process(attempt.run())
            self.attempts[attempt] = process
            yield process
            del self.attempts[attempt]
            if attempt.connection is not None:
                client.connected(attempt.connection)
                return True
            if service == "directory" and (
                host == attempt.server.name or attempt.stage in BEHIND_THE_FRONT_END
            ):
                client.avoid = attempt.server.name
            if attempt.outcome == "failed" and (attempt.silent or attempt.stage == "resolve"):
                self._dead_paths.add((path, host))
        return False
