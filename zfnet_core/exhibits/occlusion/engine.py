"""Which way a sweep takes: recompute what the occluder changes, or run every covered photo in full.

On a CPU the first is many times faster wherever it is possible. On a GPU, which runs full passes in large batches, it
depends on network, occluder and card (0.8 to 1.4 times on an H200), so the first sweep of a kind measures both.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Lock
from weakref import WeakKeyDictionary

import torch

from zfnet_core.exhibits.occlusion.full_passes import FullPasses
from zfnet_core.exhibits.occlusion.incremental_network import IncrementalNetwork, tower_of
from zfnet_core.exhibits.occlusion.occluder import OcclusionSettings, fill_picture
from zfnet_core.models.network import Network

Engine = IncrementalNetwork | FullPasses
Measure = Callable[[Engine, OcclusionSettings], float]
MEASURED_SIDE = 12
"""Up to so many rows and columns of positions are timed."""

_full_is_faster: WeakKeyDictionary[Network, dict[tuple[int, int, bool], bool]] = WeakKeyDictionary()
_lock = Lock()


def seconds(engine: Engine, settings: OcclusionSettings) -> float:
    """Time of one block of positions with nothing else to do; the clean pass and a first block do not count."""
    device = engine.network.device
    for _ in engine.prepare():
        pass
    tops, lefts = (starts[:MEASURED_SIDE] for starts in settings.starts(engine.network.preprocessing.input_px))
    spent = 0.0
    for _ in range(2):
        torch.cuda.synchronize(device)
        started = time.perf_counter()
        for _ in engine.block(tops, lefts, settings.height_px, settings.width_px):
            pass
        torch.cuda.synchronize(device)
        spent = time.perf_counter() - started
    return spent


def engine_for(
    network: Network,
    image: torch.Tensor,
    settings: OcclusionSettings,
    totals_of: str,
    fast: bool,
    measure: Measure = seconds,
) -> Engine:
    """What computes a sweep of `image` [1, 3, H, W] and totals the maps of step `totals_of`, not yet prepared.

    `measure` tells how long an engine takes; it is asked on a GPU only, once for each network and size of occluder.
    """
    fill = fill_picture(image, settings.fill, network.preprocessing)
    tower = tower_of(network)
    full = lambda: FullPasses(network, image, fill, totals_of)  # noqa: E731
    if tower is None or all(stage.last.name != totals_of for stage in tower.stages):
        return full()
    incremental = lambda: IncrementalNetwork(network, tower, image, fill, totals_of, fast)  # noqa: E731
    if network.device.type != "cuda":
        return incremental()
    kind = (settings.height_px, settings.width_px, fast)
    with _lock:  # also while measuring: two that measure at once would measure each other
        known = _full_is_faster.setdefault(network, {})
        if kind not in known:
            known[kind] = measure(full(), settings) < measure(incremental(), settings)
    return full() if known[kind] else incremental()
