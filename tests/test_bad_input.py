"""Bad input gets one clear sentence with what is allowed, exit code 2 and no traceback."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import anywhere_sim as aw
from anywhere_sim.analysis.measures import summary
from anywhere_sim.cli.arguments import changed, named_measures
from anywhere_sim.cli.studies import whole
from anywhere_sim.experiments.plan import Plan
from anywhere_sim.network import link_trace
from anywhere_sim.outlook.components import OutlookComponents
from anywhere_sim.outlook.modes.online import Online
from anywhere_sim.report.describe import describe
from anywhere_sim.scenario.activity import ACTIVITIES
from anywhere_sim.scenario.community import Community
from anywhere_sim.scenario.errors import RENAMED_KEYS
from anywhere_sim.scenario.policy import Policy
from anywhere_sim.scenario.shipped import scenario_names
from tests.commands import command
from tests.statements.pairs import small

GROUP = "groups__people__"
CASES: list[tuple[dict[str, Any], str]] = [
    ({f"{GROUP}polcy": {}}, "did you mean 'policy'"),
    ({f"{GROUP}mailboxes": 0}, "greater than or equal to 1"),
    ({f"{GROUP}mailboxes": -5}, "greater than or equal to 1"),
    ({f"{GROUP}mailboxes": "many"}, "valid integer"),
    ({f"{GROUP}client": "outlook2010"}, "outlook2007"),
    ({f"{GROUP}client": "outlook2002"}, "has no cached mode"),
    ({f"{GROUP}server": "mbx9"}, "did you mean 'mbx1'"),
    ({f"{GROUP}activity": "hevy"}, "light, medium, heavy"),
    ({f"{GROUP}itinerary": [["09:00", "here"], ["08:00", "office"]]}, "overlaps"),
    ({f"{GROUP}itinerary": [["25:00", "here"]]}, "leaves the day"),
    ({f"{GROUP}itinerary": [["8 o'clock", "here"]]}, "write one like '08:30'"),
    ({f"{GROUP}itinerary": [["08:00", "hotle"]]}, "unknown place 'hotle'"),
    ({f"{GROUP}itinerary": []}, "at least 1 item"),
    ({f"{GROUP}policy": {"slow_treshold_kbps": 64}}, "did you mean 'slow_threshold_kbps'"),
    ({f"{GROUP}policy": {"hold_off_down_s": -1}}, "greater than or equal to 0"),
    ({f"{GROUP}policy": {"roh_flags": 0x53}}, "bits that nobody knows (0x50)"),
    ({f"{GROUP}policy": {"roh_flags": 4096}}, "less than or equal to 255"),
    ({"places__here__kind": "lann"}, "'lan'"),
    ({"places__here__down_kbps": 0}, "greater than 0"),
    ({"places__here__down_kbps": 100_000_000}, "in bit/s?"),
    ({"places__here__rtt_ms": 60_000}, "less than or equal to 10000"),
    ({"places__here__loss": 2}, "less than 0.5"),
    ({"places__here__rate_trace": "nowhere.csv"}, "there is no link trace"),
    ({"servers__fe1__profile": "exchange2003"}, "is for role 'mailbox'"),
    ({"servers__mbx1__cores": 0}, "greater than or equal to 1"),
    ({"servers__mbx1__disk_read_ms": 0}, "greater than 0"),
    ({"end": "07:00"}, "is not after start"),
    ({"end": "fri 12:00"}, "and this one as '108:00' (hours since the midnight of Monday"),
    ({"end": "Sunday 00:30"}, "and this one as '144:30'"),
    ({"end": "noon"}, "'32:00' is 08:00 of the second one"),
    ({f"{GROUP}roh_flags": 3}, "write groups.people.policy.roh_flags"),
    ({"events": [{"at": "08:30", "do": "crash", "place": "here", "for_s": 5}]}, "needs `server`"),
    ({"events": [{"at": "08:30", "do": "crash", "server": "mbx1"}]}, "needs `for_s`"),
    (
        {"events": [{"at": "08:30", "do": "crash", "server": "nobody", "for_s": 5}]},
        "unknown server",
    ),
    ({"communities": {"lonely": {}}}, "unknown community"),
    ({"servers__mbx1__profile": "exchange2004"}, "'exchange2003'"),
    ({f"{GROUP}community": "lyon", "communities": {"lyons": {}}}, "did you mean 'lyons'"),
    ({"places__here__up_kbps": 0}, "greater than 0"),
    ({f"{GROUP}itinerary": [["08:00", "here"], ["08:00", "office"]]}, "overlaps"),
    ({"servers__fe1__queue_limit": 0}, "would let nobody in"),
    ({"servers__mbx1__rpc_threads": 0}, "would let nobody in"),
    ({"servers": {"a/b": {"role": "mailbox"}}}, "can't be a name"),
    ({"servers": {"a\0": {"role": "mailbox"}}}, "can't be a name"),
    ({"communities": {" ": {}}}, "can't be a name"),
    ({"places": {"asleep": {"kind": "lan"}}}, "a word of itineraries"),
    ({"record_rpcs": ["people"]}, "there is no mailbox 'people'"),
    ({"record_rpcs": ["people/9999"]}, "'people/1'"),
]


@pytest.mark.parametrize(("changes", "said"), CASES)
def test_a_scenario_that_makes_no_sense_is_refused_in_a_sentence(
    changes: dict[str, Any], said: str
) -> None:
    with pytest.raises(aw.ScenarioError) as refused:
        small(**changes)
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


HERE, MBX, FE, POLICY, COMMUNITY = (
    "places__here__",
    "servers__mbx1__",
    "servers__fe1__",
    f"{GROUP}policy",
    "communities__everybody",
)
UNITS: list[tuple[str, Any, str]] = [
    # rates: bit/s, byte/s and Mbit/s for kbit/s
    (f"{HERE}down_kbps", 8_000_000, "bit/s"),
    (f"{HERE}down_kbps", 8, "Mbit/s"),
    (f"{HERE}up_kbps", 1_000_000, "bit/s"),
    (f"{HERE}up_kbps", 1, "Mbit/s"),
    (f"{HERE}adapter_kbps", 100_000_000, "bit/s"),
    (f"{HERE}adapter_kbps", 0.1, "Mbit/s"),
    (POLICY, {"slow_threshold_kbps": 128_000}, "less than or equal to 100000"),
    (POLICY, {"slow_threshold_kbps": 0.128}, "Mbit/s"),
    # times: ms, microseconds, hours
    (f"{HERE}rtt_ms", 0.03, "seconds"),
    (f"{HERE}rtt_ms", 30_000, "less than or equal to 10000"),
    (f"{HERE}idle_timeout_s", 300_000, "milliseconds"),
    (f"{HERE}idle_timeout_s", 0.1, "hours or minutes"),
    (f"{HERE}idle_timeout_low_s", 0.1, "hours or minutes"),
    (f"{HERE}cut_every_s", 1, "hours or minutes"),
    (f"{HERE}cut_every_s", 9_000_000, "milliseconds"),
    (f"{HERE}cut_for_s", 20_000, "milliseconds"),
    (f"{HERE}portal_login_s", 60_000, "milliseconds"),
    (f"{HERE}jitter_ms", 20_000, "less than or equal"),
    (POLICY, {"keep_alive_s": 720_000}, "milliseconds"),
    (POLICY, {"keep_alive_s": 0.2}, "hours or minutes"),
    (POLICY, {"http_timeout_s": 45_000}, "milliseconds"),
    (POLICY, {"hold_off_down_s": 30_000}, "milliseconds"),
    (POLICY, {"hold_off_up_s": 15_000}, "milliseconds"),
    (POLICY, {"hold_off_max_s": 60_000}, "milliseconds"),
    (POLICY, {"hold_off_down_s": 0.03}, "hours or minutes"),
    (POLICY, {"poll_s": 60_000}, "milliseconds"),
    (POLICY, {"link_poll_s": 15_000}, "milliseconds"),
    (POLICY, {"backoff_first_s": 30_000}, "milliseconds"),
    (POLICY, {"backoff_max_s": 480_000}, "milliseconds"),
    (POLICY, {"address_book_every_s": 24}, "hours or minutes"),
    (POLICY, {"measure_window_s": 5_000}, "milliseconds"),
    (f"{MBX}disk_read_ms", 0.008, "seconds"),
    (f"{MBX}disk_read_ms", 8_000, "microseconds"),
    (f"{MBX}dead_logon_s", 7_200_000, "milliseconds"),
    (f"{MBX}dead_logon_s", 2, "hours or minutes"),
    (f"{MBX}too_busy_after_s", 10_000, "milliseconds"),
    (f"{MBX}too_busy_retry_s", 5_000, "milliseconds"),
    (f"{GROUP}itinerary_spread_s", 900_000, "less than or equal to 14400"),
    # sizes: bits, KB, MB, GB
    (f"{FE}connection_memory_bytes", 230, "KB or MB"),
    (f"{MBX}cache_mb_per_mailbox", 100, "KB or bytes"),
    (f"{MBX}cache_mb_per_mailbox", 0.0001, "GB"),
    (f"{MBX}page_kb", 8_192, "bytes"),
    (f"{GROUP}mailbox_mb", 100_000, "KB or bytes"),
    (f"{GROUP}mailbox_mb", 0.1, "GB"),
    (COMMUNITY, {"size_mean_bytes": 50}, "greater than or equal to 500"),
    # processors: Hz, GHz, cycles
    (f"{MBX}mhz", 2.8, "greater than or equal to 100"),
    (f"{MBX}mhz", 2_800_000_000, "less than or equal to 6000"),
    (f"{FE}user_mhz_first", 586, "Hz"),
    (f"{MBX}rpc_mcycles", 2_650_000, "cycles"),
    (f"{MBX}rpc_mcycles", 0.00265, "Gcycles"),
    # shares: percent
    (f"{HERE}loss", 2, "less than 0.5"),
    (POLICY, {"backoff_jitter": 50}, "less than or equal to 1"),
]


@pytest.mark.parametrize(("key", "given", "said"), UNITS)
def test_a_number_in_another_unit_is_asked_about_with_its_name(
    key: str, given: Any, said: str
) -> None:
    with pytest.raises(aw.ScenarioError) as refused:
        small(**{key: given})
    assert said in str(refused.value)
    assert (next(iter(given)) if isinstance(given, dict) else key.rpartition("__")[2]) in str(
        refused.value
    )


SPECS: dict[str, dict[str, Any]] = {
    f"{GROUP}policy": dict(Policy()),
    f"{GROUP}activity": dict(ACTIVITIES["medium"]),
    "communities__everybody": dict(Community()),
}
STUDY_KEYS = {old for old, new in RENAMED_KEYS.items() if new in Plan.model_fields}
RENAMED = [
    (path, old, new)
    for path, spec in SPECS.items()
    for old, new in RENAMED_KEYS.items()
    if new in spec
]


def test_every_renamed_key_is_of_a_scenario_or_of_a_study() -> None:
    assert {old for _, old, _ in RENAMED} | STUDY_KEYS == set(RENAMED_KEYS)


@pytest.mark.parametrize(("path", "old", "new"), RENAMED)
def test_an_old_key_is_answered_with_the_new_one(path: str, old: str, new: str) -> None:
    said = f"unknown key {old!r}; it is now called {new!r}"
    with pytest.raises(aw.ScenarioError, match=said):
        small(**{f"{path}__{old}": SPECS[path][new]})
    content = {name: value for name, value in SPECS[path].items() if name != new} | {
        old: SPECS[path][new]
    }
    with pytest.raises(aw.ScenarioError, match=said):
        small(**{path: content})


def test_an_old_key_ends_a_command_with_code_2_and_the_new_name(tmp_path: Path) -> None:
    for setting in (
        "groups.home.policy.hold_off_most_s=30",
        "groups.home.activity.answer_share=0.1",
    ):
        given = command("run", "server-crash", "--set", setting, "--out", str(tmp_path / "out"))
        assert given.returncode == 2
        assert "it is now called" in given.stderr
        assert given.stderr.count("\n") == 1


def test_mail_that_would_never_end_is_refused() -> None:
    habits = small().groups["people"].habits.model_dump() | {"reply_share": 0.96}
    with pytest.raises(aw.ScenarioError, match="mail would never end"):
        small(groups__people__activity=habits)


def test_a_rule_that_nobody_knows_is_refused_and_ones_own_is_used() -> None:
    scenario = small(groups__people__policy={"backoff": "mine"})
    with pytest.raises(aw.ScenarioError, match="unknown rule"):
        aw.simulate(scenario, 1)
    assert (
        aw.simulate(
            scenario, 1, rules=aw.Rules(backoffs={"mine": lambda failures, policy, draws: 1.0})
        )
        .audit()
        .ok
    )


@pytest.mark.parametrize("value", [1e9, [], "x", None, {"people": 1}, {"people": "x"}])
@pytest.mark.parametrize("key", ["groups__people__mode", "groups__people__activity__reply_share"])
def test_a_change_inside_what_is_no_table_is_refused(key: str, value: object) -> None:
    """Settings of a study are put in one after another; one may have taken the table away."""
    with pytest.raises(aw.ScenarioError, match="groups"):
        small().with_(**{"groups": value, key: 1})


TRACES = {
    "empty": (b"", "no line of data"),
    "one row": (b"time_s,kbps\n0,100\n", "one row only"),
    "binary": (bytes(range(256)), "is no text"),
    "letters beyond ASCII": ("größer\n".encode(), "is not a link trace"),
    "half of UTF-16": (b"\xff\xfe1\x00\n", "is no text in utf-16"),
    "two header-like words": (b"time;kbps\n0;1\n", "is not a link trace"),
    "more than a year": (b"time_s,kbps\n0,1\n1e9,1\n", "allowed are 10 ms to a year"),
    "microseconds": (b"time_s,kbps\n0,1\n1e-6,1\n", "allowed are 10 ms to a year"),
    "too fast": (b"time_s,kbps\n0,1e12\n1,0\n", "in another unit?"),
    "words": (b"a b\nc d\n", "is not a link trace"),
    "cut": (b"time_s,kbps\n0,100\n1,\n", "a cut last line?"),
    "words in the middle": (b"time_s,kbps\n0,1\n1,x\n2,3\n", "none negative, are needed"),
    "not a number": (b"time_s,kbps\n0,100\n1,nan\n", "none negative"),
    "backwards": (b"time_s,kbps\n5,100\n1,100\n2,0\n", "time does not rise"),
    "zero": (b"time_s,kbps\n0,0\n1,0\n", "zero throughout"),
    "packets backwards": (b"100\n50\n", "time has to rise"),
}


@pytest.mark.parametrize("name", TRACES)
def test_a_file_that_is_no_trace_is_refused(name: str, tmp_path: Path) -> None:
    content, said = TRACES[name]
    (tmp_path / "trace").write_bytes(content)
    with pytest.raises(link_trace.LinkTraceError, match="trace") as refused:
        link_trace.read(tmp_path / "trace")
    assert said in str(refused.value)
    assert ("cut last line" in str(refused.value)) == (name in ("cut", "not a number"))


def recording(folder: Path, content: bytes | str) -> link_trace.LinkTrace:
    (folder / "recording").write_bytes(content if isinstance(content, bytes) else content.encode())
    return link_trace.read(folder / "recording")


def test_packet_opportunities_last_until_their_last_time(tmp_path: Path) -> None:
    """Packets of 1,500 bytes each 12 ms are 1,000 kbit/s, however long they are recorded."""
    for times_ms in ([12], [12, 24, 36], range(12, 1501, 12), range(12, 60_001, 12)):
        trace = recording(tmp_path, "".join(f"{time_ms}\n" for time_ms in times_ms))
        assert trace.duration_s == times_ms[-1] / 1000.0
        assert trace.mean_kbps == pytest.approx(1000.0)
        assert trace.max_kbps == pytest.approx(1000.0, rel=0.02)  # 83 or 84 packets in a second
        by_line = recording(tmp_path, "# remark\n" + "".join(f"{at}\n" for at in times_ms))
        assert by_line.cumulative_bytes.tolist() == trace.cumulative_bytes.tolist()


def test_a_clock_begins_with_the_first_packet(tmp_path: Path) -> None:
    epoch_ms = 1_700_000_000_000
    times = [epoch_ms + 12 * number for number in range(501)]
    trace = recording(tmp_path, "\n".join(map(str, times)))
    assert trace.duration_s == pytest.approx(6.0)
    assert trace.mean_kbps == pytest.approx(1000.0)
    day = recording(tmp_path, "\n".join(str(number * 86_400_000) for number in range(1, 300)))
    assert len(day.times_s) < 1000  # a bin per packet at most, not one per second


def test_what_other_programs_write_is_read(tmp_path: Path) -> None:
    expected = recording(tmp_path, "time_s,kbps\n0,80.5\n1,160\n3,0\n")
    for content in (
        "\ufefftime_s,kbps\r\n0,80.5\r\n1,160\r\n3,0\r\n",
        "time_s;kbps\n0;80,5\n1,0;160\n3;0\n",
        "Time_s\tkbps\n0\t80,5\n1\t160\n3\t0\n",
        "time_s kbps  # Zürich\n0 80,5\n\n1 160\n3 0\n",
        "time_s,kbps\n0,80.5\n1,160\n3,0\n".encode("utf-16"),
        "# Z\u00fcrich\ntime_s, kbps\n0, 80.5\n1, 160\n3, 0\n".encode("latin-1"),
        "0 7\n1 0.0805\n3 0.16\n",  # s and Mbit/s until then
    ):
        found = recording(tmp_path, content)
        assert found.times_s.tolist() == expected.times_s.tolist(), content
        assert found.cumulative_bytes == pytest.approx(expected.cumulative_bytes), content
    assert (expected.min_kbps, expected.max_kbps) == (pytest.approx(80.5), pytest.approx(160.0))


@pytest.mark.parametrize("number", [1_000.0, 20_000.0])
def test_the_recording_decides_where_windows_bind(number: float, tmp_path: Path) -> None:
    """Nothing hangs on the number that a recording takes the place of."""
    (tmp_path / "flat.csv").write_text("time_s,kbps\n0,12000\n100,12000\n")
    trace = {"rate_trace": str(tmp_path / "flat.csv"), "up_rate_trace": str(tmp_path / "flat.csv")}

    def place(**more: object) -> dict[str, object]:
        return {"kind": "dsl", "rtt_ms": 300, **more}

    shared = {"groups__people__mailboxes": 1, "end": "08:30"}
    given = small(places__here=place(down_kbps=12_000, up_kbps=12_000), **shared)
    recorded = small(places__here=place(down_kbps=number, up_kbps=number, **trace), **shared)
    one, other = (aw.simulate(scenario, 1).syncs["end_s"] for scenario in (given, recorded))
    assert other.to_numpy() == pytest.approx(one.to_numpy(), abs=1e-6, nan_ok=True)


def test_describe_says_what_a_recording_holds() -> None:
    said = describe(aw.Scenario.load("mobile-workforce").with_(end="08:10"))
    assert "Recording commuter-3g.csv: 600 s, repeated; mean 1,500 kbit/s, 0 to" in said
    assert "below 128 kbit/s in" in said


def test_the_three_formats_are_read(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("time_s,kbps\n0,80\n1,160\n3,0\n")
    (tmp_path / "b").write_text("1 1 59.8 10.7 10000 1000\n2 2 59.8 10.7 20000 1000\n")
    (tmp_path / "c").write_text("0\n500\n1500\n")
    own, log, packets = (link_trace.read(tmp_path / name) for name in "abc")
    assert own.cumulative_bytes.tolist() == [0.0, 10_000.0, 50_000.0]
    assert log.mean_kbps == pytest.approx(120.0)
    assert log.share_below(128.0) == 0.5
    assert own.share_below(128.0) == pytest.approx(1 / 3)  # one second of three, half of the rows
    assert packets.times_s.tolist() == [0.0, 1.0, 1.5]  # it ends with its last packet
    assert packets.cumulative_bytes.tolist() == [0.0, 3000.0, 4500.0]


@pytest.mark.parametrize(
    "words",
    [
        ("run", "office-dya"),
        ("run", "nowhere.toml"),
        ("run", "office-day", "--set", "end"),
        ("story", "office-day", "--mailbox", "nobody/1"),
        ("calls", "office-day", "--mailbox", "nobody/1"),
        ("calls", "office-day", "--set", "end"),
        ("describe", "x"),
        ("story", "first-set-up", "--mailbox", "²"),
        ("status", "."),
        ("compare", "nowhere", "nowhere"),
        ("study", "nothing-like-it"),
        ("sensitivity", "classroom", "--space"),
        ("run", "office-day", "--set", "end=08:00:00"),
        ("run", "office-day", "--set", "end=07:59:59"),
    ],
)
def test_the_command_line_answers_in_a_sentence(words: tuple[str, ...]) -> None:
    ended = command(*words)
    assert ended.returncode == 2
    assert ended.stdout == ""
    assert ended.stderr.startswith("anywhere-sim: ")
    assert len(ended.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("sensitivity", "path-and-cache", "--space", "--replications", "3"), "--replications"),
        (("export", "nowhere", "--as", "iis", "--mailbox", "a/1", "--out", "new"), "--mailbox"),
        (("calibrate", "nowhere", "--out", "pyproject.toml"), "is there already"),
    ],
)
def test_an_option_without_effect_is_refused_before_anything_is_done(
    words: tuple[str, ...], told: str
) -> None:
    ended = command(*words)
    assert (ended.returncode, ended.stdout, ended.stderr.count("\n")) == (2, "", 1)
    assert told in ended.stderr


def test_a_scenario_that_is_not_there_is_answered_with_those_that_are() -> None:
    told = command("run", "nothing-like-it").stderr
    assert all(name in told for name in scenario_names())


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a short run."""
    folder = tmp_path_factory.mktemp("saved") / "run"
    aw.simulate(small(end="08:10"), 1, folder=folder)
    return folder


