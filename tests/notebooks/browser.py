"""A real JupyterLab in a real browser: run lessons, move a slider of each explorer, look at the book.

python -m tests.notebooks.browser FOLDER      leaves screenshots in FOLDER; exit code 1 when something is wrong
"""

from __future__ import annotations

import json
import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import which
from tempfile import TemporaryDirectory

from playwright.sync_api import Page, sync_playwright

from tests.notebooks import book
from tests.notebooks.lessons import FOLDER

# lesson: its explorer, what is chosen in its menu first, and the key that moves its first slider to an end
EXPLORERS = {
    "01_finding_a_path": ("connection", "GPRS modem", "Home"), "03_modes": ("day", "", "End"), "05_sizing": ("load", "", "End"),
    "06_storm": ("storm", "", "End"),
}  # fmt: skip
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
READY_MS = 120_000
LOOK_MS = 250
GOAL_S = 3.0
# the code cells as the open page holds them, seen or not: a long notebook draws only what is in view
_CELLS = "jupyterapp.shell.currentWidget.content.model.sharedModel.toJSON().cells.filter(cell => cell.cell_type === 'code')"


@contextmanager
def jupyter() -> Iterator[str]:
    """Yield the address of a JupyterLab of our own on loopback."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    token = secrets.token_hex(16)
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--expose-app-in-browser", f"--port={port}", "--ip=127.0.0.1",
               f"--notebook-dir={FOLDER}", f"--IdentityProvider.token={token}"]  # fmt: skip
    with TemporaryDirectory() as settings:
        _settle(Path(settings))
        environment = os.environ | {"JUPYTERLAB_SETTINGS_DIR": settings}
        with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
            try:
                _wait_for(port)
                yield f"http://127.0.0.1:{port}/lab/tree/{{lesson}}.ipynb?token={token}&reset"
            finally:
                server.terminate()


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
    for _ in range(300):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.2)
    raise TimeoutError("JupyterLab did not start within a minute")


def run_all(page: Page, address: str, lesson: str) -> list[str]:
    """Open a lesson, run all cells, and return what went wrong."""
    page.goto(address.format(lesson=lesson))
    page.wait_for_selector(".jp-Notebook .jp-CodeCell", timeout=READY_MS)
    _wait_until(page, "jupyterapp.shell.currentWidget.sessionContext?.session?.kernel?.status === 'idle'")
    page.evaluate("() => void jupyterapp.commands.execute('notebook:run-all-cells')")
    _wait_until(page, f"{_CELLS}.every(cell => cell.execution_count)")
    outputs = page.evaluate(f"() => {_CELLS}.flatMap(cell => cell.outputs)")
    return [f"{output['ename']}: {output['evalue']}" for output in outputs if output["output_type"] == "error"]


def _wait_until(page: Page, condition: str) -> None:
    """Wait for something in the page; JupyterLab may ask for the kernel meanwhile when it is slow to start."""
    for _ in range(READY_MS // LOOK_MS):
        if page.evaluate(f"() => Boolean({condition})"):
            return
        if page.locator(".jp-Dialog .jp-mod-accept").count():
            page.locator(".jp-Dialog .jp-mod-accept").first.click()
        page.wait_for_timeout(LOOK_MS)
    raise TimeoutError(f"JupyterLab did not come to this within {READY_MS // 1000} s: {condition}")


def move_a_slider(page: Page, first: str, key: str) -> float:
    """Choose `first` in the explorer's menu, move its first slider, and return the seconds until its picture has changed."""
    page.locator(".widget-image").first.scroll_into_view_if_needed(timeout=READY_MS)
    if first:
        _until_changed(page, lambda: page.locator(".widget-dropdown select").first.select_option(first))
    handle = page.locator(".widget-slider .noUi-handle").first
    handle.focus()
    return _until_changed(page, lambda: handle.press(key))


def _until_changed(page: Page, act: Callable[[], object]) -> float:
    """Return the seconds from an act to another picture."""
    before, begun = page.locator(".widget-image").first.get_attribute("src"), time.perf_counter()
    act()
    page.wait_for_function("before => document.querySelector('.widget-image').src != before", arg=before, timeout=READY_MS)
    return time.perf_counter() - begun


def look_at_book(page: Page, site: Path, shots: Path) -> list[str]:
    """Open the book from its files: every link leads to a page, every picture is there."""
    wrong = []
    page.goto((site / "index.html").as_uri())
    links = [str(link.get_attribute("href")) for link in page.locator("a").all()]
    page.screenshot(path=shots / "book.png")
    for link in links:
        page.goto((site / link).as_uri())
        if page.locator("h1").count() == 0:
            wrong.append(f"{link} has no heading")
        broken = page.evaluate("[...document.images].filter(image => !image.complete || !image.naturalWidth).length")
        if broken:
            wrong.append(f"{link}: {broken} pictures are missing")
    return wrong


def main(shots: Path) -> int:
    """Do all of it; print what was seen."""
    shots.mkdir(parents=True, exist_ok=True)
    wrong: list[str] = []
    with jupyter() as address, sync_playwright() as play:
        browser = play.chromium.launch(executable_path=which("chromium"), args=FLAGS)
        page = browser.new_page(viewport={"width": 1400, "height": 1000})
        for lesson in ("00_start_here", *EXPLORERS):
            found = run_all(page, address, lesson)
            wrong += [f"{lesson}: {text}" for text in found]
            if lesson in EXPLORERS:
                name, first, key = EXPLORERS[lesson]
                took_s = move_a_slider(page, first, key)
                page.screenshot(path=shots / f"{name}.png")
                print(f"{name:12s} slider to picture {took_s:5.2f} s (at most {GOAL_S:g})", flush=True)
            else:
                page.screenshot(path=shots / f"{lesson}.png")
                print(f"{lesson} ran without an error" if not found else f"{lesson}: {found}", flush=True)
        book.main(shots / "site")
        wrong += look_at_book(page, shots / "site", shots)
        browser.close()
    print("\n".join(wrong) or "all is well")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]).resolve()))
