"""How the results of a study were made, from the manifests of its runs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from anywhere_sim.experiments import Results
from anywhere_sim.scenario.quantities import format_time


def making(results: Results, folder: Path) -> dict[str, str]:
    """Return what it takes to make them again, by name: scenario, size, seed, versions, and what the books of the runs say."""
    plan, base = results.plan, results.plan.base()
    people = sum(group.mailboxes for group in base.groups.values())
    manifests = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("traces/*/*/manifest.json"))]
    return {
        "scenario": f"{plan.scenario}, {people:,} mailboxes, {format_time(base.start)[:5]} to {format_time(base.end)[:5]}",
        "varied": "; ".join(f"{name}: {', '.join(levels)}" for name, levels in plan.factors.items()),
        "beside them": ", ".join(plan.reference_cells) or "nothing",
        "runs": f"{len(plan.cells())} cells x {plan.replications} replications, seed {plan.seed}",
        **_made(manifests),
    }


def _made(manifests: list[Mapping[str, Any]]) -> dict[str, str]:
    """Return what the manifests say together; nothing when there are none."""
    if not manifests:
        return {}
    rpcs, events = (sum(int(manifest[name]) for manifest in manifests) for name in ("rpcs", "events_total"))
    balanced = sum(bool(manifest["audit"]["ok"]) for manifest in manifests)
    versions = ", ".join(f"{name} {number}" for name, number in manifests[0]["versions"].items())
    digests = len({manifest["digest"] for manifest in manifests})
    return {
        "simulated": f"{rpcs:,} RPCs, {events:,} events",
        "audit": f"the books of {balanced} of {len(manifests)} runs balance: nothing is lost",
        "versions": versions,
        "scenario digests": f"{digests}, one per cell, in the manifest of each run",
    }
