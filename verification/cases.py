"""The cases that are compared: their names, kinds and goals."""

from __future__ import annotations

from verification.profile import Profile

TCP_CONNECT, CLOSED, REJECTED, DROPPED = (
    "TCP connect",
    "closed port",
    "rejected port",
    "dropped port",
)
FULL, CHAIN, RESUMED = (
    "TLS 1.2 full, 1 certificate",
    "TLS 1.2 full, 3 certificates",
    "TLS 1.2 resumed",
)
KINDS = {
    TCP_CONNECT: "connect",
    CLOSED: "refused",
    REJECTED: "refused",
    DROPPED: "dropped",
    FULL: "TLS",
    CHAIN: "TLS",
    RESUMED: "TLS",
}
GOALS = {
    "at once, mean": 0.07,
    "at once, last": 0.02,
    "dropped": 0.04,
    "loss": 0.15,
    "cut": 0.04,
    "call beside": 0.15,
}
WARM_BYTES = 30_000
REST_S = 3.0
CALL_BYTES, BULK_BYTES, BULK_WINDOW_BYTES = 1_000, 100_000_000, 17_520
"""A call, and the download beside it: longer than all calls, in the window of Windows XP."""
CALL_BESIDE = f"call of {CALL_BYTES:,} B beside a download in a window of {BULK_WINDOW_BYTES:,} B"


def transfer(way: str, size: int, how: str) -> str:
    """Return the name of a transfer up or down, on a new connection, a warm one, or after a
    rest.
    """
    return f"{way} {size:,} B, {how}"


def at_once(count: int, window: int, which: str) -> str:
    """Return the name of a case of transfers that begin together."""
    return f"{count} at once, window {window}, {which}"


def lossy(size: int) -> str:
    """Return the name of the mean of transfers on a link that loses."""
    return f"loss of 1 %, down {size:,} B, mean"


def cut(size: int, for_s: float) -> str:
    """Return the name of a transfer whose link is cut on the way."""
    return f"down {size:,} B, cut for {for_s:g} s"


def kind(case: str) -> str:
    """Return what sort of case it is."""
    if case in KINDS:
        return KINDS[case]
    if case == CALL_BESIDE:
        return "call beside"
    if "at once" in case:
        return f"at once, {case.split()[-1]}"
    return next((word for word in ("loss", "cut", "rest") if word in case), "transfer")


def beside_begins_s(profile: Profile) -> float:
    """Return how long the download runs before the first call: until its window stands."""
    return 2.0 + 5.0 * (BULK_WINDOW_BYTES / (125.0 * profile.kbps) + profile.rtt_ms / 1000.0)


def beside_rest_s(number: int) -> float:
    """Return the rest before a call: another one each time, so that none keeps step with the
    download's packets.
    """
    return 0.05 + 0.037 * number


def goal(profile: Profile, case: str) -> float:
    """Return how far off the model may be in a case, as a share; a cut is judged as the SYN
    schedule is: by the kernel's timers.
    """
    return GOALS.get(kind(case), profile.goal)
