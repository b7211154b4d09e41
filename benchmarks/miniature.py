"""An end-to-end miniature on the project's own parts: think, uplink, delay, processor, disk,
downlink, delay; a trace row per call.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from anywhere_sim.des.environment import Environment
from anywhere_sim.des.station import Job, Station
from anywhere_sim.network.link import ConstantRate
from anywhere_sim.network.processor_sharing_link import ProcessorSharingLink
from anywhere_sim.traces.rows import RpcRows


@dataclass(frozen=True)
class Figures:
    """Links at 0.7, processors at 0.7, disks at 0.6 load."""

    links: int
    servers: int
    cpu_s: float
    disk_s: float
    link_bytes_per_s: float
    think_s: float = 30.0
    latency_s: float = 0.03
    cores: int = 4
    request_bytes: float = 2_000.0
    answer_bytes: float = 20_000.0


def figures(clients: int) -> Figures:
    """Return the figures for a number of clients."""
    calls_per_s, servers, links = clients / 30.0, max(1, clients // 2500), max(1, clients // 500)
    return Figures(
        links,
        servers,
        0.7 * servers * 4 / calls_per_s,
        0.6 * servers / calls_per_s,
        20_000.0 * calls_per_s / links / 0.7,
    )


class Client(Job):
    """A client is its one pending event."""

    __slots__ = (
        "answer_bytes",
        "arrived_s",
        "begun_s",
        "cpu",
        "disk",
        "done_s",
        "down",
        "name",
        "number",
        "request_bytes",
        "up",
    )

    up: ProcessorSharingLink
    down: ProcessorSharingLink
    cpu: Station
    disk: Station

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number
        self.name = str(number)


class Miniature:
    """The miniature; `calls` counts completed ones, and a row of each goes to `sink` if there is
    one.

    Each law draws in batches for all clients. (In the model every client draws from streams of its
    own.)
    """

    def __init__(
        self, clients: int, seed: int, sink: Callable[[pa.RecordBatch], object] | None = None
    ) -> None:
        self.env = Environment()
        self.figures = given = figures(clients)
        self.rows = RpcRows(("", "miniature", 0), sink) if sink else None
        self.calls = 0
        ups, downs = (
            [
                ProcessorSharingLink(self.env, ConstantRate(given.link_bytes_per_s))
                for _ in range(given.links)
            ]
            for _ in range(2)
        )
        cpus = [Station(self.env, given.cores) for _ in range(given.servers)]
        disks = [Station(self.env, 1) for _ in range(given.servers)]
        draws = np.random.default_rng(seed)
        means = (given.think_s, given.cpu_s, given.disk_s, given.request_bytes, given.answer_bytes)
        (
            self._next_think_s,
            self._next_cpu_s,
            self._next_disk_s,
            self._next_request,
            self._next_answer,
        ) = (_exponentials(draws, mean).__next__ for mean in means)
        for number in range(clients):
            client = Client(number)
            client.up, client.down = ups[number % given.links], downs[number % given.links]
            client.cpu, client.disk = cpus[number % given.servers], disks[number % given.servers]
            self._think(client, 0.0)

    def run(self, until_s: float) -> None:
        """Run up to a time."""
        self.env.run(until=until_s)

    def _think(self, client: Client, from_s: float) -> None:
        self.env.schedule_call(client, from_s + self._next_think_s(), self._start)

    def _start(self, client: Client) -> None:
        client.begun_s = self.env.now
        client.request_bytes = self._next_request()
        client.up.send(client, client.request_bytes, self._sent)

    def _sent(self, client: Client) -> None:
        self.env.schedule_call(client, self.env.now + self.figures.latency_s, self._arrived)

    def _arrived(self, client: Client) -> None:
        client.arrived_s = self.env.now
        client.cpu.serve(client, self._next_cpu_s(), self._computed)

    def _computed(self, client: Client) -> None:
        client.disk.serve(client, self._next_disk_s(), self._answered)

    def _answered(self, client: Client) -> None:
        client.done_s = self.env.now
        client.answer_bytes = self._next_answer()
        client.down.send(client, client.answer_bytes, self._received)

    def _received(self, client: Client) -> None:
        """The last delay and the next thought are one timer; the row is complete now."""
        end_s = self.env.now + self.figures.latency_s
        self.calls += 1
        if self.rows is not None:
            self.rows.row(
                rpc=self.calls, connection=client.number, mailbox=client.name, group="miniature",
                operation=0, kind="call", rops=1, start_s=client.begun_s,
                arrived_s=client.arrived_s, done_s=client.done_s, end_s=end_s, stall_up_s=0.0,
                front_end_up_s=0.0, queue_s=0.0, cpu_s=0.0, disk_s=0.0, front_end_down_s=0.0,
                stall_down_s=0.0, bytes_up=client.request_bytes, bytes_down=client.answer_bytes,
                pdu_bytes_up=0.0, pdu_bytes_down=0.0,
            )  # fmt: skip
        self._think(client, end_s)


def _exponentials(draws: np.random.Generator, mean: float) -> Iterator[float]:
    while True:
        yield from draws.exponential(mean, 8_192).tolist()
