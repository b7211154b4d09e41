"""What is under way when a connection, an Outlook or a copy ends: nothing is lost, nothing counted
that was not done.
"""

from __future__ import annotations

from typing import Any

import pytest

import anywhere_sim as aw
from anywhere_sim.des.environment import Process
from anywhere_sim.exchange.components import ExchangeComponents
from anywhere_sim.exchange.mailbox import Delivery
from anywhere_sim.exchange.server import TOO_BUSY
from anywhere_sim.exchange.store import Store
from anywhere_sim.outlook.client import Client
from anywhere_sim.outlook.components import OutlookComponents
from anywhere_sim.rpc.call import Rpc
from anywhere_sim.traces.words import Path
from tests.model.scripted import NOTHING, Scripted, play, scenario
from tests.statements.pairs import run, small, words

AT_ONCE = {"address_book_changed_share": 0.0, "media_sense_s": 0.0}


class Pondering(Store):
    """It computes for a minute what brings the first new mail."""

    pondered = False

    def _admitted(self, rpc: Rpc) -> None:
        if rpc.kind.name in ("sync_configure", "query_rows") and not self.pondered:
            self.pondered = True
            self.cpu.serve(rpc, 60.0, self._computed)
        else:
            super()._admitted(rpc)


@pytest.mark.parametrize("mode", ["cached", "online"])
def test_mail_that_a_dead_connection_asked_for_comes_with_the_next(mode: Any) -> None:
    """The link goes while the server works on the call that brings a message, and the server ends
    its work for nobody: the message is still new for the client.
    """
    given = scenario(
        mode,
        servers__mbx1__cores=4,
        groups__people__policy=AT_ONCE,
        events=[{"at": "09:00:35", "do": "cut", "place": "office", "for_s": 5}],
    )
    sent: list[Delivery] = []

    def script(person: Scripted) -> Process:
        yield from person.rest(0.0 if mode == "cached" else 30.0)
        sent.append(person.mail())
        yield from person.rest(600.0)

    noted = play(given, script, aw.Rules(exchange=ExchangeComponents(store=Pondering)))
    assert "link_cut" in words(noted.made.connections["end_reason"])
    assert sent[0].state == "reached"
    assert sent[0].reached_s < 9 * 3600 + 120


def test_a_call_that_is_cut_counts_the_bytes_that_left() -> None:
    """A message of 400 KB over 200 kbit/s, and the link is cut after a few seconds: a
    synchronisation has no more bytes than the connection that carried it.
    """
    given = scenario(
        "cached",
        size_bytes=400_000,
        places__office__down_kbps=200,
        groups__people__policy=AT_ONCE,
        events=[{"at": "09:00:31", "do": "cut", "place": "office", "for_s": 600}],
    )

    def script(person: Scripted) -> Process:
        person.mail()
        yield from person.rest(300.0)

    made = play(given, script).made
    cut = made.syncs[made.syncs["outcome"].astype(str) == "cut"]
    assert len(cut) == 1
    carried = made.connections.set_index("connection").loc[int(cut["connection"].iloc[0])]
    assert 0 < cut["bytes"].iloc[0] <= carried["bytes_up"] + carried["bytes_down"]


def test_a_notification_is_fetched_for_each_notice_and_no_more() -> None:
    """A second message comes while the first is downloaded: two notices, then the one that the
    server repeats, and after the download a hold-off without a call.
    """
    given = scenario("cached", size_bytes=400_000, places__office__down_kbps=200)

    def script(person: Scripted) -> Process:
        person.mail("one")
        yield from person.rest(40.0)
        person.mail("two")
        yield from person.rest(200.0)

    noted = play(given, script)
    asked = [round(rpc.issued_s - 9 * 3600) for rpc in noted.of("notification")]
    assert asked == [0, 40, 60]
    assert len(noted.of("sync_configure")) == 2


def test_no_synchronisation_begins_without_a_connection() -> None:
    """Cut again and again: every row that says it was cut had made a call."""
    made = run(
        small(
            places__here__cut_every_s=60,
            places__here__cut_for_s=30,
            places__here__down_kbps=300,
            groups__people__policy={"media_sense_s": 0.0},
        )
    )
    cut = made.syncs[made.syncs["outcome"].astype(str) == "cut"]
    assert len(cut) > 3
    assert (cut["rpcs"] > 0).all()


