"""A link between two network namespaces: rate, delay and a dropped port, in user space over two TUN devices.

python -m verification.emulator NAMESPACE_A NAMESPACE_B KBPS RTT_MS DROPPED_PORT
"""

from __future__ import annotations

import fcntl
import os
import select
import struct
import subprocess
import sys
import time
from collections import deque

TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 0x0001, 0x1000
CLIENT, SERVER = "10.99.0.1", "10.99.0.2"
MTU = 1500
TCP = 6


class Direction:
    """One way: packets leave a FIFO at the rate, and arrive a delay later."""

    def __init__(self, out: int, bytes_per_s: float, delay_s: float) -> None:
        self.out = out
        self._bytes_per_s = bytes_per_s
        self._delay_s = delay_s
        self._free_s = 0.0
        self._flying: deque[tuple[float, bytes]] = deque()

    def take(self, packet: bytes, now_s: float) -> None:
        """Let a packet enter the FIFO."""
        self._free_s = max(now_s, self._free_s) + len(packet) / self._bytes_per_s
        self._flying.append((self._free_s + self._delay_s, packet))

    def deliver(self, now_s: float) -> float:
        """Hand over what has arrived; return the seconds until the next arrival."""
        while self._flying and self._flying[0][0] <= now_s:
            os.write(self.out, self._flying.popleft()[1])
        return self._flying[0][0] - now_s if self._flying else 1.0


def device(namespace: str) -> str:
    """Return the name of a namespace's TUN device."""
    return f"tun{namespace[-8:]}"


def tun(namespace: str, own: str, peer: str) -> int:
    """Return the descriptor of a new TUN device that stands in a namespace, with its address."""
    name = device(namespace)
    descriptor = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(descriptor, TUNSETIFF, struct.pack("16sH", name.encode(), IFF_TUN | IFF_NO_PI))
    for command in (
        f"ip link set {name} netns {namespace}", f"ip -n {namespace} addr add {own} peer {peer} dev {name}",
        f"ip -n {namespace} link set {name} mtu {MTU} txqueuelen 10000 up", f"ip -n {namespace} link set lo up",
    ):  # fmt: skip
        subprocess.run(command.split(), check=True)
    return descriptor


def dropped(packet: bytes, port: int) -> bool:
    """Whether a packet is TCP to the dropped port."""
    header = 4 * (packet[0] & 0x0F)
    return packet[9] == TCP and struct.unpack("!H", packet[header + 2 : header + 4])[0] == port


def main(client: str, server: str, kbps: float, rtt_ms: float, port: int) -> None:
    """Carry packets until killed."""
    ends = (tun(client, CLIENT, SERVER), tun(server, SERVER, CLIENT))
    ways = {end: Direction(other, kbps * 125.0, rtt_ms / 2000.0) for end, other in (ends, ends[::-1])}
    print("ready", flush=True)
    while True:
        wait_s = min(way.deliver(time.monotonic()) for way in ways.values())
        for end in select.select(ends, [], [], max(0.0, wait_s))[0]:
            packet = os.read(end, 65_536)
            if packet[0] >> 4 == 4 and not dropped(packet, port):
                ways[end].take(packet, time.monotonic())


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], float(sys.argv[3]), float(sys.argv[4]), int(sys.argv[5]))
