"""The mailbox store: threads, processor, database cache and disk."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import fsum
from typing import Annotated, ClassVar

from mypy_extensions import mypyc_attr

from anywhere_sim.des.environment import Environment
from anywhere_sim.des.station import BoundedPool, Job, Station
from anywhere_sim.exchange.mailbox import Delivery, Mailbox, Views
from anywhere_sim.exchange.server import SILENT_CLIENT_S, TOO_BUSY, OtherWork, Server
from anywhere_sim.exchange.sessions import Sessions
from anywhere_sim.rpc.call import Rpc
from anywhere_sim.rpc.call_types import ASYNC_WAIT
from anywhere_sim.rpc.connection import LOGGED_ON, Connection
from anywhere_sim.rpc.rops import HEAVY, LIGHT, MEAN_CALL_WEIGHT, MEAN_ROP_WEIGHT
from anywhere_sim.scenario.server import PACKET_WEIGHT
from anywhere_sim.scenario.server import Server as ServerSpec
from anywhere_sim.scenario.sources import documented
from anywhere_sim.scenario.spec import EventKind
from anywhere_sim.traces.words import Service

CACHE_EXPONENT: Annotated[
    float, documented("measurements B2: reads fall with cache memory per mailbox to this power")
] = -0.65


def reads_of(size_bytes: int, io_kb: int) -> int:
    """Return how many reads bring a body whose pages are neighbours.

    Each brings `io_kb` at the most.
    """
    return -(-size_bytes // (io_kb * 1024))


@mypyc_attr(allow_interpreted_subclasses=True)
class DatabaseCache:
    """The database cache of a store: warm once it has been filled, cold after a restart."""

    __slots__ = ("_filled_bytes", "_size_bytes", "_warm_misses")

    def __init__(self, mb_per_mailbox: float, mailboxes: int, misses_at_1_mb: float = 1.0) -> None:
        self._warm_misses = (
            min(1.0, misses_at_1_mb * mb_per_mailbox**CACHE_EXPONENT) if mb_per_mailbox else 1.0
        )
        self._size_bytes = mb_per_mailbox * 1e6 * mailboxes
        self._filled_bytes = self._size_bytes

    def misses(self) -> float:
        """Return the share of old pages that must be read from disk now."""
        if self._filled_bytes >= self._size_bytes:
            return self._warm_misses
        cold = 1.0 - self._filled_bytes / self._size_bytes
        return self._warm_misses + (1.0 - self._warm_misses) * cold

    def filled(self, read_bytes: float) -> None:
        """What was read from disk now lies in the cache."""
        self._filled_bytes = min(self._size_bytes, self._filled_bytes + read_bytes)

    def clear(self) -> None:
        """A restart empties the cache."""
        self._filled_bytes = 0.0


class Spindle:
    """What work takes on one disk: an access each, and the transfer of what is carried."""

    __slots__ = ("_access_ms", "_bytes_per_s")

    def __init__(self, access_ms: float, mb_per_s: float) -> None:
        self._access_ms = access_ms
        self._bytes_per_s = mb_per_s * 1e6

    def time_s(self, operations: int, size_bytes: int) -> float:
        """Return the seconds that so many accesses and bytes take."""
        return operations * self._access_ms / 1000.0 + size_bytes / self._bytes_per_s


@mypyc_attr(native_class=False)
@dataclass(frozen=True)
class StoreComponents:
    """The classes that a store builds its parts from."""

    bounded_pool: type[BoundedPool] = BoundedPool
    sessions: type[Sessions] = Sessions
    database_cache: type[DatabaseCache] = DatabaseCache
    views: type[Views] = Views


@mypyc_attr(allow_interpreted_subclasses=True)
class Store(Server):
    """An Exchange store.

    A call holds one of the RPC threads over processor and disk. Beyond the threads calls wait in
    order; one that would wait longer than `too_busy_after_s` is refused, and its client backs off
    (server too busy). A user is logged on for `session_services`; referral and directory are asked
    without a session (facts 4.3: logons are limited).
    """

    session_services: ClassVar[tuple[Service, ...]] = LOGGED_ON

    def __init__(
        self,
        env: Environment,
        name: str,
        spec: ServerSpec,
        mailboxes: int,
        components: StoreComponents = StoreComponents(),
    ) -> None:
        super().__init__(env, name, spec)
        self.disk = Station(env, spec.disks, f"{name} disk")
        self.log = Station(env, 1, f"{name} log")
        self.threads = components.bounded_pool(env, spec.rpc_threads, spec.too_busy_after_s)
        self.logons = components.sessions(env, spec.logons_per_user, spec.dead_logon_s)
        self.cache = components.database_cache(
            spec.cache_mb_per_mailbox, mailboxes, spec.misses_at_1_mb
        )
        self.reads = self.writes = self.log_writes = 0.0
        # read when they are first asked for: what never is has no effect, and is named
        self._spindle: Spindle | None = None
        self._log_spindle: Spindle | None = None
        self._page_bytes: int | None = None
        self._too_busy_retry_s: float | None = None
        # bound once: each call needs them
        self._on_let_in = self._take_thread
        self._on_admitted = self._admitted
        self._on_too_busy = self._too_busy
        self._on_computed = self._computed
        self._on_read = self._read
        self._on_served = self._served
        self._views = components.views
        self.mailboxes: dict[str, Mailbox] = {}
        self.parked: dict[str, Rpc] = {}
        self._read_debt = self._write_debt = 0.0
        self._unusual_packet = spec.packet_weight - PACKET_WEIGHT
        self._unusual = {
            LIGHT: spec.light_rop_weight - LIGHT, HEAVY: spec.heavy_rop_weight - HEAVY,
        }  # fmt: skip
        if not any((self._unusual_packet, *self._unusual.values())):
            self._unusual = {}
        per_operation = spec.rpc_mcycles_per == "operation"
        self._mcycles_per_weight = spec.rpc_mcycles / (
            MEAN_ROP_WEIGHT if per_operation else MEAN_CALL_WEIGHT
        )

    def disk_accesses(self) -> tuple[float, float, float]:
        """Return how many reads, writes, and writes of the log its disks have been asked for."""
        return self.reads, self.writes, self.log_writes

    def begin_other_work(self) -> None:
        """Let others than Outlook use processor and disk from now on, at even intervals."""
        spec = self.spec
        if spec.other_operations_per_s:
            self._repeat(1.0 / spec.other_operations_per_s, self._other_operation)
        if spec.other_disk_iops:
            self._repeat(1.0 / spec.other_disk_iops, self._other_read)

    def _repeat(self, every_s: float, work: Callable[[], None]) -> None:
        def again() -> None:
            if self.is_running:
                work()
            self.env.call_at(self.env.now + every_s, again)

        self.env.call_at(self.env.now + every_s, again)

    def _other_operation(self) -> None:
        self.work(MEAN_ROP_WEIGHT * self._mcycles_per_weight, _nothing)

    def _other_read(self) -> None:
        self.reads += 1
        self.disk.serve(Job(), self._disk_s(1, 0), _nothing)

    def read(self, reads: int, size_bytes: int, over: Callable[[bool], object]) -> None:
        """Read from the database for others than Outlook; `over` is called with whether it was
        done.

        One spindle is taken for an access for each of the reads, and for the transfer of the bytes.
        """
        self._use_disk(reads, size_bytes, over)
        self.reads += reads if self.is_running else 0

    def write(self, writes: int, size_bytes: int, over: Callable[[bool], object]) -> None:
        """Write to the database for others than Outlook, as `read` does."""
        self._use_disk(writes, size_bytes, over)
        self.writes += writes if self.is_running else 0

    def _use_disk(self, operations: int, size_bytes: int, over: Callable[[bool], object]) -> None:
        if not self.is_running:
            over(False)
            return
        work = OtherWork(over)
        self.disk.serve(work, self._disk_s(operations, size_bytes), work.done)

    @property
    def queued(self) -> int:
        """How many calls wait for a thread."""
        return self.threads.waiting

    def keeps_session(self, service: Service) -> bool:
        """Return whether a user is logged on to the store for a service."""
        return service in self.session_services

    def add_mailbox(self, name: str) -> None:
        """Create a mailbox without new mail."""
        self.mailboxes[name] = Mailbox(name, self._views())

    def mailbox(self, name: str) -> Mailbox:
        """Return the mailbox of that name; KeyError when it lies on another store."""
        return self.mailboxes[name]

    def arrive(self, rpc: Rpc) -> None:
        """A call arrives and takes a thread, waits for one, or is refused."""
        if not self.is_running:
            return
        rpc.arrived_s = rpc.entered_s = self.env.now
        if rpc.kind is ASYNC_WAIT:
            self._park(rpc)
        else:
            self._enter(rpc)

    def _park(self, rpc: Rpc) -> None:
        """Park a wait until mail arrives or `async_wait_s` have passed.

        Until then it holds no thread and is not in RPC Requests.
        """
        mailbox = self.mailboxes[rpc.connection.mailbox]
        self.parked[mailbox.name] = rpc
        if mailbox.arrivals > mailbox.notified_count:
            self.wake(mailbox.name)
        else:
            self.env.call_at(self.env.now + self.spec.async_wait_s, lambda: self.wait_over(rpc))

    def wait_over(self, rpc: Rpc | None) -> None:
        """The time of a parked wait has passed: it is answered, unless it was before."""
        if rpc is not None and self.parked.get(rpc.connection.mailbox) is rpc:
            self.wake(rpc.connection.mailbox)

    def wake(self, name: str) -> None:
        """Answer the parked wait of a mailbox, if there is one."""
        rpc = self.parked.pop(name, None)
        if rpc is not None and not rpc.failed:
            mailbox = self.mailboxes[name]
            mailbox.notified_count = mailbox.arrivals
            rpc.entered_s = self.env.now
            self._enter(rpc)

    def _enter(self, rpc: Rpc) -> None:
        self.calls.enter(rpc)
        self.let_in(rpc, TOO_BUSY, self._on_let_in)

    def _take_thread(self, rpc: Rpc) -> None:
        self.threads.enter(rpc, self._on_admitted, self._on_too_busy)

    def _too_busy(self, rpc: Rpc) -> None:
        self.refuse(rpc, TOO_BUSY)

    def _admitted(self, rpc: Rpc) -> None:
        rpc.cpu_s = self.cpu_s(self._weight(rpc) * self._mcycles_per_weight)
        self.cpu.serve(rpc, rpc.cpu_s, self._on_computed)

    def _weight(self, rpc: Rpc) -> float:
        """Return the relative processor time of a call, with this server's weights."""
        if not self._unusual:
            return rpc.weight
        carried = (*rpc.kind.rops, *rpc.more)
        return (
            rpc.weight
            + self._unusual_packet
            + fsum(self._unusual.get(rop.weight, 0.0) for rop in carried)
        )

    def _computed(self, rpc: Rpc) -> None:
        rpc.computed_s = self.env.now
        if rpc.work is not None:
            rpc.work(rpc)
        if rpc.touches:
            self._touch(rpc)
        reads = self._reads_of(rpc)
        if reads:
            self.disk.serve(rpc, self._disk_s(reads, rpc.down_bytes), self._on_read)
        else:
            self._read(rpc)

    def _read(self, rpc: Rpc) -> None:
        """What the call reads is in memory.

        A change is answered once it stands in the log, the database follows in the background.
        """
        if rpc.writes:
            self._write_later(rpc.writes, rpc.up_bytes)
            self.log.serve(rpc, self._log_s(rpc.up_bytes), self._on_served)
        else:
            self._served(rpc)

    def _served(self, rpc: Rpc) -> None:
        self.threads.leave()
        self.finish(rpc)

    def _touch(self, rpc: Rpc) -> None:
        """A changed row is read and written, and so is a leaf of each index of its folder."""
        views, now_s = self.mailboxes[rpc.connection.mailbox].views, self.env.now
        for folder in rpc.touches:
            indexes = views.count(folder, now_s)
            rpc.reads += 1 + indexes
            rpc.writes += self.spec.row_writes + indexes

    def _reads_of(self, rpc: Rpc) -> int:
        """Return how many reads the call waits for.

        Expected reads add up over all calls; whoever brings the sum over a whole number waits.
        """
        self._read_debt += rpc.reads * self.cache.misses()
        reads = int(self._read_debt)
        self._read_debt -= reads
        if reads:
            self.reads += reads
            self.cache.filled(reads * self._page() + rpc.down_bytes)
        return reads

    def _write_later(self, operations: float, size_bytes: int) -> None:
        """Write to the database what already stands in the log; nobody waits for it."""
        self._write_debt += operations
        writes = int(self._write_debt)
        self._write_debt -= writes
        if writes:
            self.writes += writes
            self.disk.serve(Job(), self._disk_s(writes, size_bytes), _nothing)

    def _disk_s(self, operations: int, size_bytes: int) -> float:
        """Return the time of operations on one spindle of the database."""
        if self._spindle is None:
            self._spindle = Spindle(self.spec.disk_read_ms, self.spec.disk_mb_per_s)
        return self._spindle.time_s(operations, size_bytes)

    def _log_s(self, size_bytes: int) -> float:
        """Count a write at the end of the log and return its time."""
        self.log_writes += 1
        if self._log_spindle is None:
            self._log_spindle = Spindle(self.spec.log_write_ms, self.spec.disk_mb_per_s)
        return self._log_spindle.time_s(1, size_bytes)

    def _page(self) -> int:
        """Return the bytes of a page of the database."""
        if self._page_bytes is None:
            self._page_bytes = self.spec.page_kb * 1024
        return self._page_bytes

    @property
    def too_busy_retry_s(self) -> float:
        """How long a client waits before it repeats a call that was refused, in seconds."""
        if self._too_busy_retry_s is None:
            self._too_busy_retry_s = self.spec.too_busy_retry_s
        return self._too_busy_retry_s

    def deliver(self, delivery: Delivery) -> None:
        """Put a message into its recipient's mailbox, and write it."""
        mailbox = self.mailboxes[delivery.recipient]
        indexes = mailbox.views.count("inbox", self.env.now)
        self.write_message(delivery.message.size_bytes, indexes)
        delivery.delivered_s = self.env.now
        delivery.state = "delivered"
        delivery.store_epoch = self.epoch
        mailbox.deliver(delivery)

    def write_message(self, size_bytes: int, indexes: int = 1) -> None:
        """Write a delivered message to log and database; leaves of indexes are read."""
        self.work(self.spec.delivery_mcycles, _nothing)
        self.log.serve(Job(), self._log_s(size_bytes), _nothing)
        self._read_debt += (1 + indexes) * self.cache.misses()
        reads = int(self._read_debt)
        self._read_debt -= reads
        if reads:
            self.reads += reads
            self.cache.filled(reads * self._page())
            self.disk.serve(Job(), self._disk_s(reads, 0), _nothing)
        pages = self.spec.delivery_pages + indexes + self.reads_of(size_bytes)
        self._write_later(pages, size_bytes)

    def reads_of(self, size_bytes: int) -> int:
        """Return how many reads bring a body that is not in the database cache."""
        return reads_of(size_bytes, self.spec.io_kb)

    def reads_of_delivered(self, delivery: Delivery, size_bytes: int) -> int:
        """Return how many reads bring that much of a message.

        None when it was delivered not long ago and the store has not been away since.
        """
        age_s = self.env.now - delivery.delivered_s
        fresh = delivery.store_epoch == self.epoch and age_s < self.spec.fresh_s
        return 0 if fresh else self.reads_of(size_bytes)

    def stop(self, how: EventKind) -> None:
        """The store stops; what was waiting or under way fails."""
        self.threads.clear()
        super().stop(how)

    def stop_disks(self) -> list[Job]:
        """Throw out what is at the database's disks and at the log's; return it."""
        return [*self.disk.stop(), *self.log.stop()]

    def leave(self, connection: Connection, *, known: bool) -> None:
        """A connection has ended for its client.

        Its session is closed, or lingers when the store was not told.
        """
        if connection not in self.connections:
            return
        self.disconnect(connection)
        if self.keeps_session(connection.service):
            self.end_session(
                connection.mailbox, known=known, over_https=connection.front_end is not None
            )

    def end_session(self, mailbox: str, *, known: bool, over_https: bool) -> None:
        """A session is closed, or lingers until the store finds out.

        Over HTTPS the front end tells it (facts 1.5, 4.3).
        """
        if known:
            self.logons.close(mailbox)
        else:
            self.logons.linger(mailbox, SILENT_CLIENT_S if over_https else None)

    def forget(self) -> None:
        """Drop logons and database cache with the connections."""
        super().forget()
        self.cache.clear()
        self.parked.clear()
        self.logons.clear()


def _nothing(job: Job) -> None:
    """Nobody waits for this work."""
