"""When one end acknowledges what it receives, and which acknowledgements are packets of
their own.
"""

from __future__ import annotations

from math import inf

NEVER_S = -inf


class DelayedAck:
    """The acknowledgements that one end sends (RFC 1122 4.2.3.2, RFC 5681 4.2), but for those in
    flight beside a long message.

    Every second segment is acknowledged at once. The acknowledgement of an odd last one is delayed:
    it is piggybacked on data that goes back in time, else it leaves as a stand-alone packet after
    the stack's delay. Where data goes back on another TCP connection (RPC over HTTP) nothing
    `piggybacks`. A `quick` end delays none; it is so on a stack that begins with quick
    acknowledgements, until it has answered in time. `stand_alone_bytes` are the IP bytes that have
    left by themselves long before anything that could have followed them.
    """

    __slots__ = (
        "_delay_s",
        "_delayed_bytes",
        "_due_s",
        "_immediate_bytes",
        "_packet_bytes",
        "piggybacks",
        "quick",
        "stand_alone_bytes",
    )

    def __init__(self, packet_bytes: int, delay_s: float, *, quick: bool) -> None:
        self._packet_bytes = packet_bytes
        self._delay_s = delay_s
        self.quick = quick
        self.piggybacks = True
        self.stand_alone_bytes = 0
        self._due_s = NEVER_S
        self._immediate_bytes = self._delayed_bytes = 0

    def reset(self, *, quick: bool) -> None:
        """A TCP connection begins: what is delayed on the one before leaves alone."""
        self._time_out()
        self._due_s, self.quick = NEVER_S, quick

    def data_received(self, segments: int, now_s: float, channels: int = 1) -> None:
        """The last of a message's segments (on each channel) has come."""
        if now_s >= self._due_s:
            self._time_out()
        if not segments:
            return
        self._due_s = now_s + self._delay_s
        ack_bytes = channels * self._packet_bytes
        if segments % 2 == 0:
            self._immediate_bytes += ack_bytes
        elif self._delayed_bytes or self.quick:
            self._immediate_bytes += ack_bytes
            self._delayed_bytes = 0
        else:
            self._delayed_bytes = ack_bytes

    def data_sent(self, now_s: float, channels: int = 1) -> int:
        """Data goes back: return the IP bytes of the acknowledgements just ahead of it; delayed
        ones of its channels ride on it.
        """
        if now_s >= self._due_s:
            self._time_out()
        elif self.piggybacks:
            self.quick = False
            self._delayed_bytes = max(0, self._delayed_bytes - channels * self._packet_bytes)
        ahead, self._immediate_bytes = self._immediate_bytes, 0
        return ahead

    def _time_out(self) -> None:
        """The delay is over: everything has left alone."""
        self.stand_alone_bytes += self._immediate_bytes + self._delayed_bytes
        self._immediate_bytes = self._delayed_bytes = 0
