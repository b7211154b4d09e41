"""Four states of the check boxes, two speeds, seven blockings, two clients: who gets in, and how.

What is expected follows from published statements alone, cell by cell.
"""

from __future__ import annotations

from itertools import product
from typing import NamedTuple

import pytest

import anywhere_sim as aw
from anywhere_sim.network.tcp_model import STACKS
from anywhere_sim.scenario.catalog import CLIENTS
from tests.support import build, simulate

BOXES = {"neither": 0x3, "fast": 0xB, "slow": 0x23, "both": 0x2B}
SPEEDS = {"fast": 1_000, "slow": 64}
VERSIONS = {"outlook2003": "exchange2003", "outlook2007": "exchange2007"}


class Blocking(NamedTuple):
    """What a place blocks, on which path, and what an attempt there says: stage, ports, seconds."""

    keys: dict[str, str]
    path: str
    stage: str
    ports: str
    costs_s: float | None


BLOCKINGS = {
    "unknown": Blocking({"internal_names": "no_such_name"}, "tcp", "resolve", "", 0.05),
    "silent": Blocking({"internal_names": "silent"}, "tcp", "resolve", "", None),
    "refused": Blocking({"port_135": "refuse"}, "tcp", "tcp", "135", 1.1),
    "dropped": Blocking({"port_135": "drop"}, "tcp", "tcp", "135", 21.0),
    "highrefused": Blocking({"high_ports": "refuse"}, "tcp", "tcp", "135-high", 1.2),
    "highdropped": Blocking({"high_ports": "drop"}, "tcp", "tcp", "135-high", 21.1),
    "noweb": Blocking({"web": "none"}, "https", "tcp", "443", None),
}
CELLS = list(product(BOXES, SPEEDS, BLOCKINGS, VERSIONS))


def one_run() -> aw.Run:
    """One run in which every cell is a group of one person."""
    places = {
        f"{blocking}-{speed}": {
            "kind": "partner_lan", "internal_names": "resolve", "port_135": "open",
            "adapter_kbps": kbps, "rtt_ms": 20, "loss": 0, "jitter_ms": 0,
        } | BLOCKINGS[blocking].keys
        for blocking, (speed, kbps) in product(BLOCKINGS, SPEEDS.items())
    }  # fmt: skip
    groups = {
        "-".join(cell): {
            "mailboxes": 1, "client": cell[3], "mode": "online", "activity": "light",
            "server": VERSIONS[cell[3]], "itinerary": [["08:00", f"{cell[2]}-{cell[1]}"]],
            "itinerary_spread_s": 0, "policy": {"roh_flags": BOXES[cell[0]]},
        }
        for cell in CELLS
    }  # fmt: skip
    servers = {store: {"role": "mailbox", "profile": store} for store in VERSIONS.values()}
    return simulate(
        build(
            {
                "why": "every cell of check box, speed, blocking and client",
                "start": "08:00", "end": "08:02", "beginning": "cold",
                "servers": servers | {"fe1": {"role": "front_end"}},
                "places": places, "groups": groups,
            }
        ),
        1,
    )  # fmt: skip


def expected_order(box: str, speed: str) -> list[str]:
    """HTTP comes first where the box of this speed is ticked (facts 1.1)."""
    return ["https", "tcp"] if box in (speed, "both") else ["tcp", "https"]


def test_every_cell_is_as_published() -> None:
    """The first service of a round, tried path after path, and the mail connection it leads to."""
    made = one_run()
    assert made.audit().ok
    text = ["group", "service", "path", "outcome", "failed_stage", "ports", "speed_class"]
    attempts = made.attempts.astype(dict.fromkeys(text, str)).sort_values("attempt")
    first = attempts[attempts["service"] == "referral"]
    mail = made.connections.astype({"group": str, "service": str, "path": str})
    mail = mail[mail["service"] == "mail"]
    for cell in CELLS:
        box, speed, name, client = cell
        blocking, order = BLOCKINGS[name], expected_order(box, speed)
        tried = first[first["group"] == "-".join(cell)].to_dict("records")
        open_ = next(path for path in order if path != blocking.path)
        assert [row["path"] for row in tried] == order[: order.index(open_) + 1], cell
        assert {row["speed_class"] for row in tried} == {speed}, cell
        assert tried[-1]["outcome"] == "connected", cell
        assert set(mail.loc[mail["group"] == "-".join(cell), "path"]) == {open_}, cell
        for row in tried[:-1]:
            said = (row["outcome"], row["failed_stage"], row["ports"])
            assert said == ("failed", blocking.stage, blocking.ports), cell
            costs_s = blocking.costs_s
            if name == "silent":  # the resolver's own schedule
                costs_s = sum(STACKS[CLIENTS[client].stack].dns_timeouts_s)
            if costs_s is not None:
                assert row["end_s"] - row["start_s"] == pytest.approx(costs_s, abs=0.1), cell


def test_it_is_every_cell() -> None:
    assert len(CELLS) == 4 * 2 * 7 * 2
