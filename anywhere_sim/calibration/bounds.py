"""What a scenario can hold of what logs show: numbers within bounds, shares of one whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from anywhere_sim.calibration.estimate import Estimate, kept
from anywhere_sim.calibration.written import Row
from anywhere_sim.scenario.activity import Activity
from anywhere_sim.scenario.community import MAX_REPLIES, Community
from anywhere_sim.scenario.group import Group
from anywhere_sim.scenario.quantities import complaint
from anywhere_sim.scenario.requests import Requests
from anywhere_sim.scenario.server import Server
from anywhere_sim.scenario.spec import Spec

SPECS: dict[str, type[Spec]] = {
    "communities": Community, "groups": Group, "servers": Server, "activity": Activity,
    "requests": Requests,
}  # fmt: skip
MOST_REPLIES = MAX_REPLIES - 0.01
"""Replies per message read from which on mail would never end, less a little."""


def allowed_row(row: Row) -> Row:
    """Return a row with an estimate that its key can hold."""
    spec = next((SPECS[part] for part in row.table[:1:-1] + row.table[:1] if part in SPECS), None)
    return row if spec is None else replace(row, estimate=allowed(row.estimate, spec))


def allowed(estimate: Estimate, spec: type[Spec]) -> Estimate:
    """Return an estimate whose value is at the bound of its key where it was beyond it, and the
    default where it would be taken for one in another unit; the basis says so.
    """
    field, given = spec.model_fields.get(estimate.key), estimate.value
    number = isinstance(given, int | float) and not isinstance(given, bool)
    if field is None or not estimate.measured or not number:
        return estimate
    value = given
    for rule in field.metadata:
        least, most = getattr(rule, "ge", None), getattr(rule, "le", None)
        value = value if least is None else max(value, least)
        value = value if most is None else min(value, most)
    usual = field.default
    if isinstance(usual, int | float) and complaint(estimate.key, value, usual):
        return kept(estimate.key, usual, f"{estimate.basis} give {given:.4g}, which is unlikely")
    if value == given:
        return estimate
    return replace(estimate, value=value, basis=f"{estimate.basis}; {given:.4g} is not allowed")


def possible_shares(found: Sequence[Estimate]) -> list[Estimate]:
    """Return the estimates of an activity with shares that go together.

    Deletes and moves are of all messages, also of those whose reading no log shows: where they are
    more than were read, both are made smaller alike. Replies to almost all would never end.
    """
    fate = ("delete_share", "move_share")
    total = sum(each.value for each in found if each.key in fate)
    return [
        _smaller(each, total) if total > 1.0 and each.key in fate
        else _smaller(each, each.value / MOST_REPLIES)
        if each.key == "reply_share" and each.value > MOST_REPLIES
        else each
        for each in found
    ]  # fmt: skip


def _smaller(each: Estimate, by: float) -> Estimate:
    basis = f"{each.basis}; {each.value:.3g} is more than can be"
    return replace(each, value=each.value / by, low=each.low / by, high=each.high / by, basis=basis)
