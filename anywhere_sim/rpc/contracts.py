"""What an RPC connection asks of its two ends, so that neither has to know the other."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from mypy_extensions import mypyc_attr, trait

if TYPE_CHECKING:
    from anywhere_sim.rpc.call import Rpc
    from anywhere_sim.rpc.connection import Connection


@mypyc_attr(allow_interpreted_subclasses=True)
@trait
class Endpoint(ABC):
    """A server at which requests arrive."""

    name: str

    @abstractmethod
    def arrive(self, rpc: Rpc) -> None:
        """Take a request; `rpc.respond` is called with it when it has been served. A server that is
        down takes it in silence.
        """

    @abstractmethod
    def connect(self, connection: Connection) -> None:
        """A connection now ends at this server."""

    @abstractmethod
    def leave(self, connection: Connection, *, known: bool) -> None:
        """A connection has ended for its client; `known` says whether the server learns of it at
        once.
        """


@mypyc_attr(allow_interpreted_subclasses=True)
@trait
class Proxy(Endpoint):
    """A server that passes requests on to the one behind it, and its answers back.

    Something before it forgets connections that rest for `idle_timeout_s`, and resets them.
    """

    idle_timeout_s: float

    @abstractmethod
    def answer(self, rpc: Rpc) -> None:
        """An answer comes from behind; its connection's `send_response` is called when it may go to
        the client.
        """


@mypyc_attr(allow_interpreted_subclasses=True)
class ConnectionOwner(ABC):
    """Who opened a connection and hears of its end."""

    @abstractmethod
    def connection_closing(self, connection: Connection) -> None:
        """The connection is used no more; it is torn down by itself."""

    @abstractmethod
    def connection_ended(self, connection: Connection, reason: str) -> None:
        """The connection is gone; its row is written."""
