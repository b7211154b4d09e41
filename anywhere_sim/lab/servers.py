"""Questions about servers: how many users each carries, what they were asked, which laws hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from anywhere_sim.analysis.intervals import Interval, mean_interval
from anywhere_sim.exchange.front_end import CONNECTION_BYTES
from anywhere_sim.scenario.catalog import PROFILES
from anywhere_sim.scenario.server import Server
from anywhere_sim.traces import Run

CHANNELS_PER_ADDRESS = (
    30_000  # measurements B4: 60,000 ports an address, two for each incoming connection, KB 951764
)
PLANNED = 0.75  # the share of a processor that is planned for


def users_per_front_end(channels_per_user: int) -> pd.DataFrame:
    """Return how many users each front end carries by its request queue, connection memory,
    back-end ports of one address, and processor at 75 %.

    >>> table = lab.users_per_front_end(channels_per_user=10)
    >>> "by request queue" in table.columns
    True
    """
    rows = []
    for name, profile in PROFILES.items():
        if profile.role == "front_end":
            server = Server(role="front_end", profile=name)  # type: ignore[call-arg]
            rows.append(
                {
                    "front end": name,
                    "by request queue": server.request_limit // channels_per_user,
                    "by connection memory": int(
                        server.connection_memory_bytes // (CONNECTION_BYTES * channels_per_user)
                    ),
                    "by ports": CHANNELS_PER_ADDRESS // channels_per_user,
                    "by processor": _by_processor(server),
                }
            )
    return pd.DataFrame(rows).set_index("front end")


def _by_processor(server: Server) -> int:
    """Return the users at which first + slope n MHz each fill three quarters of the processors."""
    budget_mhz = PLANNED * server.cores * server.mhz
    first, slope = server.user_mhz_first, server.user_mhz_slope
    return int(((first**2 + 4.0 * slope * budget_mhz) ** 0.5 - first) / (2.0 * slope))


def users_per_core(runs: Sequence[Run], people: int, core_mhz: float, mcycles: float) -> Interval:
    """Return how many such people one core of a store carries at 75 % when an operation costs
    `mcycles`, with the 95 % interval of the runs, each with `people`.

    >>> answer = lab.users_per_core([run, runs["cached"]], people=6, core_mhz=2_000, mcycles=2.65)
    >>> answer.low <= answer.mean <= answer.high
    True
    """
    users = [PLANNED * core_mhz / (mcycles * operations_per_s(run) / people) for run in runs]
    return mean_interval(users)


def calls_per_s(run: Run) -> float:
    """Return the calls per second at the store, mean over a run.

    >>> lab.calls_per_s(run) > 0
    True
    """
    return _at_the_store(run, "rpc_packets_per_s")


def operations_per_s(run: Run) -> float:
    """Return the operations per second that those calls carried, mean over a run.

    >>> lab.operations_per_s(run) > lab.calls_per_s(run)
    True
    """
    return _at_the_store(run, "rpc_operations_per_s")


def _at_the_store(run: Run, counter: str) -> float:
    return float(run.servers.loc[run.servers["role"] == "mailbox", counter].mean())


def tls_handshakes(runs: Mapping[str, Run], after_s: float) -> pd.DataFrame:
    """Return the number of TLS handshakes after an instant, full and resumed, by run.

    >>> lab.tls_handshakes(runs, 0.0).index.tolist()
    ['full', 'resumed']
    """
    counts = {
        name: run.attempts.loc[run.attempts["end_s"] > after_s, "tls"].astype(str).value_counts()
        for name, run in runs.items()
    }
    return pd.DataFrame(counts).reindex(["full", "resumed"]).fillna(0).astype(int)


def first_sync_ends_s(run: Run) -> pd.Series:
    """Return when the last mailbox of each group had its first copy complete, in seconds since
    midnight.

    >>> lab.first_sync_ends_s(run).empty  # nobody here fills a new copy
    True
    """
    first = run.syncs[run.syncs["kind"] == "first"]
    return first.groupby(first["group"].astype(str))["end_s"].max()


SAMPLE_S = 15.0


def operational_laws(run: Run, server: str, service_s: float, cores: int) -> pd.DataFrame:
    """Return Little's law for connections and the utilisation law for the processor of one server.

    `service_s` is what a mean operation is said to cost on one core. Little holds but for the
    samples' grain; the other as well as the mean operation is mean.

    >>> lab.operational_laws(run, "mbx1", service_s=0.001, cores=4).shape
    (2, 2)
    """
    rows = run.servers[run.servers["server"] == server]
    span_s = len(rows) * SAMPLE_S
    lives = run.connections[run.connections["server"] == server]
    per_s, life_s = len(lives) / span_s, float((lives["end_s"] - lives["start_s"]).mean())
    rate = float(rows["rpc_operations"].iloc[-1]) / span_s
    return pd.DataFrame(
        [
            {
                "law": "Little: open connections = opened per s x lifetime",
                "counted": float(rows["connections"].mean()),
                "by the law": per_s * life_s,
            },
            {
                "law": "utilisation = operations per s x work per operation / cores",
                "counted": float(rows["cpu_busy"].mean()),
                "by the law": rate * service_s / cores,
            },
        ]
    ).set_index("law")
