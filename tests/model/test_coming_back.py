"""How clients find out that a host is back, or that a middle box has forgotten them."""

from __future__ import annotations

from typing import Any

import pytest

import anywhere_sim as aw
from anywhere_sim.report.describe import describe
from tests.statements.pairs import run, small, words

GIVEN_UP_S = 18.9  # six time-outs of data that nobody acknowledges, from 0.3 s on (RFC 6298)


def online(**changes: Any) -> aw.Scenario:
    """Return two people on the LAN, online over TCP, from 08:10 on."""
    usual: dict[str, Any] = {
        "groups__people__mode": "online",
        "groups__people__mailboxes": 2,
        "groups__people__itinerary": [["08:10", "office"]],
        "groups__people__policy": {"roh_flags": 0},
    }
    return small(**usual | changes)


def waits_s(made: aw.Run, since_s: float) -> list[float]:
    """Return how long people waited for what they began after a time, the longest last."""
    after = made.operations[made.operations["start_s"] > since_s]
    return sorted(float(wait_s) for wait_s in after["wait_s"])


@pytest.mark.parametrize(("server", "flags"), [("mbx1", 0), ("mbx1", 0x2B), ("fe1", 0x2B)])
def test_a_host_that_has_come_back_answers_with_a_reset(server: str, flags: int) -> None:
    """It was away for ten seconds and knows no connection: the next call costs a round trip and a
    round of attempts, not all resends.
    """
    crash = {"at": "08:40", "do": "crash", "server": server, "for_s": 10}
    made = run(online(events=[crash], groups__people__policy={"roh_flags": flags}))
    reasons = words(made.connections["end_reason"])
    assert reasons.count("server_crash") >= 6
    waited = waits_s(made, 8 * 3600 + 40 * 60 + 10)
    assert len(waited) > 20
    assert waited[-1] < 2.0


def test_a_resend_meets_the_reset_of_a_host_that_comes_back_meanwhile() -> None:
    """Calls into the crash are sent again after 0.3, 0.9, 2.1, 4.5, 9.3 s: the first of these after
    the host's return ends the connection.
    """
    away_s, resent_s = 9.0, 9.3
    crash = {"at": "08:40", "do": "crash", "server": "mbx1", "for_s": away_s}
    made = run(online(events=[crash], groups__people__mailboxes=25, end="08:45"))
    after = made.operations[made.operations["start_s"].between(31_200.0, 31_200.0 + away_s)]
    assert (after["wait_s"] > 2.0).any()
    assert after["wait_s"].max() < resent_s + 2.0


@pytest.mark.parametrize("on_idle", ["silent", "rst"])
def test_a_middle_box_that_has_forgotten_is_silent_or_resets(on_idle: str) -> None:
    """The call of a person, rare enough to be forgotten between: it waits for all resends, or for
    one round trip; it is repeated on a new connection either way. (Dead sessions add up: in a
    longer run the store would refuse the 33rd.)
    """
    office = {"kind": "lan", "idle_timeout_s": 60, "on_idle": on_idle}
    made = run(online(places__office=office, end="09:00"))
    assert words(made.connections["end_reason"]).count("nat_dropped") > 10
    failed = made.operations["outcome"].astype(str) == "failed"
    assert not failed.any()
    longest_s = waits_s(made, 0.0)[-1]
    if on_idle == "silent":
        assert GIVEN_UP_S < longest_s < GIVEN_UP_S + 2.0
    else:
        assert longest_s < 2.0


def test_a_call_over_a_dead_connection_is_repeated_once() -> None:
    """Without repeats (0) people's actions fail where a middle box forgets them."""

    def failed(**policy: int) -> int:
        made = run(
            online(
                end="09:00",
                places__office={"kind": "lan", "idle_timeout_s": 60},
                groups__people__policy={"roh_flags": 0} | policy,
            )
        )
        return int((made.operations["outcome"] == "failed").sum())

    assert failed() == 0
    assert failed(call_repeats=0) > 5


def test_a_keep_alive_below_the_idle_time_cures_direct_connections() -> None:
    """A load balancer forgets what rests for 15 minutes; TCP's own keep-alive comes after two hours
    unless the number says sooner. That of HTTPS has no effect here, and is named.
    """

    def forgotten(**policy: float) -> int:
        scenario = online(
            end="10:00",
            groups__people__mode="cached",
            places__office={"kind": "lan", "idle_timeout_s": 900},
            groups__people__policy={"roh_flags": 0} | policy,
        )
        assert ("people.policy.keep_alive_s has no effect" in describe(scenario)) == (
            "keep_alive_s" in policy
        )
        return words(run(scenario).connections["end_reason"]).count("nat_dropped")

    assert forgotten(keep_alive_s=300) > 0
    assert forgotten(tcp_keep_alive_s=300) == 0


def test_a_session_that_is_refused_is_tried_once_a_round() -> None:
    """Four sessions a person; two of mail and one of public folders linger for ten minutes after a
    cut. One mail connection comes back at once; the other is refused, and tried each 15 s for five
    minutes and 15 minutes later.
    """
    cut_s = 8 * 3600 + 30 * 60
    made = run(
        online(
            groups__people__mailboxes=1,
            servers__mbx1__logons_per_user=4,
            servers__mbx1__dead_logon_s=600,
            events=[{"at": "08:30", "do": "cut", "place": "office", "for_s": 60}],
        )
    )
    mail = made.connections[made.connections["service"] == "mail"]
    begun_s = [float(start_s) - cut_s for start_s in mail["start_s"] if start_s > cut_s]
    assert begun_s[0] < 76.0
    assert begun_s[1:] == [pytest.approx(1_276.0, abs=31.0)]
    refused = made.attempts[made.attempts["failed_stage"] == "limit"]
    assert (refused["service"] == "mail").sum() == pytest.approx(20, abs=2)
