"""One RPC connection on the client's line: from the rows of its attempt, itself and its calls.

Exact are the instants that the tables have: the ends of an attempt's stages, the issue of a call
and the end of its answer. What lies between is spread evenly.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from math import isnan
from typing import Any

from anywhere_sim.network.resolver import ANSWER_IP_BYTES, QUERY_IP_BYTES
from anywhere_sim.outlook.rpc_over_http import RPC_ERROR_BYTES, RpcOverHttp
from anywhere_sim.packets import http, rts
from anywhere_sim.packets.capture import ACK, IP_BYTES, RST, SYN, UDP_BYTES, Capture, Line
from anywhere_sim.packets.opening import (
    DIRECT,
    IN,
    MAPPER,
    OUT,
    Opening,
    Step,
    call_pieces,
    wrapped,
)
from anywhere_sim.packets.setting import (
    DNS_PORT,
    EPM_PORT,
    HTTP_PORT,
    HTTPS_PORT,
    PROXY_PORT,
    Addresses,
    Setting,
)

Row = Mapping[str, Any]
NAME_BYTES = QUERY_IP_BYTES - IP_BYTES - UDP_BYTES - 12 - 4
STAGES = {"conn": 1, "bind": 2, "logon": 3}
"""The order of stages behind the last instant that the table has of an attempt over HTTPS."""
FULL_BYTES = 320  # a 503, as in `RpcOverHttp.connect_channels`
HTTP_WINDOWS = {"tcp": 0, "proxy": 0, "portal": 0, "tls": 1, "auth": 2, "conn": 3, "bind": 3,
                "logon": 3, "limit": 3}  # fmt: skip
DIRECT_WINDOWS = {"tcp": 0, "bind": 1, "logon": 2, "limit": 2}
HTTP_MARKS = ("tcp_s", "tls_s", "auth_s", "end_s")
DIRECT_MARKS = ("tcp_s", "auth_s", "end_s")


@dataclass(frozen=True, slots=True)
class Call:
    """A call on its way: when it was issued, reached the far end, was given back, was complete; an
    instant is NaN where it did not come to that.
    """

    number: int
    kind: str
    pdu_bytes: tuple[float, float]
    start_s: float
    reached_s: float
    arrived_s: float
    done_s: float
    returned_s: float
    end_s: float
    ip_bytes: tuple[float, float]

    @classmethod
    def of(cls, number: int, row: Row) -> Call:
        """Return the call of a row of `rpcs`."""
        arrived_s, done_s = (
            _known(row["arrived_s"], row["start_s"]),
            _known(row["done_s"], row["end_s"]),
        )
        return cls(
            number, str(row["kind"]), (row["pdu_bytes_up"], row["pdu_bytes_down"]),
            row["start_s"], arrived_s - _known(row["front_end_up_s"], 0.0), arrived_s, done_s,
            done_s + _known(row["front_end_down_s"], 0.0), row["end_s"],
            (row["bytes_up"], row["bytes_down"]),
        )  # fmt: skip


def _known(value: float | None, other: float) -> float:
    return other if value is None or isnan(value) else value


class OnTheLine:
    """The capture of one attempt and of the connection that came of it; either may be missing."""

    def __init__(
        self, setting: Setting, addresses: Addresses, attempt: Row | None, connection: Row | None
    ) -> None:
        self.setting = setting
        self.addresses = addresses
        self.attempt = attempt
        self.connection = connection
        self.capture = Capture(setting.packets(), setting.rtt_s)
        self.client = addresses.client(setting.mailbox, setting.place_name)
        self.lines: dict[str, Line] = {}
        name = f"{setting.mailbox}/{setting.service}/{(attempt or connection or {})['start_s']}"
        window = setting.framing().channel_window_bytes
        self.circuit = rts.VirtualConnection.named(name, self.client, window)
        rows = [row for row in (attempt, connection) if row is not None]
        self.budget = {
            up: round(sum(row["bytes_up" if up else "bytes_down"] for row in rows))
            for up in (True, False)
        }
        self.resent_bytes = round(sum(row["resent_bytes"] for row in rows))

    def left(self, up: bool) -> int:
        """Return the IP bytes of one direction that nothing explains yet."""
        return int(self.budget[up]) - self.capture.bytes_of(up)

    def line(self, name: str) -> Line:
        """Return a line of the connection; it is there from now on."""
        if name not in self.lines:
            setting, addresses = self.setting, self.addresses
            server, port = addresses.server(setting.host), HTTPS_PORT if setting.tls else HTTP_PORT
            if name == MAPPER:
                port = EPM_PORT
            elif name == DIRECT:
                port = setting.kind.mapped_port
            elif setting.place.web == "proxy":
                server, port = addresses.at_place(setting.place_name, 80), PROXY_PORT
            self.lines[name] = addresses.line(self.client, server, port)
        return self.lines[name]

    # the attempt

    def open(self) -> None:
        """Add what the attempt has sent: all of its steps, or those that its bytes allow."""
        row, setting = self.attempt, self.setting
        assert row is not None
        begin_s = self._ask_for_the_name(row)
        if row["failed_stage"] == "resolve":
            return
        opening = Opening(
            setting, self.circuit, resumed=row["tls"] == "resumed",
            address=self.addresses.server(setting.host), portal=row["failed_stage"] == "portal",
        )  # fmt: skip
        windows = HTTP_WINDOWS if setting.http else DIRECT_WINDOWS
        marks = [row[mark] for mark in (HTTP_MARKS if setting.http else DIRECT_MARKS)]
        connected = row["outcome"] == "connected"
        if not connected:
            marks[-1] = None
        reached = sum(mark is not None and not isnan(mark) for mark in marks)
        last = max(windows.get(str(row["failed_stage"]), 0), reached) if not connected else 9
        failed = STAGES.get(str(row["failed_stage"]), len(STAGES))
        steps = [
            step
            for step in opening.steps()
            if windows[step.stage] <= last and STAGES.get(step.stage, 0) <= failed
        ]
        for window, mark in enumerate(marks):
            inside = [step for step in steps if windows[step.stage] == window]
            end_s = _known(mark, begin_s if connected else begin_s + len(inside) * setting.rtt_s)
            from_s = begin_s
            for number, step in enumerate(inside, 1):
                to_s = begin_s + (end_s - begin_s) * number / len(inside)
                if step.connect and row["failed_stage"] == "tcp" and mark is None:
                    self._knock([self.line(name) for name in step.connect], from_s)
                    return
                if not self._take(step, from_s, to_s, whole=connected):
                    return
                from_s = to_s
            begin_s = end_s

    def _ask_for_the_name(self, row: Row) -> float:
        """Add the question of DNS where there was one; return when the name was known."""
        start_s, resolved_s = row["start_s"], row["resolved_s"]
        failed = row["failed_stage"] == "resolve" and row["outcome"] != "connected"
        until_s = _known(resolved_s, row["end_s"] if failed else start_s)
        if until_s <= start_s:
            return float(start_s)
        place, capture = self.setting.place_name, self.capture
        resolver = self.addresses.at_place(place, 53)
        line = self.addresses.line(self.client, resolver, DNS_PORT, udp=True)
        self.lines["dns"] = line
        name, number = http.dns_name(self.setting.host, NAME_BYTES), row["attempt"] % 65_536
        query, address = http.dns_query(number, name), self.addresses.server(self.setting.host)
        size = ANSWER_IP_BYTES - IP_BYTES - UDP_BYTES
        if failed and not self.left(up=False):
            waits = _questions_s(self)
            count = min(len(waits), self.left(up=True) // capture.size(line, len(query)))
            for wait_s in waits[:count]:
                capture.packet(line, True, start_s + wait_s, data=query)
            return float(until_s)
        answer = (
            http.dns_no_such_name(number, name, size) if failed
            else http.dns_answer(number, name, address, size)
        )  # fmt: skip
        if self.left(up=True) >= capture.size(line, len(query)):
            capture.packet(line, True, start_s, data=query)
        if self.left(up=False) >= capture.size(line, len(answer)):
            capture.packet(line, False, until_s, data=answer)
        return float(until_s)

    def _take(self, step: Step, from_s: float, to_s: float, *, whole: bool) -> bool:
        """Add a step; of an attempt that failed only what it has bytes for. Return whether all of
        it was added.
        """
        if step.connect:
            return self._connect(step.connect, from_s, to_s, whole=whole)
        downs = step.downs
        assert self.attempt is not None
        if step.proxied and not whole and self.attempt["failed_stage"] == "conn":
            downs = self._refusal(step)
        for up, messages in ((True, step.ups), (False, downs)):
            for name, data in messages:
                line = self.line(name)
                if not whole and self.capture.message_bytes(line, len(data)) > self.left(up):
                    return False
                first_s = from_s if up else to_s - (to_s - from_s) / 4.0
                self.capture.message(line, up, data, first_s, from_s if up else to_s)
        return True

    def _refusal(self, step: Step) -> list[tuple[str, bytes]]:
        """Return what the proxy says instead of CONN/A3 and C2: that there is no server, or that it
        is full; nothing where its bytes are not there.
        """
        version, left = self.setting.tls, self.left(up=False)
        head = http.success(RpcOverHttp.heads.answer, RPC_ERROR_BYTES)
        for pieces in (
            [head, http.page(RPC_ERROR_BYTES)],
            [http.answer("503 Service Unavailable", FULL_BYTES)],
        ):
            data = wrapped(pieces, version)
            rest = left - self.capture.message_bytes(self.line(OUT), len(data))
            if rest >= 0 and rest % self.capture.ack_bytes == 0:
                return [(OUT, data)]
        return []

    def _connect(self, names: Sequence[str], from_s: float, to_s: float, *, whole: bool) -> bool:
        capture, count = self.capture, len(names)
        syn = capture.stack.syn_bytes + capture.tunnel_bytes
        if not whole and (
            self.left(up=True) < count * (syn + capture.ack_bytes)
            or self.left(up=False) < count * syn
        ):
            return False
        for name in names:
            line = self.line(name)
            capture.packet(line, True, from_s, SYN)
            capture.packet(line, False, to_s, SYN | ACK)
            capture.packet(line, True, to_s, ACK)
        return True

    def _knock(self, lines: Sequence[Line], from_s: float) -> None:
        """Add SYNs that nobody answers, or that are refused."""
        capture, stack = self.capture, self.capture.stack
        syn = stack.syn_bytes + capture.tunnel_bytes
        answers = (stack.reset_retries + 1) * len(lines) * capture.ack_bytes
        refused = self.left(up=False) >= answers
        begins_s = [0.0, *accumulate(stack.syn_timeouts_s[:-1])]
        if refused:
            begins_s = [stack.reset_retry_gap_s * n for n in range(stack.reset_retries + 1)]
        for begin_s in begins_s:
            for line in lines:
                if self.left(up=True) < syn:
                    return
                again = next((p for p in capture.bare if p.line is line and p.flags == SYN), None)
                capture.packet(line, True, from_s + begin_s, SYN, again=again)
                if refused:
                    at_s = from_s + begin_s + capture.rtt_s
                    capture.packet(line, False, at_s, RST | ACK)

    # the calls

    def carry(self, calls: Sequence[Call]) -> None:
        """Add calls and answers, with the acknowledgements of flow control that answers cost."""
        up, down = (IN, OUT) if self.setting.http else (DIRECT, DIRECT)
        received = 0
        for call in calls:
            self.send(call, up)
            if isnan(call.end_s):
                continue
            received += self._answer(call, down, up, received)

    def send(self, call: Call, name: str) -> None:
        """Add a call; its last packet leaves so that it reaches the far end when it did."""
        data = wrapped(
            call_pieces(self.setting, call.number, call.kind, int(call.pdu_bytes[0])),
            self.setting.tls,
        )
        last_s = _known(call.reached_s, call.start_s) - self.setting.rtt_s / 2.0
        line = self.line(name)
        resend = self._resend(line, len(data), call.ip_bytes[0])
        self.capture.message(line, True, data, call.start_s, last_s, resend=resend)

    def _answer(self, call: Call, name: str, up_name: str, received: int) -> int:
        setting, line = self.setting, self.line(name)
        pieces = call_pieces(setting, call.number, call.kind, int(call.pdu_bytes[1]), response=True)
        data = wrapped(pieces, setting.tls)
        first_s = min(call.end_s, call.returned_s + setting.rtt_s / 2.0)
        size = self._segment_bytes(len(data))
        resend = self._resend(line, len(data), call.ip_bytes[1], size)
        self.capture.message(line, False, data, first_s, call.end_s, size, resend)
        if not setting.http or self.capture.stack.segment_bytes * 2 >= len(data):
            return len(data)
        acks = len(data) // (setting.framing().channel_window_bytes // 2)
        for number in range(1, acks + 1):
            ack = self.circuit.flow_control_ack(received + number * len(data) // acks)
            at_s = first_s + (call.end_s - first_s) * number / (acks + 1)
            self.capture.message(self.line(up_name), True, wrapped([ack], setting.tls), at_s)
        return len(data)

    def _segment_bytes(self, payload: int) -> int:
        """Return the segments of an answer: small ones once a black hole was found."""
        place, stack = self.setting.place, self.capture.stack
        found = place.icmp == "dropped" and place.mtu_bytes < 1_500 and stack.finds_black_holes
        tcp = self.setting.packets().tcp
        return tcp.black_hole_segment_bytes if found and payload > stack.segment_bytes else 0

    def _resend(
        self, line: Line, payload: int, ip_bytes: float, segment_bytes: int = 0
    ) -> tuple[int, int]:
        """Return how many packets of a message were sent again, and the data in each: what its
        bytes hold beyond itself and acknowledgements ahead of it.
        """
        if not self.resent_bytes or isnan(ip_bytes):
            return 0, 0
        capture, stack = self.capture, self.capture.stack
        extra = round(ip_bytes) - capture.message_bytes(line, payload, segment_bytes)
        data = min(payload, segment_bytes or stack.segment_bytes)
        for count in range(extra // (data + stack.header_bytes), 0, -1):
            rest = extra - count * (data + stack.header_bytes)
            if rest % capture.ack_bytes == 0:
                return count, data - capture.tunnel_bytes
        return 0, 0


def _questions_s(line: OnTheLine) -> list[float]:
    """Return when the resolver asks again, in seconds from the first question."""
    waits = line.capture.stack.dns_timeouts_s
    return [0.0, *accumulate(waits[:-1])]
