"""What servers hold for their clients, and how they refuse."""

from __future__ import annotations

from typing import Any

import pytest

import anywhere_sim as aw
from anywhere_sim.des.environment import Environment
from anywhere_sim.exchange.components import ExchangeComponents
from anywhere_sim.exchange.front_end import FrontEnd
from anywhere_sim.exchange.server import SILENT_CLIENT_S
from anywhere_sim.exchange.sessions import Sessions
from anywhere_sim.exchange.store import Store
from anywhere_sim.outlook.rpc_session import MAX_BUSY_TRIES
from anywhere_sim.rpc import call_types
from anywhere_sim.rpc.call import Rpc
from anywhere_sim.rpc.call_types import CallType
from anywhere_sim.rpc.rops import MEAN_CALL_WEIGHT, MEAN_ROP_WEIGHT
from anywhere_sim.scenario.server import Server
from anywhere_sim.validation.calibration import Driver
from tests.statements.pairs import run, small, words
from tests.support import QUIET, rules

HTTPS = {"roh_flags": 0x2B}
SLOW_STORE = {
    "servers__mbx1__mhz": 100.0,
    "servers__mbx1__rpc_mcycles": 900.0,
    "servers__mbx1__cores": 1,
    "servers__mbx1__rpc_threads": 1,
    "servers__mbx1__too_busy_after_s": 5.0,
}


def front_end(**changes: Any) -> FrontEnd:
    spec = Server.model_validate({"role": "front_end"} | changes)
    return rules().exchange.front_end(Environment(), "fe", spec)


@pytest.mark.parametrize("at_s", [0.0, 300.0])
def test_what_was_held_before_a_stop_is_not_given_back_after_it(at_s: float) -> None:
    """A client vanished before the crash; the front end would have found out during the outage, or
    after it.
    """
    server = front_end()
    claim = server.accept(2)
    server.open_requests(claim, 2)
    server.release(claim, known=False)
    server.env.call_at(SILENT_CLIENT_S - 1.0 - at_s, lambda: server.stop("crash"))
    server.env.call_at(SILENT_CLIENT_S + 1.0 - at_s, server.start)
    server.env.run(until=2.0 * SILENT_CLIENT_S)
    assert (server.requests, server.sockets) == (0, 0)


def logons(scenario: aw.Scenario) -> tuple[list[str], list[float | None]]:
    """Run and return why the store refused logons, and for how long sessions lingered."""
    refusals: list[str] = []
    lingering: list[float | None] = []

    class NotedStore(Store):
        def refuse(self, rpc: Rpc, reason: str) -> None:
            if rpc.kind is call_types.LOGON:
                refusals.append(reason)
            super().refuse(rpc, reason)

    class NotedSessions(Sessions):
        def linger(self, mailbox: str, for_s: float | None = None) -> None:
            lingering.append(for_s)

    noted = ExchangeComponents(store=NotedStore, sessions=NotedSessions)
    run(scenario, rules=aw.Rules(exchange=noted))
    return refusals, lingering


@pytest.mark.parametrize(("cut_at", "lingering"), [("08:30:01", 3), ("08:30:03", 0)])
def test_a_session_ends_when_the_fin_arrives(cut_at: str, lingering: int) -> None:
    """The FIN takes 2 s: a cut after it has come leaves no session behind, one before it does."""
    scenario = small(
        places__here={"kind": "vpn", "rtt_ms": 4_000},
        groups__people__mailboxes=1,
        groups__people__itinerary=[["08:10", "here"], ["08:30", "off"]],
        groups__people__itinerary_spread_s=0,
        events=[{"at": cut_at, "do": "cut", "place": "here", "for_s": 600}],
    )
    assert len(logons(scenario)[1]) == lingering


def test_a_session_that_the_store_itself_refused_does_not_linger() -> None:
    busy = small(
        groups__people__mode="online",
        end="08:50",
        groups__people__mailboxes=30,
        groups__people__itinerary=[["08:10", "office"]],
        groups__people__policy={"roh_flags": 0},
        groups__people__requests=QUIET | {"start_calls": 0, "start_logons": 0},
        **SLOW_STORE,
    )
    refusals, lingering = logons(busy)
    assert "too_busy" in refusals
    assert not lingering


def test_a_session_cut_at_its_logon_lingers_for_15_minutes_over_https() -> None:
    cuts = [
        {"at": f"08:{minute}", "do": "cut", "place": "here", "for_s": 20}
        for minute in range(11, 40)
    ]
    _, lingering = logons(
        small(
            places__here={"kind": "gprs"},
            events=cuts,
            groups__people__policy=HTTPS,
            groups__people__mailboxes=6,
        )
    )
    assert set(lingering) == {SILENT_CLIENT_S}


def test_referral_holds_no_session() -> None:
    """Three connections that log on, mail twice and public folders, fit where three sessions are
    allowed.
    """

    def stages(most: int) -> list[str]:
        return words(
            run(
                small(
                    servers__mbx1__logons_per_user=most,
                    groups__people__policy=HTTPS | {"keep_alive_s": 120},
                )
            ).attempts["failed_stage"]
        )

    assert "limit" not in stages(3)
    assert "limit" in stages(2)


