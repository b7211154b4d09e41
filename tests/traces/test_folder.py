"""Folders of results: nothing of the user's is removed, and what was there stays until the new is
whole.
"""

from __future__ import annotations

import json
import os
import random
import signal
import string
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import anywhere_sim as aw
from anywhere_sim.traces import RunError
from anywhere_sim.traces.folder import drafted, remove_drafts, replaced, stranger_in_runs
from tests.commands import command
from tests.statements.pairs import small

NAMES = st.text("ab*?[]!-.{}$ ~#%1\n\\'\"ü", min_size=1, max_size=8).filter(
    lambda name: name.strip(". ")
)
ENDS = st.one_of(
    st.sampled_from(["", "1", "one", "final", "0123456789abc", "0123456789AB", "0123456789a"]),
    st.text("0123456789abcdef", min_size=12, max_size=12),
    st.text(string.ascii_letters + "-.[]*", max_size=14),
)
TWO_SITES = """
why = "two sites that share nothing"
start = "08:00"
end = "08:10"
[servers]
mbx1 = { role = "mailbox" }
mbx2 = { role = "mailbox" }
[places]
office = { kind = "lan" }
[groups.east]
mailboxes = 2
server = "mbx1"
community = "east"
itinerary = [["08:00", "office"]]
[groups.west]
mailboxes = 2
server = "mbx2"
community = "west"
itinerary = [["08:00", "office"]]
"""
DRAWN = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def state(folder: Path) -> dict[str, bytes | None]:
    """Return everything below a folder: the bytes of files, None for folders."""
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None
        for path in sorted(folder.rglob("*"))
    }


def write(folder: Path, content: str) -> None:
    (folder / "made").write_text(content, encoding="utf-8")


