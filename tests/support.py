"""The entrance through which tests simulate: without the mechanism that `--ablate` names."""

from __future__ import annotations

from typing import Any

import anywhere_sim as aw
from anywhere_sim.des.environment import Environment
from anywhere_sim.des.random_streams import Streams
from anywhere_sim.network.access_path import AccessPath
from anywhere_sim.network.link import Link
from anywhere_sim.network.tcp_exchange import TcpExchange
from anywhere_sim.network.tcp_model import Stack
from anywhere_sim.scenario.place import Place
from tests.mechanisms.ablation import chosen

QUIET = {"online_background_per_hour": 0.0, "cached_background_per_hour": 0.0, "free_busy_calls": 0}
"""Requests of a client that asks for nothing by itself."""


def rules(given: aw.Rules | None = None) -> aw.Rules:
    """Return the rules (the shipped ones, unless given) as the chosen ablation leaves them.

    A test that builds an object by itself takes its class from here:
    `rules().network.tcp_model(stack)`.
    """
    return chosen().rules(given or aw.Rules())


def build(content: dict[str, Any]) -> aw.Scenario:
    """Return what `anywhere_sim.Scenario.build` does under the chosen ablation."""
    return chosen().scenario_class.build(content)


def simulate(scenario: aw.Scenario, seed: int = 0, replication: int = 0, **options: Any) -> aw.Run:
    """Return what `anywhere_sim.simulate` does under the chosen ablation."""
    given = rules(options.pop("rules", None))
    return aw.simulate(chosen().scenario(scenario), seed, replication, rules=given, **options)


def over(access_path: AccessPath) -> TcpExchange:
    """Return the steps before an RPC connection over an access path."""
    parts = rules().network
    return parts.tcp_exchange(access_path, parts)


def line(env: Environment, place: Place, stack: Stack, links: tuple[Link, Link]) -> AccessPath:
    """Return the access path of one client alone over two links (up, down)."""
    parts = rules().network
    packets = parts.segmentation(parts.tcp_model(stack), place.tunnel_bytes)
    draws = Streams(1, 0).stream("line")
    return parts.access_path(env, "line", "line", place, packets, links, draws)
