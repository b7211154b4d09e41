"""The three modes behind one interface."""

from anywhere_sim.model.modes.cached import Cached
from anywhere_sim.model.modes.mode import Mode
from anywhere_sim.model.modes.offline_ost import OfflineOst
from anywhere_sim.model.modes.online import Online

MODES: dict[str, type[Mode]] = {"online": Online, "cached": Cached, "offline_ost": OfflineOst}