LOST = {"link_cut", "link_lost"}


@pytest.mark.parametrize(
    "changes",
    [
        {"events": [{"at": "08:30", "do": "cut", "place": "here", "for_s": 21}]},
        {
            "groups__people__itinerary": [
                ["08:10", "here"], ["08:30", "office"], ["08:30:01", "here"],
            ]
        },
    ],
    ids=["cut", "elsewhere"],
)  # fmt: skip
def test_a_link_that_was_away_between_two_polls_has_lost_its_connections(changes: Any) -> None:
    """Windows keeps an address for 20 s: after 21 s, or in another network, it is gone. The next
    poll finds that out and nobody waits for resends in vain.
    """
    made = run(
        small(
            groups__people__mode="online",
            groups__people__mailboxes=1,
            groups__people__itinerary_spread_s=0,
            **changes,
        )
    )
    lost = made.connections[made.connections["end_reason"].astype(str).isin(LOST)]
    assert len(lost) == 2
    assert (lost["end_s"] <= 8 * 3600 + 30 * 60 + 21 + 15).all()
    assert made.operations["wait_s"].max() < 5.0


def test_a_server_that_shuts_down_behind_a_dead_link_is_not_heard() -> None:
    """The address is kept through a cut of 20 minutes, in whose middle the front end shuts down."""
    made = run(
        small(
            groups__people__mode="online",
            groups__people__mailboxes=1,
            groups__people__itinerary_spread_s=0,
            groups__people__policy={"media_sense_s": 3600.0},
            events=[
                {"at": "08:30", "do": "cut", "place": "here", "for_s": 1200},
                {"at": "08:35", "do": "shutdown", "server": "fe1", "for_s": 60},
            ],
        )
    )
    heard = made.connections[made.connections["end_reason"].astype(str) == "server_shutdown"]
    assert len(heard) > 0
    assert (heard["end_s"] > 8 * 3600 + 50 * 60).all()


def test_a_server_sends_its_close_again_as_often_as_any_data_and_no_more() -> None:
    """Nothing passes for ten minutes, in which the store shuts down and comes back. Its close is
    sent again five times, within 19 s (TcpMaxDataRetransmissions, RFC 6298 5.5): once something
    passes again, nothing comes of itself, and the next call is answered with RST.
    """
    given = scenario(
        "online",
        events=[
            {"at": "09:05", "do": "gap", "place": "office", "for_s": 600},
            {"at": "09:06", "do": "shutdown", "server": "mbx1", "for_s": 60},
        ],
    )

    def script(person: Scripted) -> Process:
        yield from person.rest(1500.0)
        yield from person.act("calendar")
        yield from person.rest(60.0)

    ended = play(given, script).made.connections.query("start_s == 9 * 3600 and end_s < 10 * 3600")
    assert set(words(ended["end_reason"])) == {"server_shutdown"}
    own_s = ended["end_s"].min() - 9 * 3600
    assert own_s == pytest.approx(1500.0, abs=1.0)


FILE: dict[str, Any] = {
    "groups__people__mode": "offline_ost",
    "groups__people__mailboxes": 1,
    "groups__people__itinerary_spread_s": 0,
    "groups__people__set_up": False,
    "groups__people__mailbox_mb": 60,
    "places__office__down_kbps": 2000,
}


def test_who_has_gone_on_while_outlook_closed_opens_it_there() -> None:
    """The exchange on exit lasts longer than the way to the next place."""
    made = run(
        small(
            **FILE,
            groups__people__client="outlook2002",
            groups__people__policy={"ost_schedule_s": None},
            groups__people__itinerary=[["08:10", "office"], ["08:30", "off"], ["08:30:02", "here"]],
        )
    )
    last = made.states.iloc[-1]
    assert (str(last["place"]), str(last["state"])) == ("here", "offline")
    assert last["start_s"] < 8 * 3600 + 35 * 60


