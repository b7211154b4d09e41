"""What the tables count and no message explains: keep-alives, acknowledgements, the end.

The bytes of a connection are those of its messages and of packets of which the tables keep no
instants. Here they get some: each where the model's rules let it be. So a capture has, to the byte,
what `attempts` and `connections` have.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import nan

from anywhere_sim.outlook.notifications import UDP_NOTICE_IP_BYTES
from anywhere_sim.packets import rts
from anywhere_sim.packets.acks import Due, acknowledgements
from anywhere_sim.packets.capture import ACK, FIN, IP_BYTES, PUSH, UDP_BYTES, Packet
from anywhere_sim.packets.on_the_line import Call, OnTheLine
from anywhere_sim.packets.opening import DIRECT, IN, OUT, call_pieces, wrapped
from anywhere_sim.packets.rts import filler
from anywhere_sim.packets.setting import Setting
from anywhere_sim.rpc.call_types import ASYNC_WAIT

NOTICE_PORT = 49_203  # of the server; the client tells it where to send (MS-OXCNOTIF 3.1)
MORE_ACKS = 4  # so many more than the rules ask for are acknowledgements still


@dataclass(slots=True)
class Found:
    """What a connection's bytes were made up of, besides its messages: packets, and the bytes that
    no rule explains (calls that were never answered, mostly).
    """

    acks: int = 0
    keep_alives: int = 0
    resent: int = 0
    unexplained_bytes: int = 0


class Balance:
    """Adds to a capture what is missing in it. Calls that the tables count without a
    row are not answered; those that wait for news are found by their size. At `mails_s` mail came.
    """

    def __init__(
        self, on_the_line: OnTheLine, calls: Sequence[Call], mails_s: Sequence[float]
    ) -> None:
        self._of = on_the_line
        self._capture = on_the_line.capture
        self._setting: Setting = on_the_line.setting
        self._calls = calls
        self._mails_s = mails_s
        self.found = Found()
        self.parked: list[Call] = []

    def settle(self) -> Found:
        """Add it; what there is more than that becomes packets sent again, or filler."""
        if self._of.connection is not None:
            self._say_goodbye()
            self._tell_of_mail()
            self._wait_for_news()
            self._keep_alive()
        for up in (True, False):
            self._acknowledge(up)
        return self.found

    def _data_lines(self) -> tuple[str, str]:
        return (IN, OUT) if self._setting.http else (DIRECT, DIRECT)

    # the end

    def _say_goodbye(self) -> None:
        """Add FIN and its acknowledgement each way, with TLS's close_notify, where it was closed
        and the bytes are there.
        """
        row, of, capture = self._of.connection, self._of, self._capture
        assert row is not None
        notify = self._setting.framing().close_notify_bytes()
        names = dict.fromkeys(self._data_lines())
        each = 2 * capture.ack_bytes + notify
        if row["end_reason"] != "closed" or min(of.left(True), of.left(False)) < len(names) * each:
            return
        ended_s, version = row["end_s"], self._setting.tls
        data = wrapped([bytes(2)], version) if version else b""
        for name in names:
            line = of.line(name)
            capture.packet(line, True, ended_s - capture.rtt_s, FIN | ACK, data=data)
            capture.packet(line, False, ended_s, ACK)
            capture.packet(line, False, ended_s, FIN | ACK, data=data)
            capture.packet(line, True, ended_s, ACK)

    # notices of new mail

    def _tell_of_mail(self) -> None:
        """Add the UDP packets with which the server tells of new mail inside the company: as many
        as leave bytes that acknowledgements explain, near the number of mails that came.
        """
        row, of, capture, setting = self._of.connection, self._of, self._capture, self._setting
        assert row is not None
        if setting.http or setting.service != "mail" or not setting.place.company:
            return
        size = UDP_NOTICE_IP_BYTES + capture.tunnel_bytes
        mails_s = [at_s for at_s in self._mails_s if row["start_s"] <= at_s <= row["end_s"]]
        left, ack = of.left(False), capture.ack_bytes
        fitting = [n for n in range(left // size + 1) if (left - n * size) % ack == 0]
        if not fitting or of.resent_bytes:
            return
        count = min(fitting, key=lambda each: (abs(each - len(mails_s)), each))
        if not count:
            return
        line = of.addresses.line(
            of.client, of.addresses.server(setting.behind), NOTICE_PORT, udp=True
        )
        of.lines["notice"] = line
        content = filler(UDP_NOTICE_IP_BYTES - IP_BYTES - UDP_BYTES, 70)
        late_s = [mails_s[-1] if mails_s else row["end_s"]]
        for at_s in (mails_s + late_s * count)[:count]:
            at_s = min(at_s + setting.rtt_s / 2.0, row["end_s"])
            capture.packet(line, False, at_s, data=content)

    # calls without an answer

    def _wait_for_news(self) -> None:
        row = self._of.connection
        assert row is not None
        missing = int(row["rpcs"]) - len(self._calls)
        if missing <= 0 or not self._setting.group.version.async_wait:
            return
        size = len(self._pieces())
        cost = self._capture.message_bytes(self._of.line(self._data_lines()[0]), size)
        most = min(missing, self._of.left(True) // cost)
        fitting = (n for n in range(most, -1, -1) if self._pings(n * cost) is not None)
        count = next(fitting, min(most, 1))
        waits = [call.end_s for call in self._calls if call.kind == ASYNC_WAIT.name]
        at_s = max([row["start_s"], *waits])
        for number in range(count):
            call = Call(
                len(self._calls) + 5 + number, ASYNC_WAIT.name, (ASYNC_WAIT.up_bytes, nan), at_s,
                at_s + self._capture.rtt_s / 2.0, at_s + self._capture.rtt_s / 2.0,
                nan, nan, nan, (nan, nan),
            )  # fmt: skip
            self.parked.append(call)
            self._of.send(call, self._data_lines()[0])

    def _pieces(self) -> bytes:
        kind = ASYNC_WAIT
        return wrapped(call_pieces(self._setting, 1, kind.name, kind.up_bytes), self._setting.tls)

    # keep-alives

    def _pings(self, taken: int = 0) -> int | None:
        """Return the number of keep-alives with which acknowledgements explain the rest; None where
        no number does.
        """
        row, ack = self._of.connection, self._capture.ack_bytes
        assert row is not None
        up, down = self._setting.framing().keep_alive_bytes(self._setting.packets())
        rest_up, rest_down = self._of.left(True) - taken, self._of.left(False)
        every_s = self._setting.framing().keep_alive_s(self._setting.policy)
        for count in range(int((row["end_s"] - row["start_s"]) / every_s) + 2):
            left = rest_up - count * up, rest_down - count * down
            if min(left) < 0:
                return None
            if not (left[0] % ack or left[1] % ack):
                return count
        return None

    def _keep_alive(self) -> None:
        """Add the keep-alives, in the rests in which they fell due."""
        due_s = self._due_s()
        count = self._pings()
        if count is None:  # something was sent again, or broken off
            up, down = self._setting.framing().keep_alive_bytes(self._setting.packets())
            count = min(len(due_s), self._of.left(True) // up, self._of.left(False) // down)
        self.found.keep_alives = count
        if not count:
            return
        row = self._of.connection
        assert row is not None
        span_s = row["end_s"] - row["start_s"]
        late_s = [row["start_s"] + span_s * (n + 1) / (count + 1) for n in range(count)]
        for at_s in [*due_s, *late_s[len(due_s) :]][:count]:
            self._ping(at_s)

    def _ping(self, at_s: float) -> None:
        of, capture = self._of, self._capture
        if not self._setting.http:
            line = of.line(DIRECT)
            capture.packet(line, True, at_s, data=b"\0", probe=True)
            return
        data = wrapped([rts.PING], self._setting.tls)
        capture.message(of.line(IN), True, data, at_s)
        capture.message(of.line(OUT), False, data, at_s, at_s)

    def _due_s(self) -> list[float]:
        """Return when keep-alives fall due: in rests, each so long after what was before it."""
        row = self._of.connection
        assert row is not None
        every_s = self._setting.framing().keep_alive_s(self._setting.policy)
        times = [row["start_s"], row["end_s"]]
        for message in self._capture.messages:
            times += [message.first_s, message.last_s]
        times = sorted(time_s for time_s in times if row["start_s"] <= time_s <= row["end_s"])
        due = []
        for before_s, after_s in pairwise(times):
            at_s = before_s + every_s
            while at_s < after_s:
                due.append(at_s)
                at_s += every_s
        return due

    # acknowledgements

    def _acknowledge(self, up: bool) -> None:
        """Add acknowledgements in one direction, and what they leave over."""
        ack, left = self._capture.ack_bytes, self._of.left(up)
        if left <= 0:
            return
        packets = self._capture.packets()
        later_s = 0.0 if up else self._capture.rtt_s
        due = acknowledgements(packets, up, self._capture.stack.delayed_ack_s, later_s)
        count = min(left // ack, len(due.alone) + len(due.carried) + MORE_ACKS)
        rest = left - count * ack
        if 0 < rest <= ack and count:
            count, rest = count - 1, rest + ack
        self.found.acks += count
        chosen = _spread(due.alone, min(count, len(due.alone)))
        chosen += _spread(due.carried, min(len(due.carried), count - len(chosen)))
        chosen += (chosen or self._anywhere())[-1:] * (count - len(chosen))
        for each in chosen:
            self._capture.packet(each.line, up, each.time_s, ACK, rank=each.rank)
        if rest > ack:
            self._fill(rest, up, packets)
        elif rest:
            self._trail(rest, up, packets)

    def _anywhere(self) -> list[Due]:
        row = self._of.connection or self._of.attempt
        assert row is not None
        return [Due(self._of.line(self._data_lines()[0]), row["end_s"], 0)]

    # the rest

    def _fill(self, ip_bytes: int, up: bool, packets: Sequence[Packet]) -> None:
        """Add packets of so many bytes: sent again where the tables say so, else new ones."""
        sent = [each for each in packets if each.up == up and each.data and not each.line.udp]
        again = bool(self._of.resent_bytes and sent)
        most = max(len(each.data) for each in sent) if again else self._capture.stack.segment_bytes
        sizes = _sizes(ip_bytes, self._capture.ack_bytes, most)
        if again:
            self.found.resent += len(sizes)
            for size in sizes:
                first = next(each for each in sent if len(each.data) >= size)
                self._capture.packet(
                    first.line, up, first.time_s, again=first, data=first.data[:size]
                )
            return
        self.found.unexplained_bytes += sum(sizes)
        row = self._of.connection or self._of.attempt
        assert row is not None
        line = self._of.lines.get(self._data_lines()[0 if up else 1])
        line = line or next((each for each in self._of.lines.values() if not each.udp), None)
        line = line or self._of.line(self._data_lines()[0 if up else 1])
        content, begin = _unknown(sum(sizes), self._setting), 0
        for size in sizes:
            part = content[begin : begin + size]
            self._capture.packet(line, up, row["end_s"], ACK | PUSH, data=part)
            begin += size

    def _trail(self, ip_bytes: int, up: bool, packets: Sequence[Packet]) -> None:
        """Let the last packet of a direction be longer: what a cut left of one."""
        of_direction = [each for each in self._capture.bare if each.up == up]
        self.found.unexplained_bytes += ip_bytes
        if of_direction:
            of_direction[-1].trailer_bytes += ip_bytes


def _sizes(ip_bytes: int, header_bytes: int, most: int) -> list[int]:
    """Return the data of packets that have so many IP bytes together, none without data."""
    sizes = []
    while ip_bytes > 0:
        size = min(most, ip_bytes - header_bytes)
        left = ip_bytes - header_bytes - size
        if 0 < left <= header_bytes:
            size -= header_bytes + 1 - left
        sizes.append(size)
        ip_bytes -= header_bytes + size
    return sizes


def _unknown(size: int, setting: Setting) -> bytes:
    """Return bytes of a message that no table names: behind the head of a record, under TLS."""
    if setting.tls is None or not 5 < size <= 16_384:
        return filler(size, 13)
    return bytes((23, 3, 1)) + (size - 5).to_bytes(2, "big") + filler(size - 5, 13)


def _spread(due: list[Due], count: int) -> list[Due]:
    return [due[number * len(due) // count] for number in range(count)]
