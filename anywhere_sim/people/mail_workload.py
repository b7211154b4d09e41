"""What is written: recipients, sizes and replies, drawn from streams that the message names."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from itertools import accumulate
from math import exp, fsum
from statistics import NormalDist
from typing import Final

from mypy_extensions import mypyc_attr

from anywhere_sim.des.random_streams import Stream, Streams
from anywhere_sim.exchange.mail_transport import MailTransport
from anywhere_sim.exchange.mailbox import OUTSIDE, Message
from anywhere_sim.people.arrivals import BurstLaw, Bursts, DayShape, DueTimes
from anywhere_sim.scenario.activity import Activity
from anywhere_sim.scenario.community import MAX_RECIPIENTS, REPLY_DELAYS, Community
from anywhere_sim.traces.words import Origin

_HOURS: Final = [hours for hours, _ in REPLY_DELAYS]
_REPLIED: Final = [share for _, share in REPLY_DELAYS]


class Reply:
    """That a reader replies to a message: after what delay once it is read, under what name."""

    __slots__ = ("delay_s", "name")

    def __init__(self, name: str, delay_s: float) -> None:
        self.name = name
        self.delay_s = delay_s


@mypyc_attr(allow_interpreted_subclasses=True)
class ContactNetwork:
    """The people of a community in order; each writes most to those who come next.

    Recipients are chosen by rank, Zipf-like.
    """

    __slots__ = (
        "_body_max_bytes", "_cumulative", "_index", "_median_bytes", "_ring", "_size_law",
        "community",
    )  # fmt: skip

    def __init__(self, community: Community, members: list[str]) -> None:
        self.community = community
        # read when they are first asked for: what never is has no effect, and is named
        self._size_law: tuple[float, float, float] | None = None  # mean, sigma, maximum
        self._median_bytes: tuple[float, float] | None = None  # and sigma
        self._body_max_bytes: int | None = None
        self._ring = members
        self._index = {name: index for index, name in enumerate(members)}
        weights = (rank**-community.rank_exponent for rank in range(1, len(members)))
        self._cumulative = list(accumulate(weights))

    def recipients(self, author: str, habits: Activity, draws: Stream) -> tuple[str, ...]:
        """Return who a message of `author` goes to, without repeats."""
        if not self._cumulative:
            return ()
        wanted = min(habits.recipients or self._how_many(draws), len(self._cumulative))
        chosen: dict[str, None] = {}
        for _ in range(20 * wanted):
            rank = draws.weighted(self._cumulative) + 1
            chosen[self._ring[(self._index[author] + rank) % len(self._ring)]] = None
            if len(chosen) == wanted:
                break
        return tuple(chosen)

    def reply_recipients(
        self, author: str, parent: Message, habits: Activity, draws: Stream
    ) -> tuple[str, ...]:
        """Return who a reply goes to.

        That is the parent's sender, everybody that the parent went to, or others (a forward).
        """
        how = draws.uniform()
        if how < habits.forward_share:
            return self.recipients(author, habits, draws)
        if how < habits.forward_share + habits.reply_all_share:
            everybody = dict.fromkeys((parent.sender, *parent.recipients))
            return tuple(name for name in everybody if name != author)
        return (parent.sender,)

    def _how_many(self, draws: Stream) -> int:
        """One recipient mostly.

        Else two and more, geometric, so that the mean is the community's.
        """
        first, second = draws.uniform(), draws.uniform()
        extra_mean = self.community.recipients_mean - 1.0
        share = min(self.community.multiple_share, extra_mean)
        if first >= share:
            return 1
        stop = share / extra_mean
        extra = 1
        while second > stop and extra < MAX_RECIPIENTS - 1:
            second = (second - stop) / (1.0 - stop)
            extra += 1
        return 1 + extra

    def size_bytes(self, draws: Stream) -> int:
        """Return the size of a message: lognormal, cut."""
        law = self._size_law
        if law is None:
            given = self.community
            law = self._size_law = given.size_mean_bytes, given.size_sigma, given.size_max_bytes
        return max(300, int(draws.lognormal(law[0], law[1], law[2])))

    def power_of_size(self, size_bytes: int, exponent: float) -> float:
        """Return a power of a size in units of the mean that this power has over all messages.

        Of a lognormal size with median m and deviation sigma, E S^b = m^b exp(b^2 sigma^2 / 2).
        """
        if self._median_bytes is None:
            sigma = self.community.size_sigma
            median_bytes = self.community.size_mean_bytes * exp(-sigma * sigma / 2.0)
            self._median_bytes = median_bytes, sigma
        median_bytes, sigma = self._median_bytes
        mean_of_power = exp((exponent * sigma) ** 2 / 2.0)
        return float((size_bytes / median_bytes) ** exponent / mean_of_power)

    def body_bytes(self, size_bytes: int) -> int:
        """Return how much of a message is its body; the rest is attached."""
        if self._body_max_bytes is None:
            self._body_max_bytes = self.community.body_max_bytes
        return min(size_bytes, self._body_max_bytes)


@mypyc_attr(allow_interpreted_subclasses=True)
class MailWorkload:
    """What the people of a community write and reply, the same in every policy.

    Every draw is from a stream that the message names, so that it depends on nothing else.
    """

    __slots__ = (
        "_bursts", "_median_delay", "_reading", "_reading_of", "_streams", "contacts", "day_shape",
    )  # fmt: skip

    def __init__(self, streams: Streams, contacts: ContactNetwork) -> None:
        self._streams = streams
        self._median_delay: tuple[float, float] | None = None  # in s, and in hours of the law
        self.contacts = contacts
        self.day_shape = DayShape(contacts.community.day_shape)
        self._bursts = BurstLaw(contacts.community)
        self._reading_of: Activity | None = None  # whose time of reading was last asked for
        self._reading = (0.0, 0.0, 0.0)  # its mean, the power of sizes, and sigma

    def activity_levels(self, group: str, people: int) -> list[float]:
        """Return how active each person of a group is: a level per person with mean 1.

        They are the quantiles of a lognormal, the same in each replication, shuffled. Sigma 0.97
        gives the measured 38 % of messages to the top tenth (measurements B8).
        """
        normal, sigma = NormalDist(), self.contacts.community.activity_sigma
        grid = [exp(sigma * normal.inv_cdf((index + 0.5) / people)) for index in range(people)]
        mean = fsum(grid) / people
        draws = self._streams.stream(f"levels/{group}")
        return list(draws.shuffled([level / mean for level in grid]))

    def shape_of_day(self, habits: Activity) -> DayShape:
        """Return the day of a load test, even between its hours, or that of the community."""
        if habits.even_hours is None:
            return self.day_shape
        from_hour, to_hour = habits.even_hours
        return DayShape([float(from_hour <= hour < to_hour) for hour in range(24)])

    def times(self, stream: str, per_day: float, habits: Activity) -> Iterator[float]:
        """Return the times of mail from the stream of that name, `per_day` on average."""
        draws, shape = self._streams.stream(stream), self.shape_of_day(habits)
        if habits.even_hours is not None:
            return DueTimes(draws, per_day, shape)
        return Bursts(draws, per_day, shape, self._bursts)

    def compose(
        self, author: str, name: str, parent: Message | None, habits: Activity, written_s: float
    ) -> Message:
        """Return what `author` writes under that name: a new message, or the reply to `parent`."""
        contacts, draws = self.contacts, self._streams.stream(f"message/{name}")
        size_bytes = contacts.size_bytes(draws)
        if parent is None:
            to = contacts.recipients(author, habits, draws)
            return self._message(name, "", author, "person", size_bytes, to, written_s)
        to = contacts.reply_recipients(author, parent, habits, draws)
        return self._message(name, parent.name, author, "reply", size_bytes, to, written_s)

    def _message(
        self,
        name: str,
        parent_name: str,
        author: str,
        origin: Origin,
        size_bytes: int,
        to: tuple[str, ...],
        written_s: float,
    ) -> Message:
        attached = size_bytes - self.contacts.body_bytes(size_bytes)
        return Message(
            name, parent_name, author, origin, size_bytes, to, written_s, attachment_bytes=attached
        )  # fmt: skip

    def from_outside(self, mailbox: str, name: str, written_s: float) -> Message:
        """Return the message of that name that comes from outside for one mailbox."""
        size_bytes = self.contacts.size_bytes(self._streams.stream(f"message/{name}"))
        return self._message(name, "", OUTSIDE, OUTSIDE, size_bytes, (mailbox,), written_s)

    def reply(self, name: str, reader: str, share: float) -> Reply | None:
        """Return the reply that `reader` will give to the message `name`, or None."""
        draws = self._streams.stream(f"answer/{name}/{reader}")
        replies, part = draws.bernoulli(share), draws.uniform()
        if not replies:
            return None
        if self._median_delay is None:
            median_s = self.contacts.community.reply_delay_median_s
            self._median_delay = median_s, self.hours_of(0.5)
        median_s, median_h = self._median_delay
        return Reply(f"{name}>{reader}", median_s * self.hours_of(part) / median_h)

    def reading_s(self, message: Message, reader: str, habits: Activity) -> float:
        """Return how long `reader` stays with a message.

        The mean over all messages of the community is `habits.reading_s`. The mean of a size grows
        with its power `reading_exponent`; around that the time is lognormal.
        """
        draws = self._streams.stream(f"reading/{message.name}/{reader}")
        if habits is not self._reading_of:
            mean_s, exponent = habits.reading_s, habits.reading_exponent
            self._reading = mean_s, exponent, habits.reading_sigma if mean_s > 0.0 else 0.0
            self._reading_of = habits
        usual_s, exponent, sigma = self._reading
        mean_s = usual_s * self.contacts.power_of_size(message.size_bytes, exponent)
        return draws.lognormal(mean_s, sigma) if mean_s > 0.0 else 0.0

    def hours_of(self, part: float) -> float:
        """Return the hours in which this part of all replies has left, interpolated linearly."""
        index = bisect_left(_REPLIED, part, 1)
        from_h, to_h = _HOURS[index - 1], _HOURS[index]
        low, high = _REPLIED[index - 1], _REPLIED[index]
        return from_h + (to_h - from_h) * (part - low) / (high - low)


@mypyc_attr(allow_interpreted_subclasses=True)
class OutsideMail:
    """What comes from outside for one mailbox, message after message, at the given times."""

    __slots__ = ("_mailbox", "_number", "_times", "_transport", "_workload")

    def __init__(
        self, mailbox: str, times: Iterator[float], workload: MailWorkload, transport: MailTransport
    ) -> None:
        self._mailbox = mailbox
        self._times = times
        self._workload = workload
        self._transport = transport
        self._number = 0

    def plan_next(self) -> None:
        """Let the next message come at its time; what lies before now has come."""
        env = self._transport.env
        for time_s in self._times:
            self._number += 1
            if time_s >= env.now:
                env.schedule_call(self, time_s, OutsideMail._come)
                return

    def _come(self) -> None:
        name = f"outside/{self._mailbox}/{self._number}"
        message = self._workload.from_outside(self._mailbox, name, self._transport.env.now)
        self._transport.register(message)
        self._transport.receive(message)
        self.plan_next()
