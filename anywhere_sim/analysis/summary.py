"""The short table of one run: what the servers did, what people felt."""

from __future__ import annotations

import pandas as pd

from anywhere_sim.traces import Run

MEGA = 1e6


def summary(run: Run) -> pd.DataFrame:
    """Return a tidy table with a row per measure: value, unit."""
    rows = [*_servers(run), *_links(run), *_people(run)]
    return pd.DataFrame(rows, columns=["measure", "value", "unit"]).set_index("measure")


def _servers(run: Run) -> list[tuple[str, float, str]]:
    rows: list[tuple[str, float, str]] = []
    servers = run.servers.assign(role=run.servers["role"].astype(str), server=run.servers["server"].astype(str))
    for (role, server), frame in servers.groupby(["role", "server"]):
        rows.append((f"{role} {server}: CPU busy, mean", 100.0 * float(frame["cpu_busy"].mean()), "%"))
        if role == "front_end":
            rows.append((f"{role} {server}: HTTP channels, peak", float(frame["http_sessions"].max()), ""))
        else:
            rows.append((f"{role} {server}: RPC operations", float(frame["rpc_operations_per_s"].mean()), "1/s"))
        if role == "mailbox":
            rows.append((f"{role} {server}: disk reads", float(frame["disk_reads_per_s"].mean()), "1/s"))
            rows.append((f"{role} {server}: disk writes", float(frame["disk_writes_per_s"].mean()), "1/s"))
        rows.append((f"{role} {server}: connections, peak", float(frame["connections"].max()), ""))
    return rows


def _links(run: Run) -> list[tuple[str, float, str]]:
    links = run.links.assign(direction=run.links["direction"].astype(str))
    totals = links.groupby("direction")["bytes"].sum()
    return [(f"bytes {direction}", float(total) / MEGA, "MB") for direction, total in totals.items()]


def _people(run: Run) -> list[tuple[str, float, str]]:
    rows: list[tuple[str, float, str]] = []
    attempts = run.attempts
    if len(attempts):
        failed = float((attempts["outcome"].astype(str) == "failed").mean())
        rows.append(("connection attempts", float(len(attempts)), ""))
        rows.append(("connection attempts that failed", 100.0 * failed, "%"))
    operations = run.operations
    people = run.states[["mailbox", "group"]].astype(str).drop_duplicates().set_index("mailbox")["group"]
    messages = run.messages.assign(
        group=run.messages["recipient"].astype(str).map(people), age_s=run.messages["reached_s"] - run.messages["delivered_s"]
    )
    for group, members in people.groupby(people):
        waited = float(operations.loc[operations["group"] == group, "wait_s"].sum()) / len(members)
        rows.append((f"{group}: seconds waited per person, mean", waited, "s"))
        failed = operations.loc[operations["group"] == group, "outcome"].astype(str) == "failed"
        rows.append((f"{group}: operations that failed", float(failed.sum()), ""))
        age = messages.loc[messages["group"] == group, "age_s"]
        rows.append((f"{group}: age of a message on reaching the client, median", float(age.median()), "s"))
    return rows
