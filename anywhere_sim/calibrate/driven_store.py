"""A store alone, driven by calls at a given rate: what a published processor figure is held against."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import accumulate

from anywhere_sim.des.environment import Environment
from anywhere_sim.des.random_streams import Streams
from anywhere_sim.exchange.store import Store
from anywhere_sim.rpc import call_types
from anywhere_sim.rpc.call import Rpc
from anywhere_sim.rpc.call_types import CallType
from anywhere_sim.scenario.server import Server
from anywhere_sim.traces import Run

KINDS: Mapping[str, CallType] = {kind.name: kind for kind in vars(call_types).values() if isinstance(kind, CallType)}


@dataclass(frozen=True, slots=True)
class Mix:
    """What reaches a store: how often each kind of call came, deliveries per call, and the mean message in bytes."""

    calls: Mapping[str, int]
    deliveries_per_call: float
    message_bytes: int

    @classmethod
    def of(cls, run: Run) -> Mix:
        """Return the mix of a run that wrote down its calls (`record_rpcs`)."""
        counted = run.rpcs["kind"].astype(str).value_counts().sort_index()
        calls = {str(name): int(count) for name, count in counted.items()}
        return cls(calls, len(run.messages) / sum(calls.values()), int(run.messages["size_bytes"].mean()))


@dataclass(frozen=True, slots=True)
class Driven:
    """What a driven store did: share of its processors in use, and the mean time of a call in it, in seconds."""

    cpu: float
    response_s: float


def drive(spec: Server, mix: Mix, rpc_per_s: float, for_s: float = 300.0, seed: int = 1) -> Driven:
    """Let calls of a mix arrive at a store as a Poisson stream, and deliveries with them; caches are warm, no client waits."""
    env = Environment()
    store = Store(env, "driven", spec, mailboxes=1)
    draws = Streams(seed, 0).stream("driven store")
    kinds = [KINDS[name] for name in mix.calls]
    weights = list(accumulate(mix.calls.values()))

    def arrive() -> None:
        rpc = Rpc(kinds[draws.weighted(weights)], _unread)
        rpc.respond = _unread
        store.arrive(rpc)
        if draws.bernoulli(mix.deliveries_per_call):
            store.write_message(mix.message_bytes)
        env.call_at(env.now + draws.exponential(1.0 / rpc_per_s), arrive)

    env.call_at(0.0, arrive)
    env.run(until=for_s)
    return Driven(store.cpu.busy_s() / for_s / spec.cores, store.calls.time_s() / store.calls.finished)


def _unread(rpc: Rpc) -> None:
    """Nobody waits for the answer."""
