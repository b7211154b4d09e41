"""What the how-tos hand in gives the same runs in worker processes and on a Dask cluster."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from importlib import import_module
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import anywhere_sim as aw
from tests.mechanisms.rows import ROOT
from tests.statements.pairs import small

BLOCK = re.compile(r"^```(?:python|toml)\n# ([\w-]+\.(?:toml|py))\n(.*?)^```$", re.M | re.S)
CASES: dict[str, tuple[dict[str, Any], str]] = {
    "patient": (
        {"groups__people__policy": {"backoff": "patient"}, "places__here__web": "none",
         "places__here__port_135": "drop"},
        "attempts",
    ),
    "felt": ({"groups__people__mode": "online"}, "operations"),
    "calendar_online": ({"groups__people__mode": "calendar_online"}, "states"),
    "budget": ({"servers__mbx1__admission": "budget", "record_rpcs": True}, "rpcs"),
    "backup": ({"start": "11:55", "end": "12:05"}, "servers"),
}  # fmt: skip
"""The module of each how-to, what of it a small scenario uses, and the table that shows it."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Return a folder with the files of all how-tos, whose modules can be imported."""
    made = tmp_path_factory.mktemp("how-tos")
    for page in (ROOT / "docs/how-to").glob("*.md"):
        for name, text in BLOCK.findall(page.read_text(encoding="utf-8")):
            (made / name).write_text(text, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(made)
        yield made


def pool(method: str) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(2, mp_context=get_context(method))


def same_on(executor: Executor, folder: Path) -> None:
    """Each how-to's runs, and its study, are those of this process."""
    for name, (changes, table) in CASES.items():
        module = import_module(name)
        scenario = small(**({"end": "08:20"} | changes))
        given: Any = {
            "rules": getattr(module, "rules", None), "measures": getattr(module, "measures", None),
        }  # fmt: skip
        here = aw.simulate(scenario, 7, **given)
        (there,) = aw.replicate(scenario, 1, 7, executor, **given)
        assert there.manifest == here.manifest, name
        pd.testing.assert_frame_equal(getattr(there, table), getattr(here, table))
        if given["rules"] is not None:
            assert there.manifest["digest"] != scenario.digest(), name
    study = aw.Study.load(str(folder / "backoff.toml"))
    results = study.run(folder / type(executor).__name__ / str(id(executor)), executor)
    assert results.failures.empty, results.failures["reason"].iloc[0]
    assert results.table().index[0][0] == "back after"
    assert results.values["back after"].between(0.0, 600.0).all()


def test_in_a_worker_process(folder: Path) -> None:
    with pool("fork") as executor:
        same_on(executor, folder)


@pytest.mark.long
@pytest.mark.parametrize("method", ["forkserver", "spawn"])
def test_in_a_worker_process_that_imports_anew(method: str, folder: Path) -> None:
    with pool(method) as executor:
        same_on(executor, folder)


@pytest.mark.long
def test_on_a_dask_cluster_of_two_workers(folder: Path) -> None:
    distributed: Any = pytest.importorskip("dask.distributed")
    options = {"n_workers": 2, "threads_per_worker": 1, "host": "127.0.0.1"}
    with (
        distributed.LocalCluster(**options, dashboard_address="127.0.0.1:0") as cluster,
        distributed.Client(cluster) as client,
        client.get_executor() as executor,
    ):
        same_on(executor, folder)
