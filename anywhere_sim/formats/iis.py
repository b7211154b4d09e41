"""IIS logs of the RPC proxy (W3C extended): two lines per connection, one per refused channel."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from anywhere_sim.formats.columns import (
    WORD,
    encoded,
    is_one_of,
    is_probe,
    numbers_of,
    table,
    texts,
    w3c_instants,
    worded,
)
from anywhere_sim.formats.names import account, addresses, client_keys, instant, word
from anywhere_sim.formats.quality import FileQuality
from anywhere_sim.formats.reading import Head, complete, parts
from anywhere_sim.formats.tables import GROUP, Tables
from anywhere_sim.traces import Run

IN, OUT, ECHO = "RPC_IN_DATA", "RPC_OUT_DATA", "RPC_ECHO_DATA"
STEM = "/rpc/rpcproxy.dll"
NEEDED = ("time", "cs-method", "sc-status")
WANTED = (
    "date", "time", "s-ip", "s-computername", "cs-method", "cs-uri-query", "cs-username", "c-ip",
    "cs(User-Agent)", "cs(Cookie)", "sc-status", "sc-substatus",
    "sc-win32-status", "sc-bytes", "cs-bytes", "time-taken",
)  # fmt: skip
NUMBERS = (
    "sc-status", "sc-substatus", "sc-win32-status", "sc-bytes", "cs-bytes", "time-taken",
)  # fmt: skip
COLUMN_KINDS: Mapping[str, pa.DataType] = {
    **dict.fromkeys(WANTED, WORD), **dict.fromkeys(NUMBERS, pa.int64()),
    "date": pa.date32(), "time": pa.time32("s"),
}  # fmt: skip
WRITTEN = (
    "date", "time", "s-computername", "s-ip", "cs-method", "cs-uri-stem", "cs-uri-query", "s-port",
    "cs-username", "c-ip", "cs(User-Agent)", "sc-status", "sc-substatus", "sc-win32-status",
    "sc-bytes", "cs-bytes", "time-taken",
)  # fmt: skip

SERVICE_OF_PORT: Mapping[str, str] = {"6001": "mail", "6002": "referral", "6004": "directory"}
PORT_OF_SERVICE = {service: port for port, service in SERVICE_OF_PORT.items()}
END_REASON_OF_WIN32: Mapping[int, str] = {
    0: "closed", 64: "link_lost", 121: "black_hole", 1236: "server_shutdown",
}  # fmt: skip
"""ERROR_SUCCESS, _NETNAME_DELETED, _SEM_TIMEOUT and _CONNECTION_ABORTED."""
WIN32_OF_END_REASON: Mapping[str, int] = {
    "closed": 0, "link_lost": 64, "link_cut": 64, "black_hole": 121, "nat_dropped": 121,
    "server_shutdown": 1236, "server_crash": 1236, "unfinished": 1236,
}  # fmt: skip
STATUS_OF_STAGE: Mapping[str, tuple[int, int, int]] = {
    "auth": (401, 1, 1326), "limit": (503, 2, 0), "conn": (503, 0, 0), "bind": (503, 0, 0),
    "logon": (503, 0, 0),
}  # fmt: skip
"""Status, sub-status and Windows error of an attempt by the stage at which it failed; those that
failed before the front end leave no line there."""
CHALLENGES = (-1, 0, 5, 2148074254)
"""Windows errors of a 401 that asks for credentials: not logged, none, access denied,
SEC_E_NO_CREDENTIALS."""
TOGETHER_S = 5.0
"""The two channels of a connection begin within this time: the log's end is cut to the second."""
ROUNDS = 4
WAIT_S = 4 * 3600.0
MOST_WAITING = 200_000


def told_by(head: Head) -> bool:
    """Whether a file begins as an IIS log does."""
    fields = next((line for line in head.lines if line.startswith("#Fields:")), "")
    return "cs-method" in fields and "sc-status" in fields and "s-reason" not in fields


