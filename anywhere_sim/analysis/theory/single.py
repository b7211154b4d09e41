"""One server and any law of service: first come first served, or shared by all (Kleinrock 1975, 5.7; 1976, 4.4)."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf


@dataclass(frozen=True, slots=True)
class Mg1:
    """An M/G/1 queue, first come first served; `scv` is the squared coefficient of variation of the service time."""

    arrivals_per_s: float
    service_s: float
    scv: float = 1.0

    @property
    def utilisation(self) -> float:
        """The share of time the server is busy."""
        return self.arrivals_per_s * self.service_s

    @property
    def wait_s(self) -> float:
        """The mean wait: Pollaczek and Khinchine."""
        busy = self.utilisation
        return inf if busy >= 1.0 else busy * self.service_s * (1.0 + self.scv) / (2.0 * (1.0 - busy))

    @property
    def response_s(self) -> float:
        """The mean time from arrival to departure."""
        return self.wait_s + self.service_s


def processor_sharing_s(arrivals_per_s: float, service_s: float, own_s: float | None = None) -> float:
    """Return the mean time of a job of `own_s` (the mean job unless told) at an M/G/1-PS server: own / (1 - utilisation).

    It does not depend on the law of the service time.
    """
    busy = arrivals_per_s * service_s
    return inf if busy >= 1.0 else (service_s if own_s is None else own_s) / (1.0 - busy)
