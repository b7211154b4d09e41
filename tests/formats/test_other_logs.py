"""HTTPERR, HttpProxy and MAPI logs, and metrics."""

from __future__ import annotations

import json
import math
import warnings
from pathlib import Path

import numpy as np
import pytest

import anywhere_sim as aw
from anywhere_sim.formats import FormatError, export_run, import_files
from anywhere_sim.formats.http_proxy import statuses
from anywhere_sim.formats.httperr import REASONS_WRITTEN

PROXY = "DateTime,RequestId,Protocol,UrlStem,AuthenticatedUser,UserAgent,ClientIpAddress,ServerHostName,HttpStatus,Method,RequestBytes,ResponseBytes,TotalRequestTime,UrlQuery,GenericErrors"  # noqa: E501
MAPI = "DateTime,RequestId,MapiRequestId,RequestType,HttpStatusCode,StatusCode,TotalRequestLatency,ClientIP,SourceCafeServer,SessionCookie,ClientSoftware,ClientMode,AuthenticatedUser,RopIds,OperationSpecific,GenericErrors"  # noqa: E501


def imported(folder: Path, *lines: str, **options: object) -> tuple[aw.Run, dict]:
    (folder / "a.log").write_text("\r\n".join((*lines, "")), encoding="utf-8", newline="")
    made = import_files([folder / "a.log"], folder / "out", keep_names=True, **options)
    found = json.loads((folder / "out/quality.json").read_text(encoding="utf-8"))
    return made, found["files"][0]


def test_what_http_sys_broke_comes_back(run: aw.Run, there_and_back) -> None:
    _, back = there_and_back("httperr")
    over = run.connections[run.connections["path"] == "https"]
    broken = over[over["end_reason"].isin(REASONS_WRITTEN)]
    assert len(broken) == len(back.connections) > 0
    assert set(back.connections["end_reason"]) <= {"link_lost", "black_hole", "server_crash"}
    _, twice = there_and_back("httperr", back)
    assert back.table("connections").equals(twice.table("connections"))


def test_reasons_of_http_sys(tmp_path: Path) -> None:
    made, quality = imported(
        tmp_path,
        "#Fields: date time c-ip c-port s-ip s-port cs-version cs-method cs-uri sc-status s-reason",
        "2013-11-04 09:00:00 10.1.1.8 4000 10.0.0.1 443 HTTP/1.1 RPC_IN_DATA /rpc 503 QueueFull",
        "2013-11-04 09:00:01 10.1.1.8 4001 10.0.0.1 443 HTTP/1.1 RPC_IN_DATA /rpc 503 Disabled",
        "2013-11-04 09:00:02 10.1.1.8 4002 10.0.0.1 443 HTTP/1.1 RPC_OUT_DATA /rpc - Client_Reset",
        "2013-11-04 09:20:03 10.1.1.8 4003 10.0.0.1 443 - - - - Timer_ConnectionIdle",
        "2013-11-04 09:10:04 10.1.1.8 4004 10.0.0.1 443 HTTP/1.1 RPC_IN_DATA /rpc 400 Hostname",
    )
    assert made.attempts["failed_stage"].tolist() == ["limit", "conn"]
    assert made.connections["end_reason"].tolist() == ["link_lost"]
    assert quality["apart"] == {"lines of no RPC request": 1, "lines of other reasons": 1}
    assert quality["gaps"] == ["1,201 s before line 5"]
    assert quality["jumps"] == ["599 s before line 6"]