class IisReader:
    """Reads IIS logs into connections and attempts."""

    def __init__(self, tables: Tables) -> None:
        self.tables = tables
        self.channels = Channels(tables)

    def read(self, path: Path, quality: FileQuality) -> None:
        """Read a log, the lines of other applications set apart."""
        for part in complete(parts(path, quality, " "), NEEDED, quality):
            rows, numbers = table(part, WANTED, " ", quality, kinds=COLUMN_KINDS)
            rows, numbers = self._rpc(rows, numbers, quality)
            rows, numbers = apart(rows, numbers, quality)
            self._add(rows, numbers, quality)

    def close(self) -> None:
        """Write the channels whose other half did not come."""
        self.channels.flush()

    def _rpc(
        self, rows: pa.Table, numbers: npt.NDArray[np.int64], quality: FileQuality
    ) -> tuple[pa.Table, npt.NDArray[np.int64]]:
        chosen = is_one_of(rows["cs-method"], IN, OUT)
        echoes = int(is_one_of(rows["cs-method"], ECHO).sum())
        quality.set_apart("echo requests", echoes)
        quality.set_apart("requests of others than the RPC proxy", int((~chosen).sum()) - echoes)
        return (rows, numbers) if chosen.all() else (rows.filter(chosen), numbers[chosen])

    def _add(self, rows: pa.Table, numbers: npt.NDArray[np.int64], quality: FileQuality) -> None:
        if not len(numbers):
            return
        when, bad = w3c_instants(rows, numbers, quality)
        columns = {}
        for name in NUMBERS:
            columns[name], wrong = numbers_of(rows[name], pa.int64())
            is_wrong = wrong & ~bad
            quality.refuse(f"{name} is no number", numbers[is_wrong])
            bad |= is_wrong
        no_status = pc.is_null(columns["sc-status"]).to_numpy() & ~bad
        quality.refuse("sc-status is missing", numbers[no_status])
        bad |= no_status
        end_s = self.tables.seconds(when)
        quality.clock(end_s[~bad], numbers[~bad])
        status = pc.fill_null(columns["sc-status"], 0).to_numpy()
        win32 = pc.fill_null(columns["sc-win32-status"], -1).to_numpy()
        asks = is_challenge(rows["cs-username"], status) & np.isin(win32, CHALLENGES) & ~bad
        quality.set_apart("requests for credentials (401)", int(asks.sum()))
        keep = ~(bad | asks)
        quality.used += int(keep.sum())
        names = self.tables.names
        no_name = rows["s-computername"].null_count == len(numbers)
        server = rows["s-ip" if no_name else "s-computername"]
        taken_s = pc.fill_null(pc.cast(columns["time-taken"], pa.float64()), np.nan).to_numpy()
        frame = pa.table({
            "is_in": is_one_of(rows["cs-method"], IN),
            "mailbox": names.many("user", rows["cs-username"]),
            "place": names.many("address", rows["c-ip"]),
            "server": names.many("server", server), "target": targets(rows["cs-uri-query"]),
            "cookie": pc.cast(rows["cs(Cookie)"], WORD),
            "status": status, "substatus": pc.fill_null(columns["sc-substatus"], 0),
            "win32": win32, "end_s": end_s, "start_s": end_s - taken_s / 1000.0,
            "up": pc.cast(columns["cs-bytes"], pa.float64()),
            "down": pc.cast(columns["sc-bytes"], pa.float64()),
        })  # fmt: skip
        self.channels.add(frame if keep.all() else frame.filter(keep))


