"""What a run costs in events, counted from its traces."""

from __future__ import annotations

import anywhere_sim as aw

STAGES = ("resolved_s", "tcp_s", "tls_s", "auth_s", "end_s")


def events_per_step(run: aw.Run) -> float:
    """Return the events of a run for each RPC, action or stage of an attempt (dimensionless)."""
    stages = int(run.attempts[list(STAGES)].notna().to_numpy().sum())
    return float(
        run.manifest["events_total"] / (run.manifest["rpcs"] + len(run.operations) + stages)
    )
