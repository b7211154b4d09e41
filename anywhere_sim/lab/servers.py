"""Questions about servers: where their walls stand, what handshakes they did, what they were asked."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from anywhere_sim.model.servers.front_end import CONNECTION_BYTES
from anywhere_sim.model.simulate import simulate
from anywhere_sim.scenario import Scenario
from anywhere_sim.scenario.server import Server
from anywhere_sim.scenario.server_profiles import PROFILES
from anywhere_sim.traces import Run

SOCKETS_PER_CHANNEL = 2  # each channel holds the client's connection and one to the back end


def walls(channels_per_user: int) -> pd.DataFrame:
    """Return how many users each front end carries by its request queue, its connection memory, and its processor at 75 %."""
    rows = []
    for name, profile in PROFILES.items():
        if profile.role == "front_end":
            server = Server(role="front_end", profile=name)  # type: ignore[call-arg, arg-type]
            rows.append({
                "front end": name, "by request queue": server.request_limit // channels_per_user,
                "by connection memory": int(server.connection_memory_bytes // (CONNECTION_BYTES * SOCKETS_PER_CHANNEL * channels_per_user)),
                "by processor": _by_processor(server),
            })  # fmt: skip
    return pd.DataFrame(rows).set_index("front end")


def _by_processor(server: Server) -> int:
    """Return the users at which first + slope n MHz each fill three quarters of the processors."""
    budget_mhz = 0.75 * server.cores * server.mhz
    first, slope = server.user_mhz_first, server.user_mhz_slope
    return int(((first**2 + 4.0 * slope * budget_mhz) ** 0.5 - first) / (2.0 * slope))


def handshakes(runs: Mapping[str, Run], after_s: float) -> pd.DataFrame:
    """Return the number of TLS handshakes after an instant, full and resumed, by run."""
    counts = {name: run.attempts.loc[run.attempts["end_s"] > after_s, "tls"].astype(str).value_counts() for name, run in runs.items()}
    return pd.DataFrame(counts).reindex(["full", "resumed"]).fillna(0).astype(int)


def rpc_rate(scenario: Scenario, seed: int = 7) -> float:
    """Return the calls per second at the store, mean over a run."""
    servers = simulate(scenario, seed=seed).servers
    return round(float(servers.loc[servers["role"].astype(str) == "mailbox", "rpc_operations_per_s"].mean()), 4)
