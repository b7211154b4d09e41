"""Everything that a scenario simulates, in words and tables, every number with its source."""

from __future__ import annotations

from collections.abc import Iterator

from anywhere_sim.scenario import Scenario, sites
from anywhere_sim.scenario.clock_time import format_time
from anywhere_sim.scenario.place_kinds import KINDS
from anywhere_sim.scenario.server_profiles import PROFILES
from anywhere_sim.scenario.sourced import Sourced
from anywhere_sim.scenario.spec import Spec


def describe(scenario: Scenario) -> str:
    """Return the description as text."""
    return "\n".join([*_head(scenario), *_body(scenario)])


def _head(scenario: Scenario) -> Iterator[str]:
    yield scenario.why
    yield f"From {format_time(scenario.start)} to {format_time(scenario.end)}, {scenario.beginning} beginning."
    for site in sites(scenario):
        people = sum(scenario.groups[name].mailboxes for name in site.groups)
        yield f"Site {site.name}: {people} mailboxes in {', '.join(site.groups)}; servers {', '.join(site.servers)}."


def _body(scenario: Scenario) -> Iterator[str]:
    for name, server in scenario.servers.items():
        yield from _table(f"server {name}", server, {key: value.origin for key, value in PROFILES[server.profile].numbers.items()})
    for name, place in scenario.places.items():
        yield from _table(f"place {name}", place, {key: value.origin for key, value in KINDS[place.kind].items()})
    for name, group in scenario.groups.items():
        yield from _table(f"group {name}", group, {})
        yield from _table(f"group {name}: policy", group.policy, {})
        yield from _table(f"group {name}: habits per day", group.habits, {})
    for name in sorted({group.community for group in scenario.groups.values()}):
        yield from _table(f"community {name}", scenario.community(name), {})
    for event in scenario.events:
        target = event.server or event.place or event.group
        yield f"At {format_time(event.at)}: {event.do} of {target}" + (f" for {event.for_s:g} s" if event.for_s else "")


def _table(title: str, spec: Spec, origins: dict[str, Sourced]) -> Iterator[str]:
    yield f"\n{title}"
    for name, field in type(spec).model_fields.items():
        value = getattr(spec, name)
        if isinstance(value, Spec):
            continue
        given = name in spec.model_fields_set and name not in origins
        origin = next((item for item in field.metadata if isinstance(item, Sourced)), origins.get(name))
        source = "given in the scenario" if given or origin is None else f"{origin.mark}: {origin.source}"
        yield f"  {name:24s} {_short(value):28s} {source}"


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= 28 else text[:25] + "..."