def test_without_memory_the_front_end_refuses_at_the_connect() -> None:
    """Connections_Refused of http.sys (measurements B4): no TLS, no NTLM, no 503."""
    made = run(small(servers__fe1__connection_memory_bytes=10 * 11_500, end="08:20"))
    failed = made.attempts[
        (made.attempts["path"].astype(str) == "https")
        & (made.attempts["outcome"].astype(str) == "failed")
    ]
    assert set(words(failed["failed_stage"])) == {"tcp"}
    assert failed["tls_s"].isna().all()
    assert made.servers["rejected"].max() > 0


def test_ports_towards_the_back_end_run_out() -> None:
    """One per channel, two per RPC connection (measurements B4, KB 951764): eight of them carry
    four connections.
    """
    made = run(small(servers__fe1__backend_ports=8, end="08:20"))
    assert made.servers["http_sessions"].max() == 8
    assert "conn" in words(made.attempts["failed_stage"])


def test_who_gives_up_does_not_wait_once_more() -> None:
    """Refused five times with waits of 5, 10, 20 and 40 s between: the person hears so after 75 s
    and the refusals, not after 155.
    """
    made = run(small(groups__people__mode="online", groups__people__mailboxes=30, groups__people__policy={"roh_flags": 0},  # noqa: E501
                     groups__people__itinerary=[["08:10", "office"]], **SLOW_STORE))  # fmt: skip
    waits = made.operations.loc[made.operations["outcome"].astype(str) == "failed", "wait_s"]
    assert len(waits)
    assert waits.min() < 75.0 + MAX_BUSY_TRIES * 5.0 + 10.0


def store(**changes: Any) -> Store:
    spec = Server.model_validate({"role": "mailbox", "profile": "exchange2003"} | changes)
    components = rules().exchange
    made = components.store(Environment(), "mbx", spec, 1, components)
    made.add_mailbox("one")
    return made


def served_s(server: Store, kind: CallType) -> float:
    """Let one call be served alone; return the time from its arrival to its answer."""
    rpc = Rpc(kind, lambda answered: None)
    rpc.connection = Driver("one")
    rpc.respond = lambda answered: None
    server.arrive(rpc)
    server.env.run(until=60.0)
    return rpc.served_s - rpc.arrived_s


@pytest.mark.parametrize(
    "kind",
    [
        call_types.OPEN_FOLDER,
        call_types.CREATE_ITEM,
        call_types.SYNC_CONFIGURE,
        call_types.LOGON,
    ],
)
def test_a_call_reads_the_pages_of_its_kind(kind: CallType) -> None:
    """With 0.1 MB of cache per mailbox every old page is read from disk."""
    server = store()
    served_s(server, kind)
    assert server.reads == kind.pages > 0


def test_a_change_is_answered_when_it_stands_in_the_log() -> None:
    quick, slow = store(), store(log_write_ms=400.0)
    assert served_s(slow, call_types.DELETE_ITEM) - served_s(
        quick, call_types.DELETE_ITEM
    ) == pytest.approx(0.399)
    assert quick.log_writes == 1
    assert quick.writes == 2 * quick.spec.row_writes


def test_a_changed_row_touches_each_index_of_its_folder() -> None:
    """Read and written: the row, and a leaf of each of three indexes of the Inbox, of none of
    Deleted Items (server_load 2.5).
    """
    server = store()
    for index in ("by sender", "by size", "unread"):
        server.mailbox("one").views.use("inbox", index, 0.0)
    served_s(server, call_types.DELETE_ITEM)
    assert server.writes == (server.spec.row_writes + 3) + server.spec.row_writes
    assert server.reads == (1 + 3) + 1


def test_who_only_reads_does_not_wait_for_the_log() -> None:
    assert served_s(store(log_write_ms=400.0), call_types.OPEN_FOLDER) == pytest.approx(
        served_s(store(), call_types.OPEN_FOLDER)
    )


@pytest.mark.parametrize("kind", [call_types.POLL, call_types.SYNC_STATE, call_types.SYNC_BUFFER])
def test_a_call_costs_the_store_what_its_kind_weighs(kind: CallType) -> None:
    """Calls that touch no page, served alone: their time at the store is processor time."""
    assert served_s(store(), kind) == pytest.approx(
        kind.weight / MEAN_ROP_WEIGHT * 2.65 / 1400.0, rel=1e-6
    )


def test_processor_time_is_per_operation_or_per_call() -> None:
    """The two readings of the measured 2.65 Mcycles (server_load 1)."""
    per_call = store(rpc_mcycles_per="call")
    assert served_s(per_call, call_types.SYNC_BUFFER) == pytest.approx(
        call_types.SYNC_BUFFER.weight / MEAN_CALL_WEIGHT * 2.65 / 1400.0, rel=1e-6
    )


@pytest.mark.parametrize(
    ("profile", "operations"), [("exchange2003", 3 + 160), ("exchange2007", 3 + 10)]
)
def test_a_large_message_is_written_in_runs_of_neighbouring_pages(
    profile: str, operations: int
) -> None:
    """10 MiB in operations of 64 KB or 1 MB: an access of 8 ms each, and the transfer at 60 MB/s,
    on one spindle; two pages of the message and one of an index besides, and nothing is read.
    """
    server = store(profile=profile, cache_mb_per_mailbox=49.0)
    server.write_message(10 * 2**20)
    server.env.run(until=60.0)
    assert server.writes == operations
    assert server.disk.busy_s() == pytest.approx(operations * 0.008 + 10 * 2**20 / 60e6)
