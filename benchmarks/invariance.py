"""Fig. 5 for five photos (25 shifts, 17 scales, 36 rotations): ours, the bare forward passes, and a Pillow loop.

    python -m benchmarks.invariance [--network NAME] [--lanes N] [--photos P] [--rounds R] [--no-browser]

Ours is what the page runs: a task, with both workers while nobody else waits, one torch thread each. The
bare forward makes as many passes with ready-made batches and throws the answers away; it is given its best form, the
faster of batches in lanes and of large batches with torch's own threads. The loop moves one photo at a time with
Pillow, reads layers 1 and 7 with hooks and has torch's own threads. They take turns, kind by kind; every number is the
median over the rounds, summed over kinds. Then the page is opened in Chromium, on a server of its own, and the time to
its first complete curve is taken.
"""

from __future__ import annotations

import argparse
import copy
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytorchcv.model_provider
import torch
from PIL import Image

from zfnet_core.exhibits.invariance.curves import InvarianceSettings, invariance_curves
from zfnet_core.forward.batching import in_lanes, parts, photos_per_step
from zfnet_core.models import zoo
from zfnet_core.models.network import Network
from zfnet_core.photos import samples
from zfnet_core.photos.images import prepare, shown
from zfnet_core.photos.transforms import Kind
from zfnet_core.serving.scheduler import Scheduler

KINDS: tuple[Kind, ...] = ("down", "scale", "rotation")
LARGE_BATCH = 32
MOST_OF_FORWARD, LEAST_OF_LOOP, FIRST_CURVE_S = 1.3, 3.0, 2.0
LANES, THREADS = "bare forward, lanes", "bare forward, threads"
OURS, LOOP = "ours", "Pillow loop"


def forward_in_lanes(network: Network, images: torch.Tensor, lanes: int) -> Callable[[], None]:
    """The passes alone, in the batches that ours takes, side by side."""
    batches = list(parts(len(images), photos_per_step(network)))

    def one(part: slice) -> None:
        with torch.inference_mode():
            network.module(images[part])

    def run() -> None:
        torch.set_num_threads(1)
        list(in_lanes(one, batches, lanes))

    return run


def forward_in_threads(network: Network, images: torch.Tensor, threads: int) -> Callable[[], None]:
    """The passes alone, in large batches, torch using its own threads inside each."""

    def run() -> None:
        torch.set_num_threads(threads)
        with torch.inference_mode():
            for part in parts(len(images), LARGE_BATCH):
                network.module(images[part])

    return run


def job(
    scheduler: Scheduler, network: Network, images: torch.Tensor, settings: InvarianceSettings
) -> Callable[[], None]:
    """The computation as the page has it made, anew each time."""

    def steps():
        return invariance_curves(network, images, settings, scheduler.workers, scheduler.free_workers)

    def run() -> None:
        torch.set_num_threads(1)
        asked = object()  # nobody has asked this before: what is known already would take no time
        while (found := scheduler.tasks.look("somebody", "benchmark:invariance", asked, steps)).live:
            time.sleep(0.005)
        found.raise_failure()
        assert found.result is not None and found.result.done == 1

    return run


def loop_module(network: Network) -> tuple[torch.nn.Module, tuple[str, str]]:
    """The module a straightforward script would use and where its layers 1 and 7 are: pytorchcv's own where there is
    one (random weights: time does not depend on them), else ours."""
    if zoo.entry(network.name).origin == "pytorchcv":
        module = pytorchcv.model_provider.get_model(network.name).eval().requires_grad_(False)
        return module, ("features.stage1.unit1.activ", "output.fc2.activ")
    module = copy.deepcopy(network.module).to(memory_format=torch.contiguous_format)
    return module, (network.layer("conv1").step, network.layer("fc7").step)


def pillow_loop(
    network: Network, photos: list[np.ndarray], kind: str, amounts: tuple[float, ...], threads: int
) -> Callable[[], None]:
    """One photo at a time, layers 1 and 7 through hooks, distances and the probability of one class."""
    module, wanted = loop_module(network)
    kept: dict[str, torch.Tensor] = {}
    for name in wanted:
        module.get_submodule(name).register_forward_hook(lambda _m, _i, out, name=name: kept.__setitem__(name, out))

    def features(moved: Image.Image) -> tuple[list[torch.Tensor], float]:
        values = torch.from_numpy(np.asarray(moved).copy()).permute(2, 0, 1)[None].float() / 255
        answer = module(network.preprocessing.normalise(values)).softmax(dim=1)[0, 3].item()
        return [kept[name].clone() for name in wanted], answer

    def moved(picture: Image.Image, amount: float) -> Image.Image:
        if kind == "rotation":
            return picture.rotate(amount, Image.Resampling.BILINEAR)
        shrink = 1 / amount if kind == "scale" else 1
        down = -amount if kind == "down" else 0
        data = (shrink, 0, 112 * (1 - shrink), 0, shrink, 112 * (1 - shrink) + down)
        return picture.transform(picture.size, Image.Transform.AFFINE, data, Image.Resampling.BILINEAR)

    def run() -> None:
        torch.set_num_threads(threads)
        with torch.no_grad():
            for pixels in photos:
                picture = Image.fromarray(pixels)
                reference, _ = features(picture)
                for amount in amounts:
                    found, _ = features(moved(picture, amount))
                    for a, b in zip(found, reference, strict=True):
                        (a - b).norm().item()

    return run


