"""The front end, where HTTPS enters: request queue, connection memory, cost per user."""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from typing import Annotated, Any, ClassVar, Final

from mypy_extensions import mypyc_attr

from anywhere_sim.des.environment import Environment
from anywhere_sim.des.station import Job
from anywhere_sim.exchange.server import SILENT_CLIENT_S, Server
from anywhere_sim.rpc.call import Rpc
from anywhere_sim.rpc.connection import Connection
from anywhere_sim.rpc.contracts import Proxy
from anywhere_sim.scenario.server import Relay
from anywhere_sim.scenario.server import Server as ServerSpec
from anywhere_sim.scenario.sources import assumed, calibrated
from anywhere_sim.scenario.spec import HttpAuth
from anywhere_sim.traces.words import Service

_MEASURED_USER = (
    "measurements A1 rows 3-4: what the measured user (20 sent + 80 received, Outlook 2007, "
    "cached, over HTTPS) does in the model, mean of 8 hours (anywhere_sim.validation.calibration)"
)
OPERATIONS_PER_USER_S: Annotated[float, calibrated(_MEASURED_USER)] = 0.127
TLS_BYTES_PER_USER_S: Annotated[float, calibrated(_MEASURED_USER)] = 167.0
TLS_RESUMED_PER_USER_S: Annotated[float, calibrated(_MEASURED_USER)] = 0.00047
LOGONS_PER_USER_S: Annotated[float, calibrated(_MEASURED_USER)] = 0.00017


@mypyc_attr(allow_interpreted_subclasses=True)
class FrontEndCost:
    """The work of a front end in Mcycles, term by term.

    The terms of the measured user add up to c(n) = `user_mhz_first` + `user_mhz_slope` n, whatever
    the keys of TLS and logon say: they are taken off before the rest is divided among operations.
    So the growth with n is the operations' alone.
    """

    def __init__(self, spec: ServerSpec) -> None:
        self._spec = spec
        self._tls_cycles_per_byte = spec.tls_cycles_per_byte
        self._users = -1  # for whom `_left_mhz` holds
        self._left_mhz = 0.0
        self._beside_operations_mhz = (
            self.tls_mcycles(TLS_BYTES_PER_USER_S)
            + self.handshakes_mcycles(0, TLS_RESUMED_PER_USER_S)
            + self.logon_mcycles(LOGONS_PER_USER_S)
        )

    def operations_mcycles(self, operations: int, users: int) -> float:
        """Return what operations cost with so many users connected; never less than nothing."""
        if users != self._users:
            user_mhz = self._spec.user_mhz_first + self._spec.user_mhz_slope * users
            self._left_mhz = max(0.0, user_mhz - self._beside_operations_mhz)
            self._users = users
        return operations * self._left_mhz / OPERATIONS_PER_USER_S

    def tls_mcycles(self, payload_bytes: float) -> float:
        """Return what so many bytes in records of TLS cost to encrypt or decrypt, and to check."""
        return payload_bytes * self._tls_cycles_per_byte / 1e6

    def handshakes_mcycles(self, full: float, resumed: float) -> float:
        """Return what so many full and resumed handshakes cost."""
        return full * self._spec.tls_full_mcycles + resumed * self._spec.tls_resumed_mcycles

    def logon_mcycles(self, logons: float) -> float:
        """Return what so many logons cost here; the domain controller has its own part."""
        return logons * self._spec.logon_mcycles


CONNECTION_BYTES: Annotated[
    int,
    assumed(
        "non-paged pool per connection of a 32-bit front end: 230 MB at 20,000 connections "
        "(measurements B4)",
        8_000,
        16_000,
    ),
] = 11_500
TOKEN_KEPT_S: Annotated[
    float, assumed("IIS keeps the token of a Basic logon for 15 min (UserTokenTTL, U)", 0, 900)
] = 900.0


FIRST_MESSAGE_BYTES = 104  # CONN/B1 (facts 2.2)
BUSY: Final = "503"  # as a call's refusal: service unavailable


class Claim:
    """The sockets of a client, and the requests in them, since a start of the front end."""

    __slots__ = ("epoch", "requests", "sockets")

    def __init__(self, epoch: int, sockets: int, requests: int = 0) -> None:
        self.epoch = epoch
        self.sockets = sockets
        self.requests = requests


