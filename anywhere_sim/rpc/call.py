"""One remote procedure call, from issue to completion, and what a path wraps around it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import fsum, inf, isnan
from typing import TYPE_CHECKING, Annotated, ClassVar, Final

from mypy_extensions import mypyc_attr

from anywhere_sim.des.station import Job
from anywhere_sim.network.access_path import AccessPath
from anywhere_sim.network.segmentation import MAX_CACHED_SIZES, Segmentation, TlsVersion, WireSize
from anywhere_sim.network.tcp_connection import Transfer
from anywhere_sim.rpc.call_types import CallType
from anywhere_sim.rpc.rops import Rop
from anywhere_sim.scenario.policy import Policy
from anywhere_sim.scenario.sources import assumed, documented
from anywhere_sim.traces.rows import RpcRows

if TYPE_CHECKING:
    from anywhere_sim.rpc.connection import Connection

NAN: Final = float("nan")
ROUNDING_S: Final = 4e-10
"""What rounding may leave of times that add up; `round` to 1e-9 makes 0 of less than 5e-10."""

SIGNATURE_UP: Annotated[int, documented("real_peers 2.1: NTLM-signed calls")] = 24
SIGNATURE_DOWN: Annotated[int, documented("real_peers 2.1: NTLM-signed answers")] = 32
FRAGMENT_BYTES: Annotated[
    int, documented("real_peers 2.1: a PDU's most bytes as the two ends agreed", 4_280, 5_840)
] = 5_840
PDU_HEADER_BYTES: Annotated[int, documented("C706 12.6: header of a request or response")] = 24
RPC_WINDOW_BYTES: Annotated[
    int,
    documented("real_peers 2.2: receive window of a channel, acknowledged at half", 8_192, 262_144),
] = 65_536
COMPRESSED_FROM_BYTES: Annotated[int, documented("facts 1.6: smaller packets are not worth it")] = (
    1_024
)
PING_BYTES: Annotated[int, documented("facts 2.2: a Ping RTS PDU")] = 20
PROBE_BYTES: Annotated[
    int, assumed("RFC 1122 4.2.3.6: a keep-alive of TCP may carry one byte; Windows' does (U)")
] = 1
FLOW_CONTROL_BYTES: Annotated[int, documented("facts 2.2: FlowControlAckWithDestination")] = 56


@mypyc_attr(allow_interpreted_subclasses=True)
class Rpc(Job):
    """A call: what it carries, what it asks of the server, where it is now, and who waits for it.

    `on_end` is called with it when it is over, well or not. `work` runs at the server when the call
    is served and may set `down_bytes`; `respond` takes the response at the server's door.
    `rops` counts the operations that it carries, those of its kind and `more`; `weight` is their
    relative processor time. `reads` and `writes` count accesses to old pages, neighbouring ones as
    one; `touches` names a folder for each row in it that changes. `failed` is empty, or the reason
    why there will be no response. `up_bytes` and `down_bytes` are those of its PDUs, `bytes_up` and
    `bytes_down` those it put on the access path. A failed call is never used again.

    `operation` is the id of the person's action that waits for it, 0 in the background. The
    instants are those at which it is issued, has come up the line (`reached_s`), is at the store or
    directory (`arrived_s`; `entered_s` once it is no longer parked), has been computed, served, and
    given back to the line (`returned_s`). `cpu_s` is its time on the server's processor,
    `stall_up_s` how long its sender has held it up.
    """

    __slots__ = (
        "arrived_s",
        "bytes_down",
        "bytes_up",
        "computed_s",
        "connection",
        "cpu_s",
        "down_bytes",
        "entered_s",
        "failed",
        "issued_s",
        "kind",
        "more",
        "on_end",
        "operation",
        "reached_s",
        "reads",
        "refusal",
        "respond",
        "returned_s",
        "rops",
        "served_s",
        "stall_up_s",
        "touches",
        "transfer",
        "up_bytes",
        "weight",
        "work",
        "writes",
    )

    connection: Connection
    respond: Callable[[Rpc], object]
    issued_s: float
    reached_s: float
    entered_s: float
    returned_s: float
    stall_up_s: float

    @property
    def mailbox(self) -> str:
        """Whose call it is; "" for a call of a logon, which no connection carries yet."""
        connection: Connection | None = getattr(self, "connection", None)
        return connection.mailbox if connection is not None else ""

    def __init__(
        self,
        kind: CallType,
        on_end: Callable[[Rpc], object],
        up_bytes: int = 0,
        down_bytes: int = 0,
        work: Callable[[Rpc], None] | None = None,
        rows: int = 0,
        more: Sequence[Rop] = (),
        touches: Sequence[str] = (),
    ) -> None:
        self.kind = kind
        self.on_end = on_end
        self.up_bytes = kind.up_bytes + up_bytes
        self.down_bytes = kind.down_bytes + down_bytes
        self.work = work
        self.rops = len(kind.rops) + len(more)
        self.weight = kind.weight + kind.weight_per_row * rows
        if more:
            self.weight += fsum([rop.weight for rop in more])
        self.more = more
        self.reads = kind.pages
        self.writes = kind.writes
        self.touches = touches or kind.touches
        self.failed = ""
        self.refusal = ""
        self.operation = 0
        self.bytes_up = self.bytes_down = self.cpu_s = 0.0
        self.arrived_s = self.computed_s = self.served_s = NAN
        self.transfer: Transfer | None = None

    def record(self, rows: RpcRows, end_s: float, stall_down_s: float) -> None:
        """Write its row: it is answered, and complete at the client.

        A refused call has been computed by nobody.
        """
        connection = self.connection
        computed_s = self.served_s if isnan(self.computed_s) else self.computed_s
        waited_s = computed_s - self.entered_s - self.cpu_s
        rows.row(
            rpc=rows.next_id(), connection=connection.connection_id, mailbox=connection.mailbox,
            group=connection.group_name, operation=self.operation, kind=self.kind.name,
            rops=self.rops, start_s=self.issued_s, arrived_s=self.arrived_s, done_s=self.served_s,
            end_s=end_s, stall_up_s=self.stall_up_s,
            front_end_up_s=self.arrived_s - self.reached_s,
            queue_s=round(waited_s, 9) if waited_s > ROUNDING_S else 0.0,
            cpu_s=self.cpu_s, disk_s=self.served_s - computed_s,
            front_end_down_s=self.returned_s - self.served_s, stall_down_s=stall_down_s,
            bytes_up=self.bytes_up, bytes_down=self.bytes_down,
            pdu_bytes_up=self.up_bytes, pdu_bytes_down=self.down_bytes,
        )  # fmt: skip


# What comes of a call on its way: functions for all connections, where each would bind its own
# methods for every call.


def request_arrived(transfer: Transfer) -> None:
    """A request has come to the end of the access path."""
    rpc: Rpc = transfer.subject
    rpc.connection.arrived(transfer)


def response_arrived(transfer: Transfer) -> None:
    """A response has come to the client."""
    rpc: Rpc = transfer.subject
    rpc.connection.completed(transfer)


def served(rpc: Rpc) -> None:
    """The server has served a call."""
    rpc.connection.respond(rpc)


@mypyc_attr(allow_interpreted_subclasses=True)
class _Limits:
    """What holds for every framing; apart, for in a compiled dataclass it would be a field."""

    __slots__ = ()

    fragment_bytes: ClassVar[int] = FRAGMENT_BYTES
    channel_window_bytes: ClassVar[int] = RPC_WINDOW_BYTES


@mypyc_attr(allow_interpreted_subclasses=True)
@dataclass(frozen=True, slots=True, eq=False)
class Framing(_Limits):
    """The bytes around a call: signatures on the direct path; TLS records and flow-control
    acknowledgements over HTTPS.

    There is one of each kind, known by identity (`RpcComponents`). `compressed_to` is the
    share of a buffer's bytes that is left when both ends compress (RPC_HEADER_EXT, facts 3).
    """

    http: bool
    tls: TlsVersion | None
    signed: bool
    compressed_to: float = 1.0

    def wire_sizes(self, packets: Segmentation, *, up: bool) -> WireSizeCache:
        """Return what PDUs become in one direction of a connection: connections that are alike
        share one table.
        """
        table: WireSizeCache | None = packets.framed.get((self, up))
        if table is None:
            table = packets.framed[self, up] = WireSizeCache(self, packets, up=up)
        return table

    def request_bytes(self, payload: int) -> int:
        """Return the TCP payload of a request with that many bytes of PDU."""
        return self._fragmented(self.packed_bytes(payload), SIGNATURE_UP if self.signed else 0)

    def response_bytes(self, payload: int) -> int:
        """Return the TCP payload of an answer."""
        return self._fragmented(self.packed_bytes(payload), SIGNATURE_DOWN if self.signed else 0)

    def _fragmented(self, pdu: int, signature: int) -> int:
        """Return the bytes of a PDU, or of the fragments it is cut into: each has a header, a
        signature, and a record of its own (assumed).
        """
        if pdu + signature <= self.fragment_bytes:
            return self._wrapped(pdu + signature)
        room = self.fragment_bytes - PDU_HEADER_BYTES - signature
        whole, rest = divmod(pdu - PDU_HEADER_BYTES, room)
        last = self._wrapped(rest + PDU_HEADER_BYTES + signature) if rest else 0
        return whole * self._wrapped(self.fragment_bytes) + last

    def packed_bytes(self, payload: int) -> int:
        """Return what compression leaves of a PDU, whose small buffers it leaves alone."""
        return (
            payload
            if payload < COMPRESSED_FROM_BYTES or self.compressed_to == 1.0
            else round(payload * self.compressed_to)
        )

    def _wrapped(self, payload: int) -> int:
        if not self.http:
            return payload
        return self.tls.record_bytes(payload) if self.tls else payload

    def flow_control_bytes(self, payload: int, packets: Segmentation) -> int:
        """Return the bytes of flow-control acknowledgements that an answer of that size costs the
        other direction.
        """
        if not self.http:
            return 0
        acks = payload // (self.channel_window_bytes // 2)
        return acks * packets.ip_bytes(self._wrapped(FLOW_CONTROL_BYTES))

    def close_notify_bytes(self) -> int:
        """Return the bytes of the record with which TLS ends, 0 without it."""
        return self.tls.record_bytes(2) if self.tls else 0

    def keep_alive_bytes(self, packets: Segmentation) -> tuple[int, int]:
        """Return the IP bytes up and down of one keep-alive: over HTTPS a ping on each channel,
        direct a probe; each acknowledged.
        """
        ack = packets.packet_bytes(packets.stack.header_bytes)
        if not self.http:
            return packets.ip_bytes(PROBE_BYTES), ack
        ping = packets.ip_bytes(self._wrapped(PING_BYTES)) + ack
        return ping, ping

    def keep_alive_s(self, policy: Policy) -> float:
        """Return after how long a rest a connection shows that it lives: RPC over HTTP pings; a
        direct one leaves it to TCP.
        """
        return policy.keep_alive_s if self.http else policy.tcp_keep_alive_s

    def burst_bytes(self) -> float:
        """Return the most bytes that may be under way at once: over HTTPS the receive window of a
        channel.
        """
        return self.channel_window_bytes if self.http else inf

    def window_bytes_per_s(self, access_path: AccessPath) -> float:
        """Return the most bytes per second that windows allow on the line."""
        if not self.http:
            return access_path.window_bytes_per_s
        return min(access_path.window_bytes_per_s, self.channel_window_bytes / access_path.rtt_s)


class WireSizeCache(dict[int, WireSize]):
    """Maps the bytes of a PDU to its size on the wire, worked out once per size."""

    def __init__(self, framing: Framing, packets: Segmentation, *, up: bool) -> None:
        super().__init__()
        self._framing = framing
        self._packets = packets
        self._up = up

    def __missing__(self, pdu_bytes: int) -> WireSize:
        """Work it out, and remember it."""
        if len(self) >= MAX_CACHED_SIZES:
            self.clear()
        framing, packets = self._framing, self._packets
        payload = (
            framing.request_bytes(pdu_bytes) if self._up else framing.response_bytes(pdu_bytes)
        )
        size = packets.wire_size(payload)
        if size.ack_bytes_in_flight and not self._up:
            size = size.with_acks(framing.flow_control_bytes(size.payload, packets))
        self[pdu_bytes] = size
        return size
