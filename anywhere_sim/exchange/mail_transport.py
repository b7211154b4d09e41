"""The way of a message from the sender's server to its recipients' mailboxes."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from mypy_extensions import mypyc_attr

from anywhere_sim.des.environment import Environment
from anywhere_sim.exchange.mailbox import OUTSIDE, Delivery, Message
from anywhere_sim.exchange.store import Store
from anywhere_sim.traces.rows import MessageRows


@mypyc_attr(allow_interpreted_subclasses=True)
class MailTransport:
    """Carries messages between the mailboxes of a site.

    `find_store` returns the store of a mailbox. A message for a store that is away waits for it.
    Each delivery has a row in `messages`, written when it leaves the site, when it is read, or at
    the end of the run.
    """

    def __init__(
        self, env: Environment, find_store: Callable[[str], Store], messages: MessageRows
    ) -> None:
        self.env = env
        self._find_store = find_store
        self._messages = messages
        self._queued: dict[Store, list[Delivery]] = {}
        self._open: dict[Delivery, None] = {}

    def register(self, message: Message) -> None:
        """Follow a message that has been written: one delivery per recipient."""
        message.deliveries = tuple(Delivery(message, name) for name in message.recipients)
        for delivery in message.deliveries:
            self.follow(delivery)

    def follow(self, delivery: Delivery) -> None:
        """Give a delivery a row in the trace, whatever becomes of it."""
        self._open[delivery] = None

    def submit(self, message: Message) -> None:
        """Take a message over from its sender."""
        now_s = self.env.now
        for delivery in message.deliveries:
            delivery.sent_s = now_s
            delivery.state = "sent"
            if delivery.recipient == OUTSIDE:
                self._end(delivery)
            else:
                transport_s = self._find_store(delivery.recipient).spec.transport_s
                self.env.call_at(now_s + transport_s, partial(self._arrive, delivery))

    def receive(self, message: Message) -> None:
        """Take a message over that comes in from outside the site."""
        for delivery in message.deliveries:
            delivery.sent_s = self.env.now
            delivery.state = "sent"
            self._arrive(delivery)

    def _arrive(self, delivery: Delivery) -> None:
        """A message is at its recipient's store, or waits for it."""
        store = self._find_store(delivery.recipient)
        if store.is_running:
            store.deliver(delivery)
        else:
            self._queued.setdefault(store, []).append(delivery)

    def store_is_back(self, store: Store) -> None:
        """Deliver what has waited for a store."""
        for delivery in self._queued.pop(store, []):
            store.deliver(delivery)

    def seen(self, delivery: Delivery) -> None:
        """The recipient has read the message: its row is complete."""
        delivery.seen_s = self.env.now
        delivery.state = "seen"
        self._end(delivery)

    def _end(self, delivery: Delivery) -> None:
        self._open.pop(delivery, None)
        self._record(delivery)

    def _record(self, delivery: Delivery) -> None:
        message = delivery.message
        self._messages.row(
            message=message.message_id, parent=message.parent_id, sender=message.sender,
            recipient=delivery.recipient, origin=message.origin, written_s=message.written_s,
            sent_s=delivery.sent_s, delivered_s=delivery.delivered_s, reached_s=delivery.reached_s,
            seen_s=delivery.seen_s, size_bytes=message.size_bytes, state=delivery.state,
        )  # fmt: skip

    def record_unfinished(self) -> None:
        """Write the rows of all deliveries that are still on their way or unread."""
        for delivery in self._open:
            self._record(delivery)
