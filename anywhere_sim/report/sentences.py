"""A study's answer in words: what each contrast changed, with intervals."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from anywhere_sim.experiments import Results

TOLD = ("store CPU", "RPC rate", "disk reads", "waited per person, mean", "age of a message, p50")


def sentences(results: Results) -> Iterator[str]:
    """Yield a sentence per main effect and place: what became more or fewer, with its 95 % interval, and what can't be told apart."""
    contrasts = results.contrasts()
    within = list(results.plan.within)
    for effect in [name for name in contrasts["contrast"].unique() if " x " not in name]:
        rows = contrasts[(contrasts["contrast"] == effect) & contrasts["measure"].isin(TOLD)]
        for place, chosen in rows.groupby(within, sort=False) if within else [((), rows)]:
            second, first = effect.split(" - ")
            clear, unclear = chosen[chosen["word"] != "not distinguishable"], chosen[chosen["word"] == "not distinguishable"]
            told = "; ".join(_phrase(row) for row in clear.to_dict("records")) or "nothing differs for certain"
            silent = f". Not distinguishable: {', '.join(unclear['measure'])}" if len(unclear) else ""
            yield f"{_plain(second)} instead of {_plain(first)} ({', '.join(place)}): {told}{silent}."


def _phrase(row: dict[str, object]) -> str:
    unit = {"": "", "%": " percentage points"}.get(str(row["unit"]), f" {row['unit']}")
    return f"{row['measure']} {row['difference']:+.3g}{unit} [{row['low']:+.3g}, {row['high']:+.3g}]"


def _plain(level: str) -> str:
    return level.replace("_", " ").replace("https", "HTTPS").replace("tcp", "TCP")


def short_table(results: Results) -> pd.DataFrame:
    """Return the answer's table as text: a row per measure with its unit, a column per cell, mean ± half the 95 % interval."""
    table = results.table()
    cells = list(dict.fromkeys(column[:-1] for column in table.columns))
    columns = {
        cell: [f"{_short(mean)} ± {half:.2g}" for mean, half in zip(table[(*cell, "mean")], table[(*cell, "±")], strict=True)]
        for cell in cells
    }
    short = pd.DataFrame(columns, index=[f"{measure}, {unit}" if unit else measure for measure, unit in table.index])
    short.columns = pd.Index([" ".join(dict.fromkeys(map(_plain, cell))) for cell in cells])
    return short


def _short(value: float) -> str:
    if value != value:
        return "none"
    return f"{value:,.0f}" if abs(value) >= 100.0 else f"{value:.3g}"
