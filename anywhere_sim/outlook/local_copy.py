"""What a client keeps of its mailbox: unread messages, bodies, an offline file, changes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from anywhere_sim.exchange.mailbox import Delivery, Mailbox, Message, SyncState
from anywhere_sim.traces.words import ChangeKind

NAN = float("nan")


@dataclass(slots=True, eq=False)
class Change:
    """What was changed, when, by which operation; a message in the Outbox is a change too.

    `state` is "taken" when the server has a message and the client does not know it yet.
    """

    change_id: int
    operation_id: int
    kind: ChangeKind
    made_s: float
    message: Message | None = None
    uploaded_s: float = NAN
    sync_id: int = 0
    state: Literal["pending", "taken", "uploaded"] = "pending"


class LocalCopy:
    """The client's side of a mailbox.

    `unread` maps what is here and has not been read, oldest first, to whether its body is here.
    `file` is the state of the offline file at the server, or None without one.
    """

    __slots__ = ("_mailbox", "file", "unread")

    def __init__(self, mailbox: Mailbox) -> None:
        self._mailbox = mailbox
        self.unread: dict[Delivery, bool] = {}
        self.file: SyncState | None = None

    def reach(self, delivery: Delivery, now_s: float, *, body: bool = False) -> None:
        """A delivery is on the client, unread, with or without its body."""
        self._mailbox.view.discard(delivery)
        delivery.reach(now_s)
        self.unread[delivery] = body

    def set_body(self, delivery: Delivery, *, body: bool = True) -> None:
        """The body of a delivery is here, or no longer; of one that has been read nobody asks."""
        if delivery in self.unread:
            self.unread[delivery] = body

    def has_body(self, delivery: Delivery) -> bool:
        """Whether the body of an unread delivery is here."""
        return self.unread.get(delivery, False)

    def without_body(self) -> list[Delivery]:
        """Return the unread deliveries of which only the header is here, oldest first."""
        return [delivery for delivery, body in self.unread.items() if not body]

    def drop_bodies(self) -> None:
        """The copy is empty: no body is in it."""
        self.unread = dict.fromkeys(self.unread, False)

    def read(self, delivery: Delivery) -> None:
        """The person has read it."""
        del self.unread[delivery]

    def open_file(self) -> SyncState:
        """Begin an offline file, which has what the mailbox holds now, and return its state."""
        self.file = self._mailbox.open_state()
        return self.file

    def close_file(self) -> None:
        """The offline file is given up."""
        if self.file is not None:
            self._mailbox.close_state(self.file)
        self.file = None
