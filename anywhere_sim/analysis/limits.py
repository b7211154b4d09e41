"""How near servers, shared links and people are to what is allowed: values and their limits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import isfinite

import numpy as np
import pandas as pd

from anywhere_sim.analysis.labels import quantity
from anywhere_sim.scenario import Scenario
from anywhere_sim.scenario.server import Server
from anywhere_sim.traces import Run

FIVE_MINUTES_S = 300.0
PROCESSOR, LATENCY, DISKS, THREADS = "processor", "RPC latency", "disks", "RPC threads"
QUEUE, REQUESTS, PORTS, MEMORY = "request queue", "open requests", "ports", "connection memory"
REFUSED, WAIT, LINE = "refused", "wait", "line"
NOT_DONE = "actions not done"
UNDONE = ("failed", "cancelled")
"""Outcomes of an action that came to nothing."""
WALLS = (THREADS, QUEUE, REQUESTS, PORTS, MEMORY)
"""What refuses or lets wait when it is full; its value is a peak, that of the others a mean."""
REFUSED_PERCENT = 1.0
"""Refused calls and connections per hundred users connected that are still none."""
NOT_DONE_PERCENT = 5.0
"""Actions that fail or are given up, of a hundred: the wait of the others is that of 95 of them."""
LATENCY_MS: Mapping[int, float] = {2003: 50.0, 2007: 25.0}
"""RPC Averaged Latency by a server's year (facts 4.2; 2003 at its warning)."""
COLUMNS = ("thing", "what", "unit", "limit", "time_s", "value")
NUMBERS = ("limit", "time_s", "value")
TAIL = 6
"""So many actions of a window wait as long as its value: of ten, one would be the 95th percentile.
It tells where there are few; from 101 on six are what the percentile needs itself.
"""
FEW_ACTIONS = 100
RARELY = 0.05
"""The share of actions that may take longer than the limit of what people wait."""
NEARLY = 0.95
"""A wall that is so full is the one that refuses."""
MEGABYTE = 1e6


@dataclass(frozen=True, slots=True)
class ServiceLevel:
    """What is still good enough: limits of means; walls (threads, memory ...) have their own.

    `wait_s` is the 95th percentile of what a person waits per action; `cpu_percent` of each
    server's cores; `rpc_latency_ms` is RPC Averaged Latency of each store (none given: 25 ms for
    Exchange 2007, 50 ms for 2003, as in facts 4.2); `utilisation_percent` of each shared line and
    of each store's disks. Raises ValueError for a limit that nothing meets, or everything.

    >>> ServiceLevel(cpu_percent=90.0).limit_of("processor")
    90.0
    """

    wait_s: float = 2.0
    cpu_percent: float = 75.0
    rpc_latency_ms: float | None = None
    utilisation_percent: float = 80.0

    def __post_init__(self) -> None:
        """Check every limit."""
        for name in ("wait_s", "rpc_latency_ms"):
            given = getattr(self, name)
            if given is not None and not 0.0 < given < float("inf"):
                raise ValueError(f"{name} = {given:g}: give a time above 0")
        for name in ("cpu_percent", "utilisation_percent"):
            if not 0.0 < getattr(self, name) <= 100.0:
                raise ValueError(
                    f"{name} = {getattr(self, name):g}: above 0 and up to 100 is allowed; try 75"
                )

    def limit_of(self, what: str) -> float | None:
        """Return the limit of a kind of value; None where the server has its own."""
        return {
            PROCESSOR: self.cpu_percent, LATENCY: self.rpc_latency_ms, WAIT: self.wait_s,
            DISKS: self.utilisation_percent, LINE: self.utilisation_percent,
            REFUSED: REFUSED_PERCENT,
        }.get(what)  # fmt: skip


STANDARD = ServiceLevel()


