"""Each statement hangs on its own mechanism: switched off, its test turns red and no other's does."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

import pytest

from anywhere_sim.kernel.clock import Process
from anywhere_sim.model import client as client_module
from anywhere_sim.model.client import Client
from anywhere_sim.model.line import Line
from anywhere_sim.model.modes.action import Action, Result
from anywhere_sim.model.modes.cached import Cached
from anywhere_sim.model.modes.offline_ost import OfflineOst
from anywhere_sim.model.modes.online import Online
from anywhere_sim.model.notice import Notice
from anywhere_sim.model.path import Speed, check_box_order
from anywhere_sim.model.transport import direct
from anywhere_sim.model.transport.attempt import Attempt
from anywhere_sim.model.transport.tls import TLS_VERSIONS
from anywhere_sim.scenario.client import CLIENTS, ClientVersion
from anywhere_sim.scenario.policy import Policy
from tests.statements import pairs

Patch = pytest.MonkeyPatch
DEFAULT_FLAGS = 0x23


def _no_https_for_2007(patch: Patch) -> None:
    may_use = Client.may_use

    def refuse(self: Client, path: str) -> bool:
        both_2007 = self.version.year == self.store.spec.year == 2007
        return may_use(self, path) and not (path == "https" and both_2007 and self.group.set_up)

    patch.setattr(Client, "may_use", refuse)


def _everybody_parks(patch: Patch) -> None:
    way = Notice.way
    patch.setattr(Notice, "way", lambda self: "parked" if way(self) == "poll" else way(self))


def _no_endpoint_mapper(patch: Patch) -> None:
    def skipped(talk: Any, server: Any) -> Process:
        yield from ()

    patch.setattr(direct, "map_endpoint", skipped)


def _always_connects(patch: Patch) -> None:
    launched = OfflineOst.launched

    def launch(self: OfflineOst) -> None:
        launched(self)
        self.connects = True
        self.client.change_state("disconnected")

    patch.setattr(OfflineOst, "launched", launch)


def _file_over_https(patch: Patch) -> None:
    known = CLIENTS["outlook2002"]
    patch.setitem(
        CLIENTS,  # type: ignore[arg-type]
        "outlook2002",
        ClientVersion(known.name, known.year, True, known.cached, known.async_wait, known.stack, known.direct_extra_connections),
    )


def _copy_needs_connection(patch: Patch) -> None:
    perform = Cached.perform

    def refuse(self: Cached, action: Action) -> Process:
        if not self.client.has("mail"):
            return Result("none", "failed")
        return (yield from perform(self, action))

    patch.setattr(Cached, "perform", refuse)


def _deaf_to_the_network(patch: Patch) -> None:
    patch.setattr(Client, "move", lambda self, place: None)


def _always_tls(patch: Patch) -> None:
    patch.setattr(Attempt, "_tls_version", lambda self: TLS_VERSIONS[self.client.tls_version])


def _portal_never_opens(patch: Patch) -> None:
    patch.setattr(Line, "open_portal", lambda self: None)


def _order(patch: Patch, rule: Callable[[Speed, Policy, ClientVersion], tuple[str, ...]]) -> None:
    patch.setitem(pairs.OPTIONS, "path_order", rule)


def _https_first_on_fast(patch: Patch) -> None:
    def rule(speed: Speed, policy: Policy, version: ClientVersion) -> tuple[str, ...]:
        order = check_box_order(speed, policy, version)
        return ("https", "tcp") if speed.name == "fast" and policy.roh_flags == DEFAULT_FLAGS and len(order) == 2 else order

    _order(patch, rule)


def _tcp_first_on_slow(patch: Patch) -> None:
    def rule(speed: Speed, policy: Policy, version: ClientVersion) -> tuple[str, ...]:
        order = check_box_order(speed, policy, version)
        return ("tcp", "https") if speed.name == "slow" and policy.roh_flags == DEFAULT_FLAGS and len(order) == 2 else order

    _order(patch, rule)


def _slow_at_the_threshold(patch: Patch) -> None:
    def judge(line: Any, policy: Policy, rule: Any) -> Speed:
        kbps = rule(line, policy)
        return Speed(kbps, "slow" if kbps <= policy.slow_threshold_kbps else "fast")

    patch.setattr(client_module, "judge", judge)


def _check_boxes_ignored(patch: Patch) -> None:
    _order(patch, lambda speed, policy, version: check_box_order(speed, Policy(roh_flags=DEFAULT_FLAGS), version))


def _set_up_anywhere(patch: Patch) -> None:
    patch.setattr(Client, "may_use", lambda self, path: path == "tcp" or self.front_end is not None)


def _copy_not_used(patch: Patch) -> None:
    perform = Cached.perform

    def ask(self: Cached, action: Action) -> Process:
        result: Result = yield from perform(self, action)
        if self.client.has("mail") and self.client.place_name == "office" and action.kind != "send":
            yield from Online(self.client).perform(action)
        return result

    patch.setattr(Cached, "perform", ask)


SWITCHES: dict[int, Callable[[Patch], None]] = {
    1: _no_https_for_2007, 2: _everybody_parks, 3: _no_endpoint_mapper, 4: _always_connects, 5: _file_over_https,
    6: _copy_needs_connection, 7: _deaf_to_the_network, 8: _always_tls, 9: _portal_never_opens, 10: _https_first_on_fast,
    11: _tcp_first_on_slow, 12: _slow_at_the_threshold, 13: _check_boxes_ignored, 14: _set_up_anywhere, 15: _copy_not_used,
}  # fmt: skip


@pytest.mark.parametrize("number", SWITCHES)
def test_only_its_own_statement_fails(number: int, monkeypatch: Patch) -> None:
    SWITCHES[number](monkeypatch)
    red = {other for other in SWITCHES if not _holds(other)}
    assert red == {number}


def _holds(number: int) -> bool:
    try:
        import_module(f"tests.statements.test_s{number:02d}").statement()
    except AssertionError:
        return False
    return True