def refused(*words: str, code: int = 2) -> str:
    """Return the one sentence that a command line ends with."""
    ended = command(*words)
    assert ended.returncode == code, ended.stderr
    assert "Traceback" not in ended.stderr
    return ended.stderr


def test_a_folder_that_holds_results_is_refused_unless_told(saved: Path, tmp_path: Path) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(saved, folder)
    before = (folder / "manifest.json").read_bytes()
    words = ("run", "first-set-up", "--set", "end=08:31", "--out", str(folder))
    assert "--overwrite" in refused(*words)
    assert (folder / "manifest.json").read_bytes() == before
    assert command(*words, "--overwrite").returncode == 0
    assert (folder / "manifest.json").read_bytes() != before
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/thesis.txt").write_text("years", encoding="utf-8")
    assert "is not empty" in refused(
        "run", "first-set-up", "--out", str(tmp_path / "mine"), "--overwrite"
    )
    assert (tmp_path / "mine/thesis.txt").is_file()


@pytest.mark.parametrize(
    "harm",
    [
        "a table that is cut",
        "a table that is gone",
        "a manifest that is none",
        "no manifest",
        "no folder",
    ],
)
def test_a_corrupt_folder_is_a_sentence(harm: str, saved: Path, tmp_path: Path) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(saved, folder)
    table = next(folder.glob("operations-*.parquet"))
    harms: dict[str, Callable[[], object]] = {
        "a table that is cut": lambda: table.write_bytes(table.read_bytes()[:-20]),
        "a table that is gone": table.unlink,
        "a manifest that is none": lambda: (folder / "manifest.json").write_text(
            "{", encoding="utf-8"
        ),
        "no manifest": (folder / "manifest.json").unlink,
        "no folder": lambda: shutil.rmtree(folder),
    }
    harms[harm]()
    told = refused("compare", str(saved), str(folder))
    assert str(folder) in told
    assert len(told.splitlines()) == 1


