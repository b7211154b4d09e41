"""B13: a month of 20 mailboxes, its day 30 beside its day 2: time, and what is held.

Both are Tuesdays. One fresh process runs the month day by day, its rows going into files.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import process_time

import anywhere_sim as aw
from anywhere_sim.des.random_streams import Streams
from anywhere_sim.simulation.rules import Rules
from anywhere_sim.simulation.site import SiteModel
from anywhere_sim.traces import Recorder
from benchmarks.goal import Reached
from benchmarks.memory import peak_mb

DAYS, RUNS = 30, 3
WORKDAYS = ["mon", "tue", "wed", "thu", "fri"]


def month() -> aw.Scenario:
    """Return twenty mailboxes, half online and half cached, at work from eight to six."""
    group = {
        "mailboxes": 10, "client": "outlook2007", "server": "mbx", "directory": "gc",
        "itinerary": [["08:00", "office"], ["18:00", "off"]], "days": WORKDAYS,
    }  # fmt: skip
    return aw.Scenario.build(
        {
            "why": "does a month cost thirty days?",
            "start": "00:00",
            "end": f"{24 * DAYS}:00",
            "servers": {"mbx": {"role": "mailbox"}, "gc": {"role": "directory"}},
            "groups": {mode: group | {"mode": mode} for mode in ("online", "cached")},
            "places": {"office": {"kind": "lan"}},
        }
    )


def run_days(folder: Path) -> list[tuple[float, float]]:
    """Run the month; return the processor's seconds of each day and the most memory by its end.

    A short run before it loads what pyarrow loads when a first table is written.
    """
    aw.simulate(month().with_(end="09:00"), 1, folder=folder / "short")
    (folder / "month").mkdir()
    scenario = month()
    recorder = Recorder("site", 0, False, folder / "month")
    model = SiteModel(scenario, scenario.sites()[0], Streams(1, 0), recorder, Rules())
    days: list[tuple[float, float]] = []
    begun = process_time()

    def over() -> None:
        nonlocal begun
        days.append((process_time() - begun, peak_mb()))
        begun = process_time()
        if len(days) < DAYS - 1:
            model.env.call_at(model.env.now + 86_400.0, over)

    model.env.call_at(86_400.0, over)
    model.run()
    return [*days, (process_time() - begun, peak_mb())]


def _alone() -> list[tuple[float, float]]:
    with TemporaryDirectory() as folder:
        words = [sys.executable, "-m", "benchmarks.month", folder]
        done = subprocess.run(words, check=True, capture_output=True, text=True)
    days: list[tuple[float, float]] = json.loads(done.stdout)
    return days


def measure() -> Iterator[Reached]:
    months = [_alone() for _ in range(RUNS)]
    second, last = (median(days[index][0] for days in months) for index in (1, DAYS - 1))
    yield Reached(
        "B13", "a month of 20 mailboxes: time of day 30 / of day 2", 1.1, True,
        median(days[-1][0] / days[1][0] for days in months),
        f"{last:.2f} and {second:.2f} s of the processor",
    )  # fmt: skip
    yield Reached(
        "B13", "a month of 20 mailboxes: most memory by day 30 / by day 2", 1.1, True,
        median(days[-1][1] / days[1][1] for days in months),
        f"{months[0][-1][1]:.0f} and {months[0][1][1]:.0f} MB",
    )  # fmt: skip


if __name__ == "__main__":
    print(json.dumps(run_days(Path(sys.argv[1]))))
