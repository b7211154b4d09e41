"""Counters of perfmon as CSV or TSV (`relog`, `typeperf`, data collector sets): table `servers`."""

from __future__ import annotations

import csv
import math
import re
from collections import Counter as Tally
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import IO

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from anywhere_sim.formats.columns import FRACTION, instants, numbers_of, table, worded
from anywhere_sim.formats.names import instant, word
from anywhere_sim.formats.quality import FileQuality
from anywhere_sim.formats.reading import Head, first_line, parts
from anywhere_sim.formats.tables import Tables
from anywhere_sim.traces import Run

Floats = npt.NDArray[np.float64]
LONGEST_LINE_BYTES = 4 * 2**20
"""A set of some thousand counters has names of hundreds of kilobytes in its first line."""
SHOWN_UNKNOWN = 8
LARGEST = 1e15
"""No counter here comes near; what is beyond is damaged."""
TIME = r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{1,6})?$"


@dataclass(frozen=True, slots=True)
class Counter:
    """A counter: the column that it fills, the role of its server, its path, units of it per ours.

    `total` is the cumulative column that a rate also fills.
    """

    column: str
    role: str
    path: str
    factor: float = 1.0
    total: str = ""


_STORE, _RCA, _PROXY = r"\MSExchangeIS", r"\MSExchange RpcClientAccess", r"\RPC/HTTP Proxy"
_DATABASE, _QUEUE = r"\MSExchange Database(Information Store)", r"\HTTP Service Request Queues"
_POOL = _QUEUE + "(MSExchangeRpcProxyAppPool)"

