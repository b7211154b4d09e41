"""The event list gives what a heap gives, crowded or not, with instants that many share."""

from __future__ import annotations

import random
from heapq import heappop, heappush
from math import inf

import pytest

from anywhere_sim.des.calendar_queue import CROWDED, CalendarQueue, Entry

DELAYS_S = {
    "a few, far between": (5, (0.0, 0.3, 40.0, 9e3)),
    "a site": (200, (0.0, 0.001, 0.01, 0.2, 7.0, 600.0, 600.0)),
    "a crowded day": (4 * CROWDED, (0.0, 0.0001, 0.1, 0.25, 0.5)),
    "one instant": (2 * CROWDED, (0.0, 1.0)),
    "never": (20, (0.01, 2.0**51, inf)),
}


@pytest.mark.parametrize("case", DELAYS_S)
def test_the_order_is_that_of_a_heap(case: str) -> None:
    count, delays_s = DELAYS_S[case]
    draws, queue = random.Random(1), CalendarQueue(36_000.0)
    heap: list[Entry] = []
    now_s, number = 36_000.0, 0
    for _ in range(20 * count):
        for _ in range(count - len(heap) if number < count else draws.choice((0, 1, 2))):
            urgent = draws.random() < 0.1
            delay_s = draws.choice(delays_s)
            shared = draws.random() < 0.3
            when_s = now_s + (delay_s if shared else delay_s * draws.random() if delay_s else 0.0)
            entry = (when_s, number - 10**9 if urgent else number, None, number, None)
            queue.push(when_s, entry)
            heappush(heap, entry)
            number += 1
        if not heap:
            break
        assert queue.present or queue.begin_day()
        entry = queue.present.pop()
        assert entry == heappop(heap)
        assert sum(map(len, queue.lists())) == len(heap)
        now_s = min(entry[0], 2.0**40)
    assert number > count


def test_a_crowded_day_behind_one_of_few_is_not_put_together_with_it_for_ever() -> None:
    """What 100,000 mailboxes bring about: days were parted, taken together, parted again."""
    queue, number, expected = CalendarQueue(36_000.0), 0, list[Entry]()
    for when_s, count in ((36_000.0, 40), (36_010.0, 1), (36_001.0, 20), (36_001.25, CROWDED)):
        for _ in range(count):
            entry = (when_s, number, None, number, None)
            queue.push(when_s, entry)
            expected.append(entry)
            number += 1
    taken = [queue.present.pop() for _ in range(number) if queue.present or queue.begin_day()]
    assert taken == sorted(expected)
