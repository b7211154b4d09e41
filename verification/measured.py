"""What this machine's kernel and OpenSSL do: two namespaces per profile, joined by the emulator."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from statistics import median

from verification.emulator import CLIENT, device
from verification.peer import DROPPED
from verification.profile import INITIAL_WINDOWS, Profile

SETTINGS = {"tcp_congestion_control": "reno", "tcp_syn_retries": "2", "tcp_syn_linear_timeouts": "0", "tcp_no_metrics_save": "1"}


@contextmanager
def namespace(name: str) -> Iterator[str]:
    """Yield a network namespace of our own with the settings of the comparison."""
    subprocess.run(["ip", "netns", "add", name], check=True)
    try:
        for key, value in SETTINGS.items():
            write = f"echo {value} > /proc/sys/net/ipv4/{key}"
            subprocess.run(["ip", "netns", "exec", name, "sh", "-c", write], check=True)
        yield name
    finally:
        subprocess.run(["ip", "netns", "delete", name], check=True)


@contextmanager
def ready(command: list[str]) -> Iterator[None]:
    """Run a process that says "ready", and end it afterwards."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            if process.stdout.readline().strip() != "ready":
                raise RuntimeError(f"{' '.join(command)} did not start")
            yield
        finally:
            process.kill()


def measure(profile: Profile, certificate: str, repeats: int) -> dict[str, float]:
    """Return the median seconds of each case."""
    python, number = [sys.executable, "-m"], abs(hash((profile.kbps, profile.rtt_ms))) % 10_000
    rest_s = 3.0 * profile.rtt_ms / 1000.0
    with ExitStack() as stack:
        client, server = (stack.enter_context(namespace(f"awv{end}{number}")) for end in "cs")
        link = [client, server, str(profile.kbps), str(profile.rtt_ms), str(DROPPED)]
        stack.enter_context(ready([*python, "verification.emulator", *link]))
        stack.enter_context(ready(["ip", "netns", "exec", server, *python, "verification.peer", "server", certificate]))
        inside = ["ip", "netns", "exec", client, *python, "verification.peer"]
        found = _taken([*inside, "client", str(repeats), str(rest_s), *map(str, profile.sizes)])
        for window in INITIAL_WINDOWS:
            route = f"ip -n {server} route replace {CLIENT} dev {device(server)} initcwnd {window}"
            subprocess.run(route.split(), check=True)
            counts = [f"{count}:{size}" for count, size in profile.at_once()]
            found |= _taken([*inside, "at-once", str(repeats), str(rest_s), str(window), *counts])
    return found


def _taken(command: list[str]) -> dict[str, float]:
    """Return the medians of what a client in its namespace prints."""
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return {case: median(seconds) for case, seconds in json.loads(done.stdout).items()}
