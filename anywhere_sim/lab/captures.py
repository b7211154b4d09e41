"""What a reader of packets sees of a capture: for the lessons."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pandas as pd

from anywhere_sim.packets import OUTSIDE, export_captures
from anywhere_sim.traces import Run

ETHERNET_BYTES = 14
PORTS = {
    53: "DNS", 80: "HTTP", 135: "endpoint mapper", 443: "HTTPS", 8_080: "web proxy",
    49_200: "store, direct", 49_201: "directory, direct", 49_202: "referral, direct",
    49_203: "notices of mail",
}  # fmt: skip
OPTIONS = ("-o", "tcp.try_heuristic_first:TRUE", "--disable-protocol", "x11")
NO_TSHARK = (
    "tshark is not installed here; with it (part of Wireshark) this cell shows the first packets "
    "as Wireshark names them."
)


NO_DPKT = "dpkt is not installed here; pip install 'anywhere-sim[pcap]' brings it, and the packets."


def write_packets(run: Run, mailboxes: Sequence[str], folder: str | Path) -> str:
    """Write captures of some mailboxes into a new folder; return what was written in sentences, or
    the one that says what is missing.

    >>> cold = office.with_(record_rpcs=True, beginning="cold", end="08:16")
    >>> recorded = aw.simulate(cold, seed=7)
    >>> lab.write_packets(recorded, ["online/1"], "results/packets").partition(":")[0]
    'outside.pcap'
    """
    if find_spec("dpkt") is None:
        return NO_DPKT
    return str(export_captures(run, mailboxes, folder))


def packets_by_port(folder: str | Path) -> pd.DataFrame:
    """Return what `outside.pcap` holds, as the library dpkt reads it: for each port of servers the
    lines, the packets, and the IP bytes up and down; nothing where there is no such file.

    >>> lab.packets_by_port("results/no packets").columns.tolist()
    ['lines', 'packets', 'bytes_up', 'bytes_down']
    """
    if not (Path(folder) / OUTSIDE).is_file():
        return pd.DataFrame(columns=["lines", "packets", "bytes_up", "bytes_down"])
    dpkt: Any = import_module("dpkt")
    rows = []
    with (Path(folder) / OUTSIDE).open("rb") as file:
        for _, frame in dpkt.pcap.Reader(file):
            ip = dpkt.ethernet.Ethernet(frame).data
            up = ip.src[0] == 10 and ip.data.dport in PORTS
            client, port = (ip.data.sport, ip.data.dport) if up else (ip.data.dport, ip.data.sport)
            rows.append((PORTS.get(port, str(port)), client, up, len(frame) - ETHERNET_BYTES))
    seen = pd.DataFrame(rows, columns=["server", "client port", "up", "bytes"])
    seen = seen.assign(bytes_up=seen["bytes"] * seen["up"], bytes_down=seen["bytes"] * ~seen["up"])
    return seen.groupby("server", sort=False).agg(
        lines=("client port", "nunique"), packets=("bytes", "size"),
        bytes_up=("bytes_up", "sum"), bytes_down=("bytes_down", "sum"),
    )  # fmt: skip


def wireshark_lines(folder: str | Path, file: str = OUTSIDE, count: int = 12) -> str:
    """Return the first packets of a capture as tshark prints them, or a sentence without it.

    >>> isinstance(lab.wireshark_lines("results/no packets"), str)
    True
    """
    program = shutil.which("tshark")
    if program is None:
        return NO_TSHARK
    if not (Path(folder) / file).is_file():
        return f"there is no {file} in {folder}"
    done = subprocess.run(
        [program, *OPTIONS, "-r", str(Path(folder) / file), "-c", str(count)],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    return done.stdout or done.stderr
