"""How long a wall of 16 maps takes, from the click in a real browser until its last picture is painted.

    python -m benchmarks.features_wall

The server and the browser run on this machine. From the bundled gallery (144 projections), with their photos at hand
(288 pictures; give them as $ZFNET_EXPLORER_PHOTOS), and computed from the sample photos (288 pictures, none of them in
a cache).
"""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Page, expect, sync_playwright

from tests.browser.chromium import ARGUMENTS, find
from tests.browser.dashboard import Runs, serving

PAGES = 6
ALL_PAINTED = """(before) => {
    const wall = [...document.querySelectorAll('.st-key-wall *')].find((element) => element.shadowRoot)?.shadowRoot;
    const maps = [...(wall?.querySelectorAll('button') ?? [])];
    return maps.length > 0 && maps[0].dataset.map !== before
        && maps.every((map) => [...map.querySelectorAll('canvas')].every((canvas) => canvas.dataset.painted));
}"""


def turn_pages(page: Page, runs: Runs, address: str, link: str) -> tuple[list[float], int]:
    """Seconds from each click on the next page to the last painted picture, and the pictures of one wall."""
    page.goto(f"{address}/features?{link}")
    page.wait_for_function(ALL_PAINTED, arg="", timeout=120_000)
    seconds = []
    for _ in range(PAGES):
        page.wait_for_timeout(1500)
        expect(page.get_by_role("button", name="Next page")).to_have_count(1)
        first = page.locator(".st-key-wall button").first.get_attribute("data-map")
        before, start = runs.finished, time.perf_counter()
        page.get_by_role("button", name="Next page").click()
        page.wait_for_function(ALL_PAINTED, arg=first, timeout=60_000, polling="raf")
        seconds.append(time.perf_counter() - start)
        runs.wait(before + 1)
    return seconds, 9 * page.locator(".st-key-wall canvas").count()


def main() -> None:
    """Print the table."""
    print("| wall of 16 maps | pictures | median, s | slowest, s |\n| --- | ---: | ---: | ---: |")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        os.environ["ZFNET_EXPLORER_CACHE"] = folder
        with serving(Path(folder) / "log.txt") as address:
            browser = playwright.chromium.launch(executable_path=find(), args=list(ARGUMENTS))
            page = browser.new_page(viewport={"width": 1440, "height": 1000})
            runs = Runs(page)
            for source in ("bundled", "samples"):
                for layer in ("conv2", "conv4", "conv5"):
                    link = f"features_from={source}&features_layer={layer}"
                    seconds, pictures = turn_pages(page, runs, address, link)
                    print(
                        f"| {source}, {layer} | {pictures} | {statistics.median(seconds):.2f} | {max(seconds):.2f} |",
                        flush=True,
                    )
            browser.close()


if __name__ == "__main__":
    main()
