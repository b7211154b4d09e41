"""Runs of one mailbox or two, exported once and read by many tests."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import anywhere_sim as aw
from anywhere_sim.packets import INSIDE, OUTSIDE, Captures, export_captures
from anywhere_sim.traces import Run

try:
    import dpkt
except ImportError:  # the tests that read packets are skipped then, each module with a word
    dpkt = None
ETHERNET_BYTES = 14


@dataclass(frozen=True)
class Exported:
    """A run, what was exported of it, and the frames of both files: (time, frame)."""

    run: Run
    captures: Captures
    outside: list[tuple[float, Any]]
    inside: list[tuple[float, Any]]

    def line_bytes(self) -> Counter[tuple[bytes, int, bytes, int]]:
        """Return the bytes of each direction of each line, without the frame's head."""
        found = Counter[tuple[bytes, int, bytes, int]]()
        with (self.captures.folder / OUTSIDE).open("rb") as file:
            for _, raw in dpkt.pcap.Reader(file):
                ip = dpkt.ethernet.Ethernet(raw).data
                ends = ip.src, ip.data.sport, ip.dst, ip.data.dport
                found[ends] += len(raw) - ETHERNET_BYTES  # with what a tunnel adds behind
        return found


def frames(path: Path) -> list[tuple[float, Any]]:
    with path.open("rb") as file:
        return [(at_s, dpkt.ethernet.Ethernet(raw)) for at_s, raw in dpkt.pcap.Reader(file)]


def exported(folder: Path, name: str, mailboxes: list[str], **changes: object) -> Exported:
    groups = {f"groups__{mailbox.rpartition('/')[0]}__mailboxes": 1 for mailbox in mailboxes}
    scenario = aw.Scenario.load(name).with_(record_rpcs=True, **{**groups, **changes})
    run = aw.simulate(scenario, 7)
    captures = export_captures(run, mailboxes, folder / "packets")
    return Exported(
        run, captures, frames(captures.folder / OUTSIDE), frames(captures.folder / INSIDE)
    )


@pytest.fixture(scope="session")
def at_home(tmp_path_factory: pytest.TempPathFactory) -> Exported:
    """Over HTTPS, from a home: a morning's first minutes, with two more attempts on a train."""
    folder = tmp_path_factory.mktemp("home")
    return exported(
        folder, "mobile-workforce", ["sales/1", "consultants/1"], end="07:25",
        groups__sales__itinerary=(("07:15", "home"), ("07:22", "train")),
    )  # fmt: skip


@pytest.fixture(scope="session")
def in_the_office(tmp_path_factory: pytest.TempPathFactory) -> Exported:
    """Direct, inside the company: endpoint mapper, NTLM, notices of mail."""
    folder = tmp_path_factory.mktemp("office")
    return exported(folder, "office-day", ["online/1", "cached/1"], end="08:30")
