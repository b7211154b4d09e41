"""The calls of each thing that a person does: kinds, operations and bytes, worked out by hand from
the sizes of `call_types` and MS-OXCROPS, MS-OXCFXICS.
"""

from __future__ import annotations

from functools import cache
from typing import Any, Literal

import pytest

from anywhere_sim.des.environment import Environment, Process
from anywhere_sim.exchange.components import ExchangeComponents
from anywhere_sim.exchange.mailbox import Delivery
from anywhere_sim.exchange.store import Store
from anywhere_sim.outlook.components import OutlookComponents
from anywhere_sim.outlook.rpc_session import MAX_BUSY_TRIES
from anywhere_sim.outlook.sync.address_book import AddressBook
from anywhere_sim.outlook.sync.synchroniser import Synchroniser
from anywhere_sim.rpc import call_types as kinds
from anywhere_sim.rpc.call import Rpc
from anywhere_sim.scenario.quantities import DAY_S
from anywhere_sim.scenario.server import Server
from anywhere_sim.simulation.rules import Rules
from anywhere_sim.traces.words import OperationKind, SyncTrigger
from anywhere_sim.validation.calibration import Driver
from tests.model.scripted import Noted, Script, Scripted, play, scenario
from tests.statements.pairs import run, small, words
from tests.support import rules

BUFFER, CHAINED = 32_768, 98_304  # MS-OXCRPC 3.1.4.2: one buffer, three of them
STATE = 400  # bytes of a folder's state
GET_BUFFER = 1  # operation
RELEASED = 2  # operations that ride on the last buffer, 24 B each way


def act(*actions: OperationKind) -> Script:
    """Return the script that does these things one after another."""

    def script(person: Scripted) -> Process:
        for kind in actions:
            yield from person.act(kind)

    return script


def read_one(person: Scripted) -> Process:
    """A message has come some time ago; the person looks and reads it."""
    person.mail()
    yield from person.rest(120.0)
    yield from person.look()


def after_reading(noted: Noted) -> list[tuple[str, int, int, int]]:
    """Return the calls from the moment when the message is on the screen."""
    rows = noted.rows()
    kinds_made = noted.kinds()
    return rows[kinds_made.index("open_item") :] if "open_item" in kinds_made else []


# operations in a call


def test_packets_and_operations_are_counted_apart() -> None:
    """A call that polls for news carries no operation, RopNotify is one, a preview's four calls
    carry 3, 3, 3 and 2.
    """
    noted = play(scenario("online"), read_one)
    servers = noted.made.servers
    last = servers[servers["server"].astype(str) == "mbx1"].iloc[-1]
    assert last["rpc_packets"] == len(noted.calls) == 7
    assert last["rpc_operations"] == (1 + 3 + 2) + (3 + 3 + 3 + 2)


# synchronisation


def downloaded(size_bytes: int, **requests: Any) -> Noted:
    """Return a run in which a copy fetches one new message."""

    def wait(person: Scripted) -> Process:
        person.mail()
        yield from person.rest(300.0)

    return play(scenario("cached", size_bytes=size_bytes, requests=requests), wait)


def test_a_download_is_one_call_and_the_buffers_that_end_with_the_state() -> None:
    """RopOpenFolder, RopSynchronizationConfigure, four properties of state in three steps each:
    14 operations. Then header, body and final state in buffers of 96 KB; no call closes.
    """
    whole = 700 + 200_000 + STATE
    rows = downloaded(200_000).rows()
    assert rows == [
        ("notification", 1, 120, 320),
        ("sync_configure", 1 + 1 + 4 * 3, 700 + STATE, 260),
        ("sync_buffer", GET_BUFFER, 120, 160 + CHAINED),
        ("sync_buffer", GET_BUFFER, 120, 160 + CHAINED),
        ("sync_buffer", GET_BUFFER + RELEASED, 120 + 48, 160 + whole - 2 * CHAINED + 48),
    ]


def test_the_first_buffer_may_ride_with_the_call_that_configures() -> None:
    """Then a small message takes one call, a large one a call less than without."""
    small = downloaded(10_000, first_buffer_rides=True).rows()
    assert small[1:] == [("sync_configure", 14 + 1, 1_100 + 24, 260 + 24 + 700 + 10_000 + STATE)]
    large = downloaded(200_000, first_buffer_rides=True)
    assert large.kinds()[1:] == ["sync_configure", "sync_buffer", "sync_buffer"]
    assert large.calls[1].down_bytes == 260 + 24 + CHAINED


