"""The bytes of one attempt or connection, and the acknowledgements they cost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from anywhere_sim.network.delayed_ack import DelayedAck
from anywhere_sim.network.link import Flow, Link

if TYPE_CHECKING:
    from anywhere_sim.network.access_path import AccessPath


class Meter:
    """IP bytes sent each way on a line, and acknowledgements, which cost the other direction.

    Those of a long message travel while it does, as a flow of their own; the last one is the affair of the end that has received it.
    `owed_up` and `owed_down` travel with the next bytes.
    """

    __slots__ = ("_access_path", "_flows", "client", "down", "owed_down", "owed_up", "resent", "server", "up")

    def __init__(self, access_path: AccessPath) -> None:
        self._access_path = access_path
        self.up = self.down = 0.0
        self.owed_up = self.owed_down = 0.0
        self.resent = 0
        self.client, self.server = _acks(access_path), _acks(access_path)
        self._flows: list[tuple[Flow, Link, bool]] | None = None

    def take_up(self, ip_bytes: float, channels: int = 1) -> float:
        """Return what goes up now: the bytes, what is owed, and acknowledgements ahead of them."""
        total = ip_bytes + self.owed_up + self.client.send(self._access_path.env.now, channels)
        self.owed_up = 0.0
        if self.client.alone:
            self._count_alone()
        self.up += total
        return total

    def take_down(self, ip_bytes: float, channels: int = 1) -> float:
        """Return what goes down now, likewise."""
        total = ip_bytes + self.owed_down + self.server.send(self._access_path.env.now, channels)
        self.owed_down = 0.0
        if self.server.alone:
            self._count_alone()
        self.down += total
        return total

    def acknowledge(self, ack_bytes: int, *, up: bool) -> None:
        """Send the acknowledgements of a message that has just left the other end, but for the last."""
        link = self._access_path.up if up else self._access_path.down
        if up:
            self.up += ack_bytes
        else:
            self.down += ack_bytes
        flows = [each for each in self._flows or () if not each[0].gone]
        flows.append((link.send(None, ack_bytes, _no_matter), link, up))
        self._flows = flows

    def add_untimed_bytes(self, up_bytes: float, down_bytes: float) -> None:
        """Count what passed in a rest and took no time worth an event."""
        if up_bytes:
            self._access_path.up.add_untimed_bytes(up_bytes)
            self.up += up_bytes
        if down_bytes:
            self._access_path.down.add_untimed_bytes(down_bytes)
            self.down += down_bytes

    def _count_alone(self) -> None:
        self.add_untimed_bytes(self.client.alone, self.server.alone)
        self.client.alone = self.server.alone = 0

    def stop(self) -> None:
        """Nothing more is sent: acknowledgements still on the line leave it, and those that have left alone count."""
        self._break_off()
        for end in (self.client, self.server):
            at_once = end.send(self._access_path.env.now)
            end.alone += at_once
        self._count_alone()

    def _break_off(self) -> None:
        """Take acknowledgements off the line; they are owed."""
        for flow, link, up in self._flows or ():
            left = link.remove(flow)
            if up:
                self.up -= left
                self.owed_up += left
            else:
                self.down -= left
                self.owed_down += left
        self._flows = None

    def renew(self) -> None:
        """A TCP connection begins, in place of the one before or beside it."""
        for end in (self.client, self.server):
            end.renew(quick=self._access_path.stack.quick_acks)

    def part(self) -> None:
        """Requests and answers go on TCP connections of their own from now on."""
        self.client.apart = self.server.apart = True

    def pass_on(self) -> Meter:
        """Return the meter of the connection that an attempt has become: it inherits what is owed, not what was sent."""
        self._break_off()
        heir = Meter(self._access_path)
        heir.owed_up, heir.owed_down = self.owed_up, self.owed_down
        heir.client, self.client = self.client, heir.client
        heir.server, self.server = self.server, heir.server
        return heir


def _acks(access_path: AccessPath) -> DelayedAck:
    stack = access_path.stack
    return DelayedAck(access_path.packets.packet_bytes(stack.header_bytes), stack.delayed_ack_s, quick=stack.quick_acks)


def _no_matter(_: object) -> None:
    """Nobody waits for an acknowledgement."""
