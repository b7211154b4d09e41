"""The links of a site: private ones made when first used, shared ones made once per place."""

from __future__ import annotations

from collections import Counter
from functools import cache
from math import inf
from typing import TYPE_CHECKING

import numpy as np
from mypy_extensions import mypyc_attr

from anywhere_sim.des.environment import Environment
from anywhere_sim.des.random_streams import Streams
from anywhere_sim.network import link_trace
from anywhere_sim.network.access_path import AccessPath
from anywhere_sim.network.link import ConstantRate, Link, Rate
from anywhere_sim.network.segmentation import Segmentation
from anywhere_sim.network.tcp_model import STACKS, Stack
from anywhere_sim.scenario.place import Place
from anywhere_sim.scenario.quantities import BYTES_PER_KBIT
from anywhere_sim.scenario.scenario import Scenario

if TYPE_CHECKING:
    from anywhere_sim.network.components import NetworkComponents


@mypyc_attr(allow_interpreted_subclasses=True)
class Topology:
    """Makes and remembers access paths and links.

    `links` maps a link's name to its number, its place and its two directions; `moving` names those
    that have begun to move. `max_window_bytes` is the widest window that any user of the network
    grants above TCP: where neither that nor a receive window can bind, a link needs no caps.
    """

    def __init__(
        self, env: Environment, scenario: Scenario, streams: Streams, components: NetworkComponents,
        max_window_bytes: float,
    ) -> None:  # fmt: skip
        self._env = env
        self._scenario = scenario
        self._streams = streams
        self._components = components
        self._max_window_bytes = max_window_bytes
        self._traces = {
            name: link_trace.read(scenario.trace_path(name))
            for name in scenario.link_traces(scenario.visited_places())
        }
        self.links: dict[str, tuple[int, str, Link, Link]] = {}
        self.moving: dict[str, None] = {}
        self.access_paths: dict[tuple[str, str], AccessPath] = {}
        self._packets: dict[tuple[Stack, int], Segmentation] = {}
        self.away: Counter[str] = Counter()
        self.stalled: Counter[str] = Counter()
        self._disconnected: dict[AccessPath, None] = {}
        self._held: dict[AccessPath, None] = {}

    def access_path(self, mailbox: str, place_name: str, stack: Stack) -> AccessPath:
        """Return the access path of a mailbox's client at a place; the same one each time."""
        key = (mailbox, place_name)
        if key not in self.access_paths:
            place = self._scenario.places[place_name]
            name = place_name if place.shared else f"{mailbox}@{place_name}"
            self.access_paths[key] = access_path = self._components.access_path(
                self._env, name, place_name, place, self._segmentation(stack, place),
                self._links(name, place_name, place),
                self._streams.stream(f"line/{mailbox}/{place_name}"),
                self._idle_timeout_s(name, place),
            )  # fmt: skip
            access_path.link_up = not self.away[place_name]
        return self.access_paths[key]

    def _idle_timeout_s(self, name: str, place: Place) -> float:
        """Return for how long the NAT before a link remembers an idle connection, drawn by the
        link's name; infinite without a NAT.
        """
        low_s, high_s = place.idle_timeout_low_s, place.idle_timeout_high_s
        fixed_s = place.idle_timeout_s
        if low_s is None or high_s is None:
            return inf
        if fixed_s is not None:
            return fixed_s
        if low_s == high_s:
            return low_s
        share = self._streams.stream(f"nat/{name}").uniform()
        return low_s * float((high_s / low_s) ** share)

    def _segmentation(self, stack: Stack, place: Place) -> Segmentation:
        """Return the packets of a stack, in a tunnel and none too large for the place: one object
        and one cache for all paths.
        """
        largest_bytes, tunnel_bytes = place.mtu_bytes - stack.header_bytes, place.tunnel_bytes
        if largest_bytes < stack.segment_bytes:
            stack = stack.with_(segment_bytes=largest_bytes)
        key = (stack, tunnel_bytes)
        if key not in self._packets:
            tcp = self._components.tcp_model(stack)
            self._packets[key] = self._components.segmentation(tcp, tunnel_bytes)
        return self._packets[key]

    def _links(self, name: str, place_name: str, place: Place) -> tuple[Link, Link]:
        if name not in self.links:
            offset_s = self._drawn_offset_s(name, place)
            made = self._link_class(place)
            up, down = (
                made(self._env, rate, name, self.moving, place.rtt_ms / 1000.0, place.queue_bytes)
                for rate in (
                    self._up_rate(place, offset_s),
                    self._rate(place.down_kbps, place.rate_trace, offset_s),
                )
            )
            self.links[name] = (len(self.links), place_name, up, down)
            if self._is_stalled(place_name):
                up.stall()
                down.stall()
        return self.links[name][2:]

    def _drawn_offset_s(self, name: str, place: Place) -> float:
        """Return the drawn instant of the recording at which both directions of a link begin."""
        trace_name = place.rate_trace or place.up_rate_trace
        return (
            self._streams.stream(f"link/{name}").uniform() * self._traces[trace_name].duration_s
            if trace_name
            else 0.0
        )

    def _rate(self, kbps: float, trace_name: str | None, offset_s: float) -> Rate:
        """Return a constant rate, or a recording from that instant on."""
        if trace_name is None:
            return _constant(kbps)
        trace = self._traces[trace_name]
        return self._components.recorded_rate(
            trace.times_s.tolist(), trace.cumulative_bytes.tolist(), offset_s=offset_s
        )

    def _up_rate(self, place: Place, offset_s: float) -> Rate:
        """Return the rate up.

        Where only the way down was recorded, nothing goes up while nothing comes down (assumed).
        """
        if place.rate_trace is None or place.up_rate_trace is not None:
            return self._rate(place.up_kbps, place.up_rate_trace, offset_s)
        trace = self._traces[place.rate_trace]
        moved = (
            np.diff(trace.times_s)
            * (np.diff(trace.cumulative_bytes) > 0)
            * place.up_kbps
            * BYTES_PER_KBIT
        )
        return self._components.recorded_rate(
            trace.times_s.tolist(), [0.0, *np.cumsum(moved).tolist()], offset_s=offset_s
        )

    def _link_class(self, place: Place) -> type[Link]:
        """Return equal shares where no window can bind, max-min where one can (DESIGN 6.2).

        Where a recording takes the place of a number, its highest rate decides.
        """
        components, rtt_s = self._components, place.rtt_ms / 1000.0
        max_bytes_per_s = BYTES_PER_KBIT * max(
            kbps if trace is None else self._traces[trace].max_kbps
            for kbps, trace in (
                (place.down_kbps, place.rate_trace), (place.up_kbps, place.up_rate_trace),
            )
        )  # fmt: skip
        window_bytes_per_s = min(
            self._max_window_bytes / rtt_s,
            *(
                components.tcp_model(stack).window_cap_bytes_per_s(rtt_s, max_bytes_per_s)
                for stack in STACKS.values()
            ),
        )
        is_capped = window_bytes_per_s < max_bytes_per_s
        return components.max_min_link if is_capped else components.processor_sharing_link

    def take_down(self, place_name: str, *, cut: bool) -> None:
        """Stop the links of a place: in a cut connections die, in a gap they survive.

        Reasons are counted: a place that is down twice must be restored twice.
        """
        (self.away if cut else self.stalled)[place_name] += 1
        for _, place, up, down in self.links.values():
            if place == place_name:
                up.stall()
                down.stall()
        self._update_access_paths(place_name)

    def restore(self, place_name: str, *, cut: bool) -> None:
        """Take back one reason for the links of a place to be down; without any they resume."""
        (self.away if cut else self.stalled)[place_name] -= 1
        if not self._is_stalled(place_name):
            alone = {
                access_path.name
                for access_path in self._disconnected
                if not access_path.place.shared
            }
            for name, (_, place, up, down) in self.links.items():
                if place == place_name and name not in alone:
                    up.resume()
                    down.resume()
        self._update_access_paths(place_name)

    def _is_stalled(self, place_name: str) -> bool:
        return bool(self.away[place_name] or self.stalled[place_name])

    def disconnect(self, access_path: AccessPath) -> None:
        """Cut one client's access path; where its link is shared, the others go on."""
        self._disconnected[access_path] = None
        access_path.link_up = False
        if not access_path.place.shared:
            access_path.up.stall()
            access_path.down.stall()

    def reconnect(self, access_path: AccessPath) -> None:
        """Undo `disconnect`; the path is up again unless its place is away."""
        del self._disconnected[access_path]
        self._update(access_path)
        if not access_path.place.shared and not self._is_stalled(access_path.place_name):
            access_path.up.resume()
            access_path.down.resume()

    def _update_access_paths(self, place_name: str) -> None:
        for access_path in self.access_paths.values():
            if access_path.place_name == place_name:
                self._update(access_path)

    def _update(self, access_path: AccessPath) -> None:
        access_path.link_up = self.has_link(access_path) or access_path in self._held

    def has_link(self, access_path: AccessPath) -> bool:
        """Whether its link is there; without one the address may still be."""
        return not self.away[access_path.place_name] and access_path not in self._disconnected

    def hold_address(self, access_path: AccessPath) -> None:
        """Let a path whose link has gone be up still: nothing passes, and nobody is told."""
        self._held[access_path] = None
        self._update(access_path)

    def drop_address(self, access_path: AccessPath) -> None:
        """Undo `hold_address`: the path is as its link is."""
        del self._held[access_path]
        self._update(access_path)


@cache
def _constant(kbps: float) -> ConstantRate:
    """Return a constant rate: one object for all links that are as fast."""
    return ConstantRate(kbps * BYTES_PER_KBIT)
