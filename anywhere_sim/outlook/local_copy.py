"""What a client keeps of its mailbox: unread messages, bodies, an offline file, changes."""

from __future__ import annotations

from typing import Literal

from mypy_extensions import mypyc_attr

from anywhere_sim.exchange.mailbox import Delivery, Mailbox, Message, SyncState
from anywhere_sim.traces.words import ChangeKind

NAN = float("nan")


class Change:
    """What was changed, when, by which operation; a message in the Outbox is a change too.

    `state` is "taken" when the server has a message and the client does not know it yet.
    """

    __slots__ = (
        "change_id", "kind", "made_s", "message", "operation_id", "state", "sync_id", "uploaded_s",
    )  # fmt: skip

    def __init__(
        self,
        change_id: int,
        operation_id: int,
        kind: ChangeKind,
        made_s: float,
        message: Message | None = None,
    ) -> None:
        self.change_id = change_id
        self.operation_id = operation_id
        self.kind = kind
        self.made_s = made_s
        self.message = message
        self.uploaded_s = NAN
        self.sync_id = 0
        self.state: Literal["pending", "taken", "uploaded"] = "pending"


@mypyc_attr(allow_interpreted_subclasses=True)
class LocalCopy:
    """The client's side of a mailbox.

    `unread` maps what is here and has not been read, oldest first, to whether its body is here.
    `file` is the state of the offline file at the server, or None without one. `item_bytes` of
    items lie in the file on the disk, which has room for `max_item_bytes`.
    """

    __slots__ = ("_mailbox", "file", "item_bytes", "max_item_bytes", "unread")

    def __init__(self, mailbox: Mailbox, max_item_bytes: float = float("inf")) -> None:
        self._mailbox = mailbox
        self.unread: dict[Delivery, bool] = {}
        self.file: SyncState | None = None
        self.item_bytes = 0.0
        self.max_item_bytes = max_item_bytes

    @property
    def room_bytes(self) -> float:
        """How many bytes of items the file on the disk still has room for."""
        return max(0.0, self.max_item_bytes - self.item_bytes)

    def takes(self, size_bytes: float) -> bool:
        """Put so many bytes into the file on the disk; the value is False if it has no room."""
        if size_bytes > self.room_bytes:
            return False
        self.item_bytes += size_bytes
        return True

    def give_back(self, size_bytes: float) -> None:
        """What the file had made room for has not come."""
        self.item_bytes -= size_bytes

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

    def bring_bodies(self, before_s: float, now_s: float) -> None:
        """What lay in the Inbox at a time is here now, in the offline file too."""
        for delivery in self.without_body():
            if delivery.delivered_s <= before_s:
                self.unread[delivery] = True
        if self.file is not None:
            for delivery in [d for d in self.file.new if d.delivered_s <= before_s]:
                self.file.discard(delivery)
                if delivery.state == "delivered":
                    self.reach(delivery, now_s, body=True)

    def clear(self) -> None:
        """The copy is empty: no body is in it."""
        self.unread = dict.fromkeys(self.unread, False)
        self.item_bytes = 0.0

    def read(self, delivery: Delivery) -> None:
        """The person has read it."""
        del self.unread[delivery]

    def open_file(self, *, empty: bool) -> SyncState:
        """Begin an offline file and return its state.

        It has what the mailbox holds now, or nothing.
        """
        self.file = self._mailbox.open_state()
        if empty:
            self.file.new = [*self.unread, *self._mailbox.view.new]
        return self.file

    def close_file(self) -> None:
        """The offline file is given up."""
        if self.file is not None:
            self._mailbox.close_state(self.file)
        self.file = None
