"""Captures of the connections of some mailboxes of a run: `outside.pcap` and `inside.pcap`."""

from __future__ import annotations

import shutil
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from pydantic import ValidationError

from anywhere_sim.network.tcp_model import Stack
from anywhere_sim.packets.balance import Balance
from anywhere_sim.packets.behind import BEHIND_STACK, behind
from anywhere_sim.packets.capture import Capture, FrameWriter, Line, Packet
from anywhere_sim.packets.on_the_line import Call, OnTheLine, Row
from anywhere_sim.packets.setting import Addresses, Setting
from anywhere_sim.scenario import Scenario
from anywhere_sim.scenario.quantities import IN_SECONDS
from anywhere_sim.scenario.shipped import data_folder
from anywhere_sim.traces import Run, RunError
from anywhere_sim.traces.folder import drafted

OUTSIDE, INSIDE, NAMES = "outside.pcap", "inside.pcap", "emsmdb.lua"
DAY_1 = date(2026, 3, 2)
Key = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Captured:
    """A connection, or an attempt without one, in a capture: its rows' ids (0: none), its ports on
    the client, and the bytes that no message and no rule of TCP explains.
    """

    mailbox: str
    attempt: int
    connection: int
    bytes_up: int
    bytes_down: int
    lines: tuple[Line, ...]
    acks: int
    keep_alives: int
    resent: int
    unexplained_bytes: int


@dataclass(frozen=True, slots=True)
class Captures:
    """What `export_captures` has written."""

    folder: Path
    outside_frames: int
    inside_frames: int
    connections: tuple[Captured, ...]

    def __str__(self) -> str:
        """Return it in sentences."""
        unexplained = sum(each.unexplained_bytes for each in self.connections)
        total = sum(each.bytes_up + each.bytes_down for each in self.connections)
        return (
            f"{OUTSIDE}: {self.outside_frames:,} frames of {len(self.connections):,} connections "
            f"and attempts, {total:,} IP bytes, {unexplained:,} of them filler for what the tables "
            f"count and do not name. {INSIDE}: {self.inside_frames:,} frames. "
            f"Open them with: wireshark -X lua_script:{NAMES} -o tcp.try_heuristic_first:TRUE "
            "--disable-protocol x11"
        )


def export_captures(
    run: Run, mailboxes: Sequence[str], folder: str | Path, day_1: date = DAY_1
) -> Captures:
    """Write what some mailboxes' connections put on the line into a new folder.

    Raises RunError in a sentence: for a mailbox that there is not, a run that did not write down
    its calls, and without the library dpkt.

    >>> cold = office.with_(record_rpcs=True, beginning="cold", end="08:16")
    >>> recorded = aw.simulate(cold, seed=7)
    >>> captures = lab.export_captures(recorded, ["online/1"], "results/captures")
    >>> captures.outside_frames > 100, len(captures.connections)
    (True, 8)
    """
    dpkt = _library()
    if run.manifest.get("imported"):
        raise RunError("captures are made of simulated runs; this one was read from logs")
    scenario = _scenario(run)
    if not mailboxes:
        example = f"{next(iter(scenario.groups))}/1"
        raise RunError(f"a capture needs a mailbox; name one, such as --mailbox {example}")
    for mailbox in mailboxes:
        _check(run, scenario, mailbox)
    day_1_s = datetime(day_1.year, day_1.month, day_1.day, tzinfo=UTC).timestamp()
    addresses = Addresses(scenario)
    made: list[Captured] = []
    outside: list[tuple[Packet, Stack, int]] = []
    inside: list[tuple[Packet, Stack, int]] = []
    for mailbox in mailboxes:
        for capture, back, captured in _of_mailbox(run, scenario, addresses, mailbox):
            outside += ((each, capture.stack, capture.tunnel_bytes) for each in capture.packets())
            inside += ((each, BEHIND_STACK, 0) for each in back)
            made.append(captured)
    with drafted(folder) as draft:
        counts = [
            _write(draft / name, packets, dpkt, day_1_s)
            for name, packets in ((OUTSIDE, outside), (INSIDE, inside))
        ]
        shutil.copyfile(data_folder() / "wireshark" / NAMES, draft / NAMES)
    return Captures(Path(folder), counts[0], counts[1], tuple(made))


