"""The classes that clients are built from; a run may be given others (`Rules`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from mypy_extensions import mypyc_attr

from anywhere_sim.outlook.attempt import Attempt
from anywhere_sim.outlook.client import Client
from anywhere_sim.outlook.connection_order import ConnectionRules
from anywhere_sim.outlook.connection_round import ConnectionRound
from anywhere_sim.outlook.modes.cached import Cached
from anywhere_sim.outlook.modes.mode import Mode, ModeComponents
from anywhere_sim.outlook.modes.offline_file import OfflineFile
from anywhere_sim.outlook.modes.online import Online


@mypyc_attr(native_class=False)
@dataclass(frozen=True)
class OutlookComponents(ModeComponents):
    """The classes of a client: itself, its rounds and attempts, its modes and their parts.

    `added_modes` are those of `Rules(modes=...)`, by name.
    """

    client: type[Client] = Client
    connection_rules: type[ConnectionRules] = ConnectionRules
    connection_round: type[ConnectionRound] = ConnectionRound
    attempt: type[Attempt] = Attempt
    online: type[Online] = Online
    cached: type[Cached] = Cached
    offline_file: type[OfflineFile] = OfflineFile
    added_modes: Mapping[str, type[Mode]] = field(default_factory=dict)

    @property
    def modes(self) -> Mapping[str, type[Mode]]:
        """The modes by the names that a scenario gives them."""
        return {
            "online": self.online, "cached": self.cached, "offline_ost": self.offline_file,
            **self.added_modes,
        }  # fmt: skip
