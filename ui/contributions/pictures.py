"""The pictures of one number: where it lies on the photo, its map, the maps around it, and the kernels in colour."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import torch

from ui.contributions.names import step_name
from ui.contributions.question import Question
from zfnet_core.deconvnet.scaling import as_picture
from zfnet_core.drawing.encoding import data_url, exact_url
from zfnet_core.drawing.palette import viridis
from zfnet_core.exhibits.contributions import Explained, Number, Part, Place, Term, down, reader_above
from zfnet_core.language import t
from zfnet_core.models.graph import receptive_fields
from zfnet_core.models.network import Network
from zfnet_core.models.receptive_field import ReceptiveField
from zfnet_core.models.steps import INPUT


@cache
def _fields(network: Network) -> dict[str, ReceptiveField]:
    return receptive_fields(network.steps, network.preprocessing.input_px)


def field_box(question: Question, place: Place) -> tuple[int, int, int, int]:
    """The receptive field (top, left, bottom, right) in the pixels that the network sees."""
    return _fields(question.network)[place.step].box(place.row, place.column, question.network.preprocessing.input_px)


def photo(question: Question, place: Place) -> dict[str, Any]:
    """The photo with what the number sees."""
    side = question.network.preprocessing.input_px
    top, left, bottom, right = field_box(question, place)
    return {
        "url": data_url(question.photo),
        "side": side,
        "box": [top, left, bottom, right],
        "alt": t(
            "The photo; this number sees rows {top} to {bottom}, columns {left} to {right}.",
            top=top,
            bottom=bottom - 1,
            left=left,
            right=right - 1,
        ),
        "caption": t(
            "It sees {rows} × {columns} of {side} × {side} pixels.", rows=bottom - top, columns=right - left, side=side
        ),
    }


def colour(question: Question, number: Number) -> dict[str, Any] | None:
    """In the first layer: kernel, window and product as colour pictures, and the window of the photo itself."""
    (part, *others) = number.parts
    if others or part.reads != INPUT:
        return None
    kernels, products = (in_colour(values) for values in (part.kernels, part.products))
    (top, left), side = part.corner, part.kernel
    window = np.full((side, side, 3), 128, np.uint8)
    rows, columns = (slice(max(0, at), min(part.size, at + side)) for at in (top, left))
    window[rows.start - top : rows.stop - top, columns.start - left : columns.stop - left] = question.photo[
        rows, columns
    ]
    return {
        "window": exact_url(window),
        "kernel": exact_url(kernels),
        "product": exact_url(products),
        "alts": {
            "window": t("{n} × {n} pixels of the photo.", n=side),
            "kernel": t("The kernel in colour; grey is zero."),
            "product": t("Window times kernel in colour; grey is zero."),
        },
    }


def in_colour(values: np.ndarray) -> np.ndarray:
    return as_picture(torch.from_numpy(np.ascontiguousarray(values, np.float32)), "symmetric")


def below_picture(question: Question, part: Part, term: Term) -> str:
    """The map below in colours, or the photo in the first layer."""
    if part.reads == INPUT:
        return data_url(question.photo)
    return map_picture(question, part.reads, term.map)


def map_picture(question: Question, step: str, map: int) -> str:
    """One map of a step: from zero (dark) to its largest value."""
    return exact_url(map_pixels(question, step, map))


def map_pixels(question: Question, step: str, map: int) -> np.ndarray:
    """The same as uint8 [rows, columns, 3]."""
    values = question.trace.outputs[step][0, map].float().cpu().numpy()
    largest = float(values.max())
    levels = np.clip(values / largest * 255, 0, 255) if largest > 0 else np.zeros_like(values)
    return viridis()[levels.astype(np.uint8)]


def above(question: Question, number: Number, level: Explained) -> dict[str, Any]:
    """The number's own map, in which the kernel can be moved, and the pools that may pass the number on."""
    place = number.place
    step = question.network.step(place.step)
    pools = [
        t(
            "{pool} looks at this number in {n} windows and passes it on in {won}.",
            pool=step_name(question.network, one.step),
            n=one.windows,
            won=one.won,
        )
        for one in level.above
    ]
    if len(step.shape) == 1:
        return {"size": 1, "at": [0, 0], "picture": "", "pools": pools, "alt": ""}
    return {
        "size": step.shape[-1],
        "at": [place.row, place.column],
        "picture": map_picture(question, place.step, place.map),
        "pools": pools,
        "alt": t(
            "Map {map} of {step}, {n} by {n} units. Arrow keys move the kernel, with Shift by five.",
            map=place.map,
            step=step_name(question.network, place.step),
            n=step.shape[-1],
        ),
    }


def reader(question: Question, place: Place) -> dict[str, Any] | None:
    """A map above that reads the number's map, in which its readers light up; None where there is no such map."""
    through = down(question.trace, question.trail[-2])[1] if len(question.trail) > 1 else None
    found = reader_above(question.trace, place, through)
    if found is None:
        return None
    label = t("map {map} of {step}", map=found.map, step=step_name(question.network, found.step))
    return {
        "picture": map_picture(question, found.step, found.map),
        "size": found.size,
        "kernel": found.kernel,
        "stride": found.stride,
        "padding": found.padding,
        "kind": "conv",
        "won": found.won,
        "label": label,
        "hint": t("The units in the frame read this number; filled ones pass it on.")
        if question.network.step(found.step).kind == "maxpool"
        else t("The units in the frame read this number."),
        "alt": t("{what}, with the units that read this number.", what=label),
    }
