"""Outlook on one person's machine: it launches, finds its path, keeps its connections, quits."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from anywhere_sim.des.environment import Process
from anywhere_sim.network.access_path import AccessPath
from anywhere_sim.outlook.connection_order import Speed, judge
from anywhere_sim.outlook.connection_round import ConnectionRound
from anywhere_sim.outlook.local_copy import LocalCopy
from anywhere_sim.rpc.call import Rpc
from anywhere_sim.rpc.connection import Connection
from anywhere_sim.rpc.contracts import ConnectionOwner

if TYPE_CHECKING:
    from anywhere_sim.exchange.directory import Directory
    from anywhere_sim.exchange.front_end import FrontEnd
    from anywhere_sim.exchange.store import Store
    from anywhere_sim.outlook.modes.mode import Mode
    from anywhere_sim.scenario.group import Group
    from anywhere_sim.simulation.site import SiteModel

UNKNOWN_SPEED = Speed(float("nan"), "none")


class Client(ConnectionOwner):
    """One Outlook with one mailbox.

    `state` is off, trying, connected, connected_headers, disconnected or offline; each change writes the interval that
    ends. The process `_stay_connected` lives from launch to quit.
    """

    __slots__ = (
        "_access_path",
        "_broken_off",
        "_generation",
        "_news",
        "_poll_phase_s",
        "closing",
        "connections",
        "copy",
        "directory",
        "draws",
        "env",
        "front_end",
        "group",
        "group_name",
        "has_copy",
        "is_open",
        "mailbox",
        "mode",
        "place_name",
        "policy",
        "rounds",
        "server_mailbox",
        "set_up",
        "speed",
        "state",
        "state_since_s",
        "store",
        "tls_sessions",
        "tls_version",
        "version",
        "world",
    )  # fmt: skip

    def __init__(
        self,
        world: SiteModel,
        group_name: str,
        group: Group,
        mailbox: str,
        store: Store,
        directory: Directory | None,
        front_end: FrontEnd | None,
    ) -> None:
        self.world = world
        self.env = world.env
        self.group_name = group_name
        self.group = group
        self.policy = group.policy
        self.version = group.version
        self.mailbox = mailbox
        self.server_mailbox = store.mailbox(mailbox)
        self.copy = LocalCopy(self.server_mailbox)
        self.store = store
        self.directory = directory
        self.front_end = front_end
        self.tls_version = "tls1.0"
        self.tls_sessions: dict[str, int] = {}
        self.connections: list[Connection] = []
        self.rounds: dict[ConnectionRound, None] = {}
        self.closing: dict[Connection, None] = {}
        self.speed = UNKNOWN_SPEED
        self.state = "off"
        self.state_since_s = world.env.now
        self.place_name = ""
        self.set_up = group.set_up
        self.has_copy = group.set_up and group.mode != "online"
        self.is_open = False
        self.draws = world.streams.stream(f"client/{mailbox}")
        self._poll_phase_s = self.draws.uniform() * self.policy.link_poll_s
        self._access_path: AccessPath | None = None
        self._news = world.env.event()
        self._generation = 0
        self._broken_off = False
        self.mode: Mode = world.new_mode(self, group.mode)

    @property
    def access_path(self) -> AccessPath:
        """The line of the place where the client is."""
        assert self._access_path is not None
        return self._access_path

    # launch, move, quit

    def launch(self, place_name: str) -> None:
        """Outlook starts at a place."""
        self.is_open = True
        self._attach(place_name)
        self._generation += 1
        self.mode.launched()
        if self.mode.connects:
            self.stay_connected()

    def launch_settled(self, place_name: str) -> None:
        """Outlook has been running for a while: it is connected the way its rules would have connected it."""
        self.is_open = True
        self._attach(place_name)
        self._generation += 1
        self._settle()
        self.mode.launched_settled()
        if self.mode.connects:
            self.stay_connected()

    def _settle(self) -> None:
        self.speed = self.judged_speed()
        self.world.settle(self)

    def _attach(self, place_name: str) -> None:
        if self._access_path is not None:
            self._access_path.attached = False
        access_path = self._access_path = self.world.access_path(self, place_name)
        access_path.attached = True
        if access_path.place.web == "portal" and not access_path.opened_portal:
            self.env.call_at(self.env.now + access_path.place.portal_login_s, access_path.open_portal)
        self.place_name = place_name

    def move(self, place_name: str) -> None:
        """The person carries the machine elsewhere; the client notices at its next poll of the network."""
        if self._access_path is not None:
            self._access_path.attached = False
            for connection in (*self.connections, *self.closing):
                if connection.access_path is self._access_path:
                    connection.fall_silent("link_lost")
        self.change_state(self.state)
        self._attach(place_name)
        self.env.call_at(self.next_poll_s(), lambda: self._notice_link("link"))

    def _notice_link(self, trigger: str) -> None:
        """The poll sees that the network has changed: what ran over the old one is given up."""
        if not self.is_open:
            return
        for connection in list(self.connections):
            if connection.access_path is not self._access_path or not connection.access_path.is_up:
                connection.die("link_lost" if connection.access_path is not self._access_path else "link_cut")
        self.end_rounds("link")
        self.tell(trigger)

    def link_cut(self) -> None:
        """The link at the place went away; noticed at the next poll."""
        for connection in [c for c in self.connections if c.access_path is self._access_path]:
            connection.fall_silent("link_cut")
        self.env.call_at(self.next_poll_s(), lambda: self._notice_link("link"))

    def link_back(self) -> None:
        """The link is there again; noticed at the next poll."""
        self.env.call_at(self.next_poll_s(), lambda: self._notice_link("link"))

    def quit(self) -> None:
        """Outlook ends."""
        self.is_open = False
        self._generation += 1
        self.mode.quitting()
        self.end_rounds("quit")
        for connection in list(self.connections):
            connection.close()
        self.change_state("off")
        self.tell("quit")

    def switch_mode(self, name: str) -> None:
        """Outlook is restarted in another mode, at the same place, with an empty copy; what waited in the old one waits in the new."""
        was_open, place_name = self.is_open, self.place_name
        if was_open:
            self.quit()
        changes = self.mode.hand_over()
        self.has_copy = False
        self.mode = self.world.new_mode(self, name)
        self.mode.take_over(changes)
        if was_open:
            self.launch(place_name)

    def next_poll_s(self) -> float:
        """Return when the client next looks at the state of the network, in seconds: always later than now."""
        now_s, phase_s, period_s = self.env.now, self._poll_phase_s, self.policy.link_poll_s
        number = math.floor((now_s - phase_s) / period_s) + 1
        if phase_s + number * period_s <= now_s:  # at a poll the division may be rounded down to the number before
            number += 1
        return phase_s + number * period_s

    def end_rounds(self, cause: str) -> None:
        """Break off the rounds under way that have no future: on a line that was left or is away, or since Outlook ends."""
        for round_ in list(self.rounds):
            if not self.is_open or round_.access_path is not self._access_path or not round_.access_path.is_up:
                round_.end(cause)

    # staying connected

    def tell(self, news: str) -> None:
        """Wake the process that keeps the client connected."""
        news_event, self._news = self._news, self.env.event()
        news_event.succeed(news)

    def stay_connected(self) -> None:
        """Keep the client connected from now to the end of this run of Outlook."""
        self.env.process(self._stay_connected(self._generation))

    def _stay_connected(self, generation: int) -> Process:
        trigger, failures, connected = "launch", 0, self.has("mail")
        while self._generation == generation:
            news = self._news
            if not connected:
                connected = yield from self._try_once(trigger)
                if self._generation != generation:
                    return
            if connected:
                failures = 0
                trigger = yield news
                connected = self.count("mail") >= self.mail_connections(self.path_of("mail"))
            elif self._broken_off:
                trigger = "link"
            else:
                failures += 1
                trigger = yield from self._wait_to_retry(failures)

    def _try_once(self, trigger: str) -> Process:
        self._broken_off = False
        if not self.access_path.is_up:
            self.change_state("disconnected")
            return False
        if not self.has("mail"):
            self.speed = self.judged_speed()
            self.change_state("trying")
        round_ = ConnectionRound(self, self.world.next_round(), trigger)
        yield from round_.run()
        self._broken_off = round_.ended and self.access_path.is_up
        if not self.has("mail") and self.is_open:
            self.change_state("disconnected")
        return self.has("mail")

    def _wait_to_retry(self, failures: int) -> Process:
        rule = self.world.rules.backoffs[self.policy.backoff]
        wait_s = rule(failures, self.policy, self.draws)
        at_s = max(self.env.now + wait_s, self.next_poll_s())
        news = self._news
        yield news | self.env.timeout(at_s - self.env.now)
        return str(news.value) if news.triggered else "retry"

    def judged_speed(self) -> Speed:
        """Return the speed at which the client takes its line to be, by its rule."""
        return judge(self.access_path, self.policy, self.world.rules.speed_rules[self.policy.speed_rule])

    def path_order(self) -> tuple[str, ...]:
        """Return the paths in the order in which they will be tried."""
        order = self.world.rules.path_order(self.speed, self.policy, self.version)
        return tuple(path for path in order if self.may_use(path))

    def may_use(self, path: str) -> bool:
        """Whether a path is open to this client: the first set-up of a profile needs the local network (S14)."""
        if path == "tcp":
            return True
        if self.front_end is None:
            return False
        if self.set_up:
            return True
        return self.policy.first_setup == "autodiscover" and self.version.year == 2007 and self.store.spec.year == 2007

    # connections

    def host_server(self, service: str) -> Store | Directory:
        """Return the server that offers a service."""
        return self.directory if service == "directory" and self.directory is not None else self.store

    def compressed_to(self, service: str) -> float:
        """Return what share of a call's bytes compression leaves: both ends must be of 2003 or later (facts 1.6)."""
        compress = self.version.year >= 2003 and self.host_server(service).spec.year >= 2003
        return self.policy.rpc_compressed_to if compress else 1.0

    def host_of(self, service: str, path: str) -> str:
        """Return the host that an attempt would talk to."""
        if path == "https" and self.front_end is not None:
            return self.front_end.name
        return self.host_server(service).name

    def count(self, service: str) -> int:
        """Return how many connections to a service there are."""
        return sum(1 for connection in self.connections if connection.service == service)

    def mail_connections(self, path: str) -> int:
        """Return how many mail connections the client opens: two, more for 2007 when direct, two for each shared mailbox (measurements B4)."""
        direct = self.version.direct_extra_connections if path == "tcp" else 0
        return 2 + direct + 2 * self.group.shared_mailboxes

    def has(self, service: str) -> bool:
        """Whether there is a connection to a service."""
        return bool(self.path_of(service))

    def path_of(self, service: str) -> str:
        """Return the path of the first connection to a service, "" without one."""
        for connection in self.connections:
            if connection.service == service:
                return connection.path
        return ""

    def connection(self, service: str, background: bool = False) -> Connection | None:
        """Return the connection for a call: the person's own requests use the first mail connection, the rest the second."""
        first = None
        for connection in self.connections:
            if connection.service == service:
                if first is not None or not background:
                    return connection
                first = connection
        return first

    def connected(self, connection: Connection) -> None:
        """An attempt has led to a connection."""
        self.connections.append(connection)
        if connection.service == "mail" and self.count("mail") == 1:
            self.set_up = True
            self.change_state(self.mode.connected_state())
            self.mode.connected()

    def connection_closing(self, connection: Connection) -> None:
        """A connection is used no more; it takes its leave by itself."""
        self.connections.remove(connection)
        self.closing[connection] = None

    def connection_ended(self, connection: Connection, reason: str) -> None:
        """A connection is gone."""
        if connection in self.closing:
            del self.closing[connection]
            return
        if connection in self.connections:
            self.connections.remove(connection)
        if self.is_open and reason != "closed":
            if self.mode.connects and not self.has("mail") and self.state != "disconnected":
                self.change_state("disconnected")
                self.mode.disconnected()
            if connection.service == "mail":
                self.tell("lost")

    def reopen(self, service: str) -> Process:
        """Open a connection that is needed and not there (an idle one that was dropped); the value is whether it is there now."""
        if not self.has(service) and self.has("mail"):
            yield from ConnectionRound(self, self.world.next_round(), "needed").only(service)
        return self.has(service)

    def call(self, rpc: Rpc, service: str = "mail", background: bool = False) -> bool:
        """Send a call over the fitting connection; False when there is none."""
        connection = self.connection(service, background)
        if connection is None:
            return False
        connection.call(rpc)
        return True

    def change_state(self, state: str) -> None:
        """Write the interval that ends now and begin the next."""
        now = self.env.now
        if now > self.state_since_s:
            self.world.recorder.states.row(
                mailbox=self.mailbox, group=self.group_name,
                place=self.place_name if self.state != "off" else "", mode=self.mode.name,
                state=self.state, start_s=self.state_since_s, end_s=now,
            )  # fmt: skip
            self.state_since_s = now
        self.state = state
