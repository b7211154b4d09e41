"""How often a touched page must be read from disk, and how many reads bring a body."""

from __future__ import annotations

from typing import Annotated

from anywhere_sim.scenario.sources import assumed, documented

CACHE_EXPONENT: Annotated[
    float, documented("measurements B2: reads fall with cache memory per mailbox to this power")
] = -0.65
FRESH_S: Annotated[
    float,
    assumed("what was delivered less than this ago is still in the database cache", 300, 7_200),
] = 1800.0
MISSES_AT_1_MB: Annotated[
    float, assumed("with 1 MB of cache per mailbox an old page is never in memory", 0.5, 1)
] = 1.0


def reads_of(size_bytes: int, io_kb: int) -> int:
    """Return how many reads bring a body whose pages are neighbours.

    Each brings `io_kb` at the most.
    """
    return -(-size_bytes // (io_kb * 1024))


class DatabaseCache:
    """The database cache of a store: cold at a start, warm once it has been filled."""

    __slots__ = ("_filled_bytes", "_size_bytes", "_warm_misses")

    def __init__(self, mb_per_mailbox: float, mailboxes: int, *, warm: bool = True) -> None:
        self._warm_misses = (
            min(1.0, MISSES_AT_1_MB * mb_per_mailbox**CACHE_EXPONENT) if mb_per_mailbox else 1.0
        )
        self._size_bytes = mb_per_mailbox * 1e6 * mailboxes
        self._filled_bytes = self._size_bytes if warm else 0.0

    def misses(self) -> float:
        """Return the share of old pages that must be read from disk now."""
        if self._filled_bytes >= self._size_bytes:
            return self._warm_misses
        cold = 1.0 - self._filled_bytes / self._size_bytes
        return self._warm_misses + (1.0 - self._warm_misses) * cold

    def filled(self, read_bytes: float) -> None:
        """What was read from disk now lies in the cache."""
        self._filled_bytes = min(self._size_bytes, self._filled_bytes + read_bytes)

    def clear(self) -> None:
        """A restart empties the cache."""
        self._filled_bytes = 0.0
