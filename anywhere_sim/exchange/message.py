"""A message, and its way to one recipient."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Literal

from anywhere_sim.traces.words import MessageState, Origin

NAN = float("nan")
OUTSIDE: Literal["outside"] = "outside"
"""The sender or recipient that stands for all who are not in the modelled site."""


def message_id(name: str) -> int:
    """Return a positive 63-bit number that names the message in every run with the same seed."""
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), "big") >> 1


@dataclass(slots=True, eq=False)
class Message:
    """What was written: identity, author, parent, size in bytes, recipients by mailbox name.

    Of `size_bytes` the body has `body_bytes`; the rest is attached.
    """

    name: str
    message_id: int
    parent_id: int
    sender: str
    origin: Origin
    size_bytes: int
    recipients: tuple[str, ...]
    written_s: float = NAN
    deliveries: tuple[Delivery, ...] = ()
    attachment_bytes: int = 0

    @property
    def body_bytes(self) -> int:
        """Size of what is shown in the reading pane, in bytes."""
        return self.size_bytes - self.attachment_bytes

    @property
    def waits(self) -> bool:
        """Whether no server has taken it over yet."""
        return any(delivery.state == "outbox" for delivery in self.deliveries)


@dataclass(slots=True, eq=False)
class Delivery:
    """One message on its way to one recipient.

    `reached_s` is when the client has it (the header at least), `seen_s` when the person has read
    it. `looked_at` says that the person has seen its header and no more.
    """

    message: Message
    recipient: str
    sent_s: float = NAN
    delivered_s: float = NAN
    reached_s: float = NAN
    seen_s: float = NAN
    state: MessageState = "outbox"
    looked_at: bool = False
    store_epoch: int = 0

    def reach(self, now_s: float) -> None:
        """The recipient's client has the message."""
        self.reached_s = now_s
        self.state = "reached"
