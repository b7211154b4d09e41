"""What Outlook asks for by itself: at its start, after changes in the calendar, and in between."""

from __future__ import annotations

from math import inf
from typing import Annotated, ClassVar

from mypy_extensions import mypyc_attr

from anywhere_sim.des.environment import Process, Timer
from anywhere_sim.des.random_streams import Stream
from anywhere_sim.outlook import operations
from anywhere_sim.outlook.base_client import BaseClient
from anywhere_sim.outlook.rpc_session import RpcRequest, RpcSession
from anywhere_sim.scenario.sources import documented

FREE_BUSY_S: Annotated[
    float,
    documented("KB 2701035: published 15 minutes after a change (server_load 2.3)", 300, 1800),
] = 900.0


@mypyc_attr(allow_interpreted_subclasses=True)
class Background:
    """The background calls of one client; it works while there is a mail connection.

    `started` is False from the launch of Outlook until the calls of its start were made.
    """

    free_busy_s: ClassVar[float] = FREE_BUSY_S
    __slots__ = (
        "_client", "_draws", "_free_busy", "_residual", "_started", "_unpublished", "per_hour",
    )  # fmt: skip

    def __init__(self, client: BaseClient, per_hour: float) -> None:
        self._client = client
        self._draws: Stream = client.streams.stream(f"background/{client.mailbox_name}")
        self.per_hour = per_hour
        self._free_busy: Timer | None = None
        self._residual = Timer(client.env, self._ask)
        self._started = True
        self._unpublished = False

    def launched(self) -> None:
        """Outlook has been started; it asks for all it needs when it is connected."""
        self._started = False

    def connected(self) -> None:
        """There is a mail connection."""
        if not self._started:
            self._started = True
            self._run(operations.start(self._client.group.requests))
        self.resume()

    def resume(self) -> None:
        """Outlook has been connected for a while."""
        if self.per_hour:
            self._next()
        if self._unpublished:
            self._unpublished = False
            self._publish()

    def disconnected(self) -> None:
        """There is no connection; free and busy times wait for the next, Outlook closed or not."""
        self._residual.clear()

    def calendar_changed(self) -> None:
        """A change in the calendar is published some time later, with those of the meantime."""
        client = self._client
        in_public_folder = client.version.year < 2007 or client.store.year < 2007
        if not in_public_folder:
            return
        if self._free_busy is None:
            self._free_busy = Timer(client.env, self._publish)
        if self._free_busy.due_s == inf:
            self._free_busy.set(client.env.now + self.free_busy_s)

    def _publish(self) -> None:
        client = self._client
        if client.has("mail"):
            self._run(operations.free_busy(client.group.requests))
        else:
            self._unpublished = True

    def _next(self) -> None:
        wait_s = self._draws.exponential(3600.0 / self.per_hour)
        self._residual.set(self._client.env.now + wait_s)

    def _ask(self) -> None:
        self._run([operations.background(self._client.group.requests)])
        self._next()

    def _run(self, requests: list[RpcRequest]) -> None:
        if self._client.has("mail"):
            self._client.env.process(self._calls(requests))

    def _calls(self, requests: list[RpcRequest]) -> Process:
        yield from RpcSession(self._client, background=True).run(requests)
