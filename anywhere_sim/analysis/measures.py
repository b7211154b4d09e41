"""The answer's rows: what one run did to the servers, and to the people who wait."""

from __future__ import annotations

import pandas as pd

from anywhere_sim.analysis.statistics.censored import censored_quantile
from anywhere_sim.scenario.quantities import DAY_S
from anywhere_sim.traces import Run

MEGABYTE = 1e6
CONNECTED = ("connected", "connected_headers")

UNITS: dict[str, str] = {
    "front-end CPU": "%", "store CPU": "%", "RPC rate": "1/s", "disk reads": "1/s", "disk writes": "1/s", "bytes up": "MB", "bytes down": "MB",
    "connections at peak": "", "HTTP channels at peak": "", "launch to connected, p50": "s", "launch to connected, p95": "s",
    "without a connection": "s per hour", "waited per user-day, mean": "s", "waited per user-day, p95 of people": "s",
    "failed actions per user-day": "", "age of a message, p50": "s", "age of a message, p95": "s",
}  # fmt: skip

MEANINGS: dict[str, str] = {
    "front-end CPU": "share of its cores' time, mean of the run",
    "store CPU": "share of its cores' time, mean of the run",
    "RPC rate": "calls that the stores answered, mean of the run",
    "disk reads": "of the stores' databases, mean of the run",
    "disk writes": "of the stores' databases, mean of the run",
    "bytes up": "IP bytes that left the clients, all links, whole run",
    "bytes down": "IP bytes that left for the clients, all links, whole run",
    "connections at peak": "RPC connections at the stores, highest of the readings each 15 s",
    "HTTP channels at peak": "open IN and OUT requests at the front ends, highest of the readings each 15 s",
    "launch to connected, p50": "half of the people were connected by then",
    "launch to connected, p95": "95 % of the people were connected by then",
    "without a connection": "of each hour that an Outlook which wants one is open",
    "waited per user-day, mean": "what a person waited for Outlook; a user-day is the part of a day that was simulated",
    "waited per user-day, p95 of people": "95 % of the people waited less",
    "failed actions per user-day": "what a person asked for and did not get; who waits for nothing may have been given nothing",
    "age of a message, p50": "from the mailbox to the client; messages that came while Outlook was open, those on their way at the end included",
    "age of a message, p95": "the same for 95 % of them",
}
"""What each measure says; percentiles are over the people or the messages of one run."""


def measures(run: Run) -> pd.Series:
    """Return one number per measure, in the units of `UNITS`: not a number where a run has no case, infinite beyond its end."""
    states = run.states.assign(state=run.states["state"].astype(str), mailbox=run.states["mailbox"].astype(str))
    values = {**_servers(run, states), **_links(run), **_launches(states), **_waits(run, states), **_ages(run, states)}
    return pd.Series({name: values[name] for name in UNITS}, name="value", dtype=float)


def _servers(run: Run, states: pd.DataFrame) -> dict[str, float]:
    """Return what the counters say; they are cumulative, so that a mean needs their last reading only."""
    servers = run.servers.assign(role=run.servers["role"].astype(str), server=run.servers["server"].astype(str))
    last = servers.groupby("server").last()
    stores, fronts = last[last["role"] == "mailbox"], last[last["role"] == "front_end"]
    seconds = float(servers["time_s"].max() - states["start_s"].min())
    return {
        "front-end CPU": _busy(fronts, seconds), "store CPU": _busy(stores, seconds),
        "RPC rate": float(stores["rpc_operations"].sum()) / seconds, "disk reads": float(stores["disk_reads"].sum()) / seconds,
        "disk writes": float(stores["disk_writes"].sum()) / seconds,
        "connections at peak": _peak(servers[servers["role"] == "mailbox"], "connections"),
        "HTTP channels at peak": _peak(servers[servers["role"] == "front_end"], "http_sessions"),
    }  # fmt: skip


def _busy(servers: pd.DataFrame, seconds: float) -> float:
    return 100.0 * float(servers["cpu_busy_s"].sum()) / (float(servers["cores"].sum()) * seconds) if len(servers) else 0.0


def _peak(readings: pd.DataFrame, column: str) -> float:
    return float(readings.groupby("time_s")[column].sum().max()) if len(readings) else 0.0


def _links(run: Run) -> dict[str, float]:
    totals = run.links.groupby(run.links["direction"].astype(str))["bytes"].sum()
    return {f"bytes {way}": float(totals.get(way, 0.0)) / MEGABYTE for way in ("up", "down")}


def _launches(states: pd.DataFrame) -> dict[str, float]:
    """From launch to the first connected state, of each Outlook that was launched in the run and did not choose to work offline."""
    states = states.assign(launch=states["state"].eq("off").groupby(states["mailbox"]).cumsum())
    looked = states[states["state"] != "off"]
    looked = looked[looked.groupby(["mailbox", "launch"])["state"].transform("first") != "offline"]
    begun = looked.groupby(["mailbox", "launch"])["start_s"].min()
    begun = begun[begun > states["start_s"].min()]
    connected = looked[looked["state"].isin(CONNECTED)].groupby(["mailbox", "launch"])["start_s"].min().reindex(begun.index)
    seen = connected.fillna(states["end_s"].max()) - begun
    lengths = looked["end_s"] - looked["start_s"]
    without = float(lengths[~looked["state"].isin(CONNECTED)].sum())
    return {
        **{f"launch to connected, p{at}": censored_quantile(seen, connected.notna(), at / 100.0) for at in (50, 95)},
        "without a connection": 3600.0 * without / float(lengths.sum()) if len(looked) else float("nan"),
    }


def _waits(run: Run, states: pd.DataFrame) -> dict[str, float]:
    people = states["mailbox"].unique()
    days = max(1.0, (float(states["end_s"].max()) - float(states["start_s"].min())) / DAY_S)
    operations = run.operations.assign(mailbox=run.operations["mailbox"].astype(str))
    waited = operations.groupby("mailbox")["wait_s"].sum().reindex(people, fill_value=0.0) / days
    failed = int((operations["outcome"].astype(str) == "failed").sum())
    return {
        "waited per user-day, mean": float(waited.mean()), "waited per user-day, p95 of people": float(waited.quantile(0.95)),
        "failed actions per user-day": failed / len(people) / days,
    }  # fmt: skip


def _ages(run: Run, states: pd.DataFrame) -> dict[str, float]:
    """The age of a message when it reaches its recipient's client; what came to a closed Outlook waited for the person, not for the client."""
    messages = run.messages.dropna(subset=["delivered_s"])
    messages = messages.assign(recipient=messages["recipient"].astype(str)).sort_values("delivered_s")
    opened = states.loc[states["state"] != "off", ["mailbox", "start_s", "end_s"]].sort_values("start_s")
    met = pd.merge_asof(messages, opened, left_on="delivered_s", right_on="start_s", left_by="recipient", right_by="mailbox")
    met = met[met["delivered_s"] <= met["end_s"]]
    seen = met["reached_s"].fillna(states["end_s"].max()) - met["delivered_s"]
    return {f"age of a message, p{at}": censored_quantile(seen, met["reached_s"].notna(), at / 100.0) for at in (50, 95)}
