"""How long a visitor waits on the first page, measured in a real browser: `python -m benchmarks.page_latency`

From the click to the new pictures painted, on an otherwise idle server.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from tests.browser.chromium import ARGUMENTS, find
from tests.browser.dashboard import Runs, serving

REPEATS = 12


def timed(runs: Runs, action: Callable[[], object], painted: Callable[[], object]) -> float:
    """Milliseconds from just before `action` until its run has finished and `painted` says so."""
    before = runs.finished
    start = time.perf_counter()
    action()
    painted()
    took = 1e3 * (time.perf_counter() - start)
    runs.wait(before + 1)
    return took


def shown(page: Page) -> int:
    """How many sets of pictures have been shown so far."""
    return page.evaluate("globalThis.zfnetExplorer?.projections?.shown ?? 0")


def wait_for_pictures(page: Page, before: int) -> None:
    """Until a newer set of pictures is decoded and on the page."""
    page.wait_for_function("(n) => globalThis.zfnetExplorer.projections.shown > n", arg=before, polling=5)


def measure(page: Page, runs: Runs, address: str) -> dict[str, list[float]]:
    """Clicks on units of conv5 and conv1, changes of the layer, and new photos."""
    times: dict[str, list[float]] = {}
    for layer, side in (("conv5", 13), ("conv1", 110)):
        page.goto(f"{address}/?layer={layer}")
        runs.wait(runs.finished + 1)
        page.wait_for_function("globalThis.zfnetExplorer?.projections?.shown && globalThis.zfnetExplorer.unitMap")
        page.wait_for_timeout(1000)
        box = page.locator(".st-key-unit canvas").bounding_box()
        for number in range(REPEATS):
            column, row = (5 * number + 2) % side, (7 * number + 3) % side
            if page.evaluate("zfnetExplorer.unitMap.chosen") == [row, column]:
                continue
            place = (column + 0.5) / side, (row + 0.5) / side
            point = box["x"] + place[0] * box["width"], box["y"] + place[1] * box["height"]
            before = shown(page)
            click = timed(runs, lambda: page.mouse.click(*point), lambda: wait_for_pictures(page, before))  # noqa: B023
            times.setdefault(f"click a unit of {layer} → pictures", []).append(click)
    names = ["conv2", "conv1", "conv3", "conv5", "conv4", "conv1", "conv5"]
    for name in names:
        button = page.get_by_role("radio", name=f"{name}:")
        ready = f"globalThis.zfnetExplorer.atlas.header.layer === '{name}'"
        change = timed(runs, button.click, lambda: page.wait_for_function(ready, polling=5))  # noqa: B023
        times.setdefault("change the layer → its maps", []).append(change)
    for name in ("Astronaut", "Cup of coffee", "Motorcycle", "Rocket", "Flower"):
        button, before = page.get_by_role("radio", name=name), shown(page)
        new = timed(runs, button.click, lambda: wait_for_pictures(page, before))  # noqa: B023
        times.setdefault("a new photo → everything", []).append(new)
    return times


def main() -> None:
    """Measure and print medians and the worst."""
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder) / "log.txt") as address, sync_playwright() as p:
        browser = p.chromium.launch(executable_path=find(), args=list(ARGUMENTS))
        page = browser.new_page(viewport={"width": 1440, "height": 1000})
        runs = Runs(page)
        for what, values in measure(page, runs, address).items():
            print(f"{what:40s} median {statistics.median(values):4.0f} ms   worst {max(values):4.0f} ms")
        sys.exit(1 if runs.exceptions else 0)


if __name__ == "__main__":
    main()
