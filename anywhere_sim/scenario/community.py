"""Who writes to whom, when a day is busy, and whether mail dies out."""

from __future__ import annotations

from collections.abc import Sequence
from math import fsum
from typing import Annotated

from pydantic import Field, field_validator

from anywhere_sim.scenario.activity import Activity
from anywhere_sim.scenario.quantities import MAX_S
from anywhere_sim.scenario.sources import assumed, calibrated, documented
from anywhere_sim.scenario.spec import Spec

# measurements B8, company A: percent of a weekday's messages in the hours 0 .. 23; the 1.0 % of the
# night spread evenly
DAY_SHAPE = (
    (0.1,) * 5
    + (0.05, 0.3, 2.2, 7.1, 12.7, 12.5, 10.8, 12.1, 11.7, 11.4, 10.2, 5.7, 1.6, 0.5)
    + (0.09,) * 5
)

MAX_RECIPIENTS: Annotated[
    int,
    assumed(
        "a message has no more; the chance of more is below 1e-6 with the measured law", 20, 200
    ),
] = 41

# measurements B8 (Enron): hours after a message, and the share of all its replies that had left by
# then; the last pair is assumed
REPLY_DELAYS = (
    (0.0, 0.0),
    (1.0, 0.256),
    (2.0, 0.494),
    (3.0, 0.588),
    (4.0, 0.64),
    (5.0, 0.665),
    (6.0, 0.682),
    (24.0, 0.84),
    (120.0, 1.0),
)

MAX_REPLIES = 0.95
RARE: Annotated[
    float,
    assumed(
        "a conversation that fewer of the messages begin, or a longer one, is not what a day's "
        "mail dies of",
        1e-4,
        0.01,
    ),
] = 1e-3


class Community(Spec):
    """A named part of a site.

    People write to people of their own community, the nearest ranks most.
    """

    recipients_mean: Annotated[
        float, Field(ge=1, le=50), documented("measurements B8: mean 1.42, 86 % with one", 1.2, 3)
    ] = 1.42
    multiple_share: Annotated[
        float, Field(ge=0, le=1), documented("measurements B8: 86 % have one recipient", 0.05, 1)
    ] = 0.14
    rank_exponent: Annotated[
        float,
        Field(ge=0, le=3),
        assumed("measurements B8: recipients Zipf-like (exponent assumed)", 0.5, 1.5),
    ] = 1.0
    activity_sigma: Annotated[
        float, Field(ge=0, le=3), documented("measurements B8: top tenth writes 38 %", 0.8, 1.2)
    ] = 0.97
    size_mean_bytes: Annotated[
        float,
        Field(ge=500, le=10_000_000),
        documented("facts 5.1: 50 KB, 50,000 B", 40_000, 75_000),
    ] = 50_000.0
    size_sigma: Annotated[
        float, Field(ge=0, le=4), documented("measurements B8: sigma of ln 2.01", 1.5, 2.5)
    ] = 2.0
    size_max_bytes: Annotated[
        float, Field(ge=1_000, le=10**12), assumed("DESIGN 3: cut at 10 MB")
    ] = 10_000_000.0
    body_max_bytes: Annotated[
        int,
        Field(ge=300, le=10**12),
        assumed(
            "a message beyond this carries the rest as an attachment: a fifth do (server_load 2.7)",
            16_384,
            65_536,
        ),
    ] = 32_768
    burst_messages: Annotated[
        float,
        Field(ge=1, le=20),
        calibrated("measurements B8: variance/mean 3.3 of counts per 15 min, 9-15 h", 1, 3),
    ] = 2.6
    burst_gap_s: Annotated[
        float,
        Field(gt=0, le=MAX_S),
        calibrated(
            "measurements B8: variance/mean 1.35 per 60 s and 2.22 per 300 s, with burst_messages",
            30,
            600,
        ),
    ] = 120.0
    reply_delay_median_s: Annotated[
        float,
        Field(gt=0, le=MAX_S),
        documented(
            "measurements B8: the median of the measured delays; they count from the message, "
            "here from when it is read",
            1800,
            10_800,
        ),
    ] = 7430.0
    day_shape: Annotated[
        tuple[Annotated[float, Field(ge=0, le=1000)], ...],
        Field(min_length=24, max_length=24),
        documented("measurements B8: company A"),
    ] = DAY_SHAPE

    @field_validator("day_shape")
    @classmethod
    def _is_not_empty(cls, shape: tuple[float, ...]) -> tuple[float, ...]:
        if not any(shape):
            raise ValueError("all 24 hours have no share of the mail; give one of them a number")
        return shape

    def recipient_shares(self, most: int, fixed: int | None = None) -> list[float]:
        """Return the shares of messages with 1, 2 .. `most` recipients.

        All have `fixed` ones if that is given. Else most have one; the others two and more,
        geometric, so that the mean is right.
        """
        if fixed is not None:
            return [0.0] * (min(fixed, most) - 1) + [1.0]
        extra_mean = self.recipients_mean - 1.0
        multiple = min(self.multiple_share, extra_mean)
        if multiple <= 0.0 or most < 2:
            return [1.0]
        stop = multiple / extra_mean
        shares = [
            1.0 - multiple,
            *(multiple * stop * (1.0 - stop) ** (extra - 1) for extra in range(1, most)),
        ]
        shares[-1] += 1.0 - fsum(shares)
        return shares


def replies_grow(recipient_shares: Sequence[float], habits: Activity) -> bool:
    """Return whether the replies to a reply are MAX_REPLIES or more on average.

    `recipient_shares` are the shares of messages with 1, 2 .. recipients.

    A branching process whose kinds are the numbers of recipients. A message to k people gets a k
    replies (a = `reply_share`; all are taken as read). Of these, r go to all, which is k people
    again (the sender and the others), f go on to j people with the share p(j), and the rest, s, to
    one. With v(k) the worth of a kind and L the growth,
        L v(k) = a k (r v(k) + s v(1) + f sum_j p(j) v(j)),
    so v(k) is in proportion to a k / (L - a k r), and
        1 = s a / (L - a r) + f sum_j p(j) a j / (L - a j r).
    The right side falls with L, and the largest conversation grows with a k r by itself: growth
    stays below MAX_REPLIES if a k r does for the most recipients and the right side is below 1 at
    L = MAX_REPLIES. Kinds that fewer than RARE messages reach count as the last that more do.
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
