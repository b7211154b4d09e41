"""How the mechanism behind each statement is switched off."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from anywhere_sim.des.environment import Process
from anywhere_sim.network.access_path import AccessPath
from anywhere_sim.network.tls import TLS_VERSIONS
from anywhere_sim.outlook import rpc_over_tcp
from anywhere_sim.outlook.attempt import Attempt
from anywhere_sim.outlook.client import Client
from anywhere_sim.outlook.connection_order import ConnectionRules, Speed, check_box_order
from anywhere_sim.outlook.modes.action import Action, Result
from anywhere_sim.outlook.modes.cached import Cached
from anywhere_sim.outlook.modes.offline_file import OfflineFile
from anywhere_sim.outlook.modes.online import Online
from anywhere_sim.outlook.notifications import NewMailNotification
from anywhere_sim.scenario.catalog import ClientVersion
from anywhere_sim.scenario.policy import Policy
from anywhere_sim.simulation.rules import Rules
from tests.statements import pairs

Patch = pytest.MonkeyPatch
DEFAULT_FLAGS = 0x23


def no_https_for_2007(patch: Patch) -> None:
    may_use = Client.may_use

    def refuse(self: Client, path: str) -> bool:
        both_2007 = self.version.year == self.store.spec.year == 2007
        return may_use(self, path) and not (path == "https" and both_2007 and self.group.set_up)

    patch.setattr(Client, "may_use", refuse)


def everybody_parks(patch: Patch) -> None:
    mechanism = NewMailNotification.mechanism
    parked = {"poll": "parked"}
    patch.setattr(NewMailNotification, "mechanism", lambda self: parked.get(mechanism(self), mechanism(self)))


def no_endpoint_mapper(patch: Patch) -> None:
    def skipped(talk: Any, server: Any) -> Process:
        yield from ()

    patch.setattr(rpc_over_tcp, "map_endpoint", skipped)


def always_connects(patch: Patch) -> None:
    decide = OfflineFile._decide
    patch.setattr(OfflineFile, "_decide", lambda self, *, connected: decide(self, connected=True))


def file_exchanged_anywhere(patch: Patch) -> None:
    patch.setattr(OfflineFile, "exchanges_here", True)


def copy_needs_connection(patch: Patch) -> None:
    perform = Cached.perform

    def refuse(self: Cached, action: Action) -> Process:
        if not self.client.has("mail"):
            return Result("none", "failed")
        return (yield from perform(self, action))

    patch.setattr(Cached, "perform", refuse)


def deaf_to_the_network(patch: Patch) -> None:
    patch.setattr(Client, "move", lambda self, place: None)


def always_tls(patch: Patch) -> None:
    patch.setattr(Attempt, "_tls_version", lambda self: TLS_VERSIONS[self.client.tls_version])


def portal_never_opens(patch: Patch) -> None:
    patch.setattr(AccessPath, "open_portal", lambda self: None)


def _order(patch: Patch, rule: Callable[[Speed, Policy, ClientVersion], tuple[str, ...]]) -> None:
    patch.setitem(pairs.OPTIONS, "rules", Rules(path_order=rule))


def https_first_on_fast(patch: Patch) -> None:
    def rule(speed: Speed, policy: Policy, version: ClientVersion) -> tuple[str, ...]:
        order = check_box_order(speed, policy, version)
        return ("https", "tcp") if speed.name == "fast" and policy.roh_flags == DEFAULT_FLAGS and len(order) == 2 else order

    _order(patch, rule)


def tcp_first_on_slow(patch: Patch) -> None:
    def rule(speed: Speed, policy: Policy, version: ClientVersion) -> tuple[str, ...]:
        order = check_box_order(speed, policy, version)
        return ("tcp", "https") if speed.name == "slow" and policy.roh_flags == DEFAULT_FLAGS and len(order) == 2 else order

    _order(patch, rule)


def slow_at_the_threshold(patch: Patch) -> None:
    def judge(self: ConnectionRules, access_path: AccessPath, policy: Policy) -> Speed:
        kbps = self.speed_rule(access_path, policy)
        return Speed(kbps, "slow" if kbps <= policy.slow_threshold_kbps else "fast")

    patch.setattr(ConnectionRules, "judge", judge)


def check_boxes_ignored(patch: Patch) -> None:
    _order(patch, lambda speed, policy, version: check_box_order(speed, Policy(roh_flags=DEFAULT_FLAGS), version))


def set_up_anywhere(patch: Patch) -> None:
    patch.setattr(Client, "may_use", lambda self, path: path == "tcp" or self.front_end is not None)


def copy_not_used(patch: Patch) -> None:
    perform = Cached.perform

    def ask(self: Cached, action: Action) -> Process:
        result: Result = yield from perform(self, action)
        if self.client.has("mail") and self.client.place_name == "office" and action.kind != "send":
            yield from Online(self.client, self.components).perform(action)
        return result

    patch.setattr(Cached, "perform", ask)


STATEMENTS: dict[int, Callable[[Patch], None]] = {
    1: no_https_for_2007, 2: everybody_parks, 3: no_endpoint_mapper, 4: always_connects, 5: file_exchanged_anywhere,
    6: copy_needs_connection, 7: deaf_to_the_network, 8: always_tls, 9: portal_never_opens, 10: https_first_on_fast,
    11: tcp_first_on_slow, 12: slow_at_the_threshold, 13: check_boxes_ignored, 14: set_up_anywhere, 15: copy_not_used,
}  # fmt: skip
