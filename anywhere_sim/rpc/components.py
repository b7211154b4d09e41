"""The classes that RPC connections are made of; a run may be given others (`Rules`)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from mypy_extensions import mypyc_attr

from anywhere_sim.network.segmentation import TlsVersion
from anywhere_sim.rpc.call import Framing
from anywhere_sim.rpc.connection import Connection


@mypyc_attr(native_class=False)
@dataclass(frozen=True)
class RpcComponents:
    """A connection that an attempt has led to, and what its path wraps around each call."""

    connection: type[Connection] = Connection
    framing: type[Framing] = Framing

    def directly(self, compressed_to: float = 1.0) -> Framing:
        """Return the framing of a direct connection."""
        return _framing(self, None, compressed_to, http=False)

    def over_https(self, tls: TlsVersion | None, compressed_to: float = 1.0) -> Framing:
        """Return the framing of a connection through a front end; without `tls`, in the clear."""
        return _framing(self, tls, compressed_to, http=True)


@cache
def _framing(
    components: RpcComponents, tls: TlsVersion | None, compressed_to: float, *, http: bool
) -> Framing:
    """Return the one framing of its kind: connections that are alike share its tables of sizes."""
    return components.framing(http=http, tls=tls, signed=not http, compressed_to=compressed_to)
