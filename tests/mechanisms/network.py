"""How the mechanisms of places, links and bytes are switched off."""

from __future__ import annotations

from math import inf

from anywhere_sim.kernel import wire
from anywhere_sim.kernel.equal_share import EqualShareLink
from anywhere_sim.kernel.link import Flow, Link
from anywhere_sim.kernel.max_min import MaxMinLink
from anywhere_sim.kernel.rate import RecordedRate
from anywhere_sim.model.acks import Acks
from anywhere_sim.model.client import Client
from anywhere_sim.model.line import Line
from anywhere_sim.model.network import Network
from anywhere_sim.model.packets import Packets
from anywhere_sim.model.transport import framing, talk
from anywhere_sim.model.transport.framing import Framing
from anywhere_sim.scenario import place_kinds
from tests.mechanisms import statements
from tests.mechanisms.patching import Patch, nothing, put


def _every_place_is_a_lan(patch: Patch) -> None:
    for kind in place_kinds.KINDS:
        patch.setitem(place_kinds.KINDS, kind, place_kinds.KINDS["lan"])  # type: ignore[arg-type]


def _flows_as_if_alone(patch: Patch) -> None:
    def due_s(self: EqualShareLink) -> float:
        return self.rate.time_after(self._since_s, self._flows[0][0] - self._virtual) if self._flows else inf

    patch.setattr(EqualShareLink, "_due_s", due_s)


def _mean_rate(patch: Patch) -> None:
    patch.setattr(RecordedRate, "bytes_between", lambda self, from_s, to_s: (to_s - from_s) * self.typical_bytes_per_s)


def _none_rides(self: Acks, now: float, channels: int = 1) -> int:
    ahead, self._at_once, self._waiting = self._at_once + self._waiting, 0, 0
    return ahead


def _equal_shares(self: MaxMinLink, available: float, over_s: float) -> tuple[dict[Flow, float], float]:
    each = available / (len(self._fluid) + len(self._queue))
    return dict.fromkeys(self._fluid, each), each * len(self._queue)


NETWORK = {
    "places and their link figures": _every_place_is_a_lan,
    "shared link, equal shares": _flows_as_if_alone,
    "link with caps, max-min": put(MaxMinLink, "_shares", _equal_shares),
    "recorded rate": _mean_rate,
    "cut against gap": put(Client, "link_cut", nothing),
    "jitter": put(Line, "delay_s", lambda self: self.one_way_s),
    "bytes, acknowledgements, headers": put(wire, "ip_bytes", lambda payload_bytes, stack: payload_bytes),
    "acknowledgements beside a long message": put(wire, "acks_beside", lambda payload_bytes, stack: 0),
    "acknowledgements that wait, ride or leave alone": put(Acks, "send", _none_rides),
    "slow start counts acknowledgements": put(wire, "_next_window", lambda stack, window: 2 * window),
    "loss and resends": put(wire, "loss_cost", lambda *given: (0, 0.0)),
    "bursts leave in order": put(Line, "burst_bytes", lambda self, size_bytes, load, sent_before: 0.0),
    "resends after a gap": put(wire, "resume_wait_s", lambda *given: 0.0),
    "slow start": put(wire, "slow_start_stall_s", lambda *given, **named: 0.0),
    "slow start begins anew after a rest, by stack": put(talk, "COLD_AFTER_S", inf),
    "RPC/HTTP receive window and its acknowledgements": put(Framing, "window_bytes_per_s", lambda self, line: line.window_bytes_per_s),
    "headers per channel": put(Packets, "ip_bytes", lambda self, payload_bytes, channels=1: wire.ip_bytes(payload_bytes, self.stack)),
    "tunnel around every packet": put(Packets, "packet_bytes", lambda self, ip_bytes: ip_bytes),
    "fragments of a large call": put(framing, "FRAGMENT_BYTES", 1_000_000),
    "UDP notice in a gap": put(Link, "stands_still", False),
    "a gap in the measured speed": put(Link, "mean_kbps", lambda self, from_s, to_s: self.rate.mean_kbps(from_s, to_s)),
    "both directions of a recording": put(
        Network, "_up_rate", lambda self, place, into_s: self._rate(place.up_kbps, place.up_rate_trace, 2 * into_s)
    ),
    "portal before a hotspot opens": statements.portal_never_opens,
}
