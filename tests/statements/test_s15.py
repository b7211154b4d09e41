"""S15: cached mode lowers what clients ask: how much, of what, and when it does not, is measured."""

from __future__ import annotations

from statistics import mean, stdev

from scipy.stats import t

import anywhere_sim as aw
from tests.statements.pairs import run, small


def interval(differences: list[float]) -> tuple[float, float]:
    """Return the 95 % interval of the mean of paired differences (Student)."""
    half = float(t.ppf(0.975, len(differences) - 1)) * stdev(differences) / len(differences) ** 0.5
    return mean(differences) - half, mean(differences) + half


SEEDS = range(1, 9)


def day(seed: int, mode: str, *, set_up: bool = True) -> aw.Run:
    """Return a working day of ten people at the office; a profile that is new has its first synchronisation before it."""
    changes = {"mailboxes": 10, "mode": mode, "activity": "medium", "set_up": set_up, "itinerary": [["08:10", "office"]], "mailbox_mb": 20}
    return run(small(end="17:30", **{f"groups__people__{key}": value for key, value in changes.items()}), seed)


def statement() -> None:
    pairs = [(day(seed, "online"), day(seed, "cached")) for seed in SEEDS]
    fewer_bytes = interval([down(online) - down(cached) for online, cached in pairs])
    fewer_reads = interval([reads(online) - reads(cached) for online, cached in pairs])
    less_waiting = interval([waited(online) - waited(cached) for online, cached in pairs])
    more_in_a_roll_out = interval([down(day(seed, "cached", set_up=False)) - down(pairs[seed - 1][0]) for seed in (1, 2, 3)])
    assert fewer_bytes[0] > 0.0
    assert fewer_reads[0] > 0.0
    assert less_waiting[0] > 0.0
    assert more_in_a_roll_out[0] > 0.0


def down(made: aw.Run) -> float:
    return float(made.connections["bytes_down"].sum())


def reads(made: aw.Run) -> float:
    return float(made.servers["disk_reads"].max())


def waited(made: aw.Run) -> float:
    return float(made.operations["wait_s"].sum())


def test_statement() -> None:
    statement()
