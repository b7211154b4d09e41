"""What is kept of a comparison: the table, the page and the figure."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from anywhere_sim.figures.validation import predicted_against_measured

ROOT = Path(__file__).parents[1]
HEAD = """# The model beside a real kernel

What `make verify-network` measured last: TCP (reno) and TLS 1.2 (OpenSSL, certificates of RSA-2048) of this machine's Linux kernel between two network
namespaces over an emulated link, beside what the model's transport and links said before (stack `linux`). Medians; with loss, means. Profiles marked * are
those on which parameters were looked at; the others were judged, never
fitted (but for the time-out of a cut, which was looked at on 512 kbit/s too).

![predicted against measured](verify-network.png)

{summary}

How to read it:

- **N at once**: transfers that begin together on connections that stand, with the initial window of Linux (10 segments) and with that of the model's clients
  (2, set with `ip route ... initcwnd`). The last window of each leaves in one piece, behind those that came before: they end one after another. Eight of them are half as large, so that nothing lasts longer than 8 s; at slow rates they are therefore smaller than 50 KB.
- **Bytes**: IP bytes of the whole case in the direction of the data. Where far more was measured than predicted, the kernel has sent segments again that were not lost: their
  round trip through the queue was longer than its first time-out. The model sends nothing again that is not lost, so it is early there: eight transfers at once on slow
  links, and the others where the last column says no and the bytes differ.
- **TLS**: bytes of the flights and the processor time of both ends ({work}) were measured in memory before; the time is put into the model as work. That time varies with the machine's
  speed from run to run (full, 1 certificate: 2.7 and 4.4 ms in two).
- **Acknowledgements**: the kernel acknowledges a first message at once, and from its first answer on leaves the last segment's acknowledgement to ride with what goes back within
  40 ms; so does the model's `linux`. Its Windows stacks begin with waiting, and count acknowledgements, not segments, in slow start (assumed: no Windows is measured here).
- **The emulator** runs in user space with real-time priority, and packets leave it within 0.1 ms of their time; the wakings of the processes on the way (some 0.4 ms per
  round trip) are measured before on a link of its own and taken off its delay.
- **rejected port**: the server's kernel answers with ICMP "unreachable". **dropped port**: the link swallows the SYN.
- **after a rest**: on a connection that has carried the same transfer before and was idle then. Upwards slow start begins anew at an end that has answered before and so acknowledges
  two segments first: the transfer ends a segment's time later than on a new connection (6 ms at 2 Mbit/s, 1.2 ms at 10).
- **loss, cut**: with RFC 5681 and 6298 alone, as in the stacks of the model: Linux' tail loss probe and RACK are off there, and on in all other cases.
- **loss of 1 %**: each way; mean and 95 % interval of the measured mean; the model's mean is over as many draws.
- **cut**: nothing passes for so long, what is under way is lost; the connection survives, and ends when the sender's doubling time-outs find the link working. The time-out at the cut comes out within 3 to 10 %
  (smoothed round-trip times of a growing queue); after k of them the error has grown with 2^k, and where one expires just before or just after the link's return, the whole next one lies
  between model and kernel: so on 10 Mbit/s after 5 s and on 64 kbit/s after 60 s.
- **call beside**: calls one after another on a connection that stands, while a download in a window of 17,520 B (that of Windows XP) is under way on another one: its window less
  rate x round trip stands in the queue, and each call waits behind it. The mechanism was written down before any of these was measured, and no parameter was fitted; three of the links are in this kind only.
  What is left, some 1,000 B of time, is about the half of the two packets that the download's receiver acknowledges together (not in the model).
- **bbr**: the same transfers with the kernel's other congestion control, once, for information; the prediction is for reno.

"""  # noqa: E501
COLUMNS = (
    "profile",
    "case",
    "predicted_s",
    "measured_s",
    "difference_percent",
    "goal_percent",
    "met",
    "interval_s",
    "predicted_bytes",
    "measured_bytes",
    "bbr_s",
)


def summary(table: pd.DataFrame) -> pd.DataFrame:
    """Return a row per kind of case: how many, how many within their goal, median and worst
    difference.
    """
    groups = table.assign(size=table["difference_percent"].abs()).groupby("kind", sort=False)
    worst = table.loc[groups["size"].idxmax()].set_index("kind")
    return pd.DataFrame(
        {
            "cases": groups.size(),
            "within their goal": groups["met"].sum(),
            "goal, %": groups["goal_percent"].agg(
                lambda goals: " or ".join(f"{goal:g}" for goal in sorted(set(goals)))
            ),
            "median difference, %": groups["size"].median().round(2),
            "worst, %": worst["difference_percent"],
            "where": worst["profile"] + ": " + worst["case"],
        }
    ).reset_index()


def markdown(table: pd.DataFrame) -> str:
    """Return a table as Markdown; empty where there is no number."""
    lines = ["| " + " | ".join(map(str, table.columns)) + " |", "|" + " --- |" * len(table.columns)]
    for row in table.itertuples(index=False):
        lines.append(
            "| "
            + " | ".join(
                "" if value != value else f"{value:g}" if isinstance(value, float) else str(value)
                for value in row
            )
            + " |"
        )
    return "\n".join(lines)


def keep(table: pd.DataFrame, work: str) -> None:
    """Leave table, page and figure in data/reference and docs."""
    table.to_csv(ROOT / "data/reference/network.csv", index=False, lineterminator="\n")
    page = HEAD.format(summary=markdown(summary(table)), work=work)
    (ROOT / "docs/verify-network.md").write_text(
        page + "\n" + markdown(table[list(COLUMNS)]) + "\n", encoding="utf-8"
    )
    predicted_against_measured(table).savefig(
        ROOT / "docs/verify-network.png", dpi=100, metadata={"Software": ""}
    )
