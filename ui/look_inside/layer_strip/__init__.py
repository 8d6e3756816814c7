"""The network as a row of blocks, one per layer, with how each is made; choosing one opens it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ui.kit import register
from ui.shell.received import newest, received
from zfnet_core.language import t
from zfnet_core.models.network import Layer, Network
from zfnet_core.models.steps import AvgPool, Conv, MaxPool, Windowed

_mount = register(Path(__file__).parent)
HIGHEST_PX, WIDEST_PX, THINNEST_PX = 22, 26, 3


@dataclass(frozen=True)
class Made:
    """How a layer is made of the one before: its convolutions' and, before those, its pools' (kernel, stride)."""

    convolutions: tuple[tuple[int, int], ...]
    pools: tuple[tuple[int, int], ...]


def layer_strip(network: Network, chosen: str, key: str, on_pick: Callable[[str], None]) -> None:
    """Show the layers of `network` with `chosen` marked. `on_pick(layer)` is called when the visitor chooses one."""
    names = {layer.name for layer in network.layers}

    def picked() -> None:
        choice = received(key, "picked", layer=str)
        if choice and choice["layer"] in names:
            on_pick(choice["layer"])

    data = {"layers": blocks(network), "label": t("Layers of the network")}
    _mount(key=key, data={**data, "chosen": chosen, "heard": newest(key, "picked")}, on_picked_change=picked)


def made(network: Network) -> dict[str, Made]:
    """For each layer the distinct windows between the layer before and it, in the order of the network."""
    found, layers = {}, {layer.step: layer.name for layer in network.layers}
    convolutions: list[Windowed] = []
    pools: list[Windowed] = []
    for step in network.steps:
        if isinstance(step, Conv):
            convolutions.append(step)
        elif isinstance(step, MaxPool | AvgPool):
            pools.append(step)
        if step.name in layers:
            found[layers[step.name]] = Made(_windows(convolutions), _windows(pools))
            convolutions, pools = [], []
    return found


def blocks(network: Network) -> list[dict[str, object]]:
    """What the component draws of each layer: its size as a bar, and in words its windows and its receptive field."""
    most, how = max(layer.maps for layer in network.layers), made(network)
    return [_block(layer, how[layer.name], most, network.preprocessing.input_px) for layer in network.layers]


def _windows(steps: list[Windowed]) -> tuple[tuple[int, int], ...]:
    return tuple(dict.fromkeys((step.kernel, step.stride) for step in steps))


def _block(layer: Layer, how: Made, most: int, input_px: int) -> dict[str, object]:
    field = min(layer.receptive_field.size, input_px)
    if layer.spatial:
        maps, rows, columns = layer.shape
        size, high = f"{rows}×{columns}\u2009·\u2009{maps}", HIGHEST_PX * (rows / input_px) ** 0.5
        alt = t(
            "{layer}: {n} feature maps of {rows} by {columns}", layer=layer.name, n=maps, rows=rows, columns=columns
        )
    else:
        size, high = t("{n} units", n=layer.maps), THINNEST_PX
        alt = t("{layer}: {n} units", layer=layer.name, n=layer.maps)
    kernel, pool = _short(how.convolutions), _short(how.pools)
    words = [
        t("pooled before, {windows}", windows=_long(how.pools)) if pool else "",
        t("filters {windows}", windows=_long(how.convolutions)) if kernel else t("connected to everything before it"),
        t("one unit sees {px} × {px} pixels", px=field),
    ]
    return {
        "name": layer.name,
        "size": size,
        "pool": t("pool {windows}", windows=pool) if pool else "",
        "kernel": kernel or t("all to all"),
        "sees": t("sees {px} px", px=field),
        "high": max(THINNEST_PX, round(high)),
        "wide": max(THINNEST_PX, round(WIDEST_PX * (layer.maps / most) ** 0.5)),
        "alt": f"{alt}; {'; '.join(part for part in words if part)}.",
    }


def _short(windows: tuple[tuple[int, int], ...]) -> str:
    """ "7×7 /2" for a window of 7 by 7 that moves by 2."""
    return ", ".join(f"{kernel}×{kernel}" + (f" /{stride}" if stride > 1 else "") for kernel, stride in windows)


def _long(windows: tuple[tuple[int, int], ...]) -> str:
    return ", ".join(t("{k} by {k} with stride {stride}", k=kernel, stride=stride) for kernel, stride in windows)