def test_an_exchange_that_is_cut_off_leaves_the_next_mode_alone() -> None:
    """A roll-out comes in the middle of an exchange of the offline file: cached mode begins with
    one round, which nobody breaks off, and no exchange begins any more.
    """
    made = run(
        small(
            **FILE,
            groups__people__client="outlook2003",
            end="08:30",
            groups__people__itinerary=[["08:10", "office"]],
            groups__people__policy={"ost_schedule_s": 600.0, "offline_after_s": 20.0},
            events=[
                {"at": "08:00", "do": "crash", "server": "mbx1", "for_s": 780},
                {"at": "08:20:10", "do": "roll_out", "group": "people"},
            ],
        )
    )
    at_s = 8 * 3600 + 20 * 60 + 10
    exchange = made.syncs[made.syncs["trigger"].astype(str) == "schedule"]
    assert (exchange["outcome"].astype(str) == "cut").any()
    assert (exchange["start_s"] < at_s).all()
    after = made.attempts[made.attempts["start_s"] >= at_s]
    assert set(words(after["outcome"])) == {"connected"}
    assert after["round"].nunique() == 1


def test_a_connected_run_opens_its_second_mail_connection_once() -> None:
    """The round of the launch is still at it when the poll comes."""
    made = run(
        small(
            groups__people__client="outlook2002",
            groups__people__mode="offline_ost",
            groups__people__itinerary=[["08:01", "vpn"]],
            places__vpn={"kind": "vpn", "down_kbps": 64, "up_kbps": 64, "rtt_ms": 1900},
            groups__people__policy={
                "offline_after_s": 300.0, "link_poll_s": 5.0, "reconnect_every_s": 5.0,
            },
        )
    )  # fmt: skip
    mail = made.connections[made.connections["service"].astype(str) == "mail"]
    assert mail.groupby(mail["mailbox"].astype(str)).size().to_dict() == dict.fromkeys(
        ("people/1", "people/2", "people/3"), 2
    )


class Refusing(Store):
    """For a while it is too busy for downloads and for the ends of parked waits."""

    from_s, to_s = 0.0, 0.0

    def _take_thread(self, rpc: Rpc) -> None:
        refused = rpc.kind.name in ("sync_configure", "async_wait")
        if refused and self.from_s <= self.env.now < self.to_s:
            self.refuse(rpc, TOO_BUSY)
        else:
            super()._take_thread(rpc)


def test_what_waits_for_a_busy_server_ends_with_outlook() -> None:
    """A download is refused after 30 s and 40 s and would be tried again after 60 s; the mailbox is
    moved after 45 s, and the new copy is nobody's business but its own.
    """

    class Busy(Refusing):
        from_s, to_s = 9 * 3600 + 20.0, 9 * 3600 + 50.0

    given = scenario("cached", events=[{"at": "09:00:45", "do": "move_mailbox", "group": "people"}])

    def script(person: Scripted) -> Process:
        person.mail()
        yield from person.rest(600.0)

    made = play(given, script, aw.Rules(exchange=ExchangeComponents(store=Busy))).made
    before = made.syncs[made.syncs["start_s"] < 9 * 3600 + 45]
    assert words(before["outcome"]) == ["cut"]
    assert (before["end_s"] == 9 * 3600 + 45).all()
    assert {"inbox", "calendar"} <= set(words(made.syncs["folder"]))


def test_a_wait_that_was_refused_is_not_parked_on_another_path() -> None:
    """At home the client parks a call; refused, it would try again after 30 s, but is at the office
    by then and hears by UDP.
    """

    class Busy(Refusing):
        from_s, to_s = 8 * 3600 + 600.0, 8 * 3600 + 1800.0

    made = run(
        small(
            groups__people__client="outlook2007",
            groups__people__mailboxes=12,
            groups__people__itinerary=[["08:10", "here"], ["08:30", "office"]],
            groups__people__policy={"parked_retry_s": 120.0},
            servers__mbx1__profile="exchange2007",
            record_rpcs=True,
        ),
        rules=aw.Rules(exchange=ExchangeComponents(store=Busy)),
    )
    path = made.connections.set_index("connection")["path"].astype(str)
    parked = made.rpcs[made.rpcs["kind"].astype(str) == "async_wait"]
    assert len(parked) > 10
    assert set(parked["connection"].map(path)) == {"https"}


