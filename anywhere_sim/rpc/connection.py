"""An established RPC connection: it carries calls, falls silent, dies."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from anywhere_sim.des.environment import Environment, Timer
from anywhere_sim.network.access_path import AccessPath
from anywhere_sim.network.meter import Meter
from anywhere_sim.network.pipe import Pipe
from anywhere_sim.network.tcp_model import COLD_AFTER_S
from anywhere_sim.rpc.call import Rpc
from anywhere_sim.rpc.framing import Framing, keep_alive_s
from anywhere_sim.rpc.teardown import TEARDOWN_MAX_S, Teardown

if TYPE_CHECKING:
    from anywhere_sim.exchange.directory import Directory
    from anywhere_sim.exchange.front_end import FrontEnd
    from anywhere_sim.exchange.store import Store
    from anywhere_sim.outlook.client import Client


class Connection:
    """One RPC connection of a client (two channels over HTTPS): one stream of bytes each way, in which messages follow one another.

    It is *alive* until it is closed or its death is noticed. It is *silent* when the other end no longer answers and the
    client does not know yet: the death is noticed when data is resent in vain, or at the next keep-alive. `nat_forgets`: a middle box
    forgets it in a rest, before a keep-alive comes.
    """

    __slots__ = (
        "access_path",
        "alive",
        "attempt",
        "burst_bytes",
        "calls",
        "channels",
        "client",
        "connection",
        "deadline",
        "down",
        "env",
        "farewell",
        "framing",
        "front_end",
        "keep_alive_s",
        "laid",
        "last_used_s",
        "mailbox",
        "meter",
        "nat_forgets",
        "nat_s",
        "path",
        "reason",
        "rpcs",
        "server",
        "service",
        "silent",
        "start_s",
        "up",
        "window_bytes_per_s",
    )  # fmt: skip

    up: Pipe
    down: Pipe

    def __init__(
        self,
        client: Client,
        connection: int,
        attempt: int,
        service: str,
        path: str,
        access_path: AccessPath,
        server: Store | Directory,
        front_end: FrontEnd | None,
        framing: Framing,
        meter: Meter,
    ) -> None:
        self.client = client
        self.env: Environment = access_path.env
        self.mailbox = client.mailbox
        self.connection = connection
        self.attempt = attempt
        self.service = service
        self.path = path
        self.access_path: AccessPath = access_path
        self.server = server
        self.front_end = front_end
        self.framing = framing
        self.channels = 2 if front_end else 1
        self.meter: Meter = meter
        self.start_s = self.last_used_s = self.env.now
        self.keep_alive_s = keep_alive_s(path, client.policy)
        self.nat_s = access_path.place.idle_timeout_s or math.inf
        self.nat_forgets = self.keep_alive_s > self.nat_s
        self.window_bytes_per_s = framing.window_bytes_per_s(access_path)
        self.burst_bytes = framing.burst_bytes()
        self.calls: dict[Rpc, None] = {}
        self.rpcs = 0
        self.laid = False
        self.alive = True
        self.silent = False
        self.reason = ""
        self.farewell: Teardown | None = None
        self.deadline: Timer | None = None
        server.connect(self)
        if front_end:
            front_end.connect(self)
            meter.part()
        self._watch_nat()

    def lay_pipes(self, sent_up: int = 0, sent_down: int = 0) -> None:
        """Make the pipes when the first message comes, for most connections rest all day; so many segments were sent before."""
        access_path, wire_sizes = self.access_path, self.client.world.wire_sizes
        self.up = Pipe(self, access_path.up, wire_sizes[self.framing, access_path.packets, True], sent_up, up=True)
        self.down = Pipe(self, access_path.down, wire_sizes[self.framing, access_path.packets, False], sent_down, up=False)
        self.laid = True

    def idle_for(self, seconds: float) -> None:
        """It was last used that long ago."""
        self.last_used_s = self.env.now - seconds
        self._watch_nat()

    def call(self, rpc: Rpc) -> None:
        """Send a call, behind those that are on their way; `rpc.then` hears of its end, good or bad."""
        rpc.connection = self
        rpc.answer = self._answered
        rpc.issued_s = self.env.now
        self.rpcs += 1
        self.calls[rpc] = None
        if not self.laid:
            self.lay_pipes()
        if not self._moves():
            self._suspect()
        else:
            self.up.put(rpc)

    def _moves(self) -> bool:
        """Something is about to move: whether it still can, after what the rest before it has done.

        A middle box saw the last acknowledgement a little after what it acknowledged.
        """
        now = self.env.now
        rest_s = now - self.last_used_s
        if rest_s > COLD_AFTER_S and self.up.moving is None and self.down.moving is None:
            if self.access_path.stack.restarts_after_idle:
                self.up.sent_segments = self.down.sent_segments = 0
            if rest_s - self.access_path.stack.delayed_ack_s > self.nat_s and self.nat_forgets:
                self.fall_silent("nat_dropped")
            self._count_keep_alives()
        if self.silent:
            return False
        self.last_used_s = now
        self._watch_nat()
        return True

    def arrived(self, rpc: Rpc) -> None:
        """A request has come to the end of the line."""
        if rpc.failed or not self.access_path.is_up:
            return
        rpc.hops += 1
        self.last_used_s = self.env.now
        self.meter.server.receive(rpc.wire_size.segments, self.last_used_s)
        (self.front_end or self.server).arrive(rpc)

    def _answered(self, rpc: Rpc) -> None:
        """The server has an answer: it goes down the line behind those before it, unless nobody is there any more."""
        rpc.hops += 1
        if rpc.failed or not self.alive or not self._moves():
            return
        self.down.put(rpc)

    def completed(self, rpc: Rpc) -> None:
        """An answer has come to the client."""
        if rpc.failed:
            return
        rpc.hops += 1
        if not self.access_path.is_up:
            return
        self.last_used_s = self.env.now
        self.meter.client.receive(rpc.wire_size.segments, self.last_used_s)
        self._watch_nat()
        del self.calls[rpc]
        self.client.world.completed(rpc)
        rpc.then(rpc)

    def _count_keep_alives(self) -> None:
        """Count the keep-alives of the rest that ends now: bytes, no events. None has passed where a middle box forgets sooner."""
        passed = 0 if self.silent or self.nat_forgets else int((self.env.now - self.last_used_s) // self.keep_alive_s)
        if passed > 0:
            up, down = self.framing.keep_alive_bytes(self.access_path.packets)
            self.meter.add_untimed_bytes(passed * up, passed * down)
            self.last_used_s += passed * self.keep_alive_s

    def _watch_nat(self) -> None:
        """Where a middle box forgets it, the next keep-alive will find it dead."""
        if self.nat_forgets and not self.silent and self.farewell is None:
            self._look_at(self.last_used_s + self.keep_alive_s)

    def fall_silent(self, reason: str) -> None:
        """The other end no longer answers and the client does not know."""
        if self.silent or not self.alive:
            return
        self._count_keep_alives()
        self.silent = True
        self.reason = reason
        if any(math.isnan(rpc.arrived_s) for rpc in self.calls):
            self._suspect()
        elif self.farewell is None:
            self._look_at(max(self.env.now, self.last_used_s + self.keep_alive_s) + self.access_path.give_up_s)

    def _suspect(self) -> None:
        """Data is under way that nobody acknowledges: the stack gives up after its resends."""
        due_s = self.deadline.due_s if self.deadline else math.inf
        self._look_at(min(due_s, self.env.now + self.access_path.give_up_s))

    def _look_at(self, when_s: float) -> None:
        """Whether it is dead will be looked at then; most connections never need a timer for it."""
        if self.deadline is None:
            self.deadline = Timer(self.env, self._give_up)
        self.deadline.set(when_s)

    def _give_up(self) -> None:
        if self.silent:
            self.die(self.reason)
        elif self.farewell is not None:
            self.die("closed" if self.access_path.is_up else self._lost())
        elif self.env.now < self.last_used_s + self.keep_alive_s:
            self._watch_nat()
        else:
            self.fall_silent("nat_dropped")
            self._look_at(self.env.now + self.access_path.give_up_s)

    def server_stopped(self, server: object, reason: str) -> None:
        """The server at the far end crashed in silence, or closed the connection."""
        if reason == "server_crash":
            self.fall_silent(reason)
        else:
            self.env.call_at(self.env.now + self.access_path.one_way_s, lambda: self.die(reason))

    def close(self) -> None:
        """The client closes the connection and takes its leave; nobody hears of it when the other end is silent or the line does not work."""
        if not self.alive or self.farewell is not None:
            return
        if self.silent or not self.access_path.is_up:
            self.die(self.reason or self._lost())
            return
        self.farewell = Teardown(self)
        self.client.let_go(self)
        self._look_at(self.env.now + TEARDOWN_MAX_S)
        self._fail_calls("closed")
        self.farewell.begin()

    def _lost(self) -> str:
        return "link_cut" if self.access_path.attached else "link_lost"

    def finish(self) -> None:
        """The run ends here: what is on the line is taken off it, the row says so."""
        self._count_keep_alives()
        self.alive = False
        for rpc in self.calls:
            self._abandon(rpc, "unfinished")
        if self.farewell is not None:
            self.farewell.break_off()
        self.meter.stop()
        self.client.world.record_connection(self, "unfinished")

    def die(self, reason: str) -> None:
        """The connection ends for the client: its calls fail, the trace gets its row, the client hears of it."""
        if not self.alive:
            return
        self._count_keep_alives()
        self.alive = False
        self.reason = reason
        if self.deadline:
            self.deadline.clear()
        self._leave_servers(reason)
        if self.farewell is not None:
            self.farewell.break_off()
        failed = self._abandon_all(reason)
        self.meter.stop()
        self.client.world.record_connection(self, reason)
        self.client.connection_ended(self, reason)
        for rpc in failed:
            rpc.then(rpc)

    def _fail_calls(self, reason: str) -> None:
        for rpc in self._abandon_all(reason):
            rpc.then(rpc)

    def _abandon_all(self, reason: str) -> list[Rpc]:
        """Take all calls off the line and return them."""
        calls = list(self.calls)
        self.calls.clear()
        if self.laid:
            self.up.clear()
            self.down.clear()
        for rpc in calls:
            self._abandon(rpc, reason)
        return calls

    def _abandon(self, rpc: Rpc, reason: str) -> None:
        """Take a call off the line; what the server has begun it finishes, for nobody."""
        rpc.failed = reason
        if math.isnan(rpc.arrived_s):
            self.meter.up -= self.up.withdraw(rpc)
        else:
            self.meter.down -= self.down.withdraw(rpc)

    def _leave_servers(self, reason: str) -> None:
        self.server.leave(self, known=reason in _KNOWN_TO_SERVER)
        if self.front_end:
            self.front_end.leave(self, known=reason in _KNOWN_TO_SERVER)


_KNOWN_TO_SERVER = ("closed", "server_shutdown")
