"""The indexes that a store keeps for the views of a mailbox."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar

from anywhere_sim.scenario.quantities import DAY_S
from anywhere_sim.scenario.sources import documented

AGING_S: Annotated[
    float,
    documented(
        "KB 159197: 8 days unused in 5.5; 40 days since 2000 (server_load 2.5)",
        8 * DAY_S,
        40 * DAY_S,
    ),
] = 40.0 * DAY_S
MAX_INDEXES: Annotated[
    int,
    documented("server_load 2.5: msExchMaxCachedViews; of more the one longest unused goes", 5, 20),
] = 11


class Views:
    """Secondary indexes of a mailbox's folders, each with the time of its last use.

    An index is an arrangement, a filter or a search folder (server_load 2.5). The first use builds
    it, which reads every row of the folder; from then on each row that is added, changed or removed
    touches it, until nobody has used it for `aging_s`. A restart keeps it: it is in the database.
    """

    aging_s: ClassVar[float] = AGING_S
    max_indexes: ClassVar[int] = MAX_INDEXES
    __slots__ = ("_last_used_s", "_next_s")

    def __init__(self) -> None:
        self._last_used_s: dict[str, dict[str, float]] = {}
        self._next_s: dict[str, float] = {}

    def use(self, folder: str, index: str, now_s: float) -> bool:
        """Use an index of a folder; return whether it had to be built."""
        self._age(folder, now_s)
        indexes = self._last_used_s.setdefault(folder, {})
        built = index not in indexes
        if built and len(indexes) >= self.max_indexes:
            del indexes[min(indexes, key=indexes.__getitem__)]
        indexes[index] = now_s
        self._next_s[folder] = min(indexes.values()) + self.aging_s
        return built

    def count(self, folder: str, now_s: float) -> int:
        """Return how many indexes a changed row of a folder touches."""
        self._age(folder, now_s)
        return len(self._last_used_s.get(folder, ()))

    def last_used(self, folder: str) -> Mapping[str, float]:
        """Return the indexes of a folder with the time of their last use, in s."""
        return dict(self._last_used_s.get(folder, {}))

    def _age(self, folder: str, now_s: float) -> None:
        """Drop what has not been used for too long; looked for when the oldest may be due."""
        if now_s < self._next_s.get(folder, now_s + 1.0):
            return
        kept = {
            index: used_s
            for index, used_s in self._last_used_s[folder].items()
            if used_s + self.aging_s > now_s
        }
        self._last_used_s[folder] = kept
        self._next_s[folder] = min(kept.values(), default=now_s) + self.aging_s
