"""A study's folder: one process at a time, nothing of the user's removed, the old results whole
until the new ones are.
"""

from __future__ import annotations

import json
import random
import shutil
import signal
import string
import subprocess
import sys
import time
from pathlib import Path

import pytest

import anywhere_sim as aw
from anywhere_sim.experiments.study import Study, stranger_in_study
from anywhere_sim.traces import RunError
from anywhere_sim.traces.lock import locked
from tests.experiments.test_survives import MODE, SMALL, command, run, traces
from tests.traces.test_folder import state


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("plans") / "small.toml"
    path.write_text(SMALL.replace('end = "08:45"', 'end = "08:40"'), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def other(small: Path) -> Path:
    """Another plan, of which every run takes longer."""
    path = small.with_name("other.toml")
    path.write_text(SMALL.replace("replications = 3", "replications = 2"), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def finished(small: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("finished") / "out"
    assert run(small, out).returncode == 0
    return out


def copied(finished: Path, folder: Path) -> Path:
    return Path(shutil.copytree(finished, folder))


def test_all_that_a_study_has_written_is_its_own(finished: Path, tmp_path: Path) -> None:
    assert stranger_in_study(finished) is None
    folder = copied(finished, tmp_path / "out")
    cell = next((folder / "traces").iterdir())
    (cell / "replication-2.failed.txt").write_text("no more", encoding="utf-8")
    (cell / "replication-1/manifest.json").write_text("", encoding="utf-8")
    next((cell / "replication-0").glob("rpcs-*")).write_bytes(b"cut")
    assert stranger_in_study(folder) is None


@pytest.mark.parametrize("seed", range(20))
def test_anything_else_in_it_is_left_as_it_is(
    seed: int, finished: Path, small: Path, tmp_path: Path
) -> None:
    draws = random.Random(seed)
    folder = copied(finished, tmp_path / "out")
    word = "".join(draws.choices(string.ascii_lowercase, k=5))
    cell = draws.choice(["online", "cached"])
    name = draws.choice(
        [
            f"{word}.csv",
            f"traces/{word}",
            f"traces/{word}/replication-0/manifest.json",
            f"traces/{cell}/{word}.txt",
            f"traces/{cell}/replication-{word}/a",
            f"traces/{cell}/replication-3/manifest.json",
            f"traces/{cell}-{cell}/a",
            f"traces/{cell}/replication-0/{word}.parquet",
            f"traces/{cell}/replication-0/rpcs-{word}.parquet",
            f"traces/{cell}/replication-1.part-0123456789ab/{word}",
            f"{word}/study.json",
            f"report-{word}.html",
        ]
    )
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text("mine", encoding="utf-8")
    assert stranger_in_study(folder) is not None
    before = state(tmp_path)
    if seed < 3:
        refused = run(small, folder, "--overwrite")
        assert refused.returncode == 2
        assert "no part of a study" in refused.stderr
        assert state(tmp_path) == before


@pytest.mark.parametrize(
    "content",
    [
        "{}",
        "[]",
        "",
        "{",
        '{"version": "1"}',
        '{"plan": {}}',
        '{"version": "1", "plan": {"factors": []}}',
        "[" * 5000,
    ],
)
def test_a_note_of_something_else_makes_no_study(content: str, tmp_path: Path) -> None:
    (tmp_path / "study.json").write_text(content, encoding="utf-8")
    assert stranger_in_study(tmp_path) == tmp_path / "study.json"
    with pytest.raises(RunError, match="makes no sense"):
        Study.in_folder(tmp_path)


@pytest.mark.parametrize("harm", ["scheduler", "rule", "here"])
def test_a_command_that_is_refused_touches_nothing(
    harm: str, finished: Path, small: Path, tmp_path: Path
) -> None:
    folder = copied(finished, tmp_path / "out")
    plan = tmp_path / "plan.toml"
    wrong = SMALL.replace(MODE, '"groups.at_home.policy" = { backoff = "nobody" }')
    plan.write_text(wrong if harm == "rule" else SMALL, encoding="utf-8")
    before = state(tmp_path)
    out = "." if harm == "here" else str(folder)
    more = ["--dask", "tcp://127.0.0.1:9"] if harm == "scheduler" else []
    words = [
        sys.executable,
        "-m",
        "anywhere_sim",
        "study",
        str(plan),
        "--out",
        out,
        "--overwrite",
        *more,
    ]
    cwd = folder if harm == "here" else tmp_path
    done = subprocess.run(words, cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 2, done.stderr
    said = {"scheduler": "no scheduler", "rule": "unknown rule", "here": "this command runs in"}
    assert said[harm] in done.stderr
    assert "Traceback" not in done.stderr
    assert state(tmp_path) == before
    if harm == "scheduler":
        fresh = run(plan, tmp_path / "fresh", *more)
        assert fresh.returncode == 2
        assert not (tmp_path / "fresh").exists()


@pytest.mark.parametrize(
    "how", [signal.SIGINT, pytest.param(signal.SIGKILL, marks=pytest.mark.long)]
)
def test_a_study_that_is_stopped_leaves_the_old_one_and_goes_on_with_the_same_command(
    how: signal.Signals, finished: Path, other: Path, tmp_path: Path
) -> None:
    folder = copied(finished, tmp_path / "out")
    before = state(folder)
    with subprocess.Popen(
        command(other, folder, "--overwrite"),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    ) as process:
        while process.poll() is None and not kept(tmp_path):
            time.sleep(0.02)
        process.send_signal(how)
    assert process.returncode != 0
    assert state(folder) == before
    done_before = {path: path.stat().st_mtime_ns for path in kept(tmp_path)}
    assert done_before
    assert run(other, folder, "--overwrite").returncode == 0
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    assert json.loads((folder / "study.json").read_text())["plan"]["replications"] == 2
    for path, made in done_before.items():
        assert folder.joinpath(*path.parts[-4:]).stat().st_mtime_ns == made
    assert run(other, tmp_path / "undisturbed").returncode == 0
    assert traces(folder) == traces(tmp_path / "undisturbed")


def test_a_study_whose_runs_all_fail_says_why_and_replaces_nothing(
    finished: Path, tmp_path: Path
) -> None:
    folder, plan = copied(finished, tmp_path / "out"), tmp_path / "torn.toml"
    (tmp_path / "torn.csv").write_text("time_s,kbps\n0,80\n1,", encoding="utf-8")
    recorded = f'[settings]\n"places.home.rate_trace" = "{tmp_path / "torn.csv"}"'
    plan.write_text(SMALL.replace("[settings]", recorded), encoding="utf-8")
    before = state(tmp_path)
    done = run(plan, folder, "--overwrite")
    assert done.returncode == 1
    assert done.stdout.count("torn.csv, line 3") == 6
    assert "Traceback" not in done.stderr
    assert state(tmp_path) == before


def kept(folder: Path) -> list[Path]:
    """Return the manifests of the runs that an interrupted study has finished in its draft."""
    return sorted(folder.glob("out.part-*/new/traces/*/replication-?/manifest.json"))


def test_a_second_process_is_told_that_another_is_at_work(
    finished: Path, small: Path, tmp_path: Path
) -> None:
    folder = copied(finished, tmp_path / "out")
    with locked(folder / ".lock", "") as ours:
        assert ours
        with pytest.raises(RunError, match="another process runs the study"):
            aw.Study.load(str(small)).run(folder)
    assert len(aw.Study.load(str(small)).run(folder).failures) == 0


def test_a_file_of_the_user_with_the_ending_part_is_no_study_s(small: Path, tmp_path: Path) -> None:
    (tmp_path / "study.part").write_text("mine", encoding="utf-8")
    with pytest.raises(RunError, match="holds no study"):
        aw.Study.load(str(small)).run(tmp_path)
    assert (tmp_path / "study.part").read_text(encoding="utf-8") == "mine"
