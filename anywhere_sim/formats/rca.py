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
    mapped,
    numbers_of,
    spans,
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
TIME = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?$"
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
MOST_ENDED = 50_001
"""Sessions that have ended, and wait to be written."""
OF_CALLS = [
    "operation", "operation-specific", "processing-time", "client-mode", "mailbox", "place",
]  # fmt: skip
NAMED: Mapping[str, tuple[str, str]] = {
    "mailbox": ("user", "client-name"), "place": ("address", "client-ip"),
    "server": ("server", "server-ip"),
}  # fmt: skip
"""Columns of the tables, and of what and from which column of the log they are names."""
SESSIONS = pa.schema(
    [("key", pa.string()), ("connection", pa.int64()), ("start_s", pa.float64()),
     ("last_s", pa.float64()), ("rpcs", pa.int64()), ("rops", pa.int64())]
    + [(name, pa.string()) for name in ("mailbox", "place", "server", "path", "mode", "client")]
)  # fmt: skip
"""What is known of a session that is open; times are NaN where they are not known."""
Rows = npt.NDArray[np.int64]
Times = npt.NDArray[np.float64]
Marks = npt.NDArray[np.bool_]


def told_by(head: Head) -> bool:
    """Whether a file begins as an RPC Client Access log does."""
    first = head.lines[:8]
    return any("session-id" in line and "rpc-status" in line for line in first)


@dataclass(frozen=True, slots=True)
class _Spells:
    """The lines of each session between one Connect and the next, as arrays by spell.

    A spell has the code of its session, its first line, and whether that is a Connect; `of_line` is
    the spell of each line. Spells of one session follow each other.
    """

    code: Rows
    first: Rows
    connects: Marks
    of_line: Rows

    @classmethod
    def of(cls, codes: npt.NDArray[np.int32], is_connect: Marks) -> _Spells:
        """Return the spells of lines with these codes of sessions."""
        order = np.argsort(codes, kind="stable")
        own = codes[order]
        begins = np.concatenate([[True], own[1:] != own[:-1]]) | is_connect[order]
        of_line = np.empty(len(codes), np.int64)
        of_line[order] = np.cumsum(begins) - 1
        first = order[begins]
        return cls(own[begins].astype(np.int64), first, is_connect[first], of_line)

    def is_last(self) -> Marks:
        """Return which spells no other of the same session follows."""
        return np.concatenate([self.code[1:] != self.code[:-1], [True]])


