"""The same models as textbooks write them: a process per client, resources, a link that visits
every flow. Only to compare with.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Generator
from typing import Any

import pandas as pd
import simpy


class NaiveLink:
    """Equal shares by visiting every flow at every event."""

    def __init__(self, env: simpy.Environment, bytes_per_s: float) -> None:
        self.env, self.rate = env, bytes_per_s
        self.left: list[list[Any]] = []
        self.since, self.version = 0.0, 0

    def send(self, size: float, done: Callable[[], object]) -> None:
        """Let a flow enter."""
        self._advance()
        self.left.append([size, done])
        self._aim()

    def _advance(self) -> None:
        if self.left:
            part = (self.env.now - self.since) * self.rate / len(self.left)
            for flow in self.left:
                flow[0] -= part
        self.since = self.env.now

    def _aim(self) -> None:
        self.version += 1
        if self.left:
            delay, version = (
                max(0.0, min(flow[0] for flow in self.left)) * len(self.left) / self.rate,
                self.version,
            )
            self.env.timeout(delay).callbacks.append(lambda _: self._due(version))

    def _due(self, version: int) -> None:
        if version == self.version:
            self._advance()
            head = min(self.left, key=lambda flow: flow[0])
            self.left.remove(head)
            head[1]()
            self._aim()


class SweepingLink(NaiveLink):
    """The same with an event per aim and a sweep for all that have finished: the program that the
    goal is set against, and the slower one.
    """

    def _aim(self) -> None:
        self.version += 1
        if self.left:
            due = self.env.event()
            due._ok, due._value = True, self.version
            due.callbacks.append(lambda event: self._due(event.value))
            self.env.schedule(
                due, delay=max(0.0, min(flow[0] for flow in self.left) * len(self.left) / self.rate)
            )

    def _due(self, version: int) -> None:
        if version == self.version:
            self._advance()
            least = min(flow[0] for flow in self.left) + 1e-12
            gone = [flow for flow in self.left if flow[0] <= least]
            self.left = [flow for flow in self.left if flow[0] > least]
            for flow in gone:
                flow[1]()
            self._aim()


def station(customers: int, servers: int, load: float, seed: int) -> None:
    """M/M/c with a process per customer."""
    env, draws = simpy.Environment(), random.Random(seed)
    resource = simpy.Resource(env, servers)

    def customer() -> Generator[simpy.Event, Any, None]:
        with resource.request() as request:
            yield request
            yield env.timeout(draws.expovariate(1.0))

    def source() -> Generator[simpy.Event, Any, None]:
        for _ in range(customers):
            yield env.timeout(draws.expovariate(servers * load))
            env.process(customer())

    env.process(source())
    env.run()


def miniature(
    clients: int, until_s: float, seed: int, figures: Any, link_of: type[NaiveLink] = SweepingLink
) -> tuple[int, int]:
    """The end-to-end miniature, rows as dicts made into a DataFrame; return the numbers of calls
    and of events.
    """
    env, draws, rows = simpy.Environment(), random.Random(seed), []
    up = [link_of(env, figures.link_bytes_per_s) for _ in range(figures.links)]
    down = [link_of(env, figures.link_bytes_per_s) for _ in range(figures.links)]
    cpus = [simpy.Resource(env, figures.cores) for _ in range(figures.servers)]
    disks = [simpy.Resource(env, 1) for _ in range(figures.servers)]

    def carry(link: NaiveLink, size: float) -> simpy.Event:
        sent = env.event()
        link.send(size, sent.succeed)
        return sent

    def client(number: int) -> Generator[simpy.Event, Any, None]:
        link, server = number % figures.links, number % figures.servers
        while True:
            yield env.timeout(draws.expovariate(1.0 / figures.think_s))
            begun, request, answer = (
                env.now,
                draws.expovariate(1.0 / figures.request_bytes),
                draws.expovariate(1.0 / figures.answer_bytes),
            )
            yield carry(up[link], request)
            yield env.timeout(figures.latency_s)
            with cpus[server].request() as place:
                yield place
                yield env.timeout(draws.expovariate(1.0 / figures.cpu_s))
            with disks[server].request() as place:
                yield place
                yield env.timeout(draws.expovariate(1.0 / figures.disk_s))
            yield carry(down[link], answer)
            yield env.timeout(figures.latency_s)
            rows.append(
                {
                    "start_s": begun,
                    "client": number,
                    "server": server,
                    "up": request,
                    "down": answer,
                    "end_s": env.now,
                }
            )

    for number in range(clients):
        env.process(client(number))
    env.run(until=until_s)
    return len(pd.DataFrame(rows)), next(env._eid)