def loads(
    run: Run,
    scenario: Scenario,
    level: ServiceLevel = STANDARD,
    window_s: float = FIVE_MINUTES_S,
    begin_s: float | None = None,
    tail: int = TAIL,
) -> pd.DataFrame:
    """Return a row per thing that has a limit and window of time: its value and its limit.

    Columns: `thing` (a server, "place up", "place down", a group), `what`, `unit`, `limit`,
    `time_s` (begin of the window), `value` (a mean; of walls the highest reading; of waits the
    95th percentile, of few actions the `tail`-th longest, of fewer than `tail` none). Windows begin
    at `begin_s` (default: the start of the run); what is before is left out. `scenario` is that of
    the run.

    >>> import anywhere_sim as aw
    >>> office = aw.Scenario.load("office-day").with_(end="08:05")
    >>> table = loads(aw.simulate(office, seed=7), office)
    >>> float(table.set_index(["thing", "what"]).loc[("mbx1", "processor"), "limit"])
    75.0
    """
    start_s = scenario.start if begin_s is None else begin_s
    tables = [
        *_of_servers(run, scenario, start_s, window_s),
        *_of_links(run, scenario, start_s, window_s),
        *_of_people(run, start_s, window_s, tail),
    ]
    table = pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=[*COLUMNS])
    table["limit"] = [
        limit if own is None else own
        for limit, own in zip(table["limit"], map(level.limit_of, table["what"]), strict=True)
    ]
    return table[list(COLUMNS)]


def _of_servers(
    run: Run, scenario: Scenario, start_s: float, window_s: float
) -> Iterator[pd.DataFrame]:
    readings = run.servers
    for name, rows in readings.groupby(readings["server"].astype(str)):
        spec = scenario.servers[str(name)]
        since = rows[rows["time_s"] > start_s]
        windows = _windows(since["time_s"], start_s, window_s)
        rates = {
            what: (unit, values.groupby(windows).mean())
            for what, unit, values in _means(since, spec)
        }
        if spec.role == "mailbox":
            packets = since["rpc_packets_per_s"]
            time_ms = (since["rpc_averaged_latency_ms"] * packets).groupby(windows).sum()
            rates[LATENCY] = ("ms", (time_ms / packets.groupby(windows).sum()).fillna(0.0))
        for what, (unit, values) in rates.items():
            own = LATENCY_MS.get(spec.year, np.nan) if what == LATENCY else np.nan
            yield _rows(str(name), what, unit, own, values, start_s, window_s)
        for what, unit, values, limit in _walls(since, spec):
            peaks = values.groupby(windows).max()
            yield _rows(str(name), what, unit, limit, peaks, start_s, window_s)
        if spec.role != "directory":
            refused = rows["rejected"].diff().fillna(rows["rejected"]).loc[since.index]
            users = since["unique_users"].groupby(windows).mean().clip(lower=1.0)
            share = 100.0 * refused.groupby(windows).sum() / users
            unit = f"per 100 users in {quantity(window_s, 's')}"
            yield _rows(str(name), REFUSED, unit, np.nan, share, start_s, window_s)


def _means(rows: pd.DataFrame, spec: Server) -> Iterator[tuple[str, str, pd.Series]]:
    yield PROCESSOR, "%", 100.0 * rows["cpu_busy"]
    if spec.role == "mailbox":
        accesses = rows["disk_reads_per_s"] + rows["disk_writes_per_s"]
        yield DISKS, "%", 100.0 * accesses * spec.disk_read_ms / 1000.0 / spec.disks


def _walls(rows: pd.DataFrame, spec: Server) -> Iterator[tuple[str, str, pd.Series, float]]:
    if spec.role == "mailbox" and spec.rpc_threads:
        yield THREADS, "", rows["rpc_requests"], float(spec.rpc_threads)
    if spec.role == "front_end":
        yield QUEUE, "", rows["queued_requests"], float(spec.queue_limit)
        yield REQUESTS, "", rows["http_sessions"], float(spec.request_limit)
        yield PORTS, "", rows["http_sessions"], float(spec.backend_ports)
        memory = rows["memory_bytes"] / MEGABYTE
        yield MEMORY, "MB", memory, spec.connection_memory_bytes / MEGABYTE


