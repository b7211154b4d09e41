"""Each invariant broken on purpose is caught; three of them by changing the model, not the
table.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest

import anywhere_sim as aw
from anywhere_sim.exchange.counters import RpcCounters
from anywhere_sim.exchange.message import Message
from anywhere_sim.network.tcp_connection import ByteStream
from anywhere_sim.outlook.client import Client
from anywhere_sim.traces import TABLES, audit
from anywhere_sim.traces.audit import WORD_COLUMNS
from tests.statements.pairs import small

END_S = 9.5 * 3600
Frames = dict[str, pd.DataFrame]


@pytest.fixture(scope="module")
def tables() -> Frames:
    run = aw.simulate(small(record_rpcs=True), 1)
    return {name: getattr(run, name) for name in TABLES}


def _arrow(frames: Frames) -> dict[str, pa.Table]:
    return {
        name: pa.Table.from_pandas(frame, TABLES[name].arrow(), preserve_index=False)
        for name, frame in frames.items()
    }


def _set(frame: pd.DataFrame, row: int, column: str, value: Any) -> pd.DataFrame:
    changed = frame.copy()
    if isinstance(changed[column].dtype, pd.CategoricalDtype):
        changed[column] = changed[column].astype(str)
    changed.loc[changed.index[row], column] = value
    return changed


BREAKS: dict[str, tuple[str, str, Callable[[pd.DataFrame], pd.DataFrame]]] = {
    "an id twice": (
        "ids",
        "attempts",
        lambda frame: pd.concat([frame, frame.iloc[:1]], ignore_index=True),
    ),
    "an unknown cause": ("causes", "syncs", lambda frame: _set(frame, 0, "connection", 10**6)),
    "an unknown word": ("words", "operations", lambda frame: _set(frame, 0, "outcome", "perhaps")),
    "an end before the begin": ("ends", "connections", lambda frame: _set(frame, 0, "end_s", 0.0)),
    "unfinished too early": (
        "ends",
        "attempts",
        lambda frame: _set(frame, 0, "outcome", "unfinished"),
    ),
    "stages out of order": ("stages", "attempts", lambda frame: _set(frame, 1, "tcp_s", 1.0)),
    "connected to nothing": (
        "stages",
        "attempts",
        lambda frame: _set(frame, 0, "outcome", "connected"),
    ),
    "seen but not seen": ("messages", "messages", lambda frame: _set(frame, 0, "state", "outbox")),
    "a message twice": (
        "messages",
        "messages",
        lambda frame: pd.concat([frame, frame.iloc[:1]], ignore_index=True),
    ),
    "an upload without a sync": ("changes", "changes", lambda frame: _set(frame, 0, "sync", 0)),
    "a change left behind": (
        "changes",
        "changes",
        lambda frame: _set(_set(frame, 0, "state", "pending"), 0, "sync", 0),
    ),
    "a message read and not seen": (
        "messages",
        "operations",
        lambda frame: _set(
            frame, int((frame["kind"].astype(str) == "read").argmax()), "outcome", "failed"
        ),
    ),
    "a byte too many": (
        "bytes",
        "connections",
        lambda frame: _set(frame, 0, "bytes_up", frame["bytes_up"].iloc[0] + 1.0),
    ),
    "a gap between states": (
        "states",
        "states",
        lambda frame: _set(frame, len(frame) - 1, "start_s", frame["start_s"].iloc[-1] + 1.0),
    ),
    "a call that vanished": (
        "servers",
        "servers",
        lambda frame: _set(frame, 5, "rpcs_arrived", 10**6),
    ),
    "fewer than no requests": (
        "servers",
        "servers",
        lambda frame: _set(frame, 5, "http_sessions", -2),
    ),
    "busier than its cores": ("servers", "servers", lambda frame: _set(frame, 5, "cpu_busy", 1.1)),
    "a counter that falls": (
        "servers",
        "servers",
        lambda frame: _set(frame, len(frame) - 1, "disk_reads", -1.0),
    ),
    "time that is not the integral": (
        "little",
        "servers",
        lambda frame: _set(frame, 5, "rpc_time_s", 10.0),
    ),
}


def test_an_untouched_run_balances(tables: Frames) -> None:
    found = audit(_arrow(tables), end_s=END_S)
    assert found.ok
    assert found.checks > 40
    assert "nothing lost" in str(found)


@pytest.mark.parametrize("name", BREAKS)
def test_what_is_broken_in_a_table_is_caught(name: str, tables: Frames) -> None:
    check, table, change = BREAKS[name]
    found = audit(_arrow(tables | {table: change(tables[table])}), end_s=END_S)
    assert check in {finding.check for finding in found.findings}
    assert str(found).startswith("audit: ")


def _checks(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    return {finding.check for finding in aw.simulate(small(), 1).audit().findings}


def test_a_server_that_forgets_calls_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    leave = RpcCounters.leave

    def forget(self: RpcCounters, call: object, failed: bool = False) -> None:
        leave(self, call, failed)
        self.finished -= self.finished % 10 == 0

    monkeypatch.setattr(RpcCounters, "leave", forget)
    assert "servers" in _checks(monkeypatch)


def test_a_message_that_was_not_sent_and_is_forgotten_is_caught(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It is lost when the next one goes: without its row of a try that failed last, nothing says
    that it waits.
    """
    cut = [{"at": "08:25", "do": "cut", "place": "here", "for_s": 1800}]
    scenario = small(
        groups__people__mode="online", groups__people__mailboxes=8, events=cut, end="11:00"
    )
    assert aw.simulate(scenario, 1).audit().ok
    monkeypatch.setattr(Message, "waits", property(lambda self: False))
    assert "messages" in {finding.check for finding in aw.simulate(scenario, 1).audit().findings}


def test_bytes_that_are_counted_twice_are_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    take = ByteStream._take

    def twice(self: ByteStream, ip_bytes: float, channels: int) -> float:
        total = take(self, ip_bytes, channels)
        self.ip_bytes += ip_bytes
        return total

    monkeypatch.setattr(ByteStream, "_take", twice)
    assert "bytes" in _checks(monkeypatch)


def test_a_client_that_drops_an_interval_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    change = Client.change_state

    def drop(self: Client, state: str) -> None:
        if self.state == "trying":
            self.state_since_s = self.env.now
        change(self, state)

    monkeypatch.setattr(Client, "change_state", drop)
    assert "states" in _checks(monkeypatch)


NAMES = {
    "site",
    "mailbox",
    "group",
    "place",
    "link",
    "server",
    "sender",
    "recipient",
    "order",
    "ports",
}


def test_every_word_column_is_checked_against_a_vocabulary_or_holds_names() -> None:
    checked = {(table, column) for table, column, _ in WORD_COLUMNS}
    words = {
        (name, column.name)
        for name, schema in TABLES.items()
        for column in schema.columns
        if column.kind == "word"
    }
    assert checked == {(table, column) for table, column in words if column not in NAMES}
