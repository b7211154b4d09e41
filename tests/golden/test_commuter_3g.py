"""The recording that ships can be written again."""

from __future__ import annotations

from tests.golden.commuter_3g import PATH, text


def test_the_recording_that_ships_is_what_is_written() -> None:
    assert text() == PATH.read_text(encoding="ascii")