def full_times(run: Run, scenario: Scenario) -> pd.DataFrame:
    """Return a row per unbroken time in which a wall was full: `thing`, `what`, `from_s`, `to_s`.

    It lasts from the first reading at the limit to the first below it, or to the end of the run;
    readings are made each 15 s. `scenario` is that of the run.

    >>> import anywhere_sim as aw
    >>> office = aw.Scenario.load("office-day").with_(end="08:05")
    >>> len(full_times(aw.simulate(office, seed=7), office))
    0
    """
    tables = [pd.DataFrame(columns=["thing", "what", "from_s", "to_s"])]
    for name, rows in run.servers.groupby(run.servers["server"].astype(str)):
        for what, _, values, limit in _walls(rows, scenario.servers[str(name)]):
            full = values.ge(limit)
            if not (limit > 0.0 and full.any()):
                continue
            spell = (full & ~full.shift(fill_value=False)).cumsum()[full]
            from_s, to_s = rows["time_s"], rows["time_s"].shift(-1, fill_value=scenario.end)
            tables.append(
                pd.DataFrame(
                    {
                        "thing": str(name), "what": what,
                        "from_s": from_s[full].groupby(spell).min(),
                        "to_s": to_s[full].groupby(spell).max(),
                    }
                )
            )  # fmt: skip
    return tables[0] if len(tables) == 1 else pd.concat(tables[1:], ignore_index=True)


def _of_links(
    run: Run, scenario: Scenario, start_s: float, window_s: float
) -> Iterator[pd.DataFrame]:
    links = run.links
    places = links["place"].astype(str)
    shared = [name for name, place in scenario.places.items() if place.shared]
    chosen = links[places.isin(shared) & (links["time_s"] > start_s)]
    keys = [chosen["place"].astype(str), chosen["direction"].astype(str)]
    last = int((scenario.end - start_s - 1e-6) // window_s)
    for (place, direction), rows in chosen.groupby(keys):
        windows = _windows(rows["time_s"], start_s, window_s)
        busy = rows["busy_s"].groupby(windows).sum().reindex(range(last + 1), fill_value=0.0)
        lengths_s = np.minimum(window_s, scenario.end - start_s - window_s * busy.index)
        share = (100.0 * busy / lengths_s).clip(upper=100.0)
        yield _rows(f"{place} {direction}", LINE, "%", np.nan, share, start_s, window_s)


def _of_people(run: Run, start_s: float, window_s: float, tail: int) -> Iterator[pd.DataFrame]:
    actions = run.operations[run.operations["start_s"] >= start_s]
    for group, rows in actions.groupby(actions["group"].astype(str)):
        windows = _windows(rows["start_s"] + 1e-6, start_s, window_s)
        waits = rows["wait_s"].groupby(windows).agg(_longest, tail=tail).dropna()
        yield _rows(str(group), WAIT, "s", np.nan, waits, start_s, window_s)


def _longest(waits_s: pd.Series, tail: int) -> float:
    """Return the 95th percentile of waits, but none that fewer than `tail` of them reach."""
    if len(waits_s) < tail:
        return float("nan")
    return min(float(waits_s.quantile(0.95)), float(waits_s.nlargest(tail).iloc[-1]))


def undone(
    run: Run, scenario: Scenario, window_s: float = FIVE_MINUTES_S, begin_s: float | None = None
) -> pd.DataFrame:
    """Return a row per group and window of time: how many percent of the actions begun in it came
    to nothing, as they failed or were given up.

    Left out is where that is a single action of a few: it may happen to anybody. Columns as of
    `loads`; that leaves these rows out, since a size is searched by what people wait.

    >>> import anywhere_sim as aw
    >>> office = aw.Scenario.load("office-day").with_(end="08:05")
    >>> bool((undone(aw.simulate(office, seed=7), office)["value"] > 0.0).any())
    False
    """
    start_s = scenario.start if begin_s is None else begin_s
    actions = run.operations[run.operations["start_s"] >= start_s]
    lost = 100.0 * actions["outcome"].astype(str).isin(UNDONE)
    none = pd.DataFrame(columns=[*COLUMNS]).astype(dict.fromkeys(NUMBERS, float))
    tables = []
    for group, rows in actions.groupby(actions["group"].astype(str)):
        windows = _windows(rows["start_s"] + 1e-6, start_s, window_s)
        own = lost[rows.index].groupby(windows)
        alone = (own.sum() == 100.0) & (own.mean() > NOT_DONE_PERCENT)
        share = own.mean()[~alone]
        tables.append(_rows(str(group), NOT_DONE, "%", NOT_DONE_PERCENT, share, start_s, window_s))
    return pd.concat(tables, ignore_index=True) if tables else none


def with_few_actions(run: Run, scenario: Scenario) -> pd.DataFrame:
    """Return a row per group: how many windows of five minutes have so `few` actions that their
    waits are judged by the sixth longest, of how many `windows` that have any.

    >>> import anywhere_sim as aw
    >>> office = aw.Scenario.load("office-day").with_(end="08:10")
    >>> with_few_actions(aw.simulate(office, seed=7), office).to_dict("records")
    [{'group': 'cached', 'few': 1, 'windows': 1}, {'group': 'online', 'few': 1, 'windows': 1}]
    """
    actions = run.operations
    windows = _windows(actions["start_s"] + 1e-6, scenario.start, FIVE_MINUTES_S)
    sizes = actions.groupby([actions["group"].astype(str), windows]).size()
    return pd.DataFrame(
        [
            {"group": str(group), "few": int((own < FEW_ACTIONS).sum()), "windows": len(own)}
            for group, own in sizes.groupby(level=0)
        ],
        columns=["group", "few", "windows"],
    )


def slow_over_the_run(run: Run, scenario: Scenario, level: ServiceLevel = STANDARD) -> pd.DataFrame:
    """Return a row per group with few actions in most windows of five minutes: how many `actions`
    it has in the run, how many of them are `slow`, and `at_least` which share is, with 95 %
    confidence.

    That is the lower end of Clopper and Pearson's interval, exact for actions that are slow or not
    by chance, each by itself: of six in one window the window tells. `p95_s` is the wait that 95 %
    do not exceed.

    >>> import anywhere_sim as aw
    >>> office = aw.Scenario.load("office-day").with_(end="08:10")
    >>> bool((slow_over_the_run(aw.simulate(office, seed=7), office)["at_least"] < 0.05).all())
    True
    """
    from scipy import stats  # as late as it is needed: its import takes long

    few = with_few_actions(run, scenario)
    rows = []
    for group in few.loc[few["few"] > few["windows"] / 2.0, "group"]:
        waits_s = run.operations.loc[run.operations["group"].astype(str) == group, "wait_s"]
        slow = int((waits_s > level.wait_s).sum())
        interval = stats.binomtest(slow, len(waits_s), alternative="greater").proportion_ci()
        rows.append((group, len(waits_s), slow, float(interval.low), waits_s.quantile(0.95)))
    return pd.DataFrame(rows, columns=["group", "actions", "slow", "at_least", "p95_s"])


def _windows(times_s: pd.Series, start_s: float, window_s: float) -> pd.Series:
    """Return the number of the window in which a reading, made at its interval's end, lies."""
    return ((times_s - start_s - 1e-6) // window_s).astype(int).rename("window")


def _rows(
    thing: str,
    what: str,
    unit: str,
    limit: float,
    values: pd.Series,
    start_s: float,
    window_s: float,
) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "thing": thing, "what": what, "unit": unit, "limit": limit,
            "time_s": start_s + window_s * values.index.to_numpy(dtype=float),
            "value": values.to_numpy(dtype=float),
        }
    )  # fmt: skip


