"""The sites of a scenario: parts that share nothing, each of which can be simulated on its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from anywhere_sim.scenario.group import CLOSED, Group
from anywhere_sim.scenario.spec import ROLES

if TYPE_CHECKING:
    from anywhere_sim.scenario.scenario import Scenario


@dataclass(frozen=True, slots=True)
class Site:
    """A part of a scenario whose groups share servers or links among themselves only."""

    name: str
    groups: tuple[str, ...]
    servers: tuple[str, ...]


def sites(scenario: Scenario) -> tuple[Site, ...]:
    """Return the sites, sorted by name.

    A site is named by its first server in alphabetical order.
    """
    parts: list[tuple[set[str], set[str]]] = []
    for name, group in scenario.groups.items():
        resources = _resources(scenario, group)
        touching = [part for part in parts if part[1] & resources]
        parts = [part for part in parts if part not in touching]
        parts.append(
            ({name}.union(*(p[0] for p in touching)), resources.union(*(p[1] for p in touching)))
        )
    return tuple(
        sorted(
            (_site(scenario, groups, resources) for groups, resources in parts),
            key=lambda site: site.name,
        )
    )


def _resources(scenario: Scenario, group: Group) -> set[str]:
    """Return what a group shares with others.

    Servers, communities (mail joins them) and shared links.
    """
    servers = {name for role in ROLES for name in scenario.servers_of(group, role)}
    links = {
        place
        for _, place in group.itinerary
        if place not in CLOSED and scenario.places[place].shared
    }
    return (
        {f"server:{name}" for name in servers}
        | {f"link:{name}" for name in links}
        | {f"community:{group.community}"}
    )


def _site(scenario: Scenario, groups: set[str], resources: set[str]) -> Site:
    servers = tuple(
        sorted(name.removeprefix("server:") for name in resources if name.startswith("server:"))
    )
    ordered = tuple(name for name in scenario.groups if name in groups)
    return Site(servers[0], ordered, servers)
