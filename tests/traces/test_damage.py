"""A run folder is read when each file in it is the one that was written."""

from __future__ import annotations

import json
import shutil
import tomllib
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq
import pytest

import anywhere_sim as aw
from anywhere_sim.traces import RunError
from anywhere_sim.traces.run import TableFile
from tests.traces.test_folder import TWO_SITES


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a short run of two sites."""
    scenario = aw.Scenario.build(tomllib.loads(TWO_SITES))
    folder = tmp_path_factory.mktemp("whole") / "run"
    assert len(aw.simulate(scenario, 1, folder=folder).manifest["sites"]) == 2
    return folder


def _without(name: str) -> Callable[[Path], object]:
    return lambda folder: (folder / name).unlink()


def _flipped(name: str) -> Callable[[Path], object]:
    def flip(folder: Path) -> None:
        content = bytearray((folder / name).read_bytes())
        content[40] ^= 1
        (folder / name).write_bytes(content)

    return flip


def _shortened(name: str) -> Callable[[Path], object]:
    """Take the last row out of a table, and the digests out of the manifest, as older ones are."""

    def shorten(folder: Path) -> None:
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        del manifest["files"]
        (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
        table = pq.ParquetFile(folder / name).read()
        site = name.removesuffix(".parquet").partition("-")[2]
        with TableFile(folder, name.partition("-")[0], site) as file:
            file.write_table(table.slice(1))

    return shorten


HARMS: list[tuple[Callable[[Path], object], str]] = [
    (_without("rpcs-mbx2.parquet"), "rpcs-mbx2.parquet is missing"),
    (_without("states-mbx1.parquet"), "states-mbx1.parquet is missing"),
    (_flipped("rpcs-mbx1.parquet"), "rpcs-mbx1.parquet is not the file that was written"),
    (_shortened("states-mbx2.parquet"), r"states has \d+ rows instead of \d+"),
]


@pytest.mark.parametrize(("harm", "said"), HARMS, ids=[said for _, said in HARMS])
def test_a_file_that_is_missing_or_another_is_named(
    harm: Callable[[Path], object], said: str, whole: Path, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(whole, tmp_path / "run"))
    harm(folder)
    with pytest.raises(RunError, match=f"run is damaged .{said}"):
        aw.Run.load(folder)


@pytest.mark.parametrize(
    "content",
    [b"", b"[]", b"{}", b'{"schema_version": 1}', b"\xff\xfe", b"[" * 5000, b"1" * 5000],
)
def test_a_manifest_that_makes_no_sense_is_a_sentence(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_bytes(content)
    with pytest.raises(RunError, match=r"holds no run .manifest.json makes no sense"):
        aw.Run.load(tmp_path)


def test_what_was_loaded_can_be_saved_again_and_tells_of_its_own_files(
    whole: Path, tmp_path: Path
) -> None:
    run = aw.Run.load(whole)
    assert "files" not in run.manifest
    again = json.loads((run.save(tmp_path / "again") / "manifest.json").read_text("utf-8"))
    assert set(again["files"]) == {path.name for path in whole.glob("*.parquet")}
    assert aw.Run.load(tmp_path / "again").audit().ok
