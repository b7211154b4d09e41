"""Everything that a scenario simulates, in words and tables, every number with its source, and what
of it has no effect.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import cast

from pydantic.fields import FieldInfo

from anywhere_sim.network import link_trace
from anywhere_sim.scenario import Scenario
from anywhere_sim.scenario.catalog import KINDS, PROFILES
from anywhere_sim.scenario.group import Group
from anywhere_sim.scenario.quantities import DAY_S, format_time
from anywhere_sim.scenario.roll_out import Step
from anywhere_sim.scenario.sources import Sourced, Value, documented, with_titles
from anywhere_sim.scenario.spec import Spec
from anywhere_sim.simulation.simulate import simulate

TRIAL_MAILBOXES = 2


def describe(scenario: Scenario) -> str:
    """Return the description as text.

    What has no effect is found by a trial, with two mailboxes of each group at most.
    """
    sizes = {
        f"groups__{name}__mailboxes": min(group.mailboxes, TRIAL_MAILBOXES)
        for name, group in scenario.groups.items()
    }
    unread = simulate(scenario.with_(**sizes)).manifest["without_effect"]
    trial = effect_notes(
        unread, f"a trial with {TRIAL_MAILBOXES} mailboxes of each group", scenario
    )
    return "\n".join([*_head(scenario), *_body(scenario), *(f"\n{note}" for note in trial)])


def effect_notes(
    paths: Iterable[str], where: str, scenario: Scenario | None = None
) -> Iterator[str]:
    """Yield a sentence for each part of a scenario that nothing has read (`without_effect`); of an
    event after the end of that `scenario` with both times.
    """
    for path in paths:
        table, _, number = path.partition(".")
        if scenario and table == "events" and number.isdecimal():
            event = scenario.events[int(number)]
            if event.at >= scenario.end:
                at, end = (format_time(each, seconds=False) for each in (event.at, scenario.end))
                yield f"Note: {path} ({event.do} at {at}) has no effect: the run ends at {end}."
                continue
        yield f"Note: {path} has no effect: nothing in {where} asked for it."


def _head(scenario: Scenario) -> Iterator[str]:
    start, end = format_time(scenario.start), format_time(scenario.end)
    yield scenario.why
    yield f"From {start} to {end}, {scenario.beginning} beginning."
    for site in scenario.sites():
        people = sum(scenario.groups[name].mailboxes for name in site.groups)
        groups, servers = ", ".join(site.groups), ", ".join(site.servers)
        yield f"Site {site.name}: {people} mailboxes in {groups}; servers {servers}."


def _body(scenario: Scenario) -> Iterator[str]:
    for name, server in scenario.servers.items():
        yield from _table(f"server {name}", server, PROFILES[server.profile].numbers)
        if server.relay is not None:
            yield from _table(f"server {name}: relay", server.relay, {})
    for name, place in scenario.places.items():
        yield from _table(f"place {name}", place, KINDS[place.kind])
    for name, group in scenario.groups.items():
        yield from _table(f"group {name}", group, _filled_in(scenario, group))
        yield from _roll_out(scenario, name, group)
        yield from _table(f"group {name}: policy", group.policy, {})
        yield from _table(f"group {name}: habits per day", group.habits, _habits(group))
    for name in sorted({group.community for group in scenario.groups.values()}):
        yield from _table(f"community {name}", scenario.community(name), {})
    for event in scenario.events:
        target = event.server or event.place or event.group
        duration = f" for {event.for_s:g} s" if event.for_s else ""
        yield f"At {format_time(event.at)}: {event.do} of {target}{duration}"
    yield from (f"\n{note}" for note in notes(scenario))


def _roll_out(scenario: Scenario, name: str, group: Group) -> Iterator[str]:
    steps = _steps(scenario, group)
    if group.roll_out is None:
        return
    yield from _table(f"group {name}: roll_out", group.roll_out, {})
    day, time_s = divmod(steps[-1].begin_s, DAY_S)
    yield (
        f"  {len(steps)} steps of at most {group.roll_out.per_day:,} mailboxes; the last begins on "
        f"day {int(day) + 1} at {format_time(time_s, seconds=False)}"
    )


def _steps(scenario: Scenario, group: Group) -> list[Step]:
    plan = group.roll_out
    return list(plan.steps(group.mailboxes, scenario.start)) if plan else []


def _filled_in(scenario: Scenario, group: Group) -> dict[str, Value]:
    """Return what a group leaves to the scenario: servers of a role, the network stack."""
    values = {}
    for role in ("front_end", "directory"):
        names = scenario.servers_of(group, role)
        every = [name for name, server in scenario.servers.items() if server.role == role]
        why = "the only one there is" if len(every) <= 1 else "the first one; a list is a pool"
        values[role] = Value(", ".join(names) or "none", documented(why))
    stack = Value(group.network_stack, documented("the system of this Outlook's time"))
    return values | {"stack": stack}


def _habits(group: Group) -> dict[str, Value]:
    """Return the numbers of a named activity with their origins, {} for a table of its own."""
    if not isinstance(group.activity, str):
        return {}
    return {
        name: Value(getattr(group.habits, name), next(_origins(field)))
        for name, field in type(group.habits).model_fields.items()
    }


def _table(title: str, spec: Spec, table: Mapping[str, Value]) -> Iterator[str]:
    """Yield a line per number of a spec.

    `table` holds what its kind, profile or activity sets; numbers that such a kind does not use
    are left out.
    """
    yield f"\n{title}"
    for name, field in type(spec).model_fields.items():
        value, known = getattr(spec, name), table.get(name)
        declared = next(_origins(field), None)
        unused = not value and table and known is None and declared is None
        if isinstance(value, Spec) or unused:
            continue
        origin = None if name in spec.model_fields_set else declared
        if known is not None and value in (known.value, None):
            value, origin = known.value, known.origin
        source = "given in the scenario"
        if origin is not None:
            source = f"{origin.mark}: {with_titles(origin.source)}"
        yield f"  {name:24s} {_text(name, value):28s} {source}"


def _origins(field: FieldInfo) -> Iterator[Sourced]:
    return (item for item in field.metadata if isinstance(item, Sourced))


def _text(name: str, value: object) -> str:
    if name == "itinerary":
        stays = cast("tuple[tuple[float, str], ...]", value)
        return ", ".join(f"{format_time(at_s, seconds=False)} {place}" for at_s, place in stays)
    if name == "between":
        times_s = cast("tuple[float, float]", value)
        return " to ".join(format_time(time_s, seconds=False) for time_s in times_s)
    if name == "days":
        return ", ".join(cast("tuple[str, ...]", value)) or "the first"
    if name == "day_shape":
        return " ".join(f"{share:g}" for share in cast("tuple[float, ...]", value))
    return f"{value:,g}" if isinstance(value, float) else str(value)


def _recordings(scenario: Scenario) -> Iterator[str]:
    """Yield what is in each recording, and the share of its time in which it counts as slow."""
    places = scenario.visited_places()
    thresholds = sorted({group.policy.slow_threshold_kbps for group in scenario.groups.values()})
    for name in scenario.link_traces(places):
        trace = link_trace.read(scenario.trace_path(name))
        below = " and ".join(
            f"below {kbps:g} kbit/s in {trace.share_below(kbps):.0%}" for kbps in thresholds
        )
        yield (
            f"Recording {name}: {trace.duration_s:,.3g} s, repeated; mean {trace.mean_kbps:,.0f} "
            f"kbit/s, {trace.min_kbps:,.0f} to {trace.max_kbps:,.0f}; {below} of its time."
        )


def notes(scenario: Scenario) -> Iterator[str]:
    """Yield a sentence for each recording, a server that nobody uses or that others use too, RPC
    over HTTPS without a front end, and for days without an itinerary.
    """
    yield from _recordings(scenario)
    for name, server in scenario.servers.items():
        calls, reads = server.other_operations_per_s, server.other_disk_iops
        if calls or reads:
            yield (
                f"Note: processor and disk figures of {name} hold {calls:g} operations and "
                f"{reads:g} reads per second by others than Outlook."
            )
    for name in scenario.unused_servers():
        role = scenario.servers[name].role
        key = "server" if role == "mailbox" else role
        yield (
            f"Note: nobody uses server {name} ({role}): no group names it; "
            + ("" if role == "mailbox" else f"a pool is a list, {key} = [..., {name!r}]; ")
            + f"set `{key}` of a group."
        )
    for name, group in scenario.groups.items():
        last_s, last_place = group.itinerary[-1]
        if scenario.end > DAY_S > last_s and not group.days:
            yield (
                f"Note: the itinerary of group {name} ends on day 1: from {format_time(last_s)} "
                f'on they are at {last_place!r} until the run ends; days = ["mon", ...] repeats it.'
            )
        late = [step for step in _steps(scenario, group) if step.begin_s >= scenario.end]
        copies = bool(late) and group.roll_out is not None and group.roll_out.to == "cached"
        if late:
            forecast = "; when their copies will be complete is forecast" if copies else ""
            yield (
                f"Note: the run ends before {group.mailboxes - late[0].first:,} mailboxes of group "
                f"{name} are rolled out{forecast}."
            )
        if group.policy.use_http and not scenario.servers_of(group, "front_end"):
            yield (
                f"Note: group {name} may use RPC over HTTPS, but there is no front end in its "
                "site: only direct connections are tried."
            )
