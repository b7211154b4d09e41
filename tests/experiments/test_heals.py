"""A study makes again what was damaged, and tries again what a broken pool has left."""

from __future__ import annotations

import os
import shutil
import signal
from concurrent.futures import BrokenExecutor, ProcessPoolExecutor
from pathlib import Path

import pytest

import anywhere_sim as aw
from anywhere_sim.experiments.plan import Plan
from anywhere_sim.experiments.study import Study
from anywhere_sim.experiments.workers import outcomes
from tests.experiments.test_survives import traces
from tests.traces.test_other_programs import PLAN

TINY = Plan.model_validate(PLAN | {"settings": {"end": "08:31"}})


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("whole") / "out"
    assert Study(TINY).run(folder).failures.empty
    return folder


def test_a_run_that_can_t_be_loaded_is_made_again(whole: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(whole, tmp_path / "out"))
    online, cached = folder / "traces/online", folder / "traces/cached"
    (online / "replication-0/manifest.json").write_text("", encoding="utf-8")
    (online / "replication-1/manifest.json").unlink()
    table = next((cached / "replication-0").glob("servers-*.parquet"))
    table.write_bytes(table.read_bytes()[:-20])
    (folder / "traces/x/y").mkdir(parents=True)
    (folder / "traces/x/y/manifest.json").write_text("[]", encoding="utf-8")
    found = Study(TINY).status(folder).set_index(["cell", "replication"])
    assert found["status"].value_counts().to_dict() == {"missing": 3, "done": 1}
    assert f"({table.name} is not the file" in found["reason"]["cached", 0]
    results = Study(TINY).run(folder)
    assert results.failures.empty
    assert (Study(TINY).status(folder)["status"] == "done").all()
    assert Study(TINY).without_effect(folder) == Study(TINY).without_effect(whole)
    shutil.rmtree(folder / "traces/x")
    assert traces(folder) == traces(whole)


def test_a_file_of_somebody_else_in_a_damaged_run_is_named_and_stays(
    whole: Path, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(whole, tmp_path / "out"))
    run = folder / "traces/online/replication-1"
    (run / "manifest.json").unlink()
    (run / "thesis.txt").write_text("years", encoding="utf-8")
    failures = Study(TINY).run(folder).failures
    assert "thesis.txt is no part of a run" in failures["reason"].item()
    assert (run / "thesis.txt").read_text(encoding="utf-8") == "years"


def test_when_every_run_fails_each_has_its_reason(tmp_path: Path) -> None:
    (tmp_path / "torn.csv").write_text("time_s,kbps\n0,80\n1,", encoding="utf-8")
    settings = {"places.home.rate_trace": str(tmp_path / "torn.csv")}
    results = Study(TINY.model_copy(update={"settings": settings})).run(tmp_path / "out")
    assert len(results.failures) == 4
    assert results.failures["reason"].str.contains("torn.csv, line 3").all()
    assert results.values.empty
    assert results.table().empty
    assert results.contrasts()["difference"].isna().all()


def _end_its_process(task: tuple[str, Path]) -> str:
    """Return the task's name; "once" ends its process when it is tried first, "always" each time,
    as the system does when memory is short.
    """
    name, folder = task
    if name == "always" or (name == "once" and not (folder / name).exists()):
        (folder / name).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return name


@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_what_a_broken_pool_has_left_is_tried_again(tmp_path: Path) -> None:
    names = ["once", *"abc", "always"]
    with ProcessPoolExecutor(2) as pool:
        found = dict(outcomes(pool, _end_its_process, {name: (name, tmp_path) for name in names}))
        again = dict(outcomes(pool, _end_its_process, {"a": ("a", tmp_path)}))
    error = found.pop("always")
    assert isinstance(error, BrokenExecutor)
    assert "memory" in str(error)
    assert found == {name: name for name in ("once", *"abc")}
    assert again == {"a": "a"}


def test_replications_that_are_no_whole_number_are_refused() -> None:
    for name, given in (("seed", True), ("seed", 7.0), ("replications", 2.0)):
        with pytest.raises(ValueError, match=name):
            Plan.model_validate(PLAN | {name: given})
    with pytest.raises(ValueError, match=r"replications = 2\.5"):
        aw.replicate(aw.Scenario.load("first-set-up"), 2.5)  # type: ignore[arg-type]
