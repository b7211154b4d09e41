"""The trace contract: every table, column, unit and meaning."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from keyword import iskeyword
from typing import Any

import pyarrow as pa

SCHEMA_VERSION = 4
READABLE_VERSIONS = (1, 2, 3, 4)
"""Up to version 3 a call had no bytes of its PDUs; up to version 2 what is missing was NaN, and
there was no `cell`; version 1 had no `group`.

Older tables get what they lack on reading (`upgraded`).
"""


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name, its kind (f8, i8, i4, word), its unit and what it means."""

    name: str
    kind: str
    unit: str
    meaning: str

    @property
    def attribute(self) -> str:
        """Return its name in Python: `try_` for the column "try"."""
        return f"{self.name}_" if iskeyword(self.name) else self.name


class Words(dict[str, str]):
    """Words by name that nobody changes: pandas copies `attrs` at each step, and need not these."""

    def __deepcopy__(self, memo: object) -> Words:
        """Return itself."""
        return self


@dataclass(frozen=True, slots=True)
class TableSchema:
    """One table: what a row is, and its columns."""

    name: str
    row_per: str
    columns: tuple[Column, ...]

    def attrs(self) -> dict[str, Any]:
        """Return what `DataFrame.attrs` says of the table: what a row is, and each column's unit
        and meaning.
        """
        columns = (*KEYS, *self.columns)
        return {
            "row_per": self.row_per,
            "meanings": Words({column.name: column.meaning for column in columns}),
            "units": Words({column.name: column.unit for column in columns}),
        }

    def arrow(self) -> pa.Schema:
        """Return the Arrow schema, with unit and meaning in each field's metadata."""
        fields = [
            pa.field(
                column.name,
                _ARROW[column.kind],
                metadata={"unit": column.unit, "meaning": column.meaning},
            )
            for column in (*KEYS, *self.columns)
        ]
        return pa.schema(
            fields, metadata={"schema_version": str(SCHEMA_VERSION), "row_per": self.row_per}
        )


_ARROW: Mapping[str, pa.DataType] = {
    "f8": pa.float64(),
    "i8": pa.int64(),
    "i4": pa.int32(),
    "word": pa.dictionary(pa.int32(), pa.string()),
}


def _time(name: str, meaning: str) -> Column:
    return Column(name, "f8", "s since midnight of day 1", meaning)


def _word(name: str, meaning: str) -> Column:
    return Column(name, "word", "", meaning)


def _id(name: str, meaning: str) -> Column:
    return Column(name, "i8", "id", meaning)


def _count(name: str, meaning: str) -> Column:
    return Column(name, "i8", "1", meaning)


def _bytes(name: str, meaning: str = "IP bytes on the wire") -> Column:
    return Column(name, "f8", "B", meaning)


def _number(name: str, unit: str, meaning: str) -> Column:
    return Column(name, "f8", unit, meaning)


KEYS = (
    _word("cell", "cell of the study that the run belongs to; null in a run of its own"),
    _word("site", "site; ids are unique within replication and site"),
    Column("replication", "i4", "id", "replication"),
)

_STALLED = "held up by its sender: slow start, resends after losses and gaps of the link"
_OF_CALLS = (
    "IP bytes of its calls and answers, without the acknowledgements that travel beside a long "
    "one (those are in connections)"
)
_OF_ONE_CALL = (
    "with acknowledgements and pending bytes just ahead of it; not those beside a long one"
)
_AS_CALLED = "before compression, signatures, fragments and records of TLS"
_TRAFFIC = (
    _bytes("bytes_up"),
    _bytes("bytes_down"),
    _bytes("resent_bytes", "of them sent again after a loss"),
)

