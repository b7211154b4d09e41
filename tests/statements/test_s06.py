"""S6: in cached mode no operation fails and none waits for the change of state."""

from __future__ import annotations

from tests.statements.pairs import run, small, words


def statement() -> None:
    cut = {"at": "08:40", "do": "cut", "place": "here", "for_s": 1800}
    cached, online = run(small(events=[cut])), run(small(events=[cut], groups__people__mode="online"))
    assert "failed" in words(online.operations["outcome"])
    assert set(words(cached.operations["outcome"])) == {"done"}
    assert cached.operations["wait_s"].max() == 0.0
    assert "disconnected" in words(cached.states["state"])


def test_statement() -> None:
    statement()
