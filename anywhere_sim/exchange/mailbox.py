"""A mailbox on the server and its copy on the client: what has arrived, what has been seen."""

from __future__ import annotations

from anywhere_sim.exchange.message import Delivery


class Mailbox:
    """The server's side: deliveries not yet on the client, and those on the client that the person has not read.

    `arrivals` counts deliveries, `told` those the client has been told of by a parked wait. `size_mb` is what a first synchronisation has to fetch. `not_in_file` holds what an offline
    file, if there is one, has not got yet, read or not.
    """

    __slots__ = ("arrivals", "arrived", "name", "not_in_file", "number", "size_mb", "told", "unread")

    def __init__(self, name: str, number: int, size_mb: float) -> None:
        self.name = name
        self.number = number
        self.size_mb = size_mb
        self.arrivals = self.told = 0
        self.arrived: list[Delivery] = []
        self.unread: list[Delivery] = []
        self.not_in_file: list[Delivery] | None = None

    def deliver(self, delivery: Delivery) -> None:
        """A message has arrived at the server."""
        self.arrived.append(delivery)
        self.arrivals += 1
        if self.not_in_file is not None:
            self.not_in_file.append(delivery)

    def reset_notified(self) -> None:
        """The session that waited is gone: its successor is told of all that has not been fetched."""
        self.told = self.arrivals - len(self.arrived)

    def take(self) -> list[Delivery]:
        """Return the deliveries that are not on the client yet, oldest first; they count as taken."""
        taken, self.arrived = self.arrived, []
        return taken

    def put_back(self, deliveries: list[Delivery]) -> None:
        """A transfer was cut: these are not on the client after all."""
        self.arrived = deliveries + self.arrived

    def take_for_file(self) -> list[Delivery]:
        """Return what the offline file has not got yet, oldest first; it counts as taken."""
        taken, self.not_in_file = self.not_in_file or [], []
        return taken

    def put_back_for_file(self, deliveries: list[Delivery]) -> None:
        """An exchange was cut: these are not in the file after all."""
        self.not_in_file = deliveries + (self.not_in_file or [])

    def reach(self, delivery: Delivery, now_s: float) -> None:
        """A delivery is on the client, unread."""
        if delivery in self.arrived:
            self.arrived.remove(delivery)
        delivery.reach(now_s)
        self.unread.append(delivery)
