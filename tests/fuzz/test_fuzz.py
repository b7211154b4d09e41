"""The short form of `make fuzz`."""

from __future__ import annotations

import pytest

from tests.fuzz.__main__ import main


def test_a_few_hostile_inputs(capsys: pytest.CaptureFixture[str]) -> None:
    """None is a fault: each is accepted, or refused by one sentence, and what is accepted runs."""
    short = ["--inputs", "300", "--recordings", "300", "--runs", "6", "--seed", "3"]
    assert main(short) == 0, capsys.readouterr().err
