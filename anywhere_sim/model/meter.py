"""The bytes of one attempt or connection, and the acknowledgements they cost."""

from __future__ import annotations

from anywhere_sim.kernel.link import Flow, Link


class Meter:
    """IP bytes sent each way, and acknowledgements, which cost the other direction.

    The last acknowledgement of a message rides with the next bytes that go the other way. Those before it travel while
    the message itself does, as a flow of their own.
    """

    __slots__ = ("_acks", "down", "owed_down", "owed_up", "resent", "up")

    def __init__(self) -> None:
        self.up = self.down = 0.0
        self.owed_up = self.owed_down = 0.0
        self.resent = 0
        self._acks: list[tuple[Flow, Link, bool]] | None = None

    def take_up(self, ip_bytes: float, last_ack: int) -> float:
        """Return what goes up now: the bytes and what is owed; `last_ack` will be owed the other way."""
        total = ip_bytes + self.owed_up
        self.owed_up = 0.0
        self.owed_down += last_ack
        self.up += total
        return total

    def take_down(self, ip_bytes: float, last_ack: int) -> float:
        """Return what goes down now, likewise."""
        total = ip_bytes + self.owed_down
        self.owed_down = 0.0
        self.owed_up += last_ack
        self.down += total
        return total

    def acknowledge(self, link: Link, ack_bytes: int, *, up: bool) -> None:
        """Send the acknowledgements of a message that has just left the other end, but for the last."""
        if up:
            self.up += ack_bytes
        else:
            self.down += ack_bytes
        flows = [each for each in self._acks or () if not each[0].gone]
        flows.append((link.send(None, ack_bytes, _no_matter), link, up))
        self._acks = flows

    def pass_by(self, up: Link, down: Link, up_bytes: float, down_bytes: float) -> None:
        """Count what passed in a rest and took no time worth an event."""
        up.pass_by(up_bytes)
        down.pass_by(down_bytes)
        self.up += up_bytes
        self.down += down_bytes

    def stop(self) -> None:
        """Nothing more is sent: acknowledgements still on the line leave it, and are owed."""
        for flow, link, up in self._acks or ():
            left = link.remove(flow)
            if up:
                self.up -= left
                self.owed_up += left
            else:
                self.down -= left
                self.owed_down += left
        self._acks = None

    def pass_on(self) -> Meter:
        """Return the meter of the connection that an attempt has become: it inherits what is owed, not what was sent."""
        self.stop()
        heir = Meter()
        heir.owed_up, heir.owed_down = self.owed_up, self.owed_down
        return heir


def _no_matter(_: object) -> None:
    """Nobody waits for an acknowledgement."""
