"""A mailbox on the server and its copy on the client: what has arrived, what has been seen."""

from __future__ import annotations

from anywhere_sim.model.mail.message import Delivery


class Mailbox:
    """The server's side: deliveries not yet on the client, and those on the client that the person has not read.

    `arrivals` counts deliveries, `told` those the client has been told of by a parked wait. `size_mb` is what a first synchronisation has to fetch.
    """

    __slots__ = ("arrivals", "arrived", "name", "number", "size_mb", "told", "unread")

    def __init__(self, name: str, number: int, size_mb: float) -> None:
        self.name = name
        self.number = number
        self.size_mb = size_mb
        self.arrivals = self.told = 0
        self.arrived: list[Delivery] = []
        self.unread: list[Delivery] = []

    def deliver(self, delivery: Delivery) -> None:
        """A message has arrived at the server."""
        self.arrived.append(delivery)
        self.arrivals += 1

    def untold(self) -> None:
        """The session that waited is gone: its successor is told of all that has not been fetched."""
        self.told = self.arrivals - len(self.arrived)

    def take(self) -> list[Delivery]:
        """Return the deliveries that are not on the client yet, oldest first; they count as taken."""
        taken, self.arrived = self.arrived, []
        return taken

    def put_back(self, deliveries: list[Delivery]) -> None:
        """A transfer was cut: these are not on the client after all."""
        self.arrived = deliveries + self.arrived
