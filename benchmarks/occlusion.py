"""Occlusion sweeps against captum, batched full passes and a loop: `python -m benchmarks.occlusion`

Every round runs each method once, one after the other, so that all of them meet the same machine; the table gives
milliseconds per position (median of the rounds) and how many times faster the incremental sweep is. Ours runs each
whole sweep, from the photo to the probabilities and the totals of all layer-5 maps, first cold (plans and transformed
filters still to be made), then warm; the ratios are for warm. The cost of the others does not depend on the positions,
so they run a sample of them. `--without-winograd` and `--without-pushed` run our sweep without one of its algorithms as
well and print how much longer it then takes. captum runs the network in both memory formats and its
best counts; the loop in PyTorch's default one, as people use it; the batched passes in channels-last, which is faster.
"""

from __future__ import annotations

import argparse
import copy
import functools
import os
import platform
import statistics
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from unittest import mock

import torch
from captum.attr import Occlusion

from zfnet_core.exhibits.occlusion import incremental_network, sweep
from zfnet_core.exhibits.occlusion.incremental_network import FILTERS, _axis_plans
from zfnet_core.exhibits.occlusion.occluder import OcclusionSettings
from zfnet_core.models import zoo
from zfnet_core.models.network import Network, present
from zfnet_core.models.zfnet import zfnet

ROWS = tuple((side, stride) for side in (32, 48, 64) for stride in (8, 16))
BATCHES = (8, 32)
# What has to be changed for a sweep to do without one.
ALGORITHMS: dict[str, Callable[[], AbstractContextManager[object]]] = {
    "winograd": lambda: mock.patch.object(incremental_network.Stage, "suits_tiles", False),
    "pushed": lambda: mock.patch.object(incremental_network, "PUSHED_SHARE", 0.0),
}
PERTURBATIONS = (1, 16, 64)


def network_of(name: str) -> Network:
    """A network of the zoo, or `zfnet-fig3`: Fig. 3 with 4096 units, 1000 classes and no contrast normalisation."""
    if name != "zfnet-fig3":
        return zoo.load(name)
    torch.manual_seed(0)
    module = zfnet(norm="none")
    labels = [f"class {index}" for index in range(1000)]
    return present(name, "ZFNet, Fig. 3", module, zoo.tower_layers(module), labels, source="random", trained=False)


def random_photo(network: Network) -> torch.Tensor:
    """A smooth random input [1, 3, H, W]."""
    coarse = torch.randn(1, 3, 28, 28, generator=torch.Generator().manual_seed(1))
    size = network.preprocessing.input_px
    return torch.nn.functional.interpolate(coarse, size=(size, size), mode="bicubic", align_corners=False)


@torch.inference_mode()
def one_at_a_time(network: Network, image: torch.Tensor, side: int, count: int = 8) -> int:
    """What public repositories do: cover, run, next."""
    for number in range(count):
        photo = image.clone()
        photo[..., number : number + side, number : number + side] = 0
        network.module(photo).softmax(dim=1)
    return count


@torch.inference_mode()
def batched(network: Network, image: torch.Tensor, side: int, batch: int) -> int:
    """Full passes in channels-last batches, the fastest plain way."""
    photos = image.repeat(batch, 1, 1, 1).contiguous(memory_format=torch.channels_last)
    for number in range(batch):
        photos[number, :, number : number + side, number : number + side] = 0
    network.module(photos).softmax(dim=1)
    return batch


def captum(
    network: Network,
    image: torch.Tensor,
    side: int,
    perturbations: int,
    stride: int,
    memory: torch.memory_format,
) -> int:
    """captum's Occlusion on a coarser grid; returns how many covered photos it really ran."""
    photos = 0

    def forward(batch: torch.Tensor) -> torch.Tensor:
        nonlocal photos
        photos += len(batch)
        return network.module(batch.contiguous(memory_format=memory)).softmax(dim=1)

    with torch.no_grad():
        Occlusion(forward).attribute(
            image,
            sliding_window_shapes=(3, side, side),
            strides=(3, min(stride, side), min(stride, side)),
            target=0,
            baselines=0,
            perturbations_per_eval=perturbations,
        )
    return photos


