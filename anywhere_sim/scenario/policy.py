"""What an administrator sets on the client: path order, speed rule, timers, authentication."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, field_validator

from anywhere_sim.scenario.quantities import MAX_S
from anywhere_sim.scenario.sources import assumed, documented
from anywhere_sim.scenario.spec import Download, FirstSetup, HttpAuth, RpcAuth, Spec

USE_ROH = 0x1
SSL_ONLY = 0x2
MUTUAL_AUTH = 0x4
HTTP_FIRST_ON_FAST = 0x8
HTTP_FIRST_ON_SLOW = 0x20
KNOWN_FLAGS = USE_ROH | SSL_ONLY | MUTUAL_AUTH | HTTP_FIRST_ON_FAST | HTTP_FIRST_ON_SLOW

Seconds = Annotated[float, Field(ge=0, le=MAX_S)]


class Policy(Spec):
    """Exchange Proxy Settings and registry values of a group of clients."""

    roh_flags: Annotated[
        int, Field(ge=0, le=0xFF), documented("facts 1.1: PR_ROH_FLAGS, Microsoft's example 0x23")
    ] = 0x23
    principal_name: Annotated[
        str | None,
        documented(
            "facts 1.1: with flag 0x4 the certificate must carry this name; none given: the host's"
        ),
    ] = None
    slow_threshold_kbps: Annotated[
        float, Field(ge=0, le=100_000), documented("facts 1.2: 128 kbit/s", 64, 512)
    ] = 128.0
    speed_rule: Annotated[str, assumed("facts 1.2: disputed; a switch")] = "adapter"
    measure_window_s: Annotated[
        float,
        Field(gt=0, le=MAX_S),
        assumed("the mean down rate over this time is what is measured", 1, 30),
    ] = 5.0
    link_poll_s: Annotated[
        float, Field(gt=0, le=MAX_S), documented("facts 1.5: ConnManagerPoll, KB 891536")
    ] = 15.0
    tcp_fallback: Annotated[bool, documented("facts 1.1: DisableRpcTcpFallback; on unless set")] = (
        True
    )
    backoff: Annotated[
        str, documented("failures 2.1: Outlook 2007's help; three more rules by name")
    ] = "outlook"
    reconnect_every_s: Annotated[
        float,
        Field(gt=0, le=MAX_S),
        assumed("failures 2.1: while it tries without a pause; the poll of the link", 5, 30),
    ] = 15.0
    reconnect_for_s: Annotated[
        float,
        Field(gt=0, le=MAX_S),
        documented("failures 2.1: trying for 5 min, then disconnected"),
    ] = 300.0
    reconnect_later_s: Annotated[
        float, Field(gt=0, le=MAX_S), documented("failures 2.1: every 15 min once disconnected")
    ] = 900.0
    backoff_first_s: Annotated[
        float, Field(gt=0, le=MAX_S), assumed("facts 1.5: 30 s then doubling", 5, 120)
    ] = 30.0
    backoff_max_s: Annotated[
        float, Field(gt=0, le=MAX_S), assumed("a ceiling so that a client comes back", 120, 3600)
    ] = 480.0
    backoff_jitter: Annotated[
        float, Field(ge=0, le=1), assumed("share of the wait that is drawn; 0 = in step", 0, 1)
    ] = 0.5
    http_timeout_s: Annotated[
        float, Field(gt=0, le=MAX_S), documented("facts 1.3: RPC/HTTP ConnectTimeout, KB 831060")
    ] = 45.0
    dns_positive_max_s: Annotated[
        float | None,
        Field(ge=0, le=604_800),
        documented("failures 1: MaxCacheTtl, a day; none given: that of the stack"),
    ] = None
    dns_negative_s: Annotated[
        float | None,
        Field(ge=0, le=86_400),
        documented(
            "failures 1: NegativeCacheTime 300 s (Windows 2000), MaxNegativeCacheTtl 900 s (2003; "
            "XP disputed); none given: that of the stack",
            300,
            900,
        ),
    ] = None
    dns_silence_hold_s: Annotated[
        float | None,
        Field(ge=0, le=86_400),
        documented(
            "failures 1: NetFailureCacheTime, 30 s on Windows 2000 alone; none given: that of the "
            "stack",
            0,
            30,
        ),
    ] = None
    dns_flush_on_move: Annotated[
        bool,
        assumed(
            "failures 1: no document says that a change of the network empties the cache; an "
            "answer stays for its time"
        ),
    ] = False
    media_sense_s: Annotated[
        float | None,
        Field(ge=0, le=86_400),
        assumed(
            "failures 2.3: how long the address stays when the link of an adapter goes: 20 s on "
            "Windows 2000 (documented), elsewhere nothing is published; 0 = connections end at "
            "once; none given: that of the stack",
            0,
            20,
        ),
    ] = None
    keep_alive_s: Annotated[
        float,
        Field(gt=0, le=MAX_S),
        documented("facts 1.5: client to server 720 s; the cure sets 120 s", 120, 900),
    ] = 720.0
    call_repeats: Annotated[
        int,
        Field(ge=0, le=10),
        assumed(
            "failures 2.1: a message opens though the connection was lost, so a person's call is "
            "repeated on a new one; how often is not documented",
            0,
            2,
        ),
    ] = 1
    tcp_keep_alive_s: Annotated[
        float,
        Field(gt=0, le=MAX_S),
        documented("failures 5: KeepAliveTime of a direct connection, 2 h", 900, 7_200),
    ] = 7_200.0
    disconnect_call: Annotated[
        bool,
        documented(
            "server_load 2.3: Outlook drops its connections; the protocol has EcDoDisconnect for it"
        ),
    ] = False
    http_auth: Annotated[HttpAuth, documented("facts 1.1: PR_ROH_PROXY_AUTH_SCHEME")] = "ntlm"
    rpc_auth: Annotated[
        RpcAuth, documented("real_peers 2.1: raw NTLM, or SPNEGO with one more round trip")
    ] = "ntlm"
    tls_resume: Annotated[
        bool, documented("real_peers 4: session identifiers; the era's stacks resume")
    ] = True
    channels_parallel: Annotated[
        bool, documented("real_peers 3: both channels at once, or in series")
    ] = True
    expect_100: Annotated[
        bool,
        assumed("real_peers 2.2: one client waits for 100 Continue; Outlook does not (assumed)"),
    ] = False
    rpc_compressed_to: Annotated[
        float,
        Field(gt=0, le=1),
        assumed(
            "share of a call's bytes left by compression; 1: sizes are given as they cross the "
            "line",
            0.4,
            1,
        ),
    ] = 1.0
    nodelay: Annotated[
        bool, documented("real_peers 2.1: TCP_NODELAY avoids Nagle against delayed acknowledgement")
    ] = True
    first_setup: Annotated[FirstSetup, documented("DESIGN S14; facts 1.1")] = "local"
    download: Annotated[Download, documented("facts 1.6: the three download modes")] = "full"
    headers_on_slow: Annotated[
        bool, documented("facts 1.6: On Slow Connections Download Only Headers; on by default")
    ] = True
    download_shared: Annotated[
        bool,
        documented(
            "failures 8: Outlook 2007 keeps shared folders that are not mail in its copy, unless "
            "told otherwise; earlier ones cannot"
        ),
    ] = True
    hold_off_down_s: Annotated[Seconds, documented("facts 1.6: Download = 30 s")] = 30.0
    hold_off_up_s: Annotated[Seconds, documented("facts 1.6: Upload = 15 s")] = 15.0
    hold_off_max_s: Annotated[Seconds, documented("facts 1.6: Maximum = 60 s")] = 60.0
    poll_s: Annotated[
        float,
        Field(gt=0, le=MAX_S),
        documented("facts 3: 60 s and up to twice as long, 60 s on gromox", 60, 120),
    ] = 60.0
    parked_retry_s: Annotated[
        float,
        Field(gt=0, le=MAX_S),
        assumed("a refused parked wait is asked for again after this", 5, 120),
    ] = 30.0
    address_book_every_s: Annotated[
        float, Field(gt=0, le=MAX_S), documented("facts 1.6: 24 h after the last success")
    ] = 86_400.0
    address_book_changed_share: Annotated[
        float,
        Field(ge=0, le=1),
        assumed(
            "part of the address book that changes in a day; facts 1.6: daily differential, all "
            "above 1/8",
            0.001,
            0.1,
        ),
    ] = 0.01
    offline_after_s: Annotated[
        float,
        Field(gt=0, le=MAX_S),
        assumed(
            "facts 1.6: Outlook opens offline when the server has not answered in a set time",
            10,
            60,
        ),
    ] = 30.0
    ost_schedule_s: Annotated[
        float | None,
        Field(gt=0, le=MAX_S),
        assumed(
            "facts 1.6 (U): automatic send/receive of an offline folder file, 30 min", 600, 7200
        ),
    ] = 1800.0
    ost_on_exit: Annotated[bool, documented("facts 1.6: KB 298137, on exit if ticked")] = True

    @field_validator("roh_flags")
    @classmethod
    def _check_flags(cls, flags: int) -> int:
        unknown = flags & ~KNOWN_FLAGS
        if unknown:
            raise ValueError(
                f"0x{flags:02X} has bits that nobody knows (0x{unknown:02X}); known are 0x1 use "
                "HTTP, 0x2 TLS only, 0x4 compare the certificate's name, 0x8 HTTP first on fast "
                "and 0x20 on slow links"
            )
        return flags

    @property
    def use_http(self) -> bool:
        """Whether RPC over HTTP may be used at all."""
        return bool(self.roh_flags & USE_ROH)

    @property
    def ssl_only(self) -> bool:
        """Whether plain HTTP on port 80 is forbidden."""
        return bool(self.roh_flags & SSL_ONLY)

    def accepts(self, host: str, certificate: str | None) -> bool:
        """Return whether the certificate of a host has the name that the client expects.

        It compares with flag 0x4 alone; the names are those after "msstd:", and a wildcard is not
        the host's name. A certificate that is not given carries the host's name.
        """
        if not self.roh_flags & MUTUAL_AUTH:
            return True
        wanted, shown = self.principal_name or host, certificate or host
        return wanted.lower().removeprefix("msstd:") == shown.lower().removeprefix("msstd:")
