"""A client as rounds, sessions, modes and synchronisations see it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Annotated

from mypy_extensions import mypyc_attr
from simpy import Event

from anywhere_sim.des.environment import Environment, Process
from anywhere_sim.des.random_streams import Stream, Streams
from anywhere_sim.exchange.front_end import FrontEnd
from anywhere_sim.exchange.mailbox import Message
from anywhere_sim.exchange.pool import Pool
from anywhere_sim.exchange.server import Directory
from anywhere_sim.exchange.store import Store
from anywhere_sim.network.access_path import AccessPath
from anywhere_sim.network.components import NetworkComponents
from anywhere_sim.network.segmentation import TLS_VERSIONS, TlsVersion
from anywhere_sim.network.tcp_connection import TcpConnection
from anywhere_sim.network.tcp_model import STACKS
from anywhere_sim.outlook.connection_order import ConnectionRules, Speed
from anywhere_sim.outlook.local_copy import LocalCopy
from anywhere_sim.rpc.call import Framing, Rpc
from anywhere_sim.rpc.call_types import MEASURED, SYNCHRONISING
from anywhere_sim.rpc.components import RpcComponents
from anywhere_sim.rpc.connection import Connection
from anywhere_sim.rpc.contracts import ConnectionOwner, Endpoint, Proxy
from anywhere_sim.rpc.path_kinds import PATH_KINDS
from anywhere_sim.scenario.errors import ScenarioError, nearest
from anywhere_sim.scenario.group import Group
from anywhere_sim.scenario.sources import assumed
from anywhere_sim.scenario.spec import PlaceKind
from anywhere_sim.traces.recorder import Recorder
from anywhere_sim.traces.words import Path, RoundTrigger, Service, State

if TYPE_CHECKING:
    from anywhere_sim.outlook.connection_round import ConnectionRound

TLS_VERSION: Annotated[
    str,
    assumed(
        "real_peers 4 measures TLS 1.0, which Windows of the time speaks by default; no later one "
        "(U)"
    ),
] = "tls1.0"
FIRST_MAIL_CONNECTIONS = 2  # measurements B4: of one mailbox, the person's and the background's
DIALLED: tuple[PlaceKind, ...] = ("modem_3g", "gprs", "dial_up")
UNKNOWN_SPEED = Speed(float("nan"), "none")


class OpenSync(ABC):
    """A synchronisation under way, which the end of the run may cut off."""

    __slots__ = ("sync_id",)

    sync_id: int

    @abstractmethod
    def record_unfinished(self) -> None:
        """Write its row as unfinished."""


def _nobody() -> None:
    """Nobody sits before the client."""


@mypyc_attr(allow_interpreted_subclasses=True)
class BaseClient(ConnectionOwner):
    """One Outlook with one mailbox: its profile, its place, its connections.

    `network` and `rpc` name what its attempts and connections are made of.
    `submit` hands a message to the transport once a server has it. `on_answer` is called with
    each answer of the store, which brings what the client has not heard, `on_change` when the
    person can go on: there is a connection, what had waited for it has come, or Outlook has opened
    offline.
    """

    __slots__ = (
        "_access_path", "_call_factors", "_patience", "_rop_bytes", "_round_over", "_run_over",
        "_sync_factors", "address_book_users", "avoid",
        "closing", "connections", "copy", "directories", "directory", "draws", "env", "front_end",
        "front_ends", "group", "group_name", "has_copy", "is_open", "mailbox", "mailbox_name",
        "network", "on_answer", "on_change", "open_syncs", "place_name", "policy", "recorder",
        "resolver", "rounds", "rpc", "rules", "set_up", "speed", "state", "state_since_s", "store",
        "streams", "submit", "tls_sessions", "tls_version", "version",
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
        *,
        submit: Callable[[Message], None],
        rules: ConnectionRules,
        network: NetworkComponents,
        rpc: RpcComponents,
        streams: Streams,
        recorder: Recorder,
        address_book_users: int,
    ) -> None:
        self.env = env
        self.group_name = group_name
        self.group = group
        self.policy = group.policy
        self.version = group.version
        self.mailbox_name = mailbox_name
        self.mailbox = store.mailbox(mailbox_name)
        self.copy = LocalCopy(self.mailbox, group.max_file_bytes / group.file_to_mailbox)
        self.store = store
        self.directories = directories
        self.front_ends = front_ends
        self.directory = directories.members[0] if directories else None
        self.front_end = front_ends.members[0] if front_ends else None
        self.avoid = ""
        self.submit = submit
        self.rules = rules
        self.network = network
        self.rpc = rpc
        self.streams = streams
        self.recorder = recorder
        self.address_book_users = address_book_users
        self.tls_version = TLS_VERSION
        self.tls_sessions: dict[str, int] = {}
        self.resolver = network.resolver(STACKS[group.network_stack], group.policy)
        self.connections: list[Connection] = []
        self.rounds: tuple[ConnectionRound, ...] = ()
        self.closing: tuple[Connection, ...] = ()
        self.open_syncs: tuple[OpenSync, ...] = ()
        self._round_over: Event | None = None
        self._run_over: Event | None = None
        self.on_change: Callable[[], None] = _nobody
        self.on_answer: Callable[[], None] = _nobody
        self.speed = UNKNOWN_SPEED
        self.state: State = "off"
        self.state_since_s = env.now
        self.place_name = ""
        self.set_up = group.set_up
        self.has_copy = group.set_up
        self.is_open = False
        self.draws = streams.stream(f"client/{mailbox_name}")
        self._access_path: AccessPath | None = None
        self._patience: Stream | None = None
        self._rop_bytes: int | None = None
        self._call_factors: tuple[float, float] | None = None
        self._sync_factors: tuple[float, float] | None = None

    @property
    def round_over(self) -> Event:
        """Happens with the next mail connection, or when the round of attempts has found none."""
        if self._round_over is None:
            self._round_over = self.env.event()
        return self._round_over

    @property
    def run_over(self) -> Event:
        """Happens when this run of Outlook ends, or its machine falls asleep."""
        if self._run_over is None:
            self._run_over = self.env.event()
        return self._run_over

    # what only the whole client can do

    @abstractmethod
    def new_round(self, trigger: RoundTrigger) -> ConnectionRound:
        """Return a new round of attempts, which has not begun yet."""

    @abstractmethod
    def connected(self, connection: Connection) -> None:
        """An attempt has led to a connection."""

    @abstractmethod
    def stay_connected(self) -> None:
        """Keep the client connected from now to the end of this run of Outlook."""

    @abstractmethod
    def asked(self, trigger: RoundTrigger) -> None:
        """The person asks for something that takes a connection: try at once if there is none."""

    @abstractmethod
    def noticed(self) -> None:
        """The client has learned that there is new mail."""

    @abstractmethod
    def change_state(self, state: State) -> None:
        """Write the interval that ends now and begin the next."""

    def patience_s(self, mean_s: float) -> float:
        """Return for how long the person bears with a dialog, in seconds: drawn anew each time."""
        if self._patience is None:
            self._patience = self.streams.stream(f"patience/{self.mailbox_name}")
        return self._patience.exponential(mean_s)

    # paths and servers

    @property
    def access_path(self) -> AccessPath:
        """The access path of the place where the client is."""
        assert self._access_path is not None
        return self._access_path

    @property
    def media_sense_s(self) -> float:
        """For how long the stack keeps the address of an adapter whose link has gone, in seconds.

        That of a dialled connection ends with it (PPP).
        """
        if self.access_path.place.kind in DIALLED:
            return 0.0
        given = self.policy.media_sense_s
        return self.access_path.stack.media_sense_s if given is None else given

    def judged_speed(self) -> Speed:
        """Return the speed at which the client takes its access path to be, by its rule."""
        return self.rules.judge(self.access_path, self.policy)

    def path_order(self) -> tuple[Path, ...]:
        """Return the paths in the order in which they will be tried.

        Raises ScenarioError for a path that nobody knows.
        """
        order = self.rules.path_order(self.speed, self.policy, self.version)
        for path in order:
            if path not in PATH_KINDS:
                raise ScenarioError(
                    f"the path order gave {path!r}: unknown path; {nearest(path, PATH_KINDS)}"
                )
        return tuple(path for path in order if self.may_use(path))

    def may_use(self, path: Path) -> bool:
        """Return whether a path is open to this client.

        The first set-up of a profile needs the local network (S14).
        """
        if not PATH_KINDS[path].through_front_end:
            return True
        return self.front_end is not None and (self.set_up or self.autodiscovers)

    @property
    def may_log_on(self) -> bool:
        """Whether there is a profile, or the place is one to set it up: the company's network, not
        any network with an open port 135 (S14), unless Autodiscover does it.
        """
        return self.set_up or self.access_path.place.company or self.autodiscovers

    @property
    def autodiscovers(self) -> bool:
        """Whether Autodiscover sets up a profile from anywhere: 2007 with 2007."""
        return (
            self.policy.first_setup == "autodiscover"
            and self.version.year == 2007
            and self.store.year == 2007
        )

    def turn_to_pools(self, service: Service, path: Path) -> None:
        """Ask the pools for the servers of the next attempt.

        A directory that has failed is avoided: the client is referred to another one.
        """
        place = self.access_path.place
        address = self.place_name if place.shares_address else self.mailbox_name
        if self.front_ends and PATH_KINDS[path].through_front_end:
            self.front_end = self.front_ends.choose(address)
        if self.directories and service == "directory":
            self.directory = self.directories.choose(address, self.avoid)

    @property
    def entrance(self) -> FrontEnd | None:
        """The server whose name stands in the profile for HTTPS: all of a pool have one name."""
        return self.front_ends.members[0] if self.front_ends else None

    def front_end_over(self, path: Path) -> FrontEnd | None:
        """Return the front end that a path leads through, None where it leads through none."""
        return self.front_end if PATH_KINDS[path].through_front_end else None

    def host_server(self, service: Service) -> Store | Directory:
        """Return the server that offers a service."""
        return (
            self.directory if service == "directory" and self.directory is not None else self.store
        )

    def host_of(self, service: Service, path: Path) -> str:
        """Return the host that an attempt would talk to."""
        return (self.front_end_over(path) or self.host_server(service)).name

    def compressed_to(self, service: Service) -> float:
        """Return what share of a call's bytes compression leaves.

        Both ends must be of 2003 or later (facts 1.6).
        """
        compress = self.version.year >= 2003 and self.host_server(service).year >= 2003
        return self.policy.rpc_compressed_to if compress else 1.0

    def tls_over(self, path: Path) -> TlsVersion | None:
        """Return the TLS of a path, None in the clear.

        Plain HTTP needs a front end that takes it and a policy without "SSL only" (DESIGN S8).
        """
        front_end = self.front_end_over(path)
        if front_end is None or (front_end.spec.plain_http and not self.policy.ssl_only):
            return None
        return TLS_VERSIONS[self.tls_version]

    def framing(self, service: Service, path: Path) -> Framing:
        """Return what a path wraps around the calls of a service."""
        compressed_to = self.compressed_to(service)
        if PATH_KINDS[path].http:
            return self.rpc.over_https(self.tls_over(path), compressed_to)
        return self.rpc.directly(compressed_to)

    def new_connection(
        self, service: Service, path: Path, tcp: TcpConnection, attempt_id: int = 0, *,
        server: Endpoint, front_end: Proxy | None,
    ) -> Connection:  # fmt: skip
        """Return the connection that an attempt has led to, or that stood before the run began."""
        framing = self.framing(service, path)
        return self.rpc.connection(
            self, self.mailbox_name, self.group_name, self.recorder, attempt_id=attempt_id,
            service=service, path=path, tcp=tcp, server=server,
            front_end=front_end, framing=framing,
            keep_alive_s=framing.keep_alive_s(self.policy),
            disconnect_call=self.policy.disconnect_call,
        )  # fmt: skip

    def mail_connections(self, path: Path | None) -> int:
        """Return how many mail connections the client opens.

        Two, more for 2007 when direct, two for each shared mailbox (measurements B4).
        """
        direct = path is not None and not PATH_KINDS[path].through_front_end
        extra = self.version.direct_extra_connections if direct else 0
        return FIRST_MAIL_CONNECTIONS + extra + 2 * self.group.shared_mailboxes

    # connections

    def count(self, service: Service) -> int:
        """Return how many connections to a service there are."""
        return sum(1 for connection in self.connections if connection.service == service)

    def has(self, service: Service) -> bool:
        """Whether there is a connection to a service."""
        for connection in self.connections:  # noqa: SIM110 (asked for with every call)
            if connection.service == service:
                return True
        return False

    def path_of(self, service: Service) -> Path | None:
        """Return the path of the first connection to a service, None without one."""
        connection = self.connection(service)
        return connection.path if connection is not None else None

    def connection(self, service: Service, background: bool = False) -> Connection | None:
        """Return the connection for a call.

        The person's own requests use the first mail connection, the rest the second.
        """
        first = None
        for connection in self.connections:
            if connection.service == service:
                if first is not None or not background:
                    return connection
                first = connection
        return first

    def reopen(self, service: Service) -> Process:
        """Open a connection that is needed and not there (an idle one that was dropped).

        The value is whether it is there now.
        """
        if not self.has(service) and self.has("mail"):
            yield from self.new_round("needed").only(service)
        return self.has(service)

    def reconnected(self) -> Process:
        """Wait for the next mail connection, or for the end of the round of attempts under way."""
        if self.rounds:
            yield self.round_over

    def call(self, rpc: Rpc, service: Service = "mail", background: bool = False) -> bool:
        """Send a call over the fitting connection; False when there is none."""
        connection = self.connection(service, background)
        if connection is None:
            return False
        self._size(rpc)
        connection.call(rpc)
        return True

    def _size(self, rpc: Rpc) -> None:
        """Give a call the bytes and pages that this group's calls have by themselves."""
        kind = rpc.kind
        if rpc.more:
            if self._rop_bytes is None:
                self._rop_bytes = self.group.requests.property_rop_bytes
            extra = self._rop_bytes * len(rpc.more)
            rpc.up_bytes += extra
            rpc.down_bytes += extra
        sizes, pages = self._factors(of_sync=kind.name in SYNCHRONISING)
        if sizes != 1.0 and kind.name not in MEASURED:
            rpc.up_bytes += round((sizes - 1.0) * kind.up_bytes)
            rpc.down_bytes += round((sizes - 1.0) * kind.down_bytes)
        if pages != 1.0:
            rpc.reads += (pages - 1.0) * kind.pages
            rpc.writes += (pages - 1.0) * kind.writes

    def _factors(self, *, of_sync: bool) -> tuple[float, float]:
        """Return the factors of bytes and pages of a kind of calls; they are read with the first
        of them, since what is never read has no effect, and is named.
        """
        factors = self._sync_factors if of_sync else self._call_factors
        if factors is None:
            given = self.group.requests
            if of_sync:
                factors = self._sync_factors = _pair(
                    given.sync_bytes_factor, given.sync_pages_factor
                )
            else:
                factors = self._call_factors = _pair(
                    given.call_bytes_factor, given.call_pages_factor
                )
        return factors


@cache
def _pair(of_bytes: float, of_pages: float) -> tuple[float, float]:
    """Return two factors: one pair for all clients whose factors are equal."""
    return of_bytes, of_pages
