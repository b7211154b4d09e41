"""The bytes of one attempt or connection, and the acknowledgements it still owes."""

from __future__ import annotations


class Meter:
    """IP bytes sent each way. Acknowledgements cost the other direction: they ride with the next bytes that go there."""

    __slots__ = ("down", "owed_down", "owed_up", "resent", "up")

    def __init__(self) -> None:
        self.up = self.down = 0.0
        self.owed_up = self.owed_down = 0
        self.resent = 0

    def take_up(self, ip_bytes: int, acks: int) -> int:
        """Return what goes up now: the bytes and the acknowledgements owed; `acks` will be owed the other way."""
        total = ip_bytes + self.owed_up
        self.owed_up = 0
        self.owed_down += acks
        self.up += total
        return total

    def take_down(self, ip_bytes: int, acks: int) -> int:
        """Return what goes down now, likewise."""
        total = ip_bytes + self.owed_down
        self.owed_down = 0
        self.owed_up += acks
        self.down += total
        return total

    def pass_on(self) -> Meter:
        """Return the meter of the connection that an attempt has become: it inherits what is owed, not what was sent."""
        heir = Meter()
        heir.owed_up, heir.owed_down = self.owed_up, self.owed_down
        return heir