def changed(count: int, **requests: Any) -> Noted:
    """Return a run in which a copy sends so many changes of the calendar."""

    def script(person: Scripted) -> Process:
        for _ in range(count):
            yield from person.act("calendar")
        yield from person.rest(300.0)

    return play(scenario("cached", requests=requests), script)


def test_imports_ride_with_the_collector_as_many_as_fit_a_buffer() -> None:
    """81 items of 400 B fit 32 KB. The collector takes RopOpenFolder, RopOpenCollector and three
    properties of state; each item three operations; the new state and three releases follow.
    """
    rows = changed(100).rows()
    assert rows == [
        ("sync_import", 11 + 3 * 81, 620 + STATE + 81 * (400 + 3 * 24), 260 + 3 * 81 * 24),
        ("sync_changes", 3 * 19, 120 + 19 * (400 + 3 * 24), 120 + 3 * 19 * 24),
        ("sync_state", 5, 160, 200),
    ]


def test_imports_that_do_not_ride_take_a_call_of_their_own() -> None:
    rows = changed(1, imports_ride=False).rows()
    assert rows == [
        ("sync_import", 11, 620 + STATE, 260),
        ("sync_changes", 3, 120 + 400 + 3 * 24, 120 + 3 * 24),
        ("sync_state", 5, 160, 200),
    ]


def launched_at_nine(mode: Literal["online", "cached"], script: Script, **changes: Any) -> Noted:
    """Return a run in which Outlook is started at 09:00 and the script begins a minute later."""

    def later(person: Scripted) -> Process:
        yield from person.rest(120.0)
        yield from script(person)

    itinerary = {"groups__people__itinerary": [["09:01", "office"]]}
    return play(scenario(mode, **changes, **itinerary), later)


def test_a_copy_that_is_connected_again_asks_for_its_folders() -> None:
    """The hierarchy, eight folders, then the Inbox, two calls each, in that order."""
    noted = launched_at_nine("cached", act())
    syncs = noted.made.syncs.sort_values("start_s")
    syncs = syncs[syncs["kind"].astype(str) == "incremental"]
    assert words(syncs["folder"]) == [
        "hierarchy", "sent", "deleted", "calendar", "contacts", "drafts", "outbox", "utility",
        "other", "inbox",
    ]  # fmt: skip
    assert set(syncs["rpcs"]) == {2}
    assert len(noted.of("sync_hierarchy")) == 1
    assert noted.of("sync_hierarchy")[0].rops == 1 + 1 + 2 * 3


def test_a_folder_that_was_the_target_of_a_change_is_synchronised() -> None:
    """A message is deleted: it goes up in Deleted Items, which is asked for changes then."""
    noted = play(
        scenario("cached", habits={"delete_share": 1.0}, requests={"target_download_share": 1.0}),
        _read_and_wait,
    )
    after = noted.made.syncs.sort_values("start_s")
    after = after[after["trigger"].astype(str) == "uploaded"]
    assert words(after["folder"]) == ["deleted"]
    assert list(after["rpcs"]) == [2]


def _read_and_wait(person: Scripted) -> Process:
    yield from read_one(person)
    yield from person.rest(300.0)


class _NothingGoesUp(Synchroniser):
    def upload(self, trigger: SyncTrigger) -> Process:
        yield from ()
        return False


def test_nothing_is_asked_of_the_target_of_a_change_that_did_not_go_up() -> None:
    given = scenario(
        "cached", habits={"delete_share": 1.0}, requests={"target_download_share": 1.0}
    )
    cut = Rules(outlook=OutlookComponents(synchroniser=_NothingGoesUp))
    made = play(given, _read_and_wait, cut).made
    assert set(words(made.changes["state"])) == {"pending"}
    assert "uploaded" not in words(made.syncs["trigger"])


# reading


def test_a_preview_opens_the_message_reads_its_properties_and_its_body() -> None:
    """10,000 B: RopOpenMessage with properties and status, one call of three RopGetProperties, a
    stream; then the read flag.
    """
    assert after_reading(play(scenario("online"), read_one)) == [
        ("open_item", 3, 200, 900),
        ("read_properties", 3, 160 + 3 * 24, 500 + 3 * 24),
        ("read_body", 3, 180, 160 + 10_000),
        ("set_read_flag", 2, 150, 100),
    ]


