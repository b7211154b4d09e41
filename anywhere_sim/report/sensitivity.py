"""Sensitivity analyses for people: tables, which signs hold, tornado diagrams, strips."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pandas as pd

from anywhere_sim.analysis.labels import capitalized, short
from anywhere_sim.experiments.sensitivity import BASELINE
from anywhere_sim.report.text import title

if TYPE_CHECKING:
    from matplotlib.figure import Figure

WAITING = "waited per open hour, mean"
SHOWN = ("front-end CPU", "store CPU", "RPC calls", "bytes down", WAITING)
"""The measures that are looked at; each has one cause that a reader can follow."""

AT_ENDS = {"low": "result at low", "high": "result at high"}


def tornado_table(table: pd.DataFrame) -> pd.DataFrame:
    """Return a row per main contrast, stratum, measure and input of a sensitivity analysis.

    `table` is what `experiments.sensitivity.sensitivity` returns. Columns: the ends of the input's
    range (`low`, `high`) and the difference at both and at baseline, in the measure's unit.

    >>> varied = aw.sensitivity(study.plan, "results/varied", replications=2)
    >>> lab.tornado_table(varied).columns.tolist()
    ['low', 'high', 'result at low', 'baseline', 'result at high']
    """
    keys = ["contrast", *_strata(table), "measure", "unit"]
    main = table[table["measure"].isin(SHOWN) & ~table["contrast"].str.contains(r"\) x \(")]
    baseline = main[main["end"] == BASELINE].set_index(keys)["difference"].rename(BASELINE)
    varied = main[main["end"] != BASELINE].set_index([*keys, "input", "end"])
    ends = varied[["difference", "value"]].unstack("end")
    differences, values = ends["difference"], ends["value"].map(_number)
    columns = {"low": values["low"], "high": values["high"]}
    columns |= {name: differences[end] for end, name in AT_ENDS.items()}
    joined = pd.DataFrame(columns).join(baseline, on=keys)
    return joined[["low", "high", AT_ENDS["low"], BASELINE, AT_ENDS["high"]]]


def _number(value: object) -> object:
    """Return an end of a range as a number, or the word that it is."""
    try:
        return float(str(value))
    except ValueError:
        return value


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
    from anywhere_sim.figures.study import tornado

    wide, keys = tornado_table(table), ["contrast", *_strata(table)]
    clear = signs(table).query("measure == @WAITING")[keys]
    figures = []
    for key in clear.itertuples(index=False):
        bars = wide.xs((*key, WAITING), level=[*keys, "measure"]).droplevel("unit")
        name = ": ".join([*key[1:], title(key[0])])
        figures.append(tornado(bars, "seconds waited per open hour, difference", title=name))
    return figures


def _strata(table: pd.DataFrame) -> list[str]:
    """Return the stratum columns: those between the contrast and the measure."""
    columns = list(table.columns)
    return columns[columns.index("contrast") + 1 : columns.index("measure")]


def space_verdict(table: pd.DataFrame) -> list[str]:
    """Return a sentence per path of a parameter space: in which share of it what is less.

    `table` is what `experiments.parameter_space.parameter_space` returns.
    """
    return [_of_path(str(path), rows) for path, rows in table.groupby("path", sort=False)]


def _of_path(path: str, rows: pd.DataFrame) -> str:
    size = rows.iloc[0]
    parts: dict[str, list[str]] = {"less": [], "more": [], "open": []}
    for row in rows.to_dict("records"):
        share = float(row["share_below_1"])
        word = "less" if share >= CLEAR else "more" if share <= 1.0 - CLEAR else "open"
        shown = 1.0 - share if word == "more" else share
        less = "less in " if word == "open" else ""
        corner = f"worst corner {short(float(row['worst']))}"
        parts[word].append(f"{row['conclusion']} ({less}{100.0 * shown:.0f} %, {corner})")
    said = [f"{SIDES[word]} {', '.join(named)}" for word, named in parts.items() if named]
    return (
        f"Cached instead of online mode, {path}, with {size['inputs']} uncertain inputs varied at "
        f"once ({size['points']} points), asks for {'; '.join(said)}."
    )


CLEAR = 0.9
"""From this share of the space on a sign is not called open."""

SIDES = {
    "less": "less in nine tenths of the space or more:",
    "more": "more in nine tenths or more:",
    "open": "with an open sign:",
}
_LEFT_OUT = re.compile(r"\b(?:(?:groups|communities)\.\w+|servers|places)\.")


def space_table(table: pd.DataFrame) -> pd.DataFrame:
    """Return the table of a parameter space for people: a row per path and conclusion, as text."""
    rows = {}
    for row in table.to_dict("records"):
        inputs = [
            f"{row[f'input_{place}']} (×{short(float(row[f'factor_{place}']))})"
            for place in (1, 2, 3)
            if row.get(f"input_{place}")
        ]
        rows[(row["path"], row["conclusion"])] = {
            "usual": short(float(row["usual"])),
            "below 1": f"{100.0 * float(row['share_below_1']):.0f} %",
            "5 %": short(float(row["p5"])),
            "median": short(float(row["p50"])),
            "95 %": short(float(row["p95"])),
            "worst corner": f"{short(float(row['worst']))}{_at(str(row['worst_at']))}",
            "matters most": _short_keys(", ".join(inputs)),
        }
    return pd.DataFrame.from_dict(rows, orient="index")


def _at(inputs: str) -> str:
    return f": {_short_keys(inputs)}" if inputs else ""


def _short_keys(text: str) -> str:
    """Return a text without the names of the group, the community and the tables in its keys."""
    return _LEFT_OUT.sub("", text)


def space_picture(table: pd.DataFrame) -> Figure:
    """Return the picture of a parameter space."""
    from anywhere_sim.figures.study import ratio_strips

    return ratio_strips(table.assign(input_1=table["input_1"].map(_short_keys)))


_PAGE_HEAD = """# All uncertain inputs at once

