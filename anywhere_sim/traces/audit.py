"""Accounting on the tables: nothing is lost, and each run proves it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from anywhere_sim.traces import words

Tables = Mapping[str, pd.DataFrame]
TOLERANCE = 1e-9
_ID_OF = {
    "attempts": "attempt", "connections": "connection", "syncs": "sync", "operations": "operation", "changes": "change", "rpcs": "rpc",
}  # fmt: skip
_CAUSES = (
    ("connections", "attempt", "attempts"), ("syncs", "connection", "connections"), ("operations", "connection", "connections"),
    ("changes", "operation", "operations"), ("changes", "sync", "syncs"), ("rpcs", "connection", "connections"),
)  # fmt: skip
_WORDS = (
    ("attempts", "outcome", words.ATTEMPT_OUTCOMES), ("attempts", "failed_stage", words.FAILED_STAGES),
    ("connections", "end_reason", words.END_REASONS), ("syncs", "outcome", words.SYNC_OUTCOMES),
    ("operations", "outcome", words.OPERATION_OUTCOMES), ("operations", "served_by", words.SERVED_BY),
    ("states", "state", words.STATES), ("states", "mode", words.MODES), ("messages", "state", words.MESSAGE_STATES),
    ("changes", "state", words.CHANGE_STATES),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that does not add up: which check, in which table, which rows, in a sentence."""

    check: str
    table: str
    rows: tuple[int, ...]
    sentence: str

    def __str__(self) -> str:
        return f"{self.table}: {self.sentence} (rows {', '.join(map(str, self.rows[:5]))}{' ...' if len(self.rows) > 5 else ''})"


@dataclass(slots=True)
class Audit:
    """The outcome of all checks."""

    checks: int = 0
    findings: list[Finding] = field(default_factory=list)

    @classmethod
    def of(cls, audits: Iterable[Audit]) -> Audit:
        """Return the audits of several sites as one."""
        whole = cls()
        for each in audits:
            whole.checks += each.checks
            whole.findings += each.findings
        return whole

    @property
    def ok(self) -> bool:
        """Whether everything adds up."""
        return not self.findings

    def __str__(self) -> str:
        if self.ok:
            return f"audit: {self.checks} checks, nothing lost"
        return f"audit: {len(self.findings)} findings\n" + "\n".join(f"  {finding}" for finding in self.findings)

    def expect(self, holds: pd.Series, check: str, table: str, sentence: str) -> None:
        """Count a check; where `holds` is False, note the rows."""
        self.checks += 1
        bad = np.flatnonzero(~holds.to_numpy(dtype=bool))
        if len(bad):
            self.findings.append(Finding(check, table, tuple(int(row) for row in bad), sentence))


def audit(tables: Tables, *, end_s: float) -> Audit:
    """Return the accounting of one site, in one replication or several; `end_s` is the end of the run in s since midnight of day 1."""
    found = Audit()
    checks: tuple[Callable[[Tables, Audit, float], None], ...] = (
        _ids, _causes, _vocabulary, _ends, _stages, _messages, _changes, _link_bytes, _states, _server_counts, _littles_law,
    )  # fmt: skip
    for check in checks:
        check(tables, found, end_s)
    return found


def _key(frame: pd.DataFrame, column: str) -> pd.Series:
    """Return one number per row that is unique over all replications of a site: ids stay below 2**40."""
    return frame["replication"].astype("int64") * 2**40 + frame[column]


def _ids(tables: Tables, found: Audit, end_s: float) -> None:
    for table, column in _ID_OF.items():
        found.expect(~_key(tables[table], column).duplicated(), "ids", table, f"{column} appears twice")


def _causes(tables: Tables, found: Audit, end_s: float) -> None:
    for table, column, origin in _CAUSES:
        frame = tables[table]
        known = _key(frame, column).isin(_key(tables[origin], _ID_OF[origin])) | (frame[column] == 0)
        found.expect(known, "causes", table, f"{column} is not in {origin}")


def _vocabulary(tables: Tables, found: Audit, end_s: float) -> None:
    for table, column, allowed in _WORDS:
        found.expect(tables[table][column].isin(allowed), "words", table, f"{column} holds a word that does not exist")


def _ends(tables: Tables, found: Audit, end_s: float) -> None:
    for table in ("attempts", "connections", "syncs", "states"):
        frame = tables[table]
        found.expect(frame["end_s"] >= frame["start_s"], "ends", table, "ends before it begins, or never")
        found.expect(frame["end_s"] <= end_s + 1e-6, "ends", table, "ends after the run")
    for table, column in (("attempts", "outcome"), ("connections", "end_reason")):
        frame = tables[table]
        early = (frame[column].astype(str) == "unfinished") & (frame["end_s"] < end_s - 1e-6)
        found.expect(~early, "ends", table, "is unfinished before the end of the run")
    found.expect(tables["operations"]["wait_s"] >= 0, "ends", "operations", "waits a negative time, or never ends")


