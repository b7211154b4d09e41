"""IIS logs: what goes out comes back, in any order of fields, and what is no line is counted."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

import anywhere_sim as aw
from anywhere_sim.formats import FormatError, import_files
from anywhere_sim.formats.iis import END_REASON_OF_WIN32, WIN32_OF_END_REASON
from anywhere_sim.formats.names import account

HEAD = "#Software: Microsoft Internet Information Services 7.5\r\n#Version: 1.0\r\n"
FIELDS_2003 = (
    "#Fields: date time cs-method cs-uri-stem cs-uri-query cs-username c-ip sc-status "
    "sc-win32-status sc-bytes cs-bytes time-taken\r\n"
)
LINE_2003 = (
    "2004-05-03 08:00:{second:02d} RPC_{way}_DATA /rpc/rpcproxy.dll ex1.contoso.com:{port} "
    "CONTOSO\\ann 10.1.1.7 200 64 {down} {up} 5000\r\n"
)
FIELDS_2013 = (
    "#Fields: time-taken sc-status sc-substatus sc-win32-status date time s-ip cs-method "
    "cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) cs(Cookie)\r\n"
)
LINE_2013 = (
    "60000 {status} 0 {win32} 2013-11-04 09:00:0{second} 10.0.0.1 RPC_{way}_DATA "
    "/rpc/rpcproxy.dll 0a1b@contoso.com:6004&CorrelationID=<empty>;&ClientId=X&RequestId={second}; "
    '443 {user} 10.1.1.8 MSRPC OutlookSession="{{A}}+Outlook=15.0.4701.1000"\r\n'
)


def log(path: Path, text: str) -> Path:
    path.write_bytes(text.encode())
    return path


def quality(run: aw.Run, folder: Path) -> dict:
    import json

    return json.loads((folder / "quality.json").read_text(encoding="utf-8"))["files"][0]


def test_connections_come_back_and_the_second_time_all_is_the_same(
    run: aw.Run, there_and_back
) -> None:
    files, back = there_and_back("iis")
    gone = run.connections[run.connections["path"] == "https"].assign(
        mailbox=lambda rows: [account(str(name)).lower() for name in rows["mailbox"]],
        service=lambda rows: rows["service"].astype(str).replace("public", "mail"),  # one port
        end_reason=lambda rows: [
            END_REASON_OF_WIN32[WIN32_OF_END_REASON[str(each)]] for each in rows["end_reason"]
        ],
    )
    gone[["bytes_up", "bytes_down"]] = gone[["bytes_up", "bytes_down"]].round()
    keys = ["mailbox", "service", "server", "channels", "bytes_up", "bytes_down", "end_reason"]
    sent, got = (
        rows.astype(dict.fromkeys(keys, str)).sort_values(
            ["mailbox", "service", "end_s", "start_s"], ignore_index=True
        )
        for rows in (gone, back.connections)
    )
    assert len(sent) > 5
    assert (sent[keys] == got[keys]).all(axis=None)
    for column in ("start_s", "end_s"):
        assert ((sent[column] - got[column]).between(-0.001, 1.001)).all()
    failed = run.attempts[(run.attempts["path"] == "https") & (run.attempts["outcome"] == "failed")]
    seen = failed[failed["failed_stage"].isin(("auth", "limit", "conn", "bind", "logon"))]
    assert (back.attempts["outcome"] == "failed").sum() == len(seen)
    again, twice = there_and_back("iis", back)
    assert [path.read_bytes() for path in files] == [path.read_bytes() for path in again]
    for name in ("connections", "attempts"):
        assert back.table(name).equals(twice.table(name))


def test_fields_in_any_order_and_a_second_list_in_one_log(tmp_path: Path) -> None:
    text = HEAD + FIELDS_2003
    text += LINE_2003.format(second=10, way="IN", port=6001, up=700, down=0)
    text += LINE_2003.format(second=11, way="OUT", port=6001, up=0, down=9000)
    text += HEAD + FIELDS_2013
    text += LINE_2013.format(status=401, win32=5, second=1, way="IN", user="-")
    text += LINE_2013.format(status=401, win32=1326, second=1, way="IN", user="CONTOSO\\bob")
    text += LINE_2013.format(status=200, win32=0, second=2, way="OUT", user="contoso\\Bob")
    text += LINE_2013.format(status=200, win32=0, second=3, way="IN", user="CONTOSO\\bob")
    text += LINE_2013.format(status=200, win32=0, second=3, way="OUT", user="HealthMailbox7")
    made = import_files([log(tmp_path / "a.log", text)], tmp_path / "out", keep_names=True)
    rows = made.connections
    assert rows["mailbox"].tolist() == ["contoso\\ann", "contoso\\bob"]
    assert rows["service"].tolist() == ["mail", "directory"]
    assert rows["channels"].tolist() == [2, 2]
    assert rows["end_reason"].tolist() == ["link_lost", "closed"]
    assert rows["bytes_up"].tolist()[0] == 700.0
    assert rows["bytes_down"].tolist()[0] == 9000.0
    assert rows["start_s"].tolist()[0] == 8 * 3600 + 5.0
    assert sorted(made.attempts["failed_stage"]) == ["", "", "auth"]
    found = quality(made, tmp_path / "out")
    assert found["apart"] == {"requests for credentials (401)": 1, "health probes": 1}
    assert found["used"] == 5


def test_names_are_hashed_with_a_key(tmp_path: Path) -> None:
    text = HEAD + FIELDS_2003 + LINE_2003.format(second=10, way="IN", port=6001, up=1, down=1)
    path = log(tmp_path / "a.log", text)
    words = [
        str(import_files([path], tmp_path / name, key=key).connections["mailbox"].iloc[0])
        for name, key in (("a", b"k" * 32), ("b", b"k" * 32), ("c", None))
    ]
    assert words[0] == words[1] != words[2]
    assert all(word.startswith("user-") and "ann" not in word for word in words)
    assert not any(b"contoso" in each.read_bytes() for each in (tmp_path / "a").glob("*.parquet"))


BAD_LINES = {
    "holds NUL bytes": "\0" * 50,
    "has another number of fields": "2004-05-03 08:00:11 RPC_IN_DATA /rpc",
    "longer than 256 kB": "x" * 10_000_000,
    "has no date and time": "2004-02-31 08:00:11 RPC_IN_DATA / a:6001 u 10.1.1.7 200 0 1 1 1",
    "sc-status is no number": "2004-05-03 08:00:11 RPC_IN_DATA / a:6001 u 10.1.1.7 twenty 0 1 1 1",
    "holds a carriage return": "2004-05-03 08:00:11 RPC_IN_DATA / a:6001 u\r10.1.1.7 200 0 1 1 1",
}


def test_bad_lines_are_counted_with_their_numbers(tmp_path: Path) -> None:
    good = LINE_2003.format(second=10, way="IN", port=6001, up=1, down=1)
    text = HEAD + FIELDS_2003 + good + "".join(f"{bad}\r\n{good}" for bad in BAD_LINES.values())
    data = text.encode() + "2004-05-03 08:00:12 RPC_IN_DATA /rpc/é a:6001 é\\bob 10".encode(
        "cp1252"
    )
    (tmp_path / "a.log.gz").write_bytes(gzip.compress(data))
    made = import_files([tmp_path / "a.log.gz"], tmp_path / "out")
    found = quality(made, tmp_path / "out")
    assert {why: each["first"] for why, each in found["refused"].items()} == {
        why: [5 + 2 * number] for number, why in enumerate(BAD_LINES)
    } | {"has another number of fields": [7, 17]}
    assert found["notes"] == ["ends in the middle of a line"]
    assert found["used"] == len(BAD_LINES) + 1 == len(made.connections)


def test_a_bomb_and_a_stranger_are_said_in_a_sentence(tmp_path: Path) -> None:
    bomb = tmp_path / "bomb.gz"
    with gzip.open(bomb, "wb", compresslevel=1) as file:
        file.write((HEAD + FIELDS_2003).encode())
        for _ in range(70):
            file.write(b"0" * 2**20)
    made = import_files([bomb], tmp_path / "out")
    assert any("200 times its size" in note for note in quality(made, tmp_path / "out")["notes"])
    stranger = log(tmp_path / "a.txt", "hello\n")
    with pytest.raises(FormatError, match="in no format that is read here"):
        import_files([stranger], tmp_path / "none")
    assert not (tmp_path / "none").exists()
