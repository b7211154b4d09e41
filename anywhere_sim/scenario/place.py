"""Where people sit: the links, and what the network between them and Exchange lets through."""

from __future__ import annotations

from typing import Annotated, Any, cast

from pydantic import ConfigDict, Field, model_validator

from anywhere_sim.scenario.catalog import KINDS
from anywhere_sim.scenario.quantities import MAX_KBPS, MAX_S
from anywhere_sim.scenario.sources import assumed, documented
from anywhere_sim.scenario.spec import (
    IcmpFate,
    IdleReply,
    NameBehaviour,
    PlaceKind,
    PortState,
    Spec,
    WebAccess,
    needs,
)

_IDLE_RANGE = ("idle_timeout_low_s", "idle_timeout_high_s")


class Place(Spec):
    """One kind of network attachment.

    Direct RPC asks port 135 where its service is, and goes to one of the `high_ports` (above
    1,024); a firewall may let through the one and not the other.

    What is not given comes from the table of its kind (`catalog`). How long a NAT remembers an
    idle connection is drawn for each link, its logarithm evenly between `idle_timeout_low_s` and
    `idle_timeout_high_s`; `idle_timeout_s` is one time for all links, None is no NAT. `on_idle` is
    what it does with packets of a connection that it has forgotten. `queue_bytes` is what the
    router's queue before each direction of the link holds; what does not fit is dropped.

    `mtu_bytes` is the largest IP packet that a router on the way passes, what a tunnel adds not
    counted. Where `icmp` is "returned" both ends learn it and send packets that pass. Where it is
    "dropped" the far end does not: its large packets vanish (a black hole).
    """

    model_config = ConfigDict(json_schema_extra=needs("kind"))

    kind: PlaceKind
    down_kbps: Annotated[float, Field(gt=0, le=MAX_KBPS)]
    up_kbps: Annotated[float, Field(gt=0, le=MAX_KBPS)]
    rtt_ms: Annotated[float, Field(gt=0, le=10_000)]
    jitter_ms: Annotated[float, Field(ge=0, le=10_000)]
    loss: Annotated[float, Field(ge=0, lt=0.5)]
    adapter_kbps: Annotated[float, Field(gt=0, le=MAX_KBPS)]
    port_135: PortState
    high_ports: PortState = "open"
    internal_names: NameBehaviour
    web: WebAccess
    idle_timeout_s: Annotated[float, Field(gt=0, le=MAX_S)] | None = None
    idle_timeout_low_s: Annotated[float, Field(gt=0, le=MAX_S)] | None
    idle_timeout_high_s: Annotated[float, Field(gt=0, le=MAX_S)] | None
    on_idle: Annotated[
        IdleReply,
        assumed(
            "failures 3.2: home gateways and most firewalls drop in silence (documented for some); "
            "F5 resets"
        ),
    ] = "silent"
    one_public_address: Annotated[
        bool | None,
        assumed(
            "none given: people in a partner's network and in a hotspot are one address outside, "
            "elsewhere each has an address"
        ),
    ] = None
    company: bool
    shared: bool
    queue_bytes: Annotated[float, Field(ge=3_000, le=1e9)]
    rate_trace: str | None = None
    up_rate_trace: str | None = None
    portal_login_s: Annotated[
        float,
        Field(ge=0, le=MAX_S),
        assumed(
            "a person opens a browser and logs in before the hotspot lets traffic out", 20, 300
        ),
    ] = 60.0
    cut_every_s: Annotated[
        float | None,
        Field(gt=0, le=MAX_S),
        assumed("mean time between losses of the link; none unless the scenario says so"),
    ] = None
    cut_for_s: Annotated[
        float,
        Field(gt=0, le=MAX_S),
        assumed("mean length of such a loss (tunnel, cell change)", 5, 120),
    ] = 20.0
    tunnel_bytes: Annotated[
        int,
        Field(ge=0, le=200),
        assumed("facts 6.1: a VPN adds about 60-100 B per packet (U)", 60, 100),
    ] = 0

    mtu_bytes: Annotated[
        int,
        Field(ge=576, le=1_500),
        documented("failures 7: PPPoE 1,492, tunnels of Windows 1,400; else that of Ethernet"),
    ] = 1_500
    icmp: Annotated[
        IcmpFate,
        assumed("failures 7: 4 to 6 % of paths lose the message; returned unless said otherwise"),
    ] = "returned"

    @model_validator(mode="before")
    @classmethod
    def _fill_from_kind(cls, given: Any) -> Any:
        kind = given.get("kind") if isinstance(given, dict) else None
        if not isinstance(kind, str) or kind not in KINDS:
            return given
        usual = {name: value.value for name, value in KINDS[cast("PlaceKind", kind)].items()}
        if "idle_timeout_s" in given:
            usual |= dict.fromkeys(_IDLE_RANGE, given["idle_timeout_s"])
        return usual | given

    def usual(self) -> dict[str, object]:
        """Return the numbers of the place's kind, and the defaults of the rest."""
        return (
            super().usual()
            | {name: value.value for name, value in KINDS[self.kind].items()}
            | {"cut_every_s": 900.0, "idle_timeout_s": 300.0}
        )

    @property
    def shares_address(self) -> bool:
        """Whether all who are here have one address for a server outside."""
        if self.one_public_address is not None:
            return self.one_public_address
        return self.kind in ("partner_lan", "hotspot")

    @model_validator(mode="after")
    def _check_loss(self) -> Place:
        if self.shared and self.loss > 0.05:
            raise ValueError(
                f"loss = {self.loss:g} on a shared link: a share between 0 and 0.05 is allowed "
                "(0.01 = 1 %)"
            )
        return self

    @model_validator(mode="after")
    def _check_idle_timeouts(self) -> Place:
        low, high = (getattr(self, name) for name in _IDLE_RANGE)
        if (low is None) != (high is None) or (low is not None and low > high):
            raise ValueError(
                f"idle_timeout_low_s = {low}, idle_timeout_high_s = {high}: give both, the low one "
                "not above the high one, or idle_timeout_s for one time for all"
            )
        fixed = self.idle_timeout_s
        if fixed is not None and (low, high) != (fixed, fixed):
            raise ValueError(
                f"idle_timeout_s = {fixed:g} is one time for all links, but a range is given too; "
                "leave out idle_timeout_s, or idle_timeout_low_s and idle_timeout_high_s"
            )
        return self
