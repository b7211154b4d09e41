"""Figures: readable from the last row, titled with the finding, the same colour for the
same thing.
"""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from anywhere_sim import figures
from anywhere_sim.figures.sheet import BODY, COLOURS, TITLE


def _words(figure: Figure) -> list[str]:
    return [
        text.get_text()
        for axis in figure.axes
        for text in [*axis.texts, axis.title, axis.xaxis.label, axis.yaxis.label]
    ]


def test_letters_are_large_and_the_title_stands_left() -> None:
    figure = figures.wait_curve(
        pd.DataFrame(
            {
                "Erlang C": [1.0, 2.0],
                "simulated": [1.1, 2.1],
                "low": [1.0, 1.9],
                "high": [1.2, 2.3],
            },
            [0.5, 0.7],
        )
    )
    axis = figure.axes[0]
    figure.draw_without_rendering()
    assert axis.xaxis.label.get_size() == BODY
    assert min(label.get_size() for label in axis.get_xticklabels()) >= BODY - 1
    assert axis.get_title(loc="left") == "Waiting explodes near full load"
    assert figure.axes[0]._left_title.get_size() == TITLE  # type: ignore[attr-defined]


def test_six_panels_are_placed_by_hand_without_a_warning() -> None:
    columns = [
        "cpu_busy",
        "rpc_packets_per_s",
        "disk_reads_per_s",
        "http_sessions",
        "connections",
    ]
    rows = pd.DataFrame({"role": ["mailbox", "front_end"], "time_s": [15.0, 15.0]}).assign(
        **dict.fromkeys(columns, 0.5)
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        figure = figures.load(rows, {"mailbox cpu_busy": 0.75, "front_end http_sessions": 1000.0})
    assert any(text == "limit 75" for text in _words(figure))
    assert any(text == "under 1 % of its limit, 1,000" for text in _words(figure))


def test_a_gap_of_a_recording_counts_as_below_the_threshold() -> None:
    figure = figures.recorded([0.0, 60.0, 120.0, 240.0], [0.0, 7.5e6, 7.5e6, 22.5e6])
    assert "for 25 % of the time" in figure.axes[0].get_title(loc="left")


def test_published_figures_that_differ_in_one_setting_share_a_row() -> None:
    lag = [f"mean response online at {ms} ms added lag" for ms in (0, 50)]
    rows = [
        ("predicted", "busiest hour", 0.9),
        ("calibrated", "processor time", 1.0),
        *(("expected to fail", name, 2.0) for name in lag),
    ]
    figure = figures.published(pd.DataFrame(rows, columns=["standing", "what", "ratio"]))
    labels = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert labels == ["mean response online (2 cases)", "processor time", "busiest hour"]
    assert (
        figure.get_suptitle() == "1 of 1 predicted figures are within 15 %; 2 fail, and are shown"
    )


def _day(outcome: str, wait_s: float) -> Figure:
    states = pd.DataFrame(
        {
            "place": ["home", "train"],
            "state": ["connected", "disconnected"],
            "start_s": [28_800.0, 32_400.0],
            "end_s": [32_400.0, 36_000.0],
        }
    )
    syncs = pd.DataFrame({"direction": [], "end_s": [], "bytes": []})
    done = pd.DataFrame(
        {"start_s": [30_000.0], "wait_s": [wait_s], "outcome": [outcome], "served_by": ["server"]}
    )
    return figures.day(states, syncs, done)


def test_a_day_says_what_was_waited_for_and_what_failed() -> None:
    assert "1 could not be done" in _day("failed", 19.0).get_suptitle()
    assert "longest wait 19 s at 08:20" in _day("done", 19.0).get_suptitle()
    assert "no copy, so nothing to synchronise" in _words(_day("done", 0.0))


def test_a_mode_has_one_colour() -> None:
    table = pd.DataFrame(
        {"mode": ["online", "online", "cached", "cached"], "age_s": [0.1, 0.2, 30.0, 31.0]}
    )
    table["observed_s"] = table["age_s"]
    lines = figures.ages(table).axes[0].lines
    assert [to_hex(line.get_color()).upper() for line in lines] == [
        COLOURS["cached"],
        COLOURS["online"],
    ]


def test_attempts_say_whether_nobody_answered_or_somebody_refused() -> None:
    row = {"attempt": 1, "service": "mail", "path": "tcp", "start_s": 0.0, "resolved_s": 0.1, "tcp_s": np.nan, "tls_s": np.nan, "auth_s": np.nan,  # noqa: E501
           "end_s": 21.1, "outcome": "failed", "failed_stage": "tcp", "round_trips": 0}  # fmt: skip
    assert any(
        "no answer, 21.1 s" in text for text in _words(figures.attempts(pd.DataFrame([row])))
    )
    assert any(
        "refused, 0.20 s" in text
        for text in _words(figures.attempts(pd.DataFrame([row | {"end_s": 0.2}])))
    )
