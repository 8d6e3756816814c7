"""How long a number takes to be taken apart, and a picture's row of lost weights: `python -m benchmarks.one_number`

In a real browser, on a server without other visitors: from just before the click on a term of a sum until that term's
own sum has been painted. Then, in this process, the whole row of pictures whose weights are randomised from the last
convolution down. Ends with 1 when a median sum takes more than 0.3 s or a row more than 2 s.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from benchmarks.page_latency import TWO_FRAMES
from tests.browser.chromium import ARGUMENTS, find
from tests.browser.dashboard import Runs, serving, settled
from zfnet_core.deconvnet.projection import strongest_units
from zfnet_core.deconvnet.rules import RULES
from zfnet_core.exhibits.trust.randomised import cascade
from zfnet_core.forward.trace import trace
from zfnet_core.models import zoo
from zfnet_core.photos import samples
from zfnet_core.photos.images import prepare

SUM_MS, ROW_S, WALKS = 300, 2.0, 4
SUM = ".st-key-number .terms .result"
ROWS = {"zfnet-classroom": "conv5", "alexnet-classroom": "conv5", "zfnet": "conv5", "vgg16": "conv5_3",
        "googlenet": "inception5b", "resnet18": "block4_2"}  # fmt: skip


def sums(page: Page, runs: Runs, address: str) -> list[float]:
    """Milliseconds to each new sum: of a chosen layer's strongest unit walked down term by term, for several layers."""
    times = []
    for layer in ("conv5", "conv4", "conv3", "conv2"):
        page.goto(f"{address}/contributions?layer={layer}&photo=coffee")
        page.locator(SUM).wait_for()
        settled(page, runs)
        for _ in range(WALKS):
            arrows, heading = (
                page.locator(".st-key-number .listed .to").filter(visible=True),
                page.locator(".st-key-number .crumbs button"),
            )
            if not arrows.count():
                break
            before, began = heading.count(), time.perf_counter()
            arrows.first.click()
            page.wait_for_function(
                "(count) => document.querySelector('.st-key-number').querySelectorAll('.crumbs button').length > count"
                " || [...document.querySelectorAll('.st-key-number *')].some((one) => one.shadowRoot"
                " && one.shadowRoot.querySelectorAll('.crumbs button').length > count)",
                arg=before,
                polling=5,
            )
            page.evaluate(TWO_FRAMES)
            times.append(1e3 * (time.perf_counter() - began))
            settled(page, runs)
    return times


def row_seconds(name: str, layer: str) -> float:
    """The whole row for a network's strongest unit of `layer`; random weights where those to download are not here."""
    entry = zoo.entry(name)
    network = zoo.load(name) if zoo.is_ready(name) else zoo.untrained(entry)
    seen = trace(network, prepare(samples.load("chelsea"), network.preprocessing))
    (unit,) = strongest_units(seen, layer, 1)
    began = time.perf_counter()
    for _ in cascade(seen, layer, unit, RULES["deconvnet"]):
        pass
    return time.perf_counter() - began


def main() -> None:
    """Measure, and print medians beside the targets."""
    with tempfile.TemporaryDirectory() as name, serving(Path(name) / "log.txt") as address, sync_playwright() as p:
        browser = p.chromium.launch(executable_path=find(), args=list(ARGUMENTS))
        page = browser.new_page(viewport={"width": 1440, "height": 1000}, bypass_csp=True)
        runs = Runs(page)
        times = sums(page, runs, address)
        missed = bool(runs.exceptions)
    median = statistics.median(times)
    missed |= median > SUM_MS
    print(f"click → its sum: median {median:.0f} ms, worst {max(times):.0f} ms of {len(times)}, target {SUM_MS} ms")
    for network, layer in ROWS.items():
        took = row_seconds(network, layer)
        missed |= took > ROW_S
        print(f"lost weights from {layer} of {network} down: {took:.2f} s, target {ROW_S:g} s")
    sys.exit(missed)


if __name__ == "__main__":
    main()
