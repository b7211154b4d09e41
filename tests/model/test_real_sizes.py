"""Sizes of the model beside independent builders: impacket's PDUs, OpenSSL's handshakes in
memory.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from verification import rpc, rpc_https, sizes


def test_pdus_are_as_long_as_those_of_impacket() -> None:
    table = sizes.pdus()
    assert len(table) == 6
    assert table["model"].tolist() == table["impacket"].tolist()


def test_handshakes_are_as_long_as_those_of_openssl(tmp_path: Path) -> None:
    table = sizes.handshakes(tmp_path)
    assert len(table) == 2 * 3 * 2
    assert table["model"].tolist() == table["OpenSSL"].tolist()


def test_stages_over_https_have_the_round_trips_and_bytes_of_real_servers() -> None:
    """Within 3 %, but for the answer that one server sent in one record more than it did without
    resumption.
    """
    table = rpc_https.by_stage()
    assert table.loc[table["stage"] == "sum", "RTT_model"].tolist() == [5, 7, 6, 9, 8]
    off = table[~table["within_3_percent"]]
    assert set(zip(off["connection"], off["stage"], strict=True)) == {
        ("HTTPS resumed, Basic", "EcDoConnectEx"),
        ("HTTPS resumed, Basic", "sum"),
    }
    assert table.loc[off.index, "up_model"].tolist() == table.loc[off.index, "up_measured"].tolist()


def test_channels_in_series_and_expect_cost_the_round_trips_of_real_clients() -> None:
    table = rpc_https.to_c2().iloc[:3]
    assert (
        table["RTT_model"].astype(int).tolist()
        == [int(measured) for measured in table["RTT_measured"]]
        == [2, 3, 5]
    )


def test_what_is_said_of_a_direct_connection_has_every_stage_and_the_price_of_nagle() -> None:
    """A round trip and a delayed acknowledgement of 40 ms (real_peers 2.1)."""
    off, on = rpc.predict(nodelay=True), rpc.predict(nodelay=False)
    assert list(off.index) == list(on.index) == list(rpc.STAGES)
    assert (off[["up", "down"]] == on[["up", "down"]]).all(axis=None)
    assert on.loc["first call", "seconds"] - off.loc["first call", "seconds"] == pytest.approx(
        rpc.RTT_MS / 1000 + 0.04, abs=0.001
    )
