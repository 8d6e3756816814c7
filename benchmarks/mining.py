"""How fast a corpus of files is searched, beside the loop a beginner would write and beside the network alone.

    python -m benchmarks.mining [--corpus PHOTOS.zip …] [--threads 1 2]
    python -m benchmarks.mining --memory        (resident memory while 20,000 photos pass through all layers)

All contenders take turns within one run and have the same computing threads, so that a busy machine is unfair to none;
trust the ratios. Without --corpus the photos are the sample photos' crops, written as JPEG files of 256 px and decoded
like anybody's. A search runs ten batches from an empty queue, so that nothing is decoded before the clock starts.
"""

from __future__ import annotations

import argparse
import heapq
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import torch
from PIL import Image

from zfnet_core.models import zoo
from zfnet_core.models.network import Network, present
from zfnet_core.models.tower import tower
from zfnet_core.models.zfnet import zfnet_convs
from zfnet_core.photos import reading_ahead
from zfnet_core.photos.corpus import Corpus, open_corpus
from zfnet_core.photos.stores import JointStore
from zfnet_core.top_activations import mining

BATCHES = 10
LOOP_PHOTOS = 32
JPEG_PX = 256
FEW_MAPS = (8, 8, 8, 8, 8)
MILESTONES = (1_024, 5_024, 10_016, 15_008, 20_000)


def plain_forward(network: Network, corpus: Corpus, batch_size: int) -> Callable[[], int]:
    """The layers up to conv5 with PyTorch's own modules on photos that are decoded already: the limit."""
    children = dict(network.module.named_children())
    layers = torch.nn.Sequential(*list(children.values())[: list(children).index("relu5") + 1])
    batch = mining.read_batch(network, corpus, batch_size, 0).images

    @torch.inference_mode()
    def run() -> int:
        for _ in range(BATCHES):
            layers(batch)
        return BATCHES * batch_size

    return run


def hook_loop(network: Network, corpus: Corpus, k: int = 9) -> Callable[[], int]:
    """Photo by photo through the whole module, a hook on every layer, a heap for every map."""
    names = [layer.name.replace("conv", "relu") for layer in network.layers if layer.spatial]
    heaps: dict[str, list[list]] = {name: [[] for _ in range(network.step(name).shape[0])] for name in names}
    photos = iter(range(10**9))

    @torch.inference_mode()
    def one() -> None:
        photo = next(photos) % len(corpus)
        seen: dict[str, torch.Tensor] = {}
        hooks = [
            getattr(network.module, name).register_forward_hook(lambda m, i, out, name=name: seen.update({name: out}))
            for name in names
        ]
        network.module(mining.read_batch(network, corpus, 1, photo).images)
        for hook in hooks:
            hook.remove()
        for name in names:
            values, places = seen[name][0].flatten(1).max(1)
            for heap, value, place in zip(heaps[name], values.tolist(), places.tolist(), strict=True):
                push = heapq.heappush if len(heap) < k else heapq.heappushpop
                push(heap, (value, photo, place))

    def run() -> int:
        for _ in range(LOOP_PHOTOS):
            one()
        return LOOP_PHOTOS

    return run


def search(network: Network, corpus: Corpus, batch_size: int, readers: int) -> Callable[[], int]:
    """A search of ten batches from the first file to the last unit: reading, decoding, all layers, nine per map."""
    settings = mining.settings_of(network, corpus, None, 9, batch_size)

    def run() -> int:
        *_, last = mining.mine(network, corpus, settings, range(BATCHES), readers)
        return last.found.photos_done

    return run


def speed(network: Network, corpus: Corpus, batch_size: int, readers: int, rounds: int) -> None:
    """Print the table of ratios."""
    contenders = {
        "per-photo loop with hooks and heaps": hook_loop(network, corpus),
        f"plain forward to conv5, batch {batch_size}, no decoding": plain_forward(network, corpus, batch_size),
        f"search, batch {batch_size}, reading and decoding included": search(network, corpus, batch_size, readers),
    }
    seconds: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, run in contenders.items():
            start = time.perf_counter()
            photos = run()
            seconds[name].append((time.perf_counter() - start) / photos)
    rates = {name: 1 / statistics.median(times) for name, times in seconds.items()}
    loop, limit, _ = rates.values()
    print(f"\n{network.title}, {torch.get_num_threads()} computing thread(s), {readers} reader(s), {rounds} rounds\n")
    print("| contender | photos/s (median) | × loop | share of plain forward |\n| --- | ---: | ---: | ---: |")
    for name, rate in rates.items():
        print(f"| {name} | {rate:.1f} | {rate / loop:.2f} | {100 * rate / limit:.0f} % |", flush=True)


def memory(corpus: Corpus, readers: int) -> None:
    """Print resident memory while 20,000 photos are searched through all layers.

    The network is ZFNet with eight maps a layer, which takes minutes instead of an hour; the batches, which are most of
    what is held, are as large as ever. The photos are the corpus's files under as many names as it takes.
    """
    torch.manual_seed(0)
    module = tower(zfnet_convs(FEW_MAPS), (8,), 2)
    network = present("narrow", "Narrow ZFNet", module, zoo.tower_layers(module), ["a", "b"], trained=False, source="")
    count = MILESTONES[-1]
    places = {f"{number:05d}": (0, corpus.ids[number % len(corpus)]) for number in range(count)}
    many = Corpus(corpus.title, tuple(places), ("",) * count, ("",) * count, JointStore((corpus.store,), places))
    settings = mining.settings_of(network, many, None, 9, 32)
    print("| photos | resident memory, MB |\n| ---: | ---: |")
    for number, _ in enumerate(mining.mine(network, many, settings, range(settings.batches), readers), start=1):
        if number * 32 in MILESTONES:
            print(f"| {number * 32:,} | {resident_mb():.0f} |", flush=True)


def resident_mb() -> float:
    """Resident memory of this process."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 2**20


def as_files(corpus: Corpus, count: int, folder: Path) -> Corpus:
    """`count` JPEG files of the photos of a corpus, which is gone through as often as it takes."""
    for number in range(count):
        picture = Image.fromarray(corpus.photo(number % len(corpus)).pixels)
        picture.resize((JPEG_PX, JPEG_PX)).save(folder / f"{number:05d}.jpg", quality=90)
    return open_corpus([folder])


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--network", default=zoo.DEFAULT)
    parser.add_argument("--corpus", nargs="+", help="by default the sample photos' crops, written as JPEG files")
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--readers", type=int, default=reading_ahead.READERS)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--memory", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if given.corpus:
            corpus = open_corpus(given.corpus)
        else:
            corpus = as_files(open_corpus(["samples"]), BATCHES * given.batch_size, Path(folder))
        if given.memory:
            memory(corpus, given.readers)
        else:
            network = zoo.load(given.network)
            for threads in given.threads:
                torch.set_num_threads(threads)
                speed(network, corpus, given.batch_size, given.readers, given.rounds)


if __name__ == "__main__":
    main()
