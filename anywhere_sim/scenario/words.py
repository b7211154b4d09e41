"""The words that a scenario may hold, each list in one place so that a type checker sees a typo.

Words that also stand in the trace (`Mode`, `ClientName`, `Role`) are taken from here by
`anywhere_sim.traces.words`.
"""

from __future__ import annotations

from typing import Literal

ClientName = Literal["outlook2002", "outlook2003", "outlook2007"]
Mode = Literal["online", "cached", "offline_ost"]

Role = Literal["front_end", "mailbox", "directory"]
ProfileName = Literal[
    "iis6", "iis6-sp1", "iis7-sp2", "iis7.5-r2", "exchange2003", "exchange2007", "directory",
]  # fmt: skip

PlaceKind = Literal[
    "lan", "branch_wan", "vpn", "partner_lan", "wifi", "hotspot",
    "dsl", "cable", "modem_3g", "gprs", "dial_up",
]  # fmt: skip
PortState = Literal["open", "refuse", "drop"]
"""What a SYN meets: an answer, a reset, silence."""
NameBehaviour = Literal["resolve", "no_such_name", "silent"]
"""What a query for an internal name meets: the address, "no such name", silence."""
WebAccess = Literal["direct", "proxy", "portal", "none"]

EventKind = Literal["crash", "shutdown", "restart", "cut", "gap", "roll_out"]
Beginning = Literal["settled", "cold"]

HttpAuth = Literal["ntlm", "basic"]
RpcAuth = Literal["ntlm", "spnego"]
FirstSetup = Literal["local", "autodiscover"]
Download = Literal["full", "headers_then_full", "headers"]
