"""A study killed again and again, at uniform times and at the worst moments; its bytes are those of
an undisturbed one.

python -m tests.experiments.kills [UNIFORM] [EACH]     prints how it went; the last result is kept
in docs/kills.md
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from multiprocessing import parent_process
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tqdm import tqdm

from tests.experiments.test_survives import SMALL, command, run, traces

DOCS = Path(__file__).parents[2] / "docs/kills.md"
MOMENTS = (
    "before the rename",
    "after the rename",
    "before the summary",
    "during the manifest",
    "with the tables open",
)
PATCHED = (
    "from tests.experiments.kills import at_moment; at_moment({moment!r}, {number}); import "
    "anywhere_sim.cli as cli; cli.main()"
)
HEAD = """# A study under SIGKILL

What `make verify-kills` saw last: the study of `tests/experiments/test_survives.py` (six runs), killed and started again until it came
to its end, then begun afresh; the bytes are those of every table and manifest of each study that ended, beside an undisturbed one.

| killed | kills | the same bytes at the end |
| --- | --- | --- |
"""  # noqa: E501


def at_moment(moment: str, number: int) -> None:
    """Patch this process so that it kills itself at the `number`th time it comes to a moment."""
    from anywhere_sim.report import result
    from anywhere_sim.traces import Run
    from anywhere_sim.traces.run import TableFile

    left = [number]

    def die() -> None:
        left[0] -= 1
        if not left[0]:
            if parent_process() is not None:  # a worker takes the study with it
                os.kill(os.getppid(), signal.SIGKILL)
            os.kill(os.getpid(), signal.SIGKILL)

    def before(owner: Any, name: str) -> None:
        real: Callable[..., Any] = getattr(owner, name)
        setattr(owner, name, lambda *given, **more: (die(), real(*given, **more))[1])

    def after(owner: Any, name: str) -> None:
        real: Callable[..., Any] = getattr(owner, name)
        setattr(owner, name, lambda *given, **more: (real(*given, **more), die())[0])

    def half_written(self: Run, folder: Path) -> None:
        (folder / "manifest.json").write_text('{"digest": "', encoding="utf-8")
        die()

    if moment == "before the rename":
        before(Path, "rename")
    elif moment == "after the rename":
        after(Path, "rename")
    elif moment == "before the summary":
        before(result, "write")
    elif moment == "during the manifest":
        real = Run.describe
        Run.describe = lambda self, folder: (half_written(self, folder), real(self, folder))[1]  # type: ignore[method-assign]
    else:
        before(TableFile, "write_batch")


def killed(words: list[str], after_s: float) -> bool:
    """Start a study, kill it after a while; return whether it had come to its end."""
    with subprocess.Popen(
        words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    ) as process:
        try:
            return process.wait(after_s) == 0
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            return False


def main(uniform: int, each: int) -> int:
    """Kill, start again, compare; return 1 when anything differs."""
    with TemporaryDirectory() as name:
        folder, draws, rows = Path(name), random.Random(1), []
        plan = folder / "small.toml"
        plan.write_text(SMALL, encoding="utf-8")
        begun = time.monotonic()
        assert run(plan, folder / "undisturbed").returncode == 0
        whole_s, wanted = time.monotonic() - begun, traces(folder / "undisturbed")
        same = studies = 0
        with tqdm(total=uniform, desc="uniform", unit="kill") as bar:
            while bar.n < uniform:
                out = folder / f"uniform-{studies}"
                if killed(command(plan, out), draws.uniform(0.0, 1.1) * whole_s):
                    studies, same = studies + 1, same + (traces(out) == wanted)
                else:
                    bar.update()
        out = folder / f"uniform-{studies}"
        run(plan, out)
        studies, same = studies + 1, same + (traces(out) == wanted)
        rows.append(("at uniform times", uniform, f"{same} of {studies}"))
        for moment in MOMENTS:
            same = 0
            for number in tqdm(range(1, each + 1), desc=moment, unit="kill"):
                out = folder / f"{moment}-{number}"
                first = 1 if moment == "before the summary" else number
                code = PATCHED.format(moment=moment, number=first)
                subprocess.run(
                    [sys.executable, "-c", code, *command(plan, out)[3:]],
                    capture_output=True,
                    check=False,
                )
                broken = traces(out) != wanted or not (out / "report.html").exists()
                assert broken, f"{moment}: nothing was killed"
                same += run(plan, out).returncode == 0 and traces(out) == wanted
            rows.append((moment, each, f"{same} of {each}"))
    lines = [f"| {' | '.join(map(str, row))} |" for row in rows]
    print("\n".join(lines))
    if uniform >= 200:
        DOCS.write_text(HEAD + "\n".join(lines) + "\n", encoding="utf-8")
    return 0 if all(row[2].split(" of ")[0] == row[2].split(" of ")[1] for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main(*(int(word) for word in sys.argv[1:])) if len(sys.argv) == 3 else main(200, 5))
