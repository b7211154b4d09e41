"""Fingerprints of every shipped scenario: of its events and of the values in its tables."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import pyarrow as pa

import anywhere_sim as aw
from anywhere_sim.traces import TABLES

FILE = Path(__file__).with_name("golden.json")
SEED = 7
LARGE, SMALL = 1000, 10
"""A scenario of more mailboxes is run with so many in each group."""


def fingerprint(name: str) -> dict[str, object]:
    """Return counts and hashes of one scenario's run."""
    run = aw.simulate(_small(aw.Scenario.load(name)), SEED)
    hasher = hashlib.blake2b(digest_size=16)
    for table in sorted(TABLES):
        _add(hasher, table, run.table(table))
    return {
        "events_total": run.manifest["events_total"],
        "rpcs": run.manifest["rpcs"],
        "rows": run.manifest["rows"],
        "tables": hasher.hexdigest(),
    }


def _small(scenario: aw.Scenario) -> aw.Scenario:
    if sum(group.mailboxes for group in scenario.groups.values()) <= LARGE:
        return scenario
    return scenario.with_(**{f"groups__{name}__mailboxes": SMALL for name in scenario.groups})


def _add(hasher: hashlib.blake2b, name: str, table: pa.Table) -> None:
    """Hash what the cells of a table say, whatever its file looks like and its batches are.

    A file's bytes hang on the versions of pyarrow and of the libraries that compress for it.
    """
    for column in ("site", *(column.name for column in TABLES[name].columns)):
        cells = table[column]
        hasher.update(f"{name}.{column} {len(cells)}".encode())
        if pa.types.is_dictionary(cells.type):
            words = cells.unify_dictionaries().combine_chunks()
            hasher.update("\0".join(words.dictionary.to_pylist()).encode())
            hasher.update(words.indices.to_numpy().tobytes())
        else:
            numbers = cells.to_numpy()
            hasher.update(np.where(numbers == numbers, numbers, np.nan).tobytes())


def known() -> dict[str, dict[str, object]]:
    """Return the fingerprints on file."""
    loaded: dict[str, dict[str, object]] = json.loads(FILE.read_text(encoding="utf-8"))
    return loaded
