"""When things are done: the shape of the day, bursts of mail, and how unlike people are."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import NormalDist

import numpy as np
import numpy.typing as npt
import pandas as pd

from anywhere_sim.calibration.estimate import FEWEST, Estimate, Events, Floats, Z, kept
from anywhere_sim.scenario.community import Community
from anywhere_sim.scenario.quantities import DAY_S, HOUR_S

LAGS_S = np.array([60.0, 120.0, 240.0, 480.0, 900.0, 1800.0, 3600.0])
"""Times within which messages of one person are counted as pairs."""
WEIGHED = 4
"""The lag by whose pairs of chance people are weighed."""
FEWEST_BURSTS = 60
MOST_UNSURE = 10.0
"""Bursts whose interval reaches to so many times their value are not told: the default stays."""
BOUNDS = ((-7.0, math.log(19.0)), (0.0, math.log(DAY_S)))
"""Logarithms of the messages that follow a first one, and of the gap in s: where they are looked
for."""
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


def bursts(events: Sequence[Events], new_share: float, as_written: bool = True) -> Bursts:
    """Return the bursts of what people write; `new_share` of it are no answers, which have none.

    The two numbers are those under which the times are likeliest; intervals are of the sandwich
    kind, days of a person being independent. The fit is that of the pairs of messages by lag.
    Where the times are not those `as_written`, the gap stays default.
    """
    usual_b, usual_g = _USUAL.burst_messages, _USUAL.burst_gap_s
    usable = [each for each in events if each.count and each.days.max(initial=0.0) >= 2]
    new = new_share * sum(each.count for each in usable)
    if new < FEWEST_BURSTS:
        why = f"{new:.0f} new messages of people seen on two days or more are too few to tell"
        return Bursts(kept("burst_messages", usual_b, why), kept("burst_gap_s", usual_g, why))
    pairs = [each for group in usable for each in _pairs(group)]
    seen = np.sum([excess for excess, _ in pairs], axis=0)
    seen /= new_share * sum(count for _, count in pairs)
    (messages, gap_s), errors = _likeliest(usable, new_share, _fitted(seen))
    more, wider = np.exp(Z * errors)
    if not (more < MOST_UNSURE and wider < MOST_UNSURE):
        why = f"gaps between {new:,.0f} new messages of one person tell no bursts"
        return Bursts(kept("burst_messages", usual_b, why), kept("burst_gap_s", usual_g, why))
    told = _expected(LAGS_S, messages, gap_s)
    spread = float(((seen - seen.mean()) ** 2).sum())
    fit = 1.0 - float(((seen - told) ** 2).sum()) / spread if spread else 0.0
    basis = f"gaps between {new:,.0f} new messages of one person"
    outbox = "with a copy messages leave together, so their gaps are not those of writing"
    return Bursts(
        Estimate("burst_messages", messages, 1.0 + (messages - 1.0) / more,
                 1.0 + (messages - 1.0) * more, True, basis),
        Estimate("burst_gap_s", gap_s, gap_s / wider, gap_s * wider, True, basis)
        if as_written else kept("burst_gap_s", usual_g, outbox),
        f"pairs of messages by lag against bursts: R squared {fit:.3f}",
    )  # fmt: skip


STEADY = 0.1
"""People whose first connection varies from day to day by less than this part of how far people
are apart are early or late as such."""


def spread(days: pd.DataFrame) -> Estimate:
    """Return how far apart people come, taken as uniform; `days` has `mailbox` and `first_s`.

    Each comes at the median of her days. Of n draws of a uniform law the range is a share of its
    width that has the law Beta(n - 1, 2), of which the interval is; where days of one person
    differ, the variance of these differences is taken off, and the width is that of the variance.
    """
    from scipy import stats

    each = days.groupby("mailbox")["first_s"]
    typical, count = each.median().to_numpy(np.float64), each.ngroups
    within = float(each.var(ddof=1).mean()) / max(len(days) / count, 1.0)
    between = float(typical.var(ddof=1))
    if len(days) > count and within > STEADY**2 * between:
        width = math.sqrt(12.0 * max(between - within, 0.0))
        half = Z * math.sqrt(0.2 / count) * math.sqrt(12.0 * between)
        low, high = max(width - half, 0.0), width + half
    else:
        seen = float(np.ptp(typical))
        width = seen * (count + 1) / (count - 1)
        low, high = (seen / float(stats.beta.ppf(part, count - 1, 2)) for part in (0.975, 0.025))
    basis = f"of {count:,} people in {len(days):,} days, taken as uniform"
    return Estimate("itinerary_spread_s", round(min(width, 14_400.0), 1), low, high, True, basis)


MOST_OPEN = 6
"""Bursts of one person that go on at once, at most."""


@dataclass(frozen=True, slots=True)
class _Days:
    """Messages of a person on a day, one day a row: gaps before each, and how often others begin.

    `begin_per_s` is that of all new messages, `answers_per_s` of answers, NaN beyond the last.
    """

    gaps_s: Floats
    new_per_s: Floats
    answers_per_s: Floats
    new: Floats
    """New messages of each day."""
    person: npt.NDArray[np.int64]
    rest_s: Floats
    """From the last message to the end of the last hour in which anybody writes."""

    def scaled(self, factor: float) -> _Days:
        """Return the days of people who write so many times as often."""
        return replace(
            self, new_per_s=factor * self.new_per_s, answers_per_s=factor * self.answers_per_s,
            new=factor * self.new,
        )  # fmt: skip

    def log_likelihood(self, messages: float, gap_s: float) -> Floats:
        """Return the log-likelihood of each day, but for what does not depend on the two.

        Gaps are exponential, so the number of bursts that go on is all that the past says: each
        has its next message at a rate of one per gap, after which it goes on with one
        probability. A day is a hidden Markov chain of that number.
        """
        go_on = 1.0 - 1.0 / messages
        opened = np.arange(MOST_OPEN)
        weight = np.zeros((len(self.gaps_s), MOST_OPEN))
        weight[:, 0] = 1.0
        total = -self.new / messages
        for column in range(self.gaps_s.shape[1]):
            there = np.isfinite(self.gaps_s[:, column])
            old = weight[there] * np.exp(-opened * self.gaps_s[there, column, None] / gap_s)
            begins = self.new_per_s[there, column, None] / messages
            now = old * (begins * (1.0 - go_on) + self.answers_per_s[there, column, None]
                         + opened / gap_s * go_on)  # fmt: skip
            now[:, 1:] += old[:, :-1] * begins * go_on
            now[:, :-1] += old[:, 1:] * opened[1:] / gap_s * (1.0 - go_on)
            scale = now.sum(axis=1)
            total[there] += np.log(scale)
            weight[there] = now / scale[:, None]
        left = np.exp(-opened * self.rest_s[:, None] / gap_s)
        return np.asarray(total + np.log((weight * left).sum(axis=1)))


def _days(usable: Sequence[Events], share: float) -> _Days:
    """Return the days of people; how often each writes is her mean in that hour's shape."""
    shape = hourly(usable) / sum(each.count for each in usable)
    ends_s = HOUR_S * float(np.flatnonzero(shape).max() + 1)
    rows: list[tuple[Floats, Floats, int, float, float]] = []
    people = 0
    for each in usable:
        day = each.time_s // DAY_S
        for person in np.unique(each.person):
            people += 1
            mine = each.person == person
            per_day = float(mine.sum()) / max(float(each.days[person]), 1.0)
            of_a_day = share * float(mine.sum()) / len(np.unique(day[mine]))
            for which in np.unique(day[mine]):
                clock = np.sort(each.time_s[mine & (day == which)] % DAY_S)
                often = per_day * shape[(clock // HOUR_S).astype(int)] / HOUR_S
                gaps_s = np.diff(clock, prepend=clock[0])
                rows.append((gaps_s, often, people, of_a_day, max(ends_s - clock[-1], 0.0)))
    longest = max(len(gaps) for gaps, *_ in rows)
    before_s, rate = np.full((2, len(rows), longest), np.nan)
    for row, (gaps_s, rates, *_) in enumerate(rows):
        before_s[row, : len(rates)], rate[row, : len(rates)] = gaps_s, rates
    new, rests_s = np.array([row[3:] for row in rows]).T
    whose = np.array([row[2] for row in rows])
    return _Days(before_s, share * rate, (1.0 - share) * rate, new, whose, rests_s)


def _likeliest(
    usable: Sequence[Events], new_share: float, start: tuple[float, float]
) -> tuple[tuple[float, float], Floats]:
    """Return messages and gap of the largest likelihood, and the errors of the logarithms of the
    messages that follow a first one, and of the gap.
    """
    from scipy import optimize

    days = _days(usable, new_share)

    def each(given: Floats, of: _Days = days) -> Floats:
        return of.log_likelihood(1.0 + float(np.exp(given[0])), float(np.exp(given[1])))

    def slopes(at: Floats, of: _Days = days) -> Floats:
        return np.array([(each(at + step, of) - each(at - step, of)) / 0.04 for step in steps])

    first, steps = np.log([max(start[0] - 1.0, 0.01), start[1]]), 0.02 * np.eye(2)
    low, high = np.transpose(BOUNDS)
    found = optimize.minimize(lambda given: -each(given).sum(), np.clip(first, low, high),
                              method="Nelder-Mead", bounds=BOUNDS,
                              options={"xatol": 1e-4, "fatol": 1e-3}).x  # fmt: skip
    values = (1.0 + float(np.exp(found[0])), float(np.exp(found[1])))
    if (np.minimum(found - low, high - found) < 1e-3).any():  # no slope that tells how sure it is
        return values, np.full(2, math.inf)
    bend = np.array([(slopes(found + step) - slopes(found - step)).sum(axis=1) / 0.04
                     for step in steps])  # fmt: skip
    # how often each writes is a mean of her days, so a day moves the two in that way also
    more, less = (slopes(found, days.scaled(np.exp(step))) for step in (0.02, -0.02))
    by_person = np.array([np.bincount(days.person, each) for each in (more - less) / 0.04])
    written = np.isfinite(days.gaps_s).sum(axis=1)
    totals, several = np.bincount(days.person, written), np.bincount(days.person)
    share = written / totals[days.person] - 1.0 / several[days.person]
    moved = slopes(found) + by_person[:, days.person] * share
    inverse = np.linalg.pinv(-bend)
    errors = np.sqrt(np.diag(inverse @ (moved @ moved.T) @ inverse))
    return values, errors


def _expected(lag_s: Floats, messages: float, gap_s: float) -> Floats:
    """Return the pairs within a lag besides those of chance, per message."""
    return np.asarray((messages - 1.0) * -np.expm1(-lag_s / (messages * gap_s)))


def _fitted(seen: Floats) -> tuple[float, float]:
    from scipy import optimize

    def off(given: Floats) -> Floats:
        return np.asarray(_expected(LAGS_S, 1.0 + np.exp(given[0]), np.exp(given[1])) - seen)

    start = [np.log(max(float(seen[-1]), 0.05)), np.log(120.0)]
    low, high = np.transpose(BOUNDS)
    found = optimize.least_squares(off, np.clip(start, low, high), bounds=(low, high))
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
