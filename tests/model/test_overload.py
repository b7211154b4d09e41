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


HURRIED = {"new_messages": 20.0, "reply_share": 0.125, "outside_messages": 93.0,
           "folder_views": 60.0, "old_items_opened": 60.0}  # fmt: skip


def overloaded(**changes: Any) -> aw.Run:
    """Return a quarter of an hour of people online over HTTPS whose front end is far too slow;
    `changes` are keys of the front end, or paths.
    """
    paths = {key: changes.pop(key) for key in list(changes) if "__" in key}
    usual: dict[str, Any] = {
        "start": "09:00",
        "end": "09:15",
        "servers__fe1": SLOW | changes,
        "groups__people__mode": "online",
        "groups__people__mailboxes": 60,
        "groups__people__itinerary": [["08:00", "here"]],
        "groups__people__policy": {"roh_flags": 0x2B},
        "places__here": {"kind": "lan"},
    }
    return run(small(**usual | paths))


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


def test_a_person_gives_up_what_the_dialog_waits_for() -> None:
    """A call waits for ever; the dialog comes after 8 s, and the person's patience has a mean."""

    def waits_s(patience_s: float | None) -> tuple[pd.Series, pd.Series]:
        made = overloaded(
            queue_limit=10_000, groups__people__activity=HURRIED | {"patience_s": patience_s}
        )
        operations = made.operations
        given_up = operations["outcome"] == "cancelled"
        return operations["wait_s"], operations["wait_s"][given_up]

    every_s, given_up_s = waits_s(20.0)
    assert len(given_up_s) > 20
    assert given_up_s.min() > 8.0
    assert 15.0 < given_up_s.mean() < 35.0
    assert given_up_s.round(6).is_unique
    patient_s, never_s = waits_s(None)
    assert never_s.empty
    assert patient_s.max() > every_s.max()


def test_the_dialog_waits_for_a_call_and_not_for_all_of_an_action() -> None:
    """A large message goes up in many calls: none is waited for so long that the dialog comes."""
    made = run(
        small(
            places__here__kind="dsl",
            places__here__up_kbps=64,
            groups__people__mode="online",
            groups__people__activity=HURRIED | {"patience_s": 2.0, "folder_views": 10.0},
        )
    )
    sends = made.operations[made.operations["kind"] == "send"]
    assert set(words(sends["outcome"])) == {"done"}
    assert sends["wait_s"].max() > 60.0
