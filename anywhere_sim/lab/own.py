"""Scenarios behind the explorers of one's own scenario: one thing changed in what is written."""

from __future__ import annotations

from pathlib import Path

from anywhere_sim.experiments.busy_windows import busiest_hour
from anywhere_sim.scenario import Scenario
from anywhere_sim.scenario.quantities import format_time
from anywhere_sim.scenario.server import Server

AS_WRITTEN = "as written"
LOOK_S = 600.0
"""So much of the busiest hour is shown of servers: a mean of one-minute points, soon there."""
STORM_S, OUTAGE_AFTER_S = 2400.0, 600.0


def own(given: Scenario | str | Path) -> Scenario:
    """Return a scenario, loaded if it is a name or the path of a .toml file."""
    return given if isinstance(given, Scenario) else Scenario.load(given)


def mailboxes(scenario: Scenario, most: int = 100) -> list[str]:
    """Return the first mailboxes of each group, at most so many in all."""
    each = max(1, most // len(scenario.groups))
    return [
        f"{name}/{number}"
        for name, group in scenario.groups.items()
        for number in range(1, min(group.mailboxes, each) + 1)
    ]


def in_mode(scenario: Scenario, mode: str) -> Scenario:
    """Return it with all groups in a mode, or as it is written."""
    if mode == AS_WRITTEN:
        return scenario
    return scenario.with_(**{f"groups__{name}__mode": mode for name in scenario.groups})


def launch(
    scenario: Scenario, group: str, place: str, *, flags: int, threshold_kbps: float, auth: str
) -> Scenario:
    """Return one Outlook of a group that is started at 08:00 at one of the places, and three
    minutes to watch it.
    """
    content = scenario.written()
    one = content["groups"][group] | {
        "mailboxes": 1, "itinerary": [["08:00", place]], "itinerary_spread_s": 0,
    }  # fmt: skip
    one["policy"] = dict(one.get("policy", {})) | {
        "roh_flags": flags, "slow_threshold_kbps": threshold_kbps, "http_auth": auth,
    }  # fmt: skip
    for not_for_one in ("days", "roll_out"):
        one.pop(not_for_one, None)
    community, described = scenario.groups[group].community, content.get("communities", {})
    content |= {
        "start": "07:59", "end": "08:03", "groups": {group: one}, "events": [],
        "communities": {community: described[community]} if described else {},
        "record_rpcs": False,
    }  # fmt: skip
    return Scenario.build(content, scenario._folder)


def at_work(scenario: Scenario, size_percent: int, mode: str, flags: int | None) -> Scenario:
    """Return ten minutes of the busiest hour, with so many percent of the people."""
    hour = busiest_hour(scenario)
    people = {
        f"groups__{name}__mailboxes": max(1, round(group.mailboxes * size_percent / 100.0))
        for name, group in scenario.groups.items()
    }
    paths = {
        f"groups__{name}__policy__roh_flags": flags for name in scenario.groups if flags is not None
    }
    return in_mode(scenario, mode).with_(
        **people, **paths, events=[], record_rpcs=False,
        start=format_time(hour.begin_s), end=format_time(min(hour.end_s, hour.begin_s + LOOK_S)),
    )  # fmt: skip


def outages(scenario: Scenario) -> dict[str, dict[str, str]]:
    """Return what can be away, by what people read: each server but a directory, each place."""
    servers = [name for name, server in scenario.servers.items() if server.role != "directory"]
    crashes = {f"{name} crashes": {"do": "crash", "server": name} for name in servers}
    stops = {f"{name} is shut down": {"do": "shutdown", "server": name} for name in servers}
    cuts = {f"{name}: no network": {"do": "cut", "place": name} for name in scenario.places}
    return crashes | stops | cuts


def storm(
    scenario: Scenario, what: str, outage_minutes: float, backoff: str
) -> tuple[Scenario, tuple[float, float]]:
    """Return forty minutes of the busiest hour with an outage ten minutes after the beginning, and
    when that begins and ends.
    """
    begin_s = busiest_hour(scenario).begin_s
    away_s = begin_s + OUTAGE_AFTER_S
    event = {"at": format_time(away_s), "for_s": 60.0 * outage_minutes} | outages(scenario)[what]
    chosen = {
        f"groups__{name}__policy__backoff": backoff
        for name in scenario.groups if backoff != AS_WRITTEN
    }  # fmt: skip
    made = scenario.with_(
        **chosen, events=[event], start=format_time(begin_s), end=format_time(begin_s + STORM_S)
    )
    return made, (away_s, away_s + 60.0 * outage_minutes)


def limits(scenario: Scenario, busy: float) -> dict[str, float]:
    """Return where the red lines stand: processors at `busy`, the disks' reads of a store and the
    requests of a front end, each of the first of its kind.
    """
    found = {"mailbox cpu_busy": busy, "front_end cpu_busy": busy}
    store, front_end = (_first(scenario, role) for role in ("mailbox", "front_end"))
    if store:
        found["mailbox disk_reads_per_s"] = store.disks * 1000.0 / store.disk_read_ms
    if front_end:
        found["front_end http_sessions"] = float(front_end.request_limit)
    return found


def _first(scenario: Scenario, role: str) -> Server | None:
    return next((server for server in scenario.servers.values() if server.role == role), None)
