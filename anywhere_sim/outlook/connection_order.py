"""The path decision: fast or slow, which path first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from anywhere_sim.scenario.policy import HTTP_FIRST_ON_FAST, HTTP_FIRST_ON_SLOW, Policy

if TYPE_CHECKING:
    from anywhere_sim.network.access_path import AccessPath
    from anywhere_sim.scenario.catalog import ClientVersion


@dataclass(frozen=True, slots=True)
class Speed:
    """What a client takes its line for: kbit/s as seen by the rule, and the class, "fast" or "slow"."""

    kbps: float
    name: str


class SpeedRule(Protocol):
    """How a client learns the speed of its line."""

    def __call__(self, access_path: AccessPath, policy: Policy) -> float:
        """Return the speed in kbit/s."""


def adapter_speed(access_path: AccessPath, policy: Policy) -> float:
    """Return what the operating system says of the adapter (facts 1.2, version A)."""
    return access_path.place.adapter_kbps


def measured_speed(access_path: AccessPath, policy: Policy) -> float:
    """Return the link's mean down rate over the last seconds (facts 1.2, version B)."""
    now = access_path.env.now
    return access_path.down.mean_kbps(max(0.0, now - policy.measure_window_s), now)


SPEED_RULES: dict[str, SpeedRule] = {"adapter": adapter_speed, "measured": measured_speed}


def judge(access_path: AccessPath, policy: Policy, rule: SpeedRule) -> Speed:
    """Return the speed and its class: slow means below the threshold; exactly the threshold is fast."""
    kbps = rule(access_path, policy)
    return Speed(kbps, "slow" if kbps < policy.slow_threshold_kbps else "fast")


class PathOrder(Protocol):
    """Which paths are tried, in order."""

    def __call__(self, speed: Speed, policy: Policy, version: ClientVersion) -> tuple[str, ...]:
        """Return "tcp" and "https" in the order of attempts."""


def check_box_order(speed: Speed, policy: Policy, version: ClientVersion) -> tuple[str, ...]:
    """Return the order that the two check boxes of the Exchange Proxy Settings give (facts 1.1)."""
    if not (policy.use_http and version.http):
        return ("tcp",)
    if not policy.tcp_fallback:
        return ("https",)
    box = HTTP_FIRST_ON_SLOW if speed.name == "slow" else HTTP_FIRST_ON_FAST
    return ("https", "tcp") if policy.roh_flags & box else ("tcp", "https")
