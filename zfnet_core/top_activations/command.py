"""The command: search a collection of photos for the strongest units of every map.

python -m zfnet_core.top_activations --network zfnet-classroom --corpus PHOTOS.zip --workers 2
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import torch

from zfnet_core.errors import ExplorerError
from zfnet_core.models import zoo
from zfnet_core.photos.corpus import open_corpus
from zfnet_core.photos.reading_ahead import READERS
from zfnet_core.top_activations.progress import Progress
from zfnet_core.top_activations.search import search
from zfnet_core.top_activations.search_folder import SearchFolder, cache_folder
from zfnet_core.top_activations.strongest import TopActivations
from zfnet_core.top_activations.terminal import at_least_1, one_line


def main(arguments: Sequence[str] | None = None) -> int:
    """The command."""
    parser = argparse.ArgumentParser(
        prog="python -m zfnet_core.top_activations",
        description="Find the photos and places that excite every feature map most.",
    )
    parser.add_argument("--network", default=zoo.DEFAULT, choices=zoo.names())
    parser.add_argument(
        "--corpus",
        nargs="+",
        default=["samples"],
        help="a folder, zip files, a torchvision data set such as Imagenette, or samples (the default)",
    )
    parser.add_argument("--under", default="", help="use only photos below this folder of the corpus, such as train")
    parser.add_argument("--download", action="store_true", help="fetch a torchvision data set that is not there")
    parser.add_argument("--root", default="data", help="where torchvision data sets are kept")
    parser.add_argument("--layers", nargs="+", help="by default all layers of feature maps")
    parser.add_argument("-k", type=at_least_1, default=9, help="units per map")
    parser.add_argument("--batch-size", type=at_least_1, default=32)
    parser.add_argument(
        "--workers", type=at_least_1, default=1, help="processes on this machine, or Ray workers with --ray"
    )
    parser.add_argument("--readers", type=at_least_1, default=READERS, help="decoding threads per worker")
    parser.add_argument("--threads", type=at_least_1, help="computing threads in all")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--out", type=Path, help="folder for the result (default: the cache folder)")
    parser.add_argument("--ray", metavar="ADDRESS", help="search on a Ray cluster: auto, local, or ray://…")
    given = parser.parse_args(arguments)
    if given.threads:
        torch.set_num_threads(given.threads)
    try:
        network = zoo.load(given.network, given.device)
        options = {"layers": given.layers, "k": given.k, "batch_size": given.batch_size, "folder": given.out}
        with one_line() as show:
            corpus = open_corpus(
                given.corpus,
                under=given.under,
                root=given.root,
                download=given.download,
                tell=lambda done, total: show(f"{done:,} of {total:,} files read") if done % 1000 == 0 else None,
            )
            if given.ray:
                from zfnet_core.top_activations.on_ray import search_on_ray

                progress = search_on_ray(network, corpus, workers=given.workers, address=given.ray, **options)
            else:
                progress = search(network, corpus, workers=given.workers, readers=given.readers, **options)
            with closing(progress):
                for step in progress:
                    show(_sentence(step))
    except ExplorerError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Stopped; the same command goes on from here.", file=sys.stderr)
        return 130
    assert step.result is not None, "the last step of a search has its result"
    _print_broken(step.result)
    print(SearchFolder(step.result.settings, given.out or cache_folder()).final)
    return 0


def _sentence(progress: Progress) -> str:
    text = f"{progress.photos:,} of {progress.total:,} photos"
    if progress.seconds_left is not None:
        minutes, seconds = divmod(round(progress.seconds_left), 60)
        text += f", {progress.photos_per_s:.1f} a second, {minutes}:{seconds:02d} left"
    return text + (f", {progress.broken} broken" if progress.broken else "")


def _print_broken(found: TopActivations) -> None:
    for photo, reason in found.broken.items():
        print(f"skipped {found.ids[photo]}: {reason}", file=sys.stderr)
