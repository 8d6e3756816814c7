"""What places, steps and terms are called, and how their numbers are written."""

from __future__ import annotations

from zfnet_core.exhibits.contributions import Part, Place
from zfnet_core.language import t
from zfnet_core.models.network import Network
from zfnet_core.models.steps import INPUT

COLOURS = ("red", "green", "blue")


def term_label(network: Network, part: Part, map: int, several: bool) -> str:
    """What a term is called."""
    if part.reads == INPUT:
        return {"red": t("red"), "green": t("green"), "blue": t("blue")}[COLOURS[map]]
    spatial = len(network.step(part.reads).shape) == 3
    if part.kind == "shortcut":
        return t("shortcut: map {map} of {step}", map=map, step=step_name(network, part.reads))
    if several:
        return t("map {map} of {step}", map=map, step=step_name(network, part.reads))
    return t("map {map}", map=map) if spatial else t("unit {map}", map=map)


def step_name(network: Network, step: str) -> str:
    """A layer's name; a step between layers under its own name, with the layer that it belongs to."""
    if step == INPUT:
        return t("photo")
    names = {layer.step: layer.name for layer in network.layers}
    if step in names:
        return names[step]
    order = [one.name for one in network.steps]
    later = next((layer for layer in network.layers if order.index(layer.step) > order.index(step)), None)
    if step.startswith(("pool", "norm")) or later is None:
        return step
    return t("{layer} · {step}", layer=later.name, step=step)


def place_label(network: Network, place: Place) -> str:
    """A number's place in words, short."""
    if place.step == INPUT:
        colour = {"red": t("red"), "green": t("green"), "blue": t("blue")}[COLOURS[place.map]]
        return t("pixel ({row}, {column}), {colour}", row=place.row, column=place.column, colour=colour)
    name = step_name(network, place.step)
    if len(network.step(place.step).shape) == 1:
        labels = network.names if place.step == network.layers[-1].step else ()
        return f"{name}: {labels[place.map]}" if labels else t("{step}, unit {map}", step=name, map=place.map)
    return t("{step}, map {map} ({row}, {column})", step=name, map=place.map, row=place.row, column=place.column)


def signed(value: float) -> str:
    """Four digits behind the point, with a true minus."""
    return f"{value:.4f}".replace("-", "−")
