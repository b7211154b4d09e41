from __future__ import annotations

from pathlib import Path

import pytest

import anywhere_sim as aw
from anywhere_sim.formats import export_run, import_files
from tests.statements.pairs import small
from tests.support import simulate


@pytest.fixture(scope="session")
def run() -> aw.Run:
    """Three people over HTTPS for half an hour, with a crash, and every call recorded."""
    scenario = small(
        places__here__kind="dsl",
        groups__people__mailboxes=3,
        end="08:40",
        record_rpcs=True,
        events=[{"at": "08:25", "do": "crash", "server": "fe1", "for_s": 120}],
    )
    return simulate(scenario, 3)


@pytest.fixture(scope="session")
def there_and_back(run: aw.Run, tmp_path_factory: pytest.TempPathFactory):
    """A function that exports the run as a format, and imports that with its names."""

    def go(form: str, given: aw.Run | None = None) -> tuple[list[Path], aw.Run]:
        folder = tmp_path_factory.mktemp(form)
        export_run(given or run, form, folder / "out")
        files = sorted(path for path in (folder / "out").rglob("*") if path.is_file())
        return files, import_files(files, folder / "in", keep_names=True)

    return go
