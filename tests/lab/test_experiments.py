"""The small experiments of the lessons: they measure what they say."""

from __future__ import annotations

import pandas as pd
import pytest

from anywhere_sim.analysis.queueing_theory import Mmc
from anywhere_sim.lab import (
    behind_an_upload_s,
    calls_of,
    calls_of_sync,
    calls_per_person,
    cell_means,
    follow_action,
    follow_message,
    in_reach,
    scenes,
    simulated_sharing_s,
    threshold_curve,
    users_per_front_end,
    waits_from_empty_s,
)
from anywhere_sim.lab.controls import SPEED, limits
from anywhere_sim.simulation.simulate import simulate


def test_a_shared_server_is_insensitive_to_the_law_of_sizes() -> None:
    """M/G/1-PS at 50 %: twice the own time; 60,000 jobs know the mean to about 1 % for mild laws, 3
    % for the heavy one.
    """
    assert simulated_sharing_s(0.5, 1.0, "constant", jobs=60_000) == pytest.approx(2.0, rel=0.03)
    assert simulated_sharing_s(0.5, 1.0, "heavy", jobs=60_000) == pytest.approx(2.0, rel=0.1)


def test_an_empty_queue_is_too_kind_at_first() -> None:
    waits_s = waits_from_empty_s(0.8, 1000, runs=200)
    assert waits_s[0] == 0.0
    assert waits_s[:20].mean() < 0.6 * Mmc(0.8, 1.0).wait_s
    assert waits_s[500:].mean() == pytest.approx(Mmc(0.8, 1.0).wait_s, rel=0.1)


def test_the_fleet_decides_the_threshold() -> None:
    dial_up = threshold_curve(
        {"GPRS, port 135 dropped": 5, "dial-up into the company": 95}, (32, 128)
    )["whole fleet"]
    gprs = threshold_curve(
        {"GPRS, port 135 dropped": 95, "dial-up into the company": 5}, (32, 128)
    )["whole fleet"]
    assert dial_up.idxmin() == 32
    assert gprs.idxmin() == 128


def test_the_published_walls() -> None:
    table = users_per_front_end(channels_per_user=10)
    assert table.loc["iis6", "by request queue"] == 400
    assert table.loc["iis6-sp1", "by request queue"] == 100


def test_one_message_and_one_change_in_three_modes() -> None:
    """The dead half hour from 08:30: online nothing can be done, cached goes up when the network is
    back, the offline file in the office.
    """
    runs = {
        mode: simulate(scenes.working_day("on the road", mode), seed=7)
        for mode in ("online", "cached", "offline_ost")
    }
    way = follow_message(runs, "people/1", after_s=8.6 * 3600)
    assert way["delivered_s"].nunique() == 1
    assert (
        way.loc["cached", "reached_s"]
        < 9.1 * 3600
        < 13.4 * 3600
        < way.loc["offline_ost", "reached_s"]
    )
    change = follow_action(runs, "people/1", "calendar", after_s=8.6 * 3600)
    assert change["done_s"].nunique() == 1
    assert list(change["outcome"]) == ["failed", "done", "done"]
    assert change["on_server_s"].isna().tolist() == [True, False, False]
    assert change.loc["cached", "on_server_s"] < change.loc["offline_ost", "on_server_s"]
    with pytest.raises(ValueError, match="no message to 'people/1' was delivered after 24:00"):
        follow_message(runs, "people/1", after_s=24 * 3600)
    with pytest.raises(ValueError, match="online: no action 'nap' of 'people/1'"):
        follow_action(runs, "people/1", "nap", after_s=0.0)


def test_cells_have_one_column_each() -> None:
    columns = pd.MultiIndex.from_tuples(
        [("cached", "tcp_first", "mean"), ("cached", "tcp_first", "±")]
    )
    index = pd.MultiIndex.from_tuples([("RPC calls", "1/s"), ("connections at peak", "")])
    table = cell_means(
        pd.DataFrame([[0.6886, 0.0412], [79.6, 1.11]], index, columns),
        ["RPC calls", "connections at peak"],
    )
    assert table["cached, TCP first"].to_dict() == {
        "RPC calls, 1/s": "0.689 ± 0.041",
        "connections at peak": "79.6 ± 1.1",
    }


def test_slow_servers_bring_their_limits_near() -> None:
    """Six disks of 8 ms make 750 reads per second, a twentieth as fast 37.5; the request queue is
    the same.
    """
    full, slow = (
        limits(scenes.morning(50, 50, 50, https_first=False, front_end="iis6-sp1", speed=speed))
        for speed in (1.0, SPEED)
    )
    assert (full["mailbox disk_reads_per_s"], slow["mailbox disk_reads_per_s"]) == (
        750.0,
        pytest.approx(37.5),
    )
    assert full["front_end http_sessions"] == slow["front_end http_sessions"] == 1000.0


def test_what_calls_are_made_of() -> None:
    """Somebody reads: message, properties and body, one after the other. A copy fetches what came
    in two calls, of which the first carries the state.
    """
    made = scenes.morning(24, cached_percent=50, away_percent=0, https_first=False)
    run = simulate(made.with_(record_rpcs=True), seed=7)
    reader = run.operations.query("kind == 'read' and rpcs > 0")["mailbox"].iloc[0]
    assert calls_of(run, reader, "read").index.tolist()[:3] == [
        "open_item", "read_properties", "read_body",
    ]  # fmt: skip
    owner = run.syncs.query("direction == 'down' and items > 0")["mailbox"].iloc[0]
    sync = calls_of_sync(run, owner)
    assert sync.index.tolist() == ["sync_configure", "sync_buffer"]
    assert sync["operations"].iloc[0] > 10
    hourly = calls_per_person(run)
    assert hourly.loc["cached_office", "calls"] < hourly.loc["online_office", "calls"]
    assert hourly.loc["cached_office", "operations"] > hourly.loc["online_office", "operations"]
    with pytest.raises(ValueError, match="times with the server's help, not 99"):
        calls_of(run, reader, "read", 99)
    assert in_reach(run.states, 36_000.0, 37_200.0) == 1.0


def test_a_window_stands_in_the_queue() -> None:
    """16 kB and 64 kB at 256 kbit/s are 0.5 s and 2 s; what the line itself holds is off."""
    assert behind_an_upload_s(256, 16) == pytest.approx(0.5 - 0.06, abs=0.02)
    assert behind_an_upload_s(256, 64) == pytest.approx(2.0 - 0.06, abs=0.02)
    assert behind_an_upload_s(10_000, 16) < 0.001