def test_proxy_and_mapi_logs_of_2013(tmp_path: Path) -> None:
    for name in ("proxy", "mapi"):
        (tmp_path / name).mkdir()
    at = "2016-08-16T19:46:{},r,RpcHttp,/rpc/rpcproxy.dll"
    made, quality = imported(
        tmp_path / "proxy",
        PROXY, "#Software: Microsoft Exchange Server", "#Log-type: HttpProxy Logs",
        f"#Fields: {PROXY}",
        at.format("59.920Z") + ",A\\ann,MSRPC,10.1.1.9,EX1,200,RPC_IN_DATA,500,0,9000,?e:6001,",
        at.format("59.930Z") + ",A\\ann,MSRPC,10.1.1.9,EX1,200,RPC_OUT_DATA,0,700,9005,?e:6001,",
        at.format("59.950Z") + ",,MSRPC,10.1.1.9,EX1,401,RPC_OUT_DATA,0,0,2,?e:6001,",
        at.format("59.960Z") + ',A\\bob,MSRPC,10.1.1.9,EX1,503,RPC_IN_DATA,0,0,2,?e:6001,"x,y"',
        "2016-08-16T19:47:01.000Z,r,Mapi,/mapi/emsmdb/,A\\ann,,10.1.1.9,EX1,200,POST,300,900,15,,",
    )  # fmt: skip
    connection, call = made.connections.iloc[0], made.rpcs.iloc[0]
    assert (connection["bytes_up"], connection["bytes_down"], connection["channels"]) == (
        500,
        700,
        2,
    )
    assert connection["start_s"] == pytest.approx(19 * 3600 + 46 * 60 + 50.92)
    assert sorted(made.attempts["failed_stage"]) == ["", "conn"]
    assert call["done_s"] - call["arrived_s"] == pytest.approx(0.015)
    assert quality["apart"] == {"lines of names": 1, "requests for credentials (401)": 1} or (
        quality["apart"] == {"requests for credentials (401)": 1}
    )
    end = "200,0,{},10.1.1.9,EX1,S1,OUTLOOK.EXE,Cached,A\\ann,,{},"
    made, quality = imported(
        tmp_path / "mapi",
        MAPI, f"#Fields: {MAPI}",
        "2016-08-16T19:46:00.000Z,r,m,Connect," + end.format(20, ""),
        "2016-08-16T19:46:01.000Z,r,m,Execute," + end.format(30, ">OpenMessage; >Release"),
        "2016-08-16T19:46:59.000Z,r,m,NotificationWait," + end.format(60000, ""),
        "2016-08-16T19:47:00.000Z,r,m,Disconnect," + end.format(1, ""),
    )  # fmt: skip
    assert made.connections[["rpcs", "rops"]].to_numpy().tolist() == [[1, 2]]
    assert made.rpcs["kind"].tolist() == ["open_item"]
    assert made.states["mode"].tolist() == ["cached"]
    assert quality["apart"]["waits for notifications"] == 1


def test_metrics_have_the_counters_of_the_run(run: aw.Run, tmp_path: Path) -> None:
    export_run(run, "openmetrics", tmp_path / "out")
    text = (tmp_path / "out/metrics.om").read_text(encoding="utf-8")
    assert text.endswith("# EOF\n")
    store = run.servers[run.servers["server"] == "mbx1"]
    last = [
        float(line.split()[1])
        for line in text.splitlines()
        if line.startswith('windows_exchange_rpc_operations_total{instance="mbx1:9182"}')
    ]
    assert last == store["rpc_operations"].tolist()
    with pytest.raises(FormatError, match="try one of"):
        export_run(run, "etl", tmp_path / "no")


def test_a_status_that_reads_as_no_integer_is_none() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = statuses(np.array([200.0, math.inf, -math.inf, math.nan, 1e15, 503.0]))
    assert found.tolist() == [200, 0, 0, 0, 0, 503]


def test_logs_that_may_tell_of_the_same_connection_are_said_to(tmp_path: Path) -> None:
    samples = aw.data_folder() / "samples"
    both = [next((samples / form).glob("*.[lL][oO][gG]")) for form in ("iis", "rca")]
    heard: list[str] = []
    for number, files in enumerate((both, both[:1])):
        import_files(files, tmp_path / str(number), say=heard.append)
    assert sum("iis, rca may tell of the same connection" in line for line in heard) == 1
