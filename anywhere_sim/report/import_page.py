"""The page of an import: what was read, who was connected when, what failed, what was measured."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from io import BytesIO
from typing import Any

import numpy as np
import pandas as pd

from anywhere_sim.analysis.labels import label, quantity
from anywhere_sim.analysis.measures import MEANINGS, UNITS, measures
from anywhere_sim.analysis.overview import not_done
from anywhere_sim.formats.registry import FORMATS
from anywhere_sim.report.logs_beside import LogsBeside, section
from anywhere_sim.report.result import STYLE, image
from anywhere_sim.report.story import STAGES
from anywhere_sim.scenario.quantities import HOUR_S, format_time
from anywhere_sim.traces import Run

MOST_HOURS = 24 * 14
NOTHING = "No line says anything of it."
WORDS = frozenset({"what", "why", "measure", "is"})
"""Columns of words, which begin at the left."""


def page(
    run: Run, said: Iterable[str], beside: LogsBeside | None = None, beside_folder: str = ""
) -> str:
    """Return the page as HTML, with everything in it, headed by what stands beside it.

    `run` is what an import made, `said` its report of quality. What no log says is left out, and
    named as such.
    """
    manifest = run.manifest
    kinds = ", ".join(FORMATS[kind].title for kind in manifest.get("imported", ())) or "nothing"
    zone = float(manifest.get("utc_offset_s", 0.0)) / HOUR_S
    values = measures(run)
    unknown = "; ".join(name for name, value in values.items() if np.isnan(value))
    known = values.dropna()
    rows = [(name, quantity(value, UNITS[str(name)]), MEANINGS[str(name)])
            for name, value in known.items()] + _of_connections(run)  # fmt: skip
    failed = [
        (label(row["what"]), STAGES.get(row["why"], label(row["why"])), f"{row['count']:,}",
         quantity(100.0 * row["share"], "%"))
        for row in not_done(run).to_dict("records")
    ]  # fmt: skip
    return f"""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Imported: {escape(kinds)}</title><style>{STYLE}</style></head><body>
<h1>Imported: {escape(kinds)}</h1>
<p>{escape(_verdict(run))}</p>
<p class="note">Day 1 is {escape(str(manifest.get("day_1")))}, times are UTC{zone:+g} hours. Bytes
are those that the logs count, without headers of TCP, IP and TLS.</p>
{section(beside, beside_folder) if beside is not None else ""}
<h2>Read</h2><pre class="wide">{escape(chr(10).join(said))}</pre>
<h2>Hour by hour</h2>{_table(("hour", "connected at once", "users", "connections begun",
                              "attempts that failed"), by_hour(run))}
{_picture(run)}
<h2>Refused, lost, failed</h2>{_table(("what", "why", "count", "of all"), failed)}
<h2>Measures</h2>{_table(("measure", "value", "is"), rows)}
<p>{escape(f"No log says enough for: {unknown}." if unknown else "No measure is missing.")}</p>
</body></html>
"""  # fmt: skip


def _verdict(run: Run) -> str:
    """Return two or three sentences: how much there is, and what stands out."""
    made, attempts = run.connections, run.attempts
    users = pd.concat([made["mailbox"], attempts["mailbox"]]).dropna().nunique()
    text = f"{len(made):,} connections of {users:,} users"
    if len(attempts):
        failed = int((attempts["outcome"].astype(str) == "failed").sum())
        text += f"; {failed:,} of {len(attempts):,} attempts failed"
    if len(run.operations):
        wait_s = max(float(run.operations["wait_s"].quantile(0.95)), 0.0)
        text += f"; 95 % of {len(run.operations):,} actions waited no longer than "
        text += quantity(wait_s, "s")
    if len(run.servers):
        text += f"; counters of {run.servers['server'].nunique():,} servers"
    return f"{text}."


def _of_connections(run: Run) -> list[tuple[str, str, str]]:
    """Return rows of what logs say of connections and measures of people do not hold."""
    made = run.connections
    lasted_s = (made["end_s"] - made["start_s"]).dropna()
    rows = [
        (f"bytes {way}, in all", quantity(made[column].sum() / 1e6, "MB"), f"Sum of `{column}`.")
        for way, column in (("up", "bytes_up"), ("down", "bytes_down"))
        if made[column].notna().any()
    ]
    if len(lasted_s):
        meaning = "Median of `end_s` less `start_s`, where a log has both."
        rows.append(("length of a connection", quantity(float(lasted_s.median()), "s"), meaning))
    return rows


def by_hour(run: Run) -> list[tuple[str, ...]]:
    """Return a row per hour: connected at once, users, connections begun, attempts that failed.

    Hours without any of it are left out.
    """
    made, attempts = run.connections, run.attempts
    start_s = made["start_s"].to_numpy(float)
    end_s = np.where(np.isnan(made["end_s"].to_numpy(float)), np.inf, made["end_s"])
    failed_s = attempts.loc[attempts["outcome"].astype(str) == "failed", "end_s"].dropna()
    whole = ~np.isnan(start_s)
    starts, ends = np.sort(start_s[whole]), np.sort(end_s[whole])
    begun = pd.Series(starts // HOUR_S).value_counts()
    refused = pd.Series(failed_s.to_numpy() // HOUR_S).value_counts()
    users = made["mailbox"].astype(str)[whole].groupby(start_s[whole] // HOUR_S).nunique()
    rows: list[tuple[str, ...]] = []
    for hour in sorted({*begun.index, *refused.index})[:MOST_HOURS]:
        instants = hour * HOUR_S + np.arange(60) * 60.0
        open_now = np.searchsorted(starts, instants, "right") - np.searchsorted(ends, instants)
        day, rest = divmod(int(hour), 24)
        name = format_time(rest * HOUR_S, seconds=False)
        rows.append((
            f"{name} on day {day + 1}" if day else name, f"{int(open_now.max()):,}",
            f"{users.get(hour, 0):,}", f"{begun.get(hour, 0):,}", f"{refused.get(hour, 0):,}",
        ))  # fmt: skip
    return rows


def _picture(run: Run) -> str:
    if run.servers.empty:
        return ""
    from anywhere_sim.figures.load import load  # matplotlib only where something is drawn

    picture = BytesIO()
    load(run.servers, {}, title="Counters").savefig(picture, format="png", dpi=110)
    return "<h2>Servers</h2>" + image("Counters of the servers over time", picture.getvalue())


def _table(heads: tuple[str, ...], rows: list[tuple[Any, ...]]) -> str:
    if not rows:
        return f"<p>{NOTHING}</p>"
    kinds = [' class="words"' if each in WORDS else "" for each in heads]
    head = "".join(
        f"<th{kind}>{escape(each)}</th>" for kind, each in zip(kinds, heads, strict=True)
    )
    body = "".join(
        f"<tr><th>{escape(str(first))}</th>"
        + "".join(
            f"<td{kind}>{escape(str(each))}</td>"
            for kind, each in zip(kinds[1:], others, strict=True)
        )
        + "</tr>"
        for first, *others in rows
    )
    shown = f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    return f'<div class="wide">{shown}</div>'


__all__ = ["by_hour", "page"]