PROCESSOR = r"\Processor({})\% Processor Time"
BUSY = Counter("cpu_busy", "", PROCESSOR.format("_Total"), 100.0, "cpu_busy_s")
COUNTERS = (
    BUSY,
    Counter("rpc_packets_per_s", "mailbox", _STORE + r"\RPC Packets/sec", 1.0, "rpc_packets"),
    Counter("rpc_operations_per_s", "mailbox", _STORE + r"\RPC Operations/sec", 1.0,
            "rpc_operations"),
    Counter("rpc_requests", "mailbox", _STORE + r"\RPC Requests"),
    Counter("rpc_averaged_latency_ms", "mailbox", _STORE + r"\RPC Averaged Latency"),
    Counter("connections", "mailbox", _STORE + r"\Connection Count"),
    Counter("unique_users", "mailbox", _STORE + r"\User Count"),
    Counter("rejected", "mailbox", _STORE + r"\Client: RPCs Failed: Server Too Busy"),
    Counter("disk_reads_per_s", "mailbox", _DATABASE + r"\I/O Database Reads/sec", 1.0,
            "disk_reads"),
    Counter("disk_writes_per_s", "mailbox", _DATABASE + r"\I/O Database Writes/sec", 1.0,
            "disk_writes"),
    Counter("log_writes_per_s", "mailbox", _DATABASE + r"\I/O Log Writes/sec", 1.0, "log_writes"),
    Counter("http_sessions", "front_end",
            _PROXY + r"\Current Number of Incoming RPC over HTTP Connections"),
    Counter("unique_users", "front_end", _PROXY + r"\Current Number of Unique Users"),
    Counter("rpc_packets_per_s", "front_end", _RCA + r"\RPC Packets/sec", 1.0, "rpc_packets"),
    Counter("rpc_operations_per_s", "front_end", _RCA + r"\RPC Operations/sec", 1.0,
            "rpc_operations"),
    Counter("rpc_requests", "front_end", _RCA + r"\RPC Requests"),
    Counter("rpc_averaged_latency_ms", "front_end", _RCA + r"\RPC Averaged Latency"),
    Counter("connections", "front_end", _RCA + r"\Connection Count"),
    Counter("queued_requests", "front_end", _POOL + r"\CurrentQueueSize"),
    Counter("rejected", "front_end", _POOL + r"\RejectedRequests"),
    Counter("rpc_packets_per_s", "directory", r"\MSExchangeAB\NSPI RPC Requests/sec", 1.0,
            "rpc_packets"),
    Counter("rpc_requests", "directory", r"\MSExchangeAB\NSPI RPC Requests"),
    Counter("rpc_averaged_latency_ms", "directory",
            r"\MSExchangeAB\NSPI RPC Requests Average Latency"),
    Counter("connections", "directory", r"\MSExchangeAB\NSPI Connections Current"),
)  # fmt: skip
"""Each column once per role; a server of several roles takes the first that has a value."""
_PROCESSORS = (
    # Processor, Processor Information, % Processor Time
    ("processor", "processor information", "% processor time"),
    ("prozessor", "prozessorinformationen", "prozessorzeit (%)"),  # German
    ("processeur", "informations sur le processeur", "% temps processeur"),  # French
    ("procesador", "información del procesador", "% de tiempo de procesador"),  # Spanish
    ("processore", "informazioni processore", "% tempo processore"),  # Italian
    ("processor", "processorgegevens", "percentage processortijd"),  # Dutch
    ("processor", "processorinformation", "% processortid"),  # Swedish
)
_QUEUES = (
    # HTTP Service Request Queues, CurrentQueueSize, RejectedRequests
    ("anforderungswarteschlangen für http-dienst", "aktuelle warteschlangengröße",
     "abgelehnte anforderungen"),
    ("files d'attente de demande de service http", "tailleactuellefileattente",
     "nbredemandesrefusées"),
    ("colas de solicitudes de servicio http", "tamaño de cola actual", "solicitudes rechazadas"),
    ("code richieste servizio http", "dimensionecorrentecoda", "richiesterifiutate"),
    ("wachtrijen van http-serviceaanvragen", "currentqueuesize", "rejectedrequests"),
    ("köer för http-tjänstbegäranden", "currentqueuesize", "rejectedrequests"),
)  # fmt: skip
_ENGLISH: Mapping[tuple[str, str], tuple[str, str]] = {
    **{(each, time): ("processor", "% processor time")
       for *both, time in _PROCESSORS for each in both},
    **{(queues, size): (_QUEUE[1:].lower(), "currentqueuesize") for queues, size, _ in _QUEUES},
    **{(queues, no): (_QUEUE[1:].lower(), "rejectedrequests") for queues, _, no in _QUEUES},
}  # fmt: skip
"""Object and counter of Windows in six languages, as `typeperf -q` lists them (CounterLang.xml of
clinthuffman/PAL); the names of Exchange's counters in them are in no source that we have."""
COUNTS = (
    "rpc_requests", "connections", "unique_users", "rejected", "http_sessions", "queued_requests",
    "rpc_packets", "rpc_operations",
)  # fmt: skip
_BY_PATH = {counter.path.lower(): counter for counter in COUNTERS}
_PATH = re.compile(r"\\([^\\(]+)(\([^\\]*\))?\\(.*)")
_CORE = re.compile(r"\((?:(\d+)|(\d+,\d+))\)")


def told_by(head: Head) -> bool:
    """Whether a file begins as perfmon's text does."""
    return head.text.lstrip()[:40].lstrip('"').startswith(("(PDH-CSV 4.0)", "(PDH-TSV 4.0)"))


@dataclass(slots=True)
class _Server:
    """The columns of one server in a file, and what has been added up so far."""

    name: str
    role: str | None
    columns: dict[str, Counter] = field(default_factory=dict)
    cores: float = math.nan
    last_s: float = math.nan
    totals: dict[str, float] = field(default_factory=dict)


