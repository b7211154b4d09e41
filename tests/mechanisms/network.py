"""How the mechanisms of places, links and bytes are switched off."""

from __future__ import annotations

from math import inf
from typing import Any

from anywhere_sim.network.access_path import AccessPath
from anywhere_sim.network.capacity import RecordedRate
from anywhere_sim.network.link import Flow, Link, Rate
from anywhere_sim.network.max_min_link import MaxMinLink
from anywhere_sim.network.processor_sharing_link import ProcessorSharingLink
from anywhere_sim.network.segmentation import DelayedAck, Segmentation, WireSize
from anywhere_sim.network.tcp_model import TcpModel
from anywhere_sim.network.topology import Topology
from anywhere_sim.outlook.client import Client
from anywhere_sim.outlook.notifications import NewMailNotification
from anywhere_sim.rpc.call import Framing
from anywhere_sim.scenario.place import Place
from tests.mechanisms import statements
from tests.mechanisms.ablation import Ablation, in_each, network, outlook, rpc


class _FlowsAsIfAlone(ProcessorSharingLink):
    def _due_s(self) -> float:
        if not self._fluid:
            return super()._due_s()
        return self.rate.time_after(self._since_s, self._first_fluid()[0] - self._virtual)


class _EqualShares(MaxMinLink):
    def _shares(self, available: float, over_s: float) -> dict[Flow, float]:
        return dict.fromkeys(self._fluid, available / len(self._fluid))


class _NothingStands(Link):
    def _windows(self) -> tuple[list[tuple[Flow, float, float]], float]:
        return [], 0.0


class _QueueWithoutEnd(Link):
    def dropped_bytes(self, size_bytes: float) -> float:
        return 0.0


class _NoWindowLost(Link):
    def _windows(self) -> tuple[list[tuple[Flow, float, float]], float]:
        self.queue_bytes = inf
        return super()._windows()


class _MeanRate(RecordedRate):
    def bytes_between(self, from_s: float, to_s: float) -> float:
        return (to_s - from_s) * self.typical_bytes_per_s


class _NeverStalled(Link):
    @property
    def is_stalled(self) -> bool:
        return False


class _RateOfNow(Link):
    def mean_kbps(self, from_s: float, to_s: float) -> float:
        return self.rate.mean_kbps(from_s, to_s)


def _links(change: type[Link]) -> Ablation:
    """Return the ablation in which the links of both disciplines are changed."""
    return network(processor_sharing_link=change, max_min_link=change)


class _NoJitter(AccessPath):
    def delay_s(self) -> float:
        return self.one_way_s


class _OneNotice(NewMailNotification):
    def _repeat_later(self) -> None:
        """The server sends its notice once."""


class _NatsAlike(Topology):
    def _idle_timeout_s(self, name: str, place: Place) -> float:
        return place.idle_timeout_low_s or inf


class _NoBursts(AccessPath):
    def burst_bytes(
        self, size_bytes: float, wire_size: WireSize, sent_before: int, link: Link
    ) -> float:
        return 0.0


class _NothingVanishes(AccessPath):
    def swallows(self, payload_bytes: int) -> bool:
        return False


class _FoundAtOnce(TcpModel):
    def black_hole_wait_s(self, rtt_s: float) -> float:
        return 0.0


class _DeathNotNoticed(Client):
    def link_cut(self) -> None:
        """A cut is like a gap."""


class _NoHeaders(TcpModel):
    def ip_bytes(self, payload_bytes: int) -> int:
        return payload_bytes


class _NoAcksInFlight(TcpModel):
    def acks_in_flight(self, payload_bytes: int) -> int:
        return 0


class _WindowDoubles(TcpModel):
    def _next_cwnd(self, cwnd: int) -> int:
        return 2 * cwnd


class _LossCostsNothing(TcpModel):
    def loss_cost(self, *given: Any) -> tuple[int, float]:
        return 0, 0.0


class _ResumesAtOnce(TcpModel):
    def resume_wait_s(self, timeout_s: float, silent_s: float) -> float:
        return 0.0


class _NoSlowStart(TcpModel):
    def slow_start_stall_s(self, *given: Any, **named: Any) -> float:
        return 0.0


class _StaysWarm(TcpModel):
    def restarts_after(self, idle_s: float) -> bool:
        return False


class _HeadersOnce(Segmentation):
    def ip_bytes(self, payload_bytes: int, channels: int = 1) -> int:
        return self.tcp.ip_bytes(payload_bytes)


class _NoTunnel(Segmentation):
    def packet_bytes(self, ip_bytes: int) -> int:
        return ip_bytes


class _UpAtAnotherInstant(Topology):
    def _up_rate(self, place: Place, into_s: float) -> Rate:
        return self._rate(place.up_kbps, place.up_rate_trace, 2 * into_s)


class _NonePiggybacks(DelayedAck):
    def data_sent(self, now_s: float, channels: int = 1) -> int:
        ahead = self._immediate_bytes + self._delayed_bytes
        self._immediate_bytes = self._delayed_bytes = 0
        return ahead


class _ChannelWindowWithoutEnd(Framing):
    def window_bytes_per_s(self, access_path: AccessPath) -> float:
        return access_path.window_bytes_per_s


class _OneFragment(Framing):
    fragment_bytes = 1_000_000


NETWORK: dict[str, Ablation] = {
    "places and their link figures": in_each("places", "kind", "lan"),
    "shared link, equal shares": network(processor_sharing_link=_FlowsAsIfAlone),
    "link with caps, max-min": network(max_min_link=_EqualShares),
    "recorded rate": network(recorded_rate=_MeanRate),
    "cut against gap": outlook(client=_DeathNotNoticed),
    "NAT idle time-out drawn for each link": network(topology=_NatsAlike),
    "jitter": network(access_path=_NoJitter),
    "bytes, acknowledgements, headers": network(tcp_model=_NoHeaders),
    "acknowledgements beside a long message": network(tcp_model=_NoAcksInFlight),
    "acknowledgements that wait, ride or leave alone": network(delayed_ack=_NonePiggybacks),
    "slow start counts acknowledgements": network(tcp_model=_WindowDoubles),
    "loss and resends": network(tcp_model=_LossCostsNothing),
    "bursts leave in order": network(access_path=_NoBursts),
    "standing queue": _links(_NothingStands),
    "windows add up until they lose": _links(_NoWindowLost),
    "queue limit, drop tail": _links(_QueueWithoutEnd),
    "black hole for large packets": network(access_path=_NothingVanishes),
    "black holes found, by stack": network(tcp_model=_FoundAtOnce),
    "resends after a gap": network(tcp_model=_ResumesAtOnce),
    "slow start": network(tcp_model=_NoSlowStart),
    "slow start begins anew after a rest, by stack": network(tcp_model=_StaysWarm),
    "RPC/HTTP receive window and its acknowledgements": rpc(framing=_ChannelWindowWithoutEnd),
    "headers per channel": network(segmentation=_HeadersOnce),
    "tunnel around every packet": network(segmentation=_NoTunnel),
    "fragments of a large call": rpc(framing=_OneFragment),
    "UDP notice repeated until fetched": outlook(notification=_OneNotice),
    "UDP notice in a gap": _links(_NeverStalled),
    "a gap in the measured speed": _links(_RateOfNow),
    "both directions of a recording": network(topology=_UpAtAnotherInstant),
    "portal before a hotspot opens": statements.portal_never_opens,
}
