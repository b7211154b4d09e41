"""What every server has: a processor, state, counters, a way to stop; and the directory."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from functools import partial
from math import fsum, inf, isnan
from typing import Annotated, Final

from mypy_extensions import mypyc_attr

from anywhere_sim.des.environment import Environment
from anywhere_sim.des.station import Job, Station
from anywhere_sim.exchange.admission import Admission
from anywhere_sim.rpc.call import Rpc
from anywhere_sim.rpc.connection import Connection
from anywhere_sim.rpc.contracts import Endpoint
from anywhere_sim.scenario.errors import ScenarioError
from anywhere_sim.scenario.server import Server as ServerSpec
from anywhere_sim.scenario.sources import documented
from anywhere_sim.scenario.spec import EventKind


class RpcCounters:
    """RPC Requests, packets, operations and time of one server.

    They are kept so that Little's law can be checked as an identity.

    `area_s` integrates the number of requests present over time; `time_s()` adds up the time of
    each call. The two are computed apart and must agree at every instant. `packets` counts the
    calls that were answered; at a front end, where a call and its answer are two passes, it counts
    the calls that were passed on, and the rest counts passes.
    """

    __slots__ = (
        "_changed_s",
        "_entered_s",
        "_env",
        "area_s",
        "arrived",
        "failed",
        "finished",
        "packets",
        "present",
        "rops",
        "time_of_finished_s",
    )

    def __init__(self, env: Environment) -> None:
        self._env = env
        self._changed_s = env.now
        self._entered_s: dict[object, float] = {}
        self.area_s = self.time_of_finished_s = 0.0
        self.arrived = self.finished = self.failed = self.present = 0
        self.packets = self.rops = 0

    def _advance(self, step: int) -> float:
        now = self._env.now
        self.area_s += self.present * (now - self._changed_s)
        self._changed_s = now
        self.present += step
        return now

    def enter(self, call: object) -> None:
        """A call has arrived."""
        self._entered_s[call] = self._advance(1)
        self.arrived += 1

    def leave(
        self, call: object, failed: bool = False, rops: int = 0, *, packet: bool = True
    ) -> None:
        """A call has been answered with its operations, or has failed at the server; `packet` is
        False for the pass of an answer.
        """
        now = self._advance(-1)
        self.time_of_finished_s += now - self._entered_s.pop(call)
        if failed:
            self.failed += 1
        else:
            self.finished += 1
            self.packets += packet
            self.rops += rops

    def has(self, call: object) -> bool:
        """Whether a call is at the server now: a stop has lost those that were."""
        return call in self._entered_s

    def inside(self) -> list[object]:
        """Return the calls that are at the server now, in order of arrival."""
        return list(self._entered_s)

    def requests_s(self) -> float:
        """Return the integral of RPC Requests up to now, in request-seconds."""
        self._advance(0)
        return self.area_s

    def time_s(self) -> float:
        """Return the time all calls have spent at the server up to now, in seconds."""
        now = self._env.now
        return self.time_of_finished_s + fsum(
            now - entered_s for entered_s in self._entered_s.values()
        )


SILENT_CLIENT_S: Annotated[
    float, documented("facts 1.5: server to client idle time-out, 15 min")
] = 900.0


TOO_BUSY: Final = "too_busy"
"""As a call's refusal: server too busy."""


class OtherWork(Job):
    """Work that is no call and that somebody waits for: `over` is called with True when it is done,
    with False when a stop of the server has cut it off.
    """

    __slots__ = ("over",)

    def __init__(self, over: Callable[[bool], object]) -> None:
        self.over = over

    def done(self, _: Job) -> None:
        """The server has done it."""
        self.over(True)


