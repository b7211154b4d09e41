"""The same colour for the same thing everywhere, safe for the colour-blind (Okabe and Ito 2008)."""

from __future__ import annotations

COLOURS = {
    "online": "#D55E00", "cached": "#0072B2", "offline_ost": "#999999",
    "more": "#D55E00", "fewer": "#0072B2", "not distinguishable": "#999999",
}  # fmt: skip
"""Colours of modes and of words about a difference."""
