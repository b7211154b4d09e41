"""When things are done: the shape of the day, bursts of mail, and how unlike people are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from anywhere_sim.calibration.estimate import FEWEST, Estimate, Events, Floats, Z, kept
from anywhere_sim.scenario.community import Community
from anywhere_sim.scenario.quantities import DAY_S, HOUR_S

LAGS_S = np.array([60.0, 120.0, 240.0, 480.0, 900.0, 1800.0, 3600.0])
"""Times within which messages of one person are counted as pairs."""
WEIGHED = 4
"""The lag by whose pairs of chance people are weighed."""
RESAMPLES = 200
FEWEST_BURSTS = 60
_USUAL = Community()


def hourly(events: Sequence[Events]) -> npt.NDArray[np.int64]:
    """Return how many events each hour of the day has."""
    times_s = np.concatenate([np.zeros(0), *(each.time_s for each in events)])
    return np.bincount((times_s % DAY_S // HOUR_S).astype(int), minlength=24)[:24]


def day_shape(events: Sequence[Events]) -> tuple[Estimate, Floats]:
    """Return percent of a day's events by hour, and half the width of each hour's interval.

    Hours of which there is no log count as empty.
    An hour's deviation is that of a count whose variance exceeds its mean as much as between the
    days of a person (of groups taken together).
    """
    key, usual = "day_shape", [*_USUAL.day_shape]
    counts = hourly(events)
    total = int(counts.sum())
    if total < 24 * FEWEST:
        return kept(key, usual, f"{total} events are too few for 24 hours"), np.zeros(24)
    spread = sum(each.deviation() ** 2 for each in events) / total
    half = 100.0 * Z * np.sqrt(max(spread, 1.0) * counts * (1.0 - counts / total)) / total
    shape = [round(100.0 * float(each) / total, 2) for each in counts]
    basis = f"percent of {total:,} events by hour"
    return Estimate(key, shape, measured=True, basis=basis), half


def level_sigma(events: Sequence[Events]) -> tuple[Estimate, str]:
    """Return the deviation of the logarithm of people's levels, and how well the law fits.

    The model lays the quantiles of a lognormal over the people of a group, so the variance of the
    logarithms of their counts, less that of counting, is sigma squared times that of the normal
    quantiles. Groups are weighed by how precise each is.
    """
    key, usual = "activity_sigma", _USUAL.activity_sigma
    found: list[tuple[float, float]] = []
    residuals: list[float] = []
    people = 0
    for each in events:
        count, days = len(each.days), np.maximum(each.days, 1.0)
        if count < 3 or each.count < FEWEST * count / 2:
            continue
        people += count
        totals = np.bincount(each.person, minlength=count).astype(float)
        phi = max(each.deviation() ** 2 / each.count, 1.0)
        level = np.log(np.maximum(totals, 0.5) / days)
        noise = phi / np.maximum(totals, 0.5)
        normal = np.array([NormalDist().inv_cdf((i + 0.5) / count) for i in range(count)])
        grid = float(normal.var())
        centred = level - level.mean()
        variance = max(float(level.var() - noise.mean() * (1.0 - 1.0 / count)), 0.0) / grid
        error = 2.0 / count / grid * float(np.sqrt((centred**2 * noise + noise**2 / 2.0).sum()))
        found.append((variance, max(error, 1e-6)))
        residuals += [*(np.sort(centred) / max(np.sqrt(variance * grid + noise.mean()), 1e-9))]
    if not found:
        return kept(key, usual, "too few people, or too little of each, to compare them"), ""
    weights = np.array([error**-2 for _, error in found])
    variance = float((np.array([each for each, _ in found]) * weights).sum() / weights.sum())
    half = Z * float(weights.sum() ** -0.5)
    low, high = (float(np.sqrt(max(variance + sign * half, 0.0))) for sign in (-1.0, 1.0))
    from scipy import stats  # half a second, which other commands need not pay

    fit = stats.kstest(residuals, "norm")
    said = f"levels against a lognormal: Kolmogorov-Smirnov {fit.statistic:.2f}, p {fit.pvalue:.2f}"
    basis = f"{people} people, what they did of themselves"
    return Estimate(key, float(np.sqrt(variance)), low, high, True, basis), said


@dataclass(frozen=True, slots=True)
class Bursts:
    """How mail comes in bursts: messages in one, the gap between them, and how well that fits."""

    messages: Estimate
    gap_s: Estimate
    fit: str = ""


def bursts(events: Sequence[Events], new_shares: Sequence[float]) -> Bursts:
    """Return the bursts of what people write; `new_shares` of it are no answers, which have none.

    A burst has a geometric number of messages with mean b, with exponential gaps of mean g: n
    messages have n (b - 1) (1 - exp(-t / (b g))) pairs within t seconds besides those of chance
    (the gaps of messages k apart are Erlang, and their geometric sum is exponential again). Pairs
    of chance are counted between different days of one person.
    """
    usual_b, usual_g = _USUAL.burst_messages, _USUAL.burst_gap_s
    usable = [
        (each, share) for each, share in zip(events, new_shares, strict=True)
        if each.count and each.days.max(initial=0.0) >= 2
    ]  # fmt: skip
    new = sum(each.count * share for each, share in usable)
    if new < FEWEST_BURSTS:
        why = f"{new:.0f} new messages of people seen on two days or more are too few to tell"
        return Bursts(kept("burst_messages", usual_b, why), kept("burst_gap_s", usual_g, why))
    curves, sizes = [], []
    for each, share in usable:
        for excess, count in _pairs(each):
            curves.append(excess)
            sizes.append(count * share)
    table, counts = np.array(curves), np.array(sizes)
    best = _fitted(table.sum(axis=0) / counts.sum())
    draws = np.random.default_rng(1)
    drawn = []
    for _ in range(RESAMPLES):
        chosen = draws.integers(0, len(counts), len(counts))
        if counts[chosen].sum() > 0.0:
            drawn.append(_fitted(table[chosen].sum(axis=0) / counts[chosen].sum()))
    low, high = np.percentile(np.array(drawn), [2.5, 97.5], axis=0)
    seen = table.sum(axis=0) / counts.sum()
    told = _expected(LAGS_S, *best)
    spread = float(((seen - seen.mean()) ** 2).sum())
    fit = 1.0 - float(((seen - told) ** 2).sum()) / spread if spread else 0.0
    basis = f"pairs of {new:,.0f} new messages of one person within an hour"
    return Bursts(
        Estimate("burst_messages", best[0], float(low[0]), float(high[0]), True, basis),
        Estimate("burst_gap_s", best[1], float(low[1]), float(high[1]), True, basis),
        f"pairs of messages by lag against bursts: R squared {fit:.3f}",
    )


def _expected(lag_s: Floats, messages: float, gap_s: float) -> Floats:
    """Return the pairs within a lag besides those of chance, per message."""
    return np.asarray((messages - 1.0) * -np.expm1(-lag_s / (messages * gap_s)))


def _fitted(seen: Floats) -> tuple[float, float]:
    from scipy import optimize

    def off(given: Floats) -> Floats:
        return np.asarray(_expected(LAGS_S, 1.0 + np.exp(given[0]), np.exp(given[1])) - seen)

    start = [np.log(max(float(seen[-1]), 0.05)), np.log(120.0)]
    bounds = ([-7.0, np.log(1.0)], [np.log(19.0), np.log(DAY_S)])
    found = optimize.least_squares(off, np.clip(start, *bounds), bounds=bounds)
    return 1.0 + float(np.exp(found.x[0])), float(np.exp(found.x[1]))


def _pairs(events: Events) -> list[tuple[Floats, float]]:
    """Return, for each person and day, the pairs of messages within each lag beyond chance, and how
    many messages; of those who write much both count less, for most of their pairs are of chance.
    """
    found = []
    for person in np.unique(events.person):
        own = np.sort(events.time_s[events.person == person])
        days = max(int(events.days[person]), 2)
        clock = np.sort(own % DAY_S)
        everywhere = _within(clock, clock) - len(own)
        by_day = [own[own // DAY_S == day] % DAY_S for day in np.unique(own // DAY_S)]
        same = sum(((_within(day, day) - len(day)) for day in by_day), np.zeros(len(LAGS_S)))
        chance = (everywhere - same) / (days - 1) / len(own)  # per message: those of other days
        weight = 1.0 / (1.0 + max(float(chance[WEIGHED]), 0.0))
        for day in by_day:
            mine = (_within(day, day) - len(day)) - chance * len(day)
            found.append((weight * mine / 2.0, weight * len(day)))
    return found


def _within(one: Floats, other: Floats) -> Floats:
    """Return how many ordered pairs lie within each lag of each other, both ways."""
    high = np.searchsorted(other, one[:, None] + LAGS_S, side="right")
    low = np.searchsorted(other, one[:, None] - LAGS_S, side="left")
    return np.asarray((high - low).sum(axis=0), np.float64)
