"""The life of a connection on the wire: rests and keep-alives, one stream each way, its end."""

from __future__ import annotations

from typing import Any

import pytest

import anywhere_sim as aw
from anywhere_sim.des.environment import Environment
from anywhere_sim.des.random_streams import Streams
from anywhere_sim.exchange.components import ExchangeComponents
from anywhere_sim.exchange.sessions import Sessions
from anywhere_sim.network.access_path import AccessPath
from anywhere_sim.network.link import ConstantRate
from anywhere_sim.network.tcp_model import STACKS
from anywhere_sim.network.topology import Topology
from anywhere_sim.rpc.call import RPC_WINDOW_BYTES
from anywhere_sim.scenario.place import Place
from tests.statements.pairs import run, small, words
from tests.support import QUIET, line, rules

ONE: dict[str, Any] = {"groups__people__mailboxes": 1, "groups__people__itinerary_spread_s": 0}


def topology(scenario: aw.Scenario) -> Topology:
    """Return the network of a scenario with nobody in it yet."""
    components = rules().network
    return components.topology(Environment(), scenario, Streams(1, 0), components, RPC_WINDOW_BYTES)


def ends(made: aw.Run) -> list[str]:
    return words(made.connections["end_reason"])


def test_a_parked_wait_is_not_answered_through_a_middle_box_that_has_forgotten_the_connection() -> (
    None
):
    """Everybody has read their mail. NAT 200 s, keep-alive 720 s: a wait of 300 s ends at the
    server and the client never hears of it (facts 1.5); kept alive each 120 s it does.
    """
    both_2007 = {
        "groups__people__client": "outlook2007",
        "servers__mbx1__profile": "exchange2007",
        "groups__people__mailboxes": 2,
        "groups__people__requests": QUIET,
    }
    at_night = {
        "start": "20:05",
        "end": "22:00",
        "groups__people__itinerary": [["08:00", "here"]],
        "record_rpcs": True,
    }
    behind = {"places__here": {"kind": "cable", "idle_timeout_s": 200}}

    def longest_answered_s(keep_alive_s: float) -> float:
        policy = {"roh_flags": 0x2B, "keep_alive_s": keep_alive_s}
        calls = run(small(**both_2007, **at_night, **behind, groups__people__policy=policy)).rpcs
        waits = calls[calls["kind"].astype(str) == "async_wait"]
        return float((waits["done_s"] - waits["arrived_s"]).max())

    assert longest_answered_s(720.0) < 200.0
    assert longest_answered_s(120.0) == pytest.approx(300.0, abs=1.0)


def test_the_folders_of_one_connection_share_one_receive_window() -> None:
    """Windows XP, 17,520 B in 300 ms, so 480 kbit/s with headers: four folders at once are no
    faster over the one connection they use.
    """
    far = {"kind": "vpn", "rtt_ms": 300, "down_kbps": 50_000}
    roll_out = [{"at": "08:30", "do": "roll_out", "group": "people"}]
    made = run(
        small(
            **ONE,
            groups__people__mode="online",
            groups__people__mailbox_mb=20,
            groups__people__stack="windows-xp",
            groups__people__activity="light",
            places__here=far,
            events=roll_out,
        )
    )
    assert (made.syncs["kind"].astype(str) == "first").sum() > 4
    down = made.links[made.links["direction"].astype(str) == "down"]
    # in IP bytes; one that left at the begin of a reading may be counted with those of 15 s
    window = 12 * 1_500
    assert (
        400.0
        < down["bytes"].max() * 8 / 15 / 1000
        < (window / 0.3 + window / 15.0) * 8 / 1000 + 1.0
    )


def test_a_direct_connection_has_no_keep_alive_before_the_two_hours_of_tcp() -> None:
    """Behind a NAT of 300 s it dies unseen: nobody is told until a call is resent in vain; over
    HTTPS the ping of 720 s finds out.
    """
    behind = {"kind": "vpn", "idle_timeout_s": 300}
    direct, web = (
        run(
            small(
                places__here=behind,
                end="10:00",
                groups__people__policy={"roh_flags": flags},
                groups__people__requests=QUIET,
            )
        )
        for flags in (0x3, 0x2B)
    )
    unused = {"referral", "directory", "public"}

    def forgotten(made: aw.Run) -> set[str]:
        return {
            str(row.service)
            for row in made.connections.itertuples()
            if row.end_reason == "nat_dropped"
        } & unused

    assert forgotten(web) == unused
    assert not forgotten(direct)


