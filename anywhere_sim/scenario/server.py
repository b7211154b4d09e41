"""The servers: front end (HTTPS enters here), mailbox store, directory."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, cast

from pydantic import ConfigDict, Field, field_validator, model_validator

from anywhere_sim.scenario.catalog import PROFILES, ROLE_DEFAULT
from anywhere_sim.scenario.errors import nearest
from anywhere_sim.scenario.quantities import MAX_S
from anywhere_sim.scenario.sources import assumed, documented
from anywhere_sim.scenario.spec import CostUnit, ProfileName, Role, ServiceName, Spec, needs

LIGHT_WEIGHT, HEAVY_WEIGHT, PACKET_WEIGHT = 0.3, 2.0, 0.2
"""The usual processor time of operations and of a call, relative to a normal operation."""


class Relay(Spec):
    """A reverse proxy or load balancer before a front end, as RPC over HTTPS meets it.

    It `delay_s` each piece each way, holds what is smaller than `holds_bytes` until more comes,
    which never does, forgets a connection that rests for `idle_s` (and resets what comes then), or
    `refuses` such requests altogether.
    """

    delay_s: Annotated[float, Field(ge=0, le=60), documented("real_peers 5")] = 0.0
    idle_s: Annotated[float | None, Field(gt=0, le=MAX_S), documented("real_peers 5")] = None
    holds_bytes: Annotated[int, Field(ge=0, le=10**12), documented("real_peers 5")] = 0
    refuses: Annotated[bool, documented("real_peers 5")] = False


RELAYS: Mapping[str, Relay] = {
    "haproxy": Relay(delay_s=0.208, idle_s=50.0),
    "haproxy-no-delay": Relay(),
    "nginx": Relay(refuses=True),
    "nginx-no-limit": Relay(holds_bytes=1_000_000_000),
    "nginx-streaming": Relay(idle_s=60.0),
    "nginx-streaming-no-timeout": Relay(),
    "apache": Relay(holds_bytes=16_304),
    "apache-nonblocking": Relay(),
    "caddy": Relay(holds_bytes=4_096),
    "caddy-flush": Relay(),
    "squid": Relay(),
    "varnish": Relay(),
    "lighttpd": Relay(refuses=True),
    "node": Relay(refuses=True),
}
"""Relays as they come, and with the settings of docs/relays.md."""


LIMITS: Mapping[Role, tuple[str, ...]] = {
    "front_end": ("request_limit", "queue_limit", "connection_memory_bytes", "backend_ports"),
    "mailbox": ("rpc_threads",),
    "directory": (),
}
"""What bounds how many a server of a role takes in."""


class Server(Spec):
    """One server; what is not given comes from the table of its profile (`catalog`)."""

    model_config = ConfigDict(json_schema_extra=needs("role"))

    role: Role
    profile: ProfileName
    cores: Annotated[int, Field(ge=1, le=256)]
    mhz: Annotated[
        float,
        Field(ge=100, le=6000),
        assumed("clock of a server of the time; set it per server", 1000, 4000),
    ]
    request_limit: Annotated[int, Field(ge=0, le=10**7)] = 0
    queue_limit: Annotated[
        int,
        Field(ge=0, le=10**7),
        documented(
            "failures 4.4: requests that wait for an application pool, beyond it 503", 10, 65_535
        ),
    ] = 1_000
    connection_memory_bytes: Annotated[int, Field(ge=0, le=10**12)] = 0
    backend_ports: Annotated[
        int,
        Field(ge=0, le=10**7),
        documented(
            "measurements B4: 60,000 ports per address of the front end, one per channel (KB "
            "951764)"
        ),
    ] = 60_000
    user_mhz_first: Annotated[float, Field(ge=0, le=1e5)] = 0.0
    user_mhz_slope: Annotated[float, Field(ge=0, le=1e5)] = 0.0
    tls_cycles_per_byte: Annotated[
        float,
        Field(ge=0, le=1000),
        documented("measurements B3: RC4 and MD5; 3DES and SHA-1 are the high end", 22, 150),
    ] = 22.0
    tls_full_mcycles: Annotated[
        float,
        Field(ge=0, le=1000),
        documented("measurements B3: the server's private operation, RSA 1024", 9, 52),
    ] = 9.0
    tls_resumed_mcycles: Annotated[float, Field(ge=0, le=1000), documented("measurements B3")] = (
        0.32
    )
    logon_mcycles: Annotated[
        float,
        Field(ge=0, le=1000),
        assumed(
            "one logon on a front end: three requests, a call to the domain controller, a token; "
            "no figure published",
            1,
            20,
        ),
    ] = 4.0
    rpc_threads: Annotated[int, Field(ge=0, le=10**7)] = 0
    rpc_mcycles: Annotated[float, Field(ge=0, le=1e6)] = 0.0
    rpc_mcycles_per: Annotated[
        CostUnit,
        assumed(
            "server_load 1: what rpc_mcycles is the mean of; an operation is likelier than a call"
        ),
    ] = "operation"
    cache_mb_per_mailbox: Annotated[float, Field(ge=0, le=1e6)] = 0.0
    page_kb: Annotated[int, Field(ge=0, le=10**6)] = 0
    io_kb: Annotated[
        int,
        Field(ge=1, le=10**6),
        assumed("what one operation on the database carries at the most", 4, 1024),
    ] = 64
    disks: Annotated[
        int,
        Field(ge=1, le=100_000),
        assumed("spindles of the database volume; set it per server", 1, 60),
    ] = 6
    disk_read_ms: Annotated[
        float,
        Field(gt=0, le=100_000),
        documented("measurements A1 row 15: 98.6-156.3 IOPS per disk", 3, 12),
    ] = 8.0
    disk_mb_per_s: Annotated[
        float,
        Field(gt=0, le=1e6),
        assumed("sequential transfer of a spindle of the time", 30, 120),
    ] = 60.0
    log_write_ms: Annotated[
        float,
        Field(gt=0, le=100_000),
        assumed(
            "a write at the end of a log on spindles of its own; facts 4.2 wants < 10", 0.2, 10
        ),
    ] = 1.0
    logons_per_user: Annotated[
        int, Field(ge=1, le=10**7), documented("facts 4.3: 32 sessions per user, KB 842022")
    ] = 32
    dead_logon_s: Annotated[
        float,
        Field(gt=0, le=MAX_S),
        documented("facts 4.3: a dead direct connection is kept 2 h", 300, 7200),
    ] = 7200.0
    too_busy_after_s: Annotated[
        float,
        Field(gt=0, le=MAX_S),
        assumed("DESIGN 3: longer waits for a thread are refused", 2, 60),
    ] = 10.0
    too_busy_retry_s: Annotated[
        float, Field(gt=0, le=MAX_S), assumed("the client asks again after this and doubles", 1, 60)
    ] = 5.0
    packet_weight: Annotated[
        float,
        Field(ge=0, le=100),
        assumed(
            "processor time of a call by itself, relative to a normal operation (one that reads "
            "or sets properties)",
            0.1,
            0.5,
        ),
    ] = PACKET_WEIGHT
    light_rop_weight: Annotated[
        float,
        Field(ge=0, le=100),
        assumed("of an operation that looks at an open object or lets it go", 0.1, 0.6),
    ] = LIGHT_WEIGHT
    heavy_rop_weight: Annotated[
        float,
        Field(ge=0, le=100),
        assumed("of an operation that opens, sorts, saves, imports or submits", 1, 4),
    ] = HEAVY_WEIGHT
    delivery_mcycles: Annotated[
        float, Field(ge=0, le=1_000), assumed("writing a message into a mailbox", 1, 6)
    ] = 3.0
    delivery_pages: Annotated[
        int,
        Field(ge=0, le=100),
        assumed(
            "pages written for a delivered message besides its body: folder row, properties", 1, 6
        ),
    ] = 2
    row_writes: Annotated[
        int,
        Field(ge=0, le=100),
        assumed("pages written for a changed row: the message's table and the folder's", 1, 4),
    ] = 2
    fresh_s: Annotated[
        float,
        Field(ge=0, le=MAX_S),
        assumed("what was delivered less than this ago is still in the database cache", 300, 7_200),
    ] = 1800.0
    misses_at_1_mb: Annotated[
        float,
        Field(ge=0, le=1),
        assumed("share of old pages that are not in memory with 1 MB of cache per mailbox", 0.5, 1),
    ] = 1.0
    transport_s: Annotated[
        float,
        Field(ge=0, le=MAX_S),
        assumed("categoriser and queues before a mailbox of the site", 0.5, 30),
    ] = 2.0
    udp_repeat_s: Annotated[
        float,
        Field(gt=0, le=MAX_S),
        documented("server_load 2.3: the notice is sent again until the client comes (KB Q159302)"),
    ] = 60.0
    async_wait_s: Annotated[
        float,
        Field(gt=0, le=MAX_S),
        documented("facts 3: a parked wait is answered after 5 minutes without an event"),
    ] = 300.0
    relay: Annotated[
        Relay | None,
        documented("real_peers 5: what stands before a front end; a name of docs/relays.md"),
    ] = None
    unreachable: Annotated[
        tuple[ServiceName, ...],
        assumed(
            "services whose port a firewall before this front end drops; over HTTPS each has its "
            "own: 6001, 6002, 6004 (failures 4.5)"
        ),
    ] = ()
    backend_delay_ms: Annotated[
        float,
        Field(ge=0, le=10_000),
        assumed("one way from a front end to what is behind it: 0 in one room, more over a WAN"),
    ] = 0.0
    site_delay_ms: Annotated[
        float,
        Field(ge=0, le=10_000),
        assumed(
            "of a directory: one way over the WAN to the other site where it stands; people are "
            "referred to one of their own site first (failures 4.2); 0 is that site"
        ),
    ] = 0.0
    other_operations_per_s: Annotated[
        float,
        Field(ge=0, le=10_000),
        assumed(
            "operations on a store by others than Outlook, as dear as the mean one: indexing, "
            "virus scanners, handhelds; set it per server"
        ),
    ] = 0.0
    other_disk_iops: Annotated[
        float,
        Field(ge=0, le=100_000),
        assumed(
            "reads of a store's database by others than Outlook; what whole servers do per user "
            "differs sixtyfold by source (measurements A1)"
        ),
    ] = 0.0
    name_ttl_s: Annotated[
        float,
        Field(ge=0, le=604_800),
        assumed(
            "failures 1: time to live of the answer with its address: an hour is that of a zone "
            "of Windows' DNS (U), 20 min that of hosts that register themselves (U)",
            300,
            86_400,
        ),
    ] = 3_600.0
    certificate: Annotated[
        str | None,
        documented("facts 1.1: the name that flag 0x4 compares; none given: the server's own"),
    ] = None
    admission: str | None = None
    """The policy that lets calls in, by its name among the rules of a run (`Rules.admissions`);
    none given: what the server itself limits alone (threads, requests, queue).
    """
    plain_http: Annotated[bool, documented("DESIGN S8: port 80 only where 'SSL only' is off")] = (
        False
    )

    @field_validator("relay", mode="before")
    @classmethod
    def _named_relay(cls, given: object) -> object:
        if not isinstance(given, str):
            return given
        if given not in RELAYS:
            raise ValueError(f"unknown relay {given!r}; {nearest(given, RELAYS)}, or give a table")
        return RELAYS[given]

    @model_validator(mode="before")
    @classmethod
    def _fill_from_profile(cls, given: Any) -> Any:
        if not isinstance(given, dict) or not isinstance(given.get("role"), str):
            return given
        profile = given.get("profile", ROLE_DEFAULT.get(given["role"]))
        table = PROFILES.get(cast("ProfileName", profile)) if isinstance(profile, str) else None
        if table is None:
            return given
        return (
            {name: value.value for name, value in table.numbers.items()}
            | {"profile": profile}
            | given
        )

    def usual(self) -> dict[str, object]:
        """Return the numbers of the server's profile, and the defaults of the rest."""
        return super().usual() | {
            name: value.value for name, value in PROFILES[self.profile].numbers.items()
        }

    @model_validator(mode="after")
    def _check_role(self) -> Server:
        role = PROFILES[self.profile].role
        if role != self.role:
            allowed = sorted(name for name, table in PROFILES.items() if table.role == self.role)
            raise ValueError(
                f"profile {self.profile!r} is for role {role!r}; role {self.role!r} allows "
                f"{', '.join(allowed)}"
            )
        return self

    @model_validator(mode="after")
    def _check_limits(self) -> Server:
        shut = [name for name in LIMITS[self.role] if getattr(self, name) == 0]
        if shut:
            raise ValueError(
                f"{shut[0]} = 0 would let nobody in; give 1 or more, or take the server away with "
                "an event (do = 'shutdown')"
            )
        return self

    @model_validator(mode="after")
    def _check_site(self) -> Server:
        if self.site_delay_ms and self.role != "directory":
            raise ValueError(
                f"site_delay_ms = {self.site_delay_ms:g} of a server of role {self.role!r}: a "
                "directory alone may stand in another site; between front end and store it is "
                "backend_delay_ms"
            )
        return self

    @property
    def year(self) -> int:
        """The year in the name of an Exchange store: 2003 or 2007; 0 for other roles."""
        return int(self.profile[-4:]) if self.role == "mailbox" else 0
