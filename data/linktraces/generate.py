"""Write commuter-3g.csv: a made-up ride on a 3G line, the same bytes at every call.

Assumed: the logarithm of the rate is an AR(1) process (lag 1 s: 0.95; median 900 kbit/s, deviation 0.9), and tunnels of 5 to 20 s
without any signal come every two minutes on average. CC0.
"""

from __future__ import annotations

from math import exp, log, sqrt
from pathlib import Path

from anywhere_sim.des.random_streams import Streams

SECONDS, LAG, MEDIAN_KBPS, DEVIATION = 600, 0.95, 900.0, 0.9
TUNNEL_EVERY_S, TUNNEL_MIN_S, TUNNEL_MAX_S = 120.0, 5.0, 20.0


def rates_kbps() -> list[float]:
    """Return one rate per second."""
    draws, tunnels = (Streams(2008, 0).stream(name) for name in ("signal", "tunnels"))
    level, next_s, end_s, rates = 0.0, tunnels.exponential(TUNNEL_EVERY_S), 0.0, []
    for second in range(SECONDS):
        level = LAG * level + draws.normal(0.0, DEVIATION * sqrt(1.0 - LAG**2))
        if second >= next_s:
            end_s = second + TUNNEL_MIN_S + (TUNNEL_MAX_S - TUNNEL_MIN_S) * tunnels.uniform()
            next_s = end_s + tunnels.exponential(TUNNEL_EVERY_S)
        rates.append(0.0 if second < end_s else exp(log(MEDIAN_KBPS) + level))
    return rates


def text() -> str:
    """Return the file."""
    head = ["# a made-up 3G ride: see generate.py beside this file; CC0", "time_s,kbps"]
    rows = [f"{second},{rate:.1f}" for second, rate in enumerate(rates_kbps())]
    return "\n".join([*head, *rows, f"{SECONDS},0.0"]) + "\n"


if __name__ == "__main__":
    Path(__file__).with_name("commuter-3g.csv").write_text(text(), encoding="ascii")