class PerfmonReader:
    """Reads counters of several servers into the table `servers`."""

    def __init__(self, tables: Tables) -> None:
        self.tables = tables
        self._servers: dict[str, _Server] = {}

    def read(self, path: Path, quality: FileQuality) -> None:
        """Read a file; counters that are not understood are listed."""
        line = first_line(path, LONGEST_LINE_BYTES)
        separator = "\t" if "PDH-TSV" in line[:40] else _separator(line)
        csv.field_size_limit(LONGEST_LINE_BYTES)
        try:
            fields = [*next(csv.reader([line.replace("\r", "")], delimiter=separator), [])]
        except csv.Error as error:
            quality.note(f"its first line is no list of counters ({error}): nothing was read")
            return
        if not fields or not fields[0].startswith("(PDH-"):
            quality.note("its first line is no list of counters: nothing was read")
            return
        zone = re.search(r"\)\((-?\d{1,4})\)$", fields[0])
        offset_s = 60.0 * float(zone.group(1)) if zone else 0.0
        if not zone:
            quality.note("names no time zone: its times are taken for UTC")
        servers = self._found(fields[1:], quality)
        wanted = [fields[0], *(name for server in servers for name in server.columns)]
        kinds = dict.fromkeys(wanted[1:], pa.float64())
        decimal = "," if separator == ";" else "."
        for part in parts(path, quality, separator, fields, 1, LONGEST_LINE_BYTES):
            rows, numbers = table(part, wanted, separator, quality, True, kinds, decimal)
            self._add(rows, numbers, servers, offset_s, quality)

    def close(self) -> None:
        """Do nothing: each line stands by itself."""

    def _found(self, paths: Sequence[str], quality: FileQuality) -> list[_Server]:
        """Return the servers of a header, each with the counters that are understood."""
        found: dict[str, _Server] = {}
        cores: dict[str, Tally[str]] = {}
        unknown: list[str] = []
        for path in paths:
            host, own = _parted(path)
            small = self._english(own)
            core = _CORE.search(small) if small.endswith(r"\% processor time") else None
            if core:
                cores.setdefault(host, Tally())[f"by group {core.lastindex}"] += 1
                continue
            counter = _BY_PATH.get(small)
            if counter is None:
                unknown.append(own)
                continue
            found.setdefault(host, _Server(host, None)).columns[path] = counter
        if unknown:
            shown = ", ".join(unknown[:SHOWN_UNKNOWN])
            more = f" and {len(unknown) - SHOWN_UNKNOWN} more" * (len(unknown) > SHOWN_UNKNOWN)
            quality.note(f"counters that fill no column: {shown}{more}")
        for host, server in found.items():
            roles = [counter.role for counter in server.columns.values()]
            role = next((each for each in ("mailbox", "front_end", "directory") if each in roles),
                        None)  # fmt: skip
            before = self._servers.get(host)
            if before is not None:
                server.last_s, server.totals = before.last_s, before.totals
            server.role = role
            server.cores = float(max(cores.get(host, Tally()).values(), default=0)) or math.nan
        self._servers |= found
        return [*found.values()]

    def _english(self, own: str) -> str:
        """Return the English path of a counter in small letters, its instance as in `COUNTERS`."""
        small = own.lower().replace("\u2019", "'")
        small = self.tables.counter_names.get(own.lower(), small).lower()
        parted = _PATH.fullmatch(small)
        if parted:
            one, instance, counter = parted.groups()
            one, counter = _ENGLISH.get((one, counter), (one, counter))
            small = f"\\{one}{instance or ''}\\{counter}"
        return re.sub(r"\((?:information store[^)]*|msexchangerpcproxy\w*)\)", _instance, small)

    def _add(
        self, rows: pa.Table, numbers: npt.NDArray[np.int64], servers: list[_Server],
        offset_s: float, quality: FileQuality,
    ) -> None:  # fmt: skip
        when = instants(_iso(rows.column(0)), TIME)
        bad = pc.is_null(when).to_numpy()
        quality.refuse("has no date and time", numbers[bad])
        time_s = self.tables.seconds(when) + offset_s
        values = {
            name: _values(rows[name], name, numbers, quality) for name in rows.column_names[1:]
        }
        quality.clock(time_s[~bad], numbers[~bad])
        anything = np.zeros(len(time_s), np.bool_)
        for column in values.values():
            anything |= ~np.isnan(column)
        quality.set_apart("samples without a value", int((~bad & ~anything).sum()))
        keep = np.flatnonzero(~bad & anything)
        quality.used += len(keep)
        for server in servers:  # a rate is that since the sample before, also since a blank one
            if math.isnan(server.last_s) and (~bad).any():
                server.last_s = float(time_s[~bad][0])
        made = [_columns(server, time_s[keep], {n: v[keep] for n, v in values.items()})
                for server in servers]  # fmt: skip
        if not made or not len(keep):
            return
        order = np.argsort(np.concatenate([each["time_s"] for each in made]), kind="stable")
        names = sorted({name for each in made for name in each})
        blank = np.full(len(keep), math.nan)
        columns = {
            name: np.concatenate([each.get(name, blank) for each in made])[order] for name in names
        }
        for name in COUNTS:
            if name in columns:
                columns[name] = np.round(columns[name])
        which = np.repeat(np.arange(len(servers)), len(keep))[order].astype(np.int32)
        hosts = [self.tables.names.one("server", server.name) for server in servers]
        roles = [server.role for server in servers]
        self.tables.write("servers", len(order), {
            **columns, "server": worded(hosts, which), "role": worded(roles, which),
        })  # fmt: skip


