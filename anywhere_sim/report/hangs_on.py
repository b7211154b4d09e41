"""What becomes of a study's answer when its uncertain numbers are moved: tables, a sentence, pictures."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from anywhere_sim.experiments.hangs_on import AS_GIVEN
from anywhere_sim.figures.tornado import tornado
from anywhere_sim.report.sentences import title

SHOWN = ("front-end CPU", "store CPU", "RPC rate", "bytes down", "waited per user-day, mean")
ENDS = {"low": "answer at low", "high": "answer at high"}


def tornado_table(table: pd.DataFrame) -> pd.DataFrame:
    """Return a row per main contrast, place, measure and number: the difference as given and at both ends of the number's range."""
    where = _where(table)
    main = table[table["measure"].isin(SHOWN) & ~table["contrast"].str.contains(r"\) x \(")]
    keys = ["contrast", *where, "measure", "unit"]
    given = main[main["end"] == AS_GIVEN].set_index(keys)["difference"].rename(AS_GIVEN)
    moved = main[main["end"] != AS_GIVEN]
    ends = moved.set_index([*keys, "number", "end"])[["difference", "value"]].unstack("end")
    found, values = ends["difference"], ends["value"].apply(pd.to_numeric)
    wide = pd.DataFrame({"low": values["low"], "high": values["high"], **{name: found[end] for end, name in ENDS.items()}})
    return wide.join(given, on=keys)[["low", "high", "answer at low", AS_GIVEN, "answer at high"]]


def signs(table: pd.DataFrame) -> pd.DataFrame:
    """Return a row per contrast, place and measure that is distinguishable as given: the numbers that turn its sign, if any."""
    where = _where(table)
    keys = ["contrast", *where, "measure"]
    given = table[table["end"] == AS_GIVEN].set_index(keys)
    sure = given[(given["low"] > 0.0) | (given["high"] < 0.0)]
    rows = []
    for key, group in tornado_table(table).groupby(keys, sort=False):
        if key not in sure.index:
            continue
        ends = group[["answer at low", "answer at high"]]
        turned = group[(ends * float(sure.loc[key, "difference"]) <= 0.0).any(axis=1)]
        rows.append((*key, ", ".join(turned.index.get_level_values("number"))))
    return pd.DataFrame(rows, columns=[*keys, "turned by"])


def sentence(table: pd.DataFrame) -> str:
    """Return in words which differences keep their sign whatever is moved, and which don't."""
    found = signs(table)
    turned = found[found["turned by"] != ""]
    moved = table.loc[table["end"] != AS_GIVEN, "number"].nunique()
    kept = f"{moved} uncertain numbers were moved to both ends of their range, one at a time: {len(found) - len(turned)} of {len(found)} differences keep their sign"
    if turned.empty:
        return f"{kept}."
    told = "; ".join(f"{', '.join([title(row[0]), *row[1:-1]])} by {row[-1]}" for row in turned.itertuples(index=False))
    return f"{kept}; turned are {told}."


def pictures(table: pd.DataFrame) -> list[Figure]:
    """Return a tornado of the seconds that people wait, per main contrast and place where the difference is distinguishable."""
    wide, keys = tornado_table(table), ["contrast", *_where(table)]
    sure = signs(table).query("measure == 'waited per user-day, mean'")[keys]
    figures = []
    for key in sure.itertuples(index=False):
        bars = wide.xs((*key, "waited per user-day, mean"), level=[*keys, "measure"]).droplevel("unit")
        figures.append(tornado(bars, "seconds waited per user-day, difference", title=": ".join([*key[1:], title(key[0])])))
    return figures


def _where(table: pd.DataFrame) -> list[str]:
    columns = list(table.columns)
    return columns[columns.index("contrast") + 1 : columns.index("measure")]