@DRAWN
@given(name=NAMES, mine=st.lists(st.tuples(NAMES, ENDS), max_size=4), same=ENDS)
def test_what_is_called_like_a_draft_stays(
    name: str, mine: list[tuple[str, str]], same: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Names with the letters of globs, and the user's folders whose names look like our drafts."""
    here = tmp_path_factory.mktemp("drawn")
    for other, end in [*mine, (name, same)]:
        folder = here / f"{other}.part-{end}"
        folder.mkdir(exist_ok=True)
        (folder / "draft.txt").write_text("the user's own", encoding="utf-8")
        (folder / "new").mkdir(exist_ok=True)
        (folder / "new/thesis.txt").write_text("years", encoding="utf-8")
    before = state(here)
    with drafted(here / name) as draft:
        write(draft, "1")
    remove_drafts(here)
    after = state(here)
    assert after.pop(name, b"") is None
    assert after.pop(f"{name}/made") == b"1"
    assert after == before


def test_a_draft_that_is_worked_at_stays(tmp_path: Path) -> None:
    with drafted(tmp_path / "run") as draft:
        write(draft, "1")
        remove_drafts(tmp_path)
        with drafted(tmp_path / "other") as mine:
            write(mine, "2")
        assert (draft / "made").is_file()
    assert state(tmp_path) == {"run": None, "run/made": b"1", "other": None, "other/made": b"2"}


def test_a_second_writer_is_refused_before_it_begins(tmp_path: Path) -> None:
    with drafted(tmp_path / "run") as early:
        with pytest.raises(RunError, match="another process writes"), drafted(tmp_path / "run"):
            pytest.fail("it has begun")
        with drafted(tmp_path / "run.part-mine") as mine:
            write(mine, "mine")
        write(early, "early")
    assert state(tmp_path / "run") == {"made": b"early"}


def test_what_is_put_into_the_folder_while_it_is_written_stays(tmp_path: Path) -> None:
    def both() -> None:
        with drafted(tmp_path / "run") as draft:
            write(draft, "1")
            (tmp_path / "run").mkdir()
            (tmp_path / "run/thesis.txt").write_text("years", encoding="utf-8")

    with pytest.raises(RunError, match="is not empty"):
        both()
    assert state(tmp_path) == {"run": None, "run/thesis.txt": b"years"}


def test_a_killed_writer_s_draft_is_removed_by_the_next_of_that_name(tmp_path: Path) -> None:
    code = (
        "import os, signal, sys; from anywhere_sim.traces.folder import drafted\n"
        "with drafted(sys.argv[1]) as draft:\n"
        "    (draft / 'made').write_text('half')\n"
        "    os.kill(os.getpid(), signal.SIGKILL)"
    )
    for name in ("a[12]", "a1"):
        subprocess.run([sys.executable, "-c", code, str(tmp_path / name)], check=False)
    assert len(list(tmp_path.iterdir())) == 2
    with drafted(tmp_path / "a[12]") as draft:
        write(draft, "whole")
    left = [path.name for path in tmp_path.iterdir() if path.name != "a[12]"]
    assert len(left) == 1
    assert left[0].startswith("a1.part-")


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a short run."""
    folder = tmp_path_factory.mktemp("finished") / "run"
    aw.simulate(small(end="08:10"), 1, folder=folder)
    return folder


def copied(finished: Path, folder: Path, *, twice: bool = False) -> Path:
    """Return a copy of a run, or of two replications."""
    for part in [folder / "replication-0", folder / "replication-1"] if twice else [folder]:
        part.mkdir(parents=True)
        for path in finished.iterdir():
            (part / path.name).write_bytes(path.read_bytes())
    return folder


def replace(folder: Path, then: Callable[[Path], object] = lambda place: None) -> None:
    with replaced(folder, stranger_in_runs, "a run") as place:
        place.mkdir()
        write(place, "new")
        then(place)


@pytest.mark.parametrize("twice", [False, True])
def test_a_run_is_replaced_whole_and_stays_when_the_new_one_breaks(
    twice: bool, finished: Path, tmp_path: Path
) -> None:
    folder = copied(finished, tmp_path / "run*", twice=twice)
    before = state(tmp_path)

    def stop(place: Path) -> None:
        assert state(folder) == {path[5:]: made for path, made in before.items() if path[4:]}
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        replace(folder, stop)
    assert state(tmp_path) == before
    replace(folder)
    assert state(tmp_path) == {"run*": None, "run*/made": b"new"}


def strange(draws: random.Random, finished: Path) -> str:
    """Return a name that no run has written, many of them nearly one that a run writes."""
    table = draws.choice([path.name for path in finished.glob("*.parquet")])
    letters = "".join(draws.choices(string.ascii_lowercase, k=4))
    return draws.choice(
        [
            f"{letters}.txt",
            f"{table.split('-')[0]}-{letters}.parquet",
            f"{letters}-{table}",
            f"{table}.{letters}",
            f"manifest-{letters}.json",
            "Manifest.json",
            f"{letters}/{table}",
            "replication-x/manifest.json",
            f"replication-7/{letters}",
            f".{letters}",
            f"src/{letters}.js",
            "study.json",
            f"run.part-{letters}/{letters}",
        ]
    )


@pytest.mark.parametrize("seed", range(24))
def test_a_folder_with_anything_else_in_it_is_left_as_it_is(
    seed: int, finished: Path, tmp_path: Path
) -> None:
    draws = random.Random(seed)
    folder = copied(finished, tmp_path / "run", twice=seed % 3 == 0)
    within = folder / "replication-1" if seed % 3 == 0 and draws.random() < 0.5 else folder
    name = strange(draws, finished)
    (within / name).parent.mkdir(exist_ok=True, parents=True)
    (within / name).write_text("mine", encoding="utf-8")
    before = state(tmp_path)
    with pytest.raises(RunError, match="no part of a run") as told:
        replace(folder)
    assert state(tmp_path) == before
    assert name.split("/")[0] in str(told.value)


@pytest.mark.parametrize(
    "content",
    [
        "{}",
        "[]",
        "",
        "{",
        "null",
        '{"manifest_version": 3, "name": "an extension"}',
        '{"schema_version": 1}',
        '{"schema_version": "1", "rows": {"rpcs": 1}}',
        '{"rows": {"rpcs": 1}, "digest": "1"}',
        "[" * 5000,
        '{"schema_version": 1, "rows": {"../../mine": 1}, "digest": "1"}',
    ],
)
def test_a_manifest_of_something_else_makes_no_run(content: str, tmp_path: Path) -> None:
    for folder in (tmp_path / "app", tmp_path / "many/replication-0"):
        (folder / "src").mkdir(parents=True)
        (folder / "src/thesis.txt").write_text("years", encoding="utf-8")
        (folder / "manifest.json").write_text(content, encoding="utf-8")
    before = state(tmp_path)
    for name in ("app", "many"):
        with pytest.raises(RunError, match="no part of a run"):
            replace(tmp_path / name)
    assert state(tmp_path) == before


def test_a_second_one_to_replace_a_run_is_refused_before_it_begins(
    finished: Path, tmp_path: Path
) -> None:
    folder = copied(finished, tmp_path / "run")

    def second(place: Path) -> None:
        with pytest.raises(RunError, match="another process writes"):
            replace(folder, lambda _: pytest.fail("it has begun"))

    replace(folder, second)
    assert state(tmp_path) == {"run": None, "run/made": b"new"}


def test_of_two_that_begin_at_once_one_goes_on(tmp_path: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path\n"
        "from anywhere_sim.traces.folder import replaced\n"
        "with replaced(Path(sys.argv[1]), lambda folder: None, 'a run') as place:\n"
        "    place.mkdir()\n"
        "    while not Path(sys.argv[2]).exists():\n"
        "        time.sleep(0.05)\n"
        "    (place / 'made').write_text('new')\n"
    )
    where, refused = tmp_path / "here", tmp_path / "one was refused"
    where.mkdir()
    words = [sys.executable, "-c", code, str(where / "run"), str(refused)]
    both = [subprocess.Popen(words, stderr=subprocess.DEVNULL) for _ in range(2)]
    while all(each.poll() is None for each in both):  # the one that goes on waits for this
        time.sleep(0.05)
    refused.touch()
    assert sorted(each.wait() for each in both) == [0, 1]
    assert state(where) == {"run": None, "run/made": b"new"}


def test_what_is_put_into_the_folder_meanwhile_stays(finished: Path, tmp_path: Path) -> None:
    folder = copied(finished, tmp_path / "run")
    before = state(folder) | {"notes.txt": b"mine"}
    with pytest.raises(RunError, match="no part of a run"):
        replace(folder, lambda place: (folder / "notes.txt").write_text("mine", encoding="utf-8"))
    assert state(folder) == before
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


def test_an_older_run_without_its_sites_is_known(finished: Path, tmp_path: Path) -> None:
    folder = copied(finished, tmp_path / "run")
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    del manifest["sites"]
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    assert stranger_in_runs(folder) is None
    (folder / "rpcs-mine.parquet").write_text("mine", encoding="utf-8")
    assert stranger_in_runs(folder) == folder / "rpcs-mine.parquet"


def test_links_are_followed_to_the_folder_and_are_strangers_in_it(
    finished: Path, tmp_path: Path
) -> None:
    folder = copied(finished, tmp_path / "disk/run")
    (tmp_path / "link").symlink_to(folder, target_is_directory=True)
    replace(tmp_path / "link")
    assert (tmp_path / "link").is_symlink()
    assert (folder / "made").is_file()
    other = copied(finished, tmp_path / "other")
    (other / "provenance.json").unlink()
    (other / "provenance.json").symlink_to(folder / "made")
    with pytest.raises(RunError, match="no part of a run"):
        replace(other)


@pytest.mark.parametrize("part", ["old", "new"])
def test_a_swap_that_was_killed_is_finished_by_the_next(
    part: str, finished: Path, tmp_path: Path
) -> None:
    """Killed between the two renames, with the new content still in the draft, or without it."""
    code = (
        "import os, signal, sys; from pathlib import Path\n"
        "from anywhere_sim.traces.folder import replaced\n"
        "with replaced(Path(sys.argv[1]), lambda folder: None, 'a run') as place:\n"
        "    place.mkdir(); (place / 'made').write_text('new')\n"
        "    Path(sys.argv[1]).rename(place.with_name('old'))\n"
        "    os.kill(os.getpid(), signal.SIGKILL)"
    )
    folder = copied(finished, tmp_path / "run")
    before = state(folder)
    subprocess.run([sys.executable, "-c", code, str(folder)], check=False)
    assert not folder.exists()
    if part == "old":
        for path in tmp_path.glob("run.part-*/new"):
            (path / "made").unlink()
            path.rmdir()
    with pytest.raises(RunError, match="not empty"), drafted(folder):
        pass
    assert state(folder) == (before if part == "old" else {"made": b"new"})


@pytest.mark.parametrize("out", [".", "..", "../run", "deeper/.."])
@pytest.mark.parametrize("more", [(), ("--overwrite",)])
def test_the_folder_that_the_command_runs_in_is_refused(
    out: str, more: tuple[str, ...], finished: Path, tmp_path: Path
) -> None:
    folder = copied(finished, tmp_path / "run")
    (folder.parent / "run/deeper").mkdir()
    before = state(tmp_path)
    done = command("run", "first-set-up", "--set", "end=08:31", "--out", out, *more, cwd=folder)
    assert done.returncode == 2
    assert "the folder that this command runs in" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert state(tmp_path) == before


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--dask", "tcp://127.0.0.1:9"), "no scheduler answers"),
        (("--set", "groups.east.policy.backoff=nobody"), "unknown rule"),
        (("--set", "groups.east.polcy=1"), "did you mean"),
    ],
)
def test_a_command_that_is_refused_touches_nothing(
    more: tuple[str, ...], said: str, finished: Path, tmp_path: Path
) -> None:
    copied(finished, tmp_path / "old")
    (tmp_path / "two.toml").write_text(TWO_SITES, encoding="utf-8")
    before = state(tmp_path)
    done = command("run", "two.toml", "--out", "old", "--overwrite", *more, cwd=tmp_path)
    assert done.returncode == 2
    assert said in done.stderr
    assert state(tmp_path) == before


@pytest.mark.skipif(os.name == "nt", reason="signals")
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_run_that_is_stopped_leaves_the_old_one_whole(
    how: signal.Signals, finished: Path, tmp_path: Path
) -> None:
    folder = copied(finished, tmp_path / "run")
    before = state(folder)
    words = [
        sys.executable,
        "-m",
        "anywhere_sim",
        "run",
        "office-day",
        "--out",
        "run",
        "--overwrite",
    ]
    with subprocess.Popen(
        words,
        cwd=tmp_path,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    ) as process:
        while process.poll() is None and not list(tmp_path.rglob("*.part-*/new/*.parquet")):
            time.sleep(0.02)
        process.send_signal(how)
    assert process.returncode != 0
    assert state(folder) == before
    assert how == signal.SIGKILL or [path.name for path in tmp_path.iterdir()] == ["run"]
    done = command(
        "run", "first-set-up", "--set", "end=08:31", "--out", "run", "--overwrite", cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["run"]
    assert aw.Run.load(folder).manifest["scenario"]["why"] == aw.Scenario.load("first-set-up").why
