"""Operational laws: they hold for any system over any period, without assumptions (Denning and Buzen 1978)."""

from __future__ import annotations


def utilisation(throughput_per_s: float, service_s: float, servers: int = 1) -> float:
    """Return the utilisation law: throughput times service time, per server."""
    return throughput_per_s * service_s / servers


def little(throughput_per_s: float, time_s: float) -> float:
    """Return Little's law: how many are present when each stays `time_s` (Little 1961)."""
    return throughput_per_s * time_s


def response_time(users: int, throughput_per_s: float, think_s: float) -> float:
    """Return the interactive response time law: users / throughput - think time, in seconds."""
    return users / throughput_per_s - think_s
