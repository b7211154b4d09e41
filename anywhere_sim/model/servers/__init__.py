"""The servers of a site."""

from anywhere_sim.model.servers.directory import Directory
from anywhere_sim.model.servers.front_end import FrontEnd
from anywhere_sim.model.servers.store import Store

__all__ = ["Directory", "FrontEnd", "Store"]
