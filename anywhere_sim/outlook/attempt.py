"""One connection attempt on one path: its stages in order, its bounds, its row in the trace."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar, assert_never

import simpy
from mypy_extensions import mypyc_attr

from anywhere_sim.des.environment import Process, ScheduledCall
from anywhere_sim.des.station import Job
from anywhere_sim.exchange.front_end import Claim, FrontEnd
from anywhere_sim.exchange.server import Server
from anywhere_sim.network.segmentation import TlsVersion
from anywhere_sim.network.tcp_connection import Traffic
from anywhere_sim.network.tcp_exchange import Serve, StageFailed
from anywhere_sim.outlook.base_client import BaseClient
from anywhere_sim.outlook.rpc_over_http import CHANNELS, RpcOverHttp
from anywhere_sim.outlook.rpc_over_tcp import RpcOverTcp, check_answers
from anywhere_sim.rpc import call_types
from anywhere_sim.rpc.call import Framing, Rpc
from anywhere_sim.rpc.call_types import CallType
from anywhere_sim.rpc.connection import Connection
from anywhere_sim.rpc.path_kinds import PATH_KINDS
from anywhere_sim.traces.words import Path, Service

if TYPE_CHECKING:
    from anywhere_sim.outlook.connection_round import ConnectionRound

BIND = (72, 68)  # real_peers 2.2
NAN = float("nan")


@mypyc_attr(allow_interpreted_subclasses=True)
class Attempt:
    """One try of one service on one path. `connection` is what came of it, or None."""

    rpc_over_tcp: ClassVar[type[RpcOverTcp]] = RpcOverTcp
    rpc_over_http: ClassVar[type[RpcOverHttp]] = RpcOverHttp

    def __init__(
        self, client: BaseClient, round_: ConnectionRound, service: Service, path: Path, try_: int
    ) -> None:
        self.client = client
        self.env = client.env
        self.round = round_
        self.service = service
        self.path = path
        self.try_ = try_
        self.access_path = client.access_path
        self.exchange = client.network.tcp_exchange(self.access_path, client.network)
        self.server = client.host_server(service)
        self.front_end = client.front_end_over(path)
        self.framing = client.framing(service, path)
        self.attempt = self.client.recorder.attempts.next_id()
        self.start_s = self.env.now
        self.times = {"resolved": NAN, "tcp": NAN, "tls": NAN, "auth": NAN}
        self.tls = "none"
        self.outcome = "failed"
        self.stage = ""
        self.silent = False
        self.connection: Connection | None = None
        self.traffic = Traffic(0.0, 0.0, 0)
        self._epochs: tuple[int, ...] = ()
        self._bound: ScheduledCall | None = None

    def run(self) -> Process:
        """Go through the stages; the value is the Connection, or None. An interrupt ends the
        attempt where it is.
        """
        if PATH_KINDS[self.path].http:
            process = self.env.active_process
            self._bound = self.env.call_at(
                self.start_s + self.client.policy.http_timeout_s, lambda: self._time_out(process)
            )
        try:
            yield from self._stages()
            self.outcome, self.stage = "connected", ""
        except StageFailed as failure:
            self.stage, self.silent = failure.stage or self.stage, failure.reason == "silent"
        except simpy.Interrupt as interrupt:
            self._broken_off(str(interrupt.cause))
        finally:
            self._unbind()
        self.record()
        return self.connection

    def _time_out(self, process: simpy.Process | None) -> None:
        if process is not None and process.is_alive:
            process.interrupt("time_out")

    def _unbind(self) -> None:
        """The bound on the way from name to bind no longer holds."""
        if self._bound is not None:
            self._bound.cancel()

    def _present_epochs(self) -> tuple[int, ...]:
        return tuple(host.epoch for host in (self.server, self.front_end) if host is not None)

    def _broken_off(self, cause: str) -> None:
        self.exchange.break_off()
        if cause == "time_out":
            self.silent = True
        else:
            self.outcome = "abandoned"

    def finish(self) -> None:
        """The run ends in the middle of the attempt."""
        self.exchange.break_off()
        self.outcome = "unfinished"
        self.record()

    def _stages(self) -> Process:
        """Return the stages of the path: a type checker names a path that has none."""
        match self.path:
            case "tcp":
                return self._directly()
            case "https":
                return self._over_https()
            case _:
                assert_never(self.path)

    def _directly(self) -> Process:
        client = self.client
        stages = self.rpc_over_tcp(self.exchange, self.server, client.policy)
        yield from self._resolve(self.server, internal=True)
        self.stage = "tcp"
        yield from stages.map_endpoint()
        self._reached("tcp")
        self.stage = "bind"
        yield from stages.bind()
        self._reached("auth")
        self.connection = yield from self._log_on()

    def _resolve(self, host: Server, *, internal: bool) -> Process:
        self.stage = "resolve"
        yield from self.client.resolver.resolve(
            self.exchange, host.name, host.spec.name_ttl_s, internal=internal
        )
        self._reached("resolved")

    def _over_https(self) -> Process:
        client, exchange, front_end = self.client, self.exchange, self.front_end
        if front_end is None:
            raise StageFailed("resolve", "no front end")
        version = self.framing.tls
        stages = self.rpc_over_http(exchange, front_end, self.server, client.policy, version)
        exchange.ports.append("443" if version else "80")
        yield from self._resolve(client.entrance or front_end, internal=False)
        self.stage = "tcp"
        claim: Claim = yield from stages.open_web()
        try:
            self._reached("tcp")
            if version:
                self.stage = "tls"
                yield from self._handshake(stages, version)
                self._reached("tls")
            if stages.at_once < CHANNELS:
                yield from stages.second_channel()
            self.stage = "auth"
            yield from stages.authenticate()
            self._reached("auth")
            self.stage = "conn"
            yield from stages.connect_channels(claim, self._authenticated, self.service)
            self.stage = "bind"
            bind = (self.framing.request_bytes(BIND[0]), self.framing.response_bytes(BIND[1]))
            detour = self._detour if front_end.detour_s else None
            yield from exchange.exchange(*bind, detour)
            self.connection = yield from self._log_on()
        except BaseException as failure:
            front_end.release(claim, known=self._told(failure))
            raise

    def _told(self, failure: BaseException) -> bool:
        """Whether the other end learns that the attempt is over: it said no itself, or the client's
        closing reaches it.
        """
        return self.access_path.is_up and not (
            isinstance(failure, StageFailed) and failure.reason == "silent"
        )

    def _handshake(self, stages: RpcOverHttp, version: TlsVersion) -> Process:
        front_end, client = stages.front_end, self.client
        epoch = front_end.epoch
        resumed = client.policy.tls_resume and client.tls_sessions.get(front_end.name) == epoch
        self.tls = "resumed" if resumed else "full"
        yield from stages.handshake(version, stages.at_once, resumed=resumed)
        stages.check_certificate()
        client.tls_sessions[front_end.name] = epoch

    def _detour(self, done: Callable[[Job], None]) -> None:
        """Let a message and its answer pass a relay before the front end and a WAN behind it."""
        assert self.front_end is not None
        self.env.schedule_call(Job(), self.env.now + self.front_end.detour_s, done)

    def _authenticated(self, done: Callable[[Job], None]) -> None:
        """Let the front end check the credentials of both channels."""
        client = self.client
        assert self.front_end is not None
        self.front_end.log_on(
            client.mailbox_name,
            CHANNELS,
            client.policy.http_auth,
            client.directory,
            done,
        )

    def _log_on(self) -> Process:
        """EcDoConnectEx and logon: two calls that the server answers."""
        self.stage = "logon"
        self._unbind()
        framing = self.framing
        store, mailbox = self.client.store, self.client.mailbox_name
        epoch = store.epoch
        if not self.client.may_log_on:
            raise StageFailed("logon", "no profile")
        if store.keeps_session(self.service) and not store.logons.open(mailbox):
            store.rejected += 1
            yield from self.exchange.exchange(
                framing.request_bytes(call_types.CONNECT.up_bytes),
                framing.response_bytes(call_types.CONNECT.down_bytes),
            )
            raise StageFailed("limit", "too many sessions")
        try:
            for kind in (call_types.CONNECT, call_types.LOGON):
                yield from self._call(kind, framing)
            self._check_ends()
        except BaseException as failure:
            if store.keeps_session(self.service) and store.epoch == epoch:
                store.end_session(
                    mailbox, known=self._told(failure), over_https=self.front_end is not None
                )
            raise
        self.traffic = self.exchange.tcp.hand_over()
        return self.client.new_connection(
            self.service, self.path, self.exchange.tcp, self.attempt, server=self.server,
            front_end=self.front_end,
        )  # fmt: skip

    def _check_ends(self) -> None:
        """Raise StageFailed when the link or a server went away while the attempt was under way,
        even if it is back.
        """
        check_answers(self.front_end or self.server)
        check_answers(self.server)
        if self._present_epochs() != self._epochs or not self.access_path.is_up:
            raise StageFailed("logon", "silent")

    def _call(self, kind: CallType, framing: Framing) -> Process:
        check_answers(self.front_end or self.server)
        yield from self.exchange.send(framing.request_bytes(kind.up_bytes))
        if self.front_end:
            yield from self._wait_for(self._handled(self.front_end, kind, framing))
        check_answers(self.server)
        rpc = Rpc(kind, _nobody)

        def serve(done: Callable[[Job], None]) -> None:
            rpc.respond = done
            self.server.arrive(rpc)

        if self.front_end and self.front_end.detour_s:
            yield from self._wait_for(self._detour)
        yield from self._wait_for(serve)
        yield from self.exchange.receive(framing.response_bytes(kind.down_bytes))
        self.exchange.round_trips += 1
        if rpc.refusal:
            raise StageFailed("logon", rpc.refusal)

    def _handled(self, front_end: FrontEnd, kind: CallType, framing: Framing) -> Serve:
        """Return what the front end does for such a call and its answer."""
        wire_bytes = framing.request_bytes(kind.up_bytes) + framing.response_bytes(kind.down_bytes)
        tls_bytes = wire_bytes if framing.tls else 0
        return lambda done: front_end.handle(len(kind.rops) or 1, tls_bytes, done)

    def _wait_for(self, serve: Callable[[Callable[[Job], None]], None]) -> Process:
        """Let a server do its part; raises StageFailed when nothing comes for as long as the stack
        resends.
        """
        if not (yield from self.exchange.wait_for(serve, self.access_path.give_up_s)):
            raise StageFailed("logon", "silent")

    def _reached(self, stage: str) -> None:
        self.times[stage] = self.env.now
        if stage == "tcp":
            self._epochs = self._present_epochs()

    def record(self) -> None:
        """Write the attempt's row."""
        client, exchange = self.client, self.exchange
        if self.connection is None:
            exchange.tcp.close()
            self.traffic = exchange.tcp.traffic
        self.client.recorder.attempts.row(
            attempt=self.attempt,
            round=self.round.round_id,
            mailbox=client.mailbox_name,
            group=client.group_name,
            client=client.version.name,
            place=self.access_path.place_name,
            link=self.access_path.name,
            service=self.service,
            trigger=self.round.trigger,
            speed_class=client.speed.name,
            detected_kbps=client.speed.kbps,
            order="-".join(self.round.order),
            path=self.path,
            start_s=self.start_s,
            resolved_s=self.times["resolved"],
            tcp_s=self.times["tcp"],
            tls_s=self.times["tls"],
            auth_s=self.times["auth"],
            end_s=self.env.now,
            outcome=self.outcome,
            failed_stage=self.stage,
            round_trips=exchange.round_trips,
            bytes_up=self.traffic.bytes_up,
            bytes_down=self.traffic.bytes_down,
            resent_bytes=self.traffic.resent_bytes,
            channels=PATH_KINDS[self.path].channels,
            tls=self.tls,
            try_=self.try_,
            ports="-".join(exchange.ports),
        )


def _nobody(rpc: Rpc) -> None:
    """The attempt waits for the answer itself."""
