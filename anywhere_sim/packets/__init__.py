"""A run's calls as packets: captures that Wireshark opens, whose bytes are those of the tables."""

from anywhere_sim.packets.export import DAY_1, INSIDE, OUTSIDE, Captures, export_captures

__all__ = ["DAY_1", "INSIDE", "OUTSIDE", "Captures", "export_captures"]
