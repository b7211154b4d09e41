"""An established RPC connection: it carries calls, falls silent, is torn down."""

from __future__ import annotations

import math
from typing import Annotated

from mypy_extensions import mypyc_attr

from anywhere_sim.des.environment import Environment, Timer
from anywhere_sim.network.access_path import AccessPath
from anywhere_sim.network.segmentation import packets_size
from anywhere_sim.network.tcp_connection import TcpConnection, Transfer
from anywhere_sim.network.tcp_model import COLD_AFTER_S
from anywhere_sim.rpc import call_types
from anywhere_sim.rpc.call import Framing, Rpc, request_arrived, response_arrived, served
from anywhere_sim.rpc.contracts import ConnectionOwner, Endpoint, Proxy
from anywhere_sim.rpc.path_kinds import PATH_KINDS
from anywhere_sim.scenario.sources import assumed
from anywhere_sim.traces.recorder import Recorder
from anywhere_sim.traces.words import Path, Service

TEARDOWN_MAX_S: Annotated[
    float, assumed("the program that closes waits no longer for the last response", 5, 60)
] = 20.0
LOGGED_ON: tuple[Service, ...] = ("mail", "public")
KNOWN_TO_SERVER = ("closed", "server_shutdown")


@mypyc_attr(allow_interpreted_subclasses=True)
class Connection:
    """One RPC connection of a mailbox's client: directly one TCP connection, over HTTPS two
    channels.

    It is *alive* until it is closed or its death is noticed. It is *silent* when the other end no
    longer responds and the client does not know yet: the death is noticed when data is resent in
    vain, or, with data or a keep-alive, by the RST of a host that is back and knows it no more
    (`is_reset`). Where a NAT drops an idle mapping before a keep-alive comes (`nat_forgets`), it
    falls silent in a rest. `closing`: it is being torn down. The front end, if
    any, keeps in `passed_up_s` and `passed_down_s` when the last message of a channel is passed on.
    """

    __slots__ = (
        "_closed_by_server", "_disconnect_call", "_down_sizes", "_hosts_away", "_last_keep_alive_s",
        "_recorder", "_timer", "_unanswered_s", "_up_sizes", "access_path", "alive", "attempt_id",
        "calls", "channels", "closing", "connection_id", "env", "framing", "front_end",
        "group_name", "is_reset", "keep_alive_s", "mailbox", "nat_forgets", "nat_s", "owner",
        "passed_down_s", "passed_up_s", "path", "reason", "rops", "rpcs", "server", "service",
        "silent", "start_s", "tcp",
    )  # fmt: skip

    def __init__(
        self,
        owner: ConnectionOwner,
        mailbox: str,
        group_name: str,
        recorder: Recorder,
        *,
        attempt_id: int,
        service: Service,
        path: Path,
        tcp: TcpConnection,
        server: Endpoint,
        front_end: Proxy | None,
        framing: Framing,
        keep_alive_s: float,
        disconnect_call: bool = False,
    ) -> None:
        self.owner = owner
        self.mailbox = mailbox
        self.group_name = group_name
        self._recorder = recorder
        self.env: Environment = tcp.access_path.env
        self.connection_id = recorder.connections.next_id()
        self.attempt_id = attempt_id
        self.service = service
        self.path = path
        self.tcp = tcp
        self.access_path: AccessPath = tcp.access_path
        self.server = server
        self.front_end = front_end
        self.framing = framing
        self._up_sizes = framing.wire_sizes(self.access_path.packets, up=True)
        self._down_sizes = framing.wire_sizes(self.access_path.packets, up=False)
        self.channels = PATH_KINDS[path].channels
        self.start_s = tcp.last_data_s = self._last_keep_alive_s = self.env.now
        self.passed_up_s = self.passed_down_s = self.env.now
        self.keep_alive_s = keep_alive_s
        self.nat_s = self.access_path.idle_timeout_s
        if front_end:
            self.nat_s = min(self.nat_s, front_end.idle_timeout_s)
        tcp.max_bytes_per_s = framing.window_bytes_per_s(self.access_path)
        tcp.max_burst_bytes = framing.burst_bytes()
        self.calls: tuple[Rpc, ...] = ()
        self.rpcs = self.rops = 0
        self.alive = True  # flags: side by side they take a byte each, compiled
        self.silent = self.closing = self.is_reset = False
        self.nat_forgets = keep_alive_s > self.nat_s
        self._disconnect_call = disconnect_call
        self.reason = self._closed_by_server = ""
        self._hosts_away = 0
        self._unanswered_s = math.inf
        self._timer: Timer | None = None
        server.connect(self)
        if front_end:
            front_end.connect(self)
        if self.channels > 1:
            tcp.use_separate_connections()
        self._watch_nat()

    @property
    def last_used_s(self) -> float:
        """When data or a keep-alive last passed."""
        return max(self.tcp.last_data_s, self._last_keep_alive_s)

    def idle_for(self, seconds: float) -> None:
        """It was last used that long ago."""
        self.tcp.last_data_s = self._last_keep_alive_s = self.env.now - seconds
        self._watch_nat()

    # calls

    def call(self, rpc: Rpc) -> None:
        """Send a call, behind those that are on their way; `rpc.on_end` hears of its end, good or
        bad.
        """
        rpc.connection = self
        rpc.respond = served
        rpc.issued_s = self.env.now
        self.rpcs += 1
        self.rops += rpc.rops
        self.calls += (rpc,)
        if self._can_send():
            rpc.transfer = self.tcp.send_up(self._up_sizes[rpc.up_bytes], request_arrived, rpc)
            self._watch_nat()
        else:
            self._suspect()

    def _can_send(self) -> bool:
        """Return whether data still passes, after what the rest before it has done.

        A NAT saw the last acknowledgement a little after what it acknowledged.
        """
        rest_s = self.env.now - self.last_used_s
        if rest_s > COLD_AFTER_S and self.tcp.is_quiet:
            if self.nat_forgets and rest_s - self.access_path.stack.delayed_ack_s > self.nat_s:
                self.fall_silent("nat_dropped")
            self._count_keep_alives()
        return not self.silent

    def arrived(self, transfer: Transfer) -> None:
        """A request has come to the end of the access path."""
        rpc: Rpc = transfer.subject
        rpc.bytes_up = transfer.ip_bytes
        rpc.stall_up_s = transfer.delay_s
        rpc.reached_s = self.env.now
        rpc.transfer = None
        if self._closed_by_server:
            reset_s = self.env.now + self.access_path.one_way_s
            self.env.call_at(reset_s, lambda: self.die(self._closed_by_server))
        elif self.access_path.is_up:
            (self.front_end or self.server).arrive(rpc)

    def encrypted_bytes(self, rpc: Rpc, *, up: bool) -> int:
        """Return the payload of TCP that a request or response is in records of TLS; 0 in the
        clear.
        """
        if self.framing.tls is None:
            return 0
        return (self._up_sizes[rpc.up_bytes] if up else self._down_sizes[rpc.down_bytes]).payload

    def respond(self, rpc: Rpc) -> None:
        """The server has served a call: its response goes down, through the front end if there is
        one.
        """
        if self.front_end is None:
            self.send_response(rpc)
        elif self.alive and not rpc.failed:
            self.front_end.answer(rpc)

    def send_response(self, rpc: Rpc) -> None:
        """The response goes down, unless nobody is there any more."""
        if rpc.failed or not self.alive or not self._can_send():
            return
        rpc.returned_s = self.env.now
        size = self._down_sizes[rpc.down_bytes]
        if self.access_path.swallows(size.payload):
            self.fall_silent("black_hole")
            self._suspect()
            return
        rpc.transfer = self.tcp.send_down(size, response_arrived, rpc)
        self._watch_nat()

    def completed(self, transfer: Transfer) -> None:
        """A response has come to the client."""
        rpc: Rpc = transfer.subject
        rpc.bytes_down = transfer.ip_bytes
        rpc.transfer = None
        if not self.access_path.is_up:
            return
        self._watch_nat()
        self.calls = tuple(call for call in self.calls if call is not rpc)
        self._recorder.completed_rpcs += 1
        if self._recorder.wants_rpcs(self.mailbox):
            rpc.record(self._recorder.rpcs, self.env.now, stall_down_s=transfer.delay_s)
        rpc.on_end(rpc)

    # rests, silence

    def _count_keep_alives(self) -> None:
        """Count the keep-alives of the rest that ends now: bytes, no events. None has passed where
        a NAT forgets sooner.
        """
        last_used_s = self.last_used_s
        passed = (
            0
            if self.silent or self.nat_forgets
            else int((self.env.now - last_used_s) // self.keep_alive_s)
        )
        if passed > 0:
            up_bytes, down_bytes = self.framing.keep_alive_bytes(self.access_path.packets)
            self.tcp.up.add_untimed_bytes(passed * up_bytes)
            self.tcp.down.add_untimed_bytes(passed * down_bytes)
            self._last_keep_alive_s = last_used_s + passed * self.keep_alive_s

    def _watch_nat(self) -> None:
        """Where a NAT or its server has forgotten it, the next keep-alive will find it dead."""
        if (self.nat_forgets or self._closed_by_server) and not self.silent and not self.closing:
            self._check_at(self.last_used_s + self.keep_alive_s)

    def fall_silent(self, reason: str) -> None:
        """The other end no longer responds and the client does not know."""
        if self.silent or not self.alive:
            return
        self._count_keep_alives()
        self.silent = self.tcp.is_stalled = True
        self.reason = reason
        self.is_reset = reason == "nat_dropped" and (
            self.access_path.place.on_idle == "rst" or self.nat_s < self.access_path.idle_timeout_s
        )
        if any(math.isnan(rpc.arrived_s) for rpc in self.calls):
            self._suspect()
        elif not self.closing:
            self._check_at(max(self.env.now, self.last_used_s + self.keep_alive_s))

    def server_stopped(self, reason: str) -> None:
        """The server at the far end crashed in silence, or closed the connection."""
        if reason == "server_crash":
            self._hosts_away += 1
            self.fall_silent(reason)
        else:
            self._closed_by_server = reason
            path = self.access_path
            timeout_s = path.tcp.retransmission_timeout_s(path.rtt_s)
            self._hear_close(path.one_way_s, timeout_s, path.stack.data_resends)

    def _hear_close(self, in_s: float, timeout_s: float, resends: int) -> None:
        """The client hears that the server has closed the connection, unless nothing passes then:
        what closes it is sent again after a time-out that doubles (RFC 6298 5.5), `resends` times.

        After the last the server's host has forgotten the connection, and answers the client's next
        call or keep-alive with RST.
        """

        def arrived() -> None:
            path = self.access_path
            if not self.silent and not path.down.is_stalled:
                self.die(self._closed_by_server)
            elif not self.silent and resends:
                longer_s = min(2.0 * timeout_s, path.stack.max_rto_s)
                self._hear_close(timeout_s, longer_s, resends - 1)
            elif not self.silent and not self.closing:
                self._check_at(max(self.env.now, self.last_used_s + self.keep_alive_s))

        if self.alive:
            self.env.call_at(self.env.now + in_s, arrived)

    def host_is_back(self) -> None:
        """A host that crashed answers again and knows nothing of the connection: whatever comes, a
        resend too, is answered with RST (RFC 793 3.4).
        """
        self._hosts_away -= 1
        self.is_reset = self.reason == "server_crash" and not self._hosts_away
        if self.alive and self.is_reset and self._unanswered_s < math.inf:
            access_path = self.access_path
            timeout_s = access_path.tcp.retransmission_timeout_s(access_path.rtt_s)
            silent_s = self.env.now - self._unanswered_s
            self._suspect(access_path.tcp.resume_wait_s(timeout_s, silent_s))

    def _suspect(self, next_packet_s: float = 0.0) -> None:
        """Data is under way that nobody acknowledges: the stack gives up after its resends (RFC
        1122 4.2.3.5), or a reset comes a round trip after the next packet.
        """
        now_s, access_path = self.env.now, self.access_path
        self._unanswered_s = min(self._unanswered_s, now_s)
        dies_s = self._unanswered_s + access_path.give_up_s
        if self.is_reset and access_path.is_up:
            dies_s = min(dies_s, now_s + next_packet_s + access_path.rtt_s)
        bound = self._timer is not None and (self.closing or self._unanswered_s < now_s)
        self._check_at(min(self._timer.due_s, dies_s) if self._timer and bound else dies_s)

    def _check_at(self, when_s: float) -> None:
        """Look then whether it is dead; most connections never need a timer for it."""
        if self._timer is None:
            self._timer = Timer(self.env, self._check)
        self._timer.set(when_s)

    def _check(self) -> None:
        if self.silent and math.isinf(self._unanswered_s) and not self.closing:
            self._suspect()  # a keep-alive
        elif self.silent:
            self.die(self.reason)
        elif self.closing:
            self.die("closed" if self.access_path.is_up else self._link_reason())
        elif self.env.now < self.last_used_s + self.keep_alive_s:
            self._watch_nat()
        else:
            self.fall_silent(self._closed_by_server or "nat_dropped")
            self.is_reset |= self._closed_by_server != ""
            self._suspect()

    # teardown

    def close(self) -> None:
        """The client tears the connection down; nobody hears of it when the other end is silent or
        the path does not work.
        """
        if not self.alive or self.closing:
            return
        if self.silent or not self.access_path.is_up:
            self.die(self.reason or self._link_reason())
            return
        self._count_keep_alives()
        self.closing = True
        self.owner.connection_closing(self)
        self._check_at(self.env.now + TEARDOWN_MAX_S)
        for rpc in self._abandon_all("closed"):
            rpc.on_end(rpc)
        self.begin_teardown()

    def begin_teardown(self) -> None:
        """End each TCP connection; before that EcDoDisconnect (MS-OXCRPC 3.1.4.3) where the client
        is logged on and makes that call.
        """
        if self._disconnect_call and self.service in LOGGED_ON:
            self.call(Rpc(call_types.DISCONNECT, self._disconnected))
        else:
            self._send_fin()

    def _disconnected(self, rpc: Rpc) -> None:
        if not rpc.failed:
            self._send_fin()

    def _send_fin(self) -> None:
        """FIN and its acknowledgement each way on each channel (RFC 9293 3.6); TLS says
        close_notify before (RFC 5246 7.2.1).
        """
        tcp, notify_bytes = self.tcp, self.channels * self.framing.close_notify_bytes()
        tcp.up.pending_bytes += notify_bytes
        tcp.down.pending_bytes += notify_bytes
        packet_bytes = self.access_path.packets.packet_bytes(self.access_path.stack.header_bytes)
        size = packets_size(2 * self.channels * packet_bytes)

        tcp.send_up(size, self._fin_arrived, size)

    def _fin_arrived(self, transfer: Transfer) -> None:
        """The far end learns that the client is gone and runs down what it kept for it, the
        session first (C706, context handle rundown); a front end closes what is behind it.
        """
        if self.access_path.is_up:
            self._leave_servers(known=True)
            self.tcp.send_down(transfer.subject, self._fin_answered)

    def _fin_answered(self, _: Transfer) -> None:
        if self.access_path.is_up:
            self.die("closed")

    def _leave_servers(self, *, known: bool) -> None:
        self.server.leave(self, known=known)
        if self.front_end:
            self.front_end.leave(self, known=known)

    def _link_reason(self) -> str:
        return "link_cut" if self.access_path.attached else "link_lost"

    def die(self, reason: str) -> None:
        """The connection ends for the client: its calls fail, the trace gets its row, the owner
        hears of it.
        """
        if not self.alive:
            return
        self._count_keep_alives()
        self.alive = False
        self.reason = reason
        if self._timer:
            self._timer.clear()
        self._leave_servers(known=reason in KNOWN_TO_SERVER)
        failed = self._abandon_all(reason)
        self.tcp.close()
        self._record(reason)
        self.owner.connection_ended(self, reason)
        for rpc in failed:
            rpc.on_end(rpc)

    def finish(self) -> None:
        """The run ends here: what is under way is taken off the path, the row says so."""
        self._count_keep_alives()
        self.alive = False
        self._abandon_all("unfinished")
        self.tcp.close()
        self._record("unfinished")

    def _abandon_all(self, reason: str) -> tuple[Rpc, ...]:
        """Take all calls off the path and return them; what the server has begun it finishes, for
        nobody.
        """
        calls, self.calls = self.calls, ()
        self.tcp.cancel_all()
        for rpc in calls:
            rpc.failed = reason
            if rpc.transfer is not None:
                if math.isnan(rpc.arrived_s):
                    rpc.bytes_up = rpc.transfer.ip_bytes
                else:
                    rpc.bytes_down = rpc.transfer.ip_bytes
        return calls

    def _record(self, reason: str) -> None:
        traffic = self.tcp.traffic
        self._recorder.connections.row(
            connection=self.connection_id, attempt=self.attempt_id, mailbox=self.mailbox,
            group=self.group_name, service=self.service, path=self.path,
            place=self.access_path.place_name, link=self.access_path.name,
            server=(self.front_end or self.server).name, start_s=self.start_s, end_s=self.env.now,
            end_reason=reason, channels=self.channels, rpcs=self.rpcs, rops=self.rops,
            bytes_up=traffic.bytes_up, bytes_down=traffic.bytes_down,
            resent_bytes=traffic.resent_bytes,
        )  # fmt: skip
