"""A fixed number of users who think, ask and wait: exact mean value analysis (Reiser and Lavenberg 1980), finite source."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Closed:
    """Throughput in 1/s, response in s, and the mean number present at each station."""

    throughput_per_s: float
    response_s: float
    present: tuple[float, ...]


def mean_value_analysis(demands_s: Sequence[float], users: int, think_s: float = 0.0) -> Closed:
    """Return the exact solution of a closed product-form network of single-server stations.

    `demands_s` has the service demand per cycle at each station. Raises ValueError for no users or no station.
    """
    if users < 1 or not demands_s:
        raise ValueError(f"{users} users at {len(demands_s)} stations: one of each at least is needed")
    present = [0.0] * len(demands_s)
    throughput = response = 0.0
    for population in range(1, users + 1):
        times = [demand * (1.0 + queue) for demand, queue in zip(demands_s, present, strict=True)]
        response = sum(times)
        throughput = population / (think_s + response)
        present = [throughput * time for time in times]
    return Closed(throughput, response, tuple(present))


def finite_source(users: int, think_s: float, service_s: float, servers: int = 1) -> Closed:
    """Return the machine-repair model M/M/c//N from its birth-death balance (Gross and Harris 1998, 2.6)."""
    if users < 1 or servers < 1:
        raise ValueError(f"{users} users at {servers} servers: one of each at least is needed")
    weights = [1.0]
    for present in range(users):
        weights.append(weights[-1] * (users - present) / think_s * service_s / min(present + 1, servers))
    total = sum(weights)
    throughput = sum(weight * min(present, servers) for present, weight in enumerate(weights)) / total / service_s
    inside = sum(weight * present for present, weight in enumerate(weights)) / total
    return Closed(throughput, inside / throughput, (inside,))
