"""The fifteen statements S1 to S15, each held against runs that differ in one key."""

from __future__ import annotations

from statistics import mean, stdev
from typing import Any

import pandas as pd
from scipy.stats import t

import anywhere_sim as aw
from tests.statements.pairs import first_path, paths, run, small, words


def test_s01_outlook_2007_reaches_exchange_2007_from_anywhere_over_https() -> None:
    """S1: Outlook Anywhere: Outlook 2007 reaches Exchange 2007 from anywhere over HTTPS."""
    new = {
        "groups__people__client": "outlook2007",
        "servers__mbx1__profile": "exchange2007",
        "record_rpcs": True,
    }
    anywhere, nowhere = run(small(**new)), run(small(**new, places__here__web="none"))
    assert paths(anywhere) == {"https"}
    assert "async_wait" in words(anywhere.rpcs["kind"])
    assert paths(nowhere) == set()


HOLD_OFF_S, POLL_S = 30.0, 60.0


def kept_alive(client: str, store: str) -> aw.Run:
    """Return a run of a pairing, its connections kept alive behind the NAT."""
    changes = {
        "groups__people__client": client,
        "servers__mbx1__profile": store,
        "groups__people__policy": {"keep_alive_s": 120},
    }
    return run(small(**changes, groups__people__mailboxes=6, end="11:00", record_rpcs=True))


def delivery_s(made: aw.Run) -> pd.Series:
    """Return how long each message took to the client while everybody was connected."""
    messages = made.messages[made.messages["delivered_s"] > 8.25 * 3600]
    return (messages["reached_s"] - messages["delivered_s"]).dropna()


def test_s02_any_pairing_with_a_2003_works_and_polls_for_new_mail() -> None:
    """S2: RPC over HTTPS is the predecessor; any pairing with a 2003 works, and polls for mail."""
    for client, store in (
        ("outlook2003", "exchange2003"),
        ("outlook2003", "exchange2007"),
        ("outlook2007", "exchange2003"),
    ):
        made = kept_alive(client, store)
        kinds = set(words(made.rpcs["kind"]))
        assert paths(made) == {"https"}
        assert "poll" in kinds
        assert "async_wait" not in kinds
        assert set(made.connections.groupby("mailbox", observed=True).size()) == {5}
        # a poll comes at any time of its minute, then the hold-off; an open window takes more
        delays_s = delivery_s(made)
        assert len(delays_s) > 50
        assert HOLD_OFF_S + 0.3 * POLL_S < delays_s.mean() < HOLD_OFF_S + 0.7 * POLL_S
        assert delays_s.quantile(0.9) > HOLD_OFF_S + 0.6 * POLL_S


def test_a_pair_of_2007_is_told_at_once() -> None:
    """The other side of S2: a parked wait leaves only the hold-off, over five connections."""
    made = kept_alive("outlook2007", "exchange2007")
    assert "poll" not in words(made.rpcs["kind"])
    assert set(made.connections.groupby("mailbox", observed=True).size()) == {5}
    assert delivery_s(made).median() < HOLD_OFF_S + 2.0


def test_s03_direct_rpc_asks_the_endpoint_mapper_then_a_high_port() -> None:
    """S3: direct RPC over TCP asks the endpoint mapper on 135, then a high port."""
    inside = {
        "places__here__internal_names": "resolve",
        "groups__people__policy": {"roh_flags": 0x3},
    }
    answered = run(small(**inside, places__here__port_135="open"))
    dropped = run(small(**inside, places__here__port_135="drop"))
    assert paths(answered) == {"tcp"}
    assert set(words(answered.attempts["ports"])) == {"135-high"}
    assert set(answered.attempts["round_trips"]) == {
        7
    }  # mapper: connect, bind, map; service: connect, bind, two calls
    assert "tcp" not in paths(dropped)
    assert set(words(dropped.attempts["ports"])) == {"135", "443"}


