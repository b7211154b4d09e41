"""How the mechanisms of the servers are switched off."""

from __future__ import annotations

from typing import Any

from anywhere_sim.des.bounded_pool import BoundedPool, OnDecided
from anywhere_sim.exchange import front_end, store
from anywhere_sim.exchange.database_cache import DatabaseCache
from anywhere_sim.exchange.front_end import FrontEnd
from anywhere_sim.exchange.server import Server
from anywhere_sim.exchange.store import Store
from anywhere_sim.outlook.attempt import Attempt
from anywhere_sim.rpc import call_types
from tests.mechanisms.ablation import Ablation, on_each_server
from tests.mechanisms.patching import Patch, Switch, nothing, put


def _room_for_all(patch: Patch) -> None:
    def enter(
        self: BoundedPool, job: object, on_admitted: OnDecided, on_refused: OnDecided
    ) -> None:
        self.inside += 1
        on_admitted(job)

    patch.setattr(BoundedPool, "enter", enter)


def _all_kinds_cost_the_same(patch: Patch) -> None:
    admitted = Store._admitted

    def same(self: Store, rpc: Any) -> None:
        rpc.mcycles = call_types.MEAN_WEIGHT
        admitted(self, rpc)

    patch.setattr(Store, "_admitted", same)


def _back_after_the_first(patch: Patch) -> None:
    end_outage = Server.end_outage

    def back(self: Server) -> bool:
        self.outages = 1
        return end_outage(self)

    patch.setattr(Server, "end_outage", back)


def _servers_never_stop(patch: Patch) -> None:
    patch.setattr(Server, "stop", nothing)
    patch.setattr(store.Store, "stop", nothing)


def _epochs_ignored(patch: Patch) -> None:
    def free(self: FrontEnd, claim: front_end.Claim) -> None:
        self.requests -= claim.requests
        self.sockets -= claim.sockets

    patch.setattr(FrontEnd, "_free", free)


def _referral_logs_on(patch: Patch) -> None:
    patch.setattr(Store, "session_services", ("referral", "mail", "public"))


def _only_bodies_are_read(patch: Patch) -> None:
    reads_of = Store._reads_of

    def bodies(self: Store, rpc: Any) -> int:
        rpc.reads -= rpc.kind.pages
        return reads_of(self, rpc)

    patch.setattr(Store, "_reads_of", bodies)


SERVERS: dict[str, Ablation | Switch] = {
    "front end: request queue": put(FrontEnd, "admits", lambda self, channels: ""),
    "front end: ports towards the back end": on_each_server("front_end", "backend_ports", 65_535),
    "front end: what was held before a stop is gone": _epochs_ignored,
    "failed logons: closed by who said no, else left to linger": put(
        Attempt, "_told", lambda self, failure: False
    ),
    "sessions: mail and public folders, not referral": _referral_logs_on,
    "front end: connection memory": put(FrontEnd, "connection_bytes", 0),
    "front end: cost per user c(n)": put(
        FrontEnd, "call_mcycles", lambda self: self.spec.user_mhz_first / front_end.CALLS_PER_USER_S
    ),
    "store: RPC threads, too busy": _room_for_all,
    "store: CPU by kind of call": _all_kinds_cost_the_same,
    "store: database cache and reads": put(DatabaseCache, "misses", lambda self: 0.0),
    "outages that overlap": _back_after_the_first,
    "store: pages read by kind of call": _only_bodies_are_read,
    "store: log before the answer": put(Store, "_log_s", lambda self, size_bytes: 0.0),
    "store: neighbouring pages in one operation": put(
        Store, "reads_of", lambda self, size_bytes: size_bytes // 4096
    ),
    "crash, shutdown, restart": _servers_never_stop,
}
