"""How a client takes its leave of a server: EcDoDisconnect where it is logged on, then the end of each TCP connection."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import simpy

from anywhere_sim.des.environment import Process
from anywhere_sim.network.talk import Talk
from anywhere_sim.rpc import call_types
from anywhere_sim.rpc.call import Rpc
from anywhere_sim.scenario.sourced import assumed

if TYPE_CHECKING:
    from anywhere_sim.rpc.connection import Connection

TEARDOWN_MAX_S: Annotated[float, assumed("the program that closes waits no longer for the last answer", 5, 60)] = 20.0
LOGGED_ON = ("mail", "public")


class Teardown:
    """The last exchange on a connection; nobody waits for it."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._talk = Talk(connection.access_path)
        self._talk.meter = connection.meter
        self._process: simpy.Process | None = None

    def begin(self) -> None:
        """Say goodbye from now on."""
        self._process = self._connection.env.process(self._disconnect())

    def break_off(self) -> None:
        """The connection has ended before; what is on the link leaves it."""
        self._talk.break_off()
        process = self._process
        if process is not None and process.is_alive and self._connection.env.active_process is not process:
            process.interrupt("ended")

    def _disconnect(self) -> Process:
        connection = self._connection
        try:
            if connection.service in LOGGED_ON:
                answered = connection.env.event()
                connection.call(Rpc(call_types.DISCONNECT, answered.succeed))
                rpc: Rpc = yield answered
                if rpc.failed:
                    return
            yield from self._end_tcp()
        except simpy.Interrupt:
            return
        connection.die("closed")

    def _end_tcp(self) -> Process:
        """FIN and its acknowledgement each way on each channel; TLS says close_notify before (RFC 793, RFC 2246 7.2.1)."""
        connection, talk = self._connection, self._talk
        notify = connection.channels * connection.framing.close_notify_bytes()
        talk.meter.owed_up += notify
        talk.meter.owed_down += notify
        header = connection.access_path.stack.header_bytes
        yield from talk.packets(header, header, 2 * connection.channels)