def test_s04_an_offline_file_is_opened_connected_or_offline_for_the_whole_run() -> None:
    """S4: with an offline file, connected or offline is chosen at launch for the whole session."""
    old: dict[str, Any] = {
        "groups__people__client": "outlook2002",
        "groups__people__mode": "offline_ost",
        "groups__people__policy": {"ost_schedule_s": None},
        "groups__people__activity": small().groups["people"].habits.model_dump()
        | {"send_receives": 0.0},
    }
    stays = run(small(**old, groups__people__itinerary=[["08:10", "office"], ["08:40", "here"]]))
    begins_away = run(
        small(**old, groups__people__itinerary=[["08:10", "here"], ["08:40", "office"]])
    )
    assert "offline" not in words(stays.states["state"])
    assert set(words(begins_away.states["state"])) == {"off", "trying", "offline"}
    assert words(begins_away.states["state"]).count("trying") == 3
    changes = begins_away.changes
    assert len(changes) > 0
    assert set(words(changes["state"])) == {"pending"}
    _stays_offline_when_the_tunnel_is_back(old)


def _stays_offline_when_the_tunnel_is_back(old: dict[str, Any]) -> None:
    """Launched offline in a cut: also with the tunnel back, scheduled exchanges change nothing."""
    scheduled = old | {
        "groups__people__policy": {"ost_schedule_s": 600},
        "places__tunnel": {"kind": "vpn", "down_kbps": 8, "up_kbps": 8},
    }
    away = {"at": "08:05", "do": "cut", "place": "tunnel", "for_s": 600}
    cuts = [
        away,
        *(
            {"at": f"08:{minute}", "do": "cut", "place": "tunnel", "for_s": 60}
            for minute in (22, 32, 42, 52)
        ),
    ]
    made = run(small(**scheduled, events=cuts, groups__people__itinerary=[["08:10", "tunnel"]]))
    assert "cut" in words(made.syncs["outcome"])
    assert set(words(made.states["state"])) == {"off", "offline"}


def test_s05_an_offline_file_synchronises_on_the_lan_or_a_vpn_only() -> None:
    """S5: the offline file synchronises on the company LAN or through a VPN only."""
    old = {"groups__people__client": "outlook2002", "groups__people__mode": "offline_ost"}
    old |= {
        "groups__people__policy": {"ost_schedule_s": 600},
        "groups__people__itinerary": [["08:10", "later"]],
    }
    old |= {
        "groups__people__activity": small().groups["people"].habits.model_dump()
        | {"send_receives": 20.0}
    }
    tunnel = run(small(**old, places__later={"kind": "vpn"}))
    assert "done" in words(tunnel.syncs["outcome"])
    for elsewhere in (
        {"kind": "dsl"},
        {"kind": "partner_lan", "port_135": "open", "internal_names": "resolve"},
    ):
        outside = run(small(**old, places__later=elsewhere))
        assert len(outside.syncs) == 0
        assert len(outside.attempts) > 0
        presses = outside.operations[outside.operations["kind"].astype(str) == "send_receive"]
        assert set(words(presses["outcome"])) == {"failed"}


def test_s06_in_cached_mode_no_operation_fails_or_waits_for_a_connection() -> None:
    """S6: in cached mode no operation fails and none waits for the change of state."""
    cut = {"at": "08:40", "do": "cut", "place": "here", "for_s": 1800}
    cached, online = (
        run(small(events=[cut])),
        run(small(events=[cut], groups__people__mode="online")),
    )
    assert "failed" in words(online.operations["outcome"])
    own = cached.operations[cached.operations["kind"].astype(str) != "shared_folder"]
    assert set(words(own["outcome"])) == {"done"}
    launch = own.groupby("mailbox", observed=True).cumcount() == 0
    assert own.loc[launch, "wait_s"].gt(0.0).all()
    assert own.loc[~launch, "wait_s"].max() == 0.0
    assert "disconnected" in words(cached.states["state"])
    _headers_wait(run(small(events=[cut], places__here={"kind": "gprs"})))


def _headers_wait(headers: aw.Run) -> None:
    """On a slow link bodies come on demand; without a connection such an item waits.

    A person may lose patience with what is fetched, and with nothing else.
    """
    is_read = headers.operations["kind"].astype(str) == "read"
    reads, others = headers.operations[is_read], headers.operations[~is_read]
    assert set(words(others["outcome"])) <= {"done", "unfinished"}
    cancelled = reads["outcome"].astype(str) == "cancelled"
    assert set(words(reads.loc[cancelled, "served_by"])) <= {"header"}
    reads = reads[~cancelled & (reads["outcome"].astype(str) != "unfinished")]
    assert set(words(reads["outcome"])) == {"done", "waiting"}
    assert set(words(reads["served_by"])) == {"server", "header"}
    waiting = reads["outcome"].astype(str) == "waiting"
    assert (waiting == (reads["served_by"].astype(str) == "header")).all()
    assert len(reads[~waiting]) == headers.messages["seen_s"].notna().sum()


