"""What a mode of Outlook is: how it serves a person and keeps up with the server."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from mypy_extensions import mypyc_attr

from anywhere_sim.des.environment import Process
from anywhere_sim.exchange.mailbox import Delivery
from anywhere_sim.outlook.background import Background
from anywhere_sim.outlook.base_client import BaseClient
from anywhere_sim.outlook.local_copy import Change
from anywhere_sim.outlook.notifications import NewMailNotification
from anywhere_sim.outlook.operations import Action, Result
from anywhere_sim.outlook.sync.address_book import AddressBook
from anywhere_sim.outlook.sync.shared_folders import SharedFolders
from anywhere_sim.outlook.sync.synchronisation import FirstSync
from anywhere_sim.outlook.sync.synchroniser import Synchroniser
from anywhere_sim.scenario.errors import ScenarioError
from anywhere_sim.traces.words import State


@mypyc_attr(native_class=False)
@dataclass(frozen=True)
class ModeComponents:
    """The classes that a mode builds its parts from."""

    notification: type[NewMailNotification] = NewMailNotification
    synchroniser: type[Synchroniser] = Synchroniser
    first_sync: type[FirstSync] = FirstSync
    address_book: type[AddressBook] = AddressBook
    background: type[Background] = Background
    shared_folders: type[SharedFolders] = SharedFolders


@mypyc_attr(allow_interpreted_subclasses=True)
class Mode(ABC):
    """What a client does for its person and with its server: the contract of a mode.

    A mode of your own is a subclass of this class or of a shipped mode (`Online`, `Cached`,
    `OfflineFile`), handed in by name: `Rules(modes={"gentle": Gentle})`. One object serves one
    client, from its beginning or a change of mode to the next. `name` is the word that stands in
    the table `states`. `keeps_copy` says whether there is a copy of the mailbox on the disk,
    `builds_views` whether its use has left indexes on the server before the run,
    `sends_and_receives` whether people press F9. What is abstract has to be there; the rest does
    nothing by default. The methods must not block: a process of the client is started with
    `self.client.env.process(...)`.

    >>> class Gentle(aw.Cached):  # a contract is easiest kept by a mode that ships
    ...     name = "gentle"
    >>> gentle = office.with_(end="08:01", groups__cached__mode="gentle")
    >>> own = aw.simulate(gentle, rules=aw.Rules(modes={"gentle": Gentle}))
    >>> own.states["mode"].unique().tolist()
    ['online', 'gentle']
    """

    name: ClassVar[str]
    keeps_copy: ClassVar[bool] = True
    builds_views: ClassVar[bool] = True
    sends_and_receives: ClassVar[bool] = False
    __slots__ = ("client", "components")

    def __init__(self, client: BaseClient, components: ModeComponents) -> None:
        self.client = client
        self.components = components

    @property
    def connects(self) -> bool:
        """Whether the client tries to be connected in this run of Outlook."""
        return True

    @property
    @abstractmethod
    def ready(self) -> bool:
        """Whether there is something to look at and to work on."""

    @abstractmethod
    def connected(self) -> None:
        """The first mail connection is there."""

    @abstractmethod
    def disconnected(self) -> None:
        """The last mail connection is gone, or Outlook ends."""

    def mail_path_changed(self) -> None:  # noqa: B027 (a no-op by default)
        """A mail connection has come or gone, and there are others."""

    @abstractmethod
    def noticed(self) -> None:
        """The client has learned that there is new mail."""

    @abstractmethod
    def perform(self, action: Action) -> Process:
        """Do what the person wants; the value is a Result."""

    def checked(self, result: object, action: Action) -> Result:
        """Return what `perform` has returned. Raises ScenarioError when it is no Result."""
        if isinstance(result, Result):
            return result
        raise ScenarioError(
            f"mode {self.name!r}: {type(self).__name__}.perform returned {result!r} for an action "
            f"of kind {action.kind!r}; it has to return a Result"
        )

    @abstractmethod
    def resume(self) -> None:
        """The client has been in use before the run began, open or not.

        Timers stand at a random phase.
        """

    def launched(self) -> None:  # noqa: B027 (a no-op by default)
        """Outlook has started."""

    def quitting(self) -> None:
        """Outlook ends; the connections are still there."""
        self.disconnected()

    def sleeps(self) -> None:
        """The machine falls asleep; the connections are still there."""
        self.disconnected()

    def wakes(self) -> None:  # noqa: B027 (a no-op by default)
        """The machine has woken, without a connection."""

    def exits(self) -> Process:
        """What happens between the wish to quit and the end of Outlook: nothing, by default."""
        yield from ()

    def connected_state(self) -> State:
        """Return the state in which the client is while it has a mail connection."""
        return "connected"

    def unread(self) -> Iterable[Delivery]:
        """Return what the person can see and has not read, oldest first."""
        return self.client.copy.unread

    def hand_over(self) -> list[Change]:
        """Give up the changes that have not reached the server; the next mode has them."""
        return []

    def take_over(self, changes: list[Change]) -> None:  # noqa: B027 (a no-op by default)
        """Take the changes that the mode before has left: none, where there is no copy."""

    def receive_earlier(self, delivery: Delivery, arrived_s: float) -> None:
        """Put a message of the time before the run, when Outlook was open, where it lies by now."""
        self.client.copy.reach(delivery, arrived_s)

    def renew_address_book(self) -> None:  # noqa: B027 (a no-op by default)
        """The whole address book is due, where there is a copy of it."""

    def record_unfinished(self) -> None:  # noqa: B027 (a no-op by default)
        """Write down the changes that are still in a copy at the end of the run."""
