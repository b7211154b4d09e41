"""How the mechanisms of the servers are switched off."""

from __future__ import annotations

from typing import Any

from anywhere_sim.des.environment import Environment
from anywhere_sim.des.station import BoundedPool, OnDecided
from anywhere_sim.exchange.front_end import OPERATIONS_PER_USER_S, Claim, FrontEnd, FrontEndCost
from anywhere_sim.exchange.pool import Pool
from anywhere_sim.exchange.server import Server
from anywhere_sim.exchange.store import DatabaseCache, Store
from anywhere_sim.outlook.attempt import Attempt
from anywhere_sim.outlook.rpc_over_http import RpcOverHttp
from anywhere_sim.rpc.connection import Connection
from anywhere_sim.rpc.rops import MEAN_CALL_WEIGHT
from anywhere_sim.scenario.server import Server as ServerSpec
from anywhere_sim.scenario.spec import EventKind
from anywhere_sim.traces.words import Service
from tests.mechanisms.ablation import Ablation, exchange, in_each, on_each_server, outlook, room


def _servers(change: type[Server]) -> Ablation:
    """Return the ablation in which the servers of all roles are changed."""
    return exchange(front_end=change, store=change, directory=change)


def _front_end_cost(model: type[FrontEndCost]) -> Ablation:
    """Return the ablation in which front ends count their work in another way."""
    return exchange(front_end=type("_FrontEnd", (FrontEnd,), {"cost_model": model}))


class _QueueWithoutEnd(FrontEnd):
    def admits(self, channels: int) -> str:
        return ""


class _EpochsIgnored(FrontEnd):
    def _free(self, claim: Claim) -> None:
        self.requests -= claim.requests
        self.sockets -= claim.sockets


class _ConnectionsTakeNoMemory(FrontEnd):
    connection_bytes = 0


class _AllUsersCostLikeTheFirst(FrontEndCost):
    def operations_mcycles(self, operations: int, users: int) -> float:
        return super().operations_mcycles(operations, 0)


class _OneOperationEach(FrontEnd):
    def _count(self, operations: int, tls_bytes: int) -> float:
        return super()._count(min(operations, 1), tls_bytes)


class _BytesAreFree(FrontEndCost):
    def tls_mcycles(self, payload_bytes: float) -> float:
        return 0.0


class _HandshakesCostTheSame(FrontEndCost):
    def handshakes_mcycles(self, full: float, resumed: float) -> float:
        return super().handshakes_mcycles(0, full + resumed)


class _LogonsAreFree(FrontEndCost):
    def logon_mcycles(self, logons: float) -> float:
        return 0.0


class _TermsBesideOperationsAreAdded(FrontEndCost):
    def operations_mcycles(self, operations: int, users: int) -> float:
        spec = self._spec
        user_mhz = spec.user_mhz_first + spec.user_mhz_slope * users
        return operations * user_mhz / OPERATIONS_PER_USER_S


class _LearnsNothingFromFin(Store):
    def leave(self, connection: Connection, *, known: bool) -> None:
        if not connection.alive:
            super().leave(connection, known=known)


class _NeverTold(Attempt):
    def _told(self, failure: BaseException) -> bool:
        return False


class _ReferralLogsOn(Store):
    session_services = ("referral", "mail", "public")


class _AllKindsCostTheSame(Store):
    def _admitted(self, rpc: Any) -> None:
        rpc.weight = MEAN_CALL_WEIGHT
        super()._admitted(rpc)


class _OnlyBodiesAreRead(Store):
    def _reads_of(self, rpc: Any) -> int:
        rpc.reads -= rpc.kind.pages
        return super()._reads_of(rpc)


class _NoLog(Store):
    def _log_s(self, size_bytes: int) -> float:
        return 0.0


class _EachPageByItself(Store):
    def reads_of(self, size_bytes: int) -> int:
        return size_bytes // 4096


class _RoomForAll(BoundedPool):
    def enter(self, job: object, on_admitted: OnDecided, on_refused: OnDecided) -> None:
        self.inside += 1
        on_admitted(job)


class _AllInMemory(DatabaseCache):
    def misses(self) -> float:
        return 0.0


class _BackAfterTheFirst(Server):
    def end_outage(self) -> bool:
        self.outages = 1
        return super().end_outage()


class _NeverStops(Server):
    def stop(self, how: EventKind) -> None:
        """The service goes on."""


class _CallsNotCounted(FrontEnd):
    def _passed_up(self, rpc: Any) -> None:
        self.calls.leave(rpc, packet=False)
        rpc.connection.server.arrive(rpc)


class _NeverFull(FrontEnd):
    def is_full(self) -> bool:
        return False


class _MemoryChargedTwice(FrontEnd):
    def open_requests(self, claim: Claim, channels: int) -> None:
        super().open_requests(claim, channels)
        self.sockets += channels


