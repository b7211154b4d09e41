"""Logs of Exchange 2013 and later: HttpProxy of RpcHttp and Mapi, and MAPI of the back end."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import ClassVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from anywhere_sim.formats import rca
from anywhere_sim.formats.columns import (
    WORD,
    instants,
    is_one_of,
    is_probe,
    numbers_of,
    table,
    where,
    worded,
)
from anywhere_sim.formats.iis import IN, OUT, Channels, is_challenge, targets
from anywhere_sim.formats.quality import FileQuality
from anywhere_sim.formats.reading import Head, Numbers, Part, complete, head, parts
from anywhere_sim.formats.tables import GROUP, Tables

NEEDED = ("DateTime", "HttpStatus", "Method")
WANTED = (
    "DateTime", "Protocol", "UrlStem", "UrlQuery", "AuthenticatedUser", "UserAgent",
    "ClientIpAddress", "ServerHostName", "HttpStatus", "Method", "RequestBytes", "ResponseBytes",
    "TotalRequestTime",
)  # fmt: skip
NUMBERS = ("HttpStatus", "RequestBytes", "ResponseBytes", "TotalRequestTime")
COLUMN_KINDS: Mapping[str, pa.DataType] = {
    **dict.fromkeys(WANTED[1:], WORD), **dict.fromkeys(NUMBERS, pa.float64()),
}  # fmt: skip
MAPI_WANTED = (
    "DateTime", "SessionCookie", "AuthenticatedUser", "ClientSoftware", "ClientSoftwareVersion",
    "ClientMode", "ClientIP", "SourceCafeServer", "RequestType", "StatusCode",
    "TotalRequestLatency", "OperationSpecific", "GenericErrors",
)  # fmt: skip


def _fields(beginning: Head) -> list[str]:
    """Return the fields that a file begins with, named by a directive or by its first line."""
    for line in beginning.lines[:20]:
        text = line.partition(":")[2].strip() if line.startswith("#Fields:") else line
        if text.startswith("DateTime,"):
            return text.split(",")
    return []


def told_by(beginning: Head) -> bool:
    """Whether a file begins as a log of HttpProxy does."""
    return {"Protocol", "UrlStem", "HttpStatus"} <= {*_fields(beginning)}


def told_mapi(beginning: Head) -> bool:
    """Whether a file begins as a MAPI log of the back end does."""
    return {"MapiRequestId", "RequestType"} <= {*_fields(beginning)}


class HttpProxyReader:
    """Reads HttpProxy logs: RpcHttp into connections and attempts, Mapi into calls."""

    def __init__(self, tables: Tables) -> None:
        self.tables = tables
        self.channels = Channels(tables)

    def read(self, path: Path, quality: FileQuality) -> None:
        """Read a log; requests of other protocols are set apart."""
        for part in complete(csv_parts(path, quality), NEEDED, quality):
            rows, numbers = table(part, WANTED, ",", quality, True, COLUMN_KINDS)
            rows, numbers, end_s = timed(rows, numbers, "DateTime", self.tables, quality)
            probes = is_probe(rows, ("AuthenticatedUser", "UserAgent"), "ClientIpAddress")
            quality.set_apart("health probes", int(probes.sum()))
            rows, numbers, end_s = rows.filter(~probes), numbers[~probes], end_s[~probes]
            values, bad = {}, np.zeros(len(numbers), np.bool_)
            for name in NUMBERS:
                found, wrong = numbers_of(rows[name], pa.float64(), r"^\d{1,15}(\.\d{1,9})?$")
                is_wrong = wrong & ~bad
                quality.refuse(f"{name} is no number", numbers[is_wrong])
                bad |= is_wrong
                values[name] = pc.fill_null(found, math.nan).to_numpy()
            status = statuses(values["HttpStatus"])
            asks = is_challenge(rows["AuthenticatedUser"], status) & ~bad
            quality.set_apart("requests for credentials (401)", int(asks.sum()))
            channel = is_one_of(rows["Method"], IN, OUT) & ~bad & ~asks
            mapi = where(rows["UrlStem"], lambda values: pc.starts_with(
                values, "/mapi/emsmdb", ignore_case=True)) & ~bad & ~asks  # fmt: skip
            others = int((~channel & ~mapi & ~bad & ~asks).sum())
            quality.set_apart("requests of other protocols", others)
            quality.used += int(channel.sum() + mapi.sum())
            self._add_channels(rows.filter(channel), end_s[channel],
                               {name: each[channel] for name, each in values.items()})  # fmt: skip
            self._add_calls(rows.filter(mapi), end_s[mapi],
                            {name: each[mapi] for name, each in values.items()})  # fmt: skip

    def close(self) -> None:
        """Write the channels whose other half did not come."""
        self.channels.flush()

    def _add_channels(
        self, rows: pa.Table, end_s: npt.NDArray[np.float64],
        values: dict[str, npt.NDArray[np.float64]],
    ) -> None:  # fmt: skip
        if not len(end_s):
            return
        names, count = self.tables.names, len(end_s)
        none = pa.chunked_array([worded([""], np.zeros(count, np.int64))])
        self.channels.add(pa.table({
            "is_in": is_one_of(rows["Method"], IN),
            "mailbox": names.many("user", rows["AuthenticatedUser"]),
            "place": names.many("address", rows["ClientIpAddress"]),
            "server": names.many("server", rows["ServerHostName"]),
            "target": targets(rows["UrlQuery"]), "cookie": none,
            "status": statuses(values["HttpStatus"]),
            "substatus": np.zeros(count, np.int64), "win32": np.full(count, -1, np.int64),
            "end_s": end_s, "start_s": end_s - values["TotalRequestTime"] / 1000.0,
            "up": values["RequestBytes"], "down": values["ResponseBytes"],
        }))  # fmt: skip

    def _add_calls(
        self, rows: pa.Table, end_s: npt.NDArray[np.float64],
        values: dict[str, npt.NDArray[np.float64]],
    ) -> None:  # fmt: skip
        names = self.tables.names
        self.tables.write("rpcs", len(end_s), {
            "rpc": self.tables.ids("rpcs", len(end_s)), "group": GROUP,
            "mailbox": names.many("user", rows["AuthenticatedUser"]),
            "arrived_s": end_s - values["TotalRequestTime"] / 1000.0, "done_s": end_s,
            "bytes_up": values["RequestBytes"], "bytes_down": values["ResponseBytes"],
        })  # fmt: skip


class MapiReader(rca.RcaReader):
    """Reads MAPI logs of the back end as sessions and calls, as RPC Client Access logs."""

    needed: ClassVar[tuple[str, ...]] = ("DateTime", "SessionCookie", "RequestType")

    def parts(self, path: Path, quality: FileQuality) -> Iterator[Part]:
        """Return the parts of a log."""
        return csv_parts(path, quality)

    def rows(self, part: Part, quality: FileQuality) -> tuple[pa.Table, Numbers]:
        """Return the rows of a part under the names of an RPC Client Access log."""
        kinds = dict.fromkeys(MAPI_WANTED[1:], WORD)
        found, numbers = table(part, MAPI_WANTED, ",", quality, True, kinds)
        waits = is_one_of(found["RequestType"], "NotificationWait", "PING")
        quality.set_apart("waits for notifications", int(waits.sum()))
        keep = ~(waits | is_one_of(found["RequestType"], "RequestType"))
        found, numbers = found.filter(keep), numbers[keep]
        is_call = is_one_of(found["RequestType"], "Connect", "Disconnect")
        kind = pc.cast(found["RequestType"], pa.string())
        named = {
            "date-time": "DateTime", "session-id": "SessionCookie",
            "client-name": "AuthenticatedUser", "client-software": "ClientSoftware",
            "client-software-version": "ClientSoftwareVersion",
            "client-mode": "ClientMode", "client-ip": "ClientIP", "server-ip": "SourceCafeServer",
            "rpc-status": "StatusCode", "processing-time": "TotalRequestLatency",
            "operation-specific": "OperationSpecific", "failures": "GenericErrors",
        }  # fmt: skip
        columns = {name: found[own] for name, own in named.items()}
        columns["operation"] = pc.if_else(pa.array(is_call), kind, "")
        columns["protocol"] = pa.repeat(pa.scalar("MapiHttp"), len(numbers))
        return pa.table({name: columns[name] for name in rca.WANTED}), numbers


def statuses(values: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    """Return HTTP statuses as integers; 0 for what is none, as "inf", which reads as a number."""
    return np.where((values >= 0.0) & (values < 1000.0), values, 0.0).astype(np.int64)


def csv_parts(path: Path, quality: FileQuality) -> Iterator[Part]:
    """Return the parts of a log whose fields a directive, the first line, or both name."""
    first = head(path).lines[:1]
    named = first[0].split(",") if first and first[0].startswith("DateTime,") else []
    return parts(path, quality, ",", named, 1 if named else 0)


def timed(
    rows: pa.Table, numbers: Numbers, column: str, tables: Tables, quality: FileQuality
) -> tuple[pa.Table, Numbers, npt.NDArray[np.float64]]:
    """Return the rows that have an instant, and these; a line of names is left out."""
    when = instants(rows[column], rca.TIME)
    names = pc.fill_null(pc.equal(rows[column], column), False).to_numpy()
    bad = pc.is_null(when).to_numpy()
    quality.refuse("has no date and time", numbers[bad & ~names])
    quality.set_apart("lines of names", int(names.sum()))
    time_s = tables.seconds(when)
    quality.clock(time_s[~bad], numbers[~bad])
    return rows.filter(~bad), numbers[~bad], time_s[~bad]
