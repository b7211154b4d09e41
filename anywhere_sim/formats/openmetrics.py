"""Counters of a run as OpenMetrics text, under the names of windows_exporter."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date
from pathlib import Path

import pandas as pd

from anywhere_sim.formats.names import instant, word
from anywhere_sim.traces import Run


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric family: its name, kind, unit, help, column, what one of the column is in it."""

    name: str
    kind: str
    unit: str
    text: str
    column: str
    factor: float = 1.0
    roles: tuple[str, ...] = ("mailbox", "front_end")


METRICS = (
    Metric("windows_exchange_rpc_avg_latency_sec", "gauge", "",
           "Mean time of a call, seconds", "rpc_averaged_latency_ms", 0.001),
    Metric("windows_exchange_rpc_requests", "gauge", "", "Calls that are present", "rpc_requests"),
    Metric("windows_exchange_rpc_connection_count", "gauge", "", "RPC connections", "connections"),
    Metric("windows_exchange_rpc_user_count", "gauge", "", "Users connected", "unique_users"),
    Metric("windows_exchange_rpc_operations", "counter", "", "Operations in calls",
           "rpc_operations"),
    Metric("windows_cs_logical_processors", "gauge", "", "Processors", "cores", 1.0, ()),
)  # fmt: skip
PORT = 9182


def write(run: Run, folder: Path, first_day: date) -> list[str]:
    """Write the metrics of all servers into one file; return remarks."""
    servers = run.servers.assign(
        server=run.servers["server"].astype(str), role=run.servers["role"].astype(str)
    )
    servers = servers.sort_values(["server", "time_s"], kind="stable")
    with (folder / "metrics.om").open("w", encoding="utf-8", newline="\n") as file:
        for metric in METRICS:
            own = servers[servers["role"].isin(metric.roles)] if metric.roles else servers
            suffix = "_total" if metric.kind == "counter" else ""
            lines = [*_samples(own, metric.column, metric.name + suffix, metric.factor, first_day)]
            if lines:
                file.write(f"# HELP {metric.name} {metric.text}.\n")
                file.write(f"# TYPE {metric.name} {metric.kind}\n")
                file.writelines(lines)
        lines = [*_processor(servers, first_day)]
        if lines:
            file.write("# HELP windows_cpu_time Time of processors by what they did, seconds.\n")
            file.write("# TYPE windows_cpu_time counter\n")
            file.writelines(lines)
        file.write("# EOF\n")
    return [] if len(servers) else ["the run has no counters: the file is empty"]


def _samples(
    rows: pd.DataFrame, column: str, name: str, factor: float, first_day: date
) -> Iterator[str]:
    for row in rows[rows[column].notna()].itertuples():
        value = factor * float(getattr(row, column))
        when = _stamp(first_day, float(row.time_s))
        yield f'{name}{{instance="{_host(row.server)}"}} {value!r} {when}\n'


def _processor(servers: pd.DataFrame, first_day: date) -> Iterator[str]:
    """Yield busy and idle time per core: all are as busy as all together."""
    known = servers[servers["cpu_busy_s"].notna() & (servers["cores"] >= 1)]
    for server, rows in known.groupby("server", sort=True):
        begin_s, cores = float(rows["time_s"].min()), int(rows["cores"].iloc[0])
        for core in range(cores):
            for mode in ("user", "idle"):
                for row in rows.itertuples():
                    busy_s = float(row.cpu_busy_s) / cores
                    value = busy_s if mode == "user" else float(row.time_s) - begin_s - busy_s
                    labels = f'instance="{_host(server)}",core="0,{core}",mode="{mode}"'
                    when = _stamp(first_day, float(row.time_s))
                    yield f"windows_cpu_time_total{{{labels}}} {max(value, 0.0)!r} {when}\n"


def _host(server: object) -> str:
    name = word(str(server)).replace("\\", "\\\\").replace('"', '\\"')
    return f"{name}:{PORT}"


def _stamp(first_day: date, time_s: float) -> str:
    return f"{instant(first_day, float(time_s)).replace(tzinfo=UTC).timestamp():.3f}"