def test_a_window_fetches_the_message_again() -> None:
    noted = play(scenario("online", habits={"opened_in_window_share": 1.0}), read_one)
    assert after_reading(noted)[4:] == [
        ("open_item", 3, 200, 900),
        ("read_properties", 3, 160 + 3 * 24, 500 + 3 * 24),
        ("read_properties", 3, 160 + 3 * 24, 500 + 3 * 24),
        ("read_body", 3, 180, 160 + 10_000),
    ]


def test_an_attachment_is_fetched_when_it_is_opened() -> None:
    """Of 200,000 B the body has 32,768; the rest comes in two calls of up to 96 KB."""
    noted = play(
        scenario("online", size_bytes=200_000, habits={"attachment_opened_share": 1.0}), read_one
    )
    rows = after_reading(noted)
    assert rows[2] == ("read_body", 3, 180, 160 + BUFFER)
    assert rows[4:] == [
        ("open_attachment", 4, 260, 400 + CHAINED),
        ("read_body", 3, 180, 160 + 200_000 - BUFFER - CHAINED),
    ]
    unopened = play(scenario("online", size_bytes=200_000), read_one)
    assert after_reading(unopened) == rows[:4]


def test_what_is_beyond_the_body_is_attached() -> None:
    """Sizes are log-normal around 50,000 B with sigma 2: 21.5 % are beyond 32,768 B."""
    parts: list[Delivery] = []

    def receive(person: Scripted) -> Process:
        parts.extend(person.mail(f"number {number}") for number in range(2_000))
        yield from person.rest(1.0)

    play(scenario("online", size_bytes=50_000, communities__everybody__size_sigma=2.0), receive)
    for each in parts:
        assert each.message.body_bytes == min(each.message.size_bytes, BUFFER)
    assert sum(each.message.attachment_bytes > 0 for each in parts) / 2_000 == pytest.approx(
        0.215, abs=4 * 0.0092
    )


def test_the_pane_shows_the_next_item_after_a_delete() -> None:
    """RopMoveCopyMessages, the table's notice, and the preview of an item of 10,000 B."""
    noted = play(scenario("online", habits={"delete_share": 1.0, "next_item_share": 1.0}), read_one)
    assert after_reading(noted)[4:] == [
        ("delete_item", 3, 200, 120),
        ("notification", 1, 120, 320),
        ("open_item", 3, 200, 900),
        ("read_properties", 3, 160 + 3 * 24, 500 + 3 * 24),
        ("read_body", 3, 180, 160 + 10_000),
    ]


# tables and views


def test_a_table_stays_open() -> None:
    """To look at it again costs nothing, another arrangement two calls, another folder four; the
    first screen has 25 rows of 180 B.
    """
    first_screen = ("query_rows", 2, 120, 200 + 25 * 180)
    table = [("open_table", 4 + 1, 260 + 24, 200 + 24), first_screen]
    folder = [("open_folder", 3, 220, 300), ("view_definition", 4, 260, 900), *table]
    costs: list[int] = []

    def script(person: Scripted) -> Process:
        for kind, about in (
            ("view_folder", {}),
            ("view_folder", {"arrangement": "by0"}),
            ("view_folder", {"arrangement": "by0"}),
            ("open_old", {"elsewhere": True, "screens": 2, "size_bytes": 5_000}),
            ("view_folder", {"arrangement": "by0"}),
        ):
            result = yield from person.act(kind, **about)
            costs.append(result.rpcs)

    rows = play(scenario("online"), script).rows()
    assert costs == [0, 2, 0, 4 + 2 + 3, 4]
    assert rows[:2] == table
    assert rows[2:8] == [*folder, first_screen, first_screen]
    assert rows[11:] == folder


class _TooBusyForOneTable(Store):
    tries = 0

    def _enter(self, rpc: Rpc) -> None:
        if rpc.kind is kinds.OPEN_TABLE and self.tries < MAX_BUSY_TRIES:
            self.tries += 1
            self.calls.enter(rpc)
            self._too_busy(rpc)
        else:
            super()._enter(rpc)


def test_a_table_that_the_store_refused_is_not_open() -> None:
    """A busy store refuses one table for good: the next look opens folder and table."""
    looks: list[tuple[str, int]] = []

    def script(person: Scripted) -> Process:
        for _ in range(3):
            result = yield from person.act("view_folder", arrangement="by0")
            looks.append((result.outcome, result.rpcs))

    play(scenario("online"), script, Rules(exchange=ExchangeComponents(store=_TooBusyForOneTable)))
    assert looks == [("failed", MAX_BUSY_TRIES), ("done", 4), ("done", 0)]


