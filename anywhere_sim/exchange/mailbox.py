"""Mailboxes of a store: the messages in them, their views, and what clients have got of them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from math import inf
from sys import intern
from typing import Annotated, ClassVar, Literal

from mypy_extensions import mypyc_attr

from anywhere_sim.scenario.quantities import DAY_S
from anywhere_sim.scenario.sources import documented
from anywhere_sim.traces.words import MessageState, Origin

NAN = float("nan")
OUTSIDE: Literal["outside"] = "outside"
"""The sender or recipient that stands for all who are not in the modelled site."""


def message_id(name: str) -> int:
    """Return a positive 63-bit number that names the message in every run with the same seed."""
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), "big") >> 1


class Message:
    """What was written: identity, author, parent, size in bytes, recipients by mailbox name.

    Of `size_bytes` the body has `body_bytes`; the rest is attached. `parent_name` is empty where it
    is no reply.
    """

    __slots__ = (
        "attachment_bytes", "deliveries", "name", "origin", "parent_name", "recipients", "sender",
        "size_bytes", "written_s",
    )  # fmt: skip

    def __init__(
        self,
        name: str,
        parent_name: str,
        sender: str,
        origin: Origin,
        size_bytes: int,
        recipients: tuple[str, ...],
        written_s: float = NAN,
        attachment_bytes: int = 0,
    ) -> None:
        self.name = name
        self.parent_name = parent_name
        self.sender = sender
        self.origin = origin
        self.size_bytes = size_bytes
        self.recipients = recipients
        self.written_s = written_s
        self.attachment_bytes = attachment_bytes
        self.deliveries: tuple[Delivery, ...] = ()

    @property
    def message_id(self) -> int:
        """What stands for its name in the tables."""
        return message_id(self.name)

    @property
    def parent_id(self) -> int:
        """The id of what it replies to, 0 where it is no reply."""
        return message_id(self.parent_name) if self.parent_name else 0

    @property
    def body_bytes(self) -> int:
        """Size of what is shown in the reading pane, in bytes."""
        return self.size_bytes - self.attachment_bytes

    @property
    def waits(self) -> bool:
        """Whether no server has taken it over yet."""
        return any(delivery.state == "outbox" for delivery in self.deliveries)


class Delivery:
    """One message on its way to one recipient.

    `reached_s` is when the client has it (the header at least), `seen_s` when the person has read
    it. `looked_at` says that the person has seen its header and no more.
    """

    __slots__ = (
        "delivered_s", "looked_at", "message", "reached_s", "recipient", "seen_s", "sent_s",
        "state", "store_epoch",
    )  # fmt: skip

    def __init__(
        self,
        message: Message,
        recipient: str,
        sent_s: float = NAN,
        delivered_s: float = NAN,
        state: MessageState = "outbox",
    ) -> None:
        self.message = message
        self.recipient = recipient
        self.sent_s = sent_s
        self.delivered_s = delivered_s
        self.state = state
        self.reached_s = self.seen_s = NAN
        self.looked_at = False
        self.store_epoch = 0

    def reach(self, now_s: float) -> None:
        """The recipient's client has the message."""
        self.reached_s = now_s
        self.state = "reached"


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


@mypyc_attr(allow_interpreted_subclasses=True, acyclic=True)
class Views:
    """Secondary indexes of a mailbox's folders, each with the time of its last use.

    An index is an arrangement, a filter or a search folder (server_load 2.5). The first use builds
    it, which reads every row of the folder; from then on each row that is added, changed or removed
    touches it, until nobody has used it for `aging_s`. A restart keeps it: it is in the database.
    """

    aging_s: ClassVar[float] = AGING_S
    max_indexes: ClassVar[int] = MAX_INDEXES
    __slots__ = ("_last_used_s", "_oldest_s")

    def __init__(self) -> None:
        self._last_used_s: dict[str, float] = {}  # by _key, one word for all mailboxes
        self._oldest_s = inf

    def use(self, folder: str, index: str, now_s: float) -> bool:
        """Use an index of a folder; return whether it had to be built."""
        self._age(now_s)
        used_s, key = self._last_used_s, _key(folder, index)
        built = key not in used_s
        if built and len(there := self._indexes(folder)) >= self.max_indexes:
            del used_s[min(there, key=used_s.__getitem__)]
        used_s[key] = now_s
        self._oldest_s = min(used_s.values())
        return built

    def count(self, folder: str, now_s: float) -> int:
        """Return how many indexes a changed row of a folder touches."""
        self._age(now_s)
        return len(self._indexes(folder))

    def clear(self) -> None:
        """Nothing has been used here yet: the mailbox has come from another database."""
        self._last_used_s.clear()
        self._oldest_s = inf

    def _indexes(self, folder: str) -> list[str]:
        """Return the keys of a folder's indexes."""
        begin = _key(folder, "")
        return [key for key in self._last_used_s if key.startswith(begin)]

    def _age(self, now_s: float) -> None:
        """Drop what has not been used for too long; looked for when the oldest is due."""
        if now_s < self._oldest_s + self.aging_s:
            return
        for key, used_s in list(self._last_used_s.items()):
            if used_s + self.aging_s <= now_s:
                del self._last_used_s[key]
        self._oldest_s = min(self._last_used_s.values(), default=inf)


def _key(folder: str, index: str) -> str:
    return intern(f"{folder}/{index}")


@mypyc_attr(acyclic=True)
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


@mypyc_attr(allow_interpreted_subclasses=True)
class Mailbox:
    """The deliveries to one user, as the store sees them.

    `view` is the state of what the client shows; an offline file has a state of its own. `arrivals`
    counts deliveries, `notified_count` those that a parked call has told the client of.
    `on_delivery` is called for each delivery, if it is set. `views` are
    the indexes of its folders.
    """

    __slots__ = (
        "_states", "arrivals", "name", "notified_count", "on_delivery", "view", "views",
    )  # fmt: skip

    def __init__(self, name: str, views: Views) -> None:
        self.name = name
        self.views = views
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
