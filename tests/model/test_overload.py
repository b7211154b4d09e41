"""What an overloaded front end shows in its counters, and what it refuses."""

from __future__ import annotations

from functools import cache
from typing import Any

import pandas as pd
import pytest

import anywhere_sim as aw
from anywhere_sim.exchange.front_end import CONNECTION_BYTES
from tests.statements.pairs import run, small, words

SLOW = {"role": "front_end", "cores": 1, "mhz": 100.0, "user_mhz_first": 4.0}


def overloaded(**front_end: Any) -> aw.Run:
    """Return half an hour of people online over HTTPS whose front end is far too slow."""
    return run(
        small(
            start="09:00",
            end="09:15",
            servers__fe1=SLOW | front_end,
            groups__people__mode="online",
            groups__people__mailboxes=60,
            groups__people__itinerary=[["08:00", "here"]],
            groups__people__policy={"roh_flags": 0x2B},
            places__here={"kind": "lan"},
        )
    )


def at_front_end(made: aw.Run) -> pd.DataFrame:
    """Return the counters of the front end."""
    return made.servers[made.servers["role"] == "front_end"]


@cache
def plain() -> aw.Run:
    """Return the run with a short queue, the same for all tests."""
    return overloaded(queue_limit=30)


def test_calls_are_in_the_counters_of_the_front_end() -> None:
    """Requests, packets, operations and latency, by which Little's law can be read off."""
    counters = at_front_end(plain())
    last = counters.iloc[-1]
    at_the_store = plain().servers[plain().servers["role"] == "mailbox"].iloc[-1]
    assert last["rpc_packets"] >= at_the_store["rpc_packets"] > 500
    assert last["rpc_operations"] >= at_the_store["rpc_operations"]
    latency_s = last["rpc_time_s"] / last["rpc_packets"]
    rate = last["rpc_packets"] / (9.25 * 3600 - 9 * 3600)
    assert last["rpc_requests_s"] / 900.0 == pytest.approx(rate * latency_s)
    assert counters["rpc_averaged_latency_ms"].max() > 1000.0


def test_beyond_its_queue_a_front_end_refuses() -> None:
    """Calls are refused and their clients back off; new requests are answered with 503."""
    counters = at_front_end(plain())
    assert counters["queued_requests"].max() == pytest.approx(30, abs=5)
    assert counters["rejected"].iloc[-1] > 50
    assert "failed" in words(plain().operations["outcome"])
    roomy = overloaded(queue_limit=10_000)
    assert at_front_end(roomy)["rejected"].iloc[-1] == 0
    assert at_front_end(roomy)["queued_requests"].max() > 35


def test_memory_is_charged_once_for_each_connection_of_a_client() -> None:
    """11.5 KB were measured per client connection, with what stands behind it (measurements B4)."""
    counters = at_front_end(plain())
    first = counters.iloc[0]
    assert first["memory_bytes"] == first["http_sessions"] * CONNECTION_BYTES
