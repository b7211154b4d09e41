"""What this machine's kernel and OpenSSL do: two namespaces per profile and kind of case, joined by
the emulator.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import count
from os import getpid
from statistics import median

from verification import cases
from verification.emulator import CLIENT, device
from verification.peer import DROPPED, REJECTED
from verification.profile import INITIAL_WINDOWS, Profile

SETTINGS = {
    "tcp_congestion_control": "reno",
    "tcp_syn_retries": "2",
    "tcp_syn_linear_timeouts": "0",
    "tcp_no_metrics_save": "1",
    "ip_forward": "1",
}
BY_THE_BOOK = {
    "tcp_early_retrans": "0",
    "tcp_recovery": "0",
}  # with loss: RFC 5681 and 6298 as in the era's stacks; no tail loss probe, no RACK
NUMBERS = count()
Found = dict[str, list[tuple[float, int, int]]]


@dataclass(frozen=True, slots=True)
class Job:
    """What one client does in namespaces of its own: its words, the way in which the kernel
    controls congestion, its initial window.
    """

    profile: Profile
    words: tuple[str, ...]
    congestion: str = "reno"
    window: int = INITIAL_WINDOWS[0]


def own_ms(certificate: str, chain: str) -> float:
    """Return by how many milliseconds a round trip through the emulator is longer than it should
    be: the wakings of the processes on the way.

    Seen on a link that is none of the profiles; their emulators are given so much less delay.
    """
    job = Job(Profile("calibration", 100_000, 15, True, (), 0), ("connects", "60"))
    taken = measure(job, certificate, chain)[cases.TCP_CONNECT]
    return 1000.0 * median([seconds for seconds, _, _ in taken]) - job.profile.rtt_ms


def jobs(profile: Profile, wanted: int) -> list[Job]:
    """Return the jobs of a profile; bbr, for information, does the cases of a connection alone once
    more, unless all are done only once.
    """
    beside = Job(
        profile,
        ("beside", str(2 * profile.repeats(wanted) + 1), str(cases.beside_begins_s(profile))),
    )
    if profile.only_beside:
        return [beside]
    repeats, rest = str(profile.repeats(wanted)), str(3.0 * profile.rtt_ms / 1000.0)
    alone = ("alone", repeats, rest, *map(str, profile.sizes))
    counts = tuple(f"{count}:{size}" for count, size in profile.at_once())
    made = [Job(profile, alone), beside]
    if wanted > 1:
        made.append(Job(profile, ("alone", "1", *alone[2:]), "bbr"))
    made += [
        Job(profile, ("at-once", repeats, rest, str(window), *counts), window=window)
        for window in INITIAL_WINDOWS
    ]
    if profile.lossy_bytes:
        made.append(Job(profile, ("lossy", str(profile.lossy_count), str(profile.lossy_bytes))))
    if profile.cut_bytes:
        made.append(
            Job(
                profile,
                (
                    "cut",
                    repeats,
                    str(profile.cut_bytes),
                    str(profile.cut_after_s),
                    *map(str, profile.cuts_s),
                ),
            )
        )
    return made


@contextmanager
def namespace(name: str, settings: dict[str, str] = SETTINGS) -> Iterator[str]:
    """Yield a network namespace of our own with the settings of the comparison."""
    subprocess.run(["ip", "netns", "add", name], check=True)
    try:
        for key, value in settings.items():
            write = f"echo {value} > /proc/sys/net/ipv4/{key}"
            subprocess.run(["ip", "netns", "exec", name, "sh", "-c", write], check=True)
        yield name
    finally:
        subprocess.run(["ip", "netns", "delete", name], check=True)


@contextmanager
def ready(command: list[str]) -> Iterator[None]:
    """Run a process that says "ready", and end it afterwards; what it says last goes to the error
    output.
    """
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            if process.stdout.readline().strip() != "ready":
                raise RuntimeError(f"{' '.join(command)} did not start")
            yield
        finally:
            process.terminate()
            if last := process.communicate()[0].strip():
                print(
                    f"{' '.join(command[3:])}: late by {last} microseconds (median, 99 %)",
                    file=sys.stderr,
                )


def reject(server: str) -> None:
    """Let a server's kernel answer one port with "unreachable", before it looks for its own
    addresses.
    """
    for rule in (
        "add pref 1 lookup local",
        "del pref 0",
        f"add pref 0 ipproto tcp dport {REJECTED} unreachable",
    ):
        subprocess.run(["ip", "-n", server, "rule", *rule.split()], check=True)


def measure(job: Job, certificate: str, chain: str, own_ms: float = 0.0) -> Found:
    """Return seconds and bytes of each repeat of each case of a job; `own_ms` of the round trip are
    the emulator's own.
    """
    python, number, profile = [sys.executable, "-m"], next(NUMBERS), job.profile
    settings = (
        SETTINGS
        | {"tcp_congestion_control": job.congestion}
        | (BY_THE_BOOK if job.words[0] in ("lossy", "cut") else {})
    )
    with ExitStack() as stack:
        client, server = (
            stack.enter_context(namespace(f"aw{end}{number}x{getpid() % 10_000}", settings))
            for end in "cs"
        )
        link = [client, server, str(profile.kbps), str(profile.rtt_ms - own_ms), str(DROPPED)]
        stack.enter_context(ready([*python, "verification.emulator", *link]))
        reject(server)
        route = f"ip -n {server} route replace {CLIENT} dev {device(server)} initcwnd {job.window}"
        subprocess.run(route.split(), check=True)
        stack.enter_context(
            ready(["ip", "netns", "exec", server, *python, "verification.peer", certificate, chain])
        )
        inside = ["ip", "netns", "exec", client, *python, "verification.client", *job.words]
        found: Found = json.loads(
            subprocess.run(inside, check=True, stdout=subprocess.PIPE, text=True).stdout
        )
        return found
