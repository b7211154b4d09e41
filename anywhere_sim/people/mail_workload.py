"""What is written: recipients, sizes and answers, drawn from streams that the message names."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate, pairwise

from anywhere_sim.des.random_streams import Stream, Streams
from anywhere_sim.exchange.message import Message
from anywhere_sim.scenario.activity import Activity
from anywhere_sim.scenario.community import MAX_RECIPIENTS, REPLY_DELAYS, Community


@dataclass(frozen=True, slots=True)
class Answer:
    """That a reader answers a message: after what delay once it is read, under what name."""

    name: str
    delay_s: float


class ContactNetwork:
    """The people of a community in order; each writes most to those who come next (recipients by rank, Zipf-like)."""

    __slots__ = ("_cumulative", "_position", "_ring", "community")

    def __init__(self, community: Community, members: list[str]) -> None:
        self.community = community
        self._ring = members
        self._position = {name: place for place, name in enumerate(members)}
        weights = (rank**-community.rank_exponent for rank in range(1, len(members)))
        self._cumulative = list(accumulate(weights))

    def recipients(self, author: str, draws: Stream) -> tuple[str, ...]:
        """Return who a message of `author` goes to, without repeats."""
        if not self._cumulative:
            return ()
        wanted = min(self._how_many(draws), len(self._cumulative))
        found: dict[str, None] = {}
        for _ in range(20 * wanted):
            found[self._ring[(self._position[author] + draws.weighted(self._cumulative) + 1) % len(self._ring)]] = None
            if len(found) == wanted:
                break
        return tuple(found)

    def reply_recipients(self, author: str, parent: Message, habits: Activity, draws: Stream) -> tuple[str, ...]:
        """Return who an answer goes to: the parent's sender, everybody that the parent went to, or others (a forward)."""
        how = draws.uniform()
        if how < habits.forward_share:
            return self.recipients(author, draws)
        if how < habits.forward_share + habits.reply_all_share:
            return tuple(name for name in dict.fromkeys((parent.sender, *parent.recipients)) if name != author)
        return (parent.sender,)

    def _how_many(self, draws: Stream) -> int:
        """One recipient mostly; else two and more, geometric, so that the mean is the community's."""
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
        community = self.community
        return max(300, int(draws.lognormal(community.size_mean_bytes, community.size_sigma, community.size_max_bytes)))


def answer(streams: Streams, name: str, reader: str, share: float, community: Community) -> Answer | None:
    """Return the answer that `reader` will give to the message `name`, or None; the same in every policy."""
    draws = streams.stream(f"answer/{name}/{reader}")
    answers, part = draws.bernoulli(share), draws.uniform()
    if not answers:
        return None
    return Answer(f"{name}>{reader}", community.reply_delay_median_s * _hours_of(part) / _hours_of(0.5))


def _hours_of(part: float) -> float:
    """Return the hours within which this part of all answers has left: straight lines between the measured points."""
    (from_h, low), (to_h, high) = next(pair for pair in pairwise(REPLY_DELAYS) if part <= pair[1][1])
    return from_h + (to_h - from_h) * (part - low) / (high - low)
