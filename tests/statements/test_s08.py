"""S8: HTTPS is the secured default; plain HTTP only where "SSL only" is off and the server allows it."""

from __future__ import annotations

from tests.statements.pairs import paths, run, small, words


def statement() -> None:
    plain = {"servers__fe1__plain_http": True}
    secured = run(small(**plain, groups__people__policy={"roh_flags": 0x23}))
    unsecured = run(small(**plain, groups__people__policy={"roh_flags": 0x21}))
    over_web = secured.attempts[secured.attempts["path"].astype(str) == "https"]
    assert "none" not in words(over_web["tls"])
    assert set(words(unsecured.attempts["tls"])) == {"none"}
    assert paths(secured) == paths(unsecured) == {"https"}


def test_statement() -> None:
    statement()