def is_challenge(user: pa.ChunkedArray, status: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """Return which requests of nobody were answered by a wish for credentials."""
    asks = status == 401
    if asks.any():
        asks &= is_one_of(user, "-", "") | pc.is_null(user).to_numpy()
    return np.asarray(asks)


def apart(
    rows: pa.Table, numbers: npt.NDArray[np.int64], quality: FileQuality
) -> tuple[pa.Table, npt.NDArray[np.int64]]:
    """Return the rows without health probes, which are counted apart."""
    probes = is_probe(rows, ("cs-username", "cs(User-Agent)"), "c-ip")
    quality.set_apart("health probes", int(probes.sum()))
    return (rows, numbers) if not probes.any() else (rows.filter(~probes), numbers[~probes])


class Channels:
    """Joins IN and OUT channels into connections; a channel alone waits for hours of log time."""

    KEYS = ("mailbox", "place", "server", "target", "cookie")

    def __init__(self, tables: Tables) -> None:
        self.tables = tables
        self._waiting: pa.Table | None = None

    def add(self, rows: pa.Table) -> None:
        """Take channels, and write those whose other half is known."""
        if self._waiting is not None and self._waiting.num_rows:
            rows = pa.concat_tables([self._waiting, rows], promote_options="permissive")
        if not rows.num_rows:
            return
        rows = rows.unify_dictionaries()
        first, second = _pairs(rows)
        self._write(rows, first, second)
        alone = np.ones(rows.num_rows, np.bool_)
        alone[first] = alone[second] = False
        end_s = rows["end_s"].to_numpy()
        waits = alone & (end_s >= np.nanmax(end_s) - WAIT_S)
        waits[np.flatnonzero(waits)[:-MOST_WAITING]] = False
        over = np.flatnonzero(alone & ~waits)
        self._write(rows, over, over)
        self._waiting = rows.filter(waits).combine_chunks()

    def flush(self) -> None:
        """Write the channels that are alone."""
        if self._waiting is not None:
            alone = np.arange(self._waiting.num_rows)
            self._write(self._waiting, alone, alone)
            self._waiting = None

    def _write(
        self, rows: pa.Table, first: npt.NDArray[np.int64], second: npt.NDArray[np.int64]
    ) -> None:
        """Write connections, and attempts, of pairs of rows; a channel alone is its own pair."""
        if not len(first):
            return
        order = np.lexsort(
            (np.minimum(first, second), np.fmax(*_both(rows, "end_s", first, second)))
        )
        first, second = first[order], second[order]
        both = first != second
        one = rows.select(["mailbox", "place", "server", "target", "status", "substatus"])
        one = one.take(first)
        start_s = np.fmin(*_both(rows, "start_s", first, second))
        end_s = np.fmax(*_both(rows, "end_s", first, second))
        status = one["status"].to_numpy()
        made = (status >= 200) & (status < 300)
        traffic = {}
        for name, column in (("up", "bytes_up"), ("down", "bytes_down")):
            mine, other = _both(rows, name, first, second)
            traffic[column] = mine + np.where(both, other, 0.0)
        win32 = np.maximum(*_both(rows, "win32", first, second)).astype(np.int64)
        words = {name: one[name].combine_chunks() for name in ("mailbox", "place")}
        server = one["server"].combine_chunks()
        outcome = worded(("failed", "connected"), made.astype(np.int64))
        service = _services(one["target"])
        attempt = self.tables.ids("attempts", len(first))
        count = 1 + both.astype(np.int64)
        substatus = one["substatus"].to_numpy()
        stage = _stages(status, substatus)
        self.tables.write("attempts", len(first), {
            "attempt": attempt, **words, "group": GROUP, "service": service, "path": "https",
            "start_s": np.where(made, np.nan, start_s), "auth_s": np.where(made, start_s, np.nan),
            "end_s": np.where(made, start_s, end_s),
            "outcome": outcome, "failed_stage": stage, "channels": count, "ports": "443",
        })  # fmt: skip
        chosen = np.flatnonzero(made)
        codes = pa.array(win32[made]).dictionary_encode()
        reasons = worded(
            [END_REASON_OF_WIN32.get(code) for code in codes.dictionary.to_pylist()],
            codes.indices.to_numpy(),
        )
        self.tables.write("connections", len(chosen), {
            "connection": attempt[made], "attempt": attempt[made],
            **{name: column.take(chosen) for name, column in words.items()}, "group": GROUP,
            "service": service.take(chosen), "path": "https", "server": server.take(chosen),
            "start_s": start_s[made], "end_s": end_s[made], "end_reason": reasons,
            "channels": count[made],
            **{name: values[made] for name, values in traffic.items()},
        })  # fmt: skip


def _both(
    rows: pa.Table, name: str, first: npt.NDArray[np.int64], second: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    values = rows[name].to_numpy().astype(np.float64)
    return values[first], values[second]


def _pairs(rows: pa.Table) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return the rows of pairs: of one client and target, IN and OUT, begun together."""
    key = rows["status"].to_numpy()
    for name in Channels.KEYS:
        column = rows[name].combine_chunks()
        codes = pc.fill_null(column.indices, -1).to_numpy() + 1
        key = key * np.int64(len(column.dictionary) + 1) + codes  # wraps at worst
    is_in = rows["is_in"].to_numpy()
    begin_s = rows["start_s"].to_numpy()
    begin_s = np.where(np.isnan(begin_s), rows["end_s"].to_numpy(), begin_s)
    left = np.lexsort((begin_s, key))
    firsts, seconds = [], []
    for _ in range(ROUNDS):
        link = (
            (key[left][1:] == key[left][:-1])
            & (is_in[left][1:] != is_in[left][:-1])
            & (np.diff(begin_s[left]) <= TOGETHER_S)
        )
        if not link.any():
            break
        starts_run = link & ~np.concatenate([[False], link[:-1]])
        run_start = np.maximum.accumulate(np.where(starts_run, np.arange(len(link)), 0))
        taken = np.flatnonzero(link & ((np.arange(len(link)) - run_start) % 2 == 0))
        firsts.append(left[taken])
        seconds.append(left[taken + 1])
        left = np.delete(left, np.concatenate([taken, taken + 1]))
    none = np.zeros(0, np.int64)
    return np.concatenate([none, *firsts]), np.concatenate([none, *seconds])


def targets(query: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return the "server:port" that each query begins with, "" for none."""
    values, codes = encoded(query)
    begins = [(each or "").lstrip("?").partition("&")[0] for each in texts(values)]
    return pa.chunked_array([worded([*begins, ""], np.where(codes < 0, len(begins), codes))])


def _services(target: pa.ChunkedArray) -> pa.Array:
    """Return the service behind each "server:port"."""
    values, codes = encoded(target)
    ports = [(each or "").rpartition(":")[2] for each in texts(values)]
    return worded([SERVICE_OF_PORT.get(port) for port in ports], codes)


def _stages(status: npt.NDArray[np.int64], substatus: npt.NDArray[np.int64]) -> pa.Array:
    """Return the stage at which an attempt failed, "" for one that did not."""
    stage = np.zeros(len(status), np.int64)
    stage[(status >= 200) & (status < 300)] = 1
    stage[(status == 401) | (status == 403)] = 2
    stage[(status == 503) & (substatus == 2)] = 3
    return worded(("conn", "", "auth", "limit"), stage)


def write(run: Run, folder: Path, first_day: date) -> list[str]:
    """Write the logs of the front ends, a file per server and day; return remarks."""
    lines = pd.DataFrame(_lines(run, first_day), columns=["server", "when", "text"])
    if lines.empty:
        return ["no connection of the run went over HTTPS: no log is written"]
    lines = lines.sort_values("when", kind="stable")
    for (server, day), rows in lines.groupby(["server", lines["when"].dt.date]):
        path = folder / word(str(server)) / f"u_ex{day:%y%m%d}.log"
        path.parent.mkdir(parents=True, exist_ok=True)
        begin = rows["when"].iloc[0]
        head = (
            "#Software: Microsoft Internet Information Services 7.5\r\n#Version: 1.0\r\n"
            f"#Date: {begin:%Y-%m-%d %H:%M:%S}\r\n#Fields: {' '.join(WRITTEN)}\r\n"
        )
        with path.open("w", encoding="utf-8", newline="") as file:
            file.write(head)
            file.writelines(f"{text}\r\n" for text in rows["text"])
    return []


def _lines(run: Run, first_day: date) -> Iterator[tuple[str, object, str]]:
    """Yield server, instant and text of each line."""
    made = run.connections[run.connections["path"].astype(str) == "https"]
    made = made[made["end_s"].notna()]  # a request has its line when it ends
    failed = run.attempts[
        (run.attempts["path"].astype(str) == "https")
        & (run.attempts["outcome"].astype(str) == "failed")
        & run.attempts["failed_stage"].astype(str).isin(STATUS_OF_STAGE)
        & run.attempts["end_s"].notna()
    ]
    clients = addresses({*client_keys(made), *client_keys(failed)}, 1)
    front_ends = _front_ends(run)
    servers = addresses({*made["server"].dropna().astype(str), *front_ends}, 250)
    for rows in (made, failed):
        for row, client in zip(rows.itertuples(), client_keys(rows), strict=True):
            is_made = rows is made
            server = str(row.server) if is_made else front_ends[0]
            status = (200, 0, WIN32_OF_END_REASON.get(str(row.end_reason), 0)) if is_made else (
                STATUS_OF_STAGE[str(row.failed_stage)]
            )  # fmt: skip
            when = pd.Timestamp(instant(first_day, float(row.end_s)))
            port = PORT_OF_SERVICE.get(str(row.service), "6001")
            begin_s = float(row.start_s)
            taken_ms = round(1000.0 * (float(row.end_s) - begin_s)) if begin_s == begin_s else "-"
            up, down = (_bytes(row.bytes_up), _bytes(row.bytes_down)) if is_made else ("0", "0")
            alone = row.channels == 1
            halves = ((IN, up, down),) if alone else ((IN, up, "0"), (OUT, "0", down))
            for method, sent, got in halves:
                yield server, when, " ".join((
                    f"{when:%Y-%m-%d %H:%M:%S}", word(server), servers.get(server, "-"), method,
                    STEM, f"mailbox.sim.example:{port}", "443", account(str(row.mailbox)),
                    clients.get(client, "-"), "MSRPC", *map(str, status), got, sent, str(taken_ms),
                ))  # fmt: skip


def _front_ends(run: Run) -> list[str]:
    servers = run.servers
    found = servers.loc[servers["role"].astype(str) == "front_end", "server"].astype(str).unique()
    return [*found] or sorted(run.connections["server"].dropna().astype(str).unique()) or ["fe1"]


def _bytes(value: float) -> str:
    return str(round(value)) if value == value else "-"
