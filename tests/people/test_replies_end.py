"""Whether mail dies out: the growth of a branching process, with the real numbers of recipients."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from anywhere_sim.scenario.activity import ACTIVITIES, Activity
from anywhere_sim.scenario.community import MAX_REPLIES, Community, replies_grow
from tests.statements.pairs import small


def habits_of(**changes: float | None) -> Activity:
    return Activity.model_validate(ACTIVITIES["medium"].model_dump() | changes)


def growth(shares: list[float], habits: Activity) -> float:
    """Return the largest eigenvalue of the mean numbers of replies with j recipients to a message
    with k.
    """
    kinds = len(shares)
    means = np.zeros((kinds, kinds))
    for index in range(kinds):
        replies = habits.reply_share * (index + 1)
        means[index] = replies * habits.forward_share * np.array(shares)
        means[index, 0] += replies * (1.0 - habits.reply_all_share - habits.forward_share)
        means[index, index] += replies * habits.reply_all_share
    return float(np.abs(np.linalg.eigvals(means)).max())


def test_what_is_refused_is_what_grows() -> None:
    """Against the eigenvalue, where no kind is rare: 1 to 12 recipients, all of the same share."""
    seen = set()
    for share, to_all, on, most in product((0.1, 0.2, 0.3, 0.5), (0, 0.2), (0, 0.3), (1, 4, 12)):
        habits = habits_of(reply_share=share, reply_all_share=to_all, forward_share=on)
        shares = [1.0 / most] * most
        grows = growth(shares, habits) >= MAX_REPLIES
        assert replies_grow(shares, habits) == grows
        seen.add(grows)
    assert seen == {True, False}


@pytest.mark.parametrize(
    ("share", "to_all", "on", "recipients"),
    [(0.18, 3 / 18, 5 / 18, 4), (0.27, 5 / 27, 7 / 27, 4), (0.34, 7 / 34, 7 / 34, 5)],
)
def test_the_users_of_loadsim_are_let_pass(
    share: float, to_all: float, on: float, recipients: int
) -> None:
    """A message of the medium user calls for 1.08 replies, but most of these go to one person
    (measurements A3).
    """
    habits = habits_of(
        reply_share=share, reply_all_share=to_all, forward_share=on, recipients=recipients
    )
    scenario = small(groups__people__mailboxes=60, groups__people__activity=habits.model_dump())
    assert scenario.groups["people"].habits == habits
    assert growth(Community().recipient_shares(59, recipients), habits) < 0.85