What `anywhere-sim sensitivity path-and-cache --space` saw last (`make sensitivity`; the table is
`data/reference/parameter_space.csv`): the space of the {inputs} uncertain inputs of both clients,
the servers and the mail. Twenty people of medium activity, for the three hours of the study, work
online and in cached mode with the same seed: at {points} points of a Latin hypercube on each path,
and along {trajectories} trajectories of Morris' on the first one. An input is as often below its
usual value as above, evenly down to the low and up to the high end of its range; a switch has
either word. What is left out, and why, stands in `experiments/space_inputs.py`. The ratio is cached
over online: below 1 the copy asks for less.

The morning has the start of Outlook in it, which weighs more in three hours than in a whole day.
"""

_PAGE_END = """*usual*: every input as it stands in the model. *worst corner*: of all runs the ratio
farthest on the other side of 1 than the median, and the inputs that push it there most. *matters
most*: by what factor an input changes the ratio over its whole range on average, by Morris' mu* on
the first path, by the slope over the hypercube on the others (which tells the strongest apart and
no more; what may be chance is not named).

![Strips of the ratios over the space](parameter-space.png)
"""


def space_page(table: pd.DataFrame) -> str:
    """Return what a parameter space says as a page of Markdown."""
    head = _PAGE_HEAD.format(**{name: table[name].iloc[0] for name in _SIZE})
    shown = space_table(table)
    parts = [head]
    for path, said in zip(table["path"].unique(), space_verdict(table), strict=True):
        rows = shown.loc[path]
        lines = [f"| {name} | {' | '.join(row)} |" for name, *row in rows.itertuples()]
        columns = ["", *rows.columns]
        parts += [
            f"## {capitalized(path)}\n\n{said}\n",
            "\n".join([f"| {' | '.join(columns)} |", "| --- " * len(columns) + "|", *lines, ""]),
        ]
    return "\n".join([*parts, _PAGE_END])


_SIZE = ("inputs", "points", "trajectories")
