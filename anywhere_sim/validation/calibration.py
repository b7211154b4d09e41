"""Fits: how the numbers marked calibrated were found, and what shows that they still hold.

Three measurements: what a user asks of a front end and costs it (A1 rows 3-4, B3), the processor
time of a store driven at a rate (A1 row 1), and how bursty new mail is (B8).

python -m anywhere_sim.validation.calibration     computes what exchange/front_end.py has
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from itertools import accumulate
from statistics import fmean
from typing import Any

import numpy as np

from anywhere_sim.analysis.mail_ages import delivered_in_run
from anywhere_sim.des.environment import Environment
from anywhere_sim.des.random_streams import Streams
from anywhere_sim.exchange.components import ExchangeComponents
from anywhere_sim.exchange.front_end import FrontEnd
from anywhere_sim.exchange.store import Store
from anywhere_sim.people.mail_workload import ContactNetwork, MailWorkload
from anywhere_sim.rpc import call_types, rops
from anywhere_sim.rpc.call import Rpc
from anywhere_sim.rpc.call_types import CallType
from anywhere_sim.rpc.connection import Connection
from anywhere_sim.scenario import Scenario
from anywhere_sim.scenario.activity import ACTIVITIES
from anywhere_sim.scenario.community import Community
from anywhere_sim.scenario.quantities import DAY_S
from anywhere_sim.scenario.requests import Requests
from anywhere_sim.scenario.server import Server
from anywhere_sim.simulation.rules import Rules
from anywhere_sim.simulation.simulate import simulate
from anywhere_sim.traces import Run

HOURS = 8.0
"""Length of the day of the measured users."""


def measured_users(users: int, **front_end: Any) -> Scenario:
    """Return a day of the users of measurements A1 rows 3-4: heavy, Outlook 2007, cached, over
    HTTPS with Basic authentication.
    """
    return Scenario.build(
        {
            "why": "the measured cost of a user of Outlook Anywhere",
            "start": "09:00",
            "end": "17:00",
            "places": {"here": {"kind": "cable"}},
            "servers": {
                "mbx1": {"role": "mailbox", "profile": "exchange2007"},
                "fe1": {"role": "front_end", "profile": "iis7.5-r2"} | front_end,
            },
            "groups": {
                "people": {
                    "mailboxes": users,
                    "client": "outlook2007",
                    "mode": "cached",
                    "activity": "heavy",
                    "server": "mbx1",
                    "itinerary": [["07:00", "here"]],
                    "policy": {"roh_flags": 0x2B, "http_auth": "basic"},
                }
            },
        }
    )


@dataclass(frozen=True, slots=True)
class Asked:
    """What a user asks of the front end, per second: operations, bytes in records of TLS, full and
    resumed handshakes, logons.
    """

    operations: float
    tls_bytes: float
    tls_full: float
    tls_resumed: float
    logons: float


def asked_per_user_s(users: int, seed: int) -> Asked:
    """Simulate a day of so many measured users and return what one of them asks, mean of 8 h."""
    built: list[FrontEnd] = []

    class Kept(FrontEnd):
        def __init__(self, env: Environment, name: str, spec: Server) -> None:
            super().__init__(env, name, spec)
            built.append(self)

    rules = Rules(exchange=ExchangeComponents(front_end=Kept))
    simulate(measured_users(users), seed, rules=rules)
    counts = [
        sum(getattr(front_end, field.name) for front_end in built) / users / (HOURS * 3600.0)
        for field in fields(Asked)
    ]
    return Asked(*counts)


def mhz_per_user(run: Run, users: int, mhz: float) -> float:
    """Return the front end's processor time per user in MHz, all its terms together."""
    last = run.servers[run.servers["role"] == "front_end"].iloc[-1]
    return float(last["cpu_busy_s"]) * mhz / users / (HOURS * 3600.0)


KINDS: Mapping[str, CallType] = {
    kind.name: kind for kind in vars(call_types).values() if isinstance(kind, CallType)
}


@dataclass(frozen=True, slots=True)
class Mix:
    """What reaches a store: how often each kind of call came and the operations it carried on
    average, deliveries per call, and the mean message in bytes.

    >>> mix = lab.Mix.of(aw.simulate(office.with_(record_rpcs=True), seed=7))
    >>> mix.message_bytes > 0
    True
    """

    calls: Mapping[str, int]
    rops: Mapping[str, int]
    deliveries_per_call: float
    message_bytes: int

    @classmethod
    def of(cls, run: Run) -> Mix:
        """Return the mix of a run that wrote down its calls (`record_rpcs`)."""
        counted = run.rpcs["kind"].astype(str).value_counts().sort_index()
        calls = {str(name): int(count) for name, count in counted.items()}
        mean = run.rpcs.groupby(run.rpcs["kind"].astype(str))["rops"].mean()
        carried = {str(name): round(value) for name, value in mean.items()}
        messages = delivered_in_run(run)
        mean_bytes = int(messages["size_bytes"].mean())
        return cls(calls, carried, len(messages) / sum(calls.values()), mean_bytes)


