"""What a capture holds is what the tables have: bytes, instants, sizes, in both files."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from impacket.dcerpc.v5 import rpcrt

import anywhere_sim as aw
from anywhere_sim import lab
from anywhere_sim.packets import export_captures
from anywhere_sim.packets.export import DAY_1, Captured
from anywhere_sim.rpc.call import FRAGMENT_BYTES
from anywhere_sim.traces import RunError
from tests.packets.conftest import Exported, exported

dpkt = pytest.importorskip("dpkt")
EMSMDB_PORT, HTTPS_PORT, MAPPER_PORT = 6_001, 443, 135


def day_1_s() -> float:
    return datetime(DAY_1.year, DAY_1.month, DAY_1.day, tzinfo=UTC).timestamp()


def rows_of(made: Exported, each: Captured) -> list[dict[str, float]]:
    ids = {"attempts": ("attempt", each.attempt), "connections": ("connection", each.connection)}
    return [
        row
        for table, (column, number) in ids.items()
        for row in made.run.table(table).to_pylist()
        if number and row[column] == number
    ]


def unequal(made: Exported) -> list[Captured]:
    """Return the connections whose lines do not have the bytes of their rows."""
    found, wrong = made.line_bytes(), []
    for each in made.captures.connections:
        up = down = 0
        for line in each.lines:
            client, server = line.client, line.server
            up += found[client.address, client.port, server.address, server.port]
            down += found[server.address, server.port, client.address, client.port]
        rows = rows_of(made, each)
        wanted = tuple(sum(row[name] for row in rows) for name in ("bytes_up", "bytes_down"))
        if (up, down) != wanted:
            wrong.append(each)
    return wrong


@pytest.mark.parametrize("name", ["at_home", "in_the_office"])
def test_every_connection_has_the_bytes_of_its_rows(
    name: str, request: pytest.FixtureRequest
) -> None:
    made: Exported = request.getfixturevalue(name)
    assert len(made.captures.connections) > 10
    assert unequal(made) == []
    kinds = made.run.attempts["outcome"].astype(str)
    assert "connected" in set(kinds)
    unexplained = sum(each.unexplained_bytes for each in made.captures.connections)
    assert unexplained == 0


def test_no_bytes_belong_to_nobody(at_home: Exported) -> None:
    total = sum(at_home.line_bytes().values())
    assert total == sum(each.bytes_up + each.bytes_down for each in at_home.captures.connections)


VARIANTS = {
    "loss": {"places__home__loss": 0.03},
    "tunnel, linux": {"places__home__tunnel_bytes": 60, "groups__sales__stack": "linux"},
    "proxy, in series": {
        "places__home__web": "proxy", "groups__sales__policy__channels_parallel": False,
    },
    "compressed, basic, 100 Continue": {
        "groups__sales__policy__rpc_compressed_to": 0.6,
        "groups__sales__policy__http_auth": "basic",
        "groups__sales__policy__expect_100": True,
    },
    "no answer from the port": {"groups__sales__policy__roh_flags": 1, "places__home__web": "none"},
}  # fmt: skip


@pytest.mark.parametrize("variant", VARIANTS)
def test_it_holds_on_other_lines_and_under_other_policies(variant: str, tmp_path: Path) -> None:
    made = exported(
        tmp_path, "mobile-workforce", ["sales/1"], end="07:18", groups__consultants__mailboxes=1,
        **VARIANTS[variant],
    )  # fmt: skip
    assert made.captures.connections
    assert unequal(made) == []
    if variant == "loss":
        assert (
            sum(each.resent for each in made.captures.connections)
            or made.run.connections["resent_bytes"].sum()
        )


def test_calls_begin_and_answers_end_at_the_instants_of_the_tables(in_the_office: Exported) -> None:
    up, down = set(), set()
    for at_s, frame in in_the_office.outside:
        if frame.data.p == 6 and frame.data.data.data:
            going_up = frame.data.src[0] == 10
            (up if going_up else down).add(round(at_s, 5))
    rpcs = in_the_office.run.rpcs
    alone = rpcs.groupby("connection")["rpc"].transform("size") < 20
    for row in rpcs[alone].itertuples():
        assert any(round(day_1_s() + row.start_s, 5) + d in up for d in (-1e-5, 0.0, 1e-5)), row
        assert any(round(day_1_s() + row.end_s, 5) + d in down for d in (-1e-5, 0.0, 1e-5)), row


def streams(made: list[tuple[float, object]], port: int) -> dict[tuple[bytes, int, bool], bytes]:
    """Return what each line of a server's port carries, up and down, segments sent again aside."""
    found: dict[tuple[bytes, int, bool], bytes] = {}
    seen = set()
    for _, frame in made:
        tcp, ip = frame.data.data, frame.data  # type: ignore[attr-defined]
        if ip.p != 6 or port not in (tcp.sport, tcp.dport) or not tcp.data:
            continue
        up = bool(tcp.dport == port)
        key = (ip.src, tcp.sport, True) if up else (ip.dst, tcp.dport, False)
        if (key, tcp.seq) not in seen:
            found[key] = found.get(key, b"") + tcp.data
        seen.add((key, tcp.seq))
    return found


