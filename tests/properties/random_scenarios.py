"""Random scenarios by number, each with many keys that are not the usual ones.

python -m tests.properties.random_scenarios [COUNT]      run them and write docs/random-scenarios.md
"""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import anywhere_sim as aw
from anywhere_sim.scenario.catalog import KINDS
from anywhere_sim.scenario.server import RELAYS
from tests.mechanisms.rows import ROOT

COUNT = 500
PAGE = ROOT / "docs/random-scenarios.md"
CLIENTS = (
    ("outlook2002", "online"), ("outlook2002", "offline_ost"), ("outlook2003", "online"),
    ("outlook2003", "cached"), ("outlook2003", "offline_ost"), ("outlook2007", "online"),
    ("outlook2007", "cached"), ("outlook2007", "offline_ost"),
)  # fmt: skip
FRONT_ENDS, DIRECTORIES = ["fe1", "fe2"], ["gc1", "gc2"]
SERVICES = ("referral", "directory", "mail", "public")


@dataclass
class Draft:
    """A scenario on its way: what has been drawn so far, and the names of its keys."""

    draws: random.Random
    content: dict[str, Any] = field(default_factory=dict)
    keys: list[str] = field(default_factory=list)

    def part(self, path: str) -> dict[str, Any]:
        """Return a table of the scenario; "policy", "people", "habits" are those of the group."""
        group = self.content["groups"]["people"]
        return {
            "people": group, "policy": group["policy"], "habits": group["activity"],
            "scenario": self.content,
        }.get(path) or self.content[path.split(".")[0]][path.split(".")[1]]  # fmt: skip

    def sometimes(self, path: str, key: str, draw: Callable[[random.Random], Any]) -> None:
        """Give a key a drawn value, in two of five scenarios."""
        if self.draws.random() < 0.4:
            self.part(path)[key] = draw(self.draws)
            self.keys.append(key)


def one_of(*values: Any) -> Callable[[random.Random], Any]:
    """Return what draws one of these."""
    return lambda draws: draws.choice(values)


def between(low: float, high: float) -> Callable[[random.Random], Any]:
    """Return what draws a number, its logarithm evenly between two."""
    return lambda draws: low * (high / low) ** draws.random()


def at(draws: random.Random) -> str:
    """Return a minute of the hour."""
    return f"08:{draws.randint(3, 57):02d}"


def scenario(number: int) -> tuple[aw.Scenario, list[str]]:
    """Return the random scenario of that number, and the keys that were drawn for it."""
    draft = Draft(random.Random(number))
    draws = draft.draws
    client, mode = draws.choice(CLIENTS)
    draft.content |= {
        "why": f"random scenario {number}",
        "start": "08:00",
        "end": "09:00",
        "beginning": draws.choice(["settled", "cold"]),
        "servers": {
            "mbx1": {"role": "mailbox", "profile": draws.choice(["exchange2003", "exchange2007"])},
            "fe1": {"role": "front_end", "profile": draws.choice(["iis6", "iis7.5-r2"])},
            "fe2": {"role": "front_end"},
            "gc1": {"role": "directory"},
            "gc2": {"role": "directory"},
        },
        "places": {name: {"kind": draws.choice(sorted(KINDS))} for name in ("here", "there")},
        "groups": {
            "people": {
                "mailboxes": draws.randint(1, 4), "client": client, "mode": mode, "server": "mbx1",
                "policy": {"roh_flags": draws.choice([0x0, 0x1, 0x3, 0x23, 0x2B])},
                "activity": small_habits(draws), "mailbox_mb": draws.choice([0, 1, 3]),
                "itinerary": [
                    ["08:02", "here"], ["08:20", draws.choice(["there", "off"])], ["08:40", "here"],
                ],
            },
        },
        "events": [],
    }  # fmt: skip
    for place in ("here", "there"):
        _draw_place(draft, f"places.{place}")
    _draw_servers(draft)
    _draw_people(draft)
    _draw_itinerary(draft)
    for event in _events(draft):
        draft.content["events"].append(event)
        draft.keys.append(event["do"])
    return aw.Scenario.build(draft.content), draft.keys


def small_habits(draws: random.Random) -> dict[str, Any]:
    """Return what a busy person does, with a number or two of its own."""
    habits = {
        "new_messages": 30.0, "reply_share": 0.2, "outside_messages": 100.0, "folder_views": 30.0,
        "old_items_opened": 20.0, "directory_look_ups": 40.0, "shared_folder_views": 10.0,
    }  # fmt: skip
    return habits | {"reading_s": draws.choice([0.0, 5.0, 20.0])}


