"""What a visitor waits for on the occlusion page, in a real browser: `python -m benchmarks.occlusion_latency`

On an otherwise idle server: a new photo → the first coarse map, letting go of the square → its exact value, the time
from one frame to the next during a drag; then the click of a third visitor while two others are sweeping.
"""

from __future__ import annotations

import argparse
import functools
import statistics
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from benchmarks.page_latency import box_of, opened, timed
from tests.browser.chromium import ARGUMENTS, find
from tests.browser.dashboard import Runs, serving

REPEATS = 20
FRAMES = """() => new Promise((done) => {
  const times = [];
  const frame = (now) => {
    times.push(now);
    times.length > 60 ? done(times.slice(1).map((time, place) => time - times[place])) : requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
})"""
EXACT = """() => {
  const { shown, box } = zfnetExplorer.occluder;
  return shown?.kind === 'exact' && shown.box.top === box.top && shown.box.left === box.left;
}"""
PHOTOS = ("Motorcycle", "Rocket", "Cup of coffee", "Temple roofs in China", "Flower")
SQUARE = ".st-key-occlusion-first .box"


def first_maps(page: Page, address: str, query: str) -> list[float]:
    """Milliseconds from choosing each of some other photos until its first coarse map is drawn."""
    page.goto(f"{address}/occlusion?{query}")
    times = []
    for name in PHOTOS:
        page.wait_for_function("globalThis.zfnetExplorer?.occluder?.header?.done", timeout=300_000)
        page.wait_for_timeout(1000)
        title = page.evaluate("zfnetExplorer.occluder.header.title")
        began = time.perf_counter()
        page.get_by_role("radio", name=name).click()
        new = "(title) => zfnetExplorer.occluder.header.title !== title && zfnetExplorer.occluder.header.grid"
        page.wait_for_function(new, arg=title, polling=5, timeout=300_000)
        times.append(1e3 * (time.perf_counter() - began))
    return times


def releases(page: Page) -> tuple[list[float], list[float]]:
    """Milliseconds from each release to the exact value, and between the frames of a drag."""
    page.wait_for_function("zfnetExplorer.occluder.header.done", timeout=300_000)
    waits, frames = [], []
    for number in range(REPEATS):
        box = box_of(page, SQUARE)
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        page.mouse.move(x, y)
        page.mouse.down()
        page.mouse.move(x + (31 if number % 2 else -29), y + (17 if number % 4 < 2 else -19), steps=10)
        if number == 0:
            page.evaluate(f"globalThis.frames60 = ({FRAMES})()")
            for step in range(60):
                page.mouse.move(x + step, y + step / 2)
            frames = page.evaluate("globalThis.frames60")
        began = time.perf_counter()
        page.mouse.up()
        page.wait_for_function(EXACT, polling=5, timeout=60_000)
        waits.append(1e3 * (time.perf_counter() - began))
        page.wait_for_timeout(200)
    return waits, frames


def clicks_beside_sweeps(browser: Browser, address: str) -> list[float]:
    """Milliseconds of a third visitor's clicks on units while two others sweep with a fine step."""
    sweepers = [browser.new_page(bypass_csp=True) for _ in range(2)]
    for page, photo in zip(sweepers, ("rocket", "china"), strict=True):
        page.goto(f"{address}/occlusion?occlusion_stride=4&photo={photo}")
    page = browser.new_page(viewport={"width": 1440, "height": 1000}, bypass_csp=True)
    runs = Runs(page)
    opened(page, runs, f"{address}/?layer=conv5")
    box = box_of(page, ".st-key-unit canvas")
    times = []
    for number in range(REPEATS):
        row, column = (5 * number + 2) % 13, (7 * number + 3) % 13
        if page.evaluate("zfnetExplorer.unitMap.chosen") == [row, column]:
            continue
        x, y = box["x"] + (column + 0.5) / 13 * box["width"], box["y"] + (row + 0.5) / 13 * box["height"]
        times.append(timed(page, runs, functools.partial(page.mouse.click, x, y)))
    return times


def told(what: str, values: list[float]) -> None:
    """Print median and 95th percentile."""
    worst = sorted(values)[min(len(values) - 1, int(0.95 * len(values)))]
    print(f"{what:48s} median {statistics.median(values):5.0f} ms   95 % {worst:5.0f} ms", flush=True)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--network", default="zfnet-classroom", help="a name of the zoo")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder) / "log.txt") as address, sync_playwright() as p:
        browser = p.chromium.launch(executable_path=find(), args=list(ARGUMENTS))
        page = browser.new_page(viewport={"width": 1440, "height": 1000}, bypass_csp=True)
        runs = Runs(page)
        told("a new photo → its first coarse map", first_maps(page, address, f"network={options.network}"))
        waits, frames = releases(page)
        told("letting go of the square → its exact value", waits)
        told("from one frame to the next during a drag", frames)
        page.close()
        told("a third visitor's click beside two sweeps", clicks_beside_sweeps(browser, address))
        sys.exit(1 if runs.exceptions else 0)


if __name__ == "__main__":
    main()
