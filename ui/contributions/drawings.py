"""The small drawings: what pools and normalisations did, what a sum is made of at a glance, and how a map is wired."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ui.contributions.names import place_label, signed, step_name, term_label
from ui.contributions.pictures import in_colour
from ui.contributions.question import Question
from zfnet_core.drawing.encoding import enlarged, exact_url
from zfnet_core.drawing.signed import signed_colours
from zfnet_core.exhibits.contributions import Number, Part, Passage
from zfnet_core.language import t, tn
from zfnet_core.models.network import Network
from zfnet_core.models.steps import INPUT, ResponseNorm
from zfnet_core.models.wiring import Wiring

CONNECTIONS = 10
KERNEL_PX = 28


def passage(question: Question, one: Passage) -> dict[str, Any]:
    """What a pool, a normalisation or a concatenation did: a small drawing and a sentence.

    `values` are what it looks at, `chosen` the number that is passed on, `maps` the numbers of the maps if they are
    neighbours across channels, `sign` what becomes of them and `result` what comes out.
    """
    name, value = step_name(question.network, one.step), signed(one.value)
    sign, formula = "", ""
    if one.kind == "maxpool":
        text, sign = t("{step} passes on the largest of its window: {value}.", step=name, value=value), t("largest")
    elif one.kind == "avgpool":
        sign = t("mean")
        text = t(
            "{step} passes on the mean: the sum of {n} numbers divided by {n} is {value}; the walk goes on at the "
            "strongest of them.",
            step=name,
            n=f"{one.divisor:g}",
            value=value,
        )
        formula = f"{signed(float(np.nansum(one.values.astype(np.float64))))} / {one.divisor:g} = {value}"
    elif one.kind == "norm":
        text = t(
            "{step} divides by {divisor}, which grows with the same unit in the neighbouring maps: {before} becomes "
            "{value}.",
            step=name,
            divisor=f"{one.divisor:.4f}",
            before=signed(float(one.values[one.chosen])),
            value=value,
        )
        formula = normalised(question.network, one)
    elif one.kind == "cat":
        text = t(
            "{step} lays the maps of several branches side by side: its map {map} is map {below} of one of them.",
            step=name,
            map=one.place.map,
            below=one.below.map,
        )
    else:
        text = t(
            "{step} lays the maps in a row: this is {below}.", step=name, below=place_label(question.network, one.below)
        )
    drawn = one.kind in ("maxpool", "avgpool", "norm")
    lines = one.values.tolist() if drawn else []
    return {
        "text": text,
        "values": [[None if math.isnan(value) else value for value in line] for line in lines],
        "chosen": one.chosen,
        "maps": one.maps,
        "sign": sign,
        "formula": formula,
        "result": one.value,
    }


def normalised(network: Network, one: Passage) -> str:
    """The contrast normalisation with its numbers: a / (k + α/n · Σa²)^β."""
    step = network.step(one.step)
    assert isinstance(step, ResponseNorm)
    own, squares = float(one.values[one.chosen]), float((one.values.astype(np.float64) ** 2).sum())
    inner = f"({step.k:g} + {step.alpha:g} / {step.size} · {squares:.4f})"
    return f"{signed(own)} / {inner}^{step.beta:g} = {signed(own)} / {one.divisor:.4f} = {signed(one.value)}"


def drawn(question: Question, number: Number) -> dict[str, Any] | None:
    """A fully connected layer as its strongest inputs, a shortcut that comes back as what is added; None for others."""
    if len(number.parts) > 1:
        sums = [float(part.terms.sum()) for part in number.parts]
        whole = sum(map(abs, sums)) + abs(number.bias) or 1.0
        names = [_added(number.parts, at) for at in range(len(sums))]
        items = [_item(name, added, whole, "") for name, added in zip(names, sums, strict=True)]
        title = t("A shortcut comes back: this is added")
    elif number.parts[0].kind == "linear":
        items, whole = _inputs(question, number)
        title = t("The strongest of {n} inputs, by share", n=number.parts[0].products.size)
    else:
        return None
    items.append(_item(t("bias"), number.bias, whole, ""))
    result = f"{t('sum')}\n{signed(number.sum)}"
    spoken = ", ".join(f"{one['label']} {signed(one['value'])}" for one in items)
    return {"title": title, "items": items, "to": result, "alt": f"{title}: {spoken}; {t('sum')} {signed(number.sum)}."}


def _inputs(question: Question, number: Number) -> tuple[list[dict[str, Any]], float]:
    """The strongest single inputs, then all others together; and the sizes of all products and the bias together."""
    (part,) = number.parts
    products = part.products
    whole = float(np.abs(products).sum()) + abs(number.bias) or 1.0
    order = np.argsort(-np.abs(products), axis=None, kind="stable")[:CONNECTIONS]
    items, listed = [], 0.0
    for flat in order:
        at = tuple(int(place) for place in np.unravel_index(int(flat), products.shape))
        label = term_label(question.network, part, int(part.maps[at[0]]), False)
        if part.size > 1:
            label += f" ({at[1]}, {at[2]})"
        made = f"{signed(float(part.windows[at]))} × {signed(float(part.kernels[at]))} = "
        items.append(_item(label, float(products[at]), whole, made))
        listed += float(products[at])
    if (others := products.size - len(order)) > 0:
        rest = float(products.sum()) - listed
        share = float(np.abs(products).sum() - sum(abs(one["value"]) for one in items)) / whole
        label = tn("the other input", "the other {n} inputs together", others)
        items.append({**_item(label, rest, whole, ""), "share": share})
    return items, whole


def _item(label: str, value: float, whole: float, made: str) -> dict[str, Any]:
    return {"label": label, "value": value, "share": abs(value) / whole, "made": made}


def _added(parts: Sequence[Part], at: int) -> str:
    """What one part of a residual sum is: the block's own way comes first, then the shortcut."""
    part = parts[at]
    if part.kind == "shortcut":
        return t("the shortcut, as it is")
    if at == 0:
        return t("the block’s own way, {n} maps", n=len(part.maps))
    return t("the shortcut, {n} maps", n=len(part.maps))