def _library() -> Any:
    try:
        for part in ("ethernet", "ip", "tcp", "udp", "pcap"):
            import_module(f"dpkt.{part}")
        return import_module("dpkt")
    except ImportError as error:
        raise RunError(
            "captures need dpkt; install it with: pip install 'anywhere-sim[pcap]'"
        ) from error


def _scenario(run: Run) -> Scenario:
    try:
        return Scenario.model_validate(run.manifest["scenario"], context=IN_SECONDS)
    except (KeyError, ValidationError) as error:
        raise RunError(
            "the scenario in this run's manifest can't be read; run the scenario again"
        ) from error


def _check(run: Run, scenario: Scenario, mailbox: str) -> None:
    group, _, number = mailbox.rpartition("/")
    known = scenario.groups.get(group)
    if known is None or not number.isdecimal() or not 1 <= int(number) <= known.mailboxes:
        example = f"{next(iter(scenario.groups))}/1"
        raise RunError(f"there is no mailbox {mailbox!r}; write GROUP/NUMBER, such as {example}")
    wanted = scenario.record_rpcs
    if wanted is False or (isinstance(wanted, tuple) and mailbox not in wanted):
        raise RunError(
            f"this run did not write down the calls of {mailbox}; run it again with "
            "--set record_rpcs=true"
        )
    sizes = run.table("rpcs")["pdu_bytes_up"]
    if len(sizes) and sizes.null_count == len(sizes):
        raise RunError(
            "this run was written before calls had the bytes of their PDUs; run the scenario again"
        )


def _rows(run: Run, name: str, mailbox: str, column: str = "mailbox") -> list[Row]:
    table = run.table(name)
    rows: list[Row] = table.filter(pc.equal(table[column].cast(pa.string()), mailbox)).to_pylist()
    return rows


def _of_mailbox(
    run: Run, scenario: Scenario, addresses: Addresses, mailbox: str
) -> Iterator[tuple[Capture, list[Packet], Captured]]:
    attempts = {row["attempt"]: row for row in _rows(run, "attempts", mailbox)}
    connections = _rows(run, "connections", mailbox)
    calls: dict[int, list[Row]] = defaultdict(list)
    for row in _rows(run, "rpcs", mailbox):
        calls[row["connection"]].append(row)
    mails = _rows(run, "messages", mailbox, "recipient")
    mails_s = sorted(row["delivered_s"] for row in mails if row["delivered_s"] is not None)
    units: list[tuple[Row | None, Row | None]] = [
        (attempts.pop(row["attempt"], None), row) for row in connections
    ]
    units += [(row, None) for row in attempts.values()]
    units.sort(key=lambda unit: (unit[0] or unit[1] or {})["start_s"])
    for attempt, connection in units:
        yield _of_unit(scenario, addresses, mailbox, attempt, connection, calls, mails_s)


def _of_unit(
    scenario: Scenario, addresses: Addresses, mailbox: str, attempt: Row | None,
    connection: Row | None, calls: Mapping[int, list[Row]], mails_s: Sequence[float],
) -> tuple[Capture, list[Packet], Captured]:  # fmt: skip
    row = connection or attempt
    assert row is not None
    setting = Setting.of(
        scenario, mailbox, row["place"], row["service"], row["path"],
        (connection or {}).get("server") or "", (attempt or {}).get("ports") or "",
    )  # fmt: skip
    line = OnTheLine(setting, addresses, attempt, connection)
    if attempt is not None:
        line.open()
    answered: list[Call] = []
    if connection is not None:
        rows = sorted(
            calls[connection["connection"]], key=lambda each: (each["start_s"], each["rpc"])
        )
        answered = [Call.of(number, each) for number, each in enumerate(rows, 5)]
        line.carry(answered)
    balance = Balance(line, answered, mails_s)
    found = balance.settle()
    back: list[Packet] = []
    if connection is not None and setting.http:
        back = behind(line, [*answered, *balance.parked]).packets()
    captured = Captured(
        mailbox, (attempt or {}).get("attempt", 0), (connection or {}).get("connection", 0),
        line.budget[True], line.budget[False], tuple(line.lines.values()),
        found.acks, found.keep_alives, found.resent, found.unexplained_bytes,
    )  # fmt: skip
    return line.capture, back, captured


def _write(path: Path, packets: list[tuple[Packet, Stack, int]], dpkt: Any, day_1_s: float) -> int:
    packets.sort(key=lambda each: each[0].time_s)
    with path.open("wb") as file:
        writer = FrameWriter(file, dpkt, day_1_s)
        writer.write(packets)
    return writer.frames