def _processor() -> str:
    """What the system calls its processor."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def main() -> None:
    """Measure and print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--network", default="zfnet-classroom", help="a name of the zoo, or zfnet-fig3")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--rows", nargs="*", default=[f"{side}/{stride}" for side, stride in ROWS], help="side/stride")
    parser.add_argument("--batches", nargs="*", type=int, default=BATCHES)
    parser.add_argument("--perturbations", nargs="*", type=int, default=PERTURBATIONS)
    parser.add_argument("--captum-stride", type=int, default=28, help="of the sample of positions that captum runs")
    parser.add_argument("--processor-time", action="store_true", help="leave out the time other programs took")
    for name in ALGORITHMS:
        parser.add_argument(f"--without-{name}", action="store_true", help="measure our sweep without it as well")
    options = parser.parse_args()
    without = [name for name in ALGORITHMS if getattr(options, f"without_{name}")]
    torch.set_num_threads(options.threads)
    clock = time.process_time if options.processor_time else time.perf_counter
    network = network_of(options.network)
    plain = replace(network, module=copy.deepcopy(network.module).to(memory_format=torch.contiguous_format))
    image = random_photo(network)

    def milliseconds(work: Callable[[], int]) -> float:
        began = clock()
        positions = work()
        return 1000 * (clock() - began) / positions

    print(
        f"{network.title}, {options.threads} thread(s), milliseconds per position, median of {options.rounds} rounds; "
        f"{_processor()}, {os.cpu_count()} cores, torch {torch.__version__}\n"
    )
    print("| side / stride (positions) | one at a time | captum, best | batched, best | cold | warm | ratios |")
    print("|---|---|---|---|---|---|---|")
    for row in options.rows:
        side, stride = (int(part) for part in row.split("/"))
        settings = OcclusionSettings.square(side, stride)

        def ours(settings: OcclusionSettings = settings) -> int:
            return sweep.whole_sweep(network, image, settings).known.size

        def ours_without(algorithm: str, settings: OcclusionSettings = settings) -> int:
            with ALGORITHMS[algorithm]():
                return ours(settings)

        methods: dict[str, Callable[[], int]] = {"ours": ours}
        for algorithm in without:
            methods[f"without {algorithm}"] = functools.partial(ours_without, algorithm)
        methods["loop"] = functools.partial(one_at_a_time, plain, image, side)
        for batch in options.batches:
            methods[f"batched {batch}"] = functools.partial(batched, network, image, side, batch)
        for perturbations in options.perturbations:
            for kind, module, memory_format in (
                ("plain", plain, torch.contiguous_format),
                ("last", network, torch.channels_last),
            ):
                arguments = (module, image, side, perturbations, options.captum_stride, memory_format)
                methods[f"captum {perturbations} {kind}"] = functools.partial(captum, *arguments)
        times: dict[str, list[float]] = {name: [] for name in methods}
        _axis_plans.cache_clear()
        FILTERS.clear()
        began = clock()
        positions = ours()
        cold = 1000 * (clock() - began) / positions
        for _ in range(options.rounds):
            for name, work in methods.items():
                times[name].append(milliseconds(work))
        middle = {name: statistics.median(values) for name, values in times.items()}
        best = {
            kind: min((value, name) for name, value in middle.items() if name.startswith(kind))
            for kind in ("captum", "batched")
        }
        ratios = [value / middle["ours"] for value in (middle["loop"], best["captum"][0], best["batched"][0])]
        peers = "".join(f"| {value:.1f} ({name.split(maxsplit=1)[1]}) " for value, name in best.values())
        print(
            f"| {side} / {stride} ({positions}) | {middle['loop']:.1f} {peers}| {cold:.2f} | **{middle['ours']:.2f}** "
            f"| {' / '.join(f'{ratio:.1f}×' for ratio in ratios)} |",
            flush=True,
        )
        for algorithm in without:
            longer = middle[f"without {algorithm}"]
            print(f"  without {algorithm}: {longer:.2f} ms, {longer / middle['ours']:.2f}×", flush=True)


if __name__ == "__main__":
    main()
