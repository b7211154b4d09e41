"""Modes, admission policies and processes of one's own: what they do, and what is refused."""

from __future__ import annotations

from collections.abc import Iterator
from math import inf
from typing import Any

import pytest

import anywhere_sim as aw
from anywhere_sim.rpc.call import Rpc
from tests.statements.pairs import small

NOWHERE: dict[str, Any] = {"places__here__port_135": "drop", "places__here__web": "none"}


class Gentle(aw.Cached):
    name = "gentle"


class Half(aw.Admission):
    """Holds up each call of a mailbox for half a second."""

    def wait_s(self, call: Rpc) -> float:
        return 0.5 if call.mailbox else 0.0


class Refusing(aw.Admission):
    def wait_s(self, call: Rpc) -> float:
        return inf if call.mailbox else 0.0

    def accepts(self, channels: int) -> bool:
        return False


class Wrong(aw.Admission):
    def wait_s(self, call: Rpc) -> float:
        return -1.0


class Silent(aw.Cached):
    name = "silent"

    def perform(self, action: aw.Action) -> Iterator[Any]:
        yield from ()


def backup(environment: Any, site: aw.SiteView) -> Iterator[Any]:
    """Read and compute for a while, and again while the server is away."""
    (store,) = site.stores.values()
    yield environment.timeout(60.0)
    busy_s = store.cpu_busy_s
    assert (yield store.read(100, 1_000_000)) is True
    assert (yield store.compute(12_000.0)) is True
    assert (yield store.write(7)) is True
    assert store.cpu_busy_s > busy_s + 1.0
    site.disrupt("crash", server=store.name, for_s=60)
    assert not store.is_running
    assert (yield store.compute(1.0)) is False
    yield environment.timeout(90.0)
    cut_off = store.read(10_000)
    site.disrupt("shutdown", server=store.name, for_s=10)
    assert (yield cut_off) is False


def test_a_mode_an_admission_and_a_process_are_handed_in() -> None:
    rules = aw.Rules(modes={"gentle": Gentle}, admissions={"half": Half}, processes=[backup])
    own = {"groups__people__mode": "gentle", "servers__mbx1__admission": "half"}
    run = aw.simulate(small(end="08:20", record_rpcs=True, **own), 1, rules=rules)
    assert run.audit().ok, str(run.audit())
    assert run.manifest["modes"] == ["gentle"]
    assert set(run.states["mode"].astype(str)) == {"gentle"}
    assert run.rpcs["queue_s"].min() >= 0.5
    plain = aw.simulate(small(end="08:20"), 1)
    more = (
        run.servers[["disk_writes", "disk_reads"]].max()
        - plain.servers[["disk_writes", "disk_reads"]].max()
    )
    assert more["disk_reads"] > 90
    assert run.manifest["digest"] != plain.manifest["digest"]
    assert plain.manifest["digest"] == small(end="08:20").digest()


def test_an_admission_refuses_calls_and_new_requests() -> None:
    rules = aw.Rules(admissions={"refusing": Refusing})
    refusing = {"servers__mbx1__admission": "refusing", "groups__people__mode": "online"}
    run = aw.simulate(small(end="08:20", **refusing), 1, rules=rules)
    assert run.audit().ok, str(run.audit())
    assert run.servers["rejected"].max() > 10
    assert set(run.operations["outcome"].astype(str)) <= {"failed", "cancelled", "unfinished"}
    run = aw.simulate(small(end="08:20", servers__fe1__admission="refusing"), 1, rules=rules)
    assert run.audit().ok, str(run.audit())
    assert set(run.attempts["failed_stage"].astype(str)) == {"resolve", "conn"}


@pytest.mark.parametrize(
    ("changes", "rules", "said"),
    [
        (
            {"groups__people__mode": "gentel"},
            {"modes": {"gentle": Gentle}},
            "groups.people.mode = 'gentel': unknown mode; did you mean 'gentle'?",
        ),
        (
            {"groups__people__mode": "gentle", "groups__people__client": "outlook2002"},
            {"modes": {"gentle": Gentle}},
            "groups.people.mode = 'gentle' is a cached mode, and outlook2002 has none",
        ),
        (
            {"servers__mbx1__admission": "hlaf"},
            {"admissions": {"half": Half}},
            "servers.mbx1.admission = 'hlaf': unknown policy; did you mean 'half'?",
        ),
        (
            {"servers__mbx1__admission": "wrong"},
            {"admissions": {"wrong": Wrong}},
            "servers.mbx1.admission = 'wrong': Wrong.wait_s returned -1.0; it has to return sec",
        ),
        (
            {"groups__people__mode": "silent"},
            {"modes": {"silent": Silent}},
            "mode 'silent': Silent.perform returned None for an action of kind ",
        ),
        (
            {"groups__people__policy": {"backoff": "mine"}, **NOWHERE},
            {"backoffs": {"mine": lambda failures, policy, draws: -3.0}},
            "Rules: backoffs['mine'] returned -3.0 after 1 failed rounds; it has to return seconds",
        ),
        (
            {"groups__people__policy": {"speed_rule": "mine"}},
            {"speed_rules": {"mine": lambda access_path, policy: "fast"}},
            "Rules: speed_rules['mine'] returned 'fast' at a place of kind 'cable'; it has to",
        ),
        (
            {},
            {"path_order": lambda speed, policy, version: ("tcp", "udp")},
            "Rules: path_order returned ('tcp', 'udp') on a fast link; it has to return a tuple of",
        ),
        (
            {},
            {"processes": [lambda environment, site: 3]},
            "Rules: processes[0] returned 3 for site 'fe1'; it has to return a generator",
        ),
    ],
)
def test_what_makes_no_sense_is_named(
    changes: dict[str, Any], rules: dict[str, Any], said: str
) -> None:
    with pytest.raises(aw.ScenarioError) as refused:
        aw.simulate(small(end="08:20", **changes), 1, rules=aw.Rules(**rules))
    assert str(refused.value).startswith(said)


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        ({"modes": {"mine": Gentle}}, "Gentle.name is 'gentle'"),
        ({"modes": {"cached": Gentle}}, "'cached' ships"),
        ({"modes": {"gentle": Half}}, "give a subclass of anywhere_sim.Mode"),
        ({"admissions": {"half": aw.Admission}}, "it lacks wait_s"),
        ({"processes": backup}, "give a list of functions"),
    ],
)
def test_what_breaks_a_contract_is_refused_at_once(rules: dict[str, Any], said: str) -> None:
    with pytest.raises(TypeError, match=said):
        aw.Rules(**rules)


def misspelt(environment: Any, site: aw.SiteView) -> Iterator[Any]:
    yield environment.timeout(1.0)
    site.disrupt("crash", server="mbx2", for_s=60)


def test_a_process_that_names_what_is_not_there_is_answered() -> None:
    with pytest.raises(aw.ScenarioError, match="unknown server 'mbx2'; did you mean 'mbx1'"):
        aw.simulate(small(end="08:20"), 1, rules=aw.Rules(processes=[misspelt]))
