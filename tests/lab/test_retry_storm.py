"""Clients that come back all at once."""

from __future__ import annotations

from anywhere_sim.lab import retry_storm


def test_all_get_in_when_the_work_fits_into_their_patience() -> None:
    table = retry_storm(45, 1.0, lambda failures: 0.0, until_s=60.0)
    assert table["served, %"].iloc[-1] == 100.0
    assert table["backlog, s"].iloc[-1] == 0.0


def test_asking_again_at_once_keeps_the_overload_alive_and_patience_ends_it() -> None:
    """The same server and clients, 135 s of work for a patience of 45 s; only the wait after a
    failure differs.
    """
    at_once = retry_storm(500, 0.27, lambda failures: 0.0, until_s=900.0)
    patient = retry_storm(500, 0.27, lambda failures: 30.0 * 2 ** (failures - 1), until_s=900.0)
    assert at_once["served, %"].iloc[-1] == 100.0 * 166 / 500
    assert at_once["backlog, s"].iloc[-1] > 600.0
    assert patient["served, %"].iloc[-1] > 99.0
    assert patient["backlog, s"].iloc[-1] == 0.0