@mypyc_attr(allow_interpreted_subclasses=True)
class Server(Endpoint):
    """A processor of `cores` cores and the calls present.

    `draining` counts the reasons why a pool gives it no new connections. `is_running` is True while
    the service runs. When it does not, `silent` tells a host that is away (packets vanish) from a
    service that is (the host refuses), and `outages` counts the reasons why. `epoch` counts the
    stops: what a server remembers of its clients, TLS sessions first, is of one epoch. `year` is
    that in the name of an Exchange store, 0 for other roles.
    """

    def __init__(self, env: Environment, name: str, spec: ServerSpec) -> None:
        self.env = env
        self.name = name
        self.spec = spec
        self.year = spec.year
        self._mhz: float | None = None  # read when it is asked for: what never is has no effect
        self.cpu = Station(env, spec.cores, f"{name} cpu")
        self.calls = RpcCounters(env)
        self.is_running = True
        self.silent = False
        self.epoch = 0
        self.draining = 0
        self._changes_s: list[float] = []
        self.outages = 0
        self.rejected = 0
        self.connections: dict[Connection, None] = {}
        self._forgotten: list[Connection] = []
        self.users: dict[str, int] = {}
        self.admission: Admission | None = None

    def was_running(self, at_s: float) -> bool:
        """Whether the service ran at that time, now or before."""
        return bisect_right(self._changes_s, at_s) % 2 == 0

    @property
    def site_delay_s(self) -> float:
        """How much longer a message takes to it than to what is in the own site, in seconds."""
        return 0.0

    @property
    def held_connections(self) -> int:
        """How many connections of clients it holds, as a balancer counts them."""
        return len(self.connections)

    @property
    def queued(self) -> int:
        """How many calls wait, where that is counted."""
        return 0

    def disk_accesses(self) -> tuple[float, float, float]:
        """Return how many reads, writes, and writes of the log its disks have been asked for."""
        return 0.0, 0.0, 0.0

    def cpu_s(self, mcycles: float) -> float:
        """Return the seconds one core needs for that much work."""
        if self._mhz is None:
            self._mhz = self.spec.mhz
        return mcycles / self._mhz

    def work(self, mcycles: float, done: Callable[[Job], None]) -> None:
        """Do some work that is no RPC (a handshake, a delivery), then call `done`."""
        self.cpu.serve(Job(), self.cpu_s(mcycles), done)

    def compute(self, mcycles: float, over: Callable[[bool], object]) -> None:
        """Do some work for others than Outlook; `over` is called with whether it was done."""
        if not self.is_running:
            over(False)
            return
        work = OtherWork(over)
        self.cpu.serve(work, self.cpu_s(mcycles), work.done)

    def let_in(self, rpc: Rpc, refusal: str, enter: Callable[[Rpc], object]) -> None:
        """Ask the admission policy about a call that is present: `enter` now or later, or refuse.

        Raises ScenarioError when the policy gives no number of seconds.
        """
        admission = self.admission
        if admission is None:
            enter(rpc)
            return
        wait_s = admission.wait_s(rpc)
        if not isinstance(wait_s, int | float) or isnan(wait_s) or wait_s < 0.0:
            raise ScenarioError(
                f"servers.{self.name}.admission = {self.spec.admission!r}: "
                f"{type(admission).__name__}.wait_s returned {wait_s!r}; it has to return seconds: "
                "0 to let the call in now, inf to refuse it"
            )
        if wait_s == inf:
            self.refuse(rpc, refusal)
        elif wait_s > 0.0:
            self.env.schedule_call(rpc, self.env.now + wait_s, partial(self._held_up, enter))
        else:
            enter(rpc)

    def _held_up(self, enter: Callable[[Rpc], object], rpc: Rpc) -> None:
        """The wait of a call is over, unless a stop of the server has lost it."""
        if self.calls.has(rpc):
            enter(rpc)

    def connect(self, connection: Connection) -> None:
        """A connection now ends at this server."""
        self.connections[connection] = None
        self.users[connection.mailbox] = self.users.get(connection.mailbox, 0) + 1

    def disconnect(self, connection: Connection) -> None:
        """A connection no longer ends at this server, if it still did."""
        if connection not in self.connections:
            return
        del self.connections[connection]
        self.users[connection.mailbox] -= 1
        if not self.users[connection.mailbox]:
            del self.users[connection.mailbox]

    def finish(self, rpc: Rpc) -> None:
        """The call is answered: count it and send the answer on its way."""
        self.calls.leave(rpc, rops=rpc.rops)
        rpc.served_s = self.env.now
        self.give_back(rpc)

    def give_back(self, rpc: Rpc) -> None:
        """The answer sets out."""
        rpc.respond(rpc)

    def refuse(self, rpc: Rpc, reason: str) -> None:
        """The call is answered with an error."""
        self.rejected += 1
        self.calls.leave(rpc, failed=True)
        rpc.refusal = reason
        rpc.served_s = self.env.now
        rpc.respond(rpc)

    def stop(self, how: EventKind) -> None:
        """The service stops.

        In a `crash` it does so in silence, else it closes every connection. After a `shutdown` the
        host refuses new ones; a host that crashed, or that does a `restart`, answers to nobody.
        """
        self.is_running = False
        self._changes_s.append(self.env.now)
        self.epoch += 1
        self.silent = how != "shutdown"
        lost = [*self.cpu.stop(), *self.stop_disks()]
        for rpc in self.calls.inside():
            self.calls.leave(rpc, failed=True)
        for connection in list(self.connections):
            connection.server_stopped("server_crash" if how == "crash" else "server_shutdown")
        if how == "crash":
            self._forgotten = list(self.connections)
        self.forget()
        for job in lost:
            if isinstance(job, OtherWork):
                job.over(False)

    def stop_disks(self) -> list[Job]:
        """Throw out what is at the disks, where there are any; return it."""
        return []

    def begin_outage(self, how: EventKind) -> None:
        """Stop the service; an outage that falls into another prolongs it."""
        self.outages += 1
        if self.outages == 1:
            self.stop(how)

    def end_outage(self) -> bool:
        """Let the service come back unless there is another reason for its outage.

        Return whether it has.
        """
        self.outages -= 1
        if not self.outages:
            self.start()
        return not self.outages

    def forget(self) -> None:
        """Drop all that does not survive a stop of the service."""
        self.connections.clear()
        self.users.clear()

    def start(self) -> None:
        """The service comes back with cold caches and no memory of its clients: what is left of
        their connections is answered with RST (RFC 793 3.4).
        """
        self.is_running = True
        self._changes_s.append(self.env.now)
        self.silent = False
        forgotten, self._forgotten = self._forgotten, []
        for connection in forgotten:
            connection.host_is_back()


