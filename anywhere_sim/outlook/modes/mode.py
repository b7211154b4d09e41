"""The one interface of the three modes: what a person's action needs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Protocol

from anywhere_sim.des.environment import Process
from anywhere_sim.exchange.message import Delivery
from anywhere_sim.outlook.modes.action import Action
from anywhere_sim.outlook.sync.change import Change

if TYPE_CHECKING:
    from anywhere_sim.outlook.client import Client


class Mode(Protocol):
    """Online, cached or offline OST. `connects` says whether the client tries to be connected in this run of Outlook."""

    name: str
    connects: bool

    def __init__(self, client: Client) -> None:
        """Take charge of a client."""

    @property
    def ready(self) -> bool:
        """Whether there is something to look at and to work on."""

    def hand_over(self) -> list[Change]:
        """Give up the changes that have not reached the server; the next mode has them."""

    def take_over(self, changes: list[Change]) -> None:
        """Take the changes that the mode before has left."""

    def connected_settled(self) -> None:
        """The connections have been there for a while: timers stand at a random phase."""

    def launched_settled(self) -> None:
        """Outlook has been running for a while, connected or not."""

    def came_before(self, delivery: Delivery, arrived_s: float) -> None:
        """A message of the time before a settled beginning lies where it would by now."""

    def exits(self) -> Process:
        """What happens between the wish to quit and the end of Outlook."""

    def record_open(self) -> None:
        """Write down what is still in the copy at the end of the run."""

    def launched(self) -> None:
        """Outlook has started."""

    def connected(self) -> None:
        """The first mail connection is there."""

    def disconnected(self) -> None:
        """The last mail connection is gone."""

    def quitting(self) -> None:
        """Outlook ends; the connections are still there."""

    def connected_state(self) -> str:
        """Return the name of the state in which the client is while it has a mail connection."""

    def noticed(self) -> None:
        """The client has learned that there is new mail."""

    def unread(self) -> Iterable[Delivery]:
        """Return what the person can see and has not read, oldest first."""

    def perform(self, action: Action) -> Process:
        """Do what the person wants; the value is a Result."""