def opened_table(**changes: Any) -> list[float]:
    """Return the pages that are read for the table of the Inbox, twice in one arrangement."""

    def script(person: Scripted) -> Process:
        yield from person.act("view_folder", arrangement="by0")
        yield from person.act("view_folder")
        yield from person.act("view_folder", arrangement="by0")

    noted = play(scenario("online", **changes), script)
    return [rpc.reads for rpc in noted.of("open_table")]


def test_the_first_use_of_an_index_reads_every_row() -> None:
    """500 rows, ten a page; a moved mailbox has no index at all, not even of the usual order."""
    kept = opened_table(groups__people__items_per_folder=500)
    moved = opened_table(groups__people__items_per_folder=500, groups__people__mailbox_moved=True)
    assert kept == [50.0, 0.0, 0.0]
    assert moved == [50.0, 50.0, 0.0]


def test_an_index_is_dropped_when_nobody_has_used_it_for_40_days() -> None:
    views = rules().exchange.views()
    assert views.use("inbox", "by sender", 0.0)
    assert views.use("inbox", "by size", DAY_S)
    assert views.count("inbox", 40 * DAY_S - 1.0) == 2
    assert views.count("inbox", 40 * DAY_S) == 1
    assert not views.use("inbox", "by size", 40 * DAY_S)
    assert views.use("inbox", "by sender", 40 * DAY_S)


def test_a_folder_has_11_indexes_at_most() -> None:
    """Of twelve the one that was longest unused goes, and is built again when it is used."""
    views = rules().exchange.views()
    for number in range(12):
        views.use("inbox", f"by{number}", float(number))
    assert views.count("inbox", 12.0) == 11
    assert not views.use("inbox", "by1", 13.0)
    assert views.use("inbox", "by0", 14.0)


def test_a_search_reads_every_row_and_is_asked_how_far_it_is() -> None:
    noted = play(scenario("online", groups__people__items_per_folder=500), act("search"))
    assert noted.rows() == [
        ("search", 2, 360, 200),
        *[("search_status", 2, 120, 160)] * 3,
        ("query_rows", 2, 120, 200 + 12 * 180),
    ]
    assert noted.calls[0].reads == kinds.SEARCH.pages + 500 / 10


# writing


def sent(*, answer: bool) -> Noted:
    """Return a run in which somebody sends a message of 50,000 B online."""

    def script(person: Scripted) -> Process:
        parent = person.mail().message if answer else None
        yield from person.rest(60.0)
        yield from person.act("send", message=person.written(parent))

    return play(scenario("online", size_bytes=50_000), script)


WRITING = ("set_properties", 3, 320 + 3 * 24, 180 + 3 * 24)
BODY = [
    ("write_body", 3, 180 + BUFFER, 120),
    ("write_body", 3, 180 + 50_000 - BUFFER, 120),
]


def test_a_message_is_created_written_and_submitted() -> None:
    """Six calls of properties, and a buffer of 32 KB at a time: ten calls."""
    assert sent(answer=False).rows() == [
        ("create_item", 3, 520, 220),
        *[WRITING] * 6,
        *BODY,
        ("submit", 2, 260, 180),
    ]


def test_an_answer_marks_what_it_answers() -> None:
    """Nine calls of properties; the original is opened and saved before the answer goes."""
    noted = sent(answer=True)
    assert noted.rows()[3:] == [
        ("create_item", 3, 520, 220),
        *[WRITING] * 9,
        *BODY,
        ("open_item", 3, 200, 900),
        ("save_item", 2, 240, 180),
        ("submit", 2, 260, 180),
    ]
    assert noted.of("save_item")[0].touches == ("inbox",)


# what Outlook asks by itself


def test_news_are_a_notice_an_alert_and_the_changed_rows() -> None:
    """Three messages in one instant: one notice, one alert, three rows."""

    def script(person: Scripted) -> Process:
        for number in range(3):
            person.mail(f"number {number}")
        yield from person.rest(60.0)

    assert play(scenario("online"), script).rows() == [
        ("notification", 1, 120, 320),
        ("read_properties", 3, 160 + 3 * 24, 500 + 3 * 24),
        ("query_rows", 2, 120, 200 + 3 * 180),
    ]


def free_busy(client: str, store: str, script: Script) -> Noted:
    """Return a run with the two calls that publish free and busy times."""
    given = scenario("online", client=client, store=store, requests={"free_busy_calls": 2})
    return play(given, script)


