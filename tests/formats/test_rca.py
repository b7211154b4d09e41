"""RPC Client Access logs: sessions, calls and actions, of 2010 and of 2013 on."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

import anywhere_sim as aw
from anywhere_sim.formats import import_files
from anywhere_sim.formats.names import account
from anywhere_sim.formats.rca import ROPS

LOG_2013 = (
    "#Software: Microsoft Exchange Server\r\n#Log-type: RCA Protocol Logs\r\n"
    "#Fields: date-time,session-id,seq-number,client-name,client-software,client-software-version,"
    "client-mode,client-ip,client-connection-info,server-ip,protocol,application-id,request-ids,"
    "session-cookie,operation,rpc-status,processing-time,operation-specific,failures,"
    "performance-data,activity-context-data,user-email\r\n"
    "2014-05-05T09:00:00.500Z,7,0,/o=A/cn=Ann,OUTLOOK.EXE,14.0.7108.5000,Classic,10.1.1.9,,10.0.0.1,"
    "ncacn_ip_tcp,Client=MSExchangeRPC,,,Connect,0,00:00:00.0150000,,,,,ann@contoso.com\r\n"
    "2014-05-05T09:00:02.000Z,7,1,/o=A/cn=Ann,OUTLOOK.EXE,14.0.7108.5000,Classic,10.1.1.9,,10.0.0.1,"
    'ncacn_ip_tcp,Client=MSExchangeRPC,,,,0,00:00:00.2500000,">OpenMessage; >Release, all",,,,\r\n'
    "2014-05-05T09:00:03.000Z,9,1,HealthMailbox1,,,,10.1.1.9,,10.0.0.1,ncacn_http,,,,,0,,,,,,\r\n"
    "2014-05-05T09:01:00.000Z,7,2,/o=A/cn=Ann,OUTLOOK.EXE,14.0.7108.5000,Classic,10.1.1.9,,10.0.0.1,"
    "ncacn_ip_tcp,Client=MSExchangeRPC,,,Disconnect,0,00:00:00,,,,,\r\n"
    "2014-05-05T09:02:00.000Z,8,2,/o=A/cn=Bob,OUTLOOK.EXE,,Cached,10.1.1.8,,10.0.0.1,"
    "MapiHttp,,,,Connect,1144,00:00:00,,,,,\r\n"
    "2014-05-05T09:02:00.000Z,8,2,/o=A/cn=Bob,\r\n"
)


def test_sessions_and_calls_come_back(run: aw.Run, there_and_back) -> None:
    _, back = there_and_back("rca")
    mail = run.connections[run.connections["service"] == "mail"]
    calls = run.rpcs[
        run.rpcs["connection"].isin(mail["connection"]) & run.rpcs["kind"].isin(ROPS)
    ].sort_values("done_s")
    got = back.rpcs.sort_values("done_s")
    assert len(calls) == len(got) > 100
    assert calls["rops"].sum() == got["rops"].sum()
    assert sorted(calls["kind"].astype(str)) == sorted(got["kind"].astype(str))
    assert (calls["done_s"].to_numpy() - got["done_s"].to_numpy()).max() < 0.0011
    took = [(rows["done_s"] - rows["arrived_s"]).sum() for rows in (calls, got)]
    assert took[0] == pytest.approx(took[1], abs=1e-6 * len(got))
    names = sorted(account(str(name)) for name in mail["mailbox"])
    assert sorted(back.connections["mailbox"].astype(str)) == names
    assert sorted(mail["start_s"]) == pytest.approx(sorted(back.connections["start_s"]), abs=0.0011)
    assert set(back.states["mode"]) == {"cached"}
    _, twice = there_and_back("rca", back)
    for name in ("rpcs", "connections", "states"):
        one, other = (
            each.table(name).to_pandas().drop(columns=["connection"], errors="ignore")
            for each in (back, twice)
        )
        assert len(one) == len(other)


def test_a_log_of_2013_in_classic_mode(tmp_path: Path) -> None:
    (tmp_path / "RCA.LOG").write_bytes(LOG_2013.encode())
    made = import_files([tmp_path / "RCA.LOG"], tmp_path / "out", keep_names=True)
    session = made.connections.iloc[0]
    assert (session["mailbox"], session["path"], session["server"]) == (
        "/o=a/cn=ann", "tcp", "10.0.0.1",
    )  # fmt: skip
    assert session["end_s"] - session["start_s"] == 59.5
    assert (session["rpcs"], session["rops"], session["end_reason"]) == (1, 2, "closed")
    action = made.operations.iloc[0]
    assert (action["kind"], action["wait_s"], action["outcome"]) == ("read", 0.25, "done")
    call = made.rpcs.iloc[0]
    assert math.isclose(call["done_s"] - call["arrived_s"], 0.25, abs_tol=1e-9)
    assert call["operation"] == action["operation"] == 1
    assert made.attempts["outcome"].tolist() == ["failed", "connected"]
    assert made.states["mode"].tolist() == ["online"]


def test_sessions_of_one_number_follow_each_other_in_one_block(tmp_path: Path) -> None:
    """A server that starts again counts from 1: each Connect begins a session of its own."""
    path = tmp_path / "again.log"
    head = "#Fields: date-time,session-id,client-name,client-mode,client-ip,server-ip,operation,"
    head += "rpc-status,processing-time,operation-specific,failures\r\n"

    def line(clock: str, operation: str, carried: str = "", session: int = 1) -> str:
        return (
            f"2014-05-05T{clock}Z,{session},/cn=Ann,Cached,10.1.1.9,10.0.0.1,{operation},0,"
            f"00:00:00.0100000,{carried},\r\n"
        )

    path.write_text(
        head + line("09:00:00", "", ">Logon") + line("09:00:01", "Connect")
        + line("09:00:02", "", ">OpenMessage") + line("09:00:03", "Disconnect")
        + line("09:01:00", "Connect") + line("09:01:01", "", ">OpenFolder")
        + line("09:01:02", "", ">OpenFolder") + line("09:02:00", "Connect")
        + line("09:02:01", "", ">OpenMessage") + line("09:02:02", "Disconnect", session=2),
        encoding="utf-8",
    )  # fmt: skip
    run = import_files([path], tmp_path / "in", keep_names=True)
    made = run.connections.sort_values("start_s", na_position="first", kind="stable")
    seconds = [(one.start_s - 32_400.0, one.end_s - 32_400.0) for one in made.itertuples()]
    nan = pytest.approx(math.nan, nan_ok=True)
    assert len(seconds) == 5
    assert seconds[2:] == [(1.0, 3.0), (60.0, nan), (120.0, nan)]
    assert sorted(seconds[:2], key=lambda pair: pair[1] == pair[1]) == [(nan, nan), (nan, 122.0)]
    by_begin = dict(zip(made["start_s"], made["rpcs"], strict=True))
    assert [by_begin[32_400.0 + each] for each in (1.0, 60.0, 120.0)] == [1, 2, 1]
    calls = run.rpcs.sort_values("done_s")
    assert calls["connection"].nunique() == 4
