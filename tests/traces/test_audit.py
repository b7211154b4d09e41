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
from anywhere_sim.des.environment import Process
from anywhere_sim.exchange.components import ExchangeComponents
from anywhere_sim.exchange.mailbox import Delivery, Message
from anywhere_sim.exchange.store import Store
from anywhere_sim.network.components import NetworkComponents
from anywhere_sim.network.tcp_connection import ByteStream
from anywhere_sim.outlook.client import Client
from anywhere_sim.outlook.components import OutlookComponents
from anywhere_sim.outlook.sync.synchroniser import Synchroniser
from anywhere_sim.people.components import PeopleComponents
from anywhere_sim.people.person import Person
from anywhere_sim.rpc.call import Rpc
from anywhere_sim.traces import TABLES, audit
from anywhere_sim.traces.audit import WORD_COLUMNS
from anywhere_sim.traces.words import RoundTrigger, State
from tests.model.test_states import LINE_OF_CUTS
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


def _cut_in_two(states: pd.DataFrame) -> pd.DataFrame:
    """Return the states with their last interval in two rows."""
    middle_s = float(states.iloc[-1][["start_s", "end_s"]].astype(float).mean())
    first, second = _set(states, -1, "end_s", middle_s), _set(states, -1, "start_s", middle_s)
    return pd.concat([first, second.iloc[-1:]], ignore_index=True)


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
    "a state once more": (
        "states",
        "states",
        lambda frame: _cut_in_two(frame),
    ),
    "connected in the states alone": (
        "states",
        "states",
        lambda frame: _set(frame, 0, "state", "connected"),
    ),
    "not connected in the states alone": (
        "states",
        "states",
        lambda frame: _set(frame, len(frame) - 1, "state", "disconnected"),
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
    count = len(found.findings)
    assert str(found).startswith(f"audit: {count} finding{'s' * (count != 1)}\n")


def _checks(scenario: aw.Scenario, **rules: Any) -> set[str]:
    """Return what the audit finds in a run of a changed model."""
    run = aw.simulate(scenario, 1, rules=aw.Rules(**rules))
    return {finding.check for finding in run.audit().findings}


def _in_the_evening(**changes: Any) -> aw.Scenario:
    """Return a scenario in which everybody has Outlook open, online, from the first instant."""
    online = {"beginning": "settled", "groups__people__mode": "online"}
    here: dict[str, Any] = {"groups__people__itinerary": [["08:00", "here"]]}
    return small(**here | online | {"start": "20:00", "end": "20:10"} | changes)


SLOW: dict[str, Any] = {
    "places__here": {"kind": "cable", "rtt_ms": 6000},
    "groups__people__policy": {"disconnect_call": True},
}


@pytest.mark.parametrize("at", ["20:00", "20:00:30"])
@pytest.mark.parametrize(("do", "line"), [("roll_out", {}), ("move_mailbox", SLOW)])
def test_an_outlook_restarted_at_the_first_instant_balances(
    do: str, line: dict[str, Any], at: str
) -> None:
    """Its old connections close while `trying` has begun, over a slow line until after a restart;
    no state is held for no time, so that none says that it was connected.
    """
    event = {"at": at, "do": do, "group": "people"}
    run = aw.simulate(_in_the_evening(events=[event], **line), 1)
    closed = run.connections[run.connections["end_reason"].astype(str) == "closed"]
    assert (closed["attempt"] == 0).sum() >= 3
    assert run.audit().ok, str(run.audit())


def test_a_settled_connection_beside_a_state_without_one_is_caught() -> None:
    """Nobody has restarted Outlook: it was connected from the first instant."""
    run = aw.simulate(_in_the_evening(), 1)
    frames = {name: getattr(run, name) for name in TABLES}
    states = _set(frames["states"], 0, "state", "trying")
    found = audit(_arrow(frames | {"states": states}), end_s=20 * 3600 + 600)
    assert [finding.check for finding in found.findings] == ["states"]


class _ForgetsCalls(Store):
    def finish(self, rpc: Rpc) -> None:
        super().finish(rpc)
        self.calls.finished -= self.calls.finished % 10 == 0


class _ForgetsDrafts(Person):
    def _send(self, message: Message) -> Process:
        done = yield from super()._send(message)
        self._drafts = ()
        return done


class _CountsTwice(ByteStream):
    def _take(self, ip_bytes: float, channels: int) -> float:
        total = super()._take(ip_bytes, channels)
        self.ip_bytes += ip_bytes
        return total


class _DropsAnInterval(Client):
    def change_state(self, state: State) -> None:
        if self.state == "trying":
            self.state_since_s = self.env.now
        super().change_state(state)


class _DisconnectedWithoutALine(Client):
    def _try_once(self, trigger: RoundTrigger) -> Process:
        if not self.access_path.is_up:
            self.change_state("disconnected")
        return (yield from super()._try_once(trigger))


def test_a_client_that_is_disconnected_beside_a_connection_is_caught() -> None:
    """One of two was found dead while the line was away, and the other is still counted."""
    changed = OutlookComponents(client=_DisconnectedWithoutALine)
    assert "states" in _checks(small(**LINE_OF_CUTS), outlook=changed)


def test_a_server_that_forgets_calls_is_caught() -> None:
    assert "servers" in _checks(small(), exchange=ExchangeComponents(store=_ForgetsCalls))


def test_a_message_that_was_not_sent_and_is_forgotten_is_caught() -> None:
    """It is lost when the next one goes: without its row of a try that failed last, nothing says
    that it waits.
    """
    cut = [{"at": "08:25", "do": "cut", "place": "here", "for_s": 1800}]
    scenario = small(
        groups__people__mode="online", groups__people__mailboxes=8, events=cut, end="11:00"
    )
    assert _checks(scenario) == set()
    assert "messages" in _checks(scenario, people=PeopleComponents(person=_ForgetsDrafts))


class _DropsMail(Synchroniser):
    def _reach(self, delivery: Delivery, *, body: bool) -> None:
        """Let the copy forget what has come."""


def test_mail_that_is_lost_on_its_way_to_the_copy_is_caught() -> None:
    lost = _checks(small(), outlook=OutlookComponents(synchroniser=_DropsMail))
    assert lost == {"messages"}


def test_bytes_that_are_counted_twice_are_caught() -> None:
    assert "bytes" in _checks(small(), network=NetworkComponents(byte_stream=_CountsTwice))


def test_a_client_that_drops_an_interval_is_caught() -> None:
    assert "states" in _checks(small(), outlook=OutlookComponents(client=_DropsAnInterval))


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
