"""Which method of which interface a kind of call is."""

from __future__ import annotations

import struct

from anywhere_sim.packets.rts import Stub, filler
from anywhere_sim.packets.setting import Setting
from anywhere_sim.rpc.call_types import CONNECT, LOGON

_CONTEXT_HANDLE = bytes(4) + filler(16, 400)
_CONNECT_EX, _DISCONNECT, _RPC_EXT_2 = 10, 1, 11  # MS-OXCRPC 3.1.4
_NSPI = {"connect": 0, "logon": 12, "look_up": 19}  # NspiBind, GetHierarchyInfo, ResolveNames
_RFR = {"connect": 0, "logon": 1}  # RfrGetNewDSA, RfrGetFQDNFromLegacyDN
ASYNC_CONTEXT = 1
"""The presentation context of AsyncEMSMDB, where EcDoAsyncWaitEx is method 0."""


def stub_of(setting: Setting, kind: str) -> Stub:
    """Return what a call of a kind (a word of `rpcs.kind`) says."""
    if setting.service == "directory":
        return Stub(_NSPI.get(kind, _NSPI["look_up"]))
    if setting.service == "referral":
        return _referral(kind)
    if kind == "connect":
        return Stub(_CONNECT_EX)
    if kind == "disconnect":
        return Stub(_DISCONNECT, 0, _CONTEXT_HANDLE, bytes(24))
    if kind == "async_wait":
        return Stub(0, ASYNC_CONTEXT)
    return Stub(_RPC_EXT_2)


def _referral(kind: str) -> Stub:
    """Return RfrGetNewDSA or RfrGetFQDNFromLegacyDN (MS-OXABREF 3.1.4), names as long as calls of
    the model leave room for.
    """
    if kind == "connect":
        name, server = _text(CONNECT.up_bytes - 24 - 12), _text(CONNECT.down_bytes - 24 - 16)
        return Stub(
            _RFR[kind], 0, bytes(4) + name + bytes(8), _pointers(0, 1, 1) + server + bytes(4)
        )
    name, server = _text(LOGON.up_bytes - 24 - 8), _text(LOGON.down_bytes - 24 - 8)
    size = struct.pack("<I", len(name) - 12)
    return Stub(_RFR["logon"], 0, bytes(4) + size + name, _pointers(1) + server + bytes(4))


def _pointers(*given: int) -> bytes:
    return b"".join(
        struct.pack("<I", 0x20000 + 4 * at if there else 0) for at, there in enumerate(given)
    )


def _text(size: int) -> bytes:
    """Return a string of NDR that takes so many bytes: three counts, letters, and a zero."""
    count = size - 12
    text = "/o=Company/ou=Site/cn=Configuration/cn=Servers/cn=".ljust(count - 1, "x")
    return struct.pack("<III", count, 0, count) + text.encode()[: count - 1] + b"\0"
