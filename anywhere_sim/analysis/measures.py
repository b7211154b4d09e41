"""The answer's rows: what one run did to the servers, and to the people who wait."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from anywhere_sim.traces import Run

MEGABYTE = 1e6

UNITS: dict[str, str] = {
    "front-end CPU": "%", "store CPU": "%", "RPC rate": "1/s", "disk reads": "1/s", "disk writes": "1/s", "bytes up": "MB", "bytes down": "MB",
    "connections at peak": "", "HTTP channels at peak": "", "launch to connected, p50": "s", "launch to connected, p95": "s",
    "waited per person, mean": "s", "waited per person, p95 of people": "s", "age of a message, p50": "s", "age of a message, p95": "s",
}  # fmt: skip


def measures(run: Run) -> pd.Series:
    """Return one number per measure, in the units of `UNITS`; what a run has no case of is not a number.

    Rates and shares of time are means over the whole run; percentiles are over people or messages, within this run.
    """
    values = {**_servers(run), **_links(run), **_launches(run), **_waits(run), **_ages(run)}
    return pd.Series({name: values[name] for name in UNITS}, name="value", dtype=float)


def _servers(run: Run) -> dict[str, float]:
    servers = run.servers
    role = servers["role"].astype(str)
    stores, fronts = servers[role == "mailbox"], servers[role == "front_end"]
    busy: Callable[[pd.DataFrame], float] = lambda rows: 100.0 * float(rows["cpu_busy"].mean()) if len(rows) else 0.0  # noqa: E731
    return {
        "front-end CPU": busy(fronts), "store CPU": busy(stores), "RPC rate": float(stores["rpc_operations_per_s"].mean()),
        "disk reads": float(stores["disk_reads_per_s"].mean()), "disk writes": float(stores["disk_writes_per_s"].mean()),
        "connections at peak": float(stores.groupby("time_s")["connections"].sum().max()),
        "HTTP channels at peak": float(fronts.groupby("time_s")["http_sessions"].sum().max()) if len(fronts) else 0.0,
    }  # fmt: skip


def _links(run: Run) -> dict[str, float]:
    totals = run.links.groupby(run.links["direction"].astype(str))["bytes"].sum()
    return {f"bytes {way}": float(totals.get(way, 0.0)) / MEGABYTE for way in ("up", "down")}


def _launches(run: Run) -> dict[str, float]:
    """From the first look for a path to the first connected state of each person; who never got there is left out."""
    states = run.states.assign(state=run.states["state"].astype(str), mailbox=run.states["mailbox"].astype(str))
    launched = states[states["state"] != "off"].groupby("mailbox")["start_s"].min()
    connected = states[states["state"] == "connected"].groupby("mailbox")["start_s"].min()
    seconds = (connected - launched).dropna()
    return {f"launch to connected, p{at}": float(seconds.quantile(at / 100.0)) for at in (50, 95)}


def _waits(run: Run) -> dict[str, float]:
    operations = run.operations
    people = run.states["mailbox"].astype(str).unique()
    waited = operations.groupby(operations["mailbox"].astype(str))["wait_s"].sum().reindex(people, fill_value=0.0)
    return {"waited per person, mean": float(waited.mean()), "waited per person, p95 of people": float(waited.quantile(0.95))}


def _ages(run: Run) -> dict[str, float]:
    """The age of a message when it reaches its recipient's client, of those that did."""
    age = (run.messages["reached_s"] - run.messages["delivered_s"]).dropna()
    return {f"age of a message, p{at}": float(age.quantile(at / 100.0)) for at in (50, 95)}
