"""One site: its servers, network, clients, people and mail, built, wired and run."""

from __future__ import annotations

from itertools import count
from typing import Any

from anywhere_sim.des.environment import Environment
from anywhere_sim.des.random_streams import Streams
from anywhere_sim.exchange.front_end import FrontEnd
from anywhere_sim.exchange.pool import Pool
from anywhere_sim.exchange.server import Directory, Server
from anywhere_sim.exchange.store import Store
from anywhere_sim.outlook.client import Client
from anywhere_sim.outlook.connection_order import ConnectionRules
from anywhere_sim.people.mail_workload import MailWorkload
from anywhere_sim.people.person import Person
from anywhere_sim.scenario.group import OFF, Group
from anywhere_sim.scenario.scenario import Scenario
from anywhere_sim.scenario.sites import Site
from anywhere_sim.scenario.spec import PoolRule, Role
from anywhere_sim.simulation.checked import started
from anywhere_sim.simulation.disruptions import Disruptions
from anywhere_sim.simulation.rules import Rules
from anywhere_sim.simulation.sampler import Sampler
from anywhere_sim.simulation.site_view import SiteView
from anywhere_sim.simulation.warm_start import set_views
from anywhere_sim.traces.recorder import Recorder


class SiteModel:
    """Everything of one site; `run` moves it from the scenario's start to its end."""

    def __init__(
        self,
        scenario: Scenario,
        site: Site,
        streams: Streams,
        recorder: Recorder,
        rules: Rules,
    ) -> None:
        self.env = Environment(initial_time=scenario.start)
        self._scenario = scenario
        self._site = site
        self._streams = streams
        self._recorder = recorder
        self._rules = rules
        self._outlook = rules.with_modes()
        network = rules.network
        self.topology = network.topology(
            self.env, scenario, streams, network, rules.rpc.framing.channel_window_bytes
        )
        self.front_ends: dict[str, FrontEnd] = {}
        self.stores: dict[str, Store] = {}
        self.directories: dict[str, Directory] = {}
        self._pools: dict[tuple[tuple[str, ...], PoolRule, float], Pool[Any]] = {}
        self.clients: dict[str, Client] = {}
        self.persons: dict[str, Person] = {}
        self._build_servers()
        self.transport = rules.exchange.mail_transport(
            self.env, lambda mailbox: self.clients[mailbox].store, recorder.messages
        )
        self._build_people()
        servers = self.servers()
        self._disruptions = Disruptions(
            self.env, scenario, streams, servers, self.clients, self.topology, self.transport
        )
        self._sampler = Sampler(self.env, servers, self.topology, recorder)

    def _build_servers(self) -> None:
        exchange = self._rules.exchange
        mailboxes = dict.fromkeys(self._site.servers, 0)
        for group in self._groups().values():
            mailboxes[group.server] += group.mailboxes
        for name in self._site.servers:
            spec = self._scenario.servers[name]
            if spec.role == "front_end":
                self.front_ends[name] = exchange.front_end(self.env, name, spec)
            elif spec.role == "mailbox":
                self.stores[name] = exchange.store(self.env, name, spec, mailboxes[name], exchange)
            else:
                self.directories[name] = exchange.directory(self.env, name, spec)
        for server in self.servers():
            if server.spec.admission is not None:
                server.admission = self._rules.admissions[server.spec.admission](server)

    def _groups(self) -> dict[str, Group]:
        return {name: self._scenario.groups[name] for name in self._site.groups}

    def _build_people(self) -> None:
        groups, people = self._groups(), self._rules.people
        names = {
            name: [f"{name}/{number}" for number in range(1, group.mailboxes + 1)]
            for name, group in groups.items()
        }
        members: dict[str, list[str]] = {}
        for name, group in groups.items():
            members.setdefault(group.community, []).extend(names[name])
        workloads = {}
        for key, inhabitants in members.items():
            contacts = people.contact_network(self._scenario.community(key), inhabitants)
            workloads[key] = people.mail_workload(self._streams, contacts)
        round_ids = count(1)
        for name, group in groups.items():
            workload = workloads[group.community]
            levels = workload.activity_levels(name, group.mailboxes)
            rules = self._rules.chosen_by(group.policy)
            for mailbox_name, level in zip(names[name], levels, strict=True):
                client = self._add_client(name, group, mailbox_name, rules, round_ids)
                self._add_person(client, level, workload)

    def _add_client(
        self, group_name: str, group: Group, mailbox_name: str, rules: ConnectionRules,
        round_ids: count[int],
    ) -> Client:  # fmt: skip
        outlook = self._outlook
        store = self.stores[group.server]
        store.add_mailbox(mailbox_name)
        client = self.clients[mailbox_name] = outlook.client(
            self.env,
            group_name,
            group,
            mailbox_name,
            store,
            self._pool(group, "directory", self.directories),
            self._pool(group, "front_end", self.front_ends),
            self.topology,
            outlook,
            round_ids,
            submit=self.transport.submit,
            rules=rules,
            network=self._rules.network,
            rpc=self._rules.rpc,
            streams=self._streams,
            recorder=self._recorder,
            address_book_users=self._scenario.directory_entries
            or sum(other.mailboxes for other in self._groups().values()),
        )
        return client

    def _pool(self, group: Group, role: Role, servers: dict[str, Any]) -> Pool[Any] | None:
        """Return the pool of a group's servers in a role, the same for all groups that use it."""
        names = self._scenario.servers_of(group, role)
        if not names:
            return None
        key = (names, group.pool_rule, group.health_check_s)
        if key not in self._pools:
            members = [servers[name] for name in names]
            self._pools[key] = self._rules.exchange.pool(self.env, members, *key[1:])
        return self._pools[key]

    def _add_person(self, client: Client, level: float, workload: MailWorkload) -> None:
        self.persons[client.mailbox_name] = self._rules.people.person(
            self.env,
            client,
            level,
            workload,
            self.transport,
            self._streams,
            self._recorder.operations,
        )

    def servers(self) -> list[Server]:
        """Return all servers of the site."""
        return [*self.front_ends.values(), *self.stores.values(), *self.directories.values()]

    def run(self) -> None:
        """Move from start to end, then write down what is still under way."""
        self._begin()
        self._disruptions.schedule()
        for store in self.stores.values():
            store.begin_other_work()
        self._sampler.begin()
        self._begin_processes()
        self.env.run(until=self._scenario.end)
        self._record_unfinished()
        self._sampler.finish()

    def _begin_processes(self) -> None:
        """Start the processes that the rules add, in their order."""
        if not self._rules.processes:
            return
        servers = {server.name: server for server in self.servers()}
        view = SiteView(
            self._site.name, self.env, self._scenario, self._streams, self.topology, servers,
            self.clients, self._disruptions.apply,
        )  # fmt: skip
        for number, process in enumerate(self._rules.processes):
            self.env.process(started(process, number, self.env, view))

    def _begin(self) -> None:
        """Let every person's day begin, with the mail that earlier days have left.

        In a settled beginning Outlook is in use; in a cold one it is opened now.
        """
        settled = self._scenario.beginning == "settled"
        warm_start = self._rules.warm_start(self.env)
        for person in self.persons.values():
            set_views(person, self.env.now)
            person.outside_mail().plan_next()
            if settled:
                warm_start.resume(person)
        self._rules.mail_history(self.env.now, self.persons, self.transport).replay()
        for person in self.persons.values():
            if not settled and person.itinerary.place_at_start() != OFF:
                person.launch(person.itinerary.place_at_start())
            person.begin()

    def _record_unfinished(self) -> None:
        """Write the rows of what the end of the run cuts off, in the order in which it began."""
        clients = self.clients.values()
        for client in clients:
            for attempt in [attempt for round_ in client.rounds for attempt in round_.attempts]:
                attempt.finish()
        syncs = [sync for client in clients for sync in client.open_syncs]
        for sync in sorted(syncs, key=lambda sync: sync.sync_id):
            sync.record_unfinished()
        for person in sorted(self.persons.values(), key=lambda person: person.operation_id):
            person.record_unfinished()
        for client in clients:
            for connection in (*client.connections, *client.closing):
                connection.finish()
            client.record_unfinished()
            client.mode.record_unfinished()
        self.transport.record_unfinished()
