"""The answer in a sentence per contrast: what becomes of waiting, of the calls and of the front end."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from typing import Any

import pandas as pd

from anywhere_sim.experiments import Results
from anywhere_sim.report.numbers import short
from anywhere_sim.report.sentences import SILENT, beside_cells, title

SAID = {"waited per user-day, mean": "waiting per user-day", "RPC rate": "calls to the stores", "front-end CPU": "the front end's CPU time"}
UNIT = {"s": " s", "1/s": " a second", "%": " points"}


def in_short(results: Results) -> list[str]:
    """Return a sentence per contrast of the factorial, with 95 % intervals."""
    contrasts, aside = results.contrasts(), beside_cells(results)
    names = [name for name in contrasts["contrast"].unique() if name not in aside]
    return [f"{title(name)}: {'; '.join(_clauses(contrasts[contrasts['contrast'] == name], results.plan.strata))}." for name in names]


def _clauses(rows: pd.DataFrame, within: tuple[str, ...]) -> Iterator[str]:
    for measure, name in SAID.items():
        chosen = rows[rows["measure"] == measure].to_dict("records")
        yield f"{name} {', '.join(_change(row, ' '.join(str(row[factor]) for factor in within)) for row in chosen)}"


def _change(row: dict[Hashable, Any], place: str) -> str:
    where = f" ({place})" if place else ""
    if row["word"] == SILENT:
        return f"not distinguishably changed{where}"
    low, middle, high = sorted(abs(row[name]) for name in ("low", "difference", "high"))
    word = "up" if row["difference"] > 0.0 else "down"
    return f"{word} {short(middle)}{UNIT[row['unit']]} [{short(low)}, {short(high)}]{where}"
