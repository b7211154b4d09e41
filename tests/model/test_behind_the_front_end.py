"""What lies behind a front end: ports that it cannot reach, a WAN, others who use the store."""

from __future__ import annotations

from typing import Any

import pytest

from anywhere_sim.report.describe import describe
from tests.statements.pairs import run, small, words

HTTPS = {"roh_flags": 0x2B, "tcp_fallback": False}


def people(**changes: Any) -> Any:
    """Return the run of three people at home, online over HTTPS, with a directory."""
    usual: dict[str, Any] = {
        "end": "08:40",
        "servers__gc1": {"role": "directory"},
        "groups__people__mode": "online",
        "groups__people__policy": HTTPS,
    }
    return run(small(**usual | changes))


def test_a_service_whose_port_the_front_end_cannot_reach() -> None:
    """Mail works and Outlook says that it is connected; names cannot be looked up. Each try costs
    the front end's SYN schedule of 21 s.
    """
    many = {"directory_look_ups": 60, "new_messages": 2, "reply_share": 0, "outside_messages": 5,
            "folder_views": 5, "old_items_opened": 5}  # fmt: skip
    made = people(servers__fe1__unreachable=["directory"], groups__people__activity=many)
    failed = made.attempts[made.attempts["outcome"] == "failed"]
    assert set(words(failed["service"])) == {"directory"}
    assert set(words(failed["failed_stage"])) == {"conn"}
    assert (failed["end_s"] - failed["auth_s"]).min() > 21.0
    assert "directory" not in words(made.connections["service"])
    assert "connected" in words(made.states["state"])
    look_ups = made.operations[made.operations["kind"] == "look_up"]
    others = made.operations[made.operations["kind"] != "look_up"]
    assert len(look_ups) > 3
    assert set(words(look_ups["outcome"])) <= {"failed", "cancelled", "unfinished"}
    assert set(words(others["outcome"])) <= {"done", "unfinished"}


def test_a_store_behind_a_wan_answers_later_by_a_round_trip() -> None:
    """50 ms each way between front end and store: 100 ms a call, more for an attempt."""
    near, far = (people(servers__fe1__backend_delay_ms=ms, record_rpcs=True) for ms in (0, 50))
    up_s, down_s = (
        far.rpcs[part].median() - near.rpcs[part].median()
        for part in ("front_end_up_s", "front_end_down_s")
    )
    assert up_s == pytest.approx(0.050, abs=0.001)
    assert down_s == pytest.approx(0.050, abs=0.001)
    took_s = [
        (made.attempts["end_s"] - made.attempts["auth_s"])[made.attempts["service"] == "mail"].min()
        for made in (near, far)
    ]
    assert took_s[1] - took_s[0] == pytest.approx(5 * 0.1, abs=0.03)  # CONN 2, bind, two calls


def test_others_than_outlook_use_the_store() -> None:
    """Ten operations and five reads a second are on processor and disk, and are named."""
    others = {"other_operations_per_s": 10.0, "other_disk_iops": 5.0}
    changes = {f"servers__mbx1__{key}": value for key, value in others.items()}
    alone, shared = people(), people(**changes)
    last = [made.servers[made.servers["role"] == "mailbox"].iloc[-1] for made in (alone, shared)]
    assert last[1]["disk_reads"] - last[0]["disk_reads"] == pytest.approx(5 * 2400, abs=60)
    mcycles = (last[1]["cpu_busy_s"] - last[0]["cpu_busy_s"]) * 1400.0
    assert mcycles / (10 * 2400) == pytest.approx(2.65, rel=0.05)
    said = describe(small(**changes))
    assert "10 operations and 5 reads per second by others than Outlook" in said
