"""Numbers that look like another unit: asked about before anything is simulated."""

from __future__ import annotations

from collections.abc import Mapping

FACTOR = 500.0
"""A number this many times above or below the usual one is taken for a wrong unit (those differ by 1,000 or more)."""

# what is likely to have been given by its unit: (when the number is far too big, far too small)
_GUESSES: Mapping[str, tuple[str, str]] = {
    "kbps": ("bit/s", "Mbit/s"), "ms": ("microseconds", "seconds"), "s": ("milliseconds", "hours or minutes"),
    "bytes": ("bits", "KB or MB"), "mb": ("KB or bytes", "GB"), "kb": ("bytes", "MB"), "mhz": ("Hz", "GHz"), "mcycles": ("cycles", "Gcycles"),
}  # fmt: skip
# what varies by more than the factor in earnest: the numbers that are allowed; None is the rule
_ALLOWED: Mapping[str, tuple[float | None, float]] = {
    "adapter_kbps": (4.8, 10_000_000.0), "rtt_ms": (None, 10_000.0), "cut_every_s": (10.0, 1_000_000.0), "connection_memory_bytes": (50_000.0, 1e12),
}  # fmt: skip


def complaint(name: str, given: float, usual: float) -> str:
    """Return a sentence for a number that is probably in another unit than its name says, "" for one that is plausible."""
    unit = name.partition("_per_")[0].rpartition("_")[2]
    if unit not in _GUESSES or given <= 0.0 or usual <= 0.0:
        return ""
    least, high = _ALLOWED.get(name, (None, usual * FACTOR))
    low = usual / FACTOR if least is None else least
    if low < given < high:
        return ""
    guess = _GUESSES[unit][given <= low]
    return f"{name} = {given:,.10g}: between {low:,.3g} and {high:,.10g} is allowed here (usual: {usual:,.6g}); was it given in {guess}?"
