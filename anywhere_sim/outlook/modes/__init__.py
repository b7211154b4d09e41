"""The three modes behind one interface."""

from anywhere_sim.outlook.modes.cached import Cached
from anywhere_sim.outlook.modes.mode import Mode
from anywhere_sim.outlook.modes.offline_file import OfflineFile
from anywhere_sim.outlook.modes.online import Online

MODES: dict[str, type[Mode]] = {"online": Online, "cached": Cached, "offline_ost": OfflineFile}
