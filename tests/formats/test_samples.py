"""The samples that ship are read without a line refused, and each format that is read has one."""

from __future__ import annotations

from pathlib import Path

import pytest

import anywhere_sim as aw
from anywhere_sim import figures
from anywhere_sim.cli import app
from anywhere_sim.formats import FORMATS, import_files
from anywhere_sim.report.import_page import page
from anywhere_sim.traces.folder import stranger_in_run
from tests.fuzz.formats import READ, SAMPLES, fuzz


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> tuple[aw.Run, list[str]]:
    """All samples together in one folder, and what was said of them."""
    files = sorted(path for name in READ for path in (SAMPLES / name).iterdir())
    said: list[str] = []
    made = import_files(files, tmp_path_factory.mktemp("all") / "out", say=said.append)
    return made, said


def test_each_format_is_told_and_read(imported: tuple[aw.Run, list[str]]) -> None:
    made, said = imported
    assert made.manifest["imported"] == sorted(READ)
    assert not [line for line in said if "refused:" in line]
    titles = {line.split(": ")[1].split(";")[0] for line in said if " lines, " in line}
    assert titles == {FORMATS[name].title for name in READ}
    for name in ("attempts", "connections", "operations", "servers", "rpcs", "states"):
        assert made.manifest["rows"][name] > 0


@pytest.mark.parametrize("form", READ)
def test_a_few_changed_files(form: str) -> None:
    tally = fuzz(form, 60, seed=5)
    assert tally.faults == []
    assert tally.used > 10
    assert tally.slowest_s < 10.0


def test_each_format_has_its_page_and_its_sample() -> None:
    docs = Path(__file__).parents[2] / "docs/formats"
    for name in FORMATS:
        assert (SAMPLES / name).is_dir(), name
        assert (docs / f"{name}.md").is_file(), name


def test_analysis_and_page_take_an_import(imported: tuple[aw.Run, list[str]]) -> None:
    made, said = imported
    values = aw.measures(made)
    assert values["waited per open hour, mean"] > 0.0
    assert values[["bytes up", "launch to connected, p50", "without a connection"]].isna().all()
    text = page(made, said)
    assert "attempts failed" in text
    assert "No log says enough for: bytes up" in text
    assert "<th>bytes down, in all</th>" in text
    with pytest.raises(ValueError, match="link_use: there is nothing to draw"):
        figures.link_use(made.links, "up")


def test_the_commands_go_there_and_back(
    run: aw.Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run.save(tmp_path / "run")
    words = ["export", str(tmp_path / "run"), "--as", "iis", "--out", str(tmp_path / "logs")]
    app([*words, "--day", "2007-06-04"], standalone_mode=False)
    (log,) = (tmp_path / "logs").rglob("u_ex070604.log")
    words = ["import", str(log), "--out", str(tmp_path / "back"), "--key", str(tmp_path / "key")]
    app([*words, "--report"], standalone_mode=False)
    told = capsys.readouterr().out
    assert "Day 1 is 2007-06-04" in told
    assert (tmp_path / "back/report.html").is_file()
    assert (tmp_path / "key").stat().st_mode & 0o077 == 0
    assert stranger_in_run(tmp_path / "back") is None
