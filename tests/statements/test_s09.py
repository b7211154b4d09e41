"""S9: it works from the LAN, a partner's network, Wi-Fi, a hotspot and a 3G modem."""

from __future__ import annotations

from tests.statements.pairs import paths, run, small, words


def statement() -> None:
    for kind in ("lan", "partner_lan", "wifi", "hotspot", "modem_3g"):
        made = run(small(places__here={"kind": kind}))
        assert set(words(made.connections["place"])) == {"here"}, kind
        assert "connected" in words(made.states["state"]), kind
    closed = run(small(places__here={"kind": "hotspot", "portal_login_s": 7200}))
    assert paths(closed) == set()
    assert "portal" in words(closed.attempts["failed_stage"])


def test_statement() -> None:
    statement()
