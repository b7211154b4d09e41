"""How a server lets calls in: the contract of an admission policy."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from mypy_extensions import mypyc_attr

from anywhere_sim.rpc.call import Rpc

if TYPE_CHECKING:
    from anywhere_sim.exchange.server import Server


@mypyc_attr(allow_interpreted_subclasses=True)
class Admission(ABC):
    """Lets calls into one server at once, later (throttling), or not at all.

    A policy of your own is a subclass, handed in by name: `Rules(admissions={"fair": Fair})`; a
    server whose scenario says `admission = "fair"` gets one object of it before the run begins.
    What limits the server itself (threads, open requests, the queue) comes after it and stays.

    It may read of a call `mailbox` ("" for those of a logon), `rops`, `kind.name`; of the server
    `name`, `spec`, `env.now` (s since midnight of day 1), `queued`, `users`, `calls.present`,
    `calls.inside()` and `cpu.busy_s()`. It changes neither.

    >>> class TenAtOnce(aw.Admission):
    ...     def wait_s(self, call):
    ...         return 0.0 if self.server.calls.present < 10 else 0.5
    >>> ten = office.with_(end="08:01", servers__mbx1__admission="ten")
    >>> aw.simulate(ten, rules=aw.Rules(admissions={"ten": TenAtOnce})).audit().ok
    True
    """

    def __init__(self, server: Server) -> None:
        self.server = server

    @abstractmethod
    def wait_s(self, call: Rpc) -> float:
        """Return for how many seconds a call that has come is held up: 0 lets it in now, `inf`
        refuses it.

        A call that is held up is in RPC Requests and holds no thread; in the table `rpcs` its wait
        is part of `queue_s` (at a front end of `front_end_up_s`). A refused one is answered "server
        too busy" (by a front end 503) and counts in `rejected`; Outlook asks again after
        `too_busy_retry_s`, and then after twice as long each time.
        """

    def accepts(self, channels: int) -> bool:
        """Return whether a front end takes so many new IN and OUT requests of a client; else 503.

        Of a front end alone, before what `request_limit` says is asked.
        """
        return True
