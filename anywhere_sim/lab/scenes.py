"""Small scenarios behind the explorers: each takes what the controls offer and returns a
Scenario.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from anywhere_sim.scenario import Scenario
from anywhere_sim.scenario.policy import HTTP_FIRST_ON_FAST, HTTP_FIRST_ON_SLOW, SSL_ONLY, USE_ROH
from anywhere_sim.scenario.server import Server

PLACES: Mapping[str, dict[str, Any]] = {
    "office LAN": {"kind": "lan"},
    "home, cable": {"kind": "cable"},
    "customer, port 135 dropped": {
        "kind": "partner_lan",
        "internal_names": "resolve",
        "port_135": "drop",
    },
    "customer, names silent": {"kind": "partner_lan", "internal_names": "silent"},
    "hotel hotspot": {"kind": "hotspot"},
    "3G stick": {"kind": "modem_3g"},
    "GPRS modem": {"kind": "gprs"},
}
"""Where a client can be, by a name that people read."""

ITINERARIES: Mapping[str, list[list[str]]] = {
    "office all day": [["08:00", "office LAN"], ["17:30", "off"]],
    "on the road": [
        ["07:30", "home, cable"],
        ["08:00", "3G stick"],
        ["09:30", "customer, names silent"],
        ["12:00", "hotel hotspot"],
        ["13:30", "office LAN"],
        ["17:30", "off"],
    ],
    "home office": [["08:00", "home, cable"], ["17:30", "off"]],
}
"""What a day can look like."""

TUNNEL = {"at": "08:30", "do": "cut", "place": "3G stick", "for_s": 1800}
"""What happens on the road: half an hour without a network."""

SERVERS = {
    "cas1": {"role": "front_end", "profile": "iis7.5-r2"},
    "mbx1": {"role": "mailbox", "profile": "exchange2007"},
    "gc1": {"role": "directory"},
}
OUTAGES: Mapping[str, dict[str, Any]] = {
    "front end": {"do": "crash", "server": "cas1"},
    "front end, shut down": {"do": "shutdown", "server": "cas1"},
    "link": {"do": "cut", "place": "home"},
}
"""What can be away for a while."""
_PLACE_NAMES = {name: f"place{number}" for number, name in enumerate(PLACES, start=1)}


MHZ_PER_PERSON = 4.0
"""Of a front end in a storm: so slow that a few people are as heavy for it as thousands are."""


def flags(*, https_first_on_fast: bool, https_first_on_slow: bool) -> int:
    """Return PR_ROH_FLAGS for the two check boxes."""
    return (
        USE_ROH
        | SSL_ONLY
        | HTTP_FIRST_ON_FAST * https_first_on_fast
        | HTTP_FIRST_ON_SLOW * https_first_on_slow
    )


def launch(
    place: str,
    *,
    https_first_on_fast: bool,
    https_first_on_slow: bool,
    threshold_kbps: float,
    authentication: str,
) -> Scenario:
    """Return one Outlook 2007 that is started at 08:00 somewhere, and three minutes to watch it."""
    policy = {
        "roh_flags": flags(
            https_first_on_fast=https_first_on_fast, https_first_on_slow=https_first_on_slow
        ),
        "slow_threshold_kbps": threshold_kbps,
        "http_auth": authentication,
    }
    group = {
        "mailboxes": 1,
        "client": "outlook2007",
        "mode": "cached",
        "server": "mbx1",
        "itinerary": [["08:00", "here"]],
        "itinerary_spread_s": 0,
        "policy": policy,
    }
    return Scenario.build(
        {
            "why": "how does a client find its path?",
            "start": "07:59",
            "end": "08:03",
            "servers": SERVERS,
            "places": {"here": PLACES[place]},
            "groups": {"one": group},
        }
    )


def working_day(itinerary: str, mode: str, people: int = 4) -> Scenario:
    """Return a few people with the same itinerary, a whole day; the offline file is that of Outlook
    2002, which knows no HTTPS.
    """
    stops = ITINERARIES[itinerary]
    group = {
        "mailboxes": people,
        "client": "outlook2002" if mode == "offline_ost" else "outlook2007",
        "mode": mode,
        "activity": "heavy",
        "server": "mbx1",
        "itinerary_spread_s": 600,
        "itinerary": [[time, _named(place)] for time, place in stops],
    }
    places = {_named(place): PLACES[place] for _, place in stops if place != "off"}
    events = [TUNNEL | {"place": _named("3G stick")}] if itinerary == "on the road" else []
    return Scenario.build(
        {
            "why": "what is a day like?",
            "start": "07:00",
            "end": "18:00",
            "servers": SERVERS,
            "places": places,
            "groups": {"people": group},
            "events": events,
        }
    )


def place_names() -> dict[str, str]:
    """Return what people read for the names of places in a trace of `working_day`."""
    return {short: name for name, short in _PLACE_NAMES.items()}


def _named(place: str) -> str:
    return _PLACE_NAMES.get(place, place)


def morning(
    users: int,
    cached_percent: int,
    away_percent: int,
    *,
    https_first: bool,
    front_end: str = "iis7.5-r2",
    speed: float = 1.0,
    minutes: int = 20,
) -> Scenario:
    """Return some minutes of the morning's peak: people in cached and online mode, in the office
    and at home, on servers of one core.

    `speed` is the share of their speed that processors and disks have: a twentieth lets a few
    hundred people be as heavy as thousands.
    """
    policy = {"roh_flags": flags(https_first_on_fast=https_first, https_first_on_slow=True)}
    groups = {}
    for mode, share in (
        ("cached", cached_percent / 100.0),
        ("online", 1.0 - cached_percent / 100.0),
    ):
        for place, part in (("home", away_percent / 100.0), ("office", 1.0 - away_percent / 100.0)):
            people = round(users * share * part)
            if people:
                groups[f"{mode}_{place}"] = {
                    "mailboxes": people,
                    "client": "outlook2007",
                    "mode": mode,
                    "activity": "heavy",
                    "server": "mbx1",
                    "policy": policy,
                    "itinerary": [["08:00", place]],
                }
    web = Server(role="front_end", profile=front_end)  # type: ignore[call-arg, arg-type]
    store = Server(role="mailbox", profile="exchange2007")  # type: ignore[call-arg]
    servers = SERVERS | {
        "cas1": {"role": "front_end", "profile": front_end, "cores": 1, "mhz": web.mhz * speed},
        "mbx1": SERVERS["mbx1"]
        | {
            "cores": 1,
            "mhz": store.mhz * speed,
            "disks": 6,
            "disk_read_ms": store.disk_read_ms / speed,
        },
    }
    places = {"home": {"kind": "cable"}, "office": {"kind": "lan"}}
    return Scenario.build(
        {
            "why": "what do the servers carry?",
            "start": "10:00",
            "end": f"10:{minutes}",
            "servers": servers,
            "places": places,
            "groups": groups,
        }
    )


def storm(
    people: int, outage_minutes: float, backoff: str, *, resume: bool, what: str = "front end"
) -> Scenario:
    """Return forty minutes with an outage at 10:10: the front end crashes in silence, is shut down
    (each connection closed), or everybody's link is away.
    """
    policy = {"backoff": backoff, "tls_resume": resume}
    group = {
        "mailboxes": people,
        "client": "outlook2007",
        "mode": "cached",
        "server": "mbx1",
        "itinerary": [["08:00", "home"]],
        "policy": policy,
    }
    event = {"at": "10:10", "for_s": 60.0 * outage_minutes}
    event |= OUTAGES[what]
    servers = SERVERS | {"cas1": SERVERS["cas1"] | {"cores": 1, "mhz": MHZ_PER_PERSON * people}}
    return Scenario.build(
        {
            "why": "how do clients come back?",
            "start": "10:00",
            "end": "10:40",
            "servers": servers,
            "places": {"home": {"kind": "cable"}},
            "groups": {"home": group},
            "events": [event],
        }
    )


def ward(kbps: float, mode: str) -> Scenario:
    """Return twenty minutes of a clinic's ward: fifteen people behind one thin line."""
    staff = {
        "mailboxes": 15,
        "client": "outlook2007",
        "mode": mode,
        "server": "mbx1",
        "itinerary": [["07:30", "ward"]],
    }
    return Scenario.build(
        {
            "why": "how many people fit on a thin line?",
            "start": "10:00",
            "end": "10:20",
            "servers": SERVERS,
            "places": {"ward": {"kind": "branch_wan", "down_kbps": kbps, "up_kbps": kbps}},
            "groups": {"staff": staff},
        }
    )


def forgetful_box(on_idle: str) -> Scenario:
    """Return two people online in an office whose firewall forgets connections that are idle for a
    minute; to what comes later on them it is `silent`, or answers with a reset (`rst`).
    """
    group = {
        "mailboxes": 2,
        "client": "outlook2007",
        "mode": "online",
        "activity": "heavy",
        "server": "mbx1",
        "itinerary": [["08:10", "office"]],
        "policy": {"roh_flags": 0},
    }
    office = {"kind": "lan", "idle_timeout_s": 60, "on_idle": on_idle}
    return Scenario.build(
        {
            "why": "who says that a connection is dead?",
            "start": "08:00",
            "end": "09:00",
            "servers": SERVERS,
            "places": {"office": office},
            "groups": {"people": group},
        }
    )


def two_front_ends(rule: str = "by_client_address") -> Scenario:
    """Return the storm of thirty people with a second front end that stays up, both in one pool."""
    alone = storm(30, 10, "outlook", resume=True)
    second = dict(alone.written()["servers"]["cas1"])
    return alone.with_(
        servers__cas2=second,
        groups__home__front_end=["cas1", "cas2"],
        groups__home__pool_rule=rule,
    )