def test_keep_alives_of_a_rest_are_counted_when_it_ends() -> None:
    """Two hours without a word but the pings each 120 s: 60 of them each way on each channel, in
    records of TLS.
    """
    quiet = run(
        small(
            **ONE,
            end="10:10:00",
            groups__people__activity="light",
            groups__people__policy={"roh_flags": 0x2B, "keep_alive_s": 120},
        )
    )
    referral = quiet.connections[quiet.connections["service"].astype(str) == "referral"].iloc[0]
    assert referral["end_reason"] == "unfinished"
    pings = int((referral["end_s"] - referral["start_s"]) // 120)
    assert pings >= 59
    record = 5 + 48  # header; 20 bytes and a MAC of 20, padded to 16
    assert referral["bytes_up"] == 40 + pings * (
        record + 40 + 40
    )  # the first acknowledges the last answer of the attempt
    assert referral["bytes_down"] == pings * (record + 40 + 40)


def test_a_lid_that_shuts_in_a_cut_leaves_sessions_that_linger() -> None:
    """facts 4.3: the store is not told and keeps the dead sessions for two hours."""
    lingering: list[str] = []

    class NotedSessions(Sessions):
        def linger(self, mailbox: str, for_s: float | None = None) -> None:
            lingering.append(mailbox)
            super().linger(mailbox, for_s)

    noted = aw.Rules(exchange=ExchangeComponents(sessions=NotedSessions))
    leaving = {"groups__people__itinerary": [["08:10", "office"], ["08:30:05", "off"]]}
    cut = [{"at": "08:30:00", "do": "cut", "place": "office", "for_s": 600}]
    whole = run(small(**ONE, **leaving), rules=noted)
    broken = run(small(**ONE, **leaving, events=cut), rules=noted)
    assert set(ends(whole)) == {"closed"}
    assert set(ends(broken)) == {"link_cut"}
    assert len(lingering) >= 3


def test_a_connection_ends_with_the_end_of_tcp_and_no_call() -> None:
    """FIN and its acknowledgement each way; a client that makes the call of the protocol says
    EcDoDisconnect before, 44/48 B and their signatures (real_peers 2.2), where it is logged on.
    """
    leaving = {
        "groups__people__itinerary": [["08:10", "office"], ["08:30", "off"]],
        "record_rpcs": True,
    }
    made, polite = (
        run(small(**ONE, **leaving, groups__people__policy={"disconnect_call": call}))
        for call in (False, True)
    )
    assert "disconnect" not in set(made.rpcs["kind"])
    said = polite.rpcs[polite.rpcs["kind"] == "disconnect"]
    assert len(said) == 3
    assert set(said["bytes_up"]) == {44 + 24 + 40}  # the answer before was acknowledged long ago
    for each in (made, polite):
        closed = each.connections.set_index(each.connections["service"].astype(str))
        assert set(ends(each)) == {"closed"}
        assert ((closed["end_s"] - 30_600.0) > 0.0005).all()
        assert tuple(closed.loc["referral", ["bytes_up", "bytes_down"]])[1] == 2 * 40
        last = each.servers[each.servers["server"] == "mbx1"].iloc[-1]
        assert last["connections"] == 0


def test_each_channel_has_headers_of_its_own_and_a_tunnel_wraps_every_packet() -> None:
    def access_path(tunnel_bytes: int) -> AccessPath:
        env = Environment()
        place = Place.model_validate({"kind": "lan", "tunnel_bytes": tunnel_bytes})
        kind = rules().network.processor_sharing_link
        links = (kind(env, ConstantRate(1e6)), kind(env, ConstantRate(1e6)))
        return line(env, place, STACKS["windows-xp"], links)

    plain, wrapped = access_path(0), access_path(80)
    assert (
        plain.packets.ip_bytes(4_910, 2) == 4_910 + 4 * 40
    )  # two certificates of 2,455 B in two segments each; together they would take four
    assert plain.packets.ip_bytes(124, 2) == 124 + 2 * 40
    assert wrapped.packets.ip_bytes(124, 2) == 124 + 2 * 120
    assert wrapped.packets.ack_bytes(10_000) == 3 * 120
    assert plain.packets.ack_bytes(20_000, 2) == 2 * 3 * 40
    bare, tunnelled = (
        run(
            small(
                **ONE,
                places__here={"kind": "vpn", "tunnel_bytes": size},
                groups__people__activity="light",
            )
        ).attempts.iloc[0]
        for size in (0, 80)
    )
    # up: name, 2 SYN, 2 ACK, 6 messages (AUTH3 among them), and the acknowledgement of the mapper's
    # last answer; those of the others ride
    assert (tunnelled["bytes_up"] - bare["bytes_up"]) / 80 == 1 + 2 + 2 + 6 + 1


def test_a_large_call_goes_in_fragments_with_a_header_each() -> None:
    """98,304 B signed: 5,840 - 24 - 32 in each fragment (real_peers 2.1)."""
    directly = rules().rpc.directly()
    assert directly.response_bytes(98_304) == 16 * 5_840 + (98_304 - 24 - 16 * 5_784) + 24 + 32
    assert directly.response_bytes(5_000) == 5_032


def test_a_gap_holds_the_notice_of_new_mail_and_shows_in_the_measured_speed() -> None:
    gap = [{"at": "08:30", "do": "gap", "place": "office", "for_s": 1500}]
    made = run(
        small(
            groups__people__itinerary=[["08:05", "office"]], groups__people__mailboxes=6, events=gap
        )
    )
    begun = made.syncs[
        (made.syncs["trigger"].astype(str) == "hold_off")
        & (made.syncs["direction"].astype(str) == "down")
    ]["start_s"]
    assert not begun.between(30_600.0 + 31.0, 32_100.0).any()
    env = Environment(100.0)
    link = rules().network.processor_sharing_link(env, ConstantRate(1000.0 * 125.0))
    env.call_at(102.0, link.stall)
    env.call_at(104.0, link.resume)
    env.run(until=106.0)
    assert link.mean_kbps(101.0, 106.0) == pytest.approx(600.0)
    assert link.mean_kbps(104.0, 106.0) == pytest.approx(1000.0)


def test_both_directions_of_a_recorded_journey_are_at_the_same_place() -> None:
    scenario = aw.Scenario.load("mobile-workforce")
    name, place = next((name, place) for name, place in scenario.places.items() if place.rate_trace)
    both = scenario.with_(**{f"places__{name}__up_rate_trace": place.rate_trace})
    seconds = range(36_000, 38_000)

    def moved(of: aw.Scenario) -> list[tuple[float, float]]:
        access_path = topology(of).access_path("anna", name, STACKS["windows-xp"])
        return [
            (
                access_path.up.rate.bytes_between(s, s + 1.0),
                access_path.down.rate.bytes_between(s, s + 1.0),
            )
            for s in seconds
        ]

    assert all(up == pytest.approx(down) for up, down in moved(both))
    assert any(down == 0.0 for _, down in moved(scenario))
    assert all(up == pytest.approx(0.0, abs=1e-6) for up, down in moved(scenario) if down == 0.0)


@pytest.mark.parametrize("cut", [True, False])
def test_the_end_of_a_places_cut_or_gap_does_not_bring_back_a_line_that_is_cut_off_by_itself(
    *, cut: bool
) -> None:
    network = topology(small())
    anna, ben = (
        network.access_path(mailbox, "here", STACKS["windows-xp"]) for mailbox in ("anna", "ben")
    )

    def state() -> list[tuple[bool, bool]]:
        return [(access_path.is_up, access_path.down.is_stalled) for access_path in (anna, ben)]

    network.disconnect(anna)
    network.take_down("here", cut=cut)
    network.restore("here", cut=cut)
    assert state() == [(False, True), (True, False)]
    network.reconnect(anna)
    assert state() == [(True, False), (True, False)]
