"""The paths that a client can take to a server, and what each of them is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from anywhere_sim.traces.words import Path


@dataclass(frozen=True, slots=True)
class PathKind:
    """What a path is, wherever it is asked for.

    `through_front_end`: the client turns to the front end, which passes calls on; else to the
    server itself. `channels` counts the TCP connections of one RPC connection. `http`: calls travel
    in requests of HTTP, with its window, flow control and pings. `udp_notice`: the server can tell
    of new mail by a UDP packet, where nothing on the way filters it.
    """

    through_front_end: bool
    channels: int
    http: bool
    udp_notice: bool


PATH_KINDS: Mapping[Path, PathKind] = {
    "tcp": PathKind(through_front_end=False, channels=1, http=False, udp_notice=True),
    "https": PathKind(through_front_end=True, channels=2, http=True, udp_notice=False),
}
