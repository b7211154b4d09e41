"""The short table of one run: each server, the links, each group of people."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from anywhere_sim.analysis.measures import (
    MEGABYTE,
    delivered_in_run,
    groups,
    waited_per_user_day_s,
)
from anywhere_sim.traces import Run

Row = tuple[str, float, str]


def summary(run: Run) -> pd.DataFrame:
    """Return a tidy table with a row per measure (the index): value, unit.

    >>> import anywhere_sim as aw
    >>> office = aw.Scenario.load("office-day").with_(end="08:01")
    >>> table = summary(aw.simulate(office, seed=7))
    >>> table.loc["cached: waited per user-day, mean", "unit"]
    's'
    """
    rows = [*_servers(run), *_links(run), *_attempts(run), *_people(run)]
    return pd.DataFrame(rows, columns=["measure", "value", "unit"]).set_index("measure")


def _servers(run: Run) -> Iterator[Row]:
    servers = run.servers.assign(
        role=run.servers["role"].astype(str), server=run.servers["server"].astype(str)
    )
    for (role, server), rows in servers.groupby(["role", "server"]):
        name = f"{role} {server}"
        yield f"{name}: CPU busy, mean", 100.0 * float(rows["cpu_busy"].mean()), "%"
        if role == "front_end":
            yield f"{name}: HTTP channels, peak", float(rows["http_sessions"].max()), ""
        else:
            yield f"{name}: RPC calls", float(rows["rpc_packets_per_s"].mean()), "1/s"
            yield f"{name}: RPC operations", float(rows["rpc_operations_per_s"].mean()), "1/s"
        if role == "mailbox":
            yield f"{name}: disk reads", float(rows["disk_reads_per_s"].mean()), "1/s"
            yield f"{name}: disk writes", float(rows["disk_writes_per_s"].mean()), "1/s"
        yield f"{name}: connections, peak", float(rows["connections"].max()), ""


def _links(run: Run) -> Iterator[Row]:
    totals = run.links["bytes"].groupby(run.links["direction"].astype(str)).sum()
    for direction, total in totals.items():
        yield f"bytes {direction}", float(total) / MEGABYTE, "MB"


def _attempts(run: Run) -> Iterator[Row]:
    if len(run.attempts):
        failed = float((run.attempts["outcome"] == "failed").mean())
        yield "connection attempts", float(len(run.attempts)), ""
        yield "connection attempts that failed", 100.0 * failed, "%"


def _people(run: Run) -> Iterator[Row]:
    group_of, waited_s = groups(run), waited_per_user_day_s(run)
    is_failed = run.operations["outcome"] == "failed"
    failed = is_failed.groupby(run.operations["group"].astype(str)).sum()
    messages = delivered_in_run(run)
    age_s = messages["reached_s"] - messages["delivered_s"]
    median_age_s = age_s.groupby(messages["recipient"].astype(str).map(group_of)).median()
    for group, of_group_s in waited_s.groupby(group_of):
        age = "age of a message on reaching the client, median"
        yield f"{group}: waited per user-day, mean", float(of_group_s.mean()), "s"
        yield f"{group}: operations that failed", float(failed.get(group, 0)), ""
        yield f"{group}: {age}", float(median_age_s.get(group, float("nan"))), "s"
