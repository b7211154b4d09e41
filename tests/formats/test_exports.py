"""An export has the same bytes in any process, tells sites apart, and takes what an import left."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import anywhere_sim as aw
from anywhere_sim.formats import export_run, import_files
from anywhere_sim.formats.registry import FORMATS
from tests.support import simulate

WRITTEN = sorted(name for name, each in FORMATS.items() if each.write is not None)
EXPORT = """
import sys
from pathlib import Path
import anywhere_sim as aw
from anywhere_sim.formats import export_run
from anywhere_sim.packets import DAY_1, export_captures
run, folder = aw.Run.load(sys.argv[1]), Path(sys.argv[2])
for form in sys.argv[3:]:
    export_run(run, form, folder / form)
export_captures(run, [str(run.connections["mailbox"].iloc[0])], folder / "pcap", DAY_1)
"""


@pytest.fixture(scope="module")
def two_sites() -> aw.Run:
    """Two firms that share nothing, over HTTPS, one front end of which crashes."""
    content: dict[str, Any] = {
        "why": "two firms", "start": "08:00", "end": "08:40", "record_rpcs": True,
        "servers": {}, "places": {}, "groups": {},
        "events": [{"at": "08:25", "do": "crash", "server": "fe1a", "for_s": 120}],
    }  # fmt: skip
    for firm in "ab":
        content["servers"] |= {
            f"fe1{firm}": {"role": "front_end", "profile": "iis7.5-r2"},
            f"mbx1{firm}": {"role": "mailbox", "profile": "exchange2003"},
        }
        content["places"][f"here{firm}"] = {"kind": "dsl"}
        content["groups"][f"people{firm}"] = {
            "mailboxes": 3, "client": "outlook2003", "mode": "cached", "activity": "very_heavy",
            "server": f"mbx1{firm}", "front_end": f"fe1{firm}", "community": f"firm{firm}",
            "itinerary": [["08:10", f"here{firm}"]], "itinerary_spread_s": 120,
        }  # fmt: skip
    made = simulate(aw.Scenario.build(content), 3)
    assert len(made.manifest["sites"]) == 2
    return made


def files_of(folder: Path) -> dict[str, bytes]:
    """Return the bytes of each file under a folder by its name."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*")) if path.is_file()
    }  # fmt: skip


def test_the_same_run_gives_the_same_bytes_in_any_process(
    two_sites: aw.Run, tmp_path: Path
) -> None:
    pytest.importorskip("dpkt")
    two_sites.save(tmp_path / "run")
    for number, seed in enumerate(("0", "1", "77")):
        subprocess.run(
            [sys.executable, "-c", EXPORT, str(tmp_path / "run"), str(tmp_path / f"out{number}"),
             *WRITTEN],
            check=True, env=os.environ | {"PYTHONHASHSEED": seed},
        )  # fmt: skip
    first, *others = (files_of(tmp_path / f"out{number}") for number in range(3))
    assert {name.split("/")[0] for name in first} == {*WRITTEN, "pcap"}
    for other in others:
        assert [name for name in first if first[name] != other.get(name)] == []
        assert first.keys() == other.keys()
    for form in WRITTEN:  # and from memory
        export_run(two_sites, form, tmp_path / "memory" / form)
    for name, content in files_of(tmp_path / "memory").items():
        assert content == first[name], name


def test_a_run_that_kept_no_calls_is_written_in_each_format(tmp_path: Path) -> None:
    """Calls are kept when a scenario asks for it; without them a log has sessions only."""
    quiet = simulate(aw.Scenario.load("office-day").with_(end="08:10"), 3)
    assert not len(quiet.rpcs)
    for form in WRITTEN:
        said = export_run(quiet, form, tmp_path / form)
        assert ("kept no calls" in " ".join(said)) == (form == "rca")


def test_an_import_of_the_same_files_gives_the_same_bytes(
    two_sites: aw.Run, tmp_path: Path
) -> None:
    for form in ("rca", "iis", "perfmon"):
        export_run(two_sites, form, tmp_path / "out" / form)
    code = (
        "import sys; from pathlib import Path; from anywhere_sim.formats import import_files; "
        "import_files(sorted(p for p in Path(sys.argv[1]).rglob('*') if p.is_file()), "
        "sys.argv[2], key=bytes(32))"
    )
    for seed in ("1", "2"):
        subprocess.run(
            [sys.executable, "-c", code, str(tmp_path / "out"), str(tmp_path / f"in{seed}")],
            check=True, env=os.environ | {"PYTHONHASHSEED": seed},
        )  # fmt: skip
    first, second = (files_of(tmp_path / f"in{seed}") for seed in "12")
    names = [name for name in first if name.endswith(".parquet")]
    assert len(names) == 10
    assert [name for name in names if first[name] != second[name]] == []


def test_sessions_of_two_sites_stay_apart(two_sites: aw.Run, tmp_path: Path) -> None:
    """A connection's number is of its site; in one log each has its own."""
    export_run(two_sites, "rca", tmp_path / "out")
    back = import_files(sorted((tmp_path / "out").rglob("*.LOG")), tmp_path / "in", keep_names=True)
    mail = two_sites.connections[two_sites.connections["service"] == "mail"]
    assert len(back.connections) == len(mail)
    names = {name.replace("/", ".").lower() for name in mail["mailbox"].astype(str)}
    assert {name.split("\\")[-1] for name in back.connections["mailbox"]} == names
    called = back.rpcs.groupby(back.rpcs["mailbox"].astype(str)).size()
    assert len(called) == len(names)


def test_what_an_import_does_not_know_the_end_of_is_no_error(
    two_sites: aw.Run, tmp_path: Path
) -> None:
    """A session without a Disconnect has no line at IIS or HTTPERR, and stops no export."""
    export_run(two_sites, "rca", tmp_path / "out")
    back = import_files(sorted((tmp_path / "out").rglob("*.LOG")), tmp_path / "in")
    assert back.connections["end_s"].isna().any()
    for form in WRITTEN:
        export_run(back, form, tmp_path / "again" / form)
