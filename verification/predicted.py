"""What the model says: each case goes through the project's own links and transport, before
anything is measured.
"""

from __future__ import annotations

from collections.abc import Callable
from statistics import median
from typing import NamedTuple

from anywhere_sim.des.environment import Environment, Process
from anywhere_sim.des.random_streams import Streams
from anywhere_sim.network.access_path import AccessPath
from anywhere_sim.network.link import ConstantRate
from anywhere_sim.network.max_min_link import MaxMinLink
from anywhere_sim.network.processor_sharing_link import ProcessorSharingLink
from anywhere_sim.network.segmentation import Segmentation
from anywhere_sim.network.tcp_connection import TcpComponents
from anywhere_sim.network.tcp_exchange import StageFailed, TcpExchange
from anywhere_sim.network.tcp_model import STACKS, Stack, TcpModel
from anywhere_sim.scenario.place import Place
from verification import cases
from verification.flights import Handshake
from verification.peer import REQUEST
from verification.profile import INITIAL_WINDOWS, LOSS, Profile

SYN_TIMEOUTS_S = (1.0, 2.0, 4.0)  # what the namespaces are set to: two repeats, no linear time-outs
STACK = STACKS["linux"].with_(syn_timeouts_s=SYN_TIMEOUTS_S)
CALLS = 15  # beside a download
Steps = Callable[[TcpExchange], Process]


class Said(NamedTuple):
    """Seconds of a case, and IP bytes up and down."""

    seconds: float
    up: float
    down: float


def predict(profile: Profile, handshakes: dict[str, Handshake]) -> dict[str, Said]:
    """Return what each case takes; `handshakes` are those counted in memory."""
    if profile.only_beside:
        return {cases.CALL_BESIDE: _beside(profile)}
    said = {
        cases.TCP_CONNECT: _alone(profile, lambda talk: talk.connect("open"), connected=False),
        cases.CLOSED: _alone(
            profile, lambda talk: _failing(talk.connect("refuse")), connected=False
        ),
        cases.REJECTED: _alone(
            profile, lambda talk: _failing(talk.connect("refuse")), connected=False
        ),
        cases.DROPPED: _alone(
            profile, lambda talk: _failing(talk.connect("drop")), connected=False
        ),
    }
    for case, handshake in handshakes.items():
        said[case] = _alone(profile, lambda talk, handshake=handshake: _flights(talk, handshake))  # type: ignore[misc]
    for size in profile.sizes:
        said[cases.transfer("down", size, "new")] = _alone(profile, _transfer(0, size))
        said[cases.transfer("up", size, "new")] = _alone(profile, _transfer(size, 1))
    warm = cases.WARM_BYTES
    for how, before in (("warm", 0.0), (f"after a rest of {cases.REST_S:g} s", cases.REST_S)):
        said[cases.transfer("down", warm, how)] = _alone(
            profile, _transfer(0, warm), _rest(before), _transfer(0, warm)
        )
        said[cases.transfer("up", warm, how)] = _alone(
            profile, _transfer(warm, 1), _rest(before), _transfer(warm, 1)
        )
    for window in INITIAL_WINDOWS:
        for count, size in profile.at_once():
            many = _together(
                profile, STACK.with_(initial_window_segments=window), _transfer(0, size), count
            )
            up, down = sum(each.up for each in many), sum(each.down for each in many)
            said[cases.at_once(count, window, "mean")] = Said(
                sum(each.seconds for each in many) / count, up, down
            )
            said[cases.at_once(count, window, "last")] = Said(
                max(each.seconds for each in many), up, down
            )
    return said | {cases.CALL_BESIDE: _beside(profile)} | _on_bad_links(profile)


def _on_bad_links(profile: Profile) -> dict[str, Said]:
    said = {}
    if profile.lossy_bytes:
        lossy, count = _transfer(0, profile.lossy_bytes), profile.lossy_count
        every = [
            _together(profile, STACK, lossy, 1, loss=LOSS, draw=draw)[0] for draw in range(count)
        ]
        said[cases.lossy(profile.lossy_bytes)] = Said(
            *(sum(values) / count for values in zip(*every, strict=True))
        )
    for for_s in profile.cuts_s if profile.cut_bytes else ():
        gap = (profile.cut_after_s, for_s)
        said[cases.cut(profile.cut_bytes, for_s)] = _together(
            profile, STACK, _transfer(0, profile.cut_bytes), 1, gap=gap
        )[0]
    return said


def _alone(profile: Profile, *steps: Steps, connected: bool = True) -> Said:
    """Return what the last of the steps takes on a line of its own."""

    def before(talk: TcpExchange) -> Process:
        for each in steps[:-1]:
            yield from each(talk)

    return _together(profile, STACK, steps[-1], 1, before=before, connected=connected)[0]


