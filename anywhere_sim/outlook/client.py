"""Outlook on one person's machine: it launches, finds its path, keeps its connections, quits."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Annotated, ClassVar, cast

from mypy_extensions import mypyc_attr
from simpy import Event

from anywhere_sim.des.environment import Environment, Process
from anywhere_sim.des.random_streams import Streams
from anywhere_sim.exchange.front_end import FrontEnd
from anywhere_sim.exchange.mailbox import Message
from anywhere_sim.exchange.pool import Pool
from anywhere_sim.exchange.server import Directory
from anywhere_sim.exchange.store import Store
from anywhere_sim.network.components import NetworkComponents
from anywhere_sim.network.tcp_model import STACKS
from anywhere_sim.network.topology import Topology
from anywhere_sim.outlook.base_client import BaseClient
from anywhere_sim.outlook.connection_order import ConnectionRules
from anywhere_sim.outlook.connection_round import ConnectionRound
from anywhere_sim.outlook.modes.mode import Mode
from anywhere_sim.rpc.components import RpcComponents
from anywhere_sim.rpc.connection import Connection
from anywhere_sim.scenario.group import Group
from anywhere_sim.scenario.sources import assumed
from anywhere_sim.traces.recorder import Recorder
from anywhere_sim.traces.words import RoundTrigger, State

if TYPE_CHECKING:
    from anywhere_sim.outlook.components import OutlookComponents


RESTART_S: Annotated[
    float, assumed("Outlook is closed for so long when it has to be restarted", 5, 60)
] = 10.0


@mypyc_attr(allow_interpreted_subclasses=True)
class Client(BaseClient):
    """One Outlook with one mailbox.

    `state` is off, trying, connected, connected_headers, disconnected or offline; each change
    writes the interval that ends. The process `_stay_connected` lives from launch to quit.
    """

    restart_s: ClassVar[float] = RESTART_S
    __slots__ = (
        "_broken_off", "_components", "_generation", "_held", "_lost_first", "_new_mode",
        "_poll_phase_s", "_round_ids", "_topology", "_trying_since_s", "_wakeup", "asleep", "mode",
    )  # fmt: skip

    def __init__(
        self,
        env: Environment,
        group_name: str,
        group: Group,
        mailbox_name: str,
        store: Store,
        directories: Pool[Directory] | None,
        front_ends: Pool[FrontEnd] | None,
        topology: Topology,
        components: OutlookComponents,
        round_ids: Iterator[int],
        *,
        submit: Callable[[Message], None],
        rules: ConnectionRules,
        network: NetworkComponents,
        rpc: RpcComponents,
        streams: Streams,
        recorder: Recorder,
        address_book_users: int,
    ) -> None:
        super().__init__(
            env, group_name, group, mailbox_name, store, directories, front_ends, submit=submit,
            rules=rules, network=network, rpc=rpc, streams=streams, recorder=recorder,
            address_book_users=address_book_users,
        )  # fmt: skip
        self._topology = topology
        self._components = components
        self._round_ids = round_ids
        self._poll_phase_s = self.draws.uniform() * self.policy.link_poll_s
        self._wakeup = env.event()
        self._generation = 0
        self._broken_off = self._lost_first = self._new_mode = False
        self._trying_since_s = env.now
        self.asleep = False
        self._held: tuple[str, str, State, float, float] | None = None
        mode = components.modes[group.mode]
        self.has_copy = group.set_up and mode.keeps_copy
        self.mode: Mode = mode(self, components)

    # launch, move, quit

    def launch(self, place_name: str) -> None:
        """Outlook starts at a place."""
        self.asleep = self._new_mode = False
        self.open_at(place_name)
        self.mode.launched()
        if self.mode.connects:
            self.stay_connected()

    def open_at(self, place_name: str, since_s: float | None = None) -> None:
        """Outlook is open at a place, without a connection yet.

        The person has been there since `since_s`, since now unless given.
        """
        self.is_open = True
        self._attach(place_name, self.env.now if since_s is None else since_s)
        self._generation += 1

    def _attach(self, place_name: str, since_s: float) -> None:
        if place_name != self.place_name:
            self.resolver.moved()
        if self._access_path is not None:
            self._access_path.attached = False
        access_path = self._access_path = self._topology.access_path(
            self.mailbox_name, place_name, STACKS[self.group.network_stack]
        )
        access_path.attached = True
        if access_path.place.web == "portal" and not access_path.opened_portal:
            opens_s = since_s + access_path.place.portal_login_s
            if opens_s > self.env.now:
                self.env.call_at(opens_s, access_path.open_portal)
            else:
                access_path.open_portal()
        self.place_name = place_name

    def move(self, place_name: str) -> None:
        """The person carries the machine elsewhere.

        The client notices at its next poll of the network.
        """
        if self._access_path is not None:
            self._access_path.attached = False
            for connection in (*self.connections, *self.closing):
                if connection.access_path is self._access_path:
                    connection.fall_silent("link_lost")
        self.change_state(self.state)
        self._attach(place_name, self.env.now)
        self.env.call_at(self.next_poll_s(), lambda: self._notice_link("link"))

    def _notice_link(self, trigger: RoundTrigger) -> None:
        """The poll sees that the network has changed: what ran over the old one is given up."""
        if not self.is_open:
            return
        for connection in list(self.connections):
            if connection.access_path is not self._access_path:
                connection.die("link_lost")
            elif not connection.access_path.is_up:
                connection.die("link_cut")
            elif connection.silent and connection.reason in ("link_lost", "link_cut"):
                connection.die(connection.reason)  # away and back between two polls
        self.end_rounds("link")
        self.notify(trigger)

    def link_cut(self) -> None:
        """The link at the place went away; noticed at the next poll."""
        for connection in [c for c in self.connections if c.access_path is self._access_path]:
            connection.fall_silent("link_cut")
        self.env.call_at(self.next_poll_s(), lambda: self._notice_link("link"))

    def link_back(self) -> None:
        """The link is there again; noticed at the next poll."""
        self.env.call_at(self.next_poll_s(), lambda: self._notice_link("link"))

    def sleep(self) -> None:
        """The lid is shut: nobody acts, no timer runs, and servers keep what they had.

        The machine has no connection when it wakes (assumed: nothing is published on sockets).
        """
        if not self.is_open:
            self.stay_closed()
            return
        self.asleep, self.is_open = True, False
        self._generation += 1
        self._end_run()
        self.mode.sleeps()
        self.end_rounds("link")
        self.access_path.attached = False
        for connection in (*self.connections, *self.closing):
            connection.die("link_lost")
        self.change_state("asleep")
        self.notify("quit")

    def awake(self, place_name: str) -> None:
        """The lid is opened: one round of attempts, at once; in a new mode Outlook starts."""
        if self._new_mode:
            self.launch(place_name)
            return
        self.asleep, self.is_open = False, True
        self._attach(place_name, self.env.now)
        self.mode.wakes()
        if self.mode.connects:
            self.change_state("disconnected")
            self.env.process(self._stay_connected(self._generation, "link"))

    def quit(self) -> None:
        """Outlook ends."""
        self.asleep = self.is_open = False
        self._generation += 1
        self._end_run()
        self.mode.quitting()
        self.end_rounds("quit")
        for connection in list(self.connections):
            connection.close()
        self.change_state("off")
        self.notify("quit")

    def switch_mode(self, name: str) -> None:
        """Outlook is restarted in another mode, at the same place, with an empty copy.

        What waited in the old one waits in the new. Nothing happens in that mode already.
        """
        if name != self.mode.name:
            self._begin_copy(name)

    def _begin_copy(self, name: str) -> None:
        was_open, place_name = self.is_open, self.place_name
        if was_open:
            self.quit()
        changes = self.mode.hand_over()
        self.has_copy = False
        self.mode = self._components.modes[name](self, self._components)
        self.mode.take_over(changes)
        self._new_mode = self.asleep
        if was_open:
            self.launch(place_name)

    def begin_anew(self) -> None:
        """The mailbox has been moved: its server has no views of it, and its copy is empty.

        An Outlook that is open has to be restarted for it.
        """
        self.mailbox.views.clear()
        was_open, place_name = self.is_open, self.place_name
        if was_open:
            self.quit()
        self._begin_copy(self.mode.name)
        if was_open:
            reopen = partial(self._reopen, place_name, self._generation)
            self.env.call_at(self.env.now + self.restart_s, reopen)

    def _reopen(self, place_name: str, generation: int) -> None:
        if self._generation == generation:
            self.launch(place_name)

    def stay_closed(self) -> None:
        """The person leaves an Outlook that is being restarted, or shuts the lid."""
        self._generation += 1

    def renew_address_book(self) -> None:
        """The whole address book is due."""
        self.mode.renew_address_book()

    def next_poll_s(self, every_s: float | None = None) -> float:
        """Return when the client next looks at the state of the network, in seconds.

        Always later than now. Its clock strikes at each poll of the link, or `every_s` seconds.
        """
        now_s, phase_s = self.env.now, self._poll_phase_s
        period_s = every_s or self.policy.link_poll_s
        number = math.floor((now_s - phase_s) / period_s) + 1
        if phase_s + number * period_s <= now_s:  # at a poll the division may be rounded down
            number += 1
        return phase_s + number * period_s

    def end_rounds(self, cause: str) -> None:
        """Break off the rounds under way that have no future.

        Their access path was left or is away, or Outlook ends.
        """
        for round_ in list(self.rounds):
            if (
                not self.is_open
                or round_.access_path is not self._access_path
                or not round_.access_path.is_up
            ):
                round_.end(cause)

    def notify(self, trigger: RoundTrigger) -> None:
        """Wake the process that keeps the client connected."""
        wakeup, self._wakeup = self._wakeup, self.env.event()
        wakeup.succeed(trigger)

    def stay_connected(self) -> None:
        """Keep the client connected from now to the end of this run of Outlook."""
        self._trying_since_s = self.env.now
        self.env.process(self._stay_connected(self._generation))

    def _stay_connected(self, generation: int, trigger: RoundTrigger = "launch") -> Process:
        failures, connected = 0, self.has("mail")
        while self._generation == generation:
            wakeup = self._wakeup
            if not connected:
                if trigger != "retry":
                    self._trying_since_s = self.env.now
                connected = yield from self._try_once(trigger)
                if self._generation != generation:
                    return
            if connected:
                failures = 0 if self.has_all_mail else failures + 1
                if failures:
                    trigger = yield from self._wait_to_retry(failures, wakeup)
                else:
                    trigger = yield wakeup
                connected = self.has_all_mail
            elif self._broken_off:
                trigger = "link"
            else:
                failures += 1
                trigger = yield from self._wait_to_retry(failures)

    def _try_once(self, trigger: RoundTrigger) -> Process:
        self._broken_off = False
        if not self.access_path.is_up:
            if not self.has("mail"):
                self.change_state("disconnected")
            return False
        if not self.has("mail"):
            self.speed = self.judged_speed()
            self.change_state("trying")
        round_ = self.new_round(trigger)
        yield from round_.run()
        self._end_wait()
        self._broken_off = round_.ended and self.access_path.is_up
        if not self.has("mail") and self.is_open and not self._keeps_trying():
            self.change_state("disconnected")
        return self.has("mail")

    def _keeps_trying(self) -> bool:
        return self.rules.keeps_trying(self.env.now - self._trying_since_s, self.policy)

    def _end_run(self) -> None:
        """Let calls go that wait to be repeated: Outlook ends, or its machine falls asleep."""
        self._end_wait()
        over, self._run_over = self._run_over, None
        if over is not None and over.callbacks:
            over.succeed()

    def _end_wait(self) -> None:
        """Let calls that are to be repeated go on: there is a new connection, or no hope of one."""
        over, self._round_over = self._round_over, None
        if over is not None and over.callbacks:
            over.succeed()

    @property
    def has_all_mail(self) -> bool:
        """Whether it has all mail connections that it wants; one that is refused is tried again."""
        return self.count("mail") >= self.mail_connections(self.path_of("mail"))

    def _wait_to_retry(self, failures: int, wakeup: Event | None = None) -> Process:
        if self._keeps_trying():
            at_s = self.next_poll_s(self.policy.reconnect_every_s)
        else:
            wait_s = self.rules.backoff(failures, self.policy, self.draws)
            at_s = max(self.env.now + wait_s, self.next_poll_s())
        wakeup = wakeup or self._wakeup
        yield wakeup | self.env.timeout(at_s - self.env.now)
        return cast("RoundTrigger", wakeup.value) if wakeup.triggered else "retry"

    def asked(self, trigger: RoundTrigger) -> None:
        """The person asks for something that takes a connection: try at once if there is none."""
        if not self.has("mail"):
            self.notify(trigger)

    def new_round(self, trigger: RoundTrigger) -> ConnectionRound:
        """Return a new round of attempts, which has not begun yet."""
        components = self._components
        return components.connection_round(self, next(self._round_ids), trigger, components.attempt)

    # connections

    def connected(self, connection: Connection) -> None:
        """An attempt has led to a connection: the person's own where that was lost."""
        if connection.service != "mail":
            self.connections.append(connection)
            return
        self.connections.insert(0 if self._lost_first else len(self.connections), connection)
        self._lost_first = False
        self._end_wait()
        if self.count("mail") == 1:
            self.set_up = True
            self.change_state(self.mode.connected_state())
            self.mode.connected()
        else:
            self.mode.mail_path_changed()

    def connection_closing(self, connection: Connection) -> None:
        """A connection is used no more; it takes its leave by itself."""
        self.connections.remove(connection)
        self.closing += (connection,)

    def connection_ended(self, connection: Connection, reason: str) -> None:
        """A connection is gone."""
        if connection in self.closing:
            self.closing = tuple(other for other in self.closing if other is not connection)
            return
        if connection in self.connections:
            self._lost_first |= connection is self.connection("mail")
            self.connections.remove(connection)
        if self.is_open and reason != "closed" and connection.service == "mail":
            if self.mode.connects and not self.has("mail"):
                self._trying_since_s = self.env.now
                self.change_state("trying" if self.rounds else "disconnected")
                self.mode.disconnected()
            elif self.has("mail"):
                self.mode.mail_path_changed()
            self.notify("lost")

    def noticed(self) -> None:
        """The client has learned that there is new mail."""
        self.mode.noticed()

    def change_state(self, state: State) -> None:
        """End the interval of a state and begin the next.

        What follows alike, in place and mode too, is one interval.
        """
        now, held = self.env.now, self._held
        if now > self.state_since_s:
            place_name = self.place_name if self.state != "off" else ""
            alike = (place_name, self.mode.name, self.state)
            since_s = self.state_since_s
            if held is not None and held[:3] == alike:
                since_s = held[3]
            else:
                self._write_state()
            self._held = (*alike, since_s, now)
            self.state_since_s = now
        self.state = state

    def record_unfinished(self) -> None:
        """Write the last interval at the end of the run."""
        self.change_state(self.state)
        self._write_state()

    def _write_state(self) -> None:
        """Write the row of the interval that is over."""
        if self._held is not None:
            place_name, mode, state, start_s, end_s = self._held
            self.recorder.states.row(
                mailbox=self.mailbox_name, group=self.group_name, place=place_name, mode=mode,
                state=state, start_s=start_s, end_s=end_s,
            )  # fmt: skip
