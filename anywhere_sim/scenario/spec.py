"""What all specs of a scenario share: a frozen, strict base class, and its vocabulary.

Each list of words stands in one place, so that a type checker sees a typo. Words that also stand in
the trace (`Mode`, `ClientName`, `Role`) are taken from here by `anywhere_sim.traces.words`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, Self, get_args

from pydantic import BaseModel, ConfigDict, GetJsonSchemaHandler, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from anywhere_sim.scenario.keys import meaning
from anywhere_sim.scenario.quantities import complaint

ClientName = Literal["outlook2002", "outlook2003", "outlook2007"]
StackName = Literal["windows-2000", "windows-xp", "windows-vista", "linux"]
"""The network stack of a client's machine (`network.tcp_model.STACKS`)."""
Mode = Literal["online", "cached", "offline_ost"]

Role = Literal["front_end", "mailbox", "directory"]
ROLES: tuple[Role, ...] = ("mailbox", "front_end", "directory")
ProfileName = Literal[
    "iis6", "iis6-sp1", "iis7-sp2", "iis7.5-r2", "exchange2003", "exchange2007", "directory",
]  # fmt: skip

CostUnit = Literal["operation", "call"]
"""What processor time per call is the mean of (`Server.rpc_mcycles_per`)."""

PlaceKind = Literal[
    "lan", "branch_wan", "vpn", "partner_lan", "wifi", "hotspot",
    "dsl", "cable", "modem_3g", "gprs", "dial_up",
]  # fmt: skip
PortState = Literal["open", "refuse", "drop"]
"""What a SYN meets: an answer, a reset, silence."""
NameBehaviour = Literal["resolve", "no_such_name", "silent"]
"""What a query for an internal name meets: the address, "no such name", silence."""
IcmpFate = Literal["returned", "dropped"]
"""What becomes of a router's message that a packet was too large."""
IdleReply = Literal["silent", "rst"]
"""What a packet of a connection meets that a middle box has forgotten: silence, a reset."""
WebAccess = Literal["direct", "proxy", "portal", "none"]

ServiceName = Literal["referral", "directory", "mail", "public"]
"""What a client asks a server for, each by a connection of its own."""
PoolRule = Literal["in_turn", "least_connections", "by_client_address"]
"""Which member of a pool gets a new connection."""

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[Weekday, ...] = get_args(Weekday)

EventKind = Literal[
    "crash", "shutdown", "restart", "drain", "cut", "gap", "roll_out", "whole_book", "move_mailbox",
]  # fmt: skip
Beginning = Literal["settled", "cold"]

HttpAuth = Literal["ntlm", "basic"]
RpcAuth = Literal["ntlm", "spnego"]
FirstSetup = Literal["local", "autodiscover"]
Download = Literal["full", "headers_then_full", "headers"]


class Spec(BaseModel):
    """A frozen part of a scenario; a variation is a new object, an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """Return the JSON Schema, with what each key means as an editor shows it."""
        schema = handler(core_schema)
        for name, key in handler.resolve_ref_schema(schema).get("properties", {}).items():
            if said := meaning(cls.__name__, name):
                key["description"] = said
        return schema

    def usual(self) -> dict[str, object]:
        """Return the usual numbers by field: the defaults; kinds and profiles have their own."""
        return {name: field.default for name, field in type(self).model_fields.items()}

    @model_validator(mode="after")
    def _check_units(self) -> Self:
        for name, usual in self.usual().items():
            given = getattr(self, name)
            if _is_number(given) and _is_number(usual):
                said = complaint(name, given, usual)  # type: ignore[arg-type]
                if said:
                    raise ValueError(said)
        return self


NEW_KEYS = ("rules", "admission", "roll_out")
"""Keys of scenarios, servers and groups that came later, none of which is given by itself."""


def without_new_keys(content: dict[str, Any]) -> dict[str, Any]:
    """Return a scenario's keys and values without those of `NEW_KEYS` that are not given: it has
    the digest that it had before there were any.
    """
    for part in (content, *content["servers"].values(), *content["groups"].values()):
        for key in NEW_KEYS:
            if part.get(key, "") is None:
                del part[key]
    return content


def needs(*names: str) -> Callable[[dict[str, Any]], None]:
    """Return what makes a JSON Schema require these keys only.

    The others are filled in from a table before they are checked.
    """

    def require(schema: dict[str, Any]) -> None:
        schema["required"] = list(names)

    return require


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
