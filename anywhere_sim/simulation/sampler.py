"""The counters of servers and links, read every 15 seconds."""

from __future__ import annotations

from collections.abc import Sequence

from anywhere_sim.des.environment import Environment
from anywhere_sim.exchange.front_end import FrontEnd
from anywhere_sim.exchange.server import Server
from anywhere_sim.network.link import Link
from anywhere_sim.network.topology import Topology
from anywhere_sim.traces.recorder import Recorder
from anywhere_sim.traces.words import Direction

PERIOD_S = 15.0


class Sampler:
    """Reads all counters at fixed times and writes what happened since the last reading."""

    def __init__(
        self, env: Environment, servers: Sequence[Server], topology: Topology, recorder: Recorder
    ) -> None:
        self.env = env
        self._all_servers = servers
        self._topology = topology
        self._server_rows = recorder.servers
        self._link_rows = recorder.links
        self._last_s = env.now
        self._servers: dict[str, tuple[float, int, float, float, float, float, int]] = {}

    def begin(self) -> None:
        """Read the counters every period from now on."""
        self.env.call_at(self.env.now + PERIOD_S, self._tick)

    def _tick(self) -> None:
        self.read()
        self.env.call_at(self.env.now + PERIOD_S, self._tick)

    def finish(self) -> None:
        """Read the counters a last time, at the end of the run."""
        if self.env.now > self._last_s:
            self.read()

    def read(self) -> None:
        """Write a row per server, and one per link and direction that moved anything."""
        since_s = self.env.now - self._last_s
        for server in self._all_servers:
            self._read_server(server, since_s)
        network = self._topology
        for name in sorted(network.moving, key=network.links.__getitem__):
            _, place, up, down = network.links[name]
            self._read_link(name, place, "up", up)
            self._read_link(name, place, "down", down)
            if not (up.flows or down.flows):
                del network.moving[name]
        self._last_s = self.env.now

    def _read_server(self, server: Server, since_s: float) -> None:
        calls = server.calls
        busy_s, time_s = server.cpu.busy_s(), calls.time_s()
        reads, writes, log_writes = server.disk_accesses()
        old = self._servers.get(server.name, (0.0, 0, 0.0, 0.0, 0.0, 0.0, 0))
        packets = calls.packets - old[1]
        front = server if isinstance(server, FrontEnd) else None
        self._server_rows.row(
            server=server.name, role=server.spec.role, time_s=self.env.now,
            rpc_packets_per_s=packets / since_s,
            rpc_operations_per_s=(calls.rops - old[6]) / since_s,
            rpc_requests=calls.present,
            rpc_averaged_latency_ms=1000.0 * (time_s - old[2]) / packets if packets else 0.0,
            cpu_busy=(busy_s - old[0]) / (since_s * server.cpu.servers),
            disk_reads_per_s=(reads - old[3]) / since_s,
            disk_writes_per_s=(writes - old[4]) / since_s,
            log_writes_per_s=(log_writes - old[5]) / since_s, connections=len(server.connections),
            http_sessions=front.requests if front else 0, unique_users=len(server.users),
            queued_requests=server.queued,
            rejected=server.rejected, cpu_busy_s=busy_s,
            rpc_packets=calls.packets, rpc_operations=calls.rops,
            rpc_time_s=time_s, disk_reads=reads, disk_writes=writes, log_writes=log_writes,
            rpc_requests_s=calls.requests_s(), rpcs_arrived=calls.arrived,
            rpcs_finished=calls.finished, rpcs_failed=calls.failed,
            memory_bytes=front.sockets * front.connection_bytes if front else 0,
            tls_full=front.tls_full if front else 0, tls_resumed=front.tls_resumed if front else 0,
            cores=server.cpu.servers,
        )  # fmt: skip
        self._servers[server.name] = (
            busy_s, calls.packets, time_s, reads, writes, log_writes, calls.rops,
        )  # fmt: skip

    def _read_link(self, name: str, place: str, direction: Direction, link: Link) -> None:
        total, busy_s = link.delivered_bytes(), link.busy_s()
        old_total, old_busy_s = link.recorded_bytes, link.recorded_busy_s
        if total == old_total and busy_s == old_busy_s:
            return
        link.recorded_bytes, link.recorded_busy_s = total, busy_s
        self._link_rows.row(
            link=name, place=place, direction=direction, time_s=self.env.now,
            bytes=total - old_total, busy_s=busy_s - old_busy_s, flows=link.flows,
            cumulative_bytes=total,
        )  # fmt: skip
