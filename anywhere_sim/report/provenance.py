"""How the results of a study were produced, from the manifests of its runs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from anywhere_sim.analysis.labels import label
from anywhere_sim.experiments import Results
from anywhere_sim.scenario.quantities import format_time


def provenance(results: Results, folder: Path) -> dict[str, str]:
    """Return what it takes to reproduce the results of a study in `folder`, by name.

    Scenario, design, seed; from the manifests, if there are any: the number of RPCs, the audits,
    the versions.
    """
    plan, base = results.plan, results.plan.base()
    people = sum(group.mailboxes for group in base.groups.values())
    hours = " to ".join(format_time(time_s, seconds=False) for time_s in (base.start, base.end))
    paths = sorted(folder.glob("traces/*/*/manifest.json"))
    manifests = [json.loads(path.read_text(encoding="utf-8")) for path in paths]
    factors = {name: ", ".join(map(label, levels)) for name, levels in plan.factors.items()}
    return {
        "scenario": f"{plan.scenario}, {people:,} mailboxes, {hours}",
        "factors": "; ".join(f"{name}: {levels}" for name, levels in factors.items()),
        "reference cells": ", ".join(map(label, plan.reference_cells)) or "none",
        "runs": f"{len(plan.cells())} cells × {plan.replications} replications, seed {plan.seed}",
        **_of_manifests(manifests),
    }


def _of_manifests(manifests: list[Mapping[str, Any]]) -> dict[str, str]:
    if not manifests:
        return {}
    rpcs = sum(int(manifest["rpcs"]) for manifest in manifests)
    passed = sum(bool(manifest["audit"]["ok"]) for manifest in manifests)
    versions = manifests[0]["versions"].items()
    digests = len({manifest["digest"] for manifest in manifests})
    return {
        "simulated": f"{rpcs:,} RPCs",
        "audit": f"conservation checks pass in {passed} of {len(manifests)} runs",
        "versions": ", ".join(f"{name} {number}" for name, number in versions),
        "scenario digests": f"{digests}, one per cell, in the manifest of each run",
    }
