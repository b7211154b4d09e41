"""Reverse proxies and load balancers before a front end."""

from __future__ import annotations

from typing import Any

import pytest

import anywhere_sim as aw
from anywhere_sim.scenario.server import RELAYS
from tests.mechanisms.rows import ROOT
from tests.statements.pairs import run, small, words

PASSES = {
    "haproxy", "haproxy-no-delay", "nginx-streaming", "nginx-streaming-no-timeout",
    "apache-nonblocking", "caddy-flush", "squid", "varnish",
}  # fmt: skip


def behind(relay: str | dict[str, Any] | None, **changes: Any) -> aw.Run:
    """Return the run of two people who come to their cable at home and know HTTPS alone."""
    fe1 = {"role": "front_end"} | ({"relay": relay} if relay else {})
    usual: dict[str, Any] = {
        "end": "08:20",
        "servers__fe1": fe1,
        "groups__people__mode": "online",
        "groups__people__mailboxes": 2,
        "groups__people__policy": {"roh_flags": 0x2B, "tcp_fallback": False},
    }
    return run(small(**usual | changes))


@pytest.mark.parametrize("name", RELAYS)
def test_what_works_before_rpc_over_https(name: str) -> None:
    """As measured; who is refused knows at once, who is held waits for Outlook's bound of 45 s."""
    made = behind(name, end="08:14")
    assert f"`{name}`" in (ROOT / "docs/relays.md").read_text(encoding="utf-8")
    if name in PASSES:
        assert set(words(made.attempts["outcome"])) == {"connected"}
        return
    ended = made.attempts[made.attempts["outcome"] == "failed"]
    took_s = ended["end_s"] - ended["start_s"]
    assert set(words(ended["failed_stage"])) == {"conn"}
    if RELAYS[name].refuses:
        assert took_s.max() < 1.0
    else:
        assert took_s.tolist() == pytest.approx([45.0] * len(took_s))


def test_haproxy_delays_each_piece_each_way() -> None:
    """0.208 s up and 0.208 s down, for calls and for the messages of an attempt."""
    plain, delayed = (behind(relay, record_rpcs=True) for relay in (None, "haproxy"))
    for part in ("front_end_up_s", "front_end_down_s"):
        later_s = delayed.rpcs[part].median() - plain.rpcs[part].median()
        assert later_s == pytest.approx(0.208, abs=0.002)
    took_s = [
        (made.attempts["end_s"] - made.attempts["auth_s"])[made.attempts["service"] == "mail"].min()
        for made in (plain, delayed)
    ]
    assert took_s[1] - took_s[0] == pytest.approx(4 * 2 * 0.208, abs=0.05)  # CONN, bind, two calls


@pytest.mark.parametrize("keep_alive_s", [720.0, 40.0])
def test_a_relay_forgets_what_rests_and_a_keep_alive_cures_it(keep_alive_s: float) -> None:
    policy = {"roh_flags": 0x2B, "keep_alive_s": keep_alive_s}
    here = {"kind": "cable", "idle_timeout_s": 86_400}
    made = behind({"idle_s": 60}, end="08:40", places__here=here, groups__people__policy=policy)
    forgotten = words(made.connections["end_reason"]).count("nat_dropped")
    assert (forgotten > 2) == (keep_alive_s > 60)
    assert made.operations["wait_s"].max() < 5.0
    assert "failed" not in words(made.operations["outcome"])


def test_an_unknown_relay_is_answered_with_the_known_ones() -> None:
    with pytest.raises(aw.ScenarioError, match="haproxy"):
        small(servers__fe1__relay="haproxi")
