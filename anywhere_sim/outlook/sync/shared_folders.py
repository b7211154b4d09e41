"""Folders of other mailboxes that are kept in a copy: calendars, contacts, tasks."""

from __future__ import annotations

from mypy_extensions import mypyc_attr

from anywhere_sim.des.environment import Process, Timer
from anywhere_sim.outlook.base_client import BaseClient
from anywhere_sim.outlook.sync.synchronisation import Sync
from anywhere_sim.outlook.sync.synchroniser import Synchroniser
from anywhere_sim.scenario.quantities import HOUR_S
from anywhere_sim.traces.words import SyncTrigger

WORKING_DAY_S = 8.0 * HOUR_S
"""What `shared_changes_per_day` counts changes in."""


def kept_mailboxes(client: BaseClient) -> int:
    """Return of how many other mailboxes a copy keeps folders: of none before Outlook 2007."""
    keeps = client.version.year >= 2007 and client.policy.download_shared
    return client.group.shared_mailboxes if keeps else 0


@mypyc_attr(allow_interpreted_subclasses=True)
class SharedFolders:
    """What Outlook 2007 keeps in its copy of each shared mailbox, all but mail (failures 8).

    It is fetched once. What its owner changes comes after the hold-off, several changes at once,
    and with a new connection each mailbox is asked; who changes something while the client has no
    connection is not modelled.
    """

    __slots__ = (
        "_change",
        "_changes",
        "_client",
        "_down",
        "_draws",
        "_left",
        "_running",
        "_synchroniser",
    )  # fmt: skip

    def __init__(self, client: BaseClient, synchroniser: Synchroniser, *, empty: bool) -> None:
        self._client = client
        self._synchroniser = synchroniser
        self._left: dict[int, float] = {}
        for number in range(kept_mailboxes(client)):
            size_bytes = client.group.shared_folder_mb * 1e6
            here = not empty and client.copy.takes(size_bytes)
            self._left[number] = 0.0 if here else size_bytes
        self._changes: dict[int, int] = {}
        self._draws = client.streams.stream(f"shared/{client.mailbox_name}")
        self._change = Timer(client.env, self._changed)
        self._down = Timer(client.env, lambda: self._begin("hold_off"))
        self._running = False

    def answer(self) -> bool:
        """Whether the copy has the folder of another mailbox that the person looks at now."""
        if self._draws.bernoulli(self._client.group.habits.shared_mail_share):
            return False
        return not self._left[self._draws.integer(len(self._left))]

    def resume(self) -> None:
        """The client has been connected for a while."""
        self._expect_change()
        if any(self._left.values()):
            self._begin("connected")

    def connected(self) -> None:
        """There is a connection: every shared mailbox is asked."""
        self._expect_change()
        self._changes = {number: self._changes.get(number, 0) for number in self._left}
        self._begin("connected")

    def disconnected(self) -> None:
        """There is no connection; what is due waits for the next."""
        self._change.clear()
        self._down.clear()

    def _expect_change(self) -> None:
        per_day = len(self._left) * self._client.group.shared_changes_per_day
        if per_day:
            wait_s = self._draws.exponential(WORKING_DAY_S / per_day)
            self._change.set(self._client.env.now + wait_s)

    def _changed(self) -> None:
        """The owner of a shared folder has changed something."""
        client, number = self._client, self._draws.integer(len(self._left))
        self._changes[number] = self._changes.get(number, 0) + 1
        if self._down.due_s == float("inf"):
            self._down.set(client.env.now + client.policy.hold_off_down_s)
        self._expect_change()

    def _begin(self, trigger: SyncTrigger) -> None:
        if not self._running:
            self._running = True
            self._client.env.process(self._synchronise(trigger))

    def _synchronise(self, trigger: SyncTrigger) -> Process:
        """Fetch what is not here yet, then what has changed, mailbox by mailbox, until a cut.

        What is left then is tried again at the next poll of the network, if there is a connection.
        """
        client, done = self._client, True
        for number in [number for number, left in self._left.items() if left]:
            if done:
                sync = Sync(client, "first", "shared", "down", trigger)
                done = (yield from sync.fill(self._left, number)) != "cut"
        while done and self._changes:
            number = next(iter(self._changes))
            count = self._changes.pop(number)
            if not self._left[number]:
                done = yield from self._synchroniser.folder("shared", trigger, count)
            if not done:
                self._changes[number] = self._changes.get(number, 0) + count
        self._running = False
        if not done and client.has("mail"):
            self._down.set(client.env.now + client.policy.link_poll_s)