class _AlwaysTheFirst(Pool[Any]):
    def choose(self, address: str, avoid: str = "") -> Any:
        return self.members[0]


class _AnySite(Pool[Any]):
    def nearest(self, fit: list[Any]) -> list[Any]:
        return fit


class _NobodyIsAway(Pool[Any]):
    def available(self) -> list[Any]:
        return [member for member in self.members if not member.draining]


class _DrainingIgnored(Pool[Any]):
    def available(self) -> list[Any]:
        return [member for member in self.members if member.is_running]


class _NoNameCompared(RpcOverHttp):
    def check_certificate(self) -> None:
        """Any name will do."""


class _AnyName(Attempt):
    rpc_over_http = _NoNameCompared


class _RefusesWhileItRestarts(Server):
    def stop(self, how: EventKind) -> None:
        super().stop(how)
        self.silent = how == "crash"


class _ReachesAll(FrontEnd):
    def reaches(self, service: Service) -> bool:
        return True


class _InOneRoom(FrontEnd):
    def cross(self, job: Any, done: Any) -> None:
        done(job)


class _NothingBefore(FrontEnd):
    def __init__(self, env: Environment, name: str, spec: ServerSpec) -> None:
        super().__init__(env, name, spec.model_copy(update={"relay": None}))


class _OutlookAlone(Store):
    def begin_other_work(self) -> None:
        """Nobody else uses it."""


class _NeverResets(Connection):
    def host_is_back(self) -> None:
        """The host takes what comes in silence."""


SERVERS: dict[str, Ablation] = {
    "front end: request queue": exchange(front_end=_QueueWithoutEnd),
    "front end: calls in its counters": exchange(front_end=_CallsNotCounted),
    "front end: calls beyond its queue refused": exchange(front_end=_NeverFull),
    "front end: memory once per client connection": exchange(front_end=_MemoryChargedTwice),
    "a person gives up waiting": in_each("groups", "activity__patience_s", None),
    "front end: ports towards the back end": on_each_server("front_end", "backend_ports", 65_535),
    "front end: what was held before a stop is gone": exchange(front_end=_EpochsIgnored),
    "failed logons: closed by who said no, else left to linger": outlook(attempt=_NeverTold),
    "sessions: mail and public folders, not referral": exchange(store=_ReferralLogsOn),
    "sessions: closed when the FIN arrives": exchange(store=_LearnsNothingFromFin),
    "front end: connection memory": exchange(front_end=_ConnectionsTakeNoMemory),
    "front end: cost per user c(n)": _front_end_cost(_AllUsersCostLikeTheFirst),
    "front end: c(n) is the sum of its terms": _front_end_cost(_TermsBesideOperationsAreAdded),
    "front end: work by the operation": exchange(front_end=_OneOperationEach),
    "front end: TLS by the byte": _front_end_cost(_BytesAreFree),
    "front end: a handshake's cost": _front_end_cost(_HandshakesCostTheSame),
    "front end: logons by NTLM and Basic": _front_end_cost(_LogonsAreFree),
    "store: RPC threads, too busy": exchange(bounded_pool=_RoomForAll),
    "store: CPU by kind of call": exchange(store=_AllKindsCostTheSame),
    "store: database cache and reads": exchange(database_cache=_AllInMemory),
    "outages that overlap": _servers(_BackAfterTheFirst),
    "store: pages read by kind of call": exchange(store=_OnlyBodiesAreRead),
    "store: log before the answer": exchange(store=_NoLog),
    "store: neighbouring pages in one operation": exchange(store=_EachPageByItself),
    "pools: a rule": exchange(pool=_AlwaysTheFirst),
    "pools: source address as seen outside": in_each("places", "one_public_address", False),
    "pools: health checks": exchange(pool=_NobodyIsAway),
    "pools: draining": exchange(pool=_DrainingIgnored),
    "pools: another site when the own has none": exchange(pool=_AnySite),
    "pools: referral to another directory": exchange(pool=_AlwaysTheFirst),
    "keep-alive of direct connections": in_each("groups", "policy__tcp_keep_alive_s", 7_200.0),
    "names of certificates": outlook(attempt=_AnyName),
    "a restart of a host is silent": _servers(_RefusesWhileItRestarts),
    "front end: a port that it cannot reach": exchange(front_end=_ReachesAll),
    "front end: delay to the store": exchange(front_end=_InOneRoom),
    "store: others than Outlook": exchange(store=_OutlookAlone),
    "relay: what it passes": exchange(front_end=_NothingBefore),
    "relay: delay of each piece": exchange(front_end=_NothingBefore),
    "relay: idle time-out": exchange(front_end=_NothingBefore),
    "crash, shutdown, restart": _servers(_NeverStops),
    "a host that is back answers with RST": room("rpc", connection=_NeverResets),
    "a middle box that has forgotten answers with RST": in_each("places", "on_idle", "silent"),
    "a call over a dead connection is repeated": in_each("groups", "policy__call_repeats", 0),
}
