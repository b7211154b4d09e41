"""S6: in cached mode no operation fails and none waits for the change of state."""

from __future__ import annotations

import anywhere_sim as aw
from tests.statements.pairs import run, small, words


def statement() -> None:
    cut = {"at": "08:40", "do": "cut", "place": "here", "for_s": 1800}
    cached, online = run(small(events=[cut])), run(small(events=[cut], groups__people__mode="online"))
    assert "failed" in words(online.operations["outcome"])
    assert set(words(cached.operations["outcome"])) == {"done"}
    assert cached.operations["wait_s"].max() == 0.0
    assert "disconnected" in words(cached.states["state"])
    _headers_wait(run(small(events=[cut], places__here={"kind": "gprs"})))


def _headers_wait(headers: aw.Run) -> None:
    """On a slow link bodies come when they are asked for; without a connection such an item waits, and that is counted apart."""
    reads = headers.operations[headers.operations["kind"].astype(str) == "read"]
    reads = reads[reads["outcome"].astype(str) != "unfinished"]
    assert set(words(headers.operations["outcome"])) - {"unfinished"} == {"done", "waiting"}
    assert set(words(reads["served_by"])) == {"server", "header"}
    waiting = reads["outcome"].astype(str) == "waiting"
    assert (waiting == (reads["served_by"].astype(str) == "header")).all()
    assert len(reads[~waiting]) == headers.messages["seen_s"].notna().sum()


def test_statement() -> None:
    statement()
