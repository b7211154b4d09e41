"""Fingerprints of every shipped scenario: of its events and of its written tables."""

from __future__ import annotations

import hashlib
import json
import tempfile
from pathlib import Path

import anywhere_sim as aw

FILE = Path(__file__).with_name("golden.json")
SEED = 7


def fingerprint(name: str) -> dict[str, object]:
    """Return counts and hashes of one scenario's run."""
    run = aw.simulate(aw.Scenario.load(name), SEED)
    with tempfile.TemporaryDirectory() as folder:
        saved = run.save(Path(folder) / "run")
        hasher = hashlib.blake2b(digest_size=16)
        for path in sorted(saved.glob("*.parquet")):
            hasher.update(path.name.encode() + path.read_bytes())
    return {
        "events_total": run.manifest["events_total"],
        "rpcs": run.manifest["rpcs"],
        "rows": run.manifest["rows"],
        "tables": hasher.hexdigest(),
    }


def known() -> dict[str, dict[str, object]]:
    """Return the fingerprints on file."""
    loaded: dict[str, dict[str, object]] = json.loads(FILE.read_text(encoding="utf-8"))
    return loaded
