"""The same colour for the same thing everywhere, safe for the colour-blind (Okabe and Ito 2008)."""

from __future__ import annotations

COLOURS = {
    "online": "#D55E00", "cached": "#0072B2", "offline_ost": "#999999",
    "more": "#D55E00", "fewer": "#0072B2", "not distinguishable": "#999999",
    "tcp": "#56B4E9", "https": "#CC79A7",
    "down": "#1B7837", "up": "#762A83",
    "copy": "#0072B2", "server": "#D55E00",
    "front_end": "#CC79A7", "mailbox": "#0072B2",
    "theory": "#555555", "limit": "#C00000",
}  # fmt: skip
"""Colours of modes, of words about a difference, of paths, of directions, of who served an action,
of servers; of theory and of a limit.
"""

STAGES = {
    "name": "#E69F00",
    "TCP": "#56B4E9",
    "TLS": "#009E73",
    "authentication": "#F0E442",
    "RPC": "#0072B2",
}
"""Colours of the stages of a connection attempt."""

STATES = {
    "connected": "#0072B2",
    "connected_headers": "#56B4E9",
    "trying": "#E69F00",
    "disconnected": "#BBBBBB",
    "offline": "#999999",
    "off": "#F2F2F2",
}
"""Colours of a client's states."""

LINES = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00")
"""Colours of lines that are nothing of the above: places, links, cases."""
