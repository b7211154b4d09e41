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
from verification.peer import REQUEST, WARM_BYTES, at_once
from verification.profile import INITIAL_WINDOWS, Profile

SYN_TIMEOUTS_S = (1.0, 2.0, 4.0)  # what the namespaces are set to: two repeats, no linear time-outs


def predict(profile: Profile, full: tuple[int, ...], resumed: tuple[int, ...]) -> dict[str, float]:
    """Return the seconds of each case; `full` and `resumed` are the bytes of the handshakes' flights."""
    stack = STACKS["linux"].with_(syn_timeouts_s=SYN_TIMEOUTS_S)
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
    cases[f"down {WARM_BYTES:,} B, warm"] = lambda talk: _transfer(talk, 0, WARM_BYTES, warm=True)
    cases[f"up {WARM_BYTES:,} B, warm"] = lambda talk: _transfer(talk, WARM_BYTES, 1, warm=True)
    seconds = {}
    for case, steps in cases.items():
        on_a_connection = "port" not in case and "connect" not in case
        seconds[case] = _together(profile, stack, steps, 1, connected=on_a_connection)[0]
    for segments in INITIAL_WINDOWS:
        for count, size in profile.at_once():
            windowed = stack.with_(initial_window_segments=segments)
            many = _together(profile, windowed, lambda talk, size=size: _transfer(talk, 0, size), count, connected=True)  # type: ignore[misc]
            seconds[at_once(count, segments, "mean")] = sum(many) / count
            seconds[at_once(count, segments, "last")] = max(many)
    return seconds


def _together(profile: Profile, stack: Stack, steps: Callable[[Talk], Process], count: int, *, connected: bool) -> list[float]:
    """Return how long each of `count` talks over one line took for its steps, begun together, on connections that stand or on none."""
    clock, took_s = Clock(), list[float]()
    place = Place.model_validate(
        {"kind": "cable", "down_kbps": profile.kbps, "up_kbps": profile.kbps, "rtt_ms": profile.rtt_ms, "jitter_ms": 0, "loss": 0}
    )
    links = (EqualShareLink(clock, ConstantRate(profile.kbps * 125.0)), EqualShareLink(clock, ConstantRate(profile.kbps * 125.0)))
    line = Line(clock, "line", "line", place, stack, links, Streams(1, 0).stream("line"))

    def timed(talk: Talk) -> Process:
        if connected:
            yield from tcp.connect(talk, "open")
        begun_s = clock.now
        yield from steps(talk)
        took_s.append(clock.now - begun_s)

    for _ in range(count):
        clock.process(timed(Talk(line)))
    clock.run()
    return took_s


def _failing(steps: Process) -> Process:
    try:
        yield from steps
    except StageFailed:
        return


def _flights(talk: Talk, sizes: tuple[int, ...]) -> Process:
    """Flights one after the other, the client's first; one that nobody answers is not waited for."""
    for up, down in zip(sizes[::2], sizes[1::2], strict=False):
        yield from talk.exchange(up, down)


def _transfer(talk: Talk, up: int, down: int, *, warm: bool = False) -> Process:
    """A request, what it carries up, and its answer, each with the stall of slow start: on a new connection, or after as much before."""
    line, up = talk.line, up + REQUEST.size
    sent_up, sent_down = (wire.segments(size, line.stack) if warm else 0 for size in (up, down))
    yield from _stalled(talk, talk.send(up), up, sent_up)
    yield from _stalled(talk, talk.receive(down), down, sent_down)


def _stalled(talk: Talk, message: Process, payload: int, sent_before: int) -> Process:
    """A message and the stall of slow start at the rate that it had, as a connection of the model reckons it."""
    line, begun_s = talk.line, talk.clock.now
    yield from message
    rate = line.ip_bytes(payload) / (talk.clock.now - begun_s - line.one_way_s)
    yield talk.clock.timeout(wire.slow_start_stall_s(payload, rate, line.rtt_s, line.stack, sent_before))
