"""How a client orders and repeats its tries: which path first, what is slow, how long to wait."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from mypy_extensions import mypyc_attr

from anywhere_sim.des.random_streams import Stream
from anywhere_sim.network.access_path import AccessPath
from anywhere_sim.scenario.catalog import ClientVersion
from anywhere_sim.scenario.policy import HTTP_FIRST_ON_FAST, HTTP_FIRST_ON_SLOW, Policy
from anywhere_sim.traces.words import Path, SpeedClass


class Backoff(Protocol):
    """A rule that turns the number of failed rounds in a row into a wait.

    >>> def patient(failures, policy, draws):
    ...     return min(60.0, 10.0 * 1.33 ** (failures - 1)) * draws.uniform()
    >>> aw.Rules(backoffs={"patient": patient})
    <Rules: backoffs['patient']>
    """

    def __call__(self, failures: int, policy: Policy, draws: Stream) -> float:
        """Return the seconds to wait after `failures` failed rounds (at least 1)."""


def no_wait(failures: int, policy: Policy, draws: Stream) -> float:
    """Return 0: try again at the next poll of the network."""
    return 0.0


def fixed(failures: int, policy: Policy, draws: Stream) -> float:
    """Return the same wait each time, jittered."""
    return _jittered(policy.backoff_first_s, policy, draws)


def doubling(failures: int, policy: Policy, draws: Stream) -> float:
    """Return a wait that doubles with each failure up to a ceiling, jittered."""
    return _jittered(
        min(policy.backoff_max_s, policy.backoff_first_s * 2.0 ** min(failures - 1, 30)),
        policy,
        draws,
    )


def outlook(failures: int, policy: Policy, draws: Stream) -> float:
    """Return what Outlook waits once it calls itself disconnected (2007's help, failures 2.1).

    Before that it tries without a pause: `ConnectionRules.keeps_trying`.
    """
    return policy.reconnect_later_s


def _jittered(wait_s: float, policy: Policy, draws: Stream) -> float:
    return (
        wait_s * (1.0 - policy.backoff_jitter * draws.uniform())
        if policy.backoff_jitter
        else wait_s
    )


BACKOFFS: dict[str, Backoff] = {
    "outlook": outlook, "none": no_wait, "fixed": fixed, "doubling": doubling,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Speed:
    """What a client takes its access path for: kbit/s as its rule sees it, and the class."""

    kbps: float
    name: SpeedClass


class SpeedRule(Protocol):
    """How a client learns the speed of its access path.

    >>> def as_of_a_modem(access_path, policy):
    ...     return min(56.0, access_path.place.adapter_kbps)
    >>> aw.Rules(speed_rules={"modem": as_of_a_modem})
    <Rules: speed_rules['modem']>
    """

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


class PathOrder(Protocol):
    """Which paths are tried, in order."""

    def __call__(self, speed: Speed, policy: Policy, version: ClientVersion) -> tuple[Path, ...]:
        """Return "tcp" and "https" in the order of attempts."""


def check_box_order(speed: Speed, policy: Policy, version: ClientVersion) -> tuple[Path, ...]:
    """Return the order that the two check boxes of the Exchange Proxy Settings give (facts 1.1)."""
    if not (policy.use_http and version.http):
        return ("tcp",)
    if not policy.tcp_fallback:
        return ("https",)
    box = HTTP_FIRST_ON_SLOW if speed.name == "slow" else HTTP_FIRST_ON_FAST
    return ("https", "tcp") if policy.roh_flags & box else ("tcp", "https")


@mypyc_attr(allow_interpreted_subclasses=True)
@dataclass(frozen=True, slots=True)
class ConnectionRules:
    """The rules that a client's policy has chosen: how it learns its speed, orders paths, waits."""

    speed_rule: SpeedRule = adapter_speed
    path_order: PathOrder = check_box_order
    backoff: Backoff = outlook

    def judge(self, access_path: AccessPath, policy: Policy) -> Speed:
        """Return the speed and its class: slow means below the threshold, which itself is fast."""
        kbps = self.speed_rule(access_path, policy)
        return Speed(kbps, "slow" if kbps < policy.slow_threshold_kbps else "fast")

    def keeps_trying(self, without_s: float, policy: Policy) -> bool:
        """Return whether the client goes on without a pause, so long after it began to try.

        It does by Outlook's own rule, for the first minutes; the others wait after each failure.
        """
        return self.backoff is outlook and without_s < policy.reconnect_for_s
