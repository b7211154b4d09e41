"""One site in motion: its servers, links, people and mail, and the trace they leave."""

from __future__ import annotations

from anywhere_sim.des.environment import Environment
from anywhere_sim.des.random_streams import Streams
from anywhere_sim.exchange.directory import Directory
from anywhere_sim.exchange.front_end import FrontEnd
from anywhere_sim.exchange.mail_transport import MailTransport
from anywhere_sim.exchange.server import Server
from anywhere_sim.exchange.store import Store
from anywhere_sim.network.access_path import AccessPath
from anywhere_sim.network.tcp_model import STACKS
from anywhere_sim.outlook.client import Client
from anywhere_sim.outlook.modes import MODES
from anywhere_sim.outlook.modes.action import Action, Result
from anywhere_sim.outlook.modes.mode import Mode
from anywhere_sim.outlook.sync.synchronisation import Sync
from anywhere_sim.people.activity_levels import activity_levels
from anywhere_sim.people.arrivals import DayShape
from anywhere_sim.people.mail_workload import ContactNetwork
from anywhere_sim.people.person import Person
from anywhere_sim.rpc.framing import RPC_WINDOW_BYTES
from anywhere_sim.scenario.scenario import Scenario
from anywhere_sim.scenario.sites import Site
from anywhere_sim.simulation.disruptions import schedule_disruptions
from anywhere_sim.simulation.past import Past
from anywhere_sim.simulation.rules import Rules
from anywhere_sim.simulation.sampler import Sampler
from anywhere_sim.simulation.settle import settle
from anywhere_sim.traces.recorder import Recorder


class SiteModel:
    """Everything of one site; `run` moves it from the scenario's start to its end."""

    def __init__(self, scenario: Scenario, site: Site, streams: Streams, recorder: Recorder, rules: Rules) -> None:
        self.scenario = scenario
        self.site = site
        self.streams = streams
        self.recorder = recorder
        self.rules = rules
        self.start_s, self.end_s = scenario.start, scenario.end
        self.env = Environment(initial_time=scenario.start)
        self.network = rules.network.topology(self.env, scenario, streams, rules.network, RPC_WINDOW_BYTES)
        self.people = sum(scenario.groups[name].mailboxes for name in site.groups)
        self.front_ends: dict[str, FrontEnd] = {}
        self.stores: dict[str, Store] = {}
        self.directories: dict[str, Directory] = {}
        self.clients: dict[str, Client] = {}
        self.persons: dict[str, Person] = {}
        self.busy: dict[Person, tuple[Action, float, str, str]] = {}
        self.open_syncs: dict[Sync, None] = {}
        self._rounds = 0
        self._circles: dict[str, ContactNetwork] = {}
        self._shapes: dict[str, DayShape] = {}
        self._build_servers()
        self.post = MailTransport(self)
        self._build_people()
        self.sampler = Sampler(self)

    def _build_servers(self) -> None:
        mailboxes = dict.fromkeys(self.site.servers, 0)
        for name in self.site.groups:
            mailboxes[self.scenario.groups[name].server] += self.scenario.groups[name].mailboxes
        for name in self.site.servers:
            spec = self.scenario.servers[name]
            if spec.role == "front_end":
                self.front_ends[name] = FrontEnd(self.env, name, spec)
            elif spec.role == "mailbox":
                self.stores[name] = Store(self.env, name, spec, mailboxes[name])
            else:
                self.directories[name] = Directory(self.env, name, spec)

    def _build_people(self) -> None:
        members: dict[str, list[str]] = {}
        names = {name: [f"{name}/{number}" for number in range(1, self.scenario.groups[name].mailboxes + 1)] for name in self.site.groups}
        for group, boxes in names.items():
            members.setdefault(self.scenario.groups[group].community, []).extend(boxes)
        for community, people in members.items():
            self._circles[community] = ContactNetwork(self.scenario.community(community), people)
            self._shapes[community] = DayShape(self.scenario.community(community).day_shape)
        for group, boxes in names.items():
            levels = activity_levels(self.streams, group, len(boxes), self.scenario.community(self.scenario.groups[group].community))
            for box, level in zip(boxes, levels, strict=True):
                self._add_person(group, box, level)

    def _add_person(self, group_name: str, name: str, level: float) -> None:
        group = self.scenario.groups[group_name]
        directory = self.scenario.server_of(group, "directory")
        front_end = self.scenario.server_of(group, "front_end")
        self.stores[group.server].add_mailbox(name, group.mailbox_mb)
        self.clients[name] = Client(
            self, group_name, group, name, self.stores[group.server],
            self.directories[directory] if directory else None, self.front_ends[front_end] if front_end else None,
        )  # fmt: skip
        self.persons[name] = Person(self, self.clients[name], level)

    def run(self) -> None:
        """Move from start to end, then write down what is still under way."""
        for name, person in self.persons.items():
            self.post.outside_mail(name, person.habits.outside_messages * person.level, self.shape_of(name))
            person.begin(settled=self.scenario.beginning == "settled")
        if self.scenario.beginning == "settled":
            Past(self).replay()
        schedule_disruptions(self)
        self.sampler.begin()
        self.env.run(until=self.end_s)
        self._finish()

    def _finish(self) -> None:
        """Close the books at the end of the run: what is unfinished says so."""
        for client in self.clients.values():
            for attempt in [attempt for round_ in client.rounds for attempt in round_.attempts]:
                attempt.finish()
        for sync in self.open_syncs:
            sync.record("unfinished")
        for person, (action, start_s, state, place) in self.busy.items():
            person.record(action, start_s, state, place, Result("none", "unfinished"))
        for client in self.clients.values():
            for connection in (*client.connections, *client.closing):
                connection.finish()
            client.change_state(client.state)
            client.mode.record_open()
        self.post.record_open()
        self.sampler.finish()

    def servers(self) -> list[Server]:
        """Return all servers of the site."""
        return [*self.front_ends.values(), *self.stores.values(), *self.directories.values()]

    def server(self, name: str) -> Server | None:
        """Return the server of that name, or None when it belongs to another site."""
        return next((server for server in self.servers() if server.name == name), None)

    def outage_over(self, server: Server) -> None:
        """One outage of a server is over; after the last it comes back, and mail that waited for it is delivered."""
        server.outages -= 1
        if server.outages:
            return
        server.start()
        if isinstance(server, Store):
            self.post.store_is_back(server)

    def new_mode(self, client: Client, name: str) -> Mode:
        """Return the mode of a client."""
        return MODES[name](client)

    def access_path(self, client: Client, place_name: str) -> AccessPath:
        """Return the line of a client at a place."""
        return self.network.access_path(client.mailbox, place_name, STACKS[client.group.network_stack])

    def settle(self, client: Client) -> None:
        """Connect a client as if it had been running for a while."""
        settle(self, client)

    def contacts_of(self, mailbox: str) -> ContactNetwork:
        """Return the community of a mailbox."""
        return self._circles[self.clients[mailbox].group.community]

    def shape_of(self, mailbox: str) -> DayShape:
        """Return the shape of the day of a mailbox's community."""
        return self._shapes[self.clients[mailbox].group.community]

    def store_of(self, mailbox: str) -> Store:
        """Return the store on which a mailbox lies."""
        return self.clients[mailbox].store

    def next_round(self) -> int:
        """Return the number of a new round."""
        self._rounds += 1
        return self._rounds
