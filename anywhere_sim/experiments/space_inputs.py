"""The inputs of a parameter space: what the model assumes of a scenario's clients, servers, mail.

They are read from the marks of the specs, not typed in: every assumed or calibrated number that
has a range, and some documented ones whose sources differ. What is left out is named here with the
reason, and a test holds that nothing is forgotten.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from anywhere_sim.scenario import Scenario
from anywhere_sim.scenario.catalog import KINDS, PROFILES
from anywhere_sim.scenario.group import CLOSED
from anywhere_sim.scenario.sources import Sourced, Value
from anywhere_sim.scenario.spec import Spec

ALSO = frozenset({
    "activity.attachment_opened_share", "community.size_mean_bytes", "community.size_sigma",
    "policy.poll_s", "server.rpc_mcycles", "server.tls_cycles_per_byte", "server.tls_full_mcycles",
})  # fmt: skip
"""Documented numbers whose sources differ so far that they are varied too."""

SWITCHES: Mapping[str, tuple[object, object]] = {
    "requests.first_buffer_rides": (False, True),
    "requests.imports_ride": (False, True),
    "server.rpc_mcycles_per": ("operation", "call"),
}
"""Assumed words with two readings; each has half of the space."""

_HARDWARE = "what machine a server is, which a scenario says; both modes have the same"
_OTHER_MODE = "acts with an offline file only"
_NOT_2003 = "acts with Outlook and Exchange 2007 over HTTPS only"
_NETWORK = "of the way there, not of a client; both modes have the same"
_SHARED = "acts with shared mailboxes that are open, of which the space has none"
_RARE = "acts in a failure, of which the space has none"

EXCLUDED: Mapping[str, str] = {
    "activity.recipients": "none given: the community's own law holds, which is documented",
    "activity.send_receives": _OTHER_MODE,
    "activity.even_hours": "acts for the users of a load test only",
    "policy.speed_rule": "decides with slow links only",
    "policy.measure_window_s": "acts with another rule of speed only",
    "policy.backoff_first_s": _RARE,
    "policy.backoff_max_s": _RARE,
    "policy.backoff_jitter": _RARE,
    "policy.reconnect_every_s": _RARE,
    "policy.media_sense_s": _RARE,
    "policy.expect_100": "a round trip of a connection attempt, which both modes make alike",
    "policy.parked_retry_s": _NOT_2003,
    "policy.offline_after_s": _RARE,
    "policy.ost_schedule_s": _OTHER_MODE,
    "group.file_to_mailbox": "acts where a file is full, which one of 100 MB is not",
    "group.shared_folder_mb": _SHARED,
    "group.shared_changes_per_day": _SHARED,
    "activity.shared_mail_share": _SHARED,
    "group.mailbox_moved": "the state of one day",
    "community.size_max_bytes": "a cut of the tail; size_sigma varies the tail",
    "server.cores": _HARDWARE,
    "server.mhz": _HARDWARE,
    "server.disks": _HARDWARE,
    "server.disk_mb_per_s": _HARDWARE,
    "server.log_write_ms": _HARDWARE,
    "server.name_ttl_s": _NETWORK,
    "server.too_busy_after_s": _RARE,
    "server.too_busy_retry_s": _RARE,
    "server.user_mhz_slope": "of users by the thousand, not of 20",
    "place.portal_login_s": "acts at a hotspot only",
    "place.cut_every_s": _NETWORK,
    "place.cut_for_s": _NETWORK,
    "place.tunnel_bytes": _NETWORK,
    "place.jitter_ms": _NETWORK,
    "place.queue_bytes": _NETWORK,
    "place.one_public_address": _NETWORK,
    "place.loss": _NETWORK,
    "call.weight_per_row": "acts with the rows of a search, which items_per_folder varies",
    "scenario.community.MAX_RECIPIENTS": "no message of 20 people comes near it",
    "scenario.community.RARE": "a limit of a check, which no run sees",
    "network.resolver.QUERY_IP_BYTES": _NETWORK,
    "network.resolver.ANSWER_IP_BYTES": _NETWORK,
    "network.tcp_model.COLD_AFTER_S": _NETWORK,
    "network.tcp_model.BLACK_HOLE_RESENDS": _RARE,
    "rpc.connection.TEARDOWN_MAX_S": _RARE,
    "rpc.rops.MEAN_ROP_WEIGHT": "one factor of both modes' processor time: rpc_mcycles varies it",
    "rpc.rops.MEAN_CALL_WEIGHT": "one factor of both modes' processor time: rpc_mcycles varies it",
    "exchange.front_end.CONNECTION_BYTES": "memory, which no conclusion counts",
    "exchange.front_end.TOKEN_KEPT_S": "acts with HTTP Basic authentication only",
    "outlook.client.RESTART_S": _RARE,
    "outlook.rpc_over_http.RPC_ERROR_BYTES": _RARE,
    "outlook.rpc_session.MAX_BUSY_TRIES": _RARE,
    "simulation.mail_history.UNDER_WAY_S": "shapes the mail before the run alike for both modes",
}
"""Uncertain inputs that are not varied, and why."""


@dataclass(frozen=True, slots=True)
class Input:
    """An uncertain input: its key in the scenario, its usual value and its range.

    Of a switch `low` is the usual word and `high` the other.
    """

    key: str
    usual: Any
    low: Any
    high: Any

    @property
    def is_number(self) -> bool:
        """Whether it is a number, not a switch."""
        return not isinstance(self.usual, bool | str)

    def value(self, at: float) -> Any:
        """Return its value at a place of the unit interval; 0.5 is the usual one."""
        if at == 0.5:
            return self.usual
        if not self.is_number:
            return self.low if at < 0.5 else self.high
        begin, end = (self.low, self.usual) if at < 0.5 else (self.usual, self.high)
        share = 2.0 * at if at < 0.5 else 2.0 * at - 1.0
        value = min(max(begin + (end - begin) * share, self.low), self.high)
        return round(value) if isinstance(self.usual, int) else float(value)

    def text(self, value: Any) -> str:
        """Return its key and a value of it, as a setting is written."""
        return f"{self.key} = {value:.3g}" if self.is_number else f"{self.key} = {value}".lower()


def inputs(scenario: Scenario) -> tuple[Input, ...]:
    """Return the inputs of a scenario, in the order of its parts; their keys are dotted paths."""
    return tuple(_inputs(scenario))


def _inputs(scenario: Scenario) -> Iterator[Input]:
    for name, group in scenario.groups.items():
        yield from _of("group", f"groups.{name}", group)
        yield from _of("activity", f"groups.{name}.activity", group.habits)
        yield from _of("requests", f"groups.{name}.requests", group.requests)
        yield from _of("policy", f"groups.{name}.policy", group.policy)
    for name in dict.fromkeys(group.community for group in scenario.groups.values()):
        yield from _of("community", f"communities.{name}", scenario.community(name))
    for name, server in scenario.servers.items():
        if server.role != "directory":  # no conclusion counts its work
            table = PROFILES[server.profile].numbers
            yield from _of("server", f"servers.{name}", server, table, _OF_ROLE[server.role])
    visited = [place for group in scenario.groups.values() for _, place in group.itinerary]
    for name in dict.fromkeys(place for place in visited if place not in CLOSED):
        place = scenario.places[name]
        yield from _of("place", f"places.{name}", place, KINDS[place.kind])


_FRONT_END = frozenset({
    "user_mhz_first", "tls_cycles_per_byte", "tls_full_mcycles", "logon_mcycles",
})  # fmt: skip
_OF_ROLE = {"front_end": (_FRONT_END, True), "mailbox": (_FRONT_END, False)}
"""Numbers of a front end: it has these alone, and a store has all but these."""


def _of(
    part: str,
    key: str,
    spec: Spec,
    of_kind: Mapping[str, Value] | None = None,
    only: tuple[frozenset[str], bool] = (frozenset(), False),
) -> Iterator[Input]:
    """Yield the inputs among the numbers of one part of a scenario."""
    names, wanted = only
    for field, origin in _origins(spec, of_kind or {}):
        known, usual = f"{part}.{field}", getattr(spec, field)
        if known in EXCLUDED or (field in names) != wanted:
            continue
        if known in SWITCHES:
            low, high = SWITCHES[known]
            yield Input(f"{key}.{field}", usual, usual, high if usual == low else low)
        elif _is_uncertain(known, origin) and usual is not None:
            assert origin.low is not None
            assert origin.high is not None
            low, high = min(origin.low, usual), max(origin.high, usual)
            yield Input(f"{key}.{field}", usual, low, high)


def _origins(spec: Spec, of_kind: Mapping[str, Value]) -> Iterator[tuple[str, Sourced]]:
    """Yield the numbers of a spec with their origin; that of its kind or profile comes first."""
    for field, described in type(spec).model_fields.items():
        marks = [mark for mark in described.metadata if isinstance(mark, Sourced)]
        if field in of_kind:
            yield field, of_kind[field].origin
        elif marks:
            yield field, marks[0]


def _is_uncertain(known: str, origin: Sourced) -> bool:
    ranged = origin.low is not None and origin.high is not None
    return ranged and (origin.mark != "documented" or known in ALSO)
