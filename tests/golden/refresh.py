"""Rewrite golden.json; a changed result is then a reviewed difference."""

from __future__ import annotations

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from anywhere_sim.scenario.shipped import scenario_names
from tests.golden.fingerprints import FILE, fingerprint

FILE.write_text(
    json.dumps({name: fingerprint(name) for name in scenario_names()}, indent=1, sort_keys=True)
    + "\n",
    encoding="utf-8",
)