def test_s07_moving_in_and_out_of_the_lan_needs_no_restart() -> None:
    """S7: plugging in and out of the LAN needs no change of configuration and no restart."""
    policy = {"roh_flags": 0x3}
    stays = run(
        small(groups__people__policy=policy, groups__people__itinerary=[["08:10", "office"]])
    )
    moves = run(
        small(
            groups__people__policy=policy,
            groups__people__itinerary=[["08:10", "office"], ["08:30", "here"], ["09:00", "office"]],
            places__here__high_ports="drop",
        )
    )
    for mailbox, rows in moves.connections.sort_values("start_s").groupby(
        moves.connections["mailbox"].astype(str)
    ):
        seen = list(dict.fromkeys(zip(words(rows["place"]), words(rows["path"]), strict=True)))
        assert seen == [("office", "tcp"), ("here", "https")], mailbox
        back = rows[(rows["start_s"] > 32_400 - 120) & (rows["place"].astype(str) == "office")]
        assert set(words(back["path"])) == {"tcp"}, mailbox
    assert paths(stays) == {"tcp"}
    assert words(moves.states["state"]).count("off") == 3


def test_s08_https_is_the_default_and_plain_http_needs_both_sides() -> None:
    """S8: HTTPS is the default; plain HTTP only if "SSL only" is off and the server allows it."""
    plain = {"servers__fe1__plain_http": True}
    secured = run(small(**plain, groups__people__policy={"roh_flags": 0x23}))
    unsecured = run(small(**plain, groups__people__policy={"roh_flags": 0x21}))
    over_web = secured.attempts[secured.attempts["path"].astype(str) == "https"]
    assert "none" not in words(over_web["tls"])
    assert set(words(unsecured.attempts["tls"])) == {"none"}
    assert paths(secured) == paths(unsecured) == {"https"}


def test_s09_it_works_from_every_kind_of_network() -> None:
    """S9: it works from the LAN, a partner's network, Wi-Fi, a hotspot and a 3G modem."""
    for kind in ("lan", "partner_lan", "wifi", "hotspot", "modem_3g"):
        made = run(small(places__here={"kind": kind}))
        assert set(words(made.connections["place"])) == {"here"}, kind
        assert "connected" in words(made.states["state"]), kind
    closed = run(small(places__here={"kind": "hotspot", "portal_login_s": 7200}))
    assert paths(closed) == set()
    assert "portal" in words(closed.attempts["failed_stage"])


def test_s10_on_a_fast_link_tcp_comes_first() -> None:
    """S10: on a fast link the default order is TCP, then HTTPS if that fails."""
    fails = run(small(places__here__port_135="open", places__here__internal_names="no_such_name"))
    succeeds = run(small(places__here__port_135="open", places__here__internal_names="resolve"))
    assert first_path(fails) == first_path(succeeds) == "tcp"
    assert paths(fails) == {"https"}
    assert paths(succeeds) == {"tcp"}


def test_s11_on_a_slow_link_https_comes_first() -> None:
    """S11: on a slow link the default order is HTTPS, then TCP."""
    slow = {"places__here": {"kind": "gprs", "internal_names": "resolve", "port_135": "open"}}
    works, fails = run(small(**slow)), run(small(**slow, servers__fe1__request_limit=1))
    assert first_path(works) == first_path(fails) == "https"
    assert paths(works) == {"https"}
    assert paths(fails) == {"tcp"}


def test_s12_slow_means_below_a_threshold_of_128_kbps() -> None:
    """S12: slow means below the threshold, 128 kbit/s by default; it can be configured."""

    def speed_class(**changes: object) -> set[str]:
        return set(words(run(small(**changes)).attempts["speed_class"]))

    assert speed_class(places__here__adapter_kbps=127.9) == {"slow"}
    assert speed_class(places__here__adapter_kbps=128.0) == {"fast"}
    assert speed_class(
        places__here__adapter_kbps=128.0, groups__people__policy={"slow_threshold_kbps": 129.0}
    ) == {"slow"}


