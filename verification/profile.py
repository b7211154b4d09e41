"""The emulated links on which model and kernel are compared."""

from __future__ import annotations

from dataclasses import dataclass, replace

LOSS = 0.01
LOSSY_COUNT = 200


@dataclass(frozen=True, slots=True)
class Profile:
    """A link: its rate each way, its round-trip time, whether parameters were chosen by looking at
    it, and transfers that last at most 8 s.

    `lossy_bytes` is the size of the transfers with loss, `cut_bytes` that of those that are cut
    after `cut_after_s`; 0: not done here. `only_beside`: only a call beside a download is taken.
    """

    name: str
    kbps: float
    rtt_ms: float
    frozen_on: bool
    sizes: tuple[int, ...]
    parallel_bytes: int
    lossy_bytes: int = 0
    cut_bytes: int = 0
    cut_after_s: float = 1.0
    cuts_s: tuple[float, ...] = (5.0, 60.0)
    lossy_count: int = LOSSY_COUNT
    only_beside: bool = False

    @property
    def goal(self) -> float:
        """How far off the model may be: 1 % at 128 kbit/s and below, 3 % above."""
        return 0.01 if self.kbps <= 128 else 0.03

    def repeats(self, wanted: int) -> int:
        """Return how often a case is measured: at most three times where a transfer takes seconds
        and the processors' noise is nothing.
        """
        return min(wanted, 3) if self.kbps <= 128 else wanted

    def at_once(self) -> tuple[tuple[int, int], ...]:
        """Return how many transfers begin together, and of how many bytes each; eight of half as
        many, so that none lasts longer.
        """
        return ((2, self.parallel_bytes), (4, self.parallel_bytes), (8, self.parallel_bytes // 2))

    def shortened(self) -> Profile:
        """Return what is left of it for a run of a minute: small transfers, few with loss, a short
        cut.
        """
        sizes = tuple(size for size in self.sizes if size <= 100_000)
        return replace(self, sizes=sizes, lossy_count=20, cuts_s=(2.0,))


INITIAL_WINDOWS = (
    10,
    2,
)  # segments: Linux's own, and that of the model's clients (Windows XP and Vista)

PROFILES = (
    Profile(
        "128 kbit/s, 300 ms", 128, 300, True, (1_000, 30_000, 100_000), 20_000, 10_000, 100_000, 2.0
    ),
    Profile(
        "2 Mbit/s, 60 ms",
        2_000,
        60,
        True,
        (1_000, 30_000, 100_000, 1_000_000),
        50_000,
        100_000,
        1_000_000,
    ),
    Profile("64 kbit/s, 600 ms", 64, 600, False, (1_000, 30_000), 10_000, 0, 30_000, 1.5),
    Profile(
        "512 kbit/s, 120 ms",
        512,
        120,
        False,
        (1_000, 30_000, 100_000),
        50_000,
        30_000,
        100_000,
        0.8,
    ),
    Profile(
        "10 Mbit/s, 20 ms",
        10_000,
        20,
        False,
        (1_000, 30_000, 100_000, 1_000_000),
        50_000,
        100_000,
        1_000_000,
        0.3,
    ),
    Profile("384 kbit/s, 150 ms", 384, 150, False, (), 0, only_beside=True),
    Profile("256 kbit/s, 80 ms", 256, 80, False, (), 0, only_beside=True),
    Profile("1 Mbit/s, 40 ms", 1_000, 40, False, (), 0, only_beside=True),
)
SHORT = tuple(
    profile.shortened() for profile in PROFILES if profile.kbps >= 512 and not profile.only_beside
)