@dataclass(frozen=True, slots=True)
class Driven:
    """What a driven store did: share of its processors in use, and the mean time of a call in it,
    in seconds.
    """

    cpu: float
    response_s: float


class Driver(Connection):
    """Stands for the connection of a call that no client made: a mailbox, and nothing else."""

    def __init__(self, mailbox: str) -> None:
        self.mailbox = mailbox


NOBODY = Driver("driven")


def drive(spec: Server, mix: Mix, rop_per_s: float, for_s: float = 300.0, seed: int = 1) -> Driven:
    """Let calls of a mix arrive at a store as a Poisson stream, so many that they carry `rop_per_s`
    operations per second, and deliveries with them; caches are warm, no client waits.

    >>> mix = lab.Mix.of(aw.simulate(office.with_(record_rpcs=True), seed=7))
    >>> store = office.servers["mbx1"]
    >>> calm, busy = (lab.drive(store, mix, rate, for_s=60.0) for rate in (50.0, 200.0))
    >>> calm.cpu < busy.cpu
    True
    """
    env = Environment()
    store = Store(env, "driven", spec, mailboxes=1)
    store.add_mailbox(NOBODY.mailbox)
    draws = Streams(seed, 0).stream("driven store")
    kinds = [KINDS[name] for name in mix.calls]
    rop_bytes = Requests().property_rop_bytes
    weights = list(accumulate(mix.calls.values()))
    more = {kind.name: max(0, mix.rops[kind.name] - len(kind.rops)) for kind in kinds}
    carried = sum(mix.calls[kind.name] * (len(kind.rops) + more[kind.name]) for kind in kinds)
    rpc_per_s = rop_per_s * sum(mix.calls.values()) / carried

    def arrive() -> None:
        kind = kinds[draws.weighted(weights)]
        added = (rops.GET_PROPERTIES,) * more[kind.name]
        added_bytes = len(added) * rop_bytes
        rpc = Rpc(kind, _unread, added_bytes, added_bytes, more=added)
        rpc.connection = NOBODY
        rpc.respond = _unread
        store.arrive(rpc)
        if draws.bernoulli(mix.deliveries_per_call):
            store.write_message(mix.message_bytes)
        env.call_at(env.now + draws.exponential(1.0 / rpc_per_s), arrive)

    env.call_at(0.0, arrive)
    env.run(until=for_s)
    return Driven(
        store.cpu.busy_s() / for_s / spec.cores, store.calls.time_s() / store.calls.finished
    )


def _unread(rpc: Rpc) -> None:
    """Nobody waits for the response."""


PEOPLE, PER_DAY = 167, 1.9
"""The senders of that company, and what each sent on a workday."""
DAYS = 25
BUSY_S = (9 * 3600, 15 * 3600)


def messages_s() -> list[list[float]]:
    """Return the times at which new messages are written, in seconds since midnight: a sorted list
    per day.
    """
    contacts = ContactNetwork(Community(), [])
    days = []
    for number in range(DAYS):
        workload, day = MailWorkload(Streams(1, number), contacts), list[float]()
        for person, level in enumerate(workload.activity_levels("firm", PEOPLE)):
            for time_s in workload.times(f"person {person}", PER_DAY * level, ACTIVITIES["medium"]):
                if time_s > DAY_S:
                    break
                day.append(time_s)
        days.append(sorted(day))
    return days


def dispersion(days: list[list[float]], window_s: int) -> float:
    """Return variance over mean of the counts in windows of that many seconds, 9 to 15 h; 1 for
    Poisson arrivals.
    """
    edges = np.arange(BUSY_S[0], BUSY_S[1] + 1, window_s)
    counts = np.concatenate([np.histogram(day, bins=edges)[0] for day in days])
    return float(counts.var() / counts.mean())


if __name__ == "__main__":
    asked = [asked_per_user_s(60, seed) for seed in (1, 2, 3)]
    for field in fields(Asked):
        rates = [getattr(each, field.name) for each in asked]
        by_seed = ", ".join(f"{rate:.3g}" for rate in rates)
        print(f"{field.name} per user and second: {fmean(rates):.4g} (seeds: {by_seed})")
