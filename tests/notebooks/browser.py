"""A real JupyterLab in a real browser: run a lesson, move a slider of each explorer; and the site.

python -m tests.notebooks.browser FOLDER [--all]      leaves screenshots in FOLDER; exit code 1 when
something is wrong

Without --all only lesson 00 is run; with it all are. Where `make docs` has left a site, each
of its pages is opened on a screen and on a phone. The answers of two runs are printed: on one
sheet each.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import nbformat
from nbformat.v4 import new_code_cell, new_notebook
from playwright.sync_api import Locator, Page, sync_playwright

from tests.commands import command
from tests.notebooks.lessons import FOLDER, LESSONS
from tests.site import BUILT, look_at_pages, look_at_prints


class Explorer(NamedTuple):
    """An explorer's name, what is chosen in its first menu before ("" = nothing), and the key that
    moves its first slider to an end.
    """

    name: str
    first: str
    key: str


EXPLORERS = (
    Explorer("connection", "GPRS modem", "Home"),
    Explorer("day", "", "End"),
    Explorer("load", "", "End"),
    Explorer("storm", "", "End"),
)
PEOPLE = {"office": 60, "branch": 30, "road": 30}
"""Of three thousand, so many make a page with all its parts in seconds."""
PAGE_OF_EXPLORERS = "explorers"
PAGE_OF_THREADS = "slider-beside-a-cell"
MOVES = 3
SUBSHELLS_SINCE = 7  # ipykernel's major version
_GOAL = 7 + 1 + MOVES  # the seed at which the slider stands after its moves
BESIDE = (
    """
import hashlib, time
import anywhere_sim as aw
from anywhere_sim.lab import controls

def digest(seed):
    run = aw.simulate(aw.Scenario.load("first-set-up"), seed=seed)
    tables = (run.rpcs, run.operations, run.connections, run.links, run.servers)
    return hashlib.sha256("".join(table.to_csv() for table in tables).encode()).hexdigest()

serial = [digest(seed) for seed in range(4)]
explorer = controls.day_explorer()
""",
    "explorer",
    """
started, turns, wrong = time.time(), 0, 0
while explorer.controls["seed"].value < GOAL or explorer.status.value:
    wrong += [digest(seed) for seed in range(4)] != serial
    turns += 1
    if time.time() - started > 240:
        raise TimeoutError("the slider has not moved while this cell ran")
""",
    """
beside = explorer.picture.value
explorer._picture_of.cache_clear()
controls._run.cache_clear()
explorer.controls["seed"].value = 1
explorer.controls["seed"].value = GOAL
print("same" if turns and not wrong and explorer.picture.value == beside else "not the same")
""",
)
"""A page that simulates in a cell while a slider is moved: the digests of both are to be those of
serial runs.
"""
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
READY_MS = 300_000
LOOK_MS = 250
GOAL_S = 3.0
# the code cells as the open page holds them, seen or not: a long notebook draws only what is in
# view
_CELLS = (
    "jupyterapp.shell.currentWidget.content.model.sharedModel.toJSON().cells.filter(cell => "
    "cell.cell_type === 'code')"
)
_RUN_NEXT = "() => void jupyterapp.commands.execute('notebook:run-cell-and-select-next')"
_KERNEL = "jupyterapp.shell.currentWidget.sessionContext?.session?.kernel?.status"


@contextmanager
def jupyter() -> Iterator[str]:
    """Yield the address of a JupyterLab of our own on loopback; it sees a copy of the lessons, so
    that nothing is saved into them.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    token = secrets.token_hex(16)
    with TemporaryDirectory() as home:
        _settle(Path(home) / "settings")
        lessons = Path(shutil.copytree(FOLDER, Path(home) / "lessons"))
        for name, sources in (
            (PAGE_OF_EXPLORERS, _explorers()),
            (PAGE_OF_THREADS, [source.replace("GOAL", str(_GOAL)) for source in BESIDE]),
        ):
            page = new_notebook(cells=[new_code_cell(source.strip()) for source in sources])  # type: ignore[no-untyped-call]
            nbformat.write(page, lessons / f"{name}.ipynb")  # type: ignore[no-untyped-call]
        command = [
            sys.executable,
            "-m",
            "jupyterlab",
            "--no-browser",
            "--allow-root",
            "--expose-app-in-browser",
            f"--port={port}",
            "--ip=127.0.0.1",
            f"--notebook-dir={lessons}",
            f"--IdentityProvider.token={token}",
        ]
        environment = os.environ | {"JUPYTERLAB_SETTINGS_DIR": f"{home}/settings"}
        with subprocess.Popen(
            command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as server:
            try:
                _wait_for(port)
                yield f"http://127.0.0.1:{port}/lab/tree/{{lesson}}.ipynb?token={token}&reset"
            finally:
                server.terminate()


def _explorers() -> list[str]:
    """Return the cells of a notebook of the four explorers alone."""
    return [
        "from anywhere_sim.lab import controls",
        *(f"controls.{explorer.name}_explorer()" for explorer in EXPLORERS),
    ]


def _settle(settings: Path) -> None:
    """Let JupyterLab draw every cell, in view or not, and ask nobody about news."""
    for name, content in {
        "notebook-extension/tracker": {"windowingMode": "none"},
        "apputils-extension/notification": {"fetchNews": "false"},
    }.items():
        path = settings / "@jupyterlab" / f"{name}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(content), encoding="utf-8")


def _wait_for(port: int) -> None:
    for _ in range(600):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.2)
    raise TimeoutError("JupyterLab did not start within two minutes")