def test_free_and_busy_times_are_published_15_minutes_after_a_change() -> None:
    """Once for all changes of the meantime, and in a public folder before 2007 only."""

    def script(person: Scripted) -> Process:
        yield from person.act("calendar")
        yield from person.rest(600.0)
        yield from person.act("calendar")

    noted = free_busy("outlook2003", "exchange2003", script)
    published = noted.of("free_busy")
    assert len(published) == 2
    changed_s = noted.made.operations["start_s"].min()
    assert published[0].issued_s - changed_s == pytest.approx(900.0, abs=2.0)
    assert {rpc.connection.service for rpc in published} == {"public"}
    assert {(rpc.up_bytes, rpc.down_bytes, rpc.rops) for rpc in published} == {(900, 240, 4)}
    assert len(free_busy("outlook2003", "exchange2007", script).of("free_busy")) == 2
    assert not free_busy("outlook2007", "exchange2007", script).of("free_busy")


def test_free_and_busy_times_that_nobody_could_take_wait_for_a_connection() -> None:
    """Outlook is closed ten minutes after the change, and opened again at ten."""

    def script(person: Scripted) -> Process:
        yield from person.act("calendar")

    itinerary = [["08:00", "office"], ["09:10", "off"], ["10:00", "office"]]
    given = scenario("cached", requests={"free_busy_calls": 2}).with_(
        groups__people__itinerary=itinerary
    )
    published = [rpc.issued_s for rpc in play(given, script).of("free_busy")]
    assert len(published) == 2
    assert published[0] == pytest.approx(10 * 3600.0, abs=5.0)


def test_a_start_of_outlook_takes_its_logons_and_calls() -> None:
    """Besides the logons of mail and public folders five more, the folder tree, and 19 calls."""
    noted = launched_at_nine("online", act(), groups__people__search_folders=0)
    asked = [rpc for rpc in noted.calls if rpc.connection.service == "mail"]
    rows = [(rpc.kind.name, rpc.rops, rpc.up_bytes, rpc.down_bytes) for rpc in asked]
    started = rows[rows.index(("hierarchy", 5, 240, 300)) - 5 :]
    assert started == [
        *[("logon", 1, 208, 268)] * 5,
        ("hierarchy", 5, 240, 300),
        *[("start", 4, 240, 900)] * 19,
    ]


def test_what_nothing_explains_comes_at_a_rate_of_its_own() -> None:
    """120 calls an hour online and 30 with a copy, for two hours: 240 and 60, by Poisson."""
    requests = {"online_background_per_hour": 120.0, "cached_background_per_hour": 30.0}
    for mode, mean in (("online", 240), ("cached", 60)):
        calls = play(scenario(mode, requests=requests), act()).of("background")
        assert len(calls) == pytest.approx(mean, abs=4 * mean**0.5)
        assert {(rpc.rops, rpc.up_bytes, rpc.down_bytes) for rpc in calls} == {(3, 252, 332)}


# where cached mode waits


def test_a_folder_of_another_mailbox_is_in_no_copy() -> None:
    """Four calls that the person waits for; without a connection there is nothing to see."""
    outcomes: list[tuple[str, str, int]] = []

    def script(person: Scripted) -> Process:
        for _ in range(2):
            result = yield from person.act("shared_folder")
            outcomes.append((result.served_by, result.outcome, result.rpcs))
            yield from person.rest(1_800.0)

    cut = [{"at": "09:10", "do": "cut", "place": "office", "for_s": 3_600}]
    noted = play(scenario("cached", events=cut), script)
    assert outcomes == [("server", "done", 4), ("none", "waiting", 0)]
    assert noted.made.operations["wait_s"].iloc[0] > 0.0


def test_the_first_look_after_a_launch_waits_for_the_disk() -> None:
    """Ten seconds on average, so the logarithm is at ln 10 - 0.125 with deviation 0.5."""
    noted = launched_at_nine(
        "cached", act("view_folder", "view_folder"), groups__people__copy_open_s=10.0
    )
    first, second = noted.made.operations["wait_s"]
    assert 10.0 / 7.4 / 1.13 < first < 10.0 * 7.4
    assert second == 0.0


class _NotYet(AddressBook):
    @property
    def is_missing(self) -> bool:
        return True