def _draw_place(draft: Draft, place: str) -> None:
    for key, draw in (
        ("queue_bytes", between(3_000, 1_000_000)),
        ("mtu_bytes", one_of(576, 1_400, 1_492)),
        ("icmp", one_of("dropped")),
        ("on_idle", one_of("rst")),
        ("idle_timeout_s", between(60, 4_000)),
        ("port_135", one_of("refuse", "drop", "open")),
        ("high_ports", one_of("refuse", "drop")),
        ("internal_names", one_of("no_such_name", "silent", "resolve")),
        ("web", one_of("direct", "proxy", "portal", "none")),
        ("one_public_address", one_of(True)),
        ("shared", one_of(True, False)),
        ("company", one_of(True, False)),
        ("loss", between(0.001, 0.05)),
        ("jitter_ms", between(1, 100)),
        ("cut_every_s", between(120, 1_000)),
        ("tunnel_bytes", one_of(80)),
    ):
        draft.sometimes(place, key, draw)


def _draw_servers(draft: Draft) -> None:
    for front_end in FRONT_ENDS:
        for key, draw in (
            ("relay", one_of(*RELAYS)),
            ("unreachable", lambda draws: [draws.choice(SERVICES)]),
            ("queue_limit", one_of(1, 3, 10)),
            ("backend_delay_ms", between(1, 300)),
            ("certificate", one_of("*.example.com", "fe1")),
            ("plain_http", one_of(True)),
            ("name_ttl_s", one_of(0.0, 30.0, 300.0)),
        ):
            draft.sometimes(f"servers.{front_end}", key, draw)
    for key, draw in (
        ("other_operations_per_s", between(0.1, 10)),
        ("other_disk_iops", between(0.1, 10)),
        ("rpc_threads", one_of(1, 2)),
        ("logons_per_user", one_of(1, 2, 5)),
        ("dead_logon_s", one_of(300.0)),
        ("too_busy_after_s", one_of(2.0)),
    ):
        draft.sometimes("servers.mbx1", key, draw)
    for directory in DIRECTORIES:
        draft.sometimes(f"servers.{directory}", "site_delay_ms", between(1, 300))


def _draw_people(draft: Draft) -> None:
    for key, draw in (
        ("front_end", one_of(FRONT_ENDS, FRONT_ENDS[::-1])),
        ("directory", one_of(DIRECTORIES, DIRECTORIES[::-1])),
        ("pool_rule", one_of("in_turn", "least_connections", "by_client_address")),
        ("health_check_s", between(2, 120)),
        ("shared_mailboxes", one_of(1, 4, 17)),
        ("shared_folder_mb", one_of(0, 0.1, 1)),
        ("shared_changes_per_day", between(1, 1_000)),
        ("old_file", one_of(True)),
        ("file_to_mailbox", one_of(1.0, 2.4)),
        ("set_up", one_of(False)),
        ("mailbox_moved", one_of(True)),
        ("items_per_folder", one_of(0, 5_000)),
        ("stack", one_of("windows-2000", "windows-xp", "windows-vista", "linux")),
    ):
        draft.sometimes("people", key, draw)
    for key, draw in (
        ("call_repeats", one_of(0, 2, 10)),
        ("tcp_keep_alive_s", between(30, 7_200)),
        ("keep_alive_s", between(30, 900)),
        ("disconnect_call", one_of(True)),
        ("principal_name", one_of("*.example.com", "mail.example.com")),
        ("backoff", one_of("none", "fixed", "doubling", "outlook")),
        ("reconnect_for_s", between(1, 600)),
        ("reconnect_later_s", between(2, 900)),
        ("link_poll_s", between(0.5, 60)),
        ("hold_off_down_s", one_of(0.0, 5.0)),
        ("hold_off_up_s", one_of(0.0, 5.0)),
        ("hold_off_max_s", one_of(0.0, 5.0)),
        ("download", one_of("headers", "headers_then_full", "full")),
        ("download_shared", one_of(False)),
        ("address_book_every_s", between(300, 86_400)),
        ("first_setup", one_of("autodiscover")),
        ("http_auth", one_of("basic")),
        ("rpc_auth", one_of("spnego")),
        ("tls_resume", one_of(False)),
        ("channels_parallel", one_of(False)),
        ("expect_100", one_of(True)),
        ("nodelay", one_of(False)),
        ("tcp_fallback", one_of(False)),
        ("speed_rule", one_of("measured")),
        ("dns_positive_max_s", one_of(0.0, 60.0)),
        ("dns_negative_s", one_of(0.0, 300.0, 900.0)),
        ("dns_silence_hold_s", one_of(0.0, 30.0)),
        ("dns_flush_on_move", one_of(True)),
        ("media_sense_s", one_of(0.0, 1.0, 20.0)),
        ("ost_schedule_s", between(60, 1_800)),
        ("ost_on_exit", one_of(False)),
    ):
        draft.sometimes("policy", key, draw)
    if draft.draws.random() < 0.3:
        draft.part("policy")["roh_flags"] |= 0x4
        draft.keys.append("flag 0x4")
    draft.sometimes("habits", "patience_s", between(1, 600))
    draft.sometimes("habits", "shared_mail_share", one_of(0.0, 1.0))
    draft.sometimes("scenario", "directory_entries", one_of(1, 100, 3_000))