def test_a_lid_that_is_shut_during_a_restart_keeps_outlook_closed() -> None:
    """The mailbox is moved at 08:30, and the person sleeps before Outlook is open again."""
    made = run(
        small(
            groups__people__mailboxes=1,
            groups__people__itinerary_spread_s=0,
            groups__people__itinerary=[
                ["08:10", "here"], ["08:30:05", "asleep"], ["09:00", "here"],
            ],
            events=[{"at": "08:30", "do": "move_mailbox", "group": "people"}],
        )
    )  # fmt: skip
    begun = made.attempts["start_s"]
    assert ((begun < 8.5 * 3600) | (begun >= 9 * 3600)).all()
    assert (begun >= 9 * 3600).any()


def test_what_was_changed_during_a_long_upload_goes_up_within_a_minute() -> None:
    """Two messages of 2 MB over 200 kbit/s: the second waits for the first, and no longer."""
    given = scenario("cached", size_bytes=2_000_000, places__office__up_kbps=200)

    def script(person: Scripted) -> Process:
        yield from person.act("send", message=person.written())
        yield from person.rest(30.0)
        yield from person.act("send", message=person.written(person.mail("parent").message))
        yield from person.rest(300.0)

    made = play(given, script).made
    up = made.syncs[made.syncs["direction"].astype(str) == "up"].sort_values("start_s")
    assert len(up) == 2
    assert up["end_s"].iloc[0] > 9 * 3600 + 90
    assert up["start_s"].iloc[1] - up["end_s"].iloc[0] < 1.0


@pytest.mark.parametrize(
    ("client", "store", "within_s"),
    [("outlook2003", "exchange2003", 61.0), ("outlook2007", "exchange2007", 5.0)],
)
def test_who_is_left_with_another_path_listens_in_its_way(
    client: str, store: str, within_s: float
) -> None:
    """Both mail connections go direct and hear of mail by UDP; one after the other dies and is
    opened anew over HTTPS. From then on the client polls, or parks a call, and so it does not hear
    of mail in the way that it had before; back on the direct path UDP tells it again.
    """
    paths: list[Path] = ["tcp"]
    given = scenario(
        "online", client=client, store=store,
        servers__fe1={"role": "front_end", "profile": "iis6-sp1"}, end="09:10",
    )  # fmt: skip
    sent: dict[str, Delivery] = {}

    def script(person: Scripted) -> Process:
        def change_to(path: Path) -> Process:
            paths[:] = [path]
            for connection in [c for c in person.client.connections if c.service == "mail"]:
                connection.die("nat_dropped")
                yield from person.rest(5.0)
            there = [c.path for c in person.client.connections if c.service == "mail"]
            assert set(there) == {path}
            assert len(there) >= 2

        for word, path in (("first", None), ("second", "https"), ("third", "tcp")):
            if path:
                yield from change_to(path)
            sent[word] = person.mail(word)
            yield from person.rest(70.0)

    play(given, script, aw.Rules(path_order=lambda *_: tuple(paths)))
    took = {word: delivery.reached_s - delivery.delivered_s for word, delivery in sent.items()}
    assert took["first"] < 1.0
    assert took["second"] < within_s
    assert took["third"] < 1.0


class Slow(Store):
    """It computes for twelve seconds over each call."""

    def _admitted(self, rpc: Rpc) -> None:
        self.cpu.serve(rpc, 12.0, self._computed)


class Tired(Client):
    """Its person bears with the first dialog for half a minute, and with any other for a second."""

    borne = 0

    def patience_s(self, mean_s: float) -> float:
        self.borne += 1
        return 30.0 if self.borne == 1 else 1.0


def test_each_dialog_is_borne_with_for_a_time_of_its_own() -> None:
    """Calls of 12 s, one after the other: the dialog of the first comes at 8 s and closes with the
    answer, though it would have been borne with for longer; that of the second comes at 20 s.
    """
    given = scenario("online", groups__people__activity=NOTHING | {"patience_s": 60.0})

    def script(person: Scripted) -> Process:
        yield from person.act("calendar")

    parts = aw.Rules(
        exchange=ExchangeComponents(store=Slow), outlook=OutlookComponents(client=Tired)
    )
    done = play(given, script, parts).made.operations
    dialog_s = 8.0
    assert words(done["outcome"]) == ["cancelled"]
    assert done["wait_s"].tolist() == pytest.approx([12.0 + dialog_s + 1.0], abs=0.5)
