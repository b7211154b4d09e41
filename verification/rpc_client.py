"""The client inside the namespace: impacket, its sends and receives counted.

python -m verification.rpc_client HOST none|ntlm nagle|nodelay     prints a JSON list: stage, bytes
up, bytes down, seconds
"""

from __future__ import annotations

import json
import socket
import sys
import time
from typing import Any

from impacket.dcerpc.v5 import epm, samr, transport
from impacket.dcerpc.v5.rpcrt import RPC_C_AUTHN_LEVEL_PKT_INTEGRITY, RPC_C_AUTHN_WINNT

from verification.samba import PASSWORD, USER


class Counted:
    """A socket that notes how many bytes go each way, and when the first of a message left or the
    last came.
    """

    def __init__(self, raw: socket.socket) -> None:
        self.raw = raw
        self.messages: list[tuple[str, int, float]] = []

    def send(self, data: bytes) -> int:
        """Send, and count."""
        self._note("up", len(data))
        return self.raw.send(data)

    def recv(self, most: int) -> bytes:
        """Receive, and count."""
        data = self.raw.recv(most)
        self._note("down", len(data))
        return data

    def _note(self, way: str, count: int) -> None:
        """Add to the message under way, or begin one."""
        now = time.perf_counter()
        if self.messages and self.messages[-1][0] == way == "down":
            count += self.messages.pop()[1]
        self.messages.append((way, count, now))

    def __getattr__(self, name: str) -> Any:
        return getattr(self.raw, name)


def connected(binding: str, *, nodelay: bool, ntlm: bool = False) -> tuple[Any, Counted, float]:
    """Return impacket's DCE/RPC client on a new connection, its counted socket and the seconds of
    the connect.
    """
    way = transport.DCERPCTransportFactory(binding)
    if ntlm:
        way.set_credentials(USER, PASSWORD, "WG")
    client = way.get_dce_rpc()
    if ntlm:
        client.set_auth_type(RPC_C_AUTHN_WINNT)
        client.set_auth_level(RPC_C_AUTHN_LEVEL_PKT_INTEGRITY)
    begun = time.perf_counter()
    client.connect()
    took_s = time.perf_counter() - begun
    raw = way._TCPTransport__socket
    raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, int(nodelay))
    way._TCPTransport__socket = counted = Counted(raw)
    return client, counted, took_s


def stages(host: str, *, ntlm: bool, nodelay: bool) -> list[tuple[str, int, int, float]]:
    """Return stage, bytes up, bytes down and seconds from "where is this service?" to its first
    answer.
    """
    client, counted, connect_s = connected(f"ncacn_ip_tcp:{host}[135]", nodelay=nodelay)
    binding = epm.hept_map(host, samr.MSRPC_UUID_SAMR, protocol="ncacn_ip_tcp", dce=client)
    found = [("EPM connect", 0, 0, connect_s), *_paired(("EPM bind", "ept_map"), counted)]
    client.disconnect()
    client, counted, connect_s = connected(binding, nodelay=nodelay, ntlm=ntlm)
    client.bind(samr.MSRPC_UUID_SAMR)
    samr.hSamrConnect(client)
    return [*found, ("connect", 0, 0, connect_s), *_paired(("bind", "first call"), counted)]


def _paired(names: tuple[str, ...], counted: Counted) -> list[tuple[str, int, int, float]]:
    """Return a row per stage; a message that follows without an answer to the one before is a third
    leg.
    """
    rows, waiting = [], list(names)
    for number, (way, count, time_s) in enumerate(counted.messages):
        if way == "down":
            _, up, begun_s = counted.messages[number - 1]
            rows.append((waiting.pop(0), up, count, time_s - begun_s))
        elif (
            number
            and counted.messages[number - 1][0] == "down"
            and counted.messages[number + 1][0] == "up"
        ):
            rows.append(("third leg", count, 0, 0.0))
    return rows


if __name__ == "__main__":
    print(
        json.dumps(
            stages(sys.argv[1], ntlm=sys.argv[2] == "ntlm", nodelay=sys.argv[3] == "nodelay")
        )
    )
