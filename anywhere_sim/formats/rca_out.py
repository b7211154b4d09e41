"""A run as RPC Client Access logs: a file per server and day."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from anywhere_sim.formats.names import account, addresses, client_keys, instant, word
from anywhere_sim.formats.rca import ROPS, SOFTWARE
from anywhere_sim.traces import Run

WRITTEN = (
    "date-time", "session-id", "seq-number", "client-name", "organization-info",
    "client-software", "client-software-version", "client-mode", "client-ip", "server-ip",
    "protocol", "application-id", "operation", "rpc-status", "processing-time",
    "operation-specific", "failures",
)  # fmt: skip
PROTOCOLS = {"tcp": "ncacn_ip_tcp", "https": "ncacn_http"}
FILLER = "Release"


def write(run: Run, folder: Path, first_day: date) -> list[str]:
    """Write a log per server and day; return remarks."""
    connections = run.connections
    mail = connections[connections["service"].astype(str) == "mail"]
    if mail.empty:
        return ["the run has no connection to a store: no log is written"]
    remarks = []
    if run.rpcs.empty:
        remarks.append(
            "the run kept no calls: the log has sessions only (set record_rpcs in the scenario)"
        )
    lines = pd.DataFrame(
        _lines(run, mail, first_day), columns=["server", "when", "session", "text"]
    )
    lines = lines.sort_values("when", kind="stable")
    lines["number"] = lines.groupby("session").cumcount()
    for (server, day), rows in lines.groupby(["server", lines["when"].dt.date]):
        path = folder / word(str(server)) / f"RCA_{day:%Y%m%d}-1.LOG"
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", encoding="utf-8", newline="") as file:
            file.write(
                "#Software: Microsoft Exchange Server\r\n#Version: 14.01.0218.015\r\n"
                f"#Log-type: RCA Protocol Logs\r\n#Date: {_stamp(rows['when'].iloc[0])}\r\n"
                f"#Fields: {','.join(WRITTEN)}\r\n"
            )
            for row in rows.itertuples():
                file.write(f"{_stamp(row.when)},{row.session},{row.number},{row.text}\r\n")
    return remarks


def _lines(
    run: Run, mail: pd.DataFrame, first_day: date
) -> Iterator[tuple[str, pd.Timestamp, int, str]]:
    """Yield server, instant, session and the rest of each line."""
    connections, states, attempts = run.connections, run.states, run.attempts
    modes = dict(zip(states["mailbox"].astype(str), states["mode"].astype(str), strict=True))
    programs = dict(
        zip(attempts["mailbox"].astype(str), attempts["client"].astype(str), strict=True)
    )
    clients = addresses({*client_keys(mail)}, 1)
    servers = addresses({*mail["server"].dropna().astype(str)}, 250)
    fixed = {}
    sessions = _numbers(connections, mail)
    for row, key, session in zip(mail.itertuples(), client_keys(mail), sessions, strict=True):
        name, server = str(row.mailbox), str(row.server)
        mode = {"cached": "Cached", "online": "Classic"}.get(modes.get(name, ""), "")
        about = (
            account(name), "", "OUTLOOK.EXE", SOFTWARE.get(programs.get(name, ""), ""), mode,
            clients.get(key, ""), servers.get(server, ""), PROTOCOLS.get(str(row.path), ""), "",
        )  # fmt: skip
        fixed[session] = (server, ",".join(about))
        begin_s, end_s = float(row.start_s), float(row.end_s)
        if begin_s == begin_s:
            yield server, _when(first_day, begin_s), session, f"{','.join(about)},Connect,0,,,"
        if end_s == end_s and str(row.end_reason) == "closed":
            yield server, _when(first_day, end_s), session, f"{','.join(about)},Disconnect,0,,,"
    calls = run.rpcs[run.rpcs["kind"].astype(str).isin(ROPS) & run.rpcs["done_s"].notna()]
    for call, session in zip(calls.itertuples(), _numbers(connections, calls), strict=True):
        if session not in fixed:
            continue
        server, about_it = fixed[session]
        names = [ROPS[str(call.kind)], *[FILLER] * (int(call.rops) - 1)]
        carried = "; ".join(f">{name}" for name in names)
        took = pd.Timedelta(seconds=round(float(call.done_s - call.arrived_s), 6))
        span = f"{took.components.hours:02d}:{took.components.minutes:02d}:"
        span += f"{took.components.seconds:02d}.{took.microseconds * 10:07d}"
        when = _when(first_day, float(call.done_s))
        yield server, when, session, f'{about_it},,0,{span},"{carried}",'


def _numbers(connections: pd.DataFrame, rows: pd.DataFrame) -> list[int]:
    """Return the number of the connection of each row, over all sites: ids are of one site."""
    most = connections.groupby(connections["site"].astype(str))["connection"].max().sort_index()
    before = most.cumsum() - most
    offset = rows["site"].astype(str).map(before).fillna(0).astype("int64")
    return [int(each) for each in rows["connection"] + offset]


def _when(first_day: date, time_s: float) -> pd.Timestamp:
    return pd.Timestamp(instant(first_day, time_s))


def _stamp(when: Any) -> str:
    return f"{when:%Y-%m-%dT%H:%M:%S}.{when.microsecond // 1000:03d}Z"
