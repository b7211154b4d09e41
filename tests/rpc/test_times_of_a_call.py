"""The columns of `rpcs` explain the time of a call, and who waited for it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tests.statements.pairs import run, small

ROUNDING_S = 1e-6


def calls(path: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the calls of three people online over a path, and what they did."""
    made = run(
        small(
            places__here__kind="lan" if path == "tcp" else "dsl",
            groups__people__mode="online",
            record_rpcs=True,
        )
    )
    assert set(made.connections["path"].astype(str)) == {path}
    return made.rpcs, made.operations


@pytest.mark.parametrize("path", ["tcp", "https"])
def test_the_parts_of_a_call_add_up_to_its_time(path: str) -> None:
    rpcs, _ = calls(path)
    on_line = rpcs["end_s"] - rpcs["done_s"] - rpcs["front_end_down_s"] - rpcs["stall_down_s"]
    up_line = rpcs["arrived_s"] - rpcs["start_s"] - rpcs["front_end_up_s"] - rpcs["stall_up_s"]
    at_server = rpcs["done_s"] - rpcs["arrived_s"]
    explained = rpcs["queue_s"] + rpcs["cpu_s"] + rpcs["disk_s"]
    parked = rpcs["kind"].astype(str) == "async_wait"
    assert len(rpcs) > 200
    assert np.allclose(at_server[~parked], explained[~parked], rtol=0, atol=ROUNDING_S)
    assert (at_server[parked] >= explained[parked] - ROUNDING_S).all()
    assert (rpcs["cpu_s"] > 0).all()
    assert (rpcs["disk_s"] > 0).any()
    assert on_line.min() > 0
    assert up_line.min() > 0
    at_front_end = rpcs["front_end_up_s"] + rpcs["front_end_down_s"]
    assert (at_front_end > 0).all() if path == "https" else (at_front_end == 0).all()


def test_calls_name_the_operation_that_waits_for_them() -> None:
    rpcs, operations = calls("tcp")
    done = operations[operations["outcome"].astype(str) == "done"]
    counted = rpcs["operation"].value_counts().reindex(done["operation"], fill_value=0)
    assert (counted.to_numpy() == done["rpcs"].to_numpy()).all()
    assert (rpcs["operation"] == 0).any()
    assert len(done) > 20