_TABLES = (
    TableSchema(
        "attempts",
        "connection attempt",
        (
            _id("attempt", "number of the attempt in its replication"),
            _id("round", "round of attempts"),
            _count("try", "number of the try within its round"),
            _word("mailbox", "whose it is: the group, a slash, and the number in it"),
            _word("group", "group of the mailbox"),
            _word("client", "version of Outlook"),
            _word("place", "where the client is"),
            _word("link", "link its bytes went over"),
            _word("service", "referral, directory, mail or public"),
            _word("trigger", "why the round began"),
            _word("speed_class", "fast or slow"),
            _number("detected_kbps", "kbit/s", "speed as the client sees it"),
            _word("order", "order of the paths"),
            _word("path", "tcp or https"),
            _time("start_s", "begin"),
            _time("resolved_s", "name answered"),
            _time("tcp_s", "TCP connected (direct: endpoint mapped)"),
            _time("tls_s", "TLS handshake done"),
            _time("auth_s", "authenticated"),
            _time("end_s", "end"),
            _word("outcome", "how it ended"),
            _word("failed_stage", "stage that failed"),
            _count("round_trips", "round trips"),
            *_TRAFFIC,
            _count("channels", "TCP connections opened at once"),
            _word("tls", "none, full or resumed"),
            _word(
                "ports",
                "TCP ports that it turned to, in order: 135 and a high one, 443, or 80; empty if "
                "it got to none",
            ),
        ),
    ),
    TableSchema(
        "connections",
        "established connection",
        (
            _id("connection", "number of the connection in its replication"),
            _id("attempt", "attempt that led to it; 0 = settled"),
            _word("mailbox", "whose it is: the group, a slash, and the number in it"),
            _word("group", "group of the mailbox"),
            _word("service", "referral, directory, mail or public"),
            _word("path", "tcp or https"),
            _word("place", "place where it began"),
            _word("link", "link its bytes went over"),
            _word(
                "server",
                "server at the far end of the line: the front end over HTTPS",
            ),
            _time("start_s", "begin"),
            _time("end_s", "end as the client sees it"),
            _word("end_reason", "why it ended"),
            _count("channels", "TCP connections it is made of: 1, over HTTPS 2"),
            _count("rpcs", "calls issued"),
            _count("rops", "operations that they carried"),
            *_TRAFFIC,
        ),
    ),
    TableSchema(
        "syncs",
        "synchronisation",
        (
            _id("sync", "synchronisation"),
            _id("connection", "connection of its last call; 0 = none"),
            _word("mailbox", "whose it is: the group, a slash, and the number in it"),
            _word("group", "group of the mailbox"),
            _word("kind", "changes (incremental), an empty copy (first) or the address book"),
            _word("folder", "folder, or what else is synchronised as one"),
            _word("direction", "up or down"),
            _word("trigger", "why it began"),
            _time("start_s", "begin"),
            _time("end_s", "end"),
            _count("items", "items that came or went whole"),
            _count("rpcs", "calls"),
            _count("rops", "operations that they carried"),
            _bytes("bytes", _OF_CALLS),
            _word("outcome", "how it ended"),
            _word("place", "place where it began"),
        ),
    ),
    TableSchema(
        "operations",
        "thing the person did",
        (
            _id("operation", "number of the operation in its replication"),
            _id("connection", "connection of its last call; 0 = none"),
            _word("mailbox", "whose it is: the group, a slash, and the number in it"),
            _word("group", "group of the mailbox"),
            _word("kind", "what was done: read, send, look at a folder and so on"),
            _word("place", "place where it began"),
            _time("start_s", "begin"),
            _number("wait_s", "s", "time the person waited"),
            _word("served_by", "copy, server, header (the body is not in the copy) or none"),
            _count("rpcs", "calls waited for"),
            _count("rops", "operations that they carried"),
            _bytes("bytes", _OF_CALLS),
            _word(
                "outcome",
                "done, waiting (for an item that is not in the copy), failed, cancelled (the "
                "person gave up) or unfinished",
            ),
            _word("state", "state of the client at the begin"),
        ),
    ),
    TableSchema(
        "states",
        "interval of a client's state",
        (
            _word("mailbox", "whose it is: the group, a slash, and the number in it"),
            _word("group", "group of the mailbox"),
            _word("place", "place where the client is; empty while Outlook is closed"),
            _word("mode", "mode of Outlook: online, cached or offline_ost"),
            _word("state", "what the client says of its connection, or off, or asleep"),
            _time("start_s", "begin"),
            _time("end_s", "end"),
        ),
    ),
    TableSchema(
        "messages",
        "message and recipient",
        (
            _id("message", "message, the same in every policy"),
            _id("parent", "message it answers; 0 = none"),
            _word("sender", "who wrote it: a mailbox, or outside"),
            _word(
                "recipient",
                "recipient; `outside` is beyond the site, where the message is lost from sight",
            ),
            _word("origin", "person, reply or outside"),
            _time("written_s", "written"),
            _time("sent_s", "taken over by the sender's server"),
            _time("delivered_s", "in the recipient's mailbox"),
            _time("reached_s", "on the recipient's client"),
            _time("seen_s", "read"),
            _bytes("size_bytes", "size of the message"),
            _word("state", "where it is at the end of the run"),
        ),
    ),
    TableSchema(
        "changes",
        "change made in a copy",
        (
            _id("change", "number of the change in its replication"),
            _word("mailbox", "whose it is: the group, a slash, and the number in it"),
            _word("group", "group of the mailbox"),
            _id("operation", "operation that made it"),
            _word("kind", "what was changed: a read flag, a message and so on"),
            _time("made_s", "made"),
            _time("uploaded_s", "on the server"),
            _id("sync", "synchronisation that took it there"),
            _word("state", "pending or uploaded"),
        ),
    ),
    TableSchema(
        "servers",
        "server and 15 s",
        (
            _word("server", "name of the server in the scenario"),
            _word("role", "mailbox, front_end or directory"),
            _time("time_s", "end of the interval"),
            _number("rpc_packets_per_s", "1/s", "RPC Packets/sec: calls"),
            _number("rpc_operations_per_s", "1/s", "RPC Operations/sec: what the calls carried"),
            _count(
                "rpc_requests",
                "RPC Requests: calls present; at a front end those that it works on, either way",
            ),
            _number(
                "rpc_averaged_latency_ms",
                "ms",
                "RPC Averaged Latency: time of calls per call finished",
            ),
            _number("cpu_busy", "share", "processor time"),
            _number("disk_reads_per_s", "1/s", "database reads"),
            _number("disk_writes_per_s", "1/s", "database writes"),
            _number("log_writes_per_s", "1/s", "log writes"),
            _count("connections", "RPC connections"),
            _count("http_sessions", "open IN and OUT requests"),
            _count("unique_users", "users connected"),
            _count(
                "queued_requests",
                "calls that wait: at a store for a thread, at a front end for its processor",
            ),
            _count("rejected", "refused so far"),
            _number("cpu_busy_s", "core s", "cumulative"),
            _count("rpc_packets", "cumulative"),
            _count("rpc_operations", "cumulative; a front end counts those it has passed on"),
            _number("rpc_time_s", "s", "cumulative time of all calls"),
            _number("disk_reads", "1", "cumulative"),
            _number("disk_writes", "1", "cumulative"),
            _number("log_writes", "1", "cumulative"),
            _number("rpc_requests_s", "request s", "cumulative integral of rpc_requests"),
            _count("rpcs_arrived", "cumulative; at a front end passes: a call up, an answer down"),
            _count("rpcs_finished", "cumulative, likewise"),
            _count("rpcs_failed", "cumulative: refused or lost in a stop"),
            _bytes("memory_bytes", "non-paged memory of the clients' connections"),
            _count("tls_full", "cumulative full handshakes"),
            _count("tls_resumed", "cumulative resumed handshakes"),
            _number("cores", "1", "cores of its processor"),
        ),
    ),
    TableSchema(
        "links",
        "link, direction and 15 s with traffic",
        (
            _word("link", "name of a shared place, or mailbox@place"),
            _word("place", "place that it leads from"),
            _word("direction", "up or down"),
            _time("time_s", "end of the interval"),
            _bytes("bytes", "IP bytes that left since the row before"),
            _number("busy_s", "s", "time in which something passed since the row before"),
            _count("flows", "flows present"),
            _bytes("cumulative_bytes", "IP bytes that left since the start"),
        ),
    ),
    TableSchema(
        "rpcs",
        "answered RPC, where the scenario asks with record_rpcs",
        (
            _id("rpc", "call"),
            _id("connection", "connection that carried it"),
            _word("mailbox", "whose it is: the group, a slash, and the number in it"),
            _word("group", "group of the mailbox"),
            _id("operation", "operation that makes it and waits for it; 0 = background"),
            _word("kind", "which call it is"),
            _count("rops", "operations that it carried"),
            _time("start_s", "issued"),
            _time(
                "arrived_s",
                "at the store or directory, over HTTPS after the front end's processor",
            ),
            _time("done_s", "answered by the store or directory"),
            _time("end_s", "answer complete at the client"),
            _number("stall_up_s", "s", f"call {_STALLED}"),
            _number("front_end_up_s", "s", "call at the front end, before arrived_s"),
            _number("queue_s", "s", "waited for a thread and for the processor, once not parked"),
            _number("cpu_s", "s", "on the processor of the store or directory"),
            _number("disk_s", "s", "database reads and the log, their queues included"),
            _number("front_end_down_s", "s", "answer at the front end, after done_s"),
            _number("stall_down_s", "s", f"answer {_STALLED}"),
            _bytes("bytes_up", f"IP bytes of the call, {_OF_ONE_CALL}"),
            _bytes("bytes_down", f"IP bytes of the answer, {_OF_ONE_CALL}"),
            _bytes("pdu_bytes_up", f"bytes of its request PDU, {_AS_CALLED}"),
            _bytes("pdu_bytes_down", f"bytes of its response PDU, {_AS_CALLED}"),
        ),
    ),
)

