"""The table of places: what a LAN, a hotspot or a 3G stick is, number by number, with sources."""

from __future__ import annotations

from collections.abc import Mapping

from anywhere_sim.scenario.sourced import Sourced, Value, assumed, documented
from anywhere_sim.scenario.words import PlaceKind

_RATES = documented("facts 6.1")
_ADAPTER = assumed("what the operating system reports for this adapter (DESIGN 3)")
_POLICY = assumed("what such a network usually lets through; set it per place")

_FIELDS = (
    "down_kbps", "up_kbps", "rtt_ms", "jitter_ms", "loss", "adapter_kbps",
    "port_135", "internal_names", "web", "idle_timeout_s", "company", "shared",
)  # fmt: skip


def _kind(values: tuple[float | str | bool | None, ...], rates: Sourced, idle: Sourced) -> Mapping[str, Value]:
    origins = {"adapter_kbps": _ADAPTER, "idle_timeout_s": idle}
    origins |= dict.fromkeys(("down_kbps", "up_kbps", "rtt_ms"), rates)
    origins["jitter_ms"] = assumed("facts 6.1: profile files say 0; a radio cell varies by milliseconds (U)", 0, 30)
    origins["loss"] = assumed("facts 6.1: profile files say 0; a parameter", 0, 0.01)
    return {name: Value(value, origins.get(name, _POLICY)) for name, value in zip(_FIELDS, values, strict=True)}


_NO_NAT = assumed("no address translation between client and server")
_NAT = documented("facts 1.5: middle boxes drop idle TCP after as little as 300 s", 300, 3600)
_LAN = assumed("facts 6.1 (U): 100 Mbit/s to 1 Gbit/s, 0.3-1 ms")
_WIFI = assumed("802.11g with facts 6.1: -30 % throughput against the wire, RTT of a DSL behind it")

KINDS: Mapping[PlaceKind, Mapping[str, Value]] = {
    "lan": _kind((100_000, 100_000, 0.5, 0, 0, 100_000, "open", "resolve", "direct", None, True, False), _LAN, _NO_NAT),
    "branch_wan": _kind((2_000, 2_000, 40, 0, 0, 100_000, "open", "resolve", "direct", None, True, True),
                        assumed("an E1 line of the time, shared by a branch"), _NO_NAT),
    "vpn": _kind((1_500, 384, 60, 0, 0, 100_000, "open", "resolve", "direct", None, True, False),
                 assumed("facts 6.1: DSL; a tunnel adds about one gateway's delay (U)"), _NO_NAT),
    "partner_lan": _kind((10_000, 10_000, 30, 0, 0, 100_000, "drop", "no_such_name", "direct", 3600, False, False),
                         assumed("another company's LAN and its line to the Internet"), assumed("a firewall's idle time-out of one hour")),
    "wifi": _kind((5_000, 1_000, 30, 2, 0.001, 54_000, "drop", "no_such_name", "direct", 300, False, False), _WIFI, _NAT),
    "hotspot": _kind((5_000, 1_000, 40, 5, 0.005, 54_000, "drop", "no_such_name", "portal", 300, False, True), _WIFI, _NAT),
    "dsl": _kind((1_500, 384, 50, 0, 0, 100_000, "drop", "no_such_name", "direct", 300, False, False), _RATES, _NAT),
    "cable": _kind((5_000, 1_000, 28, 0, 0, 100_000, "drop", "no_such_name", "direct", 300, False, False), _RATES, _NAT),
    "modem_3g": _kind((1_600, 768, 300, 0, 0, 7_200, "drop", "no_such_name", "direct", 300, False, False), _RATES, _NAT),
    "gprs": _kind((50, 20, 500, 0, 0, 53.6, "drop", "no_such_name", "direct", 300, False, False), _RATES, _NAT),
    "dial_up": _kind((49, 30, 120, 0, 0, 53.3, "drop", "no_such_name", "direct", None, False, False), _RATES, _NO_NAT),
}  # fmt: skip
