"""The built site: every link and picture within it is there, nothing comes from elsewhere.

python -m tests.site FOLDER                 follows the links of each page, without a browser

`look_at_pages` opens each page in a browser; `make browser` calls it where a site is built.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

BUILT = Path(__file__).parents[1] / "site"
PHONE_PX = 390
WIDTHS_PX = (1280, PHONE_PX)
"""A screen, and a phone."""
READ_PX = 700
"""A figure of some ten inches has text of 13 points: at this width 12 px high."""
SHOWN = ("docs/index.html", "notebooks/00_start_here.html", "docs/reference/scenario-keys.html")
"""Pages of which a picture is kept."""
_LOADS = {"script": "src", "img": "src", "iframe": "src", "source": "src"}


class Links(HTMLParser):
    """The ids of a page, where it leads, and what it loads."""

    def __init__(self, page: Path) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.leads: list[str] = []
        self.loads: list[str] = []
        self.feed(page.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.ids.update(given[name] for name in ("id", "name") if name in given)
        if tag == "a" and "href" in given:
            self.leads.append(given["href"])
        if tag == "link" and given.get("rel") in {"stylesheet", "icon", "preload"}:
            self.loads.append(given["href"])
        if _LOADS.get(tag) in given:
            self.loads.append(given[_LOADS[tag]])


def pages(site: Path) -> list[Path]:
    """Return the pages that people read."""
    return sorted(path for path in site.rglob("*.html") if "_static" not in path.parts)


def broken(site: Path) -> list[str]:
    """Return a sentence for each link that leads nowhere, and each thing loaded from elsewhere."""
    read = {path.resolve(): Links(path) for path in pages(site)}
    wrong = []
    for page, links in read.items():
        name = page.relative_to(site.resolve())
        wrong += [f"{name} loads {target}" for target in links.loads if urlsplit(target).netloc]
        for target in [*links.leads, *links.loads]:
            parts = urlsplit(target)
            if parts.scheme or parts.netloc:
                continue
            path = (page.parent / unquote(parts.path)).resolve() if parts.path else page
            anchor = unquote(parts.fragment)
            if not path.is_file():
                wrong.append(f"{name}: there is no {target}")
            elif anchor and path in read and anchor not in read[path].ids:
                wrong.append(f"{name}: there is no place {target}")
    return wrong


def look_at_pages(browser: Browser, site: Path, shots: Path) -> list[str]:
    """Open each page at both widths, offline; return what is wrong, keep pictures of some."""
    wrong: list[str] = []
    for width in WIDTHS_PX:
        context = browser.new_context(viewport={"width": width, "height": 900}, offline=True)
        page = context.new_page()
        page.on("pageerror", lambda error: wrong.append(f"a script says: {error}"))
        for path in pages(site):
            if path == site / "index.html":
                continue  # it sends the browser on to the first page
            name = path.relative_to(site).as_posix()
            page.goto(path.as_uri())
            if page.evaluate("document.documentElement.scrollWidth") > width:
                wrong.append(f"{name} is wider than {width} px")
            pictures = (
                "[...document.images].filter(image => image.loading != 'lazy' && "
                "!(image.complete && image.naturalWidth)).length"
            )
            if count := page.evaluate(pictures):
                wrong.append(f"{name}: {count} pictures are missing")
            wrong.extend(f"{name}: {word}" for word in _hidden_meanings(page, width))
            wrong.extend(f"{name}: {word}" for word in _small_figures(page, width))
            if name in SHOWN:
                page.screenshot(path=shots / f"{width}-{path.stem}.png")
        context.close()
    return wrong


def look_at_prints(browser: Browser, reports: Iterable[Path]) -> list[str]:
    """Print the answer of each run's page, without its appendix; return those beyond one sheet."""
    wrong = []
    page = browser.new_context(offline=True).new_page()
    for path in reports:
        page.goto(path.as_uri())
        page.evaluate("document.querySelector('.appendix').remove()")
        sheets = len(re.findall(rb"/Type\s*/Page\b", page.pdf(format="A4")))
        print(f"{path.parent.name}: the answer takes {sheets} printed page{'s' * (sheets != 1)}")
        if sheets != 1:
            wrong.append(f"{path.parent.name}: the answer is printed on {sheets} pages")
    page.context.close()
    return wrong


def _hidden_meanings(page: Page, width: int) -> list[str]:
    """Return a sentence for each word whose meaning does not open over it within the screen."""
    wrong = []
    for word in page.locator("a.word").all():
        word.focus()
        box = word.locator(".meaning").bounding_box()
        if box is None or box["x"] < 0 or box["x"] + box["width"] > width or box["y"] < 0:
            wrong.append(f"the meaning of {word.text_content()!r} can't be read at {width} px")
    return wrong


def _small_figures(page: Page, width: int) -> list[str]:
    """Return a sentence where a phone shrinks figures until their text can't be read."""
    if width != PHONE_PX:
        return []
    shown: list[int] = page.evaluate(
        "[...document.querySelectorAll('.bd-article img')].map(image => image.clientWidth)"
    )
    small = [px for px in shown if px < READ_PX]
    return [f"{len(small)} figures are only {min(small)} px wide"] if small else []


def main(site: Path) -> int:
    """Follow the links; print what is wrong."""
    wrong = broken(site)
    print("\n".join(wrong) or f"{len(pages(site))} pages: every link within the site leads there")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
