"""How bursty the mail of the measured company is in the model (measurements B8)."""

from __future__ import annotations

import numpy as np

from anywhere_sim.des.random_streams import Streams
from anywhere_sim.people.activity_levels import activity_levels
from anywhere_sim.people.arrivals import Bursts, DayShape
from anywhere_sim.scenario.community import Community
from anywhere_sim.scenario.quantities import DAY_S

PEOPLE, PER_DAY = 167, 1.9
"""The senders of that company, and what each sent on a workday."""
DAYS = 25
BUSY_S = (9 * 3600, 15 * 3600)


def messages_s() -> list[list[float]]:
    """Return the times at which new messages are written, in seconds since midnight: a sorted list per day."""
    community = Community()
    shape, days = DayShape(community.day_shape), []
    for number in range(DAYS):
        streams, day = Streams(1, number), list[float]()
        for person, level in enumerate(activity_levels(streams, "firm", PEOPLE, community)):
            draws = streams.stream(f"person {person}")
            for time_s in Bursts(draws, PER_DAY * level, shape, community):
                if time_s > DAY_S:
                    break
                day.append(time_s)
        days.append(sorted(day))
    return days


def dispersion(days: list[list[float]], window_s: int) -> float:
    """Return variance over mean of the counts in windows of that many seconds, 9 to 15 h; 1 for Poisson arrivals."""
    edges = np.arange(BUSY_S[0], BUSY_S[1] + 1, window_s)
    counts = np.concatenate([np.histogram(day, bins=edges)[0] for day in days])
    return float(counts.var() / counts.mean())
