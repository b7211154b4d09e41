"""What a front end's processor does: operations, bytes in TLS, handshakes, logons."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

import anywhere_sim as aw
from anywhere_sim.exchange.front_end import OPERATIONS_PER_USER_S
from anywhere_sim.validation.calibration import measured_users, mhz_per_user
from tests.statements.pairs import run, small, words

MHZ = 2000.0
PEOPLE = 6


def https(auth: str = "basic", resume: bool = True, **front_end: Any) -> aw.Scenario:
    """Return a morning over HTTPS, begun with Outlook closed; keys of the front end are given."""
    keys = {"profile": "iis7.5-r2", "role": "front_end", "mhz": MHZ} | front_end
    policy = {"roh_flags": 0x29, "http_auth": auth, "tls_resume": resume}
    return small(
        beginning="cold",
        servers__fe1=keys,
        groups__people__mailboxes=PEOPLE,
        groups__people__policy=policy,
    )


def mcycles(made: aw.Run, server: str = "fe1") -> float:
    """Return what a server's processor had done at the end of the run."""
    rows = made.servers[made.servers["server"] == server]
    return float(rows["cpu_busy_s"].iloc[-1]) * MHZ


def test_measured_users_cost_the_front_end_what_was_measured() -> None:
    """All terms together are c(n) = first + slope n MHz per user; red when the rates of the
    measured user must be computed anew (validation/calibration.py).
    """
    users, first, slope = 40, 0.586, 0.009
    made = run(measured_users(users, user_mhz_first=first, user_mhz_slope=slope), seed=4)
    assert mhz_per_user(made, users, MHZ) == pytest.approx(first + slope * users, rel=0.1)


def test_what_tls_costs_is_not_paid_twice() -> None:
    """With a dearer cipher c(n) stays what was measured: operations cost less."""
    cheap, dear = (
        mhz_per_user(run(measured_users(10, tls_cycles_per_byte=cycles), seed=4), 10, MHZ)
        for cycles in (22.0, 1000.0)
    )
    assert dear == pytest.approx(cheap, rel=0.1)


def test_a_byte_in_tls_costs_cycles() -> None:
    """The same morning in the clear and in TLS, at 500 cycles a byte: the difference is that of the
    bytes on the wire, but for headers of packets and what the measured user's bytes take off.
    """
    free = {"tls_full_mcycles": 0.0, "tls_resumed_mcycles": 0.0, "user_mhz_slope": 0.0}
    clear = run(https(plain_http=True, tls_cycles_per_byte=500.0, **free))
    in_tls = run(https(tls_cycles_per_byte=500.0, **free))
    tables = (in_tls.connections, in_tls.attempts)
    sent = sum(float(table[["bytes_up", "bytes_down"]].sum().sum()) for table in tables)
    wire = sent * 500e-6
    assert 0.6 * wire < mcycles(in_tls) - mcycles(clear) < wire


def test_a_call_costs_the_front_end_by_the_operations_it_carries() -> None:
    """Where nothing else costs anything, its work over that of one operation is their number."""
    free = {"tls_full_mcycles": 0.0, "tls_resumed_mcycles": 0.0, "tls_cycles_per_byte": 0.0}
    keys = free | {"logon_mcycles": 0.0, "user_mhz_first": 1.0, "user_mhz_slope": 0.0}
    made = run(https(**keys).with_(record_rpcs=True))
    operations = mcycles(made) * OPERATIONS_PER_USER_S
    calls = made.rpcs[made.rpcs["connection"].isin(over_https(made))]
    carried = float(calls["rops"].clip(lower=1).sum())
    assert carried > 2 * len(calls)
    setting_up = 5 * len(made.attempts)
    assert carried <= operations <= carried + setting_up


def over_https(made: aw.Run) -> pd.Series:
    """Return the numbers of the connections through a front end."""
    return made.connections.loc[made.connections["path"] == "https", "connection"]


def test_a_full_handshake_costs_more_than_a_resumed_one() -> None:
    made = {resume: run(https(resume=resume, tls_full_mcycles=52.0)) for resume in (True, False)}
    kinds = {resume: words(each.attempts["tls"]) for resume, each in made.items()}
    more = 2 * (kinds[False].count("full") - kinds[True].count("full"))
    assert more > 20
    expected = pytest.approx(more * (52.0 - 0.32), rel=0.1)
    assert mcycles(made[False]) - mcycles(made[True]) == expected


def test_ntlm_is_a_logon_on_each_channel_and_basic_one_per_user() -> None:
    """At 50 Mcycles a logon: NTLM asks the domain controller for each of two channels of each
    attempt, Basic once, for its token is kept.
    """
    scenarios = (https(auth, logon_mcycles=50.0) for auth in ("ntlm", "basic"))
    ntlm, basic = (
        run(each.with_(end="08:22", servers__gc1={"role": "directory", "logon_mcycles": 10.0}))
        for each in scenarios
    )
    assert len(ntlm.attempts) == len(basic.attempts)
    logons = 2 * len(ntlm.attempts) - PEOPLE
    assert mcycles(ntlm) - mcycles(basic) == pytest.approx(logons * 50.0, rel=0.05)
    controller = mcycles(ntlm, "gc1") - mcycles(basic, "gc1")
    assert controller == pytest.approx(logons * 10.0, rel=0.05)
