"""When one end acknowledges what it receives, and which acknowledgements are packets of their own."""

from __future__ import annotations

from math import inf

LONG_AGO = -inf  # one for all: most connections rest


class DelayedAck:
    """The acknowledgements that one end sends (RFC 1122 4.2.3.2), but for those that travel beside a long message.

    Every second segment is acknowledged at once. What is left over waits: its acknowledgement rides with data that goes back in time,
    and leaves alone after the stack's delay otherwise. Where data goes back on another TCP connection (`apart`: RPC over HTTP) none rides.
    A `quick` end leaves none waiting; it is so on a stack that begins with quick acknowledgements, until it has answered in time.
    `alone` are the IP bytes that have left long before anything that could have followed them.
    """

    __slots__ = ("_at_once", "_delay_s", "_due_s", "_packet_bytes", "_waiting", "alone", "apart", "quick")

    def __init__(self, packet_bytes: int, delay_s: float, *, quick: bool) -> None:
        self._packet_bytes = packet_bytes
        self._delay_s = delay_s
        self.quick = quick
        self.apart = False
        self.alone = 0
        self._due_s = LONG_AGO
        self._at_once = self._waiting = 0

    def renew(self, *, quick: bool) -> None:
        """A TCP connection begins: what waits on the one before leaves alone."""
        self._leave()
        self._due_s, self.quick = LONG_AGO, quick

    def receive(self, segments: int, now: float, channels: int = 1) -> None:
        """The last of a message's segments (on each channel) has come."""
        if now >= self._due_s:
            self._leave()
        if not segments:
            return
        self._due_s = now + self._delay_s
        ack_bytes = channels * self._packet_bytes
        if segments % 2 == 0:
            self._at_once += ack_bytes
        elif self._waiting or self.quick:
            self._at_once += ack_bytes
            self._waiting = 0
        else:
            self._waiting = ack_bytes

    def send(self, now: float, channels: int = 1) -> int:
        """Data goes back: return the IP bytes of the acknowledgements just ahead of it; those that wait on its channels ride."""
        if now >= self._due_s:
            self._leave()
        elif not self.apart:
            self.quick = False
            self._waiting = max(0, self._waiting - channels * self._packet_bytes)
        ahead, self._at_once = self._at_once, 0
        return ahead

    def _leave(self) -> None:
        """The delay is over: everything has left alone."""
        self.alone += self._at_once + self._waiting
        self._at_once = self._waiting = 0
