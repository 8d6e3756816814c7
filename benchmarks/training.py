"""Training throughput: against bare forward and backward passes, and against the usual loop.

    python -m benchmarks.training [--data FOLDER] [--networks zfnet alexnet] [--px 112] [--canvas 176]

Three contenders train the same networks at the same size with the same batches, in turns within one run. “Bare” takes
one batch that lies on the device again and again: no photo is opened, cut or sent. “Ours” is the training command's own
loop, with photos cut one by one or, with --canvas, as squares cut at once, as soft labels are learnt. “Usual” is
torchvision's ImageFolder, transforms and DataLoader in plain float32. The ratios are what to look at, not the rates.
Without --data, photos are made of noise.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch.nn import functional as F
from torch.utils.data import DataLoader
from torchvision import datasets, transforms

from zfnet_core.photos.corpus import open_corpus
from zfnet_core.training.lesson import FolderNames
from zfnet_core.training.machine import Machine, has_fast_half
from zfnet_core.training.packed import pack
from zfnet_core.training.recipe import Recipe
from zfnet_core.training.trainable import TrainableNetwork, optimizer_of, start


def plain_batches(folder: Path, px: int, recipe: Recipe, workers: int) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    """Endless batches the way most training scripts make them."""
    steps = transforms.Compose(
        [
            transforms.RandomResizedCrop(px, recipe.crop_areas[0], recipe.crop_ratio),
            transforms.RandomHorizontalFlip(),
            transforms.ColorJitter(recipe.jitter, recipe.jitter, recipe.jitter),
            transforms.ToTensor(),
            transforms.Normalize(recipe.mean, recipe.std),
        ]
    )
    photos = datasets.ImageFolder(str(folder / "train"), steps)
    loader = DataLoader(photos, recipe.batch, shuffle=True, drop_last=True, num_workers=workers)
    while True:
        yield from loader


def our_batches(
    folder: Path, cache: Path, px: int, canvas_px: int, recipe: Recipe, device: torch.device
) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    """Endless batches as the training loop gets them."""
    photos = pack(open_corpus([folder]), cache, canvas_px=canvas_px).on(device).train
    lesson, dice = FolderNames(photos), torch.Generator().manual_seed(0)
    recipe = replace(recipe, stages=((1, px),))
    while True:
        order = torch.randperm(len(photos), generator=dice)
        for begin in range(0, len(order) - recipe.batch + 1, recipe.batch):
            yield lesson.batch(order[begin : begin + recipe.batch].tolist(), 1, recipe, dice)


def same_batch(px: int, recipe: Recipe, device: torch.device) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    """One batch of random numbers that never leaves the device."""
    pictures = torch.randn(recipe.batch, 3, px, px).to(device).contiguous(memory_format=torch.channels_last)
    labels = torch.zeros(recipe.batch, dtype=torch.long, device=device)
    while True:
        yield pictures, labels


class Contender:
    """Networks in training with their source of batches; `plain`: float32 in the usual layout of memory."""

    def __init__(
        self, batches: Iterator, recipes: Sequence[Recipe], classes: int, machine: Machine, *, plain: bool = False
    ) -> None:
        self.batches = batches
        self.machine = Machine(machine.device) if plain else machine
        self.networks: list[tuple[TrainableNetwork, torch.optim.Optimizer]] = []
        for recipe in recipes:
            trainable = TrainableNetwork(recipe.build(classes))
            start(trainable, recipe)
            trainable = trainable.to(machine.device) if plain else trainable.on(machine.device)
            self.networks.append((trainable.train(), optimizer_of(trainable, recipe)))

    def photos_per_second(self, steps: int) -> float:
        """Train on `steps` batches, every network on each."""
        self.machine.wait()
        begin, photos = time.perf_counter(), 0
        for _ in range(steps):
            pictures, labels = next(self.batches)
            pictures, labels = pictures.to(self.machine.device), labels.to(self.machine.device)
            for trainable, optimizer in self.networks:
                with self.machine.autocast():
                    scores, pooled = trainable(pictures)
                loss = F.cross_entropy(scores.float(), labels) + F.cross_entropy(pooled.float(), labels)
                optimizer.zero_grad(set_to_none=True)
                loss.backward()
                optimizer.step()
            photos += len(labels)
        self.machine.wait()
        return photos / (time.perf_counter() - begin)


def write_noise(folder: Path, photos: int, classes: int = 4) -> None:
    """JPEG files of 256×320 pixels, smooth enough to compress as photos do."""
    rng = np.random.default_rng(0)
    for number in range(photos):
        split = "val" if number % 10 == 0 else "train"
        place = folder / split / f"class_{number % classes}"
        place.mkdir(parents=True, exist_ok=True)
        coarse = Image.fromarray(rng.integers(0, 256, (32, 40, 3), dtype=np.uint8))
        coarse.resize((320, 256), Image.Resampling.BICUBIC).save(place / f"{number}.jpg", quality=90)


def main() -> None:
    """Print one line per network and size."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="folder with train|val/<class>/<file>")
    parser.add_argument("--networks", nargs="+", default=["zfnet"], choices=("zfnet", "alexnet"))
    parser.add_argument("--px", type=int, default=112)
    parser.add_argument(
        "--canvas", type=int, default=0, help="side of the squares that photos are kept as; 0: as they are"
    )
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--steps", type=int, default=4, help="batches per turn")
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--workers", type=int, default=0, help="loading processes of the usual loop")
    parser.add_argument("--without-usual", action="store_true", help="leave the usual loop out")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    device = torch.device(given.device)
    machine = Machine(device, has_fast_half(device))
    recipes = [Recipe(network=name, batch=given.batch) for name in given.networks]
    with tempfile.TemporaryDirectory() as scratch:
        folder = given.data or Path(scratch) / "photos"
        if given.data is None:
            write_noise(folder, max(700, 3 * given.batch))
        classes = len(list((folder / "train").iterdir()))
        ours = our_batches(folder, Path(scratch) / "cache", given.px, given.canvas, recipes[0], device)
        contenders = {
            "bare": Contender(same_batch(given.px, recipes[0], device), recipes, classes, machine),
            "ours": Contender(ours, recipes, classes, machine),
        }
        if not given.without_usual:
            usual = plain_batches(folder, given.px, recipes[0], given.workers)
            contenders["usual"] = Contender(usual, recipes, classes, machine, plain=True)
        for contender in contenders.values():
            contender.photos_per_second(1)
        rates: dict[str, list[float]] = {name: [] for name in contenders}
        for _ in range(given.turns):
            for name, contender in contenders.items():
                rates[name].append(contender.photos_per_second(given.steps))
    kept = f"squares of {given.canvas} px" if given.canvas else "photos as they are"
    names = " and ".join(given.networks)
    print(f"{names}, {given.px} px, batches of {given.batch}, {kept}, {given.threads} threads, {device}")
    for name, values in rates.items():
        ratios = sorted(own / other for own, other in zip(rates["ours"], values, strict=True))
        spread = f"{ratios[0]:.2f}–{ratios[-1]:.2f} over {given.turns} turns"
        print(
            f"{name:>6}: {statistics.median(values):.0f} photos/s; ours: × {statistics.median(ratios):.2f} ({spread})"
        )


if __name__ == "__main__":
    main()