def run_all(page: Page, address: str, lesson: str) -> list[str]:
    """Open a lesson, run all cells, and return what went wrong."""
    page.goto(address.format(lesson=lesson), timeout=READY_MS)
    page.wait_for_selector(".jp-Notebook .jp-CodeCell", timeout=READY_MS)
    _wait_until(page, f"{_KERNEL} === 'idle'")
    page.evaluate("() => void jupyterapp.commands.execute('notebook:run-all-cells')")
    _wait_until(page, f"{_CELLS}.every(cell => cell.execution_count) || {_CELLS}.some({_FAILED})")
    outputs = page.evaluate(f"() => {_CELLS}.flatMap(cell => cell.outputs)")
    errors = [
        f"{lesson}: {output['ename']}: {output['evalue']}"
        for output in outputs
        if output["output_type"] == "error"
    ]
    return errors + [
        f"{lesson} warns: {output['text']}" for output in outputs if output.get("name") == "stderr"
    ]


_FAILED = "cell => cell.outputs.some(output => output.output_type === 'error')"


def _wait_until(page: Page, condition: str) -> None:
    """Wait for something in the page; JupyterLab may ask for the kernel meanwhile when it is slow
    to start.
    """
    for _ in range(READY_MS // LOOK_MS):
        if page.evaluate(f"() => Boolean({condition})"):
            return
        if page.locator(".jp-Dialog .jp-mod-accept").count():
            page.locator(".jp-Dialog .jp-mod-accept").first.click()
        page.wait_for_timeout(LOOK_MS)
    raise TimeoutError(f"JupyterLab did not come to this within {READY_MS // 1000} s: {condition}")


def move_a_slider(page: Page, cell: Locator, explorer: Explorer) -> float:
    """Choose in the explorer's menu, move its first slider, and return the seconds until its
    picture has changed.
    """
    picture = cell.locator(".widget-image")
    picture.wait_for(timeout=READY_MS)
    cell.scroll_into_view_if_needed(timeout=READY_MS)
    if explorer.first:
        _until_changed(
            page,
            picture,
            lambda: cell.locator(".widget-dropdown select").first.select_option(explorer.first),
        )
    handle = cell.locator(".widget-slider .noUi-handle").first
    handle.focus()
    return _until_changed(page, picture, lambda: handle.press(explorer.key))


def _until_changed(page: Page, picture: Locator, act: Callable[[], object]) -> float:
    """Return the seconds from an act to another picture."""
    before, begun = picture.get_attribute("src"), time.perf_counter()
    act()
    page.wait_for_function(
        "([image, before]) => image.src != before && image.complete",
        arg=[picture.element_handle(), before],
        timeout=READY_MS,
    )
    return time.perf_counter() - begun


def look_at_explorers(page: Page, address: str, shots: Path) -> list[str]:
    """Show all explorers, move a slider of each, print the seconds, and return what went wrong."""
    wrong = run_all(page, address, PAGE_OF_EXPLORERS)
    for number, explorer in enumerate(EXPLORERS):
        cell = page.locator(".jp-CodeCell").nth(number + 1)
        took_s = move_a_slider(page, cell, explorer)
        cell.screenshot(path=shots / f"{explorer.name}.png")
        print(
            f"{explorer.name:12s} slider to picture {took_s:5.2f} s (goal: at most {GOAL_S:g})",
            flush=True,
        )
    return wrong


def move_beside_a_cell(page: Page, address: str) -> list[str]:
    """Move a slider three times while a cell simulates; return what went wrong.

    What both have simulated is compared with serial runs in the page itself. A thread of its own
    answers the slider from its second move on, so that the first is made before the cell runs.
    Before ipykernel 7, which has such threads (subshells), moves wait for the end of the cell.
    """
    if int(version("ipykernel").partition(".")[0]) < SUBSHELLS_SINCE:
        print(f"{MOVES} moves beside a running cell: they wait for its end (ipykernel < 7)")
        return []
    page.goto(address.format(lesson=PAGE_OF_THREADS), timeout=READY_MS)
    page.wait_for_selector(".jp-Notebook .jp-CodeCell", timeout=READY_MS)
    _wait_until(page, f"{_KERNEL} === 'idle'")
    for _ in range(2):
        page.evaluate(_RUN_NEXT)
    cell = page.locator(".jp-CodeCell").nth(1)
    picture = cell.locator(".widget-image")
    picture.wait_for(timeout=READY_MS)
    handle = cell.locator(".widget-slider .noUi-handle").last
    handle.focus()
    _until_changed(page, picture, lambda: handle.press("ArrowRight"))
    page.evaluate("() => { jupyterapp.shell.currentWidget.content.activeCellIndex = 2 }")
    for _ in range(2):
        page.evaluate(_RUN_NEXT)
    for _ in range(MOVES):
        handle.focus()
        handle.press("ArrowRight")
        page.wait_for_timeout(LOOK_MS)
    _wait_until(page, f"{_CELLS}[3].execution_count || {_CELLS}.some({_FAILED})")
    outputs = page.evaluate(f"() => {_CELLS}[3].outputs")
    said = "".join(str(output.get("text", "")) for output in outputs).strip()
    print(f"{MOVES} moves beside a running cell: {said or 'failed'}", flush=True)
    return [] if said == "same" else [f"{PAGE_OF_THREADS}: {said or 'failed'}"]


def reports(folder: Path) -> list[Path]:
    """Write the pages of two runs with events and several red lights, one beside the other."""
    small = [f"groups.{name}.mailboxes={number}" for name, number in PEOPLE.items()]
    words = [part for each in small for part in ("--set", each)]
    both = [folder / "monday", folder / "beside"]
    run = ("run", "three-thousand", *words, "--set", "end=10:30", "--report", "--out")
    command(*run, str(both[0]), "--at", "08:30", "--at", "10:10")
    few = ("--set", "servers.fe1.request_limit=20", "--set", "servers.fe2.request_limit=20")
    command(*run, str(both[1]), *few, "--beside", str(both[0]), "--at", "08:30", "--at", "10:10")
    return [each / "report.html" for each in both]


def main(shots: Path, lessons: Sequence[Path]) -> int:
    """Do all of it; print what was seen."""
    shots.mkdir(parents=True, exist_ok=True)
    wrong: list[str] = []
    with jupyter() as address, sync_playwright() as play:
        browser = play.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        page = browser.new_page(viewport={"width": 1400, "height": 1000})
        for lesson in lessons:
            found = run_all(page, address, lesson.stem)
            page.screenshot(path=shots / f"{lesson.stem}.png")
            print(
                f"{lesson.stem} ran without an error" if not found else "\n".join(found), flush=True
            )
            wrong += found
        wrong += look_at_explorers(page, address, shots)
        wrong += move_beside_a_cell(page, address)
        wrong += look_at_pages(browser, BUILT, shots) if BUILT.is_dir() else []
        with TemporaryDirectory() as folder:
            wrong += look_at_prints(browser, reports(Path(folder)))
        browser.close()
    print("\n".join(wrong) or "all is well")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]).resolve(), LESSONS if "--all" in sys.argv else LESSONS[:1]))
