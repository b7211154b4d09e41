"""How the mechanism behind each statement is switched off."""

from __future__ import annotations

from anywhere_sim.des.environment import Process
from anywhere_sim.network.access_path import AccessPath
from anywhere_sim.network.segmentation import TLS_VERSIONS, TlsVersion
from anywhere_sim.outlook.attempt import Attempt
from anywhere_sim.outlook.client import Client
from anywhere_sim.outlook.connection_order import ConnectionRules, Speed, check_box_order
from anywhere_sim.outlook.modes.cached import Cached
from anywhere_sim.outlook.modes.offline_file import OfflineFile
from anywhere_sim.outlook.modes.online import Online
from anywhere_sim.outlook.notifications import Mechanism, NewMailNotification
from anywhere_sim.outlook.operations import Action, Result
from anywhere_sim.outlook.rpc_over_tcp import RpcOverTcp
from anywhere_sim.rpc.path_kinds import PATH_KINDS
from anywhere_sim.scenario.catalog import ClientVersion
from anywhere_sim.scenario.policy import Policy
from anywhere_sim.traces.words import Path
from tests.mechanisms.ablation import Ablation, network, outlook, path_order

DEFAULT_FLAGS = 0x23


class _NoHttpsFor2007(Client):
    def may_use(self, path: Path) -> bool:
        both_2007 = self.version.year == self.store.year == 2007
        return super().may_use(path) and not (path == "https" and both_2007 and self.group.set_up)


class _EverybodyParks(NewMailNotification):
    def mechanism(self) -> Mechanism:
        mechanism = super().mechanism()
        return "parked" if mechanism == "poll" else mechanism


class _NoEndpointMapper(RpcOverTcp):
    def map_endpoint(self) -> Process:
        yield from ()


class _WithoutEndpointMapper(Attempt):
    rpc_over_tcp = _NoEndpointMapper


class _AlwaysConnects(OfflineFile):
    def _decide(self, *, connected: bool) -> None:
        super()._decide(connected=True)


class _ExchangedAnywhere(OfflineFile):
    @property
    def exchanges_here(self) -> bool:
        return True


class _CopyNeedsConnection(Cached):
    def perform(self, action: Action) -> Process:
        if not self.client.has("mail"):
            return Result("none", "failed")
        return (yield from super().perform(action))


class _DeafToTheNetwork(Client):
    def move(self, place_name: str) -> None:
        """Go on as if nothing had changed."""


class _AlwaysTls(Client):
    def tls_over(self, path: Path) -> TlsVersion | None:
        return TLS_VERSIONS[self.tls_version] if PATH_KINDS[path].http else None


class _PortalNeverOpens(AccessPath):
    def open_portal(self) -> None:
        """The hotspot stays closed."""


no_https_for_2007 = outlook(client=_NoHttpsFor2007)
everybody_parks = outlook(notification=_EverybodyParks)
no_endpoint_mapper = outlook(attempt=_WithoutEndpointMapper)
always_connects = outlook(offline_file=_AlwaysConnects)
file_exchanged_anywhere = outlook(offline_file=_ExchangedAnywhere)
copy_needs_connection = outlook(cached=_CopyNeedsConnection)
deaf_to_the_network = outlook(client=_DeafToTheNetwork)
always_tls = outlook(client=_AlwaysTls)
portal_never_opens = network(access_path=_PortalNeverOpens)


def _https_first_on_fast(speed: Speed, policy: Policy, version: ClientVersion) -> tuple[Path, ...]:
    order = check_box_order(speed, policy, version)
    unset = policy.roh_flags == DEFAULT_FLAGS and len(order) == 2
    return ("https", "tcp") if speed.name == "fast" and unset else order


def _tcp_first_on_slow(speed: Speed, policy: Policy, version: ClientVersion) -> tuple[Path, ...]:
    order = check_box_order(speed, policy, version)
    unset = policy.roh_flags == DEFAULT_FLAGS and len(order) == 2
    return ("tcp", "https") if speed.name == "slow" and unset else order


def _check_boxes_ignored(speed: Speed, policy: Policy, version: ClientVersion) -> tuple[Path, ...]:
    return check_box_order(speed, Policy(roh_flags=DEFAULT_FLAGS), version)


class _SlowAtTheThreshold(ConnectionRules):
    def judge(self, access_path: AccessPath, policy: Policy) -> Speed:
        kbps = self.speed_rule(access_path, policy)
        return Speed(kbps, "slow" if kbps <= policy.slow_threshold_kbps else "fast")


class _SetUpAnywhere(Client):
    def may_use(self, path: Path) -> bool:
        return path == "tcp" or self.front_end is not None

    @property
    def may_log_on(self) -> bool:
        return True


https_first_on_fast = path_order(_https_first_on_fast)
tcp_first_on_slow = path_order(_tcp_first_on_slow)
check_boxes_ignored = path_order(_check_boxes_ignored)
slow_at_the_threshold = outlook(connection_rules=_SlowAtTheThreshold)
set_up_anywhere = outlook(client=_SetUpAnywhere)


class _CopyNotUsed(Cached):
    def perform(self, action: Action) -> Process:
        result: Result = yield from super().perform(action)
        client = self.client
        if client.has("mail") and client.place_name == "office" and action.kind != "send":
            yield from Online(client, self.components).perform(action)
        return result


copy_not_used = outlook(cached=_CopyNotUsed)


STATEMENTS: dict[int, Ablation] = {
    1: no_https_for_2007,
    2: everybody_parks,
    3: no_endpoint_mapper,
    4: always_connects,
    5: file_exchanged_anywhere,
    6: copy_needs_connection,
    7: deaf_to_the_network,
    8: always_tls,
    9: portal_never_opens,
    10: https_first_on_fast,
    11: tcp_first_on_slow,
    12: slow_at_the_threshold,
    13: check_boxes_ignored,
    14: set_up_anywhere,
    15: copy_not_used,
}
