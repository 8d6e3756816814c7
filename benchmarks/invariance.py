"""Fig. 5 for five photos (25 shifts, 17 scales, 36 rotations): ours, the bare forward passes, and a Pillow loop.

    python -m benchmarks.invariance [--network NAME] [--threads N] [--photos P]

The three take turns, photo by photo and kind by kind, in one run; every one makes all passes. The bare forward runs
ready-made batches and throws the answers away; the loop moves one photo at a time with Pillow, reads the layers with
hooks and runs one photo at a time. With several threads, ours takes them as lanes of one thread each.
"""

from __future__ import annotations

import argparse
import copy
import time
from collections.abc import Callable

import numpy as np
import pytorchcv.model_provider
import torch
from PIL import Image

from zfnet_core import sample_photos
from zfnet_core.experiments.invariance import InvarianceSettings, invariance_curves
from zfnet_core.images import prepare, shown
from zfnet_core.models import zoo
from zfnet_core.models.network import Network

KINDS = ("down", "scale", "rotation")
BATCH = 32


def bare_forward(network: Network, passes: int) -> Callable[[], None]:
    """The passes alone, in large ready-made batches."""
    images = torch.randn(BATCH, 3, 224, 224).contiguous(memory_format=torch.channels_last)

    def run() -> None:
        with torch.inference_mode():
            for first in range(0, passes, BATCH):
                network.module(images[: min(BATCH, passes - first)])

    return run


def loop_module(network: Network) -> tuple[torch.nn.Module, tuple[str, str]]:
    """The module a straightforward script would use and where its layers 1 and 7 are: pytorchcv's own where there is
    one (random weights: time does not depend on them), else ours."""
    if zoo.entry(network.name).origin == "pytorchcv":
        module = pytorchcv.model_provider.get_model(network.name).eval().requires_grad_(False)
        return module, ("features.stage1.unit1.activ", "output.fc2.activ")
    module = copy.deepcopy(network.module).to(memory_format=torch.contiguous_format)
    return module, (network.layer("conv1").step, network.layer("fc7").step)


def pillow_loop(network: Network, pixels: np.ndarray, kind: str, amounts: tuple[float, ...]) -> Callable[[], None]:
    """One photo at a time, layers 1 and 7 through hooks, distances and the probability of one class."""
    module, wanted = loop_module(network)
    kept: dict[str, torch.Tensor] = {}
    for name in wanted:
        module.get_submodule(name).register_forward_hook(lambda _m, _i, out, name=name: kept.__setitem__(name, out))
    picture = Image.fromarray(pixels)

    def features(moved: Image.Image) -> tuple[list[torch.Tensor], float]:
        values = torch.from_numpy(np.asarray(moved).copy()).permute(2, 0, 1)[None].float() / 255
        answer = module(network.preprocessing.normalise(values)).softmax(dim=1)[0, 3].item()
        return [kept[name].clone() for name in wanted], answer

    def moved(amount: float) -> Image.Image:
        if kind == "rotation":
            return picture.rotate(amount, Image.Resampling.BILINEAR)
        shrink = 1 / amount if kind == "scale" else 1
        down = -amount if kind == "down" else 0
        data = (shrink, 0, 112 * (1 - shrink), 0, shrink, 112 * (1 - shrink) + down)
        return picture.transform(picture.size, Image.Transform.AFFINE, data, Image.Resampling.BILINEAR)

    def run() -> None:
        with torch.no_grad():
            reference, _ = features(picture)
            for amount in amounts:
                found, _ = features(moved(amount))
                for a, b in zip(found, reference, strict=True):
                    (a - b).norm().item()

    return run


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--network", default=zoo.DEFAULT)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--photos", type=int, default=5)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    network = zoo.load(options.network)
    seconds = {"bare forward": 0.0, "ours": 0.0, "Pillow loop": 0.0}
    first_curve, longest_wait, passes = None, 0.0, 0
    bare_forward(network, BATCH)()
    for name in sample_photos.names()[: options.photos]:
        photo = sample_photos.load(name)
        image, pixels = prepare(photo, network.preprocessing), shown(photo, network.preprocessing)
        for kind in KINDS:
            settings = InvarianceSettings.of_figure_5(kind)
            count = len(settings.amounts) + 1
            passes += count

            def ours(image=image, settings=settings) -> None:
                nonlocal first_curve, longest_wait
                begun = last = time.perf_counter()
                for _ in invariance_curves(network, image, settings, lanes=options.threads):
                    now = time.perf_counter()
                    longest_wait, last = max(longest_wait, now - last), now
                first_curve = first_curve or last - begun

            for label, work in (
                ("bare forward", bare_forward(network, count)),
                ("ours", ours),
                ("Pillow loop", pillow_loop(network, pixels, kind, settings.amounts)),
            ):
                torch.set_num_threads(1 if label == "ours" else options.threads)
                start = time.perf_counter()
                work()
                seconds[label] += time.perf_counter() - start
    print(f"{network.title}, {options.threads} thread(s), {passes} passes each")
    print(
        f"first complete curve after {first_curve:.2f} s; longest time between partial results {longest_wait:.2f} s\n"
    )
    print("| | seconds | against the bare forward | against the Pillow loop |\n|---|---|---|---|")
    for label, value in seconds.items():
        against = f"{value / seconds['bare forward']:.2f}× | {seconds['Pillow loop'] / value:.2f}× faster"
        print(f"| {label} | {value:.1f} | {against} |")


if __name__ == "__main__":
    main()
