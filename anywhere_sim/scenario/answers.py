"""Whether mail dies out: each answer calls for answers of its own."""

from __future__ import annotations

from collections.abc import Sequence
from math import fsum
from typing import Annotated

from anywhere_sim.scenario.activity import Activity
from anywhere_sim.scenario.sourced import assumed

MAX_REPLIES = 0.95
RARE: Annotated[
    float, assumed("a conversation that fewer of the messages begin, or a longer one, is not what a day's mail dies of", 1e-4, 0.01)
] = 1e-3


def replies_grow(recipient_shares: Sequence[float], habits: Activity) -> bool:
    """Return whether the answers to an answer are MAX_REPLIES or more on average; `recipient_shares` are those of 1, 2 .. recipients.

    A branching process whose kinds are the numbers of recipients. A message to k people gets a k answers (a = `reply_share`;
    all are taken as read). Of these, r go to all, which is k people again (the sender and the others), f go on to j people with
    the share p(j), and the rest, s, to one. With v(k) the worth of a kind and L the growth,
        L v(k) = a k (r v(k) + s v(1) + f sum_j p(j) v(j)),
    so v(k) is in proportion to a k / (L - a k r), and 1 = s a / (L - a r) + f sum_j p(j) a j / (L - a j r). The right side
    falls with L, and the largest conversation grows with a k r by itself: growth stays below MAX_REPLIES if a k r does for
    the most recipients and the right side is below 1 at L = MAX_REPLIES. Kinds that fewer than RARE messages reach count as the
    last that more do.
    """
    recipient_shares = _without_rare(recipient_shares)
    a, to_all, on = habits.reply_share, habits.reply_all_share, habits.forward_share
    if a * len(recipient_shares) * to_all >= MAX_REPLIES:
        return True
    worth = [a * k / (MAX_REPLIES - a * k * to_all) for k in range(1, len(recipient_shares) + 1)]
    forwarded = fsum(share * each for share, each in zip(recipient_shares, worth, strict=True))
    return (1.0 - to_all - on) * worth[0] + on * forwarded >= 1.0


def _without_rare(shares: Sequence[float]) -> list[float]:
    kept = list(shares)
    while len(kept) > 1 and kept[-1] < RARE:
        last = kept.pop()
        kept[-1] += last
    return kept