def test_outside_a_line_under_tls_is_records_from_end_to_end(at_home: Exported) -> None:
    lines = streams(at_home.outside, HTTPS_PORT)
    assert len(lines) > 10
    kinds = set()
    for stream in lines.values():
        records, used = dpkt.ssl.tls_multi_factory(stream)
        assert used == len(stream)
        kinds |= {record.type for record in records}
    assert kinds == {20, 22, 23}


def test_inside_stand_the_same_calls_in_clear(at_home: Exported) -> None:
    """Requests on one line, answers on another, as long as the table says."""
    sizes: dict[str, list[int]] = {"request": [], "response": []}
    for stream in streams(at_home.inside, EMSMDB_PORT).values():
        left = stream.removeprefix(b"ncacn_http/1.0")
        while left:
            header = rpcrt.MSRPCHeader(left)
            size = header["frag_len"]
            kind = {rpcrt.MSRPC_REQUEST: "request", rpcrt.MSRPC_RESPONSE: "response"}
            if header["type"] in kind:
                if header["flags"] & 1:
                    sizes[kind[header["type"]]].append(0)
                sizes[kind[header["type"]]][-1] += size - (0 if header["flags"] & 1 else 24)
            left = left[size:]
    rpcs = at_home.run.rpcs
    mail = at_home.run.connections.astype({"service": str, "path": str})
    mail = mail[mail["service"].isin(["mail", "public"]) & (mail["path"] == "https")]
    rows = rpcs[rpcs["connection"].isin(mail["connection"])]
    assert len(rows) > 20
    for column, name in (("pdu_bytes_up", "request"), ("pdu_bytes_down", "response")):
        wanted = sorted(int(size) for size in rows[column])
        of_opening = 2 * len(mail)
        assert len(sizes[name]) - len(wanted) >= of_opening
        for size in wanted:
            sizes[name].remove(size)
    assert max(rows["pdu_bytes_down"]) > FRAGMENT_BYTES


def test_direct_connections_are_not_inside_and_ask_the_mapper(in_the_office: Exported) -> None:
    assert in_the_office.inside == []
    ports = {frame.data.data.dport for _, frame in in_the_office.outside}
    assert {53, MAPPER_PORT, 49_200, 49_201, 49_202} <= ports


def test_frames_are_in_the_order_of_time_and_begin_on_day_1(at_home: Exported) -> None:
    for made in (at_home.outside, at_home.inside):
        times = [at_s for at_s, _ in made]
        assert times == sorted(times)
        assert day_1_s() < times[0]
        assert times[-1] < day_1_s() + 86_400


def test_sequence_numbers_leave_no_gap(at_home: Exported) -> None:
    after: dict[tuple[bytes, int, bytes, int], int] = {}
    for _, frame in at_home.outside:
        ip, tcp = frame.data, frame.data.data
        if ip.p != 6:
            continue
        key = ip.src, tcp.sport, ip.dst, tcp.dport
        begin = after.get(key, tcp.seq)
        assert (begin - tcp.seq) % 2**32 < 2**20, "a gap; what is sent again lies before"
        end = (tcp.seq + len(tcp.data) + bool(tcp.flags & 3)) % 2**32
        if tcp.seq == begin:
            after[key] = end


def test_what_can_not_be_exported_is_refused_in_a_sentence(tmp_path: Path) -> None:
    scenario = aw.Scenario.load("office-day").with_(
        groups__online__mailboxes=1, groups__cached__mailboxes=1, end="08:16"
    )
    silent = aw.simulate(scenario, 1)
    with pytest.raises(RunError, match="did not write down the calls of online/1"):
        export_captures(silent, ["online/1"], tmp_path / "packets")
    some = aw.simulate(scenario.with_(record_rpcs=["online/1"]), 1)
    with pytest.raises(RunError, match="did not write down the calls of cached/1"):
        export_captures(some, ["cached/1"], tmp_path / "packets")
    with pytest.raises(RunError, match="no mailbox 'online/2'"):
        export_captures(some, ["online/2"], tmp_path / "packets")
    with pytest.raises(RunError, match="needs a mailbox"):
        export_captures(some, [], tmp_path / "packets")
    assert not (tmp_path / "packets").exists()
    assert export_captures(some, ["online/1"], tmp_path / "packets").outside_frames
    with pytest.raises(RunError, match="is not empty"):
        export_captures(some, ["online/1"], tmp_path / "packets")


def test_the_same_run_gives_the_same_bytes(at_home: Exported, tmp_path: Path) -> None:
    again = export_captures(at_home.run, ["sales/1", "consultants/1"], tmp_path / "again")
    for file in again.folder.iterdir():
        assert file.read_bytes() == (at_home.captures.folder / file.name).read_bytes()


def test_the_lessons_table_has_all_bytes(in_the_office: Exported) -> None:
    seen = lab.packets_by_port(in_the_office.captures.folder)
    assert set(seen.index) >= {"DNS", "endpoint mapper", "store, direct", "directory, direct"}
    connections = in_the_office.captures.connections
    assert seen["bytes_up"].sum() == sum(each.bytes_up for each in connections)
    assert seen["bytes_down"].sum() == sum(each.bytes_down for each in connections)
    assert seen["packets"].sum() == in_the_office.captures.outside_frames
    said = lab.wireshark_lines(in_the_office.captures.folder)
    assert "tshark is not installed" in said or "Standard query" in said
