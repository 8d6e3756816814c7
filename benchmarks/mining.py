"""How fast a corpus is searched, beside the loop a beginner would write and beside the network alone.

    python -m benchmarks.mining [--corpus PHOTOS.zip …] [--threads 1]
    python -m benchmarks.mining --memory        (resident memory while 20,000 photos pass through conv1)

All contenders take turns within one run, so that a busy machine is unfair to none; trust the ratios.
"""

from __future__ import annotations

import argparse
import heapq
import statistics
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import torch

from zfnet_core.corpus import Corpus, ZipStore, open_corpus
from zfnet_core.experiments import mining
from zfnet_core.models import zoo
from zfnet_core.models.network import Network


def plain_forward(network: Network, batch: torch.Tensor) -> Callable[[], int]:
    """The layers up to conv5 with PyTorch's own modules on photos that are decoded already: the limit."""
    layers = torch.nn.Sequential(*network.module[: list(dict(network.module.named_children())).index("relu5") + 1])

    @torch.inference_mode()
    def run() -> int:
        layers(batch)
        return len(batch)

    return run


def hook_loop(network: Network, corpus: Corpus, k: int = 9) -> Callable[[], int]:
    """Photo by photo through the whole module, a hook on every layer, a heap for every map."""
    names = [layer.name.replace("conv", "relu") for layer in network.layers if layer.spatial]
    heaps: dict[str, list[list]] = {name: [[] for _ in range(network.step(name).shape[0])] for name in names}
    photos = iter(range(10**9))

    @torch.inference_mode()
    def run() -> int:
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
        return 1

    return run


def search(network: Network, corpus: Corpus, batch_size: int) -> Callable[[], int]:
    """One more batch of a running search: decoding ahead, all five layers, the nine strongest of every map."""

    def endless() -> Iterator[mining.Miner]:
        while True:
            settings = mining.settings_of(network, corpus, None, 9, batch_size)
            yield from mining.mine(network, corpus, settings, range(settings.batches))

    running = endless()
    for _ in range(6):  # the first batches fill empty lists, which a search of thousands of photos does once
        next(running)

    def run() -> int:
        next(running)
        return batch_size

    return run


def speed(network: Network, corpus: Corpus, batch_size: int, rounds: int) -> None:
    """Print the table of ratios."""
    batch = mining.read_batch(network, corpus, batch_size, 0).images
    contenders = {
        "per-photo loop with hooks and heaps": hook_loop(network, corpus),
        f"plain forward to conv5, batch {batch_size}, no decoding": plain_forward(network, batch),
        f"search, batch {batch_size}, decoding included": search(network, corpus, batch_size),
    }
    seconds: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, run in contenders.items():
            start, photos = time.perf_counter(), 0
            while photos < batch_size // (2 if "loop" in name else 1):
                photos += run()
            seconds[name].append((time.perf_counter() - start) / photos)
    rates = {name: 1 / statistics.median(times) for name, times in seconds.items()}
    loop, limit, _ = rates.values()
    print(f"{network.title}, {torch.get_num_threads()} computing thread(s), {rounds} rounds, medians\n")
    print("| contender | photos/s | × loop | share of plain forward |\n| --- | ---: | ---: | ---: |")
    for name, rate in rates.items():
        print(f"| {name} | {rate:.1f} | {rate / loop:.2f} | {rate / limit:.0%} |")


def memory(network: Network, corpus: Corpus) -> None:
    """Print resident memory while 20,000 photos are searched; conv1 alone, which takes minutes instead of an hour."""
    store, ids = corpus.store, corpus.ids
    if isinstance(store, ZipStore):  # the same photos under more names, where the corpus has fewer
        store = ZipStore(store.paths, {f"{i:05d}": store.places[ids[i % len(ids)]] for i in range(20_000)})
        corpus = Corpus(corpus.title, tuple(store.places), ("",) * 20_000, ("",) * 20_000, store)
    settings = mining.settings_of(network, corpus, ["conv1"], 9, 32)
    print("| photos | resident memory, MB |\n| ---: | ---: |")
    for number, _ in enumerate(mining.mine(network, corpus, settings, range(settings.batches)), start=1):
        if number * 32 in (992, 4992, 9984, 14976, settings.batches * 32):
            print(f"| {number * 32:,} | {resident_mb():.0f} |", flush=True)


def resident_mb() -> float:
    """Resident memory of this process."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 2**20


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--network", default=zoo.DEFAULT)
    parser.add_argument("--corpus", nargs="+", default=["samples"])
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--memory", action="store_true")
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    network, corpus = zoo.load(given.network), open_corpus(given.corpus)
    if given.memory:
        memory(network, corpus)
    else:
        speed(network, corpus, given.batch_size, given.rounds)


if __name__ == "__main__":
    main()
