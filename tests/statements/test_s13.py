"""S13: both orders are changed by two check boxes."""

from __future__ import annotations

from tests.statements.pairs import first_path, run, small


def statement() -> None:
    fast, slow = {"places__here__adapter_kbps": 1000.0}, {"places__here__adapter_kbps": 64.0}
    for line, box in ((fast, 0x8), (slow, 0x20)):
        orders = [first_path(run(small(**line, groups__people__policy={"roh_flags": flags}))) for flags in (0x3, 0x3 | box | 0x40)]
        assert orders == ["tcp", "https"]


def test_statement() -> None:
    statement()