def _instance(match: re.Match[str]) -> str:
    """Return the instance of a path as `COUNTERS` has it: pools and stores have several names."""
    store = match.group().startswith("(information store")
    return "(information store)" if store else "(msexchangerpcproxyapppool)"


def _columns(server: _Server, time_s: Floats, values: dict[str, Floats]) -> dict[str, Floats]:
    """Return the columns of one server; rates are added up from sample to sample."""
    found: dict[str, Floats] = {"time_s": time_s}
    chosen = sorted(server.columns.items(), key=lambda item: item[1].role != server.role)
    for path, counter in chosen:
        value = values[path] / counter.factor
        known = found.get(counter.column)
        found[counter.column] = value if known is None else np.where(np.isnan(known), value, known)
    if not len(time_s):
        return found
    lengths_s = np.maximum(np.diff(time_s, prepend=server.last_s), 0.0)
    server.last_s = float(time_s[-1])
    for _, counter in chosen:
        if not counter.total or counter.total in found:
            continue
        cores = server.cores if counter.column == "cpu_busy" else 1.0
        steps = np.nan_to_num(found[counter.column]) * lengths_s
        total = server.totals.get(counter.total, 0.0) + np.cumsum(steps)
        server.totals[counter.total] = float(total[-1])
        found[counter.total] = total * cores
    found["cores"] = np.full(len(time_s), server.cores)
    return found


def _separator(line: str) -> str:
    """Return what parts the fields: lists of some countries have semicolons."""
    return ";" if re.match(r'(?:"[^"]*"|[^";,]*);', line) else ","


def _parted(path: str) -> tuple[str, str]:
    r"""Return the server of a counter's path, and the rest.

    >>> print(*_parted(r"\\EX1\MSExchangeIS\RPC Requests"))
    EX1 \MSExchangeIS\RPC Requests
    """
    match = re.match(r"\\\\([^\\]+)(\\.*)", path)
    return (match.group(1), match.group(2)) if match else ("", path)


_ISO_ORDER = [6, 7, 8, 9, 2, 0, 1, 2, 3, 4, *range(10, 23)]
"""Where the letters of "2026-03-04 09:00:15.123" are in "03/04/2026 09:00:15.123"."""


