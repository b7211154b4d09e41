"""The directory server: names and referrals."""

from __future__ import annotations

from anywhere_sim.exchange.server import Server
from anywhere_sim.rpc.call import Rpc
from anywhere_sim.rpc.connection import Connection


class Directory(Server):
    """A global catalogue: each look-up costs processor time and nothing else.

    `rpc_mcycles` of a directory are those of one look-up, whose weight is 1 (those of a store are
    of its mean call, so a store divides by the mean weight).
    """

    def arrive(self, rpc: Rpc) -> None:
        """A call arrives."""
        if not self.is_running:
            return
        rpc.arrived_s = rpc.entered_s = self.env.now
        self.calls.enter(rpc)
        rpc.cpu_s = self.cpu_s(rpc.weight * self.spec.rpc_mcycles)
        self.cpu.serve(rpc, rpc.cpu_s, self._served)

    def _served(self, rpc: Rpc) -> None:
        if rpc.work is not None:
            rpc.work(rpc)
        self.finish(rpc)

    def leave(self, connection: Connection, *, known: bool) -> None:
        """A connection has ended for its client."""
        self.disconnect(connection)
