"""Wireshark's own dissectors read both files: names, sizes, nothing malformed.

Where tshark is not installed these are skipped; `make verify-formats` runs them.
"""

from __future__ import annotations

import shutil
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from anywhere_sim.packets import INSIDE, OUTSIDE
from tests.packets.conftest import Exported, exported
from tests.packets.test_captures import rows_of

pytest.importorskip("dpkt")
pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(not shutil.which("tshark"), reason="tshark is not installed"),
]
OPTIONS = ("-o", "tcp.try_heuristic_first:TRUE", "--disable-protocol", "x11")
FRAME_BYTES = 14


def tshark(file: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["tshark", *OPTIONS, "-r", str(file), *arguments],
        capture_output=True, text=True, check=True, timeout=120,
    )  # fmt: skip
    return done.stdout


def infos(file: Path, *arguments: str) -> list[str]:
    return tshark(file, "-T", "fields", "-e", "_ws.col.Info", *arguments).splitlines()


@pytest.mark.parametrize("file", [OUTSIDE, INSIDE])
@pytest.mark.parametrize("name", ["at_home", "in_the_office"])
def test_nothing_is_malformed(file: str, name: str, request: pytest.FixtureRequest) -> None:
    made: Exported = request.getfixturevalue(name)
    found = infos(made.captures.folder / file, "-Y", "_ws.malformed")
    assert set(found) <= {"Ping[Malformed Packet]"}
    errors = infos(made.captures.folder / file, "-Y", "_ws.expert.severity == error")
    assert len(errors) == len(found)


def conversations(file: Path, kind: str) -> dict[tuple[str, str], tuple[int, float]]:
    """Return from `-z conv` the bytes from one end to another without the heads of frames, and by
    how much the number is rounded: from 10,000 on tshark writes kB.
    """
    found = {}
    for line in tshark(file, "-q", "-z", f"conv,{kind}").splitlines():
        words = line.split()
        if "<->" not in words:
            continue
        for ends, frames, size, unit in (
            ((words[2], words[0]), *words[3:6]), ((words[0], words[2]), *words[6:9]),
        ):  # fmt: skip
            each = {"bytes": 1, "kB": 1_000, "MB": 1_000_000}[unit]
            found[ends] = int(size) * each - FRAME_BYTES * int(frames), each - 1
    return found


@pytest.mark.parametrize("name", ["at_home", "in_the_office"])
def test_conversations_have_the_bytes_of_attempts_and_connections(
    name: str, request: pytest.FixtureRequest
) -> None:
    made: Exported = request.getfixturevalue(name)
    file = made.captures.folder / OUTSIDE
    found = Counter[tuple[str, str]]()
    for row in tshark(
        file, "-T", "fields", "-e", "ip.src", "-e", "tcp.srcport", "-e", "udp.srcport",
        "-e", "ip.dst", "-e", "tcp.dstport", "-e", "udp.dstport", "-e", "frame.len",
    ).splitlines():  # fmt: skip
        source, tcp_1, udp_1, target, tcp_2, udp_2, size = row.split("\t")
        found[f"{source}:{tcp_1 or udp_1}", f"{target}:{tcp_2 or udp_2}"] += int(size) - FRAME_BYTES
    for each in made.captures.connections:
        up = down = 0
        for line in each.lines:
            client, server = (
                f"{'.'.join(map(str, end.address))}:{end.port}"
                for end in (line.client, line.server)
            )
            up, down = up + found[client, server], down + found[server, client]
        rows = rows_of(made, each)
        assert (up, down) == tuple(
            sum(row[column] for row in rows) for column in ("bytes_up", "bytes_down")
        )
    summed = conversations(file, "tcp") | conversations(file, "udp")
    assert set(found) <= set(summed)
    for ends, size in found.items():
        said, rounded = summed[ends]
        assert abs(said - size) <= rounded, ends


def test_inside_names_the_pdus_of_the_virtual_connection(at_home: Exported) -> None:
    file = at_home.captures.folder / INSIDE
    rts = Counter(info.rstrip(", ") for info in infos(file, "-Y", "dcerpc.pkt_type == 20"))
    opened = int((at_home.run.connections["path"].astype(str) == "https").sum())
    for name in ("CONN/A2", "CONN/B2", "CONN/B3", "CONN/C1,CONN/C2"):
        assert rts[name] == opened, rts
    requests = Counter(infos(file, "-Y", "mapi || nspi || rfr"))
    names = {info.split("[")[0].strip() for info in requests}
    assert {
        "Unknown operation 10 request", "Unknown operation 11 request", "NspiBind request",
        "NspiGetHierarchyInfo request", "RfrGetNewDSA request",
        "RfrGetFQDNFromLegacyDN request",
    } <= names  # fmt: skip


def test_the_lua_file_names_calls_10_and_11(at_home: Exported) -> None:
    folder = at_home.captures.folder
    script = ("-X", f"lua_script:{folder / 'emsmdb.lua'}")
    found = infos(folder / INSIDE, *script, "-Y", "mapi")
    assert any("EcDoConnectEx request" in info for info in found)
    assert any("EcDoRpcExt2 request" in info for info in found)


def test_outside_names_mapper_binds_and_sealed_calls(in_the_office: Exported) -> None:
    found = " ".join(infos(in_the_office.captures.folder / OUTSIDE))
    for name in (
        "Map request, MAPI, 32bit NDR", "Map response, NSPI, 32bit NDR", "NTLMSSP_NEGOTIATE",
        "NTLMSSP_AUTH, User: CORP\\user", "Standard query", "Unknown operation 11 response",
    ):  # fmt: skip
        assert name in found, name
    sealed = tshark(in_the_office.captures.folder / OUTSIDE, "-Y", "dcerpc.encrypted_stub_data")
    assert sealed


def test_over_plain_http_the_heads_and_first_pdus_are_read(tmp_path: Path) -> None:
    made = exported(
        tmp_path, "mobile-workforce", ["sales/1"], end="07:18", groups__consultants__mailboxes=1,
        servers__cas1__plain_http=True, groups__sales__policy__roh_flags=0x21,
    )  # fmt: skip
    found = Counter(info.rstrip(", ") for info in infos(made.captures.folder / OUTSIDE))
    assert found["CONN/A1"] == found["CONN/B1"] == found["CONN/A3, CONN/C1,CONN/C2"] >= 3
    heads = " ".join(found)
    assert "RPC_OUT_DATA /rpc/rpcproxy.dll?mbx1:6001 HTTP/1.1" in heads
    assert "RPC_IN_DATA /rpc/rpcproxy.dll?mbx1:6001 HTTP/1.1" in heads
    assert "NTLMSSP_CHALLENGE" in heads
