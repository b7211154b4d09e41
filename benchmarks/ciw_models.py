"""The shared link and the network of clients as Ciw writes them: processor-sharing nodes, and a
closed network, whose clients all arrive at the beginning.
"""

from __future__ import annotations

from time import process_time

import ciw

from benchmarks.miniature import figures

Exponential = ciw.dists.Exponential
FOREVER = float("inf")
ROUNDING = 1e-12  # chances that add up to more than 1 by rounding are refused


def link(flows: int = 10_000, load: float = 0.8) -> float:
    """Flows per second through one link shared in equal parts, at that load."""
    begun = process_time()
    network = ciw.create_network(
        arrival_distributions=[Exponential(load)],
        service_distributions=[Exponential(1.0)],
        number_of_servers=[FOREVER],
    )
    ciw.seed(1)
    simulation = ciw.Simulation(network, node_class=ciw.PSNode)
    simulation.simulate_until_max_customers(flows)
    return flows / (process_time() - begun)


def clients(count: int, until_s: float) -> tuple[int, float]:
    """Return the calls of so many clients in so many seconds, and the seconds it took.

    Nodes: thinking; links up; a delay; processors; disks; links down; a delay.
    """
    begun, given = process_time(), figures(count)
    links, servers = given.links, given.servers
    up, cpu = 1, 2 + links
    disk, down = cpu + servers, cpu + 2 * servers
    home = down + links
    size = home + 1

    def to(first: int, last: int) -> list[float]:
        """Return a row of the matrix: to one of the nodes from `first` on, with equal chances."""
        share = (1.0 - ROUNDING) / (last - first)
        return [share if first <= node < last else 0.0 for node in range(size)]

    rows = [to(up, up + links)]
    rows += [to(up + links, up + links + 1)] * links + [to(cpu, cpu + servers)]
    rows += [to(disk + server, disk + server + 1) for server in range(servers)]
    rows += [to(down, down + links)] * servers + [to(home, home + 1)] * links + [to(0, 1)]
    latency = ciw.dists.Deterministic(given.latency_s)
    request, answer = (
        Exponential(given.link_bytes_per_s / size_bytes)
        for size_bytes in (given.request_bytes, given.answer_bytes)
    )
    services = [Exponential(1.0 / given.think_s), *[request] * links, latency]
    services += [Exponential(1.0 / given.cpu_s)] * servers
    services += [Exponential(1.0 / given.disk_s)] * servers + [answer] * links + [latency]
    shared = [*range(up, up + links), *range(down, down + links)]
    network = ciw.create_network(
        arrival_distributions=[ciw.dists.Sequential([1e-9, FOREVER]), *[None] * (size - 1)],
        batching_distributions=[ciw.dists.Deterministic(count)]
        + [ciw.dists.Deterministic(1)] * (size - 1),
        service_distributions=services,
        number_of_servers=[FOREVER] * (up + links + 1)
        + [given.cores] * servers
        + [1] * servers
        + [FOREVER] * (links + 1),
        routing=rows,
    )
    ciw.seed(1)
    simulation = ciw.Simulation(
        network,
        node_class=[ciw.PSNode if node in shared else ciw.Node for node in range(size)],
    )
    simulation.simulate_until_max_time(until_s)
    took_s = process_time() - begun
    last = range(down + 1, down + links + 1)  # Ciw's nodes are counted from 1
    calls = sum(
        record.node in last
        for one in simulation.get_all_individuals()
        for record in one.data_records
    )
    return calls, took_s
