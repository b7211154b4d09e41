"""The front end, where HTTPS enters: request queue, connection memory, cost per user."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, ClassVar

from anywhere_sim.des.environment import Environment
from anywhere_sim.des.station import Job
from anywhere_sim.exchange.server import SILENT_CLIENT_S, Server
from anywhere_sim.rpc.call import Rpc
from anywhere_sim.rpc.connection import Connection
from anywhere_sim.scenario.server import Server as ServerSpec
from anywhere_sim.scenario.sources import assumed, calibrated, documented

CONNECTION_BYTES: Annotated[
    int,
    assumed(
        "non-paged pool per connection of a 32-bit front end: 230 MB at 20,000 connections "
        "(measurements B4)",
        8_000,
        16_000,
    ),
] = 11_500
TLS_FULL_MCYCLES: Annotated[
    float, documented("measurements B3: the server's private operation, RSA 1024", 9, 52)
] = 9.0
TLS_RESUMED_MCYCLES: Annotated[float, documented("measurements B3")] = 0.32
CALLS_PER_USER_S: Annotated[
    float,
    calibrated(
        "measurements A1 rows 3-4: calls of the measured user (20 sent + 80 received, Outlook "
        "2007, cached, over HTTPS) in the model, mean of 8 hours; turns the measured cost per user "
        "into one per call (anywhere_sim.validation.calibration)"
    ),
] = 0.0350


@dataclass(slots=True)
class Claim:
    """The sockets, and requests among them, that a client holds since a start of the front end."""

    epoch: int
    sockets: int
    requests: int = 0


class FrontEnd(Server):
    """An IIS with the RPC proxy.

    `requests` counts open IN and OUT requests (http.sys "queue"), each with a port towards the back
    end; `sockets` counts the clients' connections and those to the back end. The processor's cost
    of a call rises with the users connected: c(n) = first + slope n MHz per user.
    """

    connection_bytes: ClassVar[int] = CONNECTION_BYTES

    def __init__(self, env: Environment, name: str, spec: ServerSpec) -> None:
        super().__init__(env, name, spec)
        self.requests = 0
        self.sockets = 0
        self.tls_full = self.tls_resumed = 0

    def has_memory(self, channels: int) -> bool:
        """Whether there is memory for `channels` more connections and those behind them.

        Without, http.sys refuses (measurements B4).
        """
        return (
            self.sockets + 2 * channels
        ) * self.connection_bytes <= self.spec.connection_memory_bytes

    def admits(self, channels: int) -> str:
        """Return "" when `channels` more requests fit, else why not.

        Request queue, or ports towards the back end.
        """
        if self.requests + channels > self.spec.request_limit:
            return "queue"
        if self.requests + channels > self.spec.backend_ports:
            return "ports"
        return ""

    def accept(self, channels: int) -> Claim:
        """A client's connections are there."""
        self.sockets += channels
        return Claim(self.epoch, channels)

    def open_requests(self, claim: Claim, channels: int) -> None:
        """Requests are opened in a client's connections, each with its socket to the back end."""
        self.requests += channels
        self.sockets += channels
        claim.requests += channels
        claim.sockets += channels

    def release(self, claim: Claim, *, known: bool) -> None:
        """A client is gone.

        What it held is free at once, or when the front end finds out (facts 1.5).
        """
        if known:
            self._free(claim)
        else:
            self.env.call_at(self.env.now + SILENT_CLIENT_S, lambda: self._free(claim))

    def _free(self, claim: Claim) -> None:
        """Take back what was claimed; what was held before a stop went with it."""
        if claim.epoch == self.epoch:
            self.requests -= claim.requests
            self.sockets -= claim.sockets

    def handshake(self, full: int, resumed: int, done: Callable[[Job], None]) -> None:
        """Do the processor's part of TLS handshakes."""
        self.tls_full += full
        self.tls_resumed += resumed
        self.work(full * TLS_FULL_MCYCLES + resumed * TLS_RESUMED_MCYCLES, done)

    def arrive(self, rpc: Rpc) -> None:
        """A call arrives in an IN channel.

        The proxy handles it and passes it on to the back end.
        """
        if self.is_running:
            self.cpu.serve(rpc, self.cpu_s(self.call_mcycles()), self._forward)

    def _forward(self, rpc: Rpc) -> None:
        rpc.connection.server.arrive(rpc)

    def handle(self, done: Callable[[Job], None]) -> None:
        """Do for a message of an attempt what is done for a call.

        Its channels are set up, or it is passed on.
        """
        self.work(self.call_mcycles(), done)

    def call_mcycles(self) -> float:
        """Return what one call costs with the users connected now, in Mcycles."""
        return (
            self.spec.user_mhz_first + self.spec.user_mhz_slope * len(self.users)
        ) / CALLS_PER_USER_S

    def leave(self, connection: Connection, *, known: bool) -> None:
        """A connection has ended for its client.

        Its requests stay open until the front end finds out (facts 1.5).
        """
        if connection not in self.connections:
            return
        self.disconnect(connection)
        self.release(Claim(self.epoch, 2 * connection.channels, connection.channels), known=known)

    def forget(self) -> None:
        """Drop requests with the connections."""
        super().forget()
        self.requests = self.sockets = 0
