"""Training throughput against the usual loop: torchvision's ImageFolder, transforms and DataLoader, plain float32.

    python -m benchmarks.training [--data FOLDER] [--network zfnet] [--px 112]

Both train the same network at the same size with the same batches and the same kinds of augmentation, in turns within
one run; the ratio of photos per second is what to look at, not the rates. Without --data, photos are made of noise.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader
from torchvision import datasets, transforms

from zfnet_core.training.augment import training_batch
from zfnet_core.training.form import TrainingForm, optimizer_of, start
from zfnet_core.training.machine import has_fast_half
from zfnet_core.training.packed import pack
from zfnet_core.training.photos import find_photos
from zfnet_core.training.recipe import Recipe


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
    folder: Path, cache: Path, px: int, recipe: Recipe, device: torch.device
) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    """Endless batches from packed photos."""
    photos = pack(find_photos([str(folder)]), cache)["train"]
    if device.type == "cuda":
        photos = photos.to(device)
    dice = torch.Generator().manual_seed(0)
    while True:
        order = torch.randperm(len(photos), generator=dice)
        for begin in range(0, len(order) - recipe.batch + 1, recipe.batch):
            chosen = order[begin : begin + recipe.batch]
            yield (
                training_batch(photos, chosen.tolist(), px, recipe.crop_areas[0], recipe, dice),
                photos.labels[chosen],
            )


class Contender:
    """A network in training with its source of batches."""

    def __init__(self, batches: Iterator, recipe: Recipe, classes: int, device: torch.device, *, ours: bool) -> None:
        self.batches, self.device, self.ours = batches, device, ours
        form = TrainingForm(recipe.build(classes))
        start(form, recipe)
        layout = torch.channels_last if ours else torch.contiguous_format
        self.form: nn.Module = form.to(device, memory_format=layout).train()
        self.optimizer = optimizer_of(form, recipe)
        self.half = ours and has_fast_half(device)

    def photos_per_second(self, steps: int) -> float:
        """Train `steps` batches."""
        begin, photos = time.perf_counter(), 0
        for _ in range(steps):
            pictures, labels = next(self.batches)
            pictures, labels = pictures.to(self.device), labels.to(self.device)
            with torch.autocast(self.device.type, torch.bfloat16, enabled=self.half):
                scores, pooled = self.form(pictures)
            loss = F.cross_entropy(scores.float(), labels) + F.cross_entropy(pooled.float(), labels)
            self.optimizer.zero_grad(set_to_none=True)
            loss.backward()
            self.optimizer.step()
            photos += len(labels)
            loss.item()
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
    parser.add_argument("--network", default="zfnet", choices=("zfnet", "alexnet"))
    parser.add_argument("--px", type=int, default=112)
    parser.add_argument("--steps", type=int, default=4, help="batches per turn")
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--workers", type=int, default=0, help="loading processes of the usual loop")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    device, recipe = torch.device(given.device), Recipe(network=given.network)
    with tempfile.TemporaryDirectory() as scratch:
        folder = given.data or Path(scratch) / "photos"
        if given.data is None:
            write_noise(folder, 700)
        classes = len(list((folder / "train").iterdir()))
        usual = Contender(plain_batches(folder, given.px, recipe, given.workers), recipe, classes, device, ours=False)
        ours = Contender(
            our_batches(folder, Path(scratch) / "cache", given.px, recipe, device), recipe, classes, device, ours=True
        )
        for contender in (usual, ours):
            contender.photos_per_second(1)
        rates = [
            (usual.photos_per_second(given.steps), ours.photos_per_second(given.steps)) for _ in range(given.turns)
        ]
    ratios = sorted(b / a for a, b in rates)
    print(
        f"{given.network} {given.px} px, {given.threads} threads, {device}: usual loop "
        f"{statistics.median(a for a, _ in rates):.0f} photos/s, ours {statistics.median(b for _, b in rates):.0f}; "
        f"ratio {statistics.median(ratios):.2f} ({ratios[0]:.2f}–{ratios[-1]:.2f} over {given.turns} turns)"
    )


if __name__ == "__main__":
    main()