@mypyc_attr(allow_interpreted_subclasses=True)
class FrontEnd(Server, Proxy):
    """An IIS with the RPC proxy.

    `requests` counts open IN and OUT requests (http.sys "queue"), each with a port towards the back
    end; `sockets` counts the clients' connections, whose memory has a limit: what was measured is
    that of a client's connection with all that stands behind it. Calls and new requests that find
    `queue_limit` of them waiting for the processor are refused (503). `cost` says what the
    processor has to do. `operations`, `tls_bytes`, `tls_full`, `tls_resumed` and `logons` count
    what it has done since the run began.
    """

    connection_bytes: ClassVar[int] = CONNECTION_BYTES
    cost_model: ClassVar[type[FrontEndCost]] = FrontEndCost

    def __init__(self, env: Environment, name: str, spec: ServerSpec) -> None:
        super().__init__(env, name, spec)
        relay = self.relay = spec.relay or Relay()
        self.idle_timeout_s = inf if relay.idle_s is None else relay.idle_s
        self.requests = 0
        self.sockets = 0
        self.cost = self.cost_model(spec)
        self.operations = self.tls_bytes = self.tls_full = self.tls_resumed = self.logons = 0
        self._token_until_s: dict[str, float] = {}
        # read when they are first asked for: what never is has no effect, and is named
        self._relay_s: float | None = None
        self._backend_s: float | None = None
        self._queue_limit: int | None = None
        # bound once: each call needs them
        self._on_relayed = self._enter
        self._on_admitted = self._admitted
        self._on_passed_up = self._passed_up
        self._on_crossed_up = self._pass_on
        self._on_crossed_down = self._encrypt
        self._on_passed_down = self._passed_down
        self._on_relayed_down = self._send_down

    @property
    def relay_s(self) -> float:
        """How long a piece is in the relay before the front end, one way, in seconds."""
        if self._relay_s is None:
            self._relay_s = self.relay.delay_s
        return self._relay_s

    @property
    def backend_s(self) -> float:
        """How long something is on its way to what is behind the front end, in seconds."""
        if self._backend_s is None:
            self._backend_s = self.spec.backend_delay_ms / 1000.0
        return self._backend_s

    def has_memory(self, channels: int) -> bool:
        """Whether there is memory for `channels` more connections of clients.

        Without, http.sys refuses (measurements B4).
        """
        needed_bytes = (self.sockets + channels) * self.connection_bytes
        return needed_bytes <= self.spec.connection_memory_bytes

    @property
    def held_connections(self) -> int:
        """How many connections of clients it holds, with those of attempts."""
        return self.sockets

    @property
    def queued(self) -> int:
        """How many calls wait for the processor."""
        return max(0, self.calls.present - self.cpu.servers)

    def is_full(self) -> bool:
        """Whether as many calls wait as may: what comes now is refused."""
        if self._queue_limit is None:
            self._queue_limit = self.spec.queue_limit
        return self.queued >= self._queue_limit

    def admits(self, channels: int) -> str:
        """Return "" when `channels` more requests fit, else why not.

        Queue of the application pool, the admission policy, open requests, or ports towards the
        back end.
        """
        if self.is_full():
            return "busy"
        if self.admission is not None and not self.admission.accepts(channels):
            return "policy"
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
        """Requests are opened in a client's connections."""
        self.requests += channels
        claim.requests += channels

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
        self.work(self.cost.handshakes_mcycles(full, resumed), done)

    def log_on(
        self,
        mailbox: str,
        channels: int,
        scheme: HttpAuth,
        directory: Server | None,
        done: Callable[[Job], None],
    ) -> None:
        """Check who asks, channel by channel, and call `done`.

        NTLM authenticates a connection, so each channel is a logon. Basic authenticates a request
        and its token is kept. A logon goes to the domain controller: `directory`, or another one
        where that is away (assumed).
        """
        logons = channels if scheme == "ntlm" else self._logons_by_basic(mailbox)
        self.logons += logons
        controller = directory if directory is not None and directory.is_running else None

        def pass_through(job: Job) -> None:
            if logons and controller is not None:
                controller.work(logons * controller.spec.logon_mcycles, done)
            else:
                done(job)

        self.work(self.cost.logon_mcycles(logons), pass_through)

    def _logons_by_basic(self, mailbox: str) -> int:
        """Return 1 when no token of that user is kept, else 0."""
        now = self.env.now
        if now < self._token_until_s.get(mailbox, now):
            return 0
        self._token_until_s[mailbox] = now + TOKEN_KEPT_S
        return 1

    def arrive(self, rpc: Rpc) -> None:
        """A call arrives in an IN channel.

        The proxy decrypts it and passes it on to the back end; a call that carries no operation (a
        poll, a parked wait) counts as one. Beyond the queue it is refused.
        """
        self.relayed(rpc, self._on_relayed)

    def _enter(self, rpc: Rpc) -> None:
        if not self.is_running:
            return
        full = self.is_full()
        self.calls.enter(rpc)
        if full:
            self.refuse(rpc, BUSY)
            return
        self.let_in(rpc, BUSY, self._on_admitted)

    def refuse(self, rpc: Rpc, reason: str) -> None:
        """The call is answered with an error before a store has seen it."""
        rpc.arrived_s = rpc.entered_s = self.env.now
        super().refuse(rpc, reason)

    def _admitted(self, rpc: Rpc) -> None:
        connection = rpc.connection
        work_s = self._count(rpc.rops or 1, connection.encrypted_bytes(rpc, up=True))
        connection.passed_up_s = self._pass(rpc, work_s, connection.passed_up_s, self._on_passed_up)

    def _passed_up(self, rpc: Rpc) -> None:
        if self.calls.has(rpc):
            self.calls.leave(rpc, rops=rpc.rops)
            self.cross(rpc, self._on_crossed_up)

    def _pass_on(self, rpc: Rpc) -> None:
        rpc.connection.server.arrive(rpc)

    def relayed(self, job: Any, done: Callable[[Any], None]) -> None:
        """Let a piece pass the relay before the front end, one way."""
        delay_s = self.relay_s
        if delay_s:
            self.env.schedule_call(job, self.env.now + delay_s, done)
        else:
            done(job)

    @property
    def detour_s(self) -> float:
        """How long a message of an attempt and its answer are on relay and WAN together."""
        return 2.0 * (self.relay_s + self.backend_s)

    def relay_answers(self) -> str:
        """Return what becomes of the requests of RPC over HTTPS: "passed", "held" until more bytes
        come than the first message has, or "refused".
        """
        if self.relay.refuses:
            return "refused"
        return "held" if self.relay.holds_bytes > FIRST_MESSAGE_BYTES else "passed"

    def cross(self, job: Any, done: Callable[[Any], None]) -> None:
        """Let something pass between the front end and what is behind it, one way."""
        delay_s = self.backend_s
        if delay_s:
            self.env.schedule_call(job, self.env.now + delay_s, done)
        else:
            done(job)

    def reaches(self, service: Service) -> bool:
        """Whether the port of a service behind it lets the front end through."""
        return service not in self.spec.unreachable

    def answer(self, rpc: Rpc) -> None:
        """An answer comes from the back end: it is encrypted, then its connection sends it."""
        if rpc.refusal == BUSY:  # http.sys says so before anybody works on it
            self.relayed(rpc, self._on_relayed_down)
        else:
            self.cross(rpc, self._on_crossed_down)

    def _encrypt(self, rpc: Rpc) -> None:
        connection = rpc.connection
        work_s = self._count(0, connection.encrypted_bytes(rpc, up=False))
        if not work_s:
            self.relayed(rpc, self._on_relayed_down)
            return
        self.calls.enter(rpc)
        connection.passed_down_s = self._pass(
            rpc, work_s, connection.passed_down_s, self._on_passed_down
        )

    def _passed_down(self, rpc: Rpc) -> None:
        if self.calls.has(rpc):
            self.calls.leave(rpc, packet=False)
            self.relayed(rpc, self._on_relayed_down)

    def _send_down(self, rpc: Rpc) -> None:
        rpc.connection.send_response(rpc)

    def _pass(
        self, rpc: Rpc, work_s: float, not_before_s: float, done: Callable[[Rpc], None]
    ) -> float:
        """Work on a message and pass it on, in a channel never before the one ahead of it; return
        when that is.
        """
        departure_s = self.cpu.departure_s(work_s)
        if departure_s >= not_before_s:
            self.cpu.serve(rpc, work_s, done)
            return departure_s
        env = self.env
        self.cpu.serve(rpc, work_s, lambda rpc: env.schedule_call(rpc, not_before_s, done))
        return not_before_s

    def handle(self, operations: int, tls_bytes: int, done: Callable[[Job], None]) -> None:
        """Do for a message of an attempt what is done for a call.

        Its channels are set up, or it is passed on.
        """
        job = Job()
        self.calls.enter(job)

        def handled(job: Job) -> None:
            self.calls.leave(job, rops=operations)
            done(job)

        self.cpu.serve(job, self._count(operations, tls_bytes), handled)

    def _count(self, operations: int, tls_bytes: int) -> float:
        """Count operations and encrypted bytes; return the seconds that they take one core."""
        self.operations += operations
        self.tls_bytes += tls_bytes
        cost = self.cost
        return self.cpu_s(
            cost.operations_mcycles(operations, len(self.users)) + cost.tls_mcycles(tls_bytes)
        )

    def leave(self, connection: Connection, *, known: bool) -> None:
        """A connection has ended for its client.

        Its requests stay open until the front end finds out (facts 1.5).
        """
        if connection not in self.connections:
            return
        self.disconnect(connection)
        self.release(Claim(self.epoch, connection.channels, connection.channels), known=known)

    def forget(self) -> None:
        """Drop requests and tokens with the connections."""
        super().forget()
        self.requests = self.sockets = 0
        self._token_until_s.clear()