def shares(readings: pd.DataFrame) -> dict[str, float]:
    """Return the share of each limit that is used, by "thing: what"; above 1 it is exceeded.

    `readings` is `loads` of one window. What a server refuses counts for the wall that is full
    there, so that its share goes on rising beyond 1, up to 1.5: who is refused tries again, so that
    refusals say little more. Where none is full, "refused" stands by itself.

    >>> full = pd.DataFrame({
    ...     "thing": "fe1", "what": ["open requests", "refused"], "limit": [4000.0, 1.0],
    ...     "value": [3998.0, 50.0],
    ... })
    >>> {name: round(share, 2) for name, share in shares(full).items()}
    {'fe1: open requests': 1.25}
    """
    found: dict[str, float] = {}
    for thing, rows in readings.groupby("thing", sort=False):
        own = {
            row.what: float(row.value) / float(row.limit) if row.limit else float("inf")
            for row in rows.itertuples()
            if isfinite(float(row.value))
        }
        walls = {what: share for what, share in own.items() if what in WALLS}
        fullest = max(walls, key=lambda what: walls[what], default="")
        if fullest and walls[fullest] >= NEARLY and own.get(REFUSED, 0.0) > 1.0:
            refused = own.pop(REFUSED) * REFUSED_PERCENT / 100.0
            own[fullest] = max(own[fullest], 1.0) + min(refused, 1.0) / 2.0
        found |= {f"{thing}: {what}": share for what, share in own.items()}
    return found
