"""What queueing theory predicts: Erlang's formulas, M/G/1, closed networks, operational laws."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, inf, sqrt


def erlang_b(load: float, servers: int) -> float:
    """Return the probability that an arrival at M/M/c/c is blocked; `load` is in erlangs.

    The recursion B(c) = a B(c-1) / (c + a B(c-1)) is stable for any size (Erlang 1917; Gross and
    Harris 1998, 2.4). Raises ValueError for a negative load or no server.

    >>> round(erlang_b(2.0, 3), 4)
    0.2105
    """
    _check_load(load, servers)
    blocked = 1.0
    for busy in range(1, servers + 1):
        blocked = load * blocked / (busy + load * blocked)
    return blocked


def erlang_c(load: float, servers: int) -> float:
    """Return the probability that an arrival at M/M/c has to wait (Gross and Harris 1998, 2.3).

    `load` is in erlangs; the probability is 1 when the servers are overloaded. Raises ValueError
    for a negative load or no server.

    >>> round(erlang_c(2.0, 3), 4)
    0.4444
    """
    if load >= servers:
        return 1.0
    blocked = erlang_b(load, servers)
    return blocked / (1.0 - load / servers * (1.0 - blocked))


@dataclass(frozen=True, slots=True)
class Mmc:
    """An M/M/c queue in the steady state; times in seconds, infinite when it is overloaded.

    >>> queue = Mmc(arrivals_per_s=0.8, service_s=1.0)
    >>> round(queue.wait_s, 6), round(queue.present, 6)
    (4.0, 4.0)
    """

    arrivals_per_s: float
    service_s: float
    servers: int = 1

    @property
    def load(self) -> float:
        """The offered load in erlangs."""
        return self.arrivals_per_s * self.service_s

    @property
    def wait_s(self) -> float:
        """The mean wait for a server."""
        if self.load >= self.servers:
            return inf
        return erlang_c(self.load, self.servers) * self.service_s / (self.servers - self.load)

    @property
    def response_s(self) -> float:
        """The mean time from arrival to departure."""
        return self.wait_s + self.service_s

    @property
    def present(self) -> float:
        """The mean number present (Little)."""
        return self.arrivals_per_s * self.response_s


def square_root_staffing(load: float, spare: float = 1.0) -> int:
    """Return load + spare x sqrt(load) servers, rounded up (Halfin and Whitt 1981).

    `load` is in erlangs. Raises ValueError for a negative load.

    >>> square_root_staffing(100.0)
    110
    """
    _check_load(load, 1)
    return ceil(load + spare * sqrt(load))


@dataclass(frozen=True, slots=True)
class Mg1:
    """An M/G/1 queue, first come first served (Kleinrock 1975, 5.7); times in seconds.

    `scv` is the squared coefficient of variation of the service time: 0 fixed, 1 exponential.

    >>> round(Mg1(0.8, 1.0, scv=0.0).wait_s, 6)
    2.0
    """

    arrivals_per_s: float
    service_s: float
    scv: float = 1.0

    @property
    def utilisation(self) -> float:
        """The share of time the server is busy."""
        return self.arrivals_per_s * self.service_s

    @property
    def wait_s(self) -> float:
        """The mean wait by the Pollaczek-Khinchine formula; infinite when overloaded."""
        busy = self.utilisation
        if busy >= 1.0:
            return inf
        return busy * self.service_s * (1.0 + self.scv) / (2.0 * (1.0 - busy))

    @property
    def response_s(self) -> float:
        """The mean time from arrival to departure."""
        return self.wait_s + self.service_s


def processor_sharing_s(
    arrivals_per_s: float, service_s: float, own_s: float | None = None
) -> float:
    """Return the mean response time at M/G/1-PS in seconds: own / (1 - utilisation).

    `own_s` is the service time of the job that is asked about (default: `service_s`, the mean).
    The result does not depend on the distribution of the service time (Kleinrock 1976, 4.4).

    >>> processor_sharing_s(0.5, 1.0)
    2.0
    """
    busy = arrivals_per_s * service_s
    return inf if busy >= 1.0 else (service_s if own_s is None else own_s) / (1.0 - busy)


@dataclass(frozen=True, slots=True)
class ClosedNetwork:
    """The solution of a closed network: throughput in 1/s, response in s, mean number present.

    `present` has one number per station.

    >>> round(mean_value_analysis([0.2], users=3).throughput_per_s, 6)
    5.0
    """

    throughput_per_s: float
    response_s: float
    present: tuple[float, ...]


def mean_value_analysis(
    demands_s: Sequence[float], users: int, think_s: float = 0.0
) -> ClosedNetwork:
    """Return the exact solution of a closed product-form network of single-server stations.

    `demands_s` has the service demand per cycle at each station (Reiser and Lavenberg 1980). Raises
    ValueError for no users or no station.

    >>> network = mean_value_analysis([2.0, 3.0, 1.0], users=2, think_s=4.0)
    >>> round(network.response_s, 3), round(network.throughput_per_s, 3)
    (7.4, 0.175)
    """
    if users < 1 or not demands_s:
        raise ValueError(
            f"{users} users at {len(demands_s)} stations: one of each at least is needed"
        )
    present = [0.0] * len(demands_s)
    throughput = response = 0.0
    for population in range(1, users + 1):
        times = [demand * (1.0 + queue) for demand, queue in zip(demands_s, present, strict=True)]
        response = sum(times)
        throughput = population / (think_s + response)
        present = [throughput * time for time in times]
    return ClosedNetwork(throughput, response, tuple(present))


def finite_source(users: int, think_s: float, service_s: float, servers: int = 1) -> ClosedNetwork:
    """Return the machine-repair model M/M/c//N from its birth-death balance.

    Each of `users` thinks and then asks for `service_s` seconds of one server, both exponential
    (Gross and Harris 1998, 2.6). Raises ValueError for no users or no server.

    >>> round(finite_source(5, think_s=0.9, service_s=0.1).throughput_per_s, 2)
    4.75
    """
    if users < 1 or servers < 1:
        raise ValueError(f"{users} users at {servers} servers: one of each at least is needed")
    weights = [1.0]
    for present in range(users):
        birth, death = (users - present) / think_s, min(present + 1, servers) / service_s
        weights.append(weights[-1] * birth / death)
    total = sum(weights)
    busy = sum(weight * min(present, servers) for present, weight in enumerate(weights)) / total
    inside = sum(weight * present for present, weight in enumerate(weights)) / total
    throughput = busy / service_s
    return ClosedNetwork(throughput, inside / throughput, (inside,))


def utilisation(throughput_per_s: float, service_s: float, servers: int = 1) -> float:
    """Return the utilisation law, the busy share of each server: throughput x service / servers.

    Operational laws hold for any system over any period (Denning and Buzen 1978).

    >>> utilisation(throughput_per_s=320.0, service_s=0.01, servers=4)
    0.8
    """
    return throughput_per_s * service_s / servers


def little(throughput_per_s: float, time_s: float) -> float:
    """Return Little's law: how many are present when each stays `time_s` seconds (Little 1961).

    >>> little(throughput_per_s=2000.0, time_s=0.2)
    400.0
    """
    return throughput_per_s * time_s


def response_time(users: int, throughput_per_s: float, think_s: float) -> float:
    """Return the interactive response time law in seconds: users / throughput - think time.

    >>> response_time(users=20, throughput_per_s=2.0, think_s=9.0)
    1.0
    """
    return users / throughput_per_s - think_s


def _check_load(load: float, servers: int) -> None:
    if load < 0.0 or servers < 1:
        raise ValueError(
            f"load = {load:g} erlangs at {servers} servers: "
            "a load of 0 or more and one server at least are allowed"
        )
