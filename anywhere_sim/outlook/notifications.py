"""How a client learns of new mail: a UDP notice, a parked call, or polling; the path decides."""

from __future__ import annotations

from math import inf
from typing import Annotated, Literal

from mypy_extensions import mypyc_attr

from anywhere_sim.des.environment import Timer
from anywhere_sim.des.random_streams import Stream
from anywhere_sim.outlook.base_client import BaseClient
from anywhere_sim.rpc import call_types
from anywhere_sim.rpc.call import Rpc
from anywhere_sim.rpc.path_kinds import PATH_KINDS
from anywhere_sim.scenario.sources import documented

Mechanism = Literal["udp", "parked", "poll", ""]

UDP_NOTICE_IP_BYTES: Annotated[
    int, documented("facts 3: UDP push notification; IP 20, UDP 8, 8 bytes of notice")
] = 36


@mypyc_attr(allow_interpreted_subclasses=True)
class NewMailNotification:
    """How the client hears of new mail. Direct inside the company: a UDP notice, repeated until the
    client has fetched what is new.

    One that was lost is made good by the next answer of the store. HTTPS, 2007 with 2007: a parked
    call. Else polling.
    """

    __slots__ = (
        "_client", "_listens_by", "_park_later", "_poll", "_repeat", "_untold", "_waiting",
    )  # fmt: skip

    def __init__(self, client: BaseClient) -> None:
        self._client = client
        self._poll: Timer | None = None
        self._repeat: Timer | None = None
        self._park_later: Timer | None = None
        self._waiting: Rpc | None = None
        self._untold = False
        self._listens_by: Mechanism = ""

    def mechanism(self) -> Mechanism:
        """Return "udp", "parked" or "poll"; "" without a connection."""
        client = self._client
        connection = client.connection("mail")
        if connection is None:
            return ""
        if PATH_KINDS[connection.path].udp_notice:
            return "udp" if connection.access_path.place.company else "poll"
        return "parked" if client.version.async_wait and client.store.year >= 2007 else "poll"

    def start(self, phase: Stream | None = None) -> None:
        """The client is connected: listen.

        With a `phase` to draw from, it has listened for a while: of its first wait a part is left.
        """
        client, mechanism = self._client, self.mechanism()
        self._listens_by = mechanism
        client.mailbox.on_delivery = self._mail_arrived
        client.on_answer = self._answered
        if mechanism == "parked":
            self._park()
            if phase is not None:
                parked, left_s = self._waiting, phase.uniform() * client.store.spec.async_wait_s
                client.env.call_at(client.env.now + left_s, lambda: client.store.wait_over(parked))
        elif mechanism == "poll":
            left = 1.0 if phase is None else phase.uniform()
            self._poll_in(left * client.policy.poll_s)

    def adapt(self) -> None:
        """A mail connection has come or gone beside others: listen as the first of them asks for.

        What has not been fetched is told anew.
        """
        if self.mechanism() != self._listens_by:
            self.stop()
            self._client.mailbox.reset_notified()
            self.start()
            self._untold = self._listens_by == "udp" and bool(self._client.mailbox.view.new)

    def stop(self) -> None:
        """The client is disconnected: stop listening."""
        for timer in (self._poll, self._repeat, self._park_later):
            if timer is not None:
                timer.clear()
        self._waiting = None
        self._untold = False
        self._listens_by = ""
        self._client.mailbox.on_delivery = None

    def _mail_arrived(self) -> None:
        """The server has something: tell the client if there is a way."""
        client = self._client
        mechanism = self.mechanism()
        if mechanism == "parked":
            client.store.wake(client.mailbox_name)
        elif mechanism == "udp":
            self._send_udp()
            self._repeat_later()

    def _repeat_later(self) -> None:
        """Send the notice again after `udp_repeat_s`, counted from the first."""
        if self._repeat is None:
            self._repeat = Timer(self._client.env, self._send_again)
        if self._repeat.due_s == inf:
            self._repeat.set(self._client.env.now + self._client.store.spec.udp_repeat_s)

    def _send_again(self) -> None:
        """The server sends its notice again unless the client has fetched what is new."""
        if self._client.mailbox.view.new and self.mechanism() == "udp":
            self._send_udp()
            self._repeat_later()

    def _send_udp(self) -> None:
        connection = self._client.connection("mail")
        assert connection is not None
        access_path = connection.access_path
        if (
            connection.silent
            or not access_path.is_up
            or access_path.down.is_stalled
            or (access_path.loss and access_path.draws.bernoulli(access_path.loss))
        ):
            self._untold = True
            return
        connection.tcp.down.add_untimed_bytes(access_path.packets.packet_bytes(UDP_NOTICE_IP_BYTES))
        access_path.env.call_at(access_path.env.now + access_path.delay_s(), self._heard)

    def _answered(self) -> None:
        """An answer has come: what is pending rides in it (MS-OXCNOTIF 2.2.1.3)."""
        if self._untold and self._client.mailbox.view.new:
            self._heard()

    def _heard(self) -> None:
        self._untold = False
        if self._client.has("mail"):
            self._client.noticed()

    def _poll_in(self, wait_s: float) -> None:
        """Poll after that time.

        A client that hears of its mail in another way has no timer for it.
        """
        if self._poll is None:
            self._poll = Timer(self._client.env, self._ask)
        self._poll.set(self._client.env.now + wait_s)

    def _ask(self) -> None:
        self._client.call(Rpc(call_types.POLL, self._polled), background=True)

    def _polled(self, rpc: Rpc) -> None:
        if not self._client.has("mail"):
            return
        if self.mechanism() != "poll":
            return
        if rpc.failed:
            self.start()
            return
        self._poll_in(self._client.policy.poll_s)
        if self._client.mailbox.view.new and not rpc.refusal:
            self._client.noticed()

    def _park(self) -> None:
        rpc = Rpc(call_types.ASYNC_WAIT, self._woken)
        if self._client.call(rpc, background=True):
            self._waiting = rpc

    def _woken(self, rpc: Rpc) -> None:
        if rpc is not self._waiting:
            return
        self._waiting = None
        if rpc.failed:
            if self._client.has("mail"):
                self._client.mailbox.reset_notified()
                self.start()
            return
        if rpc.refusal:
            if self._park_later is None:
                self._park_later = Timer(self._client.env, self._park_again)
            self._park_later.set(self._client.env.now + self._client.policy.parked_retry_s)
            return
        self._park()
        if self._client.mailbox.view.new:
            self._client.noticed()

    def _park_again(self) -> None:
        if self._client.has("mail") and self._waiting is None:
            self._park()
