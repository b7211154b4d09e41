"""A sensitivity analysis for people: the table, which signs hold, and tornado diagrams."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from anywhere_sim.experiments.sensitivity import BASELINE
from anywhere_sim.figures.study import tornado
from anywhere_sim.report.text import title

WAITING = "waited per user-day, mean"
SHOWN = ("front-end CPU", "store CPU", "RPC calls", "bytes down", WAITING)
"""The measures that are looked at; each has one cause that a reader can follow."""

AT_ENDS = {"low": "result at low", "high": "result at high"}


def tornado_table(table: pd.DataFrame) -> pd.DataFrame:
    """Return a row per main contrast, stratum, measure and input of a sensitivity analysis.

    `table` is what `experiments.sensitivity.sensitivity` returns. Columns: the ends of the input's
    range (`low`, `high`) and the difference at both and at baseline, in the measure's unit.
    """
    keys = ["contrast", *_strata(table), "measure", "unit"]
    main = table[table["measure"].isin(SHOWN) & ~table["contrast"].str.contains(r"\) x \(")]
    baseline = main[main["end"] == BASELINE].set_index(keys)["difference"].rename(BASELINE)
    varied = main[main["end"] != BASELINE].set_index([*keys, "input", "end"])
    ends = varied[["difference", "value"]].unstack("end")
    differences, values = ends["difference"], ends["value"].apply(pd.to_numeric)
    columns = {"low": values["low"], "high": values["high"]}
    columns |= {name: differences[end] for end, name in AT_ENDS.items()}
    joined = pd.DataFrame(columns).join(baseline, on=keys)
    return joined[["low", "high", AT_ENDS["low"], BASELINE, AT_ENDS["high"]]]


def signs(table: pd.DataFrame) -> pd.DataFrame:
    """Return a row per contrast, stratum and measure that is distinguishable from 0 at baseline.

    The column `reversed by` lists the inputs with which its sign changes, "" when none does.
    """
    keys = ["contrast", *_strata(table), "measure"]
    baseline = table[table["end"] == BASELINE].set_index(keys)
    clear = baseline[(baseline["low"] > 0.0) | (baseline["high"] < 0.0)]
    rows = []
    for key, group in tornado_table(table).groupby(keys, sort=False):
        if key not in clear.index:
            continue
        signed = group[list(AT_ENDS.values())] * float(clear.loc[key, "difference"])
        inputs = group[(signed <= 0.0).any(axis=1)].index.get_level_values("input")
        rows.append((*key, ", ".join(inputs)))
    return pd.DataFrame(rows, columns=[*keys, "reversed by"])


def sentence(table: pd.DataFrame) -> str:
    """Return in words how many differences keep their sign in all variations, and which don't."""
    rows = signs(table)
    changed = rows[rows["reversed by"] != ""]
    inputs = table.loc[table["end"] != BASELINE, "input"].nunique()
    text = (
        f"One-at-a-time sensitivity analysis with {inputs} uncertain inputs, each set to both ends "
        f"of its range: {len(rows) - len(changed)} of {len(rows)} differences keep their sign"
    )
    if changed.empty:
        return f"{text}."
    named = "; ".join(
        f"{', '.join([title(row[0]), *row[1:-1]])} by {row[-1]}"
        for row in changed.itertuples(index=False)
    )
    return f"{text}; reversed are {named}."


def pictures(table: pd.DataFrame) -> list[Figure]:
    """Return a tornado diagram of waiting per main contrast and stratum with a clear difference.

    A difference is clear when it is distinguishable from 0 at baseline.
    """
    wide, keys = tornado_table(table), ["contrast", *_strata(table)]
    clear = signs(table).query("measure == @WAITING")[keys]
    figures = []
    for key in clear.itertuples(index=False):
        bars = wide.xs((*key, WAITING), level=[*keys, "measure"]).droplevel("unit")
        name = ": ".join([*key[1:], title(key[0])])
        figures.append(tornado(bars, "seconds waited per user-day, difference", title=name))
    return figures


def _strata(table: pd.DataFrame) -> list[str]:
    """Return the stratum columns: those between the contrast and the measure."""
    columns = list(table.columns)
    return columns[columns.index("contrast") + 1 : columns.index("measure")]
