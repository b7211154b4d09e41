"""Calling a server and waiting for the reply, with the back-off of a busy server."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated

import simpy

from anywhere_sim.des.environment import Process, ScheduledCall, Signal
from anywhere_sim.outlook.base_client import BaseClient
from anywhere_sim.rpc.call import Rpc
from anywhere_sim.rpc.call_types import CallType
from anywhere_sim.rpc.rops import Rop
from anywhere_sim.scenario.sources import assumed
from anywhere_sim.traces.words import OperationOutcome, Service

MAX_BUSY_TRIES: Annotated[
    int, assumed("after so many refusals the person is told that the server is busy", 2, 10)
] = 5


class RpcRequest:
    """One call of a script: its kind, bytes besides the kind's own, rows and old pages that it
    looks at, operations besides those that the kind always carries, and the folders of which a
    row changes, one entry per row.
    """

    __slots__ = (
        "down_bytes", "kind", "more", "pages", "rows", "service", "touches", "up_bytes", "work",
    )  # fmt: skip

    def __init__(
        self,
        kind: CallType,
        up_bytes: int = 0,
        down_bytes: int = 0,
        rows: int = 0,
        pages: float = 0.0,
        service: Service = "mail",
        work: Callable[[Rpc], None] | None = None,
        more: Sequence[Rop] = (),
        touches: Sequence[str] = (),
    ) -> None:
        self.kind = kind
        self.up_bytes = up_bytes
        self.down_bytes = down_bytes
        self.rows = rows
        self.pages = pages
        self.service = service
        self.work = work
        self.more = more
        self.touches = touches


class _Completion(Signal):
    """The answer to a call.

    Who waits goes on at once; after a failure, when all that failed together has. The call knows
    this signal, so the signal does not keep the call: both are gone once nobody needs them.
    """

    __slots__ = ()

    def take(self, rpc: Rpc) -> None:
        """The call is over, well or not."""
        if rpc.failed:
            self.succeed()
        else:
            self.succeed_now()


class RpcSession:
    """A series of calls of one client for one purpose; adds up calls, operations, bytes.

    `operation` is the id of the person's action that waits for them, 0 in the background. A person
    may give up: `cancelled`.
    """

    __slots__ = (
        "_alarm",
        "_asked_s",
        "_is_dialog_open",
        "_person",
        "background",
        "bytes",
        "cancelled",
        "client",
        "connection_id",
        "failed",
        "operation",
        "rops",
        "rpcs",
    )

    def __init__(self, client: BaseClient, *, background: bool, operation: int = 0) -> None:
        self.client = client
        self.background = background
        self.operation = operation
        self.rpcs = self.rops = 0
        self.bytes = 0.0
        self.connection_id = 0
        self.failed = ""
        self.cancelled = False
        self._alarm: ScheduledCall | None = None
        self._asked_s = 0.0
        self._is_dialog_open = False
        self._person: simpy.Process | None = None

    def call(self, request: RpcRequest) -> Process:
        """Make one call and wait for it.

        The value is the answered Rpc, or None when there is no connection left. A call of a person
        whose connection dies is repeated on a new one (KB 891536).
        """
        env, client = self.client.env, self.client
        wait_s = client.store.too_busy_retry_s
        tries_left, repeats_left = MAX_BUSY_TRIES, self.repeats()
        while tries_left:
            completion = _Completion(env)
            rpc = self._rpc(request, completion)
            if request.service != "mail":
                yield from client.reopen(request.service)
            if not client.call(rpc, request.service, self.background):
                self.failed = "no_connection"
                return None
            self.rpcs += 1
            self.rops += rpc.rops
            yield completion
            self.connection_id = rpc.connection.connection_id
            self.bytes += rpc.bytes_up + rpc.bytes_down
            if rpc.failed and not (repeats_left and client.is_open):
                self.failed = rpc.failed
                return None
            if rpc.failed:
                repeats_left -= 1
                yield from client.reconnected()
            elif not rpc.refusal:
                if request.service == "mail":
                    client.on_answer()
                return rpc
            else:
                tries_left -= 1
                if tries_left:
                    run_over = client.run_over
                    yield env.timeout(wait_s) | run_over
                    if run_over.triggered:
                        self.failed = "closed"
                        return None
                    wait_s *= 2.0
        self.failed = "too_busy"
        return None

    def repeats(self) -> int:
        """Return how often a call is repeated on a new connection: where a person waits for it."""
        return self.client.policy.call_repeats if self.operation else 0

    def _rpc(self, request: RpcRequest, completion: _Completion) -> Rpc:
        rpc = Rpc(
            request.kind,
            completion.take,
            request.up_bytes,
            request.down_bytes,
            request.work,
            request.rows,
            request.more,
            request.touches,
        )
        rpc.reads += request.pages
        rpc.operation = self.operation
        return rpc

    def run(self, requests: list[RpcRequest]) -> Process:
        """Make the calls one after the other; the value is True when all were answered.

        A call has no time-out of its own: the dialog comes when one of them has had no answer for
        some seconds, and closes with its answer. A person whose patience ends before cancels; what
        was called is then answered to nobody.
        """
        if not (self.operation and requests):
            return (yield from self._one_by_one(requests))
        self._person = self.client.env.active_process
        self._expect_dialog()
        try:
            return (yield from self._one_by_one(requests))
        except simpy.Interrupt:
            self.cancelled = True
            return False
        finally:
            if self._alarm is not None:
                self._alarm.cancel()
            self._person = None  # whose process leads back to here

    def _expect_dialog(self) -> None:
        """The dialog comes once the call under way has waited long enough."""
        env = self.client.env
        self._alarm = env.call_at(env.now + self.client.version.dialog_s, self._show_dialog)

    def _show_dialog(self) -> None:
        """The person sees what is waited for, if the call under way has waited long enough."""
        client, person = self.client, self._person
        env, patience_s = client.env, client.group.habits.patience_s
        if person is None or patience_s is None:
            return
        dialog_s = self._asked_s + client.version.dialog_s
        if dialog_s > env.now:
            self._alarm = env.call_at(dialog_s, self._show_dialog)
            return
        self._is_dialog_open = True
        at_s = env.now + client.patience_s(patience_s)
        self._alarm = env.call_at(at_s, lambda: person.interrupt("cancelled"))

    def _close_dialog(self) -> None:
        """The dialog has closed with an answer; the next call may bring another."""
        self._is_dialog_open = False
        if self._alarm is not None:
            self._alarm.cancel()
        self._expect_dialog()

    @property
    def outcome(self) -> OperationOutcome:
        """How an action ended whose calls were not all answered."""
        return "cancelled" if self.cancelled else "failed"

    def _one_by_one(self, requests: list[RpcRequest]) -> Process:
        for request in requests:
            self._asked_s = self.client.env.now
            if self._is_dialog_open:
                self._close_dialog()
            if (yield from self.call(request)) is None:
                return False
        return True
