"""How long a client waits before it tries again."""

from __future__ import annotations

from typing import Protocol

from anywhere_sim.des.random_streams import Stream
from anywhere_sim.scenario.policy import Policy


class Backoff(Protocol):
    """A rule that turns the number of failed rounds in a row into a wait."""

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


def _jittered(wait_s: float, policy: Policy, draws: Stream) -> float:
    return (
        wait_s * (1.0 - policy.backoff_jitter * draws.uniform())
        if policy.backoff_jitter
        else wait_s
    )


BACKOFFS: dict[str, Backoff] = {"none": no_wait, "fixed": fixed, "doubling": doubling}