def _together(
    profile: Profile,
    stack: Stack,
    steps: Steps,
    count: int,
    *,
    before: Steps | None = None,
    connected: bool = True,
    loss: float = 0.0,
    draw: int = 0,
    gap: tuple[float, float] | None = None,
) -> list[Said]:
    """Return what each of `count` talks over one line takes for its steps, begun together, on
    connections that stand or on none.

    `loss` begins and `gap` (seconds until the link stalls, and that it does) counts when the
    connections stand.
    """
    env, said = Environment(), list[Said]()
    access_path = _access_path(env, profile, stack, draw)
    links = (access_path.up, access_path.down)

    def one(talk: TcpExchange) -> Process:
        if connected:
            yield from talk.connect("open")
        if before:
            yield from before(talk)
        access_path.loss = loss
        begun_s, up, down = env.now, talk.tcp.traffic.bytes_up, talk.tcp.traffic.bytes_down
        if gap:
            for link in links:
                env.call_at(begun_s + gap[0], link.stall)
                env.call_at(begun_s + gap[0] + gap[1], link.resume)
        yield from steps(talk)
        said.append(
            Said(
                env.now - begun_s,
                talk.tcp.traffic.bytes_up - up,
                talk.tcp.traffic.bytes_down - down,
            )
        )

    for _ in range(count):
        env.process(one(TcpExchange(access_path, TcpComponents())))
    env.run()
    return said


def _access_path(
    env: Environment,
    profile: Profile,
    stack: Stack,
    draw: int = 0,
    discipline: type[ProcessorSharingLink] | type[MaxMinLink] = ProcessorSharingLink,
) -> AccessPath:
    """Return a line as the profile says, for that stack."""
    place = Place.model_validate(
        {
            "kind": "cable",
            "down_kbps": profile.kbps,
            "up_kbps": profile.kbps,
            "rtt_ms": profile.rtt_ms,
            "jitter_ms": 0,
            "loss": 0,
        }
    )
    rate, rtt_s = ConstantRate(profile.kbps * 125.0), profile.rtt_ms / 1000.0
    up, down = (discipline(env, rate, rtt_s=rtt_s) for _ in range(2))
    return AccessPath(
        env,
        "line",
        "line",
        place,
        Segmentation(TcpModel(stack)),
        (up, down),
        Streams(1, draw).stream("line"),
    )


def _beside(profile: Profile) -> Said:
    """Return what a call takes while a download runs whose window is that of Windows XP."""
    env = Environment()
    path = _access_path(env, profile, STACK, discipline=MaxMinLink)
    bulk_path = _access_path(
        env, profile, STACK.with_(receive_window_bytes=cases.BULK_WINDOW_BYTES)
    )
    bulk_path.up, bulk_path.down = path.up, path.down
    bulk, calls = TcpExchange(bulk_path, TcpComponents()), TcpExchange(path, TcpComponents())
    bulk.tcp.max_bytes_per_s = bulk_path.window_bytes_per_s
    took_s, bytes_down = list[float](), list[float]()

    def download() -> Process:
        yield from bulk.connect("open")
        yield from bulk.exchange(REQUEST.size, cases.BULK_BYTES)

    def call() -> Process:
        yield from calls.connect("open")
        yield env.timeout(cases.beside_begins_s(profile))
        for number in range(CALLS):
            yield env.timeout(cases.beside_rest_s(number))
            begun_s, down = env.now, path.down.delivered_bytes()
            yield from calls.exchange(REQUEST.size, cases.CALL_BYTES)
            took_s.append(env.now - begun_s)
            bytes_down.append(path.down.delivered_bytes() - down)

    env.process(download())
    env.process(call())
    env.run()
    return Said(median(took_s), float(REQUEST.size), median(bytes_down))


def _failing(steps: Process) -> Process:
    try:
        yield from steps
    except StageFailed:
        return


def _flights(talk: TcpExchange, handshake: Handshake) -> Process:
    """Flights one after the other, the client's first, and the processors' work; one that nobody
    answers is not waited for.
    """
    for up, down in zip(handshake.flights[::2], handshake.flights[1::2], strict=False):
        yield from talk.exchange(up, down)
    yield talk.env.timeout(handshake.work_s)


def _transfer(up: int, down: int) -> Steps:
    """Return the steps of a request, what it carries up, and its answer."""
    return lambda talk: talk.exchange(up + REQUEST.size, down)


def _rest(seconds: float) -> Steps:
    def steps(talk: TcpExchange) -> Process:
        yield talk.env.timeout(seconds)

    return steps
