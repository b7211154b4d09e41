"""How the mechanisms of places, links and bytes are switched off."""

from __future__ import annotations

from math import inf

from anywhere_sim.network.access_path import AccessPath
from anywhere_sim.network.capacity import RecordedRate
from anywhere_sim.network.delayed_ack import DelayedAck
from anywhere_sim.network.link import Flow, Link
from anywhere_sim.network.max_min_link import MaxMinLink
from anywhere_sim.network.processor_sharing_link import ProcessorSharingLink
from anywhere_sim.network.segmentation import Segmentation
from anywhere_sim.network.tcp_model import TcpModel
from anywhere_sim.network.topology import Topology
from anywhere_sim.outlook.client import Client
from anywhere_sim.rpc import framing
from anywhere_sim.rpc.framing import Framing
from anywhere_sim.scenario import catalog
from tests.mechanisms import statements
from tests.mechanisms.patching import Patch, nothing, put


def _every_place_is_a_lan(patch: Patch) -> None:
    for kind in catalog.KINDS:
        patch.setitem(catalog.KINDS, kind, catalog.KINDS["lan"])  # type: ignore[arg-type]


def _flows_as_if_alone(patch: Patch) -> None:
    def due_s(self: ProcessorSharingLink) -> float:
        return self.rate.time_after(self._since_s, self._flows[0][0] - self._virtual) if self._flows else inf

    patch.setattr(ProcessorSharingLink, "_due_s", due_s)


def _mean_rate(patch: Patch) -> None:
    patch.setattr(RecordedRate, "bytes_between", lambda self, from_s, to_s: (to_s - from_s) * self.typical_bytes_per_s)


def _none_piggybacks(self: DelayedAck, now_s: float, channels: int = 1) -> int:
    ahead, self._immediate_bytes, self._delayed_bytes = self._immediate_bytes + self._delayed_bytes, 0, 0
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
    "jitter": put(AccessPath, "delay_s", lambda self: self.one_way_s),
    "bytes, acknowledgements, headers": put(TcpModel, "ip_bytes", lambda self, payload_bytes: payload_bytes),
    "acknowledgements beside a long message": put(TcpModel, "acks_in_flight", lambda self, payload_bytes: 0),
    "acknowledgements that wait, ride or leave alone": put(DelayedAck, "data_sent", _none_piggybacks),
    "slow start counts acknowledgements": put(TcpModel, "_next_cwnd", lambda self, cwnd: 2 * cwnd),
    "loss and resends": put(TcpModel, "loss_cost", lambda *given: (0, 0.0)),
    "bursts leave in order": put(AccessPath, "burst_bytes", lambda self, size_bytes, wire_size, sent_before: 0.0),
    "resends after a gap": put(TcpModel, "resume_wait_s", lambda *given: 0.0),
    "slow start": put(TcpModel, "slow_start_stall_s", lambda *given, **named: 0.0),
    "slow start begins anew after a rest, by stack": put(TcpModel, "restarts_after", lambda self, idle_s: False),
    "RPC/HTTP receive window and its acknowledgements": put(
        Framing, "window_bytes_per_s", lambda self, access_path: access_path.window_bytes_per_s
    ),
    "headers per channel": put(Segmentation, "ip_bytes", lambda self, payload_bytes, channels=1: self.tcp.ip_bytes(payload_bytes)),
    "tunnel around every packet": put(Segmentation, "packet_bytes", lambda self, ip_bytes: ip_bytes),
    "fragments of a large call": put(framing, "FRAGMENT_BYTES", 1_000_000),
    "UDP notice in a gap": put(Link, "is_stalled", False),
    "a gap in the measured speed": put(Link, "mean_kbps", lambda self, from_s, to_s: self.rate.mean_kbps(from_s, to_s)),
    "both directions of a recording": put(
        Topology, "_up_rate", lambda self, place, into_s: self._rate(place.up_kbps, place.up_rate_trace, 2 * into_s)
    ),
    "portal before a hotspot opens": statements.portal_never_opens,
}
