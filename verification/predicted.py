"""What the model says: each case goes through the project's own links and transport, before anything is measured."""

from __future__ import annotations

from collections.abc import Callable

from anywhere_sim.kernel import wire
from anywhere_sim.kernel.clock import Clock, Process
from anywhere_sim.kernel.equal_share import EqualShareLink
from anywhere_sim.kernel.rate import ConstantRate
from anywhere_sim.kernel.streams import Streams
from anywhere_sim.kernel.wire import STACKS, Stack
from anywhere_sim.model.line import Line
from anywhere_sim.model.transport import tcp
from anywhere_sim.model.transport.talk import StageFailed, Talk
from anywhere_sim.scenario.place import Place
from verification.peer import PARALLEL, REQUEST
from verification.profile import Profile

SYN_TIMEOUTS_S = (1.0, 2.0, 4.0)  # what the namespaces are set to: two repeats, no linear time-outs


def predict(profile: Profile, full: tuple[int, ...], resumed: tuple[int, ...]) -> dict[str, float]:
    """Return the seconds of each case; `full` and `resumed` are the bytes of the handshakes' flights."""
    cases: dict[str, Callable[[Talk], Process]] = {
        "TCP connect": lambda talk: tcp.connect(talk, "open"),
        "closed port": lambda talk: _failing(tcp.connect(talk, "refuse")),
        "TLS 1.2 full": lambda talk: _flights(talk, full),
        "TLS 1.2 resumed": lambda talk: _flights(talk, resumed),
        "dropped port": lambda talk: _failing(tcp.connect(talk, "drop")),
    }
    for size in profile.sizes:
        cases[f"down {size:,} B, new"] = lambda talk, size=size: _transfer(talk, 0, size)  # type: ignore[misc]
        cases[f"up {size:,} B, new"] = lambda talk, size=size: _transfer(talk, size, 1)  # type: ignore[misc]
    seconds = {case: _together(profile, steps, 1)[0] for case, steps in cases.items()}
    many = _together(profile, lambda talk: _transfer(talk, 0, profile.parallel_bytes), PARALLEL)
    return seconds | {f"{PARALLEL} transfers at once, mean": sum(many) / PARALLEL, f"{PARALLEL} transfers at once, last": max(many)}


def _stack() -> Stack:
    return STACKS["linux"].with_(syn_timeouts_s=SYN_TIMEOUTS_S)


def _together(profile: Profile, steps: Callable[[Talk], Process], count: int) -> list[float]:
    """Return when each of `count` talks over one line has done its steps, begun together."""
    clock, ended = Clock(), list[float]()
    place = Place.model_validate(
        {"kind": "cable", "down_kbps": profile.kbps, "up_kbps": profile.kbps, "rtt_ms": profile.rtt_ms, "jitter_ms": 0, "loss": 0}
    )
    links = (EqualShareLink(clock, ConstantRate(profile.kbps * 125.0)), EqualShareLink(clock, ConstantRate(profile.kbps * 125.0)))
    line = Line(clock, "line", "line", place, _stack(), links, Streams(1, 0).stream("line"))

    def timed(talk: Talk) -> Process:
        yield from steps(talk)
        ended.append(clock.now)

    for _ in range(count):
        clock.process(timed(Talk(line)))
    clock.run()
    return ended


def _failing(steps: Process) -> Process:
    try:
        yield from steps
    except StageFailed:
        return


def _flights(talk: Talk, sizes: tuple[int, ...]) -> Process:
    """Flights one after the other, the client's first; one that nobody answers is not waited for."""
    for up, down in zip(sizes[::2], sizes[1::2], strict=False):
        yield from talk.exchange(up, down)


def _transfer(talk: Talk, up: int, down: int) -> Process:
    """A request, what it carries up, and its answer, each with the stall of slow start on a new connection."""
    line, up = talk.line, up + REQUEST.size
    yield talk.clock.timeout(wire.slow_start_stall_s(up, line.up.bytes_per_s, line.rtt_s, line.stack))
    yield from talk.exchange(up, down)
    yield talk.clock.timeout(wire.slow_start_stall_s(down, line.down.bytes_per_s, line.rtt_s, line.stack))