@mypyc_attr(allow_interpreted_subclasses=True)
class Directory(Server):
    """A global catalogue: each look-up costs processor time and nothing else.

    `rpc_mcycles` of a directory are those of one look-up, whose weight is 1 (those of a store are
    of its mean call, so a store divides by the mean weight). What stands in another site is reached
    over a WAN, each way (`site_delay_ms`).
    """

    @property
    def site_delay_s(self) -> float:
        """How much longer a message takes to a directory in another site, in seconds."""
        return self.spec.site_delay_ms / 1000.0

    def arrive(self, rpc: Rpc) -> None:
        """A call arrives at its site, or sets out for it."""
        self._travel(rpc, self._enter)

    def _travel(self, rpc: Rpc, then: Callable[[Rpc], object]) -> None:
        if self.site_delay_s:
            self.env.schedule_call(rpc, self.env.now + self.site_delay_s, then)
        else:
            then(rpc)

    def _enter(self, rpc: Rpc) -> None:
        if not self.is_running:
            return
        rpc.arrived_s = rpc.entered_s = self.env.now
        self.calls.enter(rpc)
        self.let_in(rpc, TOO_BUSY, self._admitted)

    def _admitted(self, rpc: Rpc) -> None:
        rpc.cpu_s = self.cpu_s(rpc.weight * self.spec.rpc_mcycles)
        self.cpu.serve(rpc, rpc.cpu_s, self._served)

    def _served(self, rpc: Rpc) -> None:
        if rpc.work is not None:
            rpc.work(rpc)
        self.finish(rpc)

    def give_back(self, rpc: Rpc) -> None:
        """The answer sets out."""
        self._travel(rpc, rpc.respond)

    def leave(self, connection: Connection, *, known: bool) -> None:
        """A connection has ended for its client."""
        self.disconnect(connection)