def test_names_are_looked_up_in_the_directory_while_there_is_no_address_book() -> None:
    here = play(scenario("cached"), act("look_up"))
    assert not here.of("look_up")
    missing = Rules(outlook=OutlookComponents(address_book=_NotYet))
    asked = play(scenario("cached"), act("look_up"), missing)
    assert asked.rows() == [("look_up", 1, 260, 520)]
    assert words(asked.made.operations["served_by"]) == ["server"]
    assert asked.calls[0].connection.service == "directory"


# keys that were constants


def totals(mode: str, **changes: Any) -> tuple[float, ...]:
    """Return bytes on the lines, calls, processor time, reads and writes of the store, waiting.

    Two people at the office for fifty minutes; mail that lay there is old, a tenth is in memory.
    """
    fixed = {
        "end": "08:50", "groups__people__mailboxes": 2, "groups__people__mode": mode,
        "groups__people__itinerary": [["08:05", "office"]],
        "servers__mbx1__cache_mb_per_mailbox": 2.0, "servers__mbx1__fresh_s": 600.0,
    }  # fmt: skip
    made = run(small(**fixed | changes))
    store = made.servers[made.servers["role"] == "mailbox"].iloc[-1]
    counted = store[["rpc_packets", "cpu_busy_s", "disk_reads", "disk_writes"]]
    return (
        float(made.links["bytes"].sum()),
        float(made.operations["wait_s"].sum()),
        *map(float, counted),
    )


usual = cache(totals)

OF_ONLINE = {
    "rows_per_query": 40, "row_bytes": 400, "property_rop_bytes": 60, "item_pages": 6.0,
    "rows_per_page": 4, "call_bytes_factor": 2.0, "call_pages_factor": 2.0,
}  # fmt: skip
OF_CACHED = {
    "state_bytes": 2000, "hierarchy_bytes": 4000, "change_bytes": 1500, "small_change_bytes": 120,
    "header_bytes": 1500, "sync_bytes_factor": 2.0, "sync_pages_factor": 2.0,
}  # fmt: skip
OF_STORE = {
    "packet_weight": 0.5, "light_rop_weight": 0.6, "heavy_rop_weight": 4.0,
    "delivery_mcycles": 6.0, "delivery_pages": 6, "row_writes": 4, "misses_at_1_mb": 0.5,
    "transport_s": 300.0, "fresh_s": 0.0, "udp_repeat_s": 1.0,
}  # fmt: skip
KEYS: list[tuple[str, str, Any]] = [
    *(("online", f"groups__people__requests__{key}", value) for key, value in OF_ONLINE.items()),
    *(("cached", f"groups__people__requests__{key}", value) for key, value in OF_CACHED.items()),
    *(("cached", f"servers__mbx1__{key}", value) for key, value in OF_STORE.items()),
    ("cached", "groups__people__copy_open_sigma", 1.0),
]


@pytest.mark.parametrize(("mode", "key", "value"), KEYS, ids=[key for _, key, _ in KEYS])
def test_each_key_that_was_a_constant_acts(mode: str, key: str, value: Any) -> None:
    assert totals(mode, **{key: value}) != usual(mode)


def test_a_parked_wait_ends_after_its_time() -> None:
    """Outlook and Exchange 2007 over HTTPS: a wait is a call, and a shorter one more calls."""
    of_2007 = {
        "servers__mbx1__profile": "exchange2007", "groups__people__client": "outlook2007",
        "groups__people__itinerary": [["08:05", "here"]],
    }  # fmt: skip
    short, long = (totals("cached", **of_2007, servers__mbx1__async_wait_s=s) for s in (60, 300))
    assert short[2] > long[2]


def test_weights_of_operations_and_of_a_call_are_those_of_the_store() -> None:
    """A download asks for one buffer: 0.2 of the call and 2.0 of the operation, or 0.5 and 4.0."""
    spec = Server.model_validate({
        "role": "mailbox", "profile": "exchange2003", "packet_weight": 0.5, "heavy_rop_weight": 4.0,
    })  # fmt: skip
    seconds = []
    for each in (Server.model_validate({"role": "mailbox", "profile": "exchange2003"}), spec):
        store = Store(Environment(), "mbx", each, 1)
        store.add_mailbox("one")
        call = Rpc(kinds.SYNC_BUFFER, _unheard)
        call.connection = Driver("one")
        call.respond = _unheard
        store.arrive(call)
        store.env.run(until=1.0)
        seconds.append(call.cpu_s)
    assert seconds[1] / seconds[0] == pytest.approx(4.5 / 2.2)


def _unheard(rpc: Rpc) -> None:
    """Nobody waits for the answer."""