def first_curve_in_chromium() -> tuple[float, float]:
    """Seconds from opening the page with five photos, on a fresh server, to its first complete curve and to all."""
    from playwright.sync_api import sync_playwright

    from tests.browser.chromium import ARGUMENTS, find
    from tests.browser.dashboard import serving

    whole = "() => { const shown = globalThis.zfnetExplorer?.movedPhotos?.data?.panels[0].values;"
    first = f"{whole} return shown && shown[0].every(value => value !== null); }}"
    every = f"{whole} return shown && shown.flat().every(value => value !== null); }}"
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder) / "log.txt") as address, sync_playwright() as p:
        browser = p.chromium.launch(executable_path=find(), args=list(ARGUMENTS))
        page = browser.new_page(viewport={"width": 1440, "height": 1000}, bypass_csp=True)
        page.goto(address)  # a class has the dashboard open; this is not about loading its scripts
        page.get_by_text("Shift, scale, turn").first.wait_for()
        page.wait_for_timeout(3000)
        start = time.perf_counter()
        page.get_by_text("Shift, scale, turn").first.click()
        page.wait_for_function(first, timeout=120_000, polling=20)
        seconds = time.perf_counter() - start
        page.wait_for_function(every, timeout=120_000, polling=20)
        complete = time.perf_counter() - start
        browser.close()
    return seconds, complete


def verdict(holds: bool) -> str:
    """What stands behind a criterion."""
    return "PASS" if holds else "FAIL"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--network", default=zoo.DEFAULT)
    parser.add_argument("--lanes", type=int, default=2)
    parser.add_argument("--photos", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--no-browser", action="store_true")
    options = parser.parse_args()
    scheduler, network = Scheduler(workers=options.lanes), zoo.load(options.network)
    photos = [samples.load(name) for name in samples.names()[: options.photos]]
    images = torch.cat([prepare(photo, network.preprocessing) for photo in photos])
    pixels = [shown(photo, network.preprocessing) for photo in photos]
    forward_in_lanes(network, images.contiguous(memory_format=torch.channels_last), options.lanes)()

    seconds: dict[tuple[str, str], list[float]] = defaultdict(list)
    for _ in range(options.rounds):
        for kind in KINDS:
            settings = InvarianceSettings.of_figure_5(kind)
            passes = len(photos) * len(settings.amounts)
            ready = torch.randn(passes, *images.shape[1:]).contiguous(memory_format=torch.channels_last)
            for label, work in (
                (LANES, forward_in_lanes(network, ready, options.lanes)),
                (OURS, job(scheduler, network, images, settings)),
                (THREADS, forward_in_threads(network, ready, options.lanes)),
                (LOOP, pillow_loop(network, pixels, kind, settings.amounts, options.lanes)),
            ):
                start = time.perf_counter()
                work()
                seconds[label, kind].append(time.perf_counter() - start)
    total = {
        label: sum(statistics.median(seconds[label, kind]) for kind in KINDS) for label in (LANES, THREADS, OURS, LOOP)
    }
    best = min(total[LANES], total[THREADS])
    amounts = sum(len(InvarianceSettings.of_figure_5(kind).amounts) for kind in KINDS)
    print(
        f"{network.title}, {options.lanes} lanes, {len(photos)} photos × {amounts} amounts, {options.rounds} rounds\n"
    )
    print("| | seconds | against the best bare forward | Pillow loop against it |\n|---|---|---|---|")
    for label, value in total.items():
        print(f"| {label} | {value:.1f} | {value / best:.2f}× | {total[LOOP] / value:.2f}× |")
    to_forward, to_loop = total[OURS] / best, total[LOOP] / total[OURS]
    print(f"\n{verdict(to_forward <= MOST_OF_FORWARD)}: {to_forward:.2f}× the bare forward, at most {MOST_OF_FORWARD}×")
    print(f"{verdict(to_loop >= LEAST_OF_LOOP)}: {to_loop:.2f}× faster than the Pillow loop, at least {LEAST_OF_LOOP}×")
    if not options.no_browser:
        first, complete = first_curve_in_chromium()
        said = (
            f"first curve on screen after {first:.2f} s, at most {FIRST_CURVE_S:g} s (all five after {complete:.1f} s)"
        )
        print(f"{verdict(first <= FIRST_CURVE_S)}: {said}")


if __name__ == "__main__":
    main()
