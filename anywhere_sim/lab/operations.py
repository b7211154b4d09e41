"""The operational laws, read off a trace: both sides come from different tables."""

from __future__ import annotations

import pandas as pd

from anywhere_sim.traces import Run

SAMPLE_S = 15.0


def laws(run: Run, server: str, service_s: float, cores: int) -> pd.DataFrame:
    """Return Little's law for connections and the utilisation law for the processor of one server.

    `service_s` is what a mean call is said to cost on one core. Little holds but for the samples'
    grain; the other as well as the mean call is mean.
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
                "law": "utilisation = calls per s x work per call / cores",
                "counted": float(rows["cpu_busy"].mean()),
                "by the law": rate * service_s / cores,
            },
        ]
    ).set_index("law")
