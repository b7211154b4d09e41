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

from anywhere_sim.formats.columns import (
    WORD,
    encoded,
    instants,
    is_one_of,
    is_probe,
    numbers_of,
    table,
    texts,
    where,
    worded,
)
from anywhere_sim.formats.quality import FileQuality
from anywhere_sim.formats.reading import Head, Numbers, Part, complete, parts
from anywhere_sim.formats.tables import GROUP, Tables

NEEDED = ("date-time", "session-id", "operation")
WANTED = (
    "date-time", "session-id", "client-name", "client-software", "client-software-version",
    "client-mode", "client-ip", "server-ip", "protocol", "operation", "rpc-status",
    "processing-time", "operation-specific", "failures",
)  # fmt: skip
OF_SESSION = (
    "client-name", "client-ip", "server-ip", "protocol", "client-mode", "client-software-version",
)  # fmt: skip
Pair = tuple[str | None, str | None]
Words = tuple[str | None, ...]
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
    rpcs: int = 0
    rops: int = 0
    last_s: float = math.nan


class RcaReader:
    """Reads RPC Client Access logs into connections, attempts, calls, actions and states."""

    needed: ClassVar[tuple[str, ...]] = NEEDED

    def __init__(self, tables: Tables) -> None:
        self.tables = tables
        self._open: dict[Pair, _Session] = {}
        self._known: dict[Words, dict[str, str | None]] = {}
        self._ended: list[tuple[_Session, float, str | None]] = []
        self._intervals: list[tuple[str, str, str, float, float]] = []

    def read(self, path: Path, quality: FileQuality) -> None:
        """Read a log."""
        for part in complete(self.parts(path, quality), self.needed, quality):
            rows, numbers = self.rows(part, quality)
            when = instants(rows["date-time"], TIME)
            bad = pc.is_null(when).to_numpy()
            quality.refuse("has no date and time", numbers[bad])
            time_s = self.tables.seconds(when)
            quality.clock(time_s[~bad], numbers[~bad])
            probes = is_probe(rows, ("client-name", "client-software"), "client-ip") & ~bad
            quality.set_apart("health probes", int(probes.sum()))
            keep = ~(bad | probes)
            quality.used += int(keep.sum())
            if keep.all():
                self._add(rows, time_s)
            elif keep.any():
                self._add(rows.filter(keep), time_s[keep])
        self._write_ended()

    def parts(self, path: Path, quality: FileQuality) -> Iterator[Part]:
        """Return the parts of a log."""
        return parts(path, quality, ",")

    def rows(self, part: Part, quality: FileQuality) -> tuple[pa.Table, Numbers]:
        """Return the rows of a part, and their line numbers."""
        return table(part, WANTED, ",", quality, True, dict.fromkeys(WANTED[1:], WORD))

    def close(self) -> None:
        """Write sessions whose end no log has, and when each mailbox was connected."""
        for key in [*self._open]:
            self._end(key, math.nan, None)
        self._write_ended()
        self._write_states()

    def _add(self, rows: pa.Table, time_s: npt.NDArray[np.float64]) -> None:
        failed = where(rows["rpc-status"], _is_failure)
        failed |= where(rows["failures"], lambda values: pc.not_equal(values, ""))
        is_connect = is_one_of(rows["operation"], "Connect")
        refused = is_connect & failed
        if refused.any():
            for words, at_s in zip(_words(rows, refused), time_s[refused], strict=True):
                self._refused(words, float(at_s))
            rows, time_s, failed = rows.filter(~refused), time_s[~refused], failed[~refused]
            is_connect = is_connect[~refused]
        if not len(time_s):
            return
        is_end = is_one_of(rows["operation"], "Disconnect")
        keys, codes = _both(rows["server-ip"], rows["session-id"])
        connects = np.flatnonzero(is_connect)
        for index, words in zip(connects, _words(rows, connects), strict=True):
            self._begin(keys[codes[index]], words, float(time_s[index]))
        first = np.full(len(keys), -1)
        first[codes[::-1]] = np.arange(len(codes))[::-1]
        known = {code: self._open[key] for code, key in enumerate(keys) if key in self._open}
        new = np.array([code for code in range(len(keys)) if code not in known], np.int64)
        for code, words in zip(new.tolist(), _words(rows, first[new]), strict=True):
            known[code] = self._begin(keys[code], words, math.nan)
        sessions = [known[code] for code in range(len(keys))]
        self._calls(rows, time_s, sessions, codes, ~(is_connect | is_end), failed)
        for index in np.flatnonzero(is_end):
            self._end(keys[codes[index]], float(time_s[index]), "closed")

    def _begin(self, key: Pair, words: Words, time_s: float) -> _Session:
        if key in self._open:
            self._end(key, math.nan, None)
        if len(self._open) >= MOST_OPEN:
            self._end(next(iter(self._open)), math.nan, None)
        connection = int(self.tables.ids("attempts", 1)[0])
        own = self._open[key] = _Session(connection, time_s, self._told(words), last_s=time_s)
        return own

    def _told(self, words: Words) -> dict[str, str | None]:
        """Return what the tables say of a session with these words."""
        told = self._known.get(words)
        if told is None:
            if len(self._known) >= MOST_OPEN:
                self._known.clear()
            name, address, server, protocol, mode, version = words
            names = self.tables.names
            told = self._known[words] = {
                "mailbox": names.one("user", name), "place": names.one("address", address),
                "server": names.one("server", server),
                "path": PATHS.get((protocol or "").lower()),
                "mode": MODES.get((mode or "").lower()),
                "client": CLIENTS.get((version or "").partition(".")[0]),
            }  # fmt: skip
        return told

    def _refused(self, words: Words, time_s: float) -> None:
        own = self._told(words)
        self.tables.write("attempts", 1, {
            "attempt": self.tables.ids("attempts", 1), "group": GROUP, "service": "mail",
            "mailbox": [own["mailbox"]], "place": [own["place"]], "path": [own["path"]],
            "end_s": np.array([time_s]), "outcome": "failed", "failed_stage": "logon",
        })  # fmt: skip

    def _calls(
        self, rows: pa.Table, time_s: npt.NDArray[np.float64], sessions: list[_Session],
        codes: npt.NDArray[np.int32], chosen: npt.NDArray[np.bool_],
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
        kinds, carried_each, which = _kinds(rows)
        rops = carried_each[which]
        took_s = _spans(rows["processing-time"])
        connections = np.array([own.connection for own in sessions], np.int64)[codes]
        for code, count, carried, last_s in _per_session(codes, rops, time_s):
            own = sessions[code]
            own.rpcs, own.rops, own.last_s = own.rpcs + count, own.rops + carried, last_s
        names = self.tables.names
        mailbox = names.many("user", rows["client-name"])
        online = where(
            rows["client-mode"], lambda values: pc.equal(pc.utf8_lower(values), "classic")
        )
        actions = [ACTIONS.get(kind or "") for kind in kinds]
        acts = np.flatnonzero(online & np.array([each is not None for each in actions])[which])
        operation = np.zeros(len(codes), np.int64)
        operation[acts] = self.tables.ids("operations", len(acts))
        self.tables.write("operations", len(acts), {
            "operation": operation[acts], "connection": connections[acts],
            "mailbox": mailbox.take(pa.array(acts)), "group": GROUP,
            "kind": worded(actions, which[acts]),
            "place": names.many("address", rows["client-ip"]).take(pa.array(acts)),
            "start_s": time_s[acts] - np.nan_to_num(took_s[acts]), "wait_s": took_s[acts],
            "served_by": "server", "rpcs": np.ones(len(acts), np.int64), "rops": rops[acts],
            "outcome": worded(("done", "failed"), failed[acts].astype(np.int64)),
        })  # fmt: skip
        self.tables.write("rpcs", len(codes), {
            "rpc": self.tables.ids("rpcs", len(codes)), "connection": connections,
            "mailbox": mailbox, "group": GROUP, "operation": operation,
            "kind": worded(kinds, which), "rops": rops,
            "arrived_s": time_s - took_s, "done_s": time_s,
        })  # fmt: skip

    def _end(self, key: Pair, time_s: float, reason: str | None) -> None:
        own = self._open.pop(key, None)
        if own is None:
            return
        self._ended.append((own, time_s, reason))
        last_s = own.last_s if math.isnan(time_s) else time_s
        mailbox, mode, start_s = own.words["mailbox"], own.words["mode"], own.start_s
        if mailbox and mode and last_s > start_s and len(self._intervals) < MOST_SESSIONS:
            self._intervals.append((mailbox, mode, own.words["place"] or "", start_s, last_s))
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
            "client": pa.array([own.words["client"] for own in sessions], pa.string()),
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


def _words(rows: pa.Table, chosen: npt.NDArray[Any]) -> list[Words]:
    """Return what some rows (a mask, or indices) say of their sessions."""
    indices = np.flatnonzero(chosen) if chosen.dtype == np.bool_ else chosen
    found = []
    for column in OF_SESSION:
        values, codes = encoded(rows[column].take(pa.array(indices, pa.int64())))
        words = [*texts(values), None]
        found.append([words[code] for code in codes])
    return [*zip(*found, strict=True)]


def _both(one: pa.ChunkedArray, other: pa.ChunkedArray) -> tuple[list[Pair], npt.NDArray[np.int32]]:
    """Return the pairs of two columns' values, each once, and the index of each row's."""
    (one_values, one_codes), (other_values, other_codes) = encoded(one), encoded(other)
    ones, others = [*texts(one_values), None], [*texts(other_values), None]
    size = np.int64(len(others))
    together = pa.array((one_codes % len(ones)) * size + other_codes % size).dictionary_encode()
    first, second = np.divmod(together.dictionary.to_numpy(), size)
    pairs = zip(map(ones.__getitem__, first), map(others.__getitem__, second), strict=True)
    return [*pairs], together.indices.to_numpy()


def _is_failure(statuses: pa.Array) -> pa.Array:
    """Return which statuses are numbers other than 0."""
    text = pa.chunked_array([pc.utf8_lower(statuses)])
    return pc.not_equal(numbers_of(text, pa.int64())[0], 0)


def _kinds(
    rows: pa.Table,
) -> tuple[list[str | None], npt.NDArray[np.int64], npt.NDArray[np.int32]]:
    """Return the kinds of calls and how many operations each carries, and each row's index.

    The first operation that is known names the kind.
    """
    pairs, which = _both(rows["operation"], rows["operation-specific"])
    kinds, counts = [], []
    for operation, specific in pairs:
        text = f"{operation or ''} >{specific or ''}"
        own, *others = [part.strip(" ;") for part in text.split(">")]
        carried = [name.partition(";")[0].partition(" ")[0] for name in others if name]
        carried = [own, *carried] if own else carried
        kinds.append(next((KINDS[name] for name in carried if name in KINDS), None))
        counts.append(len(carried))
    return kinds, np.array(counts, np.int64), which


def _per_session(
    codes: npt.NDArray[np.int32], rops: npt.NDArray[np.int64], time_s: npt.NDArray[np.float64]
) -> Iterator[tuple[int, int, int, float]]:
    counts, carried = np.bincount(codes), np.bincount(codes, weights=rops)
    last_s = np.full(len(counts), -np.inf)
    np.maximum.at(last_s, codes, time_s)
    own = np.flatnonzero(counts)
    columns = own, counts[own], carried[own].astype(np.int64), last_s[own]
    yield from zip(*(column.tolist() for column in columns), strict=True)


def _spans(text: pa.ChunkedArray) -> npt.NDArray[np.float64]:
    """Return lengths of time in seconds: "00:00:00.0150000", or a number of milliseconds."""
    values, codes = encoded(text)
    found = pc.extract_regex(values, SPAN)
    hours, minutes, seconds = (
        pc.cast(pc.struct_field(found, name), pa.float64()) for name in ("h", "m", "s")
    )
    whole = pc.add(pc.add(pc.multiply(hours, 3600.0), pc.multiply(minutes, 60.0)), seconds)
    rest = pa.chunked_array([pc.if_else(pc.is_null(found), values, None)])
    plain, _ = numbers_of(rest, pa.float64(), r"^\d{1,12}$")
    either = pc.fill_null(pc.coalesce(whole, pc.divide(plain, 1000.0)), math.nan).to_numpy()
    return np.append(np.asarray(either, np.float64), math.nan)[codes]
