"""The directory server: names and referrals."""

from __future__ import annotations

from anywhere_sim.kernel.station import Job
from anywhere_sim.model.connection import Connection
from anywhere_sim.model.rpc import Rpc
from anywhere_sim.model.servers.server import Server


class Directory(Server):
    """A global catalogue: each look-up costs processor time and nothing else."""

    def arrive(self, rpc: Rpc) -> None:
        """A call arrives."""
        if not self.answers:
            return
        rpc.arrived_s = self.clock.now
        self.calls.enter(rpc)
        self.cpu.serve(rpc, self.cpu_s(rpc.mcycles * self.spec.rpc_mcycles), self._served)

    def _served(self, job: Job) -> None:
        assert isinstance(job, Rpc)
        if rpc_work := job.work:
            rpc_work(job)
        self.finish(job)

    def leave(self, connection: Connection, *, known: bool) -> None:
        """A connection has ended for its client."""
        self.disconnect(connection)
