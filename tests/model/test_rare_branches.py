"""Branches that are rarely taken: each is hit here, judged on the trace; one that is never hit
fails.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import anywhere_sim as aw
from tests.statements.pairs import run, small, words

INSIDE = {"groups__people__itinerary": [["08:10", "office"]]}


def has(table: str, column: str, word: str) -> Callable[[aw.Run], bool]:
    return lambda made: word in words(getattr(made, table)[column])


def seconds(low: float, high: float) -> Callable[[aw.Run], bool]:
    return lambda made: bool(
        (made.attempts["end_s"] - made.attempts["start_s"]).between(low, high).any()
    )


CRASH = [{"at": "08:40", "do": "restart", "server": "fe1", "for_s": 60}]
CUTS = [
    {"at": f"08:{minute}", "do": "cut", "place": "office", "for_s": 30}
    for minute in range(20, 60, 4)
]
SLOW_STORE = {
    "groups__people__mode": "online",
    "groups__people__mailboxes": 12,
    "servers__mbx1__mhz": 100.0,
    "servers__mbx1__rpc_mcycles": 900.0,
    "servers__mbx1__cores": 1,
    "servers__mbx1__rpc_threads": 1,
    "servers__mbx1__too_busy_after_s": 5.0,
}
BRANCHES: dict[str, tuple[dict[str, Any], Callable[[aw.Run], bool]]] = {
    "silent DNS": ({"places__here__internal_names": "silent"}, seconds(14.9, 15.1)),
    "reset": (
        {"places__here__internal_names": "resolve", "places__here__port_135": "refuse"},
        seconds(1.0, 1.2),
    ),
    "portal": ({"places__here": {"kind": "hotspot"}}, has("attempts", "failed_stage", "portal")),
    "503": ({"servers__fe1__request_limit": 4}, has("attempts", "failed_stage", "conn")),
    "pool exhausted": (
        {"servers__fe1__connection_memory_bytes": 100_000},
        lambda made: bool(made.servers["rejected"].max() > 0),
    ),
    "too busy": (SLOW_STORE, lambda made: bool(made.servers["rejected"].max() > 0)),
    "33rd session": (
        INSIDE | {"events": CUTS, "groups__people__policy": {"roh_flags": 0}},
        has("attempts", "failed_stage", "limit"),
    ),
    "full handshake after a restart": (
        {"events": CRASH},
        lambda made: bool(
            (made.attempts["tls"].astype(str)[made.attempts["start_s"] > 31_260] == "full").any()
        ),
    ),
    "address book cut": (
        {
            "places__here": {"kind": "cable", "down_kbps": 64.0, "cut_every_s": 60, "cut_for_s": 5},
            "directory_entries": 1_000,
            "groups__people__policy": {
                "address_book_every_s": 300,
                "link_poll_s": 5,
                "media_sense_s": 0,
            },
        },
        lambda made: bool(
            (
                (made.syncs["kind"].astype(str) == "address_book")
                & (made.syncs["outcome"].astype(str) == "cut")
            ).any()
        ),
    ),
    "forgotten by the NAT": (
        {"places__here__idle_timeout_s": 300},
        has("connections", "end_reason", "nat_dropped"),
    ),
    "crash noticed in silence": (
        {"events": [{"at": "08:40", "do": "crash", "server": "fe1", "for_s": 900}]},
        has("connections", "end_reason", "server_crash"),
    ),
    "attempt broken off by a move": (
        {
            "places__here__internal_names": "resolve",
            "groups__people__itinerary": [["08:10", "here"], ["08:10:10", "office"]],
        },
        has("attempts", "outcome", "abandoned"),
    ),
    "attempt open at the end": (
        {
            "places__here__internal_names": "resolve",
            "end": "08:10:10",
            "groups__people__itinerary_spread_s": 2,
        },
        has("attempts", "outcome", "unfinished"),
    ),
    "45 s": ({"places__here": {"kind": "gprs", "down_kbps": 1.0}}, seconds(44.99, 45.01)),
    "lost and sent again": (
        {"places__here__loss": 0.05},
        lambda made: bool(made.connections["resent_bytes"].sum() > 0),
    ),
    "sync cut": (
        {
            "places__here": {"kind": "gprs", "cut_every_s": 40},
            "groups__people__policy": {"link_poll_s": 5},
        },
        has("syncs", "outcome", "cut"),
    ),
    "proxy": ({"places__here__web": "proxy"}, has("connections", "path", "https")),
}


@pytest.mark.parametrize("name", BRANCHES)
def test_the_branch_is_hit(name: str) -> None:
    changes, hit = BRANCHES[name]
    assert hit(run(small(**changes)))
