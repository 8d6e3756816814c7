"""The plan of a projection: which steps lead to a layer, and which part of each map a unit of it can reach.

Pure geometry, the same for every photo and every unit of the layer.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from zfnet_core.deconvnet.windows import Window, below, merged, settled, whole_map
from zfnet_core.models.network import Network
from zfnet_core.models.receptive_field import ONE_PIXEL
from zfnet_core.models.steps import INPUT, AdaptiveAvgPool, AvgPool, Conv, Flatten, Linear, MaxPool, Step

AVERAGES = (AvgPool, AdaptiveAvgPool)


@dataclass(frozen=True)
class Plan:
    """The walk from one layer down: the steps that lead to it, last first, and the window kept at each of them.

    A vector of fully connected units has no window (None); `pixels` is the window on the photo. `bytes_per_unit` is the
    largest signal on the way.
    """

    steps: tuple[Step, ...]
    windows: Mapping[str, Window | None]
    pixels: Window
    shapes: Mapping[str, tuple[int, ...]]
    bytes_per_unit: int


_plans: WeakKeyDictionary[Network, dict[tuple[str, bool], Plan]] = WeakKeyDictionary()
_lock = threading.Lock()


def plan_from(network: Network, start: str, whole: bool = False) -> Plan:
    """The plan from step `start`, made once for each network and forgotten with it."""
    with _lock:
        plans = _plans.setdefault(network, {})
    if (start, whole) not in plans:
        plans[start, whole] = _make(network, start, whole)
    return plans[start, whole]


def _make(network: Network, start: str, whole: bool) -> Plan:
    shapes = {INPUT: (3,) + (network.preprocessing.input_px,) * 2, **{step.name: step.shape for step in network.steps}}
    spatial = len(shapes[start]) == 3
    windows: dict[str, Window | None] = {start: (whole_map(1) if whole else ONE_PIXEL) if spatial else None}
    steps, largest = [], 0
    for step in reversed(network.steps):
        if step.name not in windows:
            continue
        steps.append(step)
        window = windows[step.name]
        if window is not None:
            window = windows[step.name] = settled(window, step.shape[-1], whole=isinstance(step, AVERAGES))
        for name in step.inputs:
            reached = _window_below(step, window, shapes[name])
            known = windows.get(name)
            windows[name] = reached if known is None or reached is None else merged(known, reached)
            largest = max(largest, reached.size**2 * shapes[name][0] if reached else shapes[name][0])
    pixels = windows[INPUT]
    assert pixels is not None, "a photo is no vector"
    windows[INPUT] = pixels = settled(pixels, shapes[INPUT][-1])
    return Plan(tuple(steps), windows, pixels, shapes, 4 * largest)


def _window_below(step: Step, window: Window | None, shape: tuple[int, ...]) -> Window | None:
    if isinstance(step, (Flatten, *AVERAGES)):
        return whole_map(shape[-1])
    if window is None or isinstance(step, Linear):
        return None
    return below(window, *step.window) if isinstance(step, (Conv, MaxPool)) else window
