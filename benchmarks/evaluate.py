"""How fast labelled photos are evaluated, beside the usual loop and beside the network alone.

    python -m benchmarks.evaluate [--data FOLDER] [--networks zfnet-classroom …] [--crops ten] [--threads 1 2]

All contenders take turns within one run and have the same computing threads, so that a busy machine is unfair to none;
trust the ratios. Without --data the photos are the sample photos' crops, written as JPEG files of about the size of
ImageNet's (500 × 375 px). An evaluation begins with an empty queue, so that nothing is decoded before the clock starts.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import torch
from PIL import Image
from torch.utils.data import DataLoader
from torchvision import datasets, transforms

from zfnet_core.evaluate.labelled import Labelled, open_labelled
from zfnet_core.evaluate.run import BATCH_IMAGES, Settings, evaluating
from zfnet_core.exhibits.results.evaluation import CROPS
from zfnet_core.models import zoo
from zfnet_core.models.network import Network
from zfnet_core.photos.corpus import open_corpus
from zfnet_core.photos.reading_ahead import READERS

PHOTOS = {"one": 160, "ten": 20}
SIZE = (500, 375)


def write_photos(folder: Path, count: int) -> Path:
    """`count` JPEG files in folders named after classes."""
    corpus = open_corpus(["samples"])
    for number in range(count):
        picture = Image.fromarray(corpus.photo(number % len(corpus)).pixels)
        place = folder / f"{number % 10:03d}"
        place.mkdir(exist_ok=True)
        picture.resize(SIZE).save(place / f"{number:05d}.jpg", quality=92)
    return folder


def bare(network: Network, photos: int, crops: str) -> Callable[[], None]:
    """The forward passes alone, in batches of the same size, of numbers that are there already: the limit."""
    px, images = network.preprocessing.input_px, photos * CROPS[crops]
    batch = torch.randn(BATCH_IMAGES[crops], 3, px, px).contiguous(memory_format=torch.channels_last)

    @torch.inference_mode()
    def run() -> None:
        for _ in range(images // len(batch)):
            network.module(batch)

    return run


def usual_loop(network: Network, folder: Path) -> Callable[[], None]:
    """`ImageFolder` and a `DataLoader` without processes of its own, one crop."""
    seen = network.preprocessing
    steps = [
        transforms.Resize(seen.resize_px),
        transforms.CenterCrop(seen.input_px),
        transforms.ToTensor(),
        transforms.Normalize(seen.mean, seen.std),
    ]
    loader = DataLoader(datasets.ImageFolder(str(folder), transforms.Compose(steps)), BATCH_IMAGES["one"])

    @torch.inference_mode()
    def run() -> None:
        for pictures, _ in loader:
            network.module(pictures).softmax(1).topk(5)

    return run


def ours(network: Network, photos: Labelled, crops: str, readers: int) -> Callable[[], None]:
    """The whole evaluation, from the first file to the last count."""

    def run() -> None:
        for _ in evaluating([network], photos, Settings(crops), readers=readers):
            pass

    return run


def compare(contenders: dict[str, Callable[[], None]], photos: int, turns: int) -> None:
    """Print photos a second of everybody, and the share of the first one's rate."""
    taken: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(turns):
        for name, run in contenders.items():
            begun = time.perf_counter()
            run()
            taken[name].append(time.perf_counter() - begun)
    print("| contender | photos/s | share of the bare forward rate, median of turns |")
    print("| --- | ---: | ---: |")
    limit = next(iter(taken.values()))
    for name, seconds in taken.items():
        share = statistics.median(bare / own for bare, own in zip(limit, seconds, strict=True))
        print(f"| {name} | {photos / statistics.median(seconds):.1f} | {share:.0%} |", flush=True)


def main(words: Sequence[str] | None = None) -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path)
    parser.add_argument("--networks", nargs="+", default=[zoo.DEFAULT])
    parser.add_argument("--crops", choices=CROPS, default="one")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--readers", type=int, default=READERS)
    parser.add_argument("--turns", type=int, default=5)
    given = parser.parse_args(words)
    with tempfile.TemporaryDirectory() as place:
        folder = given.data or write_photos(Path(place), PHOTOS[given.crops])
        for name in given.networks:
            network = zoo.load(name)
            photos = open_labelled([folder], network.labels)
            for threads in given.threads:
                torch.set_num_threads(threads)
                print(
                    f"\n{network.title}, {given.crops} crop(s), {threads} computing thread(s), {len(photos)} photos\n"
                )
                contenders = {"bare forward passes": bare(network, len(photos), given.crops)}
                contenders["evaluation, decoding included"] = ours(network, photos, given.crops, given.readers)
                if given.crops == "one":
                    contenders["ImageFolder and DataLoader"] = usual_loop(network, folder)
                compare(contenders, len(photos), given.turns)


if __name__ == "__main__":
    main()