def connections(network: Network, wired: Wiring, map: int) -> dict[str, Any]:
    """The map's whole kernel as one picture, and its strongest connections."""
    strengths = wired.strengths
    best = wired.strongest(CONNECTIONS)
    of_photo = wired.reads == INPUT
    names = [t("red"), t("green"), t("blue")]
    return {
        "picture": exact_url(enlarged(in_colour(wired.kernels), (0, 0, wired.kernels.shape[-1])))
        if of_photo
        else kernels_picture(wired),
        "alt": tn(
            "One kernel.", "{n} kernels, the strongest first; blue is above zero, vermilion below.", len(wired.maps)
        ),
        "caption": t(
            "{n} kernels of {k} × {k}; strength is the root of the sum of squares (our choice).",
            n=len(wired.maps),
            k=wired.kernels.shape[-1],
        ),
        "from": step_name(network, wired.reads),
        "to": t("map {map}", map=map),
        "best": [
            {
                "label": names[int(wired.maps[at])] if of_photo else str(int(wired.maps[at])),
                "strength": float(strengths[at]),
                "sign": float(np.sign(wired.kernels[at].sum())),
                "picture": exact_url(_enlarged(signed_colours(wired.kernels[at]))),
            }
            for at in best
        ],
        "largest": float(strengths.max(initial=0.0)),
    }


def _enlarged(pixels: np.ndarray) -> np.ndarray:
    times = max(1, KERNEL_PX // pixels.shape[0])
    return pixels.repeat(times, axis=0).repeat(times, axis=1)


def kernels_picture(wired: Wiring) -> str:
    """All kernels of a map, the strongest first, on one scale."""
    order, side = wired.strongest(len(wired.maps)), wired.kernels.shape[-1]
    high = wired.kernels.shape[1]
    across = math.ceil(math.sqrt(len(order) * 2 * (high + 1) / (side + 1)))
    lines = math.ceil(len(order) / across)
    sheet = np.full((lines * (high + 1), across * (side + 1), 3), 128, np.uint8)
    top = float(np.abs(wired.kernels).max(initial=0.0))
    for at, index in enumerate(order):
        down_by, right_by = (at // across) * (high + 1), (at % across) * (side + 1)
        sheet[down_by : down_by + high, right_by : right_by + side] = signed_colours(wired.kernels[index], top)
    return exact_url(sheet.repeat(3, 0).repeat(3, 1))
