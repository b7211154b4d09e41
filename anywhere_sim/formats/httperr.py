"""HTTPERR logs of HTTP.sys: requests that were refused, and connections that were broken."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from anywhere_sim.formats.columns import (
    WORD,
    encoded,
    is_probe,
    table,
    texts,
    w3c_instants,
    where,
    worded,
)
from anywhere_sim.formats.names import addresses, client_keys, instant
from anywhere_sim.formats.quality import FileQuality
from anywhere_sim.formats.reading import Head, complete, parts
from anywhere_sim.formats.tables import GROUP, Tables
from anywhere_sim.traces import Run

NEEDED = ("date", "time", "s-reason")
WANTED = (
    "date", "time", "c-ip", "s-ip", "cs-method", "cs-uri", "sc-status", "s-reason",
)  # fmt: skip
COLUMN_KINDS: Mapping[str, pa.DataType] = {
    **dict.fromkeys(WANTED, WORD), "date": pa.date32(), "time": pa.time32("s"),
}  # fmt: skip
WRITTEN = (
    "date", "time", "c-ip", "c-port", "s-ip", "s-port", "cs-version", "cs-method", "cs-uri",
    "sc-status", "s-siteid", "s-reason", "s-queuename",
)  # fmt: skip
STAGES: Mapping[str, str] = {
    "queuefull": "limit", "connlimit": "limit", "connections_refused": "limit",
    "appoffline": "conn", "appshutdown": "conn", "disabled": "conn", "n/a": "conn",
    "badgateway": "conn", "internal": "conn",
}  # fmt: skip
"""The stage at which an attempt failed, by the reason of a refusal."""
END_REASONS: Mapping[str, str] = {
    "client_reset": "link_lost", "connection_dropped": "link_lost",
    "connection_dropped_list_full": "link_lost", "connection_abandoned_by_reqqueue": "server_crash",
    "connection_abandoned_by_apppool": "server_crash", "timer_connectionidle": "black_hole",
    "timer_minbytespersecond": "black_hole", "timer_entitybody": "black_hole",
}  # fmt: skip
"""Why a connection ended, by the reason for which HTTP.sys broke it."""
REASONS_WRITTEN = {
    "link_lost": "Client_Reset", "link_cut": "Client_Reset", "nat_dropped": "Client_Reset",
    "black_hole": "Timer_MinBytesPerSecond", "server_crash": "Connection_Abandoned_By_ReqQueue",
}  # fmt: skip
STEM = "/rpc/rpcproxy.dll"
POOL = "MSExchangeRpcProxyAppPool"


def told_by(head: Head) -> bool:
    """Whether a file begins as an HTTPERR log does."""
    return any(line.startswith("#Fields:") and "s-reason" in line for line in head.lines[:20])


class HttperrReader:
    """Reads HTTPERR logs into attempts that were refused and connections that were broken."""

    def __init__(self, tables: Tables) -> None:
        self.tables = tables

    def read(self, path: Path, quality: FileQuality) -> None:
        """Read a log; lines of no RPC request, and of reasons without a column, are set apart."""
        for part in complete(parts(path, quality, " "), NEEDED, quality):
            rows, numbers = table(part, WANTED, " ", quality, kinds=COLUMN_KINDS)
            when, bad = w3c_instants(rows, numbers, quality)
            time_s = self.tables.seconds(when)
            quality.clock(time_s[~bad], numbers[~bad])
            probes = is_probe(rows, (), "c-ip") & ~bad
            quality.set_apart("health probes", int(probes.sum()))
            rpc = where(rows["cs-method"], lambda values: pc.starts_with(values, "RPC_"))
            rpc |= where(rows["cs-uri"], lambda values: pc.match_substring(
                values, "rpcproxy.dll", ignore_case=True))  # fmt: skip
            rpc &= ~bad & ~probes
            quality.set_apart("lines of no RPC request", int((~rpc & ~bad & ~probes).sum()))
            self._add(rows.filter(rpc), time_s[rpc], quality)

    def close(self) -> None:
        """Do nothing: each line stands by itself."""

    def _add(self, rows: pa.Table, time_s: np.ndarray, quality: FileQuality) -> None:
        values, codes = encoded(rows["s-reason"])
        reasons = [*((each or "").lower() for each in texts(values)), ""]
        stages = [STAGES.get(each) for each in reasons]
        ends = [END_REASONS.get(each) for each in reasons]
        names = self.tables.names
        place, server = names.many("address", rows["c-ip"]), names.many("server", rows["s-ip"])
        refused = np.flatnonzero(np.array([each is not None for each in stages])[codes])
        broken = np.flatnonzero(np.array([each is not None for each in ends])[codes])
        quality.used += len(refused) + len(broken)
        quality.set_apart("lines of other reasons", len(codes) - len(refused) - len(broken))
        self.tables.write("attempts", len(refused), {
            "attempt": self.tables.ids("attempts", len(refused)), "group": GROUP,
            "place": place.take(pa.array(refused)), "path": "https", "end_s": time_s[refused],
            "outcome": "failed", "failed_stage": worded(stages, codes[refused]), "ports": "443",
        })  # fmt: skip
        self.tables.write("connections", len(broken), {
            "connection": self.tables.ids("attempts", len(broken)), "group": GROUP,
            "place": place.take(pa.array(broken)), "path": "https",
            "server": server.take(pa.array(broken)), "end_s": time_s[broken],
            "end_reason": worded(ends, codes[broken]), "channels": np.ones(len(broken), np.int64),
        })  # fmt: skip


def write(run: Run, folder: Path, first_day: date) -> list[str]:
    """Write one log of all front ends; return remarks."""
    lines = pd.DataFrame(_lines(run, first_day), columns=["when", "text"])
    if lines.empty:
        return ["nothing was refused or broken over HTTPS: no log is written"]
    lines = lines.sort_values("when", kind="stable")
    with (folder / "httperr1.log").open("w", encoding="utf-8", newline="") as file:
        file.write(
            "#Software: Microsoft HTTP API 2.0\r\n#Version: 1.0\r\n"
            f"#Date: {lines['when'].iloc[0]:%Y-%m-%d %H:%M:%S}\r\n"
            f"#Fields: {' '.join(WRITTEN)}\r\n"
        )
        file.writelines(f"{text}\r\n" for text in lines["text"])
    return []


def _lines(run: Run, first_day: date) -> Iterator[tuple[pd.Timestamp, str]]:
    attempts, made = (each[each["end_s"].notna()] for each in (run.attempts, run.connections))
    refused = attempts[
        (attempts["path"].astype(str) == "https")
        & attempts["failed_stage"].astype(str).isin(("limit", "conn"))
    ]
    broken = made[
        (made["path"].astype(str) == "https") & made["end_reason"].astype(str).isin(REASONS_WRITTEN)
    ]
    clients = addresses({*client_keys(refused), *client_keys(broken)}, 1)
    servers = addresses({*broken["server"].dropna().astype(str)}, 250)
    for rows in (refused, broken):
        for row, client in zip(rows.itertuples(), client_keys(rows), strict=True):
            when = pd.Timestamp(instant(first_day, float(row.end_s)))
            if rows is refused:
                full = str(row.failed_stage) == "limit"
                server, status, reason = "-", "503", "QueueFull" if full else "AppOffline"
            else:
                server, status = servers.get(str(row.server), "-"), "-"
                reason = REASONS_WRITTEN[str(row.end_reason)]
            number = int(row.attempt if rows is refused else row.connection)
            yield when, " ".join((
                f"{when:%Y-%m-%d %H:%M:%S}", clients.get(client, "-"), str(1025 + number % 60000),
                server, "443", "HTTP/1.1", "RPC_IN_DATA", STEM, status, "1", reason, POOL,
            ))  # fmt: skip
