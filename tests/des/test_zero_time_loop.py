"""A loop of events at one instant is found and named; any finite number of them is let through."""

from __future__ import annotations

import pickle

import pytest

from anywhere_sim.cli import one_sentence
from anywhere_sim.des.environment import MAX_EVENTS_AT_ONE_INSTANT, Environment, ZeroTimeLoopError

START_S = 9 * 3600.0 + 61.5
SENTENCE = (
    f"simulated time stands still at 09:01:01.500: {MAX_EVENTS_AT_ONE_INSTANT:,} events in a row "
    "at 32461.5 s; "
)


def _looping_clock() -> Environment:
    """Return a clock on which a call that happens at START_S calls itself at once."""
    env = Environment()

    def again(_: None) -> None:
        env.schedule_call(None, env.now, again)

    env.schedule_call(None, START_S, again)
    return env


def test_events_without_end_at_one_instant_raise_an_error_that_says_when_and_what_to_try() -> None:
    with pytest.raises(ZeroTimeLoopError) as raised:
        _looping_clock().run(until=2 * START_S)
    assert str(raised.value).startswith(SENTENCE)
    assert "try a back-off that waits (backoff = 'fixed')" in str(raised.value)
    assert "\n" not in str(raised.value)
    again = pickle.loads(pickle.dumps(raised.value))  # it comes out of worker processes
    assert (type(again), str(again)) == (ZeroTimeLoopError, str(raised.value))


def test_the_command_line_says_it_in_one_sentence_and_exits_with_2(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit) as ended, one_sentence():
        _looping_clock().run(until=2 * START_S)
    assert ended.value.code == 2
    printed = capsys.readouterr().err
    assert printed.startswith(f"anywhere-sim: {SENTENCE}")
    assert printed.count("\n") == 1


def test_many_events_at_one_instant_and_many_more_later_are_no_loop() -> None:
    env = Environment()
    left = [MAX_EVENTS_AT_ONE_INSTANT - 10, MAX_EVENTS_AT_ONE_INSTANT - 10]

    def again(turn: int) -> None:
        left[turn] -= 1
        if left[turn]:
            env.schedule_call(turn, env.now, again)

    env.schedule_call(0, 1.0, again)
    env.schedule_call(1, 2.0, again)
    env.run()
    assert env.now == 2.0
    assert left == [0, 0]
