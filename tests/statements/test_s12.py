"""S12: slow means below the threshold, 128 kbit/s by default, tested at exactly 128; it can be configured."""

from __future__ import annotations

from tests.statements.pairs import run, small, words


def statement() -> None:
    def speed_class(**changes: object) -> set[str]:
        return set(words(run(small(**changes)).attempts["speed_class"]))

    assert speed_class(places__here__adapter_kbps=127.9) == {"slow"}
    assert speed_class(places__here__adapter_kbps=128.0) == {"fast"}
    assert speed_class(places__here__adapter_kbps=128.0, groups__people__policy={"slow_threshold_kbps": 129.0}) == {"slow"}


def test_statement() -> None:
    statement()
