"""A real JupyterLab in a real browser: run lessons, move a slider of each explorer, look at the book.

python -m tests.notebooks.browser FOLDER      leaves screenshots in FOLDER; exit code 1 when something is wrong
"""

from __future__ import annotations

import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import which

from playwright.sync_api import Page, sync_playwright

from tests.notebooks import book
from tests.notebooks.lessons import FOLDER

EXPLORERS = {"01_finding_a_path": "connection", "03_modes": "day", "05_sizing": "load", "06_storm": "storm"}
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
READY_MS = 90_000
GOAL_S = 3.0


@contextmanager
def jupyter() -> Iterator[str]:
    """Yield the address of a JupyterLab of our own on loopback."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    token = secrets.token_hex(16)
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", f"--port={port}", "--ip=127.0.0.1",
               f"--notebook-dir={FOLDER}", f"--IdentityProvider.token={token}", "--LabApp.news_url=", "--LabApp.check_for_updates_class="
               "jupyterlab.NeverCheckForUpdate"]  # fmt: skip
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            _wait_for(port)
            yield f"http://127.0.0.1:{port}/lab/tree/{{lesson}}.ipynb?token={token}&reset"
        finally:
            server.terminate()


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
    page.get_by_role("menuitem", name="Run", exact=True).click(timeout=READY_MS)
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    page.wait_for_function("document.querySelectorAll('.jp-Notebook .jp-InputPrompt').length > 5", timeout=READY_MS)
    page.wait_for_function(
        "[...document.querySelectorAll('.jp-InputPrompt')].some(p => /\\[\\d+\\]/.test(p.textContent))"
        " && ![...document.querySelectorAll('.jp-InputPrompt')].some(p => p.textContent.includes('[*]'))",
        timeout=READY_MS,
    )
    return [error.inner_text()[:200] for error in page.locator(".jp-RenderedText[data-mime-type='application/vnd.jupyter.error']").all()]


def move_a_slider(page: Page) -> float:
    """Move the first slider of the page's explorer a step and return the seconds until its picture has changed."""
    picture = page.locator(".jupyter-widgets.widget-image, img.widget-image").first
    picture.scroll_into_view_if_needed(timeout=READY_MS)
    before = picture.get_attribute("src")
    handle = page.locator(".widget-slider .noUi-handle").first
    handle.focus()
    begun = time.perf_counter()
    handle.press("ArrowRight")
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
                took_s = move_a_slider(page)
                page.screenshot(path=shots / f"{EXPLORERS[lesson]}.png")
                print(f"{EXPLORERS[lesson]:12s} slider to picture {took_s:5.2f} s (at most {GOAL_S:g})", flush=True)
                wrong += [f"{lesson}: {took_s:.1f} s"] if took_s > GOAL_S else []
            else:
                page.screenshot(path=shots / f"{lesson}.png")
                print(f"{lesson} ran without an error" if not found else f"{lesson}: {found}", flush=True)
        book.main(shots / "site")
        wrong += look_at_book(page, shots / "site", shots)
        browser.close()
    print("\n".join(wrong) or "all is well")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