def test_s13_two_check_boxes_change_both_orders() -> None:
    """S13: both orders are changed by two check boxes."""
    fast, slow = {"places__here__adapter_kbps": 1000.0}, {"places__here__adapter_kbps": 64.0}
    for line, box in ((fast, 0x8), (slow, 0x20)):
        orders = [
            first_path(run(small(**line, groups__people__policy={"roh_flags": flags})))
            for flags in (0x1, 0x1 | box)  # neither is the default
        ]
        assert orders == ["tcp", "https"]


def test_s14_a_profile_needs_the_local_network_the_first_time() -> None:
    """S14: a profile needs the local network the first time; else the remote path is refused."""
    new = {
        "groups__people__set_up": False,
        "groups__people__client": "outlook2007",
        "servers__mbx1__profile": "exchange2007",
    }
    new |= {"groups__people__mailbox_mb": 1}
    away = run(small(**new))
    assert paths(away) == set()
    assert paths(run(small(**new, groups__people__itinerary=[["08:10", "office"]]))) == {"tcp"}
    lifted = run(small(**new, groups__people__policy={"first_setup": "autodiscover"}))
    assert paths(lifted) == {"https"}
    older = run(
        small(
            **new | {"groups__people__client": "outlook2003"},
            groups__people__policy={"first_setup": "autodiscover"},
        )
    )
    assert paths(older) == set()


def paired_interval(differences: list[float]) -> tuple[float, float]:
    """Return the 95 % interval of the mean of paired differences (Student)."""
    half = float(t.ppf(0.975, len(differences) - 1)) * stdev(differences) / len(differences) ** 0.5
    return mean(differences) - half, mean(differences) + half


OFFICE_SEEDS = range(1, 9)


def office_day(seed: int, mode: str, *, set_up: bool = True) -> aw.Run:
    """Return a working day of ten people at the office, with or without a new profile."""
    changes = {
        "mailboxes": 10,
        "mode": mode,
        "activity": "medium",
        "set_up": set_up,
        "itinerary": [["08:10", "office"]],
        "mailbox_mb": 20,
    }
    return run(
        small(end="17:30", **{f"groups__people__{key}": value for key, value in changes.items()}),
        seed,
    )


def test_s15_cached_mode_lowers_what_clients_ask() -> None:
    """S15: cached mode lowers what clients ask: how much, of what, and when it does not.

    Fewer calls, fewer disk reads, less waiting; not fewer operations; fewer bytes where everything
    that is read is fetched whole, and more where few attachments are opened.
    """
    runs = [(office_day(seed, "online"), office_day(seed, "cached")) for seed in OFFICE_SEEDS]
    fewer_calls = paired_interval(
        [counted(online, "rpc_packets") - counted(cached, "rpc_packets") for online, cached in runs]
    )
    fewer_reads = paired_interval(
        [disk_reads(online) - disk_reads(cached) for online, cached in runs]
    )
    less_waiting = paired_interval([waited_s(online) - waited_s(cached) for online, cached in runs])
    more_in_a_roll_out = paired_interval(
        [
            bytes_down(office_day(seed, "cached", set_up=False)) - bytes_down(runs[seed - 1][0])
            for seed in (1, 2, 3)
        ]
    )
    assert fewer_calls[0] > 0.0
    assert fewer_reads[0] > 0.0
    assert less_waiting[0] > 0.0
    assert more_in_a_roll_out[0] > 0.0


def bytes_down(made: aw.Run) -> float:
    return float(made.connections["bytes_down"].sum())


def disk_reads(made: aw.Run) -> float:
    return counted(made, "disk_reads")


def counted(made: aw.Run, counter: str) -> float:
    stores = made.servers[made.servers["role"].astype(str) == "mailbox"]
    return float(stores[counter].max())


def waited_s(made: aw.Run) -> float:
    return float(made.operations["wait_s"].sum())


STATEMENTS = {
    int(name[6:8]): function
    for name, function in sorted(globals().items())
    if name.startswith("test_s")
}
"""The statements by their number."""
