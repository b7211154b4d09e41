"""What the servers are, and what an operation costs a store, from their counters."""

from __future__ import annotations

import math
from collections.abc import Collection

import numpy as np
import pandas as pd

from anywhere_sim.calibration.estimate import Estimate, Z, kept
from anywhere_sim.calibration.written import Row
from anywhere_sim.scenario import Scenario
from anywhere_sim.scenario.server import Server
from anywhere_sim.simulation.simulate import simulate
from anywhere_sim.traces import Run

COST = "rpc_mcycles"
STORE, FRONT_END, DIRECTORY = "mailbox", "front_end", "directory"
FEWEST_HOURS = 4
FEWEST_OPERATIONS = 1_000
MOST_PEOPLE = 4
"""People of each group in the simulated day that says what a mix of operations costs."""
BLOCK_S = 3600.0


def store_name(run: Run) -> str:
    """Return the name of the first store of the counters, or one for it."""
    return next(iter(_names(run, STORE)), "mbx1")


def _names(run: Run, role: str) -> list[str]:
    servers = run.servers
    own = servers[servers["role"].astype(str) == role]["server"].dropna().astype(str)
    return sorted(own.unique())


def servers(run: Run, paths: Collection[str]) -> list[Row]:
    """Return the servers: those of the counters, and those without which nothing would run."""
    rows = []
    for role, usual, needed in (
        (STORE, "mbx1", True), (FRONT_END, "fe1", "https" in paths), (DIRECTORY, "gc1", True),
    ):  # fmt: skip
        seen = _names(run, role)
        for name in seen or [usual] * needed:
            table = ("servers", name)
            why = "perfmon has its counters" if seen else "no perfmon has it, but it is needed"
            rows.append(Row(table, Estimate("role", role, measured=bool(seen), basis=why)))
            usual_server = Server.model_validate({"role": role})
            rows.append(Row(table, _cores(run, name, usual_server)))
            if role == STORE:
                rows.append(Row(table, kept("mhz", usual_server.mhz, "no counter has the clock")))
                rows.append(Row(table, _cost(run, name, usual_server)))
    return rows


def _own(run: Run, name: str) -> pd.DataFrame:
    servers = run.servers
    return servers[servers["server"].astype(str) == name].sort_values("time_s")


def _cores(run: Run, name: str, usual: Server) -> Estimate:
    cores = _own(run, name)["cores"].dropna()
    if cores.empty:
        return kept("cores", usual.cores, "no counter names its processors")
    return Estimate("cores", int(cores.max()), basis="processors that perfmon names")


def _cost(run: Run, name: str, usual: Server) -> Estimate:
    """Return the processor time of the mean operation, at the usual clock.

    It is what the store used per operation, all else that it did included; the interval comes from
    leaving out one hour after the other (jackknife).
    """
    used, done = per_hour(_own(run, name))
    if len(done) < FEWEST_HOURS or not done.sum():
        return kept(COST, usual.rpc_mcycles, "too few hours of counters with operations")
    value, low, high = ratio(used * usual.mhz, done)
    if value <= 0.0:
        return kept(COST, usual.rpc_mcycles, "the counter of the processor stood still")
    basis = f"{done.sum():,.0f} operations in {len(done):,} hours, at this clock"
    return Estimate(COST, value, low, high, True, basis)


def of_the_mix(scenario: Scenario, name: str, raw: Estimate) -> Estimate:
    """Return what the mean operation of the model costs, from that of the operations in the logs.

    `raw` is what the store used per operation, which depends on which ones they were, and on what
    it did besides. A day of the scenario, with few people of each kind, says what the same mix
    uses in the model; deliveries, whose cost is another key, are taken from both.
    """
    few = {f"groups__{each}__mailboxes": min(group.mailboxes, MOST_PEOPLE)
           for each, group in scenario.groups.items()}  # fmt: skip
    run = simulate(scenario.with_(**few), seed=1)
    used, done = per_hour(_own(run, name))
    if done.sum() < FEWEST_OPERATIONS:
        return raw
    server = scenario.servers[name]
    delivered = int(run.messages["delivered_s"].notna().sum())
    besides = delivered * server.delivery_mcycles / done.sum()
    each, least, most = ratio(used * server.mhz, done)
    factor = server.rpc_mcycles / (each - besides)
    value = (raw.value - besides) * factor
    half = value * math.hypot((raw.high - raw.low) / raw.value, (most - least) / each) / 2.0
    low, high = value - half, value + half
    if not (math.isfinite(factor) and low > 0.0):
        return raw
    basis = f"{raw.basis}; {raw.value:.3g} before the mix of operations was taken into account"
    return Estimate(raw.key, value, low, high, True, basis)


def per_hour(rows: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Return core seconds used and operations done in each hour that has some."""
    known = rows.dropna(subset=["cpu_busy_s", "rpc_operations"])
    hour = known["time_s"] // BLOCK_S
    steps = known[["cpu_busy_s", "rpc_operations"]].diff().clip(lower=0.0).groupby(hour).sum()
    steps = steps[steps["rpc_operations"] > 0.0]
    return steps["cpu_busy_s"].to_numpy(), steps["rpc_operations"].to_numpy(np.float64)


def ratio(part: np.ndarray, whole: np.ndarray) -> tuple[float, float, float]:
    """Return a ratio of sums with its jackknife interval."""
    value = float(part.sum() / whole.sum())
    count = len(part)
    without = (part.sum() - part) / np.maximum(whole.sum() - whole, 1e-12)
    half = Z * math.sqrt((count - 1) / count * float(((without - without.mean()) ** 2).sum()))
    return value, value - half, value + half
