"""B1 to B3: the miniature beside textbook SimPy, the model beside the miniature, events beside a
raw heap.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from heapq import heappop, heappush
from itertools import count
from math import inf
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import process_time

import anywhere_sim as aw
from anywhere_sim.des.environment import Environment
from anywhere_sim.des.random_streams import Streams
from anywhere_sim.des.station import Job
from anywhere_sim.simulation.rules import Rules
from anywhere_sim.simulation.site import SiteModel
from anywhere_sim.traces import Recorder
from anywhere_sim.traces.run import TableFile
from benchmarks import naive
from benchmarks.events import events_per_step
from benchmarks.fleet import fleet
from benchmarks.goal import RUNS, Reached, interleaved
from benchmarks.miniature import Miniature, figures

CLIENTS, UNTIL_S = 10_000, 300.0
EVENTS = 300_000


def own_miniature() -> float:
    """Calls per second, a row of each in a Parquet file."""
    return miniature()[0]


def miniature() -> tuple[float, float]:
    """Return calls per second and seconds per event."""
    with TemporaryDirectory() as folder, TableFile(Path(folder), "rpcs", "miniature") as file:
        made = Miniature(CLIENTS, 1, file.write_batch)
        begun = process_time()
        made.run(UNTIL_S)
        assert made.rows is not None
        made.rows.flush()
        took_s = process_time() - begun
    return made.calls / took_s, took_s / made.env.events_fired


def naive_miniature(link_of: type[naive.NaiveLink] = naive.SweepingLink) -> float:
    begun = process_time()
    calls, _ = naive.miniature(CLIENTS, UNTIL_S, 1, figures(CLIENTS), link_of)
    return calls / (process_time() - begun)


def model_s_per_event(mailboxes: int = 1_000) -> float:
    """The whole model: its motion, without building it and without the audit."""
    scenario = fleet(mailboxes, end="11:30", rpcs=True)
    with TemporaryDirectory() as folder:
        recorder = Recorder("site", 0, True, Path(folder))
        model = SiteModel(scenario, scenario.sites()[0], Streams(1, 0), recorder, Rules())
        begun = process_time()
        model.run()
        return (process_time() - begun) / model.env.events_fired


def raw_heap() -> float:
    """Events per second of a bare loop: pop the next, call it, push it again."""
    draws, numbers, heap = random.Random(1), count(), list[tuple[float, int, object]]()
    gaps = [draws.expovariate(1.0) for _ in range(EVENTS + CLIENTS)]

    def again(now: float) -> None:
        heappush(heap, (now + gaps.pop(), next(numbers), again))

    for _ in range(CLIENTS):
        again(0.0)
    begun = process_time()
    for _ in range(EVENTS):
        now, _, call = heappop(heap)
        call(now)  # type: ignore[operator]
    return EVENTS / (process_time() - begun)


def own_timers() -> float:
    """Events per second of re-armed timers, as many pending."""
    draws, env = random.Random(1), Environment()
    gaps = [draws.expovariate(1.0) for _ in range(EVENTS + CLIENTS * 20)]

    def again(job: Job) -> None:
        env.schedule_call(job, env.now + gaps.pop(), again)

    for _ in range(CLIENTS):
        again(Job())
    begun = process_time()
    env.run(until=EVENTS / CLIENTS)
    return env.events_fired / (process_time() - begun)


def measure() -> Iterator[Reached]:
    ratio, own, other = interleaved(own_miniature, naive_miniature)
    yield Reached(
        "B1",
        "miniature, 10,000 clients, trace in Parquet: RPC/s own / naive SimPy",
        8.0,
        False,
        ratio,
        f"{own:,.0f} and {other:,.0f} RPC/s",
    )
    ratio, own, other = interleaved(own_miniature, lambda: naive_miniature(naive.NaiveLink), 3)
    yield Reached(
        "--",
        "the same beside a leaner naive link, no goal",
        inf,
        True,
        ratio,
        f"{own:,.0f} and {other:,.0f} RPC/s",
    )
    pairs = [(model_s_per_event(), miniature()[1]) for _ in range(RUNS)]
    ratio = median(one / two for one, two in pairs)
    model, mini = median(one for one, _ in pairs), median(two for _, two in pairs)
    yield Reached(
        "B1",
        "time per event, whole model / miniature",
        2.0,
        True,
        ratio,
        f"{model * 1e6:.1f} and {mini * 1e6:.1f} us",
    )

    small = Miniature(1000, 1)
    small.run(300.0)
    calls, events = naive.miniature(1000, 300.0, 1, figures(1000))
    per_call = small.env.events_fired / small.calls
    yield Reached("B2", "events per RPC, miniature", 7.0, True, per_call, "exact count")
    yield Reached(
        "B2",
        "events per RPC, miniature / naive SimPy",
        0.5,
        True,
        per_call / (events / calls),
        f"naive {events / calls:.2f}",
    )
    for name, goal in (("mobile-workforce", 9.0), ("office-day", 8.0)):
        reached = events_per_step(aw.simulate(aw.Scenario.load(name), 1))
        yield Reached(
            "B2",
            f"events per RPC, action or stage, whole model, {name}",
            goal,
            True,
            reached,
            "exact count",
        )

    ratio, raw, own = interleaved(raw_heap, own_timers)
    yield Reached(
        "B3",
        "time per event / raw heap loop, timers, 10,000 pending",
        0.5,
        True,
        ratio,
        f"{own / 1e6:.2f} and {raw / 1e6:.2f} M events/s",
    )
    ratio = median(miniature()[1] * raw_heap() for _ in range(RUNS))
    yield Reached(
        "B3",
        "the same for the miniature: draws, link and station arithmetic, rows",
        1.75,
        True,
        ratio,
        "",
    )