def test_an_option_for_one_thing_that_is_given_twice_is_refused() -> None:
    with pytest.raises(aw.ScenarioError, match=r"--set end is given twice"):
        changed(small(), ["end=08:10", "end=08:20"])
    with pytest.raises(aw.ScenarioError, match="--measure back is given twice"):
        named_measures(["back=one:two", "back=one:three"])


def test_runs_that_can_t_be_paired_are_refused(saved: Path, tmp_path: Path) -> None:
    for number in range(2):
        shutil.copytree(saved, tmp_path / f"two/replication-{number}")
    assert "can't be paired" in refused("compare", str(saved), str(tmp_path / "two"))


def heed_interrupts() -> None:
    """As in a terminal, also where the tests themselves were started with SIGINT ignored, which
    children inherit.
    """
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.mark.parametrize("words", [("run", "office-day"), ("study", "classroom", "--workers", "2")])
def test_ctrl_c_ends_at_once_and_leaves_nothing_half_written(
    words: tuple[str, ...], tmp_path: Path
) -> None:
    """As a terminal does it: every process of the command gets the signal, while traces are being
    written.
    """
    out = tmp_path / "out"
    with subprocess.Popen(
        [sys.executable, "-m", "anywhere_sim", *words, "--out", str(out)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=heed_interrupts,
    ) as process:
        while process.poll() is None and not list(tmp_path.rglob("*.part-*/new/*.parquet")):
            time.sleep(0.02)
        os.killpg(process.pid, signal.SIGINT)
        told = process.communicate()[1]
    assert process.returncode == 130, told
    assert "Traceback" not in told
    assert told.splitlines()[-1].startswith("anywhere-sim: stopped")
    assert not list(tmp_path.rglob("*.part*"))


def test_the_commands_work() -> None:
    assert "office-day" in command("list").stdout
    assert "documented: Microsoft on cached mode" in command("describe", "office-day").stdout
    assert "KB 951764" in command("sources", "measurements B4").stdout
    told = command("story", "partner-network", "--mailbox", "dropped/1").stdout
    assert "no TCP connection after 21" in told
    at_work = ("--mailbox", "at_the_office/1", "--set", "end=09:00")
    counted = command("calls", "first-set-up", *at_work).stdout
    assert " operations (" in counted.splitlines()[0]
    assert "Calls by hour" in counted
    assert "nothing lost" in command("run", "first-set-up", "--set", "end=08:40").stdout


def test_a_run_in_which_nobody_does_anything_has_its_table() -> None:
    table = summary(aw.simulate(small(end="08:01"), 1))
    assert table.loc["people: actions not done", "value"] == 0.0


@pytest.mark.parametrize(
    ("replications", "settings"),
    [
        ("1", ("end=08:01",)),
        ("2", ("end=08:01",)),
        ("2", ("end=08:00:10",)),
        ("2", ("end=08:05", "beginning=cold")),
        (
            "2",
            (
                "end=08:05",
                'groups.online.itinerary=[["08:00", "off"]]',
                'groups.cached.itinerary=[["08:00", "off"]]',
            ),
        ),
        (
            "1",
            (
                "end=08:20",
                "places.office.port_135=drop",
                "groups.online.policy={roh_flags = 0}",
                "groups.cached.policy={roh_flags = 0}",
            ),
        ),
    ],
)
def test_a_run_in_which_next_to_nothing_happens_has_its_table_and_is_compared(
    replications: str, settings: tuple[str, ...], tmp_path: Path
) -> None:
    few = ("groups.online.mailboxes=5", "groups.cached.mailboxes=5")
    words = [word for setting in (*few, *settings) for word in ("--set", setting)]
    ended = command(
        "run",
        "office-day",
        *words,
        "--replications",
        replications,
        "--workers",
        "1",
        "--out",
        str(tmp_path / "out"),
    )
    assert ended.returncode == 0, ended.stderr
    assert "waited per open hour" in ended.stdout
    assert not re.search(r"\b(nan|inf)\b", ended.stdout, re.IGNORECASE)
    (tmp_path / "out/replication-old").mkdir()
    beside_itself = command("compare", str(tmp_path / "out"), str(tmp_path / "out"))
    assert beside_itself.returncode == 0, beside_itself.stderr
    assert "->" not in beside_itself.stdout
    assert not re.search(r"\b(nan|inf)\b", beside_itself.stdout, re.IGNORECASE)


def test_another_profile_or_kind_brings_its_own_numbers() -> None:
    written = small()
    assert written.with_(servers__fe1__profile="iis6").servers["fe1"].request_limit == 4_000
    slow, written_out = written.with_(places__here__kind="gprs").places["here"], {"kind": "gprs"}
    assert slow == small(places__here=written_out).places["here"]
    kept = written.with_(servers__fe1__request_limit=7).with_(servers__fe1__profile="iis6")
    assert kept.servers["fe1"].request_limit == 7


def test_the_classes_of_one_room_in_the_place_of_anothers_are_refused() -> None:
    with pytest.raises(TypeError) as caught:
        aw.Rules(exchange=OutlookComponents())  # type: ignore[arg-type]
    assert str(caught.value) == (
        "Rules(exchange=OutlookComponents(...)): exchange takes ExchangeComponents; write outlook="
    )
    with pytest.raises(TypeError, match=r"^Rules\(outlook=Online\): .*; write outlook=Outl"):
        aw.Rules(outlook=Online)  # type: ignore[arg-type]


def test_a_file_that_is_broken_off_leaves_the_one_before(tmp_path: Path) -> None:
    kept = tmp_path / "sensitivity.csv"
    kept.write_text("whole", encoding="utf-8")

    def broken_off() -> None:
        with whole(kept) as draft:
            draft.write_text("ha", encoding="utf-8")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        broken_off()
    assert [path.name for path in tmp_path.iterdir()] == [kept.name]
    assert kept.read_text(encoding="utf-8") == "whole"
