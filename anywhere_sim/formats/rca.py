"""RPC Client Access logs (CSV, 2010 and 2013 on): sessions, calls, and what a person waits for."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from anywhere_sim.formats.privacy import texts
from anywhere_sim.formats.quality import FileQuality
from anywhere_sim.formats.reading import (
    Head,
    Numbers,
    Part,
    complete,
    instants,
    is_probe,
    numbers_of,
    parts,
    table,
)
from anywhere_sim.formats.tables import GROUP, Tables

NEEDED = ("date-time", "session-id", "operation")
WANTED = (
    "date-time", "session-id", "client-name", "client-software", "client-software-version",
    "client-mode", "client-ip", "server-ip", "protocol", "operation", "rpc-status",
    "processing-time", "operation-specific", "failures",
)  # fmt: skip
TIME = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?$"
SPAN = r"^(?P<h>\d{1,3}):(?P<m>\d{1,2}):(?P<s>\d{1,2}(?:\.\d{1,9})?)$"
PATHS: Mapping[str, str] = {"ncacn_ip_tcp": "tcp", "ncacn_http": "https", "mapihttp": "https"}
MODES: Mapping[str, str] = {"cached": "cached", "classic": "online"}
SOFTWARE = {"outlook2002": "10.0", "outlook2003": "11.0", "outlook2007": "12.0"}
CLIENTS = {version.partition(".")[0]: client for client, version in SOFTWARE.items()}
ROPS: Mapping[str, str] = {
    "logon": "OwnerLogon", "open_folder": "OpenFolder", "hierarchy": "GetHierarchyTable",
    "open_table": "GetContentsTable", "query_rows": "QueryRows", "search": "SetSearchCriteria",
    "search_status": "GetSearchCriteria", "open_item": "OpenMessage", "read_body": "OpenStream",
    "read_properties": "GetPropertiesSpecific", "open_attachment": "OpenAttachment",
    "set_read_flag": "SetMessageReadFlag", "set_properties": "SetProperties",
    "save_item": "SaveChangesMessage", "create_item": "CreateMessage",
    "write_body": "WriteStream", "submit": "SubmitMessage", "delete_item": "DeleteMessages",
    "move_item": "MoveCopyMessages", "sync_configure": "SynchronizationConfigure",
    "sync_hierarchy": "SynchronizationImportHierarchyChange",
    "sync_buffer": "FastTransferSourceGetBuffer",
    "sync_import": "SynchronizationImportMessageChange",
    "sync_changes": "SynchronizationImportReadStateChanges",
    "sync_state": "SynchronizationGetTransferState",
}  # fmt: skip
"""The operation by whose name a call of each kind is known (names of [MS-OXCROPS])."""
KINDS = {name: kind for kind, name in ROPS.items()}
ACTIONS: Mapping[str, str] = {
    "open_item": "read", "open_attachment": "open_attachment", "submit": "send",
    "search": "search", "delete_item": "delete", "move_item": "move", "open_table": "view_folder",
}  # fmt: skip
"""What a person does by a call, where Outlook works online and the call makes her wait."""
MOST_OPEN = 200_000
MOST_SESSIONS = 1_000_000


def told_by(head: Head) -> bool:
    """Whether a file begins as an RPC Client Access log does."""
    first = head.lines[:8]
    return any("session-id" in line and "rpc-status" in line for line in first)


@dataclass(slots=True)
class _Session:
    """A session that is open: its connection, and what is known of it."""

    connection: int
    start_s: float
    words: dict[str, str | None]
    mode: str | None
    client: str | None
    rpcs: int = 0
    rops: int = 0
    last_s: float = math.nan


class RcaReader:
    """Reads RPC Client Access logs into connections, attempts, calls, actions and states."""

    needed: ClassVar[tuple[str, ...]] = NEEDED

    def __init__(self, tables: Tables) -> None:
        self.tables = tables
        self._open: dict[str, _Session] = {}
        self._ended: list[tuple[_Session, float, str | None]] = []
        self._intervals: list[tuple[str, str, str, float, float]] = []

    def read(self, path: Path, quality: FileQuality) -> None:
        """Read a log."""
        for part in complete(self.parts(path, quality), self.needed, quality):
            rows, numbers = self.rows(part, quality)
            when = instants(pc.utf8_rtrim(rows["date-time"], "Z"), TIME)
            bad = pc.is_null(when).to_numpy()
            quality.refuse("has no date and time", numbers[bad])
            time_s = self.tables.seconds(when)
            quality.clock(time_s[~bad], numbers[~bad])
            probes = is_probe(rows, ("client-name", "client-software"), "client-ip") & ~bad
            quality.set_apart("health probes", int(probes.sum()))
            keep = ~(bad | probes)
            quality.used += int(keep.sum())
            if keep.any():
                self._add(rows.filter(keep), time_s[keep])
        self._write_ended()

    def parts(self, path: Path, quality: FileQuality) -> Iterator[Part]:
        """Return the parts of a log."""
        return parts(path, quality, ",")

    def rows(self, part: Part, quality: FileQuality) -> tuple[pa.Table, Numbers]:
        """Return the rows of a part, and their line numbers."""
        return table(part, WANTED, ",", quality, quoted=True)

    def close(self) -> None:
        """Write sessions whose end no log has, and when each mailbox was connected."""
        for key in [*self._open]:
            self._end(key, math.nan, None)
        self._write_ended()
        self._write_states()

    def _add(self, rows: pa.Table, time_s: npt.NDArray[np.float64]) -> None:
        status, _ = numbers_of(pc.utf8_lower(rows["rpc-status"]), pa.int64())
        failed = (pc.fill_null(status, 0).to_numpy() != 0) | (
            pc.fill_null(pc.not_equal(rows["failures"], ""), False).to_numpy()
        )
        is_connect = pc.fill_null(pc.equal(rows["operation"], "Connect"), False).to_numpy()
        refused = is_connect & failed
        for index in np.flatnonzero(refused):
            self._refused(_words(rows, int(index)), float(time_s[index]))
        rows, time_s, failed = rows.filter(~refused), time_s[~refused], failed[~refused]
        if not len(time_s):
            return
        is_connect = is_connect[~refused]
        is_end = pc.fill_null(pc.equal(rows["operation"], "Disconnect"), False).to_numpy()
        session = pc.binary_join_element_wise(
            pc.fill_null(rows["server-ip"], ""), pc.fill_null(rows["session-id"], ""), "/"
        ).combine_chunks().dictionary_encode()  # fmt: skip
        keys, codes = texts(session.dictionary), session.indices.to_numpy()
        for index in np.flatnonzero(is_connect):
            self._begin(str(keys[codes[index]]), rows, int(index), float(time_s[index]))
        first = np.full(len(keys), -1)
        first[codes[::-1]] = np.arange(len(codes))[::-1]
        ids = np.zeros(len(keys), np.int64)
        for code, key in enumerate(keys):
            own = self._open.get(str(key))
            if own is None:
                own = self._begin(str(key), rows, int(first[code]), math.nan)
            ids[code] = own.connection
        self._calls(rows, time_s, ids, codes, keys, ~(is_connect | is_end), failed)
        for index in np.flatnonzero(is_end):
            self._end(str(keys[codes[index]]), float(time_s[index]), "closed")

    def _begin(self, key: str, rows: pa.Table, index: int, time_s: float) -> _Session:
        if key in self._open:
            self._end(key, math.nan, None)
        if len(self._open) >= MOST_OPEN:
            self._end(next(iter(self._open)), math.nan, None)
        words = _words(rows, index)
        mode = MODES.get((words.pop("mode") or "").lower())
        connection = int(self.tables.ids("attempts", 1)[0])
        client = CLIENTS.get((words["version"] or "").partition(".")[0])
        own = self._open[key] = _Session(connection, time_s, self._hashed(words), mode, client)
        own.last_s = time_s
        return own

    def _hashed(self, words: dict[str, str | None]) -> dict[str, str | None]:
        names = self.tables.names
        return {
            "mailbox": names.one("user", words["name"]),
            "place": names.one("address", words["address"]),
            "server": names.one("server", words["server"]),
            "path": PATHS.get((words["protocol"] or "").lower()),
        }

    def _refused(self, words: dict[str, str | None], time_s: float) -> None:
        own = self._hashed(words)
        self.tables.write("attempts", 1, {
            "attempt": self.tables.ids("attempts", 1), "group": GROUP, "service": "mail",
            "mailbox": [own["mailbox"]], "place": [own["place"]], "path": [own["path"]],
            "end_s": np.array([time_s]), "outcome": "failed", "failed_stage": "logon",
        })  # fmt: skip

    def _calls(
        self, rows: pa.Table, time_s: npt.NDArray[np.float64], ids: npt.NDArray[np.int64],
        codes: npt.NDArray[np.int32], keys: list[str | None], chosen: npt.NDArray[np.bool_],
        failed: npt.NDArray[np.bool_],
    ) -> None:  # fmt: skip
        """Write the calls, and the actions that a person waits for."""
        if not chosen.any():
            return
        rows, time_s, codes, failed = (
            rows.filter(chosen),
            time_s[chosen],
            codes[chosen],
            failed[chosen],
        )
        kinds, rops = _kinds(rows)
        took_s = _spans(rows["processing-time"])
        connections = ids[codes]
        for code, count, carried, last_s in _per_session(codes, rops, time_s):
            own = self._open[str(keys[code])]
            own.rpcs, own.rops, own.last_s = own.rpcs + count, own.rops + carried, last_s
        names = self.tables.names
        mailbox = names.many("user", rows["client-name"])
        online = pc.equal(pc.utf8_lower(pc.fill_null(rows["client-mode"], "")), "classic")
        actions = [ACTIONS.get(kind or "") for kind in kinds]
        acts = np.flatnonzero(online.to_numpy() & np.array([each is not None for each in actions]))
        operation = np.zeros(len(codes), np.int64)
        operation[acts] = self.tables.ids("operations", len(acts))
        self.tables.write("operations", len(acts), {
            "operation": operation[acts], "connection": connections[acts],
            "mailbox": mailbox.take(pa.array(acts)), "group": GROUP,
            "kind": [actions[index] for index in acts],
            "place": names.many("address", rows["client-ip"]).take(pa.array(acts)),
            "start_s": time_s[acts] - np.nan_to_num(took_s[acts]), "wait_s": took_s[acts],
            "served_by": "server", "rpcs": np.ones(len(acts), np.int64), "rops": rops[acts],
            "outcome": pc.if_else(pa.array(failed[acts]), "failed", "done"),
        })  # fmt: skip
        self.tables.write("rpcs", len(codes), {
            "rpc": self.tables.ids("rpcs", len(codes)), "connection": connections,
            "mailbox": mailbox, "group": GROUP, "operation": operation,
            "kind": pa.array(kinds, pa.string()), "rops": rops,
            "arrived_s": time_s - took_s, "done_s": time_s,
        })  # fmt: skip

    def _end(self, key: str, time_s: float, reason: str | None) -> None:
        own = self._open.pop(key, None)
        if own is None:
            return
        self._ended.append((own, time_s, reason))
        last_s = own.last_s if math.isnan(time_s) else time_s
        mailbox, start_s = own.words["mailbox"], own.start_s
        if mailbox and own.mode and last_s > start_s and len(self._intervals) < MOST_SESSIONS:
            place = own.words["place"] or ""
            self._intervals.append((mailbox, own.mode, place, start_s, last_s))
        if len(self._ended) > 50_000:
            self._write_ended()

    def _write_ended(self) -> None:
        ended, self._ended = self._ended, []
        if not ended:
            return
        sessions = [own for own, _, _ in ended]
        ids = np.array([own.connection for own in sessions], np.int64)
        start_s = np.array([own.start_s for own in sessions])
        words: dict[str, Any] = {
            name: pa.array([own.words[name] for own in sessions], pa.string())
            for name in ("mailbox", "place", "path")
        }
        self.tables.write("attempts", len(ended), {
            "attempt": ids, **words, "group": GROUP, "service": "mail", "auth_s": start_s,
            "client": pa.array([own.client for own in sessions], pa.string()),
            "end_s": start_s, "outcome": "connected", "failed_stage": "",
        })  # fmt: skip
        self.tables.write("connections", len(ended), {
            "connection": ids, "attempt": ids, **words, "group": GROUP, "service": "mail",
            "server": pa.array([own.words["server"] for own in sessions], pa.string()),
            "start_s": start_s, "end_s": np.array([end_s for _, end_s, _ in ended]),
            "end_reason": pa.array([reason for _, _, reason in ended], pa.string()),
            "rpcs": np.array([own.rpcs for own in sessions], np.int64),
            "rops": np.array([own.rops for own in sessions], np.int64),
        })  # fmt: skip

    def _write_states(self) -> None:
        """Write when each mailbox was connected, its sessions side by side taken together."""
        joined: list[list[Any]] = []
        for mailbox, mode, place, start_s, end_s in sorted(self._intervals):
            last = joined[-1] if joined else None
            if last and last[:3] == [mailbox, mode, place] and start_s <= last[4]:
                last[4] = max(last[4], end_s)
            else:
                joined.append([mailbox, mode, place, start_s, end_s])
        if joined:
            mailboxes, modes, places, starts, ends = (
                list(each) for each in zip(*joined, strict=True)
            )
            self.tables.write("states", len(joined), {
                "mailbox": mailboxes, "group": GROUP, "place": places, "mode": modes,
                "state": "connected", "start_s": np.array(starts), "end_s": np.array(ends),
            })  # fmt: skip
        self._intervals = []


def _words(rows: pa.Table, index: int) -> dict[str, str | None]:
    columns = {
        "name": "client-name", "address": "client-ip", "server": "server-ip",
        "protocol": "protocol", "mode": "client-mode", "version": "client-software-version",
    }  # fmt: skip
    return {name: texts(rows[column].slice(index, 1))[0] for name, column in columns.items()}


def _kinds(rows: pa.Table) -> tuple[list[str | None], npt.NDArray[np.int64]]:
    """Return the kind of each call, by its first known operation, and how many it carried."""
    text = pc.binary_join_element_wise(
        pc.fill_null(rows["operation"], ""), pc.fill_null(rows["operation-specific"], ""), " >"
    )
    encoded = text.combine_chunks().dictionary_encode()
    kinds, counts = [], []
    for each in texts(encoded.dictionary):
        own, *others = [part.strip(" ;") for part in (each or "").split(">")]
        carried = [name.partition(";")[0].partition(" ")[0] for name in others if name]
        carried = [own, *carried] if own else carried
        kinds.append(next((KINDS[name] for name in carried if name in KINDS), None))
        counts.append(len(carried))
    codes = encoded.indices.to_numpy()
    return [kinds[code] for code in codes], np.array(counts, np.int64)[codes]


def _per_session(
    codes: npt.NDArray[np.int32], rops: npt.NDArray[np.int64], time_s: npt.NDArray[np.float64]
) -> Iterator[tuple[int, int, int, float]]:
    own, which = np.unique(codes, return_inverse=True)
    counts, carried = np.bincount(which), np.bincount(which, weights=rops)
    last_s = np.full(len(own), -np.inf)
    np.maximum.at(last_s, which, time_s)
    for code, *values in zip(own, counts, carried, last_s, strict=True):
        yield int(code), int(values[0]), int(values[1]), float(values[2])


def _spans(text: pa.ChunkedArray) -> npt.NDArray[np.float64]:
    """Return lengths of time in seconds: "00:00:00.0150000", or a number of milliseconds."""
    found = pc.extract_regex(text, SPAN)
    hours, minutes, seconds = (
        pc.cast(pc.struct_field(found, name), pa.float64()) for name in ("h", "m", "s")
    )
    whole = pc.add(pc.add(pc.multiply(hours, 3600.0), pc.multiply(minutes, 60.0)), seconds)
    plain, _ = numbers_of(pc.if_else(pc.is_null(found), text, None), pa.float64(), r"^\d{1,12}$")
    either = pc.coalesce(whole, pc.divide(plain, 1000.0))
    return np.asarray(pc.fill_null(either, math.nan).to_numpy(), np.float64)