def _iso(text: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return month-first times, as perfmon writes them everywhere, in the order of ISO 8601."""
    whole = text.combine_chunks()
    _, offsets, data = whole.buffers()
    if len(whole) and data is not None and not whole.null_count:
        first, *_ = at = np.frombuffer(offsets, np.int32)[whole.offset :][: len(whole) + 1]
        if (np.diff(at) == len(_ISO_ORDER)).all():
            letters = np.frombuffer(data, np.uint8)[first : at[-1]].reshape(-1, len(_ISO_ORDER))
            if (letters[:, [2, 5]] == ord("/")).all():
                turned = letters[:, _ISO_ORDER]
                turned[:, [4, 7]] = ord("-")
                ends = pa.py_buffer(at - first)
                turned_text = [None, ends, pa.py_buffer(turned.tobytes())]
                return pa.chunked_array([
                    pa.Array.from_buffers(pa.string(), len(whole), turned_text)
                ])  # fmt: skip
    return pc.replace_substring_regex(
        text, r"^(\d\d)/(\d\d)/(\d{4}) (\d\d:\d\d:\d\d)((?:\.\d{1,6})?)\d*$", r"\3-\1-\2 \4\5"
    )


def _values(
    text: pa.ChunkedArray, name: str, numbers: npt.NDArray[np.int64], quality: FileQuality
) -> Floats:
    """Return the values of a counter; a blank, as in each first sample of a rate, is NaN."""
    if text.type != pa.float64():
        text = pc.utf8_trim_whitespace(text)
        if pc.any(pc.match_substring(text, ",")).as_py():
            text = pc.replace_substring_regex(text, r"^(-?\d+),(\d+)(.*)$", r"\1.\2\3")
    values, wrong = numbers_of(text, pa.float64(), FRACTION)
    quality.refuse(f"no number (of {_parted(name)[1]}; the others of the line are used)",
                   numbers[wrong])  # fmt: skip
    found = np.asarray(values.to_numpy(), np.float64)
    return np.where(np.abs(found) < LARGEST, found, math.nan)


def write(run: Run, folder: Path, first_day: date) -> list[str]:
    """Write the counters of all servers as one CSV; return remarks."""
    servers = run.servers
    if servers.empty:
        return ["the run has no counters: nothing is written"]
    hosts = servers[["server", "role", "cores"]].astype(object).drop_duplicates("server")
    columns = []
    for host, role, cores in hosts.itertuples(index=False):
        columns += [(host, each) for each in COUNTERS if each.role in ("", role)]
        number = 0 if pd.isna(cores) else int(cores)  # each core is as busy as all together
        columns += [(host, replace(BUSY, path=PROCESSOR.format(core))) for core in range(number)]
    times_s = sorted(servers["time_s"].unique())
    step_s = min(np.diff(times_s), default=15.0)
    with (folder / "counters.csv").open("w", encoding="utf-8", newline="") as file:
        heading = "(PDH-CSV 4.0) (Coordinated Universal Time)(0)"
        paths = [rf"\\{word(str(host))}{counter.path}" for host, counter in columns]
        _line(file, [heading, *paths])
        first = instant(first_day, float(times_s[0] - step_s))
        _line(file, [_stamp(first), *(" " for _ in columns)])
        cells = [_cells(servers, str(host), counter, times_s) for host, counter in columns]
        for time_s, *values in zip(times_s, *cells, strict=True):
            _line(file, [_stamp(instant(first_day, float(time_s))), *values])
    return []


def _cells(
    servers: pd.DataFrame, host: str, counter: Counter, times_s: Sequence[float]
) -> list[str]:
    """Return what a counter's column says at each time, a blank where it has no value."""
    own = servers[servers["server"].astype(str) == host].drop_duplicates("time_s", keep="last")
    values = own.set_index("time_s")[counter.column].astype(float).reindex(times_s) * counter.factor
    return [" " if value != value else repr(value) for value in values.tolist()]


def _stamp(when: pd.Timestamp) -> str:
    return f"{when:%m/%d/%Y %H:%M:%S}.{when.microsecond // 1000:03d}"


def _line(file: IO[str], cells: Sequence[str]) -> None:
    file.write(",".join(f'"{cell}"' for cell in cells) + "\r\n")
