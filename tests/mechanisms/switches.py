"""How each mechanism of docs/mechanisms.md is switched off, by the name of its row."""

from __future__ import annotations

from tests.mechanisms.ablation import Ablation
from tests.mechanisms.attempts import ATTEMPTS
from tests.mechanisms.modes import MODES
from tests.mechanisms.network import NETWORK
from tests.mechanisms.people import PEOPLE
from tests.mechanisms.requests import REQUESTS
from tests.mechanisms.road import ROAD
from tests.mechanisms.servers import SERVERS

SWITCHES: dict[str, Ablation] = {
    **NETWORK,
    **ATTEMPTS,
    **MODES,
    **SERVERS,
    **PEOPLE,
    **REQUESTS,
    **ROAD,
}
