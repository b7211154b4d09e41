"""The way of a message from the sender's server to its recipients' mailboxes."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated

from anywhere_sim.exchange.message import Delivery, Message, message_id
from anywhere_sim.people.arrivals import Bursts, DayShape
from anywhere_sim.people.mail_workload import answer
from anywhere_sim.scenario.sourced import assumed

if TYPE_CHECKING:
    from anywhere_sim.exchange.store import Store
    from anywhere_sim.simulation.site import SiteModel

OUTSIDE = "outside"
TRANSPORT_S: Annotated[float, assumed("categoriser and queues between two mailboxes", 0.5, 30)] = 2.0


class MailTransport:
    """Who writes what to whom in one site, and the transport between mailboxes."""

    def __init__(self, world: SiteModel) -> None:
        self.world = world
        self.env = world.env
        self._queued: dict[str, list[Delivery]] = {}
        self.open: dict[Delivery, None] = {}

    def write(self, author: str, name: str, parent: Message | None) -> Message:
        """Return the message that `author` writes under that name; an answer goes to whom it concerns."""
        circle = self.world.contacts_of(author)
        draws = self.world.streams.stream(f"message/{name}")
        size = circle.size_bytes(draws)
        if parent is None:
            recipients = circle.recipients(author, draws)
        else:
            recipients = circle.reply_recipients(author, parent, self.world.persons[author].habits, draws)
        known = tuple(recipient if recipient in self.world.persons else OUTSIDE for recipient in recipients)
        origin = "person" if parent is None else "reply"
        message = Message(name, message_id(name), parent.message if parent else 0, author, origin, size, known, self.env.now)
        message.deliveries = tuple(Delivery(message, recipient) for recipient in known)
        self.open.update(dict.fromkeys(message.deliveries))
        return message

    def submitted(self, message: Message) -> None:
        """The sender's server has taken the message over."""
        now = self.env.now
        for delivery in message.deliveries:
            delivery.sent_s = now
            delivery.state = "sent"
            if delivery.recipient == OUTSIDE:
                self._left(delivery)
                continue
            self.env.call_at(now + TRANSPORT_S, partial(self.arrive, delivery))

    def _left(self, delivery: Delivery) -> None:
        """The message leaves the site: what becomes of it is not seen here."""
        self.open.pop(delivery)
        self.record(delivery)

    def arrive(self, delivery: Delivery) -> None:
        """A message is at the recipient's server, or waits for it."""
        store = self.world.store_of(delivery.recipient)
        if store.answers:
            store.deliver(delivery)
        else:
            self._queued.setdefault(store.name, []).append(delivery)

    def store_is_back(self, store: Store) -> None:
        """What waited for a store is delivered."""
        for delivery in self._queued.pop(store.name, []):
            store.deliver(delivery)

    def outside_mail(self, mailbox: str, per_day: float, shape: DayShape) -> None:
        """Let mail from outside come for one mailbox, from its own stream."""
        community = self.world.contacts_of(mailbox).community
        _OutsideMail(self, mailbox, Bursts(self.world.streams.stream(f"outside/{mailbox}"), per_day, shape, community)).plan_next()

    def answer_due(self, delivery: Delivery, share: float) -> tuple[str, float] | None:
        """Return name and time of the answer that the reader of a message will give, or None."""
        community = self.world.contacts_of(delivery.recipient).community
        found = answer(self.world.streams, delivery.message.name, delivery.recipient, share, community)
        return (found.name, self.env.now + found.delay_s) if found else None

    def seen(self, delivery: Delivery) -> None:
        """The recipient has read the message: its row is complete."""
        delivery.seen_s = self.env.now
        delivery.state = "seen"
        self.open.pop(delivery, None)
        self.record(delivery)

    def record(self, delivery: Delivery) -> None:
        """Write a message's row."""
        message = delivery.message
        self.world.recorder.messages.row(
            message=message.message, parent=message.parent, sender=message.sender, recipient=delivery.recipient, origin=message.origin,
            written_s=message.written_s, sent_s=delivery.sent_s, delivered_s=delivery.delivered_s, reached_s=delivery.reached_s,
            seen_s=delivery.seen_s, size_bytes=message.size_bytes, state=delivery.state,
        )  # fmt: skip

    def record_open(self) -> None:
        """Write the rows of all messages that are still on their way or unread."""
        for delivery in self.open:
            self.record(delivery)


class _OutsideMail:
    """What comes from outside for one mailbox, message after message."""

    __slots__ = ("_mailbox", "_number", "_post", "_times")

    def __init__(self, post: MailTransport, mailbox: str, times: Bursts) -> None:
        self._post = post
        self._mailbox = mailbox
        self._times = times
        self._number = 0

    def plan_next(self) -> None:
        """Let the next message come at its time; what lies before the start has come."""
        env, start_s = self._post.env, self._post.world.start_s
        for time_s in self._times:
            self._number += 1
            if time_s >= env.now and time_s >= start_s:
                env.schedule_call(self, time_s, _OutsideMail._come)
                return

    def _come(self) -> None:
        post, mailbox, now = self._post, self._mailbox, self._post.env.now
        name = f"outside/{mailbox}/{self._number}"
        size = post.world.contacts_of(mailbox).size_bytes(post.world.streams.stream(f"message/{name}"))
        message = Message(name, message_id(name), 0, OUTSIDE, OUTSIDE, size, (mailbox,), now)
        delivery = Delivery(message, mailbox, sent_s=now, state="sent")
        message.deliveries = (delivery,)
        post.open[delivery] = None
        post.arrive(delivery)
        self.plan_next()
