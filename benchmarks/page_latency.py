"""How long a visitor waits on the first page, measured in a real browser: `python -m benchmarks.page_latency`

From just before the click until the unit's pictures are decoded and two frames have been drawn, on a server without
other visitors. Layers are opened for the first time for their photo; new photos are fresh files of 12 megapixels.
Ends with 1 when a median misses its target.
"""

from __future__ import annotations

import functools
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image
from playwright.sync_api import FloatRect, Page, sync_playwright

from tests.browser.chromium import ARGUMENTS, find
from tests.browser.dashboard import Runs, serving

REPEATS = 12
UNIT, LAYER, SAMPLE, UPLOAD = "click a unit", "open another layer", "a sample photo", "upload a 12-megapixel JPEG"
TARGETS_MS = {UNIT: 300, LAYER: 300, SAMPLE: 1000, UPLOAD: 1000}
TWO_FRAMES = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"


def timed(page: Page, runs: Runs, action: Callable[[], object], ready: str = "true") -> float:
    """Milliseconds from just before `action` until newer pictures and whatever makes `ready` true are painted."""
    run, sets = runs.finished, page.evaluate("zfnetExplorer.projections.shown")
    start = time.perf_counter()
    action()
    page.wait_for_function(f"(sets) => zfnetExplorer.projections.shown > sets && ({ready})", arg=sets, polling=5)
    page.evaluate(TWO_FRAMES)
    took = 1e3 * (time.perf_counter() - start)
    runs.wait(run + 1)
    page.wait_for_timeout(300)
    return took


def box_of(page: Page, selector: str) -> FloatRect:
    """Where an element lies that is on the page."""
    box = page.locator(selector).bounding_box()
    assert box is not None, f"{selector} is not to be seen"
    return box


def opened(page: Page, runs: Runs, address: str) -> None:
    """Open a link and let the page settle."""
    page.goto(address)
    runs.wait(runs.finished + 1)
    page.wait_for_function("globalThis.zfnetExplorer?.projections?.shown && globalThis.zfnetExplorer.atlas?.header")
    page.wait_for_timeout(1500)


def unit_clicks(page: Page, runs: Runs, address: str) -> list[float]:
    """Clicks all over the largest and the smallest maps."""
    times = []
    for layer, side in (("conv5", 13), ("conv1", 110)):
        opened(page, runs, f"{address}/look-inside?layer={layer}")
        box = box_of(page, ".st-key-unit canvas")
        for number in range(REPEATS):
            column, row = (5 * number + 2) % side, (7 * number + 3) % side
            if page.evaluate("zfnetExplorer.unitMap.chosen") == [row, column]:
                continue
            x, y = box["x"] + (column + 0.5) / side * box["width"], box["y"] + (row + 0.5) / side * box["height"]
            times.append(timed(page, runs, functools.partial(page.mouse.click, x, y)))
    return times


def layer_changes(page: Page, runs: Runs, address: str) -> list[float]:
    """Every layer once for each of some photos, so that no maps are ready."""
    times = []
    for photo in ("coffee", "china", "flower"):
        opened(page, runs, f"{address}/look-inside?photo={photo}&layer=fc8")
        for name in ("conv2", "conv5", "conv1", "conv4", "conv3", "fc6", "fc7"):
            button = page.get_by_role("radio", name=f"{name}:")
            times.append(timed(page, runs, button.click, f"zfnetExplorer.atlas.header.layer === '{name}'"))
    return times


def sample_photos(page: Page, runs: Runs, address: str) -> list[float]:
    """Sample photos that nobody has looked at yet."""
    opened(page, runs, f"{address}/look-inside")
    names = ("Astronaut", "Motorcycle", "Rocket", "Photographer", "Greek coins")
    return [timed(page, runs, page.get_by_role("radio", name=name).click) for name in names]


def uploads(page: Page, runs: Runs, address: str, folder: Path) -> list[float]:
    """Files that the server has never seen: soft blobs with camera noise, as large as a phone's photos."""
    opened(page, runs, f"{address}/look-inside")
    times, random = [], np.random.default_rng()
    for number in range(5):
        blobs = Image.fromarray(random.integers(0, 256, (9, 12, 3), dtype=np.uint8)).resize((4000, 3000))
        noise = random.integers(-12, 13, (3000, 4000, 1))
        file = folder / f"fresh-{number}.jpg"
        Image.fromarray((np.asarray(blobs) + noise).clip(0, 255).astype(np.uint8)).save(file, quality=88)
        field = page.locator(".st-key-upload input[type=file]")
        times.append(timed(page, runs, functools.partial(field.set_input_files, file)))
    return times


def main() -> None:
    """Measure, and print medians and the worst beside the targets."""
    with tempfile.TemporaryDirectory() as name, serving(Path(name) / "log.txt") as address, sync_playwright() as p:
        browser = p.chromium.launch(executable_path=find(), args=list(ARGUMENTS))
        page = browser.new_page(viewport={"width": 1440, "height": 1000}, bypass_csp=True)
        page.set_default_timeout(60_000)
        runs = Runs(page)
        print(f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f} before the start")
        measured = {
            UNIT: unit_clicks(page, runs, address),
            LAYER: layer_changes(page, runs, address),
            SAMPLE: sample_photos(page, runs, address),
            UPLOAD: uploads(page, runs, address, Path(name)),
        }
        missed = False
        for what, times in measured.items():
            median, target = statistics.median(times), TARGETS_MS[what]
            missed |= median > target
            print(
                f"{what:28s} median {median:5.0f} ms   worst {max(times):5.0f} ms   of {len(times):2d}   "
                f"target {target:4d} ms {'missed' if median > target else 'met'}"
            )
        sys.exit(1 if missed or runs.exceptions else 0)


if __name__ == "__main__":
    main()
