"""The tables that a scenario chooses from: versions of Outlook, kinds of place, server profiles."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from anywhere_sim.scenario.sources import Sourced, Value, assumed, calibrated, documented
from anywhere_sim.scenario.spec import ClientName, PlaceKind, ProfileName, Role, StackName


@dataclass(frozen=True, slots=True)
class ClientVersion:
    """What a version of Outlook can do.

    `direct_extra_connections` is how many connections to the store it opens over TCP beyond the
    five (facts 1.4: about 6 in all for 2003, about 10 for 2007; three more for 2007 is assumed).
    After `dialog_s` without an answer it shows a dialog by which the person can cancel (KB 839862).
    """

    name: ClientName
    year: int
    http: bool
    cached: bool
    async_wait: bool
    stack: StackName
    direct_extra_connections: int
    dialog_s: float


CLIENTS: Mapping[ClientName, ClientVersion] = {
    "outlook2002": ClientVersion("outlook2002", 2002, False, False, False, "windows-xp", 0, 5.0),
    "outlook2003": ClientVersion("outlook2003", 2003, True, True, False, "windows-xp", 0, 8.0),
    "outlook2007": ClientVersion("outlook2007", 2007, True, True, True, "windows-vista", 3, 8.0),
}


_RATES = documented("facts 6.1")
_ADAPTER = assumed("what the operating system reports for this adapter (DESIGN 3)")
_POLICY = assumed("what such a network usually lets through; set it per place")

_FIELDS = (
    "down_kbps", "up_kbps", "rtt_ms", "jitter_ms", "loss", "adapter_kbps",
    "port_135", "internal_names", "web", "company", "shared", "queue_bytes",
)  # fmt: skip


_IDLE = ("idle_timeout_low_s", "idle_timeout_high_s")


def _kind(
    values: tuple[float | str | bool | None, ...], rates: Sourced, idle: tuple[Value, Value]
) -> Mapping[str, Value]:
    origins = {"adapter_kbps": _ADAPTER}
    origins |= dict.fromkeys(("down_kbps", "up_kbps", "rtt_ms"), rates)
    origins["jitter_ms"] = assumed(
        "facts 6.1: profile files say 0; a radio cell varies by milliseconds (U)", 0, 30
    )
    origins["loss"] = assumed("facts 6.1: profile files say 0; a parameter", 0, 0.01)
    origins["queue_bytes"] = assumed(
        "failures 6 (U): 64 KB on DSL, 128 KB on cable, 256 KB for each user of 3G, 50 packets at "
        "the router of a branch; sizes seen at the edge go up to 1 MB", 32_768, 1_048_576,
    )  # fmt: skip
    return {
        name: Value(value, origins.get(name, _POLICY))
        for name, value in zip(_FIELDS, values, strict=True)
    } | dict(zip(_IDLE, idle, strict=True))


_NO_NAT = (Value(None, assumed("no address translation between client and server")),) * 2
_FIREWALL = (Value(3600, assumed("a firewall's idle time-out of one hour", 300, 7440)),) * 2
_NAT = (
    Value(300, documented("facts 1.5: middle boxes drop idle TCP after as little as 300 s")),
    Value(
        86_400,
        assumed(
            "facts 1.5: home gateways forget after 386 min on average, some not within a day (U); "
            "RFC 5382 asks for 2 h 4 min at the least",
            7_440,
            172_800,
        ),
    ),
)
_LAN = assumed("facts 6.1 (U): 100 Mbit/s to 1 Gbit/s, 0.3-1 ms")
_WIFI = assumed("802.11g with facts 6.1: -30 % throughput against the wire, RTT of a DSL behind it")

KINDS: Mapping[PlaceKind, Mapping[str, Value]] = {
    "lan": _kind(
        (100_000, 100_000, 0.5, 0, 0, 100_000, "open", "resolve", "direct", True, False, 262_144),
        _LAN,
        _NO_NAT,
    ),
    "branch_wan": _kind(
        (2_000, 2_000, 40, 0, 0, 100_000, "open", "resolve", "direct", True, True, 75_000),
        assumed("an E1 line of the time, shared by a branch"),
        _NO_NAT,
    ),
    "vpn": _kind(
        (1_500, 384, 60, 0, 0, 100_000, "open", "resolve", "direct", True, False, 65_536),
        assumed("facts 6.1: DSL; a tunnel adds about one gateway's delay (U)"),
        _NO_NAT,
    ),
    "partner_lan": _kind(
        (10_000, 10_000, 30, 0, 0, 100_000, "drop", "no_such_name", "direct", False, False, 75_000),
        assumed("another company's LAN and its line to the Internet"),
        _FIREWALL,
    ),
    "wifi": _kind(
        (
            5_000,
            1_000,
            30,
            2,
            0.001,
            54_000,
            "drop",
            "no_such_name",
            "direct",
            False,
            False,
            65_536,
        ),
        _WIFI,
        _NAT,
    ),
    "hotspot": _kind(
        (5_000, 1_000, 40, 5, 0.005, 54_000, "drop", "no_such_name", "portal", False, True, 65_536),
        _WIFI,
        _NAT,
    ),
    "dsl": _kind(
        (1_500, 384, 50, 0, 0, 100_000, "drop", "no_such_name", "direct", False, False, 65_536),
        _RATES,
        _NAT,
    ),
    "cable": _kind(
        (5_000, 1_000, 28, 0, 0, 100_000, "drop", "no_such_name", "direct", False, False, 131_072),
        _RATES,
        _NAT,
    ),
    "modem_3g": _kind(
        (1_600, 768, 300, 0, 0, 7_200, "drop", "no_such_name", "direct", False, False, 262_144),
        _RATES,
        _NAT,
    ),
    "gprs": _kind(
        (50, 20, 500, 0, 0, 53.6, "drop", "no_such_name", "direct", False, False, 65_536),
        _RATES,
        _NAT,
    ),
    "dial_up": _kind(
        (49, 30, 120, 0, 0, 53.3, "drop", "no_such_name", "direct", False, False, 32_768),
        _RATES,
        _NO_NAT,
    ),
}


@dataclass(frozen=True, slots=True)
class Profile:
    """The role a profile fits and the numbers it sets."""

    role: Role
    numbers: Mapping[str, Value]


_CORES_8 = Value(8, documented("measurements A1 rows 3-4: 2 x L5335"))
_MHZ_2000 = Value(2000.0, documented("measurements A1 rows 3-4: 2 GHz"))
_FIRST = Value(
    0.586, calibrated("measurements B3: first term equal for SP2 and R2 at 75 % CPU", 0.3, 0.8)
)
_SLOPE_SP2 = Value(1.94e-4, calibrated("measurements B3: full at 6,500 users on 2008 SP2"))
_SLOPE_R2 = Value(1.94e-5, calibrated("measurements B3: full at 14,000 users on 2008 R2"))
_IIS6_MEMORY = Value(
    230_000_000, documented("measurements B4: 250 MB non-paged pool, refusal below 20 MB free")
)
_MCYCLES_2003 = documented("measurements A2: 0.57 x 5,600 / 1,205", 1.5, 4.0)
_MCYCLES_2007 = assumed("as Exchange 2003 (measurements A2)", 1.5, 4.0)


def _iis6(limit: int, source: str) -> Profile:
    return Profile(
        "front_end",
        {
            "cores": Value(2, assumed("a front end of 2003", 1, 4)),
            "mhz": Value(2800.0, assumed("a front end of 2003", 1400, 3600)),
            "request_limit": Value(limit, documented(source)),
            "connection_memory_bytes": _IIS6_MEMORY,
            "user_mhz_first": _FIRST,
            "user_mhz_slope": Value(
                1.94e-4, assumed("as Windows 2008 SP2; no figure for IIS 6 known", 1.94e-5, 1e-3)
            ),
        },
    )


def _iis7(slope: Value) -> Profile:
    return Profile(
        "front_end",
        {
            "cores": _CORES_8,
            "mhz": _MHZ_2000,
            "request_limit": Value(
                25_000, documented("facts 1.4: KB 2832198, 65,535 recommended", 25_000, 65_535)
            ),
            "connection_memory_bytes": Value(
                128_000_000_000, documented("measurements B4: 64-bit limit 128 GB")
            ),
            "user_mhz_first": _FIRST,
            "user_mhz_slope": slope,
        },
    )


def _store(
    threads: int,
    mcycles: Sourced,
    cores: Value,
    mhz: Value,
    cache: Value,
    page_kb: int,
    io_kb: Value,
) -> Profile:
    return Profile(
        "mailbox",
        {
            "cores": cores,
            "mhz": mhz,
            "rpc_threads": Value(threads, documented("facts 4.2, 4.3: RPC Requests, hard maximum")),
            "rpc_mcycles": Value(2.65, mcycles),
            "cache_mb_per_mailbox": cache,
            "page_kb": Value(page_kb, documented("measurements B2: page of the database engine")),
            "io_kb": io_kb,
        },
    )


PROFILES: Mapping[ProfileName, Profile] = {
    "iis6": _iis6(4_000, "facts 1.4: Windows Server 2003"),
    "iis6-sp1": _iis6(1_000, "facts 1.4: IIS installed from SP1 or later"),
    "iis7-sp2": _iis7(_SLOPE_SP2),
    "iis7.5-r2": _iis7(_SLOPE_R2),
    "exchange2003": _store(
        100,
        _MCYCLES_2003,
        Value(4, documented("measurements A1 row 1")),
        Value(1400.0, documented("measurements A1 row 1")),
        Value(0.1, assumed("900 MB of database cache at 8,000 mailboxes (32-bit)", 0.1, 2)),
        4,
        Value(64, assumed("Exchange 2003 joins neighbouring pages of 4 KB up to 64 KB", 4, 256)),
    ),
    "exchange2007": _store(
        500,
        _MCYCLES_2007,
        Value(4, assumed("a mailbox server of 2007", 2, 16)),
        Value(2000.0, assumed("a server of 2007", 1600, 3000)),
        Value(5.0, documented("facts 4.1: 2 GB + 5 MB per mailbox", 2, 5)),
        8,
        Value(1024, assumed("Exchange 2007 joins neighbouring pages of 8 KB up to 1 MB", 64, 1024)),
    ),
    "directory": Profile(
        "directory",
        {
            "cores": Value(2, assumed("a global catalogue server", 1, 8)),
            "mhz": Value(2000.0, assumed("a server of the time", 1400, 3000)),
            "rpc_mcycles": Value(1.0, assumed("a directory look-up", 0.2, 3)),
            "logon_mcycles": Value(
                1.0, assumed("a domain controller's check of a logon, about a look-up", 0.2, 5)
            ),
        },
    ),
}

ROLE_DEFAULT: Mapping[Role, ProfileName] = {
    "front_end": "iis7.5-r2",
    "mailbox": "exchange2007",
    "directory": "directory",
}
