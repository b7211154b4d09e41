"""A link between two network namespaces: rate, delay, loss, cuts and a dropped port, in user space
over two TUN devices.

python -m verification.emulator NAMESPACE_A NAMESPACE_B KBPS RTT_MS DROPPED_PORT

A datagram to the port CONTROL is no traffic: it says the loss rate, and after how many seconds the
link is cut for how long.
"""

from __future__ import annotations

import fcntl
import json
import os
import select
import signal
import socket
import struct
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from random import Random

TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 0x0001, 0x1000
CLIENT, SERVER = "10.99.0.1", "10.99.0.2"
MTU = 1500
TCP, UDP = 6, 17
CONTROL = 5999
ORDER = struct.Struct("!ddd")  # loss, seconds until a cut, seconds that it lasts
EARLY_S = 100e-6  # the kernel wakes a sleeper 60 to 90 microseconds late; what is left is waited for awake  # noqa: E501
URGENT, AT_ONCE = 10, 20  # real-time priorities of the ends, and of the link between them


class Direction:
    """One way: packets leave a FIFO at the rate, and arrive a delay later, unless they are lost or
    the link is cut then.
    """

    def __init__(self, out: int, bytes_per_s: float, delay_s: float) -> None:
        self.out = out
        self.loss = 0.0
        self.cut_s = (0.0, 0.0)
        self.late_s: list[float] = []
        self._bytes_per_s = bytes_per_s
        self._delay_s = delay_s
        self._free_s = 0.0
        self._flying: deque[tuple[float, bytes]] = deque()
        self._draws = Random(out)

    def take(self, packet: bytes, now_s: float) -> None:
        """Let a packet enter the FIFO."""
        self._free_s = max(now_s, self._free_s) + len(packet) / self._bytes_per_s
        if self.loss == 0.0 or self._draws.random() >= self.loss:
            self._flying.append((self._free_s + self._delay_s, packet))

    def cut(self, from_s: float, to_s: float) -> None:
        """Nothing enters or arrives between two instants."""
        self.cut_s = (from_s, to_s)

    def is_cut(self, now_s: float) -> bool:
        """Whether the link is cut; what waits in the FIFO is lost then."""
        if not self.cut_s[0] <= now_s < self.cut_s[1]:
            return False
        self._flying.clear()
        self._free_s = 0.0
        return True

    def deliver(self, now_s: float) -> float:
        """Hand over what has arrived; return the seconds until the next arrival."""
        while self._flying and self._flying[0][0] <= now_s:
            due_s, packet = self._flying.popleft()
            if not self.is_cut(now_s):
                os.write(self.out, packet)
            self.late_s.append(now_s - due_s)
        return self._flying[0][0] - now_s if self._flying else 1.0


def hurry(priority: int) -> None:
    """Run before everything else where that is allowed: other work of the machine is then not
    measured.
    """
    with suppress(OSError, AttributeError):
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(priority))


@contextmanager
def hurrying(priority: int) -> Iterator[None]:
    """Hurry for a while."""
    hurry(priority)
    try:
        yield
    finally:
        with suppress(OSError, AttributeError):
            os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))


def device(namespace: str) -> str:
    """Return the name of a namespace's TUN device."""
    return f"tun{namespace[-8:]}"


def tun(namespace: str, own: str, peer: str) -> int:
    """Return the descriptor of a new TUN device that stands in a namespace, with its address."""
    name = device(namespace)
    descriptor = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(descriptor, TUNSETIFF, struct.pack("16sH", name.encode(), IFF_TUN | IFF_NO_PI))
    for command in (
        f"ip link set {name} netns {namespace}",
        f"ip -n {namespace} addr add {own} peer {peer} dev {name}",
        f"ip -n {namespace} link set {name} mtu {MTU} txqueuelen 10000 up",
        f"ip -n {namespace} link set lo up",
    ):
        subprocess.run(command.split(), check=True)
    return descriptor


def obey(packet: bytes, ways: list[Direction], now_s: float) -> bool:
    """Whether a packet was an order to the link, which then is carried out."""
    header = 4 * (packet[0] & 0x0F)
    if packet[9] != UDP or struct.unpack("!H", packet[header + 2 : header + 4])[0] != CONTROL:
        return False
    loss, after_s, for_s = ORDER.unpack(packet[header + 8 :])
    for way in ways:
        way.loss = loss
        way.cut(now_s + after_s, now_s + after_s + for_s)
    return True


def order(loss: float = 0.0, after_s: float = 0.0, for_s: float = 0.0) -> None:
    """Tell the link, from inside a namespace, how it is from now on."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
        line.sendto(ORDER.pack(loss, after_s, for_s), (SERVER, CONTROL))


def dropped(packet: bytes, port: int) -> bool:
    """Whether a packet is TCP to the dropped port."""
    header = 4 * (packet[0] & 0x0F)
    return packet[9] == TCP and struct.unpack("!H", packet[header + 2 : header + 4])[0] == port


def wait(ends: tuple[int, ...], seconds: float) -> list[int]:
    """Return the descriptors from which can be read; sleep at most up to shortly before the next
    arrival.
    """
    return select.select(ends, [], [], max(0.0, seconds - EARLY_S))[0]


def main(client: str, server: str, kbps: float, rtt_ms: float, port: int) -> None:
    """Carry packets until terminated; say then by how many microseconds they came late."""
    ends = (tun(client, CLIENT, SERVER), tun(server, SERVER, CLIENT))
    ways = {
        end: Direction(other, kbps * 125.0, rtt_ms / 2000.0) for end, other in (ends, ends[::-1])
    }
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    hurry(AT_ONCE)
    print("ready", flush=True)
    try:
        while True:
            for end in wait(ends, min([way.deliver(time.monotonic()) for way in ways.values()])):
                packet, now_s = os.read(end, 65_536), time.monotonic()
                if (
                    packet[0] >> 4 != 4
                    or dropped(packet, port)
                    or obey(packet, list(ways.values()), now_s)
                ):
                    continue
                if not ways[end].is_cut(now_s):
                    ways[end].take(packet, now_s)
    finally:
        late_s = sorted(seconds for way in ways.values() for seconds in way.late_s)
        print(
            json.dumps(
                [round(1e6 * late_s[int(share * len(late_s))]) for share in (0.5, 0.99)]
                if late_s
                else [0, 0]
            ),
            flush=True,
        )


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], float(sys.argv[3]), float(sys.argv[4]), int(sys.argv[5]))
