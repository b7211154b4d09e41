"""B6: what a trace row costs, in time and in memory."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from time import process_time
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from anywhere_sim.traces.rows import RpcRows
from anywhere_sim.traces.run import TableFile
from benchmarks.goal import Reached, interleaved
from benchmarks.miniature import Miniature

WHOLE_MODEL_ONLY = (
    "stall_up_s", "front_end_up_s", "queue_s", "cpu_s", "disk_s", "front_end_down_s",
    "stall_down_s", "pdu_bytes_up", "pdu_bytes_down",
)  # fmt: skip
NOT_MODELLED = {"operation": 0, "rops": 1} | dict.fromkeys(WHOLE_MODEL_ONLY, 0.0)
"""The columns of a row that a call has in the whole model only."""
COUNT = 300_000
PEAK = (
    "from benchmarks.memory import peak_mb; from benchmarks.rows import fill; fill({count}); "
    "print(peak_mb())"
)


def calls(row: Callable[..., None], count: int) -> None:
    """Call a function with the columns of so many rows."""
    for number in range(count):
        time_s = number * 0.5
        row(
            rpc=number,
            connection=number % 1000,
            mailbox="people/7",
            group="people",
            kind="call",
            start_s=time_s,
            arrived_s=time_s + 0.1,
            done_s=time_s + 0.2,
            end_s=time_s + 0.3,
            bytes_up=500.0,
            bytes_down=2_000.0,
            **NOT_MODELLED,
        )


def nothing(
    rpc: int, connection: int, mailbox: str, group: str, operation: int, kind: str, rops: int,
    start_s: float, arrived_s: float, done_s: float, end_s: float, stall_up_s: float,
    front_end_up_s: float, queue_s: float, cpu_s: float, disk_s: float,
    front_end_down_s: float, stall_down_s: float, bytes_up: float, bytes_down: float,
    pdu_bytes_up: float, pdu_bytes_down: float,
) -> None:  # fmt: skip
    """Take a row and do nothing with it: what the loop itself costs."""


def fill(count: int) -> None:
    """Write that many rows through the recorder into a Parquet file."""
    with TemporaryDirectory() as folder, TableFile(Path(folder), "rpcs", "site") as file:
        table = RpcRows(("", "site", 0), file.write_batch)
        calls(table.row, count)
        table.flush()


def as_dicts(count: int) -> None:
    """Keep that many rows as a list of dicts, make it a DataFrame, write it as Parquet."""
    rows: list[dict[str, Any]] = []

    def row(
        rpc: int, connection: int, mailbox: str, group: str, operation: int, kind: str,
        rops: int, start_s: float, arrived_s: float, done_s: float, end_s: float,
        stall_up_s: float, front_end_up_s: float, queue_s: float, cpu_s: float, disk_s: float,
        front_end_down_s: float, stall_down_s: float, bytes_up: float, bytes_down: float,
        pdu_bytes_up: float, pdu_bytes_down: float,
    ) -> None:  # fmt: skip
        rows.append(
            {
                "site": "site", "replication": 0, "rpc": rpc, "connection": connection,
                "mailbox": mailbox, "group": group, "operation": operation, "kind": kind,
                "rops": rops, "start_s": start_s, "arrived_s": arrived_s, "done_s": done_s,
                "end_s": end_s, "stall_up_s": stall_up_s, "front_end_up_s": front_end_up_s,
                "queue_s": queue_s, "cpu_s": cpu_s, "disk_s": disk_s,
                "front_end_down_s": front_end_down_s, "stall_down_s": stall_down_s,
                "bytes_up": bytes_up, "bytes_down": bytes_down, "pdu_bytes_up": pdu_bytes_up,
                "pdu_bytes_down": pdu_bytes_down,
            }
        )  # fmt: skip

    calls(row, count)
    with TemporaryDirectory() as folder:
        pq.write_table(pa.Table.from_pandas(pd.DataFrame(rows)), Path(folder) / "rows.parquet")


def net_rows_per_s(write: Callable[[int], None]) -> float:
    """Rows per second of a way to write them, less the loop that makes them and calls."""
    begun = process_time()
    write(COUNT)
    written = process_time()
    calls(nothing, COUNT)
    return COUNT / (written - begun - (process_time() - written))


def traced(*, on: bool) -> float:
    """Calls per second of the miniature, with and without its trace."""
    with TemporaryDirectory() as folder, TableFile(Path(folder), "rpcs", "miniature") as file:
        made = Miniature(10_000, 1, file.write_batch if on else None)
        begun = process_time()
        made.run(300.0)
        if made.rows is not None:
            made.rows.flush()
        return made.calls / (process_time() - begun)


def peak_mb(count: int) -> float:
    """Most memory of a process that records so many rows."""
    done = subprocess.run(
        [sys.executable, "-c", PEAK.format(count=count)], check=True, capture_output=True, text=True
    )
    return float(done.stdout)


def measure() -> Iterator[Reached]:
    ratio, without, with_ = interleaved(lambda: traced(on=False), lambda: traced(on=True))
    yield Reached(
        "B6",
        "miniature: wall time with the trace / without",
        1.10,
        True,
        ratio,
        f"{with_:,.0f} and {without:,.0f} RPC/s",
    )
    ratio, own, other = interleaved(lambda: net_rows_per_s(fill), lambda: net_rows_per_s(as_dicts))
    yield Reached(
        "B6",
        "rows/s: recorder / dicts to DataFrame to Parquet",
        15.0,
        False,
        ratio,
        f"{1e9 / own:,.0f} and {1e9 / other:,.0f} ns per row, net of the call",
    )
    few, many = peak_mb(5_000_000), peak_mb(50_000_000)
    yield Reached(
        "B6",
        "peak memory at 50 million rows / at 5 million",
        1.05,
        True,
        many / few,
        f"{many:,.0f} and {few:,.0f} MB",
    )
