"""What a server counts, named as perfmon names it."""

from __future__ import annotations

from math import fsum

from anywhere_sim.des.environment import Environment


class RpcCounters:
    """RPC Requests, packets, operations and time of one server.

    They are kept so that Little's law can be checked as an identity.

    `area_s` integrates the number of requests present over time; `time_s()` adds up the time of
    each call. The two are computed apart and must agree at every instant.
    """

    __slots__ = (
        "_changed_s",
        "_entered_s",
        "_env",
        "area_s",
        "arrived",
        "failed",
        "finished",
        "present",
        "rops",
        "time_of_finished_s",
    )

    def __init__(self, env: Environment) -> None:
        self._env = env
        self._changed_s = env.now
        self._entered_s: dict[object, float] = {}
        self.area_s = self.time_of_finished_s = 0.0
        self.arrived = self.finished = self.failed = self.present = self.rops = 0

    def _advance(self, step: int) -> float:
        now = self._env.now
        self.area_s += self.present * (now - self._changed_s)
        self._changed_s = now
        self.present += step
        return now

    def enter(self, call: object) -> None:
        """A call has arrived."""
        self._entered_s[call] = self._advance(1)
        self.arrived += 1

    def leave(self, call: object, failed: bool = False, rops: int = 0) -> None:
        """A call has been answered with its operations, or has failed at the server."""
        now = self._advance(-1)
        self.time_of_finished_s += now - self._entered_s.pop(call)
        if failed:
            self.failed += 1
        else:
            self.finished += 1
            self.rops += rops

    def inside(self) -> list[object]:
        """Return the calls that are at the server now, in order of arrival."""
        return list(self._entered_s)

    def requests_s(self) -> float:
        """Return the integral of RPC Requests up to now, in request-seconds."""
        self._advance(0)
        return self.area_s

    def time_s(self) -> float:
        """Return the time all calls have spent at the server up to now, in seconds."""
        now = self._env.now
        return self.time_of_finished_s + fsum(
            now - entered_s for entered_s in self._entered_s.values()
        )
