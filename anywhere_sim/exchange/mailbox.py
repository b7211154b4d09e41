"""A mailbox on its server: what each copy of it has not got yet, and who hears of new mail."""

from __future__ import annotations

from collections.abc import Callable

from anywhere_sim.exchange.message import Delivery
from anywhere_sim.exchange.views import Views


class SyncState:
    """What one copy of a mailbox has not got yet, oldest first.

    It is the state of an incremental synchronisation (facts 3).
    """

    __slots__ = ("new",)

    def __init__(self) -> None:
        self.new: list[Delivery] = []

    def take(self) -> list[Delivery]:
        """Return what is new, oldest first; it counts as fetched."""
        taken, self.new = self.new, []
        return taken

    def put_back(self, deliveries: list[Delivery]) -> None:
        """A transfer was cut: these have not been fetched after all."""
        self.new = deliveries + self.new

    def discard(self, delivery: Delivery) -> None:
        """The copy has got a delivery in another way; nothing happens if it was not new."""
        if delivery in self.new:
            self.new.remove(delivery)


class Mailbox:
    """The deliveries to one user, as the store sees them.

    `view` is the state of what the client shows; an offline file has a state of its own. `arrivals`
    counts deliveries, `notified_count` those that a parked call has told the client of.
    `on_delivery` is called for each delivery, if it is set. `size_mb` is what a first
    synchronisation has to fetch; `views` are the indexes of its folders.
    """

    __slots__ = (
        "_states", "arrivals", "name", "notified_count", "on_delivery", "size_mb", "view", "views",
    )  # fmt: skip

    def __init__(self, name: str, size_mb: float, views: Views) -> None:
        self.name = name
        self.views = views
        self.size_mb = size_mb
        self.arrivals = self.notified_count = 0
        self.view = SyncState()
        self.on_delivery: Callable[[], None] | None = None
        self._states: tuple[SyncState, ...] = (self.view,)

    def open_state(self) -> SyncState:
        """Return the state of one more copy, which has all that the mailbox holds now."""
        state = SyncState()
        self._states += (state,)
        return state

    def close_state(self, state: SyncState) -> None:
        """The copy of that state is gone."""
        self._states = tuple(other for other in self._states if other is not state)

    def deliver(self, delivery: Delivery) -> None:
        """A message has arrived at the server."""
        for state in self._states:
            state.new.append(delivery)
        self.arrivals += 1
        if self.on_delivery is not None:
            self.on_delivery()

    def reset_notified(self) -> None:
        """The session that waited is gone.

        Its successor is told of all that has not been fetched.
        """
        self.notified_count = self.arrivals - len(self.view.new)