class RcaReader:
    """Reads RPC Client Access logs into connections, attempts, calls, actions and states."""

    needed: ClassVar[tuple[str, ...]] = NEEDED

    def __init__(self, tables: Tables) -> None:
        self.tables = tables
        self._open = SESSIONS.empty_table()
        """Sessions that no line has ended, in the order in which they began."""
        self._ended: list[pa.Table] = []
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
        self._end(self._open, np.full(len(self._open), math.nan), None)
        self._open = SESSIONS.empty_table()
        self._write_ended(0)
        self._write_states()

    def _add(self, rows: pa.Table, time_s: Times) -> None:
        failed = where(rows["rpc-status"], _is_failure)
        failed |= where(rows["failures"], lambda values: pc.not_equal(values, ""))
        is_connect = is_one_of(rows["operation"], "Connect")
        for name, (kind, column) in NAMED.items():
            rows = rows.append_column(name, self.tables.names.many(kind, rows[column]))
        refused = is_connect & failed
        if refused.any():
            self._refused(rows.filter(refused), time_s[refused])
            rows, time_s, failed = rows.filter(~refused), time_s[~refused], failed[~refused]
            is_connect = is_connect[~refused]
        if not len(time_s):
            return
        is_end = is_one_of(rows["operation"], "Disconnect")
        keys, codes = _keys(rows["server-ip"], rows["session-id"])
        spells = _Spells.of(codes, is_connect)
        was_open = _places(keys, self._open["key"])
        # the sessions of this block: those that are open, then those that begin in it
        which = self._begin(rows, time_s, keys, spells, was_open)
        chosen = ~(is_connect | is_end)
        of_line = which[spells.of_line]
        rops = self._calls(rows, time_s, self._open["connection"].to_numpy()[of_line], chosen,
                           failed)  # fmt: skip
        self._count(of_line[chosen], rops, time_s[chosen])
        self._end_some(spells, was_open, which, np.flatnonzero(is_end), time_s)

    def _begin(
        self, rows: pa.Table, time_s: Times, keys: pa.Array, spells: _Spells, was_open: Rows
    ) -> Rows:
        """Open the sessions that begin; return the place of each spell's among the open ones.

        Those with a Connect are numbered in the order of their lines, then those that began before
        the log, of whose begin nothing is known.
        """
        which = np.where(spells.connects, -1, was_open[spells.code])
        new = np.flatnonzero(which < 0)
        order = np.where(spells.connects, spells.first, len(time_s) + spells.code)[new]
        new = new[np.argsort(order, kind="stable")]
        which[new] = len(self._open) + np.arange(len(new))
        first = spells.first[new]
        begin_s = np.where(spells.connects[new], time_s[first], math.nan)
        none = np.zeros(len(new), np.int64)
        ids = self.tables.ids("attempts", len(new))
        columns = [keys.take(pa.array(spells.code[new])), ids, begin_s, begin_s, none, none]
        begun = pa.table([*columns, *self._told(rows, first)], schema=SESSIONS)
        self._open = pa.concat_tables([self._open, begun]).combine_chunks()
        return which

    def _told(self, rows: pa.Table, chosen: Rows) -> list[pa.ChunkedArray]:
        """Return what the tables say of some lines' sessions: the last six of SESSIONS."""
        rows = rows.take(pa.array(chosen))
        told = [
            *(rows[name] for name in NAMED),
            mapped(rows["protocol"], lambda text: PATHS.get(text.lower())),
            mapped(rows["client-mode"], lambda text: MODES.get(text.lower())),
            mapped(
                rows["client-software-version"], lambda text: CLIENTS.get(text.partition(".")[0])
            ),
        ]
        return [each.cast(pa.string()) for each in told]

    def _refused(self, rows: pa.Table, time_s: Times) -> None:
        mailbox, place, _, path, *_ = self._told(rows, np.arange(len(time_s)))
        self.tables.write("attempts", len(time_s), {
            "attempt": self.tables.ids("attempts", len(time_s)), "group": GROUP, "service": "mail",
            "mailbox": mailbox, "place": place, "path": path,
            "end_s": time_s, "outcome": "failed", "failed_stage": "logon",
        })  # fmt: skip

    def _count(self, of_call: Rows, rops: Rows, time_s: Times) -> None:
        """Add calls to the open sessions, by the place of each call's."""
        size = len(self._open)
        calls = np.bincount(of_call, minlength=size)
        carried = np.bincount(of_call, weights=rops, minlength=size).astype(np.int64)
        latest_s = np.full(size, -math.inf)
        np.maximum.at(latest_s, of_call, time_s)
        last_s = np.where(calls > 0, latest_s, self._open["last_s"].to_numpy())
        for name, values in (
            ("last_s", last_s), ("rpcs", self._open["rpcs"].to_numpy() + calls),
            ("rops", self._open["rops"].to_numpy() + carried),
        ):  # fmt: skip
            place = SESSIONS.get_field_index(name)
            self._open = self._open.set_column(place, SESSIONS.field(name), pa.array(values))

    def _end_some(
        self, spells: _Spells, was_open: Rows, which: Rows, ends: Rows, time_s: Times
    ) -> None:
        """End the open sessions that a Disconnect ends, or another Connect, or that are too many.

        `which` is the place of each spell's session, `ends` are the lines that say Disconnect.
        """
        closed, first_end = np.unique(spells.of_line[ends], return_index=True)
        has_end = np.zeros(len(which), np.bool_)
        has_end[closed] = True
        cut = np.flatnonzero(~has_end & ~spells.is_last())
        leads = np.concatenate([[True], spells.code[1:] != spells.code[:-1]])
        anew = np.flatnonzero(leads & spells.connects & (was_open[spells.code] >= 0))
        places = np.concatenate([which[cut], was_open[spells.code[anew]]])
        lines = np.concatenate([spells.first[cut + 1], spells.first[anew]])
        replaced = places[np.argsort(lines, kind="stable")]
        by_line = np.argsort(ends[first_end], kind="stable")
        closed, end_s = closed[by_line], time_s[ends[first_end]][by_line]
        self._end(self._open.take(pa.array(replaced)), np.full(len(replaced), math.nan), None)
        self._end(self._open.take(pa.array(which[closed])), end_s, "closed")
        stays = np.ones(len(self._open), np.bool_)
        stays[replaced] = stays[which[closed]] = False
        over = max(int(stays.sum()) - MOST_OPEN, 0)
        oldest = np.flatnonzero(stays)[:over]
        stays[oldest] = False
        self._end(self._open.take(pa.array(oldest)), np.full(over, math.nan), None)
        self._open = self._open.filter(pa.array(stays)).combine_chunks()

    def _calls(
        self, rows: pa.Table, time_s: Times, connections: Rows, chosen: Marks, failed: Marks
    ) -> Rows:
        """Write the chosen lines as calls, and the actions that a person waits for.

        Returns how many operations each call carried.
        """
        if not chosen.any():
            return np.zeros(0, np.int64)
        rows = rows.select(OF_CALLS).filter(chosen)
        time_s, connections, failed = time_s[chosen], connections[chosen], failed[chosen]
        kinds, carried_each, which = _kinds(rows)
        rops = carried_each[which]
        took_s = spans(rows["processing-time"])
        mailbox = rows["mailbox"]
        online = where(
            rows["client-mode"], lambda values: pc.equal(pc.utf8_lower(values), "classic")
        )
        actions = [ACTIONS.get(kind or "") for kind in kinds]
        acts = np.flatnonzero(online & np.array([each is not None for each in actions])[which])
        operation = np.zeros(len(time_s), np.int64)
        operation[acts] = self.tables.ids("operations", len(acts))
        self.tables.write("operations", len(acts), {
            "operation": operation[acts], "connection": connections[acts],
            "mailbox": mailbox.take(pa.array(acts)), "group": GROUP,
            "kind": worded(actions, which[acts]),
            "place": rows["place"].take(pa.array(acts)),
            "start_s": time_s[acts] - np.nan_to_num(took_s[acts]), "wait_s": took_s[acts],
            "served_by": "server", "rpcs": np.ones(len(acts), np.int64), "rops": rops[acts],
            "outcome": worded(("done", "failed"), failed[acts].astype(np.int64)),
        })  # fmt: skip
        self.tables.write("rpcs", len(time_s), {
            "rpc": self.tables.ids("rpcs", len(time_s)), "connection": connections,
            "mailbox": mailbox, "group": GROUP, "operation": operation,
            "kind": worded(kinds, which), "rops": rops,
            "arrived_s": time_s - took_s, "done_s": time_s,
        })  # fmt: skip
        return rops

    def _end(self, sessions: pa.Table, end_s: Times, reason: str | None) -> None:
        """Keep sessions that have ended, for the tables and for the states of their mailboxes."""
        if not len(end_s):
            return
        reasons = pa.array([reason] * len(end_s), pa.string())
        self._ended.append(
            sessions.append_column("end_s", pa.array(end_s)).append_column("end_reason", reasons)
        )
        start_s = sessions["start_s"].to_numpy()
        last_s = np.where(np.isnan(end_s), sessions["last_s"].to_numpy(), end_s)
        known = pc.and_(pc.is_valid(sessions["mailbox"]), pc.is_valid(sessions["mode"]))
        lasted = np.flatnonzero(known.to_numpy() & (last_s > start_s))
        lasted = lasted[: MOST_SESSIONS - len(self._intervals)]
        words = sessions.select(["mailbox", "mode", "place"]).take(pa.array(lasted))
        mailboxes, modes, places = (texts(column) for column in words.columns)
        self._intervals += [
            (mailbox or "", mode or "", place or "", begin_s, until_s)
            for mailbox, mode, place, begin_s, until_s in zip(
                mailboxes, modes, places, start_s[lasted].tolist(), last_s[lasted].tolist(),
                strict=True,
            )
        ]  # fmt: skip
        self._write_ended(MOST_ENDED)

    def _write_ended(self, from_rows: int = 0) -> None:
        """Write the sessions that have ended, once there are so many."""
        while (count := sum(map(len, self._ended))) >= max(from_rows, 1):
            every = pa.concat_tables(self._ended).combine_chunks()
            ended = every.slice(0, from_rows or count)
            self._ended = [every.slice(len(ended))]
            times = {name: ended[name].to_numpy() for name in ("start_s", "end_s")}
            of_both = {name: ended[name] for name in ("mailbox", "place", "path")}
            self.tables.write("attempts", len(ended), {
                "attempt": ended["connection"], **of_both, "group": GROUP, "service": "mail",
                "auth_s": times["start_s"], "client": ended["client"], "end_s": times["start_s"],
                "outcome": "connected", "failed_stage": "",
            })  # fmt: skip
            self.tables.write("connections", len(ended), {
                "connection": ended["connection"], "attempt": ended["connection"], **of_both,
                "group": GROUP, "service": "mail", "server": ended["server"], **times,
                "end_reason": ended["end_reason"], "rpcs": ended["rpcs"], "rops": ended["rops"],
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


Pairs = tuple[pa.Array, Rows, pa.Array, Rows, npt.NDArray[np.int32]]


def _pairs(one: pa.ChunkedArray, other: pa.ChunkedArray) -> Pairs:
    """Return the pairs of two columns' values, each once, and the pair of each row.

    That is the values of the one and the index of each pair's, the same of the other, and the
    pairs' own indices. The index after the last is that of null.
    """
    (ones, one_codes), (others, other_codes) = encoded(one), encoded(other)
    size = np.int64(len(others) + 1)
    together = (one_codes % (len(ones) + 1)) * size + other_codes % size
    each = pa.array(together).dictionary_encode()
    first, second = np.divmod(each.dictionary.to_numpy(), size)
    return ones, first, others, second, each.indices.to_numpy()


def _keys(
    server: pa.ChunkedArray, session: pa.ChunkedArray
) -> tuple[pa.Array, npt.NDArray[np.int32]]:
    """Return a text for each session of each server, and the index of each row's."""
    servers, first, sessions, second, codes = _pairs(server, session)
    both = (
        pa.concat_arrays([values, pa.array([""], values.type)]).take(pa.array(chosen))
        for values, chosen in ((servers, first), (sessions, second))
    )
    return pc.binary_join_element_wise(*both, chr(0)), codes


def _places(keys: pa.Array, among: pa.ChunkedArray) -> Rows:
    """Return the place of each key among others, -1 for one that is not there."""
    found = pc.index_in(keys, value_set=among)
    return np.asarray(pc.fill_null(found, -1).to_numpy(), np.int64)


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
    ones, first, others, second, which = _pairs(rows["operation"], rows["operation-specific"])
    operations, specifics = [*texts(ones), None], [*texts(others), None]
    kinds, counts = [], []
    for operation, specific in zip(
        map(operations.__getitem__, first), map(specifics.__getitem__, second), strict=True
    ):
        text = f"{operation or ''} >{specific or ''}"
        own, *others = [part.strip(" ;") for part in text.split(">")]
        carried = [name.partition(";")[0].partition(" ")[0] for name in others if name]
        carried = [own, *carried] if own else carried
        kinds.append(next((KINDS[name] for name in carried if name in KINDS), None))
        counts.append(len(carried))
    return kinds, np.array(counts, np.int64), which