def _draw_itinerary(draft: Draft) -> None:
    draws, group = draft.draws, draft.part("people")
    if draws.random() < 0.3:
        group["itinerary"][1][1] = "asleep"
        draft.keys.append("asleep")
    if draws.random() < 0.05:
        draft.content["end"] = "32:50"
        group["days"] = ["mon", "tue"]
        group["itinerary"].append(["10:00", "off"])
        draft.keys.append("days")


def _events(draft: Draft) -> Iterator[dict[str, Any]]:
    draws, group = draft.draws, draft.part("people")
    pools = [*(group.get("front_end") or []), *(group.get("directory") or [])]
    for _ in range(draws.randint(0, 4)):
        do = draws.choice(
            ["crash", "shutdown", "restart", "drain", "cut", "gap", "whole_book", "move_mailbox",
             "roll_out"]
        )  # fmt: skip
        event: dict[str, Any] = {"do": do, "at": at(draws)}
        if do in ("crash", "shutdown", "restart"):
            event["server"] = draws.choice(["mbx1", *FRONT_ENDS, *DIRECTORIES])
        elif do == "drain":
            if not pools:
                continue
            event["server"] = draws.choice(pools)
        elif do in ("cut", "gap"):
            event["place"] = draws.choice(["here", "there"])
        elif do == "roll_out" and group["client"] == "outlook2002":
            continue
        else:
            event |= {"group": "people", "spread_s": draws.choice([0, 300])}
        if "group" not in event:
            event["for_s"] = draws.choice([10, 60, 300, 1_500])
        yield event


@dataclass(frozen=True)
class Outcome:
    """How a random scenario went: its keys, its events, and what was wrong with it."""

    number: int
    keys: tuple[str, ...]
    events: int
    seconds: float
    wrong: str


def outcome(number: int) -> Outcome:
    """Run a random scenario and audit it."""
    begun_s = time.perf_counter()
    given, keys = scenario(number)
    try:
        run = aw.simulate(given, seed=number)
    except Exception as error:
        return Outcome(number, tuple(keys), 0, time.perf_counter() - begun_s, repr(error))
    audit = run.audit()
    wrong = "" if audit.ok else str(audit)
    if not wrong and run.states["end_s"].max() != given.end:
        wrong = "its states end before it does"
    events = int(run.manifest["events_total"])
    return Outcome(number, tuple(keys), events, time.perf_counter() - begun_s, wrong)


def page(outcomes: list[Outcome]) -> str:
    """Return the page that says what was drawn and how it went."""
    clean = sum(not each.wrong for each in outcomes)
    counts = Counter(key for each in outcomes for key in set(each.keys))
    rows = "".join(f"| `{key}` | {count} |\n" for key, count in sorted(counts.items()))
    return f"""# Random scenarios

What `make random-scenarios` saw last: {len(outcomes)} scenarios, drawn by number (`tests/properties/random_scenarios.py`), of an hour
(one in twenty of two days) with one to four people. anywhere-sim {aw.__version__} at {_commit()}: **{clean} of {len(outcomes)} ended with a
clean audit**, {sum(each.events for each in outcomes):,} events in all, at most {max(each.seconds for each in outcomes):.0f} s for one.

| key, flag or event that was not the usual | scenarios |
| --- | --- |
{rows}"""  # noqa: E501


def _commit() -> str:
    """Return the commit that was run, marked where files differ from it."""
    command = ["git", "describe", "--always", "--dirty"]
    return subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout.strip()


def main(words: list[str]) -> int:
    """Run as many as asked; exit code 1 when one went wrong."""
    count = int(words[0]) if words else COUNT
    outcomes = []
    with ProcessPoolExecutor(2) as pool:
        for each in pool.map(outcome, range(count), chunksize=1):
            outcomes.append(each)
            if each.wrong:
                sys.stdout.write(f"{each.number}: {each.wrong[:1000]}\n")
                sys.stdout.flush()
    PAGE.write_text(page(outcomes), encoding="utf-8")
    return int(any(each.wrong for each in outcomes))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
