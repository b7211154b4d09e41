"""Write data/linktraces/commuter-3g.csv: a made-up ride on a 3G line, the same bytes at each call.

python -m tests.golden.commuter_3g

Assumed: the logarithm of the rate is an AR(1) process (lag 1 s: 0.95; median 900 kbit/s, deviation
0.9), and tunnels of 5 to 20 s without any signal come every two minutes on average. CC0. The random
numbers are drawn here and not by the model's streams, so that the file outlives their changes.
"""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import blake2b
from itertools import count
from math import exp, log, log1p, sqrt
from pathlib import Path
from statistics import NormalDist

import numpy as np

PATH = Path(__file__).parents[2] / "data/linktraces/commuter-3g.csv"
SECONDS, LAG, MEDIAN_KBPS, DEVIATION = 600, 0.95, 900.0, 0.9
TUNNEL_EVERY_S, TUNNEL_MIN_S, TUNNEL_MAX_S = 120.0, 5.0, 20.0
SEED = "2008\x1f0\x1f"
BATCH = 16


def uniforms(name: str) -> Iterator[float]:
    """Yield numbers in the open interval (0, 1): batches of Philox, keyed by seed and name."""
    key = np.frombuffer(blake2b((SEED + name).encode(), digest_size=16).digest(), "<u8")
    for batch in count():
        philox = np.random.Philox(key=key, counter=[0, batch, 0, 0])
        yield from np.random.Generator(philox).random(BATCH) + 2.0**-54


def rates_kbps() -> list[float]:
    """Return one rate per second."""
    signal, tunnels = uniforms("signal"), uniforms("tunnels")
    deviation = DEVIATION * sqrt(1.0 - LAG**2)
    level, end_s, rates = 0.0, 0.0, []
    next_s = -TUNNEL_EVERY_S * log1p(-next(tunnels))
    for second in range(SECONDS):
        level = LAG * level + deviation * NormalDist().inv_cdf(next(signal))
        if second >= next_s:
            end_s = second + TUNNEL_MIN_S + (TUNNEL_MAX_S - TUNNEL_MIN_S) * next(tunnels)
            next_s = end_s - TUNNEL_EVERY_S * log1p(-next(tunnels))
        rates.append(0.0 if second < end_s else exp(log(MEDIAN_KBPS) + level))
    return rates


def text() -> str:
    """Return the file."""
    head = ["# a made-up 3G ride: written by tests/golden/commuter_3g.py; CC0", "time_s,kbps"]
    rows = [f"{second},{rate:.1f}" for second, rate in enumerate(rates_kbps())]
    return "\n".join([*head, *rows, f"{SECONDS},0.0"]) + "\n"


if __name__ == "__main__":
    PATH.write_text(text(), encoding="ascii")
