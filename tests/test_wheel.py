"""The wheel works from any folder, with its data, its types and its command."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with nothing but the wheel; its dependencies are lent by the one that runs the
    tests.
    """
    folder = tmp_path_factory.mktemp("wheel")
    build = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        str(ROOT),
        "--no-deps",
        "--no-build-isolation",
        "--quiet",
        "--wheel-dir",
        str(folder),
    ]
    subprocess.run(build, check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    venv.create(folder / "empty", with_pip=False)
    python = str(folder / "empty/bin/python")
    install = [
        sys.executable,
        "-m",
        "pip",
        "--python",
        python,
        "install",
        "--no-deps",
        "--no-index",
        "--quiet",
        str(wheel),
    ]
    subprocess.run(install, check=True, capture_output=True)
    return folder / "empty"


def run(installed: Path, folder: Path, *words: str) -> str:
    """Run a command of the environment in an empty folder; what is on its path beside the wheel are
    libraries only.
    """
    environment = os.environ | {"PYTHONPATH": sysconfig.get_paths()["purelib"]}
    done = subprocess.run(
        [installed / "bin" / words[0], *words[1:]],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_command_runs_from_any_folder_with_the_data_that_ships(
    installed: Path, tmp_path: Path
) -> None:
    assert "office-day" in run(installed, tmp_path, "anywhere-sim", "list")
    assert "KB 951764" in run(installed, tmp_path, "anywhere-sim", "sources", "measurements B4")
    told = run(
        installed,
        tmp_path,
        "anywhere-sim",
        "run",
        "mobile-workforce",
        "--set",
        "end=08:30",
        "--out",
        "here",
    )
    assert "nothing lost" in told
    assert (tmp_path / "here/manifest.json").is_file()


def test_the_package_is_the_wheel_s_and_brings_its_types(installed: Path, tmp_path: Path) -> None:
    where = run(
        installed, tmp_path, "python", "-c", "import anywhere_sim; print(anywhere_sim.__file__)"
    ).strip()
    assert Path(where).is_relative_to(installed)
    assert (Path(where).parent / "py.typed").is_file()