def _stages(tables: Tables, found: Audit, end_s: float) -> None:
    frame = tables["attempts"]
    times = frame[["start_s", "resolved_s", "tcp_s", "tls_s", "auth_s", "end_s"]].ffill(axis=1)
    found.expect((times.diff(axis=1).iloc[:, 1:] >= -TOLERANCE).all(axis=1), "stages", "attempts", "stages are out of order")
    connected = frame["outcome"].astype(str) == "connected"
    known = _key(frame, "attempt").isin(_key(tables["connections"], "attempt"))
    found.expect(known == connected, "stages", "attempts", "connected without a connection, or the other way round")


def _messages(tables: Tables, found: Audit, end_s: float) -> None:
    frame = tables["messages"]
    times = frame[["written_s", "sent_s", "delivered_s", "reached_s", "seen_s"]]
    found.expect((times.ffill(axis=1).diff(axis=1).iloc[:, 1:] >= -TOLERANCE).all(axis=1), "messages", "messages", "times are out of order")
    steps = times.notna().sum(axis=1) - 1
    state = frame["state"].astype(str).map({word: place for place, word in enumerate(words.MESSAGE_STATES)})
    found.expect(steps == state, "messages", "messages", "state and times disagree")
    found.expect(~frame.duplicated(["replication", "message", "recipient"]), "messages", "messages", "stands in two states")


def _changes(tables: Tables, found: Audit, end_s: float) -> None:
    frame = tables["changes"]
    uploaded = frame["state"].astype(str) == "uploaded"
    found.expect((frame["sync"] > 0) == uploaded, "changes", "changes", "was uploaded without a synchronisation, or the other way round")
    found.expect(~uploaded | (frame["uploaded_s"] >= frame["made_s"]), "changes", "changes", "was uploaded before it was made")
    operations = tables["operations"]
    changing = operations[operations["served_by"].astype(str).isin(("copy", "server")) & (operations["outcome"].astype(str) == "done")]
    known = _key(frame, "operation").isin(_key(changing, "operation"))
    found.expect(known, "changes", "changes", "was made by an operation that did not happen")


def _link_bytes(tables: Tables, found: Audit, end_s: float) -> None:
    """The bytes of a link are the bytes of its attempts and connections."""
    transfers = pd.concat([tables["attempts"], tables["connections"]])[["replication", "site", "link", "bytes_up", "bytes_down"]]
    transfers = transfers.assign(site=transfers["site"].astype(str), link=transfers["link"].astype(str))
    sent = transfers.groupby(["replication", "site", "link"])[["bytes_up", "bytes_down"]].sum()
    links = tables["links"].assign(site=tables["links"]["site"].astype(str), link=tables["links"]["link"].astype(str))
    for direction in ("up", "down"):
        rows = links[links["direction"].astype(str) == direction]
        carried = rows.groupby(["replication", "site", "link"])["cumulative_bytes"].last()
        summed = rows.groupby(["replication", "site", "link"])["bytes"].sum()
        both = pd.concat([sent[f"bytes_{direction}"], carried, summed], axis=1).fillna(0.0)
        both.columns = pd.Index(["sent", "carried", "summed"])
        slack = TOLERANCE * both["sent"].clip(lower=1.0) + 1e-3
        found.expect(
            (both["sent"] - both["carried"]).abs() <= slack, "bytes", "links", f"bytes {direction} differ from those of the transfers"
        )
        found.expect((both["summed"] - both["carried"]).abs() <= slack, "bytes", "links", f"intervals {direction} do not add up")


def _states(tables: Tables, found: Audit, end_s: float) -> None:
    frame = tables["states"]
    ordered = frame.assign(mailbox=frame["mailbox"].astype(str)).sort_values(["replication", "mailbox", "start_s"])
    before = ordered.groupby(["replication", "mailbox"])["end_s"].shift()
    holds = before.isna() | ((before - ordered["start_s"]).abs() <= 1e-6)
    found.expect(holds, "states", "states", "leaves a gap or overlaps")


def _server_counts(tables: Tables, found: Audit, end_s: float) -> None:
    frame = tables["servers"]
    balance = frame["rpcs_finished"] + frame["rpcs_failed"] + frame["rpc_requests"]
    found.expect(frame["rpcs_arrived"] == balance, "servers", "servers", "arrived is not finished + failed + present")
    found.expect(frame["cpu_busy"] <= 1.0 + TOLERANCE, "servers", "servers", "is busier than its cores allow")
    keys = [frame["replication"], frame["server"].astype(str)]
    for column in ("cpu_busy_s", "rpc_operations", "rpc_time_s", "disk_reads", "disk_writes", "rpcs_arrived"):
        steps = frame.groupby(keys)[column].diff().fillna(0.0)
        found.expect(steps >= -TOLERANCE * frame[column].clip(lower=1.0), "servers", "servers", f"{column} falls")


def _littles_law(tables: Tables, found: Audit, end_s: float) -> None:
    """The integral of the number present equals the time of all calls: an identity on the sample path (Stidham 1974)."""
    frame = tables["servers"]
    slack = TOLERANCE * frame["rpc_time_s"].clip(lower=1.0)
    found.expect(
        (frame["rpc_time_s"] - frame["rpc_requests_s"]).abs() <= slack,
        "little",
        "servers",
        "time of calls is not the integral of calls present",
    )
