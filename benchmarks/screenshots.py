"""Every page of the registry as pictures, to be looked at: `python -m benchmarks.screenshots FOLDER`.

At 390, 768, 1280, 1440 and 1920 px, in both themes; `--whole` takes the whole page instead of what a window shows,
`--present` as a projector shows it. `--cards` makes the start page's small pictures in `assets/cards/` instead.
"""

from __future__ import annotations

import argparse
import io
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.browser.chromium import ARGUMENTS, find
from tests.browser.dashboard import Runs, serving, settled
from ui.exhibits import EXHIBITS
from ui.shell.exhibit import Exhibit

SIZES = ((390, 844), (768, 1024), (1280, 720), (1440, 900), (1920, 1080))
THEMES = ("light", "dark")
CARD_PX = (480, 270)
HIGHEST_PX = 6000


def main() -> None:
    """Take the pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", default=Path("screenshots"))
    parser.add_argument("--pages", nargs="+", default=[], metavar="PAGE", help="only these (default: all)")
    parser.add_argument("--widths", nargs="+", type=int, default=[], help="only these widths in px (default: all)")
    parser.add_argument("--themes", nargs="+", default=list(THEMES), choices=THEMES)
    parser.add_argument("--photo", default="chelsea", help="a sample's name")
    parser.add_argument("--whole", action="store_true")
    parser.add_argument("--present", action="store_true")
    parser.add_argument("--cards", action="store_true")
    parser.add_argument("--address", help="of a server that runs already (default: one is started)")
    given = parser.parse_args()
    exhibits = [exhibit for exhibit in EXHIBITS if not given.pages or exhibit.path in given.pages]
    with started(given.address) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find(), args=list(ARGUMENTS))
        if given.cards:
            cards(browser, address, [exhibit for exhibit in exhibits if exhibit is not EXHIBITS[0]])
            return
        given.folder.mkdir(parents=True, exist_ok=True)
        query = f"?photo={given.photo}" + ("&present=1" if given.present else "")
        for theme in given.themes:
            for width, height in SIZES:
                if given.widths and width not in given.widths:
                    continue
                with opened(browser, width, height, theme) as (page, runs):
                    for exhibit in exhibits:
                        come(page, runs, address, exhibit, query)
                        if given.whole:
                            stretch(page, runs, width, height)
                        name = f"{exhibit.path}-{width}-{theme}.png"
                        page.screenshot(path=given.folder / name)
                        print(given.folder / name, flush=True)
                        page.set_viewport_size({"width": width, "height": height})
        browser.close()


def cards(browser: Browser, address: str, exhibits: Sequence[Exhibit]) -> None:
    """A small picture of each page as a projector shows it, without its heading."""
    with opened(browser, 1280, 900, "light") as (page, runs):
        for exhibit in exhibits:
            come(page, runs, address, exhibit, "?photo=chelsea&present=1")
            top = page.locator(".zf-heading").bounding_box()
            assert top is not None
            high = 1280 * CARD_PX[1] // CARD_PX[0]
            shot = page.screenshot(clip={"x": 0, "y": top["y"] + top["height"] + 8, "width": 1280, "height": high})
            small = Image.open(io.BytesIO(shot)).convert("RGB").resize(CARD_PX, Image.Resampling.LANCZOS)
            exhibit.card.parent.mkdir(parents=True, exist_ok=True)
            small.save(exhibit.card, quality=72, method=6)
            print(exhibit.card, exhibit.card.stat().st_size, "bytes", flush=True)


@contextmanager
def started(address: str | None) -> Iterator[str]:
    """The address of a running server; one is started where none is given."""
    if address:
        yield address.rstrip("/")
        return
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder) / "log.txt") as new:
        yield new


@contextmanager
def opened(browser: Browser, width: int, height: int, theme: str) -> Iterator[tuple[Page, Runs]]:
    """A window of that size, in which script runs are counted."""
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme="dark" if theme == "dark" else "light",
        bypass_csp=True,
        locale="en-GB",
    )
    page = context.new_page()
    page.set_default_timeout(90_000)
    yield page, Runs(page)
    context.close()


def come(page: Page, runs: Runs, address: str, exhibit: Exhibit, query: str) -> None:
    """Open a page and wait until it has nothing more to say."""
    page.goto(f"{address}/{'' if exhibit is EXHIBITS[0] else exhibit.path}{query}")
    expect(page.locator("h1")).to_be_visible()
    settled(page, runs)
    with suppress(AssertionError):  # a bar that stays belongs to the page
        expect(page.locator("[data-testid=stProgress]")).to_have_count(0, timeout=60_000)
    settled(page, runs)


def stretch(page: Page, runs: Runs, width: int, height: int) -> None:
    """Make the window as high as the page."""
    whole = int(page.evaluate("document.querySelector('[data-testid=stMain]').scrollHeight"))
    page.set_viewport_size({"width": width, "height": min(max(whole, height), HIGHEST_PX)})
    settled(page, runs)


if __name__ == "__main__":
    main()
