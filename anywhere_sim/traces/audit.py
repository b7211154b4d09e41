"""Accounting on the tables: nothing is lost, and each run proves it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

import numpy as np
import pyarrow as pa

from anywhere_sim.traces import words
from anywhere_sim.traces.audit_mail import check_changes, check_messages
from anywhere_sim.traces.columns import (
    TOLERANCE,
    Columns,
    TableInFile,
    covered,
    repeated,
    rising,
    shared_numbers,
    sums,
)
from anywhere_sim.traces.findings import Audit, Tables

_ID_OF = {
    "attempts": "attempt",
    "connections": "connection",
    "syncs": "sync",
    "operations": "operation",
    "changes": "change",
    "rpcs": "rpc",
}
_CAUSES = (
    ("connections", "attempt", "attempts"),
    ("syncs", "connection", "connections"),
    ("operations", "connection", "connections"),
    ("changes", "operation", "operations"),
    ("changes", "sync", "syncs"),
    ("rpcs", "connection", "connections"),
)
WORD_COLUMNS = (
    ("attempts", "client", words.CLIENTS),
    ("attempts", "service", words.SERVICES),
    ("attempts", "trigger", words.ROUND_TRIGGERS),
    ("attempts", "speed_class", words.SPEED_CLASSES),
    ("attempts", "path", words.PATHS),
    ("attempts", "outcome", words.ATTEMPT_OUTCOMES),
    ("attempts", "failed_stage", words.FAILED_STAGES),
    ("attempts", "tls", words.TLS_HANDSHAKES),
    ("connections", "service", words.SERVICES),
    ("connections", "path", words.PATHS),
    ("connections", "end_reason", words.END_REASONS),
    ("syncs", "kind", words.SYNC_KINDS),
    ("syncs", "folder", words.FOLDERS),
    ("syncs", "direction", words.DIRECTIONS),
    ("syncs", "trigger", words.SYNC_TRIGGERS),
    ("syncs", "outcome", words.SYNC_OUTCOMES),
    ("operations", "kind", words.OPERATION_KINDS),
    ("operations", "outcome", words.OPERATION_OUTCOMES),
    ("operations", "served_by", words.SERVED_BY),
    ("operations", "state", words.STATES),
    ("states", "state", words.STATES),
    ("states", "mode", words.MODES),
    ("messages", "origin", words.ORIGINS),
    ("messages", "state", words.MESSAGE_STATES),
    ("changes", "kind", words.CHANGE_KINDS),
    ("changes", "state", words.CHANGE_STATES),
    ("servers", "role", words.ROLES),
    ("links", "direction", words.DIRECTIONS),
    ("rpcs", "kind", (*words.RPC_NAMES, *words.RETIRED_RPC_NAMES)),
)


def audit(
    tables: Mapping[str, pa.Table | TableInFile], *, end_s: float, modes: Collection[str] = ()
) -> Audit:
    """Return the accounting of one site, in one replication or several.

    `end_s` is the end of the run in s since midnight of day 1; `modes` were added by its rules.
    """
    found = Audit()
    columns = {name: Columns(table) for name, table in tables.items()}
    checks: tuple[Callable[[Tables, Audit, float], None], ...] = (
        _ids, _causes, _ends, _stages, check_messages, check_changes, _link_bytes, _streams,
        _states, _connected, _server_counts, _littles_law,
    )  # fmt: skip
    _vocabulary(columns, found, modes)
    for check in checks:
        check(columns, found, end_s)
    return found


def _ids(tables: Tables, found: Audit, end_s: float) -> None:
    for table, column in _ID_OF.items():
        found.expect(~repeated(tables[table].key(column)), "ids", table, f"{column} appears twice")


def _causes(tables: Tables, found: Audit, end_s: float) -> None:
    for table, column, origin in _CAUSES:
        rows = tables[table]
        known = np.isin(rows.key(column), tables[origin].key(_ID_OF[origin])) | (rows[column] == 0)
        found.expect(known, "causes", table, f"{column} is not in {origin}")


def _vocabulary(tables: Tables, found: Audit, modes: Collection[str]) -> None:
    for table, column, words_ in WORD_COLUMNS:
        allowed = (*words_, *modes) if column == "mode" else words_
        holds = tables[table].among(column, allowed)
        found.expect(holds, "words", table, f"{column} holds a word that does not exist")


def _ends(tables: Tables, found: Audit, end_s: float) -> None:
    for table in ("attempts", "connections", "syncs", "states"):
        rows = tables[table]
        found.expect(
            rows["end_s"] >= rows["start_s"], "ends", table, "ends before it begins, or never"
        )
        found.expect(rows["end_s"] <= end_s + 1e-6, "ends", table, "ends after the run")
    for table, column in (("attempts", "outcome"), ("connections", "end_reason")):
        rows = tables[table]
        early = rows.among(column, ("unfinished",)) & (rows["end_s"] < end_s - 1e-6)
        found.expect(~early, "ends", table, "is unfinished before the end of the run")
    found.expect(
        tables["operations"]["wait_s"] >= 0,
        "ends",
        "operations",
        "waits a negative time, or never ends",
    )


def _stages(tables: Tables, found: Audit, end_s: float) -> None:
    rows = tables["attempts"]
    stages = [rows[f"{stage}_s"] for stage in ("start", "resolved", "tcp", "tls", "auth", "end")]
    found.expect(rising(stages), "stages", "attempts", "stages are out of order")
    known = np.isin(rows.key("attempt"), tables["connections"].key("attempt"))
    connected = rows.among("outcome", ("connected",))
    found.expect(
        known == connected,
        "stages",
        "attempts",
        "connected without a connection, or the other way round",
    )


def _link_bytes(tables: Tables, found: Audit, end_s: float) -> None:
    """The bytes of a link are the bytes of its attempts and connections, and take time."""
    attempts, connections, links = tables["attempts"], tables["connections"], tables["links"]
    of, (tried, kept, link) = shared_numbers(
        (attempts, "link"), (connections, "link"), (links, "link")
    )
    own = np.concatenate([tried, kept])
    for direction in ("up", "down"):
        sent = sums(
            own,
            np.concatenate([attempts[f"bytes_{direction}"], connections[f"bytes_{direction}"]]),
            of,
        )
        here = links.among("direction", (direction,))
        carried = np.zeros(of)
        carried[link[here]] = links["cumulative_bytes"][here]  # the last row of a link stays
        summed = sums(link[here], links["bytes"][here], of)
        slack = TOLERANCE * np.maximum(sent, 1.0) + 1e-3
        found.expect(
            np.abs(sent - carried) <= slack,
            "bytes",
            "links",
            f"bytes {direction} differ from those of the transfers",
        )
        found.expect(
            np.abs(summed - carried) <= slack,
            "bytes",
            "links",
            f"intervals {direction} do not add up",
        )
    found.expect(
        (links["busy_s"] > 0.0) | (links["bytes"] <= TOLERANCE),
        "bytes",
        "links",
        "bytes passed in no time",
    )


def _streams(tables: Tables, found: Audit, end_s: float) -> None:
    """The answers of a connection are one stream.

    None overtakes another on its way to the client.
    """
    rows = tables["rpcs"]
    connection = np.unique(rows.key("connection"), return_inverse=True)[1]
    order = np.lexsort((rows["end_s"], rows["done_s"], connection))
    same = connection[order][1:] == connection[order][:-1]
    holds = np.ones(len(rows), np.bool_)
    holds[order[1:]] = ~same | (np.diff(rows["end_s"][order]) >= -TOLERANCE)
    found.expect(holds, "streams", "rpcs", "overtakes the answer before it on its connection")


def _states(tables: Tables, found: Audit, end_s: float) -> None:
    rows = tables["states"]
    mailbox = rows.codes("mailbox")
    order = np.lexsort((rows["start_s"], mailbox, rows["replication"]))
    begin_s, end = rows["start_s"][order], rows["end_s"][order]
    same = (mailbox[order][1:] == mailbox[order][:-1]) & (
        rows["replication"][order][1:] == rows["replication"][order][:-1]
    )
    holds = np.ones(len(rows), np.bool_)
    holds[order[1:]] = ~same | (np.abs(end[:-1] - begin_s[1:]) <= 1e-6)
    found.expect(holds, "states", "states", "leaves a gap or overlaps")
    alike = same.copy()
    for column in ("place", "mode", "state"):
        word = rows.codes(column)[order]
        alike &= word[1:] == word[:-1]
    holds = np.ones(len(rows), np.bool_)
    holds[order[1:]] = ~alike
    found.expect(holds, "states", "states", "is the state before it once more")


def _connected(tables: Tables, found: Audit, end_s: float) -> None:
    """A client is connected for as long as it has a mail connection, and no longer.

    Work offline exchanges without being connected. A connection that takes its leave after its
    Outlook was closed, or restarted in another mode, is nobody's. If that was at the first instant
    of a settled beginning, no row of `states` says that it was open: a launch beside it does.
    """
    rows, connections, attempts = tables["states"], tables["connections"], tables["attempts"]
    _, (mailbox, owner, tried) = shared_numbers(
        (rows, "mailbox"), (connections, "mailbox"), (attempts, "mailbox")
    )
    if not len(rows):
        return
    span_s = end_s + 1.0  # one mailbox lies behind the other on the axis of time
    begin, end = rows["start_s"] + mailbox * span_s, rows["end_s"] + mailbox * span_s
    order = np.argsort(begin, kind="stable")
    mode = rows.codes("mode")
    other = (mode[order][1:] != mode[order][:-1]) | (mailbox[order][1:] != mailbox[order][:-1])
    closes = rows.among("state", ("off",))[order]
    closes[1:] |= other
    left = np.append(begin[order][closes], np.inf)
    mail = connections.among("service", ("mail",))
    from_, to = ((connections[column] + owner * span_s)[mail] for column in ("start_s", "end_s"))
    to = np.minimum(to, left[np.searchsorted(left, from_, side="right")])
    launched = (attempts["start_s"] + tried * span_s)[attempts.among("trigger", ("launch",))]
    over = np.concatenate([launched, begin[rows.among("state", ("off",))]])
    settled = connections["attempt"][mail] == 0
    to = np.where(settled & np.isin(from_, over), from_, to)
    with_s = covered(from_, to, end) - covered(from_, to, begin)
    slack_s = 1e-3
    wants = rows.among("state", ("connected", "connected_headers"))
    found.expect(
        ~wants | (end - begin - with_s <= slack_s),
        "states",
        "states",
        "is connected without a mail connection",
    )
    found.expect(
        ~rows.among("state", ("trying", "disconnected", "asleep")) | (with_s <= slack_s),
        "states",
        "states",
        "is not connected, and there is a mail connection",
    )


def _server_counts(tables: Tables, found: Audit, end_s: float) -> None:
    rows = tables["servers"]
    found.expect(
        rows["rpcs_arrived"] == rows["rpcs_finished"] + rows["rpcs_failed"] + rows["rpc_requests"],
        "servers",
        "servers",
        "arrived is not finished + failed + present",
    )
    for column in ("connections", "http_sessions", "memory_bytes", "rpc_requests"):
        found.expect(rows[column] >= 0, "servers", "servers", f"{column} is below nothing")
    found.expect(
        rows["cpu_busy"] <= 1.0 + TOLERANCE, "servers", "servers", "is busier than its cores allow"
    )
    server, replication = rows.codes("server"), rows["replication"]
    order = np.lexsort((server, replication))
    server, replication = server[order], replication[order]
    same = (server[1:] == server[:-1]) & (replication[1:] == replication[:-1])
    for column in (
        "cpu_busy_s", "rpc_packets", "rpc_operations", "rpc_time_s", "disk_reads", "disk_writes",
        "log_writes", "rpcs_arrived",
    ):  # fmt: skip
        values = rows[column][order]
        holds = np.ones(len(rows), np.bool_)
        holds[order[1:]] = ~same | (np.diff(values) >= -TOLERANCE * np.maximum(values[1:], 1.0))
        found.expect(holds, "servers", "servers", f"{column} falls")


def _littles_law(tables: Tables, found: Audit, end_s: float) -> None:
    """The integral of the number present equals the time of all calls.

    An identity on the sample path (Stidham 1974).
    """
    rows = tables["servers"]
    slack = TOLERANCE * np.maximum(rows["rpc_time_s"], 1.0)
    apart = np.abs(rows["rpc_time_s"] - rows["rpc_requests_s"])
    found.expect(
        apart <= slack, "little", "servers", "time of calls is not the integral of calls present"
    )