TABLES: Mapping[str, TableSchema] = {table.name: table for table in _TABLES}


_CALLS_WERE_OPERATIONS = {
    "rpc_packets": "rpc_operations", "rpc_packets_per_s": "rpc_operations_per_s",
}  # fmt: skip


def is_present(schema: pa.Schema) -> bool:
    """Return whether a table of that Arrow schema is of the present version."""
    return bool((schema.metadata or {}).get(b"schema_version") == str(SCHEMA_VERSION).encode())


def upgraded(name: str, table: pa.Table) -> pa.Table:
    """Return a table as the present version has it: NaN becomes null, what is not there too.

    Version 1 gets `group` from the names of mailboxes ("sales/7"). It counted calls and called them
    operations: they are read as packets; of operations it knows nothing.
    """
    if is_present(table.schema):
        return table
    schema, version = TABLES[name].arrow(), (table.schema.metadata or {}).get(b"schema_version")
    import pyarrow.compute as pc  # for old tables alone: a fifth of importing the package

    columns = {field: table[field] for field in table.column_names}
    for field in table.schema:
        if pa.types.is_floating(field.type):
            missing = pc.is_nan(columns[field.name])
            columns[field.name] = pc.if_else(missing, None, columns[field.name])
    if version == b"1" and "mailbox" in columns:
        columns["group"] = pa.chunked_array(
            [_groups(chunk) for chunk in columns["mailbox"].chunks], _ARROW["word"]
        )
    for new, old in _CALLS_WERE_OPERATIONS.items():
        if new in schema.names and new not in columns:
            columns[new] = columns.pop(old)
    for field in schema:
        if field.name not in columns:
            columns[field.name] = pa.nulls(len(table), field.type)
    return pa.Table.from_arrays([columns[field] for field in schema.names], schema=schema)


def _groups(mailboxes: pa.DictionaryArray) -> pa.DictionaryArray:
    """Return the group of each mailbox, groups in the order of their first mailbox."""
    groups = [str(mailbox).rpartition("/")[0] for mailbox in mailboxes.dictionary.to_pylist()]
    known = {group: code for code, group in enumerate(dict.fromkeys(groups))}
    codes = pa.array([known[group] for group in groups], pa.int32())
    return pa.DictionaryArray.from_arrays(
        codes.take(mailboxes.indices), pa.array([*known], pa.string())
    )
