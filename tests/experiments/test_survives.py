"""A study survives kills, goes on where it was, and gives the same bytes on any executor."""

from __future__ import annotations

import hashlib
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

SMALL = """
why = "what does the mode change?"
scenario = "first-set-up"
replications = 3
[settings]
end = "08:45"
[factors.mode]
online = { "groups.at_home.mode" = "online" }
cached = { "groups.at_home.mode" = "cached" }
"""
FILLER = "filler"
MODE = '"groups.at_home.mode" = "online"'


def command(plan: Path, out: Path, *more: str) -> list[str]:
    return [
        sys.executable,
        "-m",
        "anywhere_sim",
        "study",
        str(plan),
        "--out",
        str(out),
        "--workers",
        "1",
        *more,
    ]


def run(plan: Path, out: Path, *more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command(plan, out, *more), capture_output=True, text=True, check=False)


def traces(out: Path) -> dict[str, str]:
    """Return the digest of every trace file and manifest; provenance says how it was made, and
    differs by nature.
    """
    files = [
        path
        for path in sorted((out / "traces").rglob("*"))
        if path.is_file() and path.name != "provenance.json"
    ]
    return {
        str(path.relative_to(out)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files
    }


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("plan") / "small.toml"
    path.write_text(SMALL, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def undisturbed(plan: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, float]:
    out = tmp_path_factory.mktemp("undisturbed") / "out"
    begun = time.monotonic()
    done = run(plan, out)
    assert done.returncode == 0, done.stderr
    return out, time.monotonic() - begun


@pytest.mark.long  # `make verify-kills` does it 225 times
def test_a_killed_study_goes_on_and_gives_the_bytes_of_an_undisturbed_one(
    plan: Path, undisturbed: tuple[Path, float], tmp_path: Path
) -> None:
    out, draws = tmp_path / "out", random.Random(4)
    for _ in range(3):
        with subprocess.Popen(
            command(plan, out),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        ) as process:
            time.sleep(draws.uniform(0.3, 1.0) * undisturbed[1])
            process.send_signal(signal.SIGKILL)
    assert run(plan, out).returncode == 0
    assert traces(out) == traces(undisturbed[0])
    status = subprocess.run(
        [sys.executable, "-m", "anywhere_sim", "status", str(out)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert status.stdout == "done: 6\nfailed: 0\nmissing: 0\n"


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks into /proc")
def test_workers_die_with_the_study_that_was_killed(plan: Path, tmp_path: Path) -> None:
    def alive() -> list[str]:
        lines = [
            path.read_bytes().decode(errors="replace")
            for path in Path("/proc").glob("[0-9]*/cmdline")
            if path.exists()
        ]
        return [line for line in lines if str(tmp_path) in line]

    with subprocess.Popen(
        command(plan, tmp_path / "out"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        until(lambda: len(alive()) == 2)
        process.send_signal(signal.SIGKILL)
    until(lambda: not alive())


def until(holds: Callable[[], bool], seconds: float = 30.0) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_a_real_cluster_gives_the_same_bytes(
    plan: Path, undisturbed: tuple[Path, float], tmp_path: Path
) -> None:
    done = run(plan, tmp_path / "out", "--dask", "local")
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    assert traces(tmp_path / "out") == traces(undisturbed[0])


@pytest.fixture
def little_disk(tmp_path: Path) -> Iterator[tuple[Path, list[str]]]:
    """A file system that is full but for 400 KB, in a mount namespace, which anybody may have; and
    what stands before a command that is to see it.
    """
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = (
        f"mount -t tmpfs -o size=20M tmpfs '{folder}' && head -c {20 * 1024 - 400}K /dev/zero > "
        f"'{folder}/{FILLER}' && echo ready && exec cat"
    )
    words = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", mounted]
    with subprocess.Popen(
        words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdin
        assert holder.stdout
        assert holder.stdout.readline() == "ready\n"
        yield (
            folder,
            ["nsenter", f"--target={holder.pid}", "--user", "--mount", "--preserve-credentials"],
        )
        holder.stdin.close()


def test_a_full_disk_is_a_sentence_and_the_study_goes_on_when_there_is_room(
    plan: Path, undisturbed: tuple[Path, float], little_disk: tuple[Path, list[str]], tmp_path: Path
) -> None:
    disk, inside = little_disk

    def there(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([*inside, *words], capture_output=True, text=True, check=False)

    full = there(*command(plan, disk / "out"))
    assert full.returncode == 2
    assert "No space left" in full.stderr
    assert "Traceback" not in full.stderr
    assert there("rm", str(disk / FILLER)).returncode == 0
    assert there(*command(plan, disk / "out")).returncode == 0
    assert there("cp", "-r", str(disk / "out"), str(tmp_path / "copy")).returncode == 0
    assert traces(tmp_path / "copy") == traces(undisturbed[0])


def test_a_rule_that_nobody_knows_is_refused_before_anything_runs(tmp_path: Path) -> None:
    plan = tmp_path / "unknown.toml"
    plan.write_text(
        SMALL.replace(MODE, '"groups.at_home.policy" = { backoff = "nobody_knows" }'),
        encoding="utf-8",
    )
    refused = run(plan, tmp_path / "out")
    assert refused.returncode == 2
    assert "backoff = 'nobody_knows': unknown rule; allowed: " in refused.stderr
    assert not (tmp_path / "out").exists()


def test_failed_and_missing_runs_are_told_and_made_again(plan: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken.toml"
    recording = tmp_path / "torn.csv"
    recording.write_text("time_s,kbps\n0,80\n1,", encoding="utf-8")
    broken.write_text(
        SMALL.replace(MODE, f'"places.home.rate_trace" = "{recording}"'), encoding="utf-8"
    )
    out = tmp_path / "out"
    assert run(broken, out).returncode == 1
    told = subprocess.run(
        [sys.executable, "-m", "anywhere_sim", "status", str(out)],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert told.startswith("done: 3\nfailed: 3\nmissing: 0\n")
    assert "torn.csv, line 3" in told
    refused = run(plan, out)
    assert refused.returncode == 2
    assert "holds another study" in refused.stderr
    assert run(plan, out, "--overwrite").returncode == 0
