"""Project one unit's activation back to the pixels it came from (Zeiler & Fergus §2.1), for many units at once.

All other units of the layer are set to zero, and the signal walks down through the network's steps in reverse order:
unpool with the switches of the same photo, rectify, apply the transposed filters. What one step does is in
`rules`, which part of each map has to be looked at in `plan`; this file takes the walk.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import torch

from zfnet_core.deconvnet.plan import Plan, plan_from
from zfnet_core.deconvnet.rules import BACKWARD, RULES, BackwardRule, Descent, Rule
from zfnet_core.deconvnet.windows import Anchors, paste, refit
from zfnet_core.errors import UnknownName
from zfnet_core.forward.trace import Trace
from zfnet_core.language import phrase
from zfnet_core.models.network import Layer
from zfnet_core.models.steps import INPUT

Seed = Literal["activation", "one"]
Box = tuple[int, int, int, int]
# A large batch goes down in parts whose largest signal stays near the processor's cache; a GPU wants more at once.
SIGNAL_BYTES = 16 * 2**20
SIGNAL_BYTES_GPU = 2**30


@dataclass(frozen=True)
class Unit:
    """One unit of a layer; a fully connected unit is a map of one place, row 0 and column 0."""

    map: int
    row: int = 0
    column: int = 0


@dataclass(frozen=True, eq=False)
class Projection:
    """What B units of one layer respond to, as signed pixels.

    `pixels` [B, 3, input_px, input_px] float32, in units of the normalised input (the mean colour is never added);
    exactly zero outside `boxes`, each unit's receptive field (top, left, bottom, right) clipped to the image;
    `values` are the units' activations, whose sizes seeded the walk. Only scores (the last layer, which has no ReLU)
    can be negative.
    """

    pixels: torch.Tensor
    layer: str
    units: tuple[Unit, ...]
    rule: Rule
    boxes: tuple[Box, ...]
    values: tuple[float, ...]


@dataclass(frozen=True, eq=False)
class Crops:
    """The same pixels, each cut to its unit's receptive field and not pasted into the whole picture.

    `pixels` [B, 3, size_px, size_px]; `corners` are (top, left) in the image and may lie outside it, where the pixels
    are zero. Fully connected units see the whole image.
    """

    pixels: torch.Tensor
    layer: str
    units: tuple[Unit, ...]
    rule: Rule
    corners: tuple[tuple[int, int], ...]
    values: tuple[float, ...]

    @property
    def size_px(self) -> int:
        """Width and height of each crop."""
        return self.pixels.shape[-1]


def project(
    trace: Trace,
    layer: str,
    units: Sequence[Unit],
    rule: Rule = "deconvnet",
    *,
    images: Sequence[int] | None = None,
    seed: Seed = "activation",
) -> Projection:
    """Project each of `units` of `layer` by itself, from image `images[i]` of the trace (by default the first).

    The walk starts with the unit's activation, so a silent unit gives an empty picture; `seed="one"` starts with 1.
    From a negative score it starts with its size (our choice): the sign says nothing by itself, as softmax does not
    notice a constant added to all scores, and would turn what speaks for the class into what speaks against it.
    Raises UnknownName for a layer, unit, image or rule that does not exist.
    """
    return _pasted(trace, crops(trace, layer, units, rule, images=images, seed=seed))


def project_by_rules(
    trace: Trace, layer: str, unit: Unit, rules: Sequence[Rule], *, image: int = 0
) -> tuple[Projection, ...]:
    """As `project` for one unit by each of `rules`, which take the walk together: a single batch.

    Raises UnknownName for a layer, unit, image or rule that does not exist.
    """
    return tuple(_pasted(trace, one) for one in crops_by_rules(trace, layer, unit, rules, image=image))


def crops_by_rules(trace: Trace, layer: str, unit: Unit, rules: Sequence[Rule], *, image: int = 0) -> tuple[Crops, ...]:
    """As `project_by_rules`, cut to the receptive field."""
    together = _crops(trace, layer, [unit] * len(rules), rules, [image] * len(rules), "activation")
    return tuple(
        replace(together, pixels=together.pixels[at : at + 1], rule=rule, **_only(together, at))
        for at, rule in enumerate(rules)
    )


def crops(
    trace: Trace,
    layer: str,
    units: Sequence[Unit],
    rule: Rule = "deconvnet",
    *,
    images: Sequence[int] | None = None,
    seed: Seed = "activation",
) -> Crops:
    """As `project`, cut to the receptive field: the form in which a wall of nine patches needs them."""
    units = tuple(units)
    images = (0,) * len(units) if images is None else tuple(images)
    if len(units) != len(images):
        raise UnknownName(
            phrase(
                "{units} units were given with {images} images; give one image for each unit.",
                units=len(units),
                images=len(images),
            )
        )
    if not units:
        _rule(rule)
        size = plan_from(trace.network, trace.network.layer(layer).step).pixels.size
        return Crops(trace.images.new_zeros(0, 3, size, size), layer, (), rule, (), ())
    return _crops(trace, layer, units, [rule] * len(units), images, seed)


@torch.inference_mode()
def _crops(
    trace: Trace, layer: str, units: Sequence[Unit], rules: Sequence[Rule], images: Sequence[int], seed: Seed
) -> Crops:
    """`crops` with a rule for each unit; the result is named after the first."""
    part, methods = trace.network.layer(layer), tuple(_rule(rule) for rule in rules)
    activation = _activation(trace, part)
    _check(part, units, images, len(activation))
    plan = plan_from(trace.network, part.step)
    places = [
        (image, unit.map, unit.row, unit.column)[: 2 if not part.spatial else 4]
        for image, unit in zip(images, units, strict=True)
    ]
    values = activation[tuple(torch.tensor(places).T.to(activation.device))]
    budget = SIGNAL_BYTES if activation.device.type == "cpu" else SIGNAL_BYTES_GPU
    per_pass = max(1, budget // plan.bytes_per_unit)
    pictures = []
    for start in range(0, len(units), per_pass):
        chunk = slice(start, start + per_pass)
        seeds = _seeds(
            part, units[chunk], values[chunk].abs() if seed == "activation" else torch.ones_like(values[chunk])
        )
        anchors = Anchors.of(
            [(image, unit.row, unit.column) for image, unit in zip(images[chunk], units[chunk], strict=True)],
            activation.device,
        )
        pictures.append(_descend(trace, plan, seeds, anchors, methods[chunk]))
    window = plan.pixels
    return Crops(
        pixels=torch.cat(pictures).permute(0, 3, 1, 2).contiguous(),
        layer=layer,
        units=tuple(units),
        rule=rules[0],
        corners=tuple(
            (window.jump * unit.row + window.first, window.jump * unit.column + window.first) for unit in units
        ),
        values=tuple(values.tolist()),
    )


@torch.inference_mode()
def project_by_method(
    trace: Trace, layer: str, unit: Unit, method: BackwardRule, value: float = 1.0, *, image: int = 0
) -> torch.Tensor:
    """One unit by any combination of what distinguishes the rules: signed pixels [3, input_px, input_px].

    The walk starts with `value`, whatever the unit's activation is. Raises UnknownName for what does not exist.
    """
    part = trace.network.layer(layer)
    activation = _activation(trace, part)
    _check(part, [unit], [image], len(activation))
    plan = plan_from(trace.network, part.step)
    seeds = _seeds(part, [unit], activation.new_tensor([value]))
    anchors = Anchors.of([(image, unit.row, unit.column)], activation.device)
    pixels = _descend(trace, plan, seeds, anchors, (method,)).permute(0, 3, 1, 2).contiguous()
    corner = tuple(plan.pixels.jump * at + plan.pixels.first for at in (unit.row, unit.column))
    input_px = trace.network.preprocessing.input_px
    if pixels.shape[-1] == input_px and corner == (0, 0):
        return pixels[0]
    picture = pixels.new_zeros(1, 3, input_px, input_px)
    paste(pixels.permute(0, 2, 3, 1), picture.permute(0, 2, 3, 1), corner[:1], corner[1:])
    return picture[0]


@torch.inference_mode()
def project_map(trace: Trace, layer: str, map: int, rule: Rule = "deconvnet", *, image: int = 0) -> Projection:
    """Project all units of one feature map together: one picture [1, 3, input_px, input_px].

    Its one value is the map's total activation and its one box the whole image; `units` is empty.
    """
    part, method = trace.network.layer(layer), _rule(rule)
    activation = _activation(trace, part)
    _check(part, [Unit(map)], [image], len(activation))
    if not part.spatial:
        return project(trace, layer, [Unit(map)], rule, images=[image])
    plan = plan_from(trace.network, part.step, whole=True)
    seeds = torch.zeros_like(activation[image]).permute(1, 2, 0)[None].contiguous()
    seeds[..., map] = activation[image, map]
    pixels = _descend(trace, plan, seeds, Anchors.of([(image, 0, 0)], activation.device), (method,))
    input_px = trace.network.preprocessing.input_px
    return Projection(
        pixels=pixels.permute(0, 3, 1, 2).contiguous(),
        layer=layer,
        units=(),
        rule=rule,
        boxes=((0, 0, input_px, input_px),),
        values=(activation[image, map].sum().item(),),
    )


def strongest_unit(trace: Trace, layer: str, map: int, image: int = 0) -> Unit:
    """Where a map is strongest; the first in reading order of equals."""
    part = trace.network.layer(layer)
    activation = _activation(trace, part)
    _check(part, [Unit(map)], [image], len(activation))
    return _strongest(part, activation[image], [map])[0]


def strongest_units(
    trace: Trace, layer: str, k: int | None = None, *, maps: Sequence[int] | None = None, image: int = 0
) -> tuple[Unit, ...]:
    """The strongest unit of each of `maps`, in that order, or of the `k` strongest maps, the strongest first."""
    part = trace.network.layer(layer)
    activation = _activation(trace, part)
    _check(part, [Unit(map) for map in maps or ()], [image], len(activation))
    if maps is None:
        peaks = activation[image].reshape(part.maps, -1).amax(dim=1)
        maps = peaks.argsort(descending=True, stable=True)[:k].tolist()
    return _strongest(part, activation[image], maps)


def _strongest(part: Layer, activation: torch.Tensor, maps: Sequence[int]) -> tuple[Unit, ...]:
    if not part.spatial:
        return tuple(Unit(map) for map in maps)
    width = part.shape[2]
    chosen = torch.tensor(maps, dtype=torch.int64).to(activation.device)
    flat = activation.index_select(0, chosen).flatten(1).argmax(dim=1)
    return tuple(Unit(map, *divmod(place, width)) for map, place in zip(maps, flat.tolist(), strict=True))


def _descend(
    trace: Trace, plan: Plan, seeds: torch.Tensor, anchors: Anchors, rules: tuple[BackwardRule, ...]
) -> torch.Tensor:
    """Walk down from `seeds`, on the window of the plan's first step, to pixels [B, size, size, 3]."""
    descent = Descent(trace, anchors, rules, plan.shapes)
    signals = {plan.steps[0].name: seeds}
    for step in plan.steps:
        signal, window = signals.pop(step.name), plan.windows[step.name]
        for name, (part, reached) in zip(step.inputs, BACKWARD[type(step)](step, signal, window, descent), strict=True):
            target = plan.windows[name]
            if reached is not None and target is not None:
                part = refit(part, anchors, reached, target)
            signals[name] = signals[name].add_(part) if name in signals else part
    return signals[INPUT]


def _seeds(part: Layer, units: Sequence[Unit], values: torch.Tensor) -> torch.Tensor:
    """Every unit of the layer zero but one: [B, 1, 1, maps], or [B, units]."""
    seeds = values.new_zeros(len(units), part.maps)
    maps = torch.tensor([unit.map for unit in units]).to(values.device)
    seeds.scatter_(1, maps[:, None], values[:, None])
    return seeds[:, None, None, :] if part.spatial else seeds


def _only(crops: Crops, at: int) -> dict[str, Any]:
    return {name: getattr(crops, name)[at : at + 1] for name in ("units", "corners", "values")}


def _pasted(trace: Trace, crops: Crops) -> Projection:
    field, input_px = trace.network.layer(crops.layer).receptive_field, trace.network.preprocessing.input_px
    return Projection(
        pixels=_whole_pictures(crops, input_px),
        layer=crops.layer,
        units=crops.units,
        rule=crops.rule,
        boxes=tuple(field.box(unit.row, unit.column, input_px) for unit in crops.units),
        values=crops.values,
    )


def _whole_pictures(crops: Crops, input_px: int) -> torch.Tensor:
    if crops.size_px == input_px and not any(map(any, crops.corners)):
        return crops.pixels
    pictures = crops.pixels.new_zeros(len(crops.pixels), 3, input_px, input_px)
    tops, lefts = [top for top, _ in crops.corners], [left for _, left in crops.corners]
    paste(crops.pixels.permute(0, 2, 3, 1), pictures.permute(0, 2, 3, 1), tops, lefts)
    return pictures


def _activation(trace: Trace, part: Layer) -> torch.Tensor:
    if part.step not in trace.outputs:
        raise UnknownName(
            phrase("The photo was not traced as far as {layer}; trace it up to that layer first.", layer=part.name)
        )
    return trace.outputs[part.step]


def _rule(name: str) -> BackwardRule:
    if name not in RULES:
        raise UnknownName(
            phrase("There is no backward rule “{name}”; choose one of {rules}.", name=name, rules=", ".join(RULES))
        )
    return RULES[name]


def _check(part: Layer, units: Sequence[Unit], images: Sequence[int], traced: int) -> None:
    """Raise UnknownName for the first unit or image that does not exist."""
    rows, columns = part.shape[1:] if part.spatial else (1, 1)
    for unit in units:
        if not (0 <= unit.map < part.maps and 0 <= unit.row < rows and 0 <= unit.column < columns):
            raise UnknownName(
                phrase(
                    "{layer} has no unit (map {map}, row {row}, column {column}); it has {maps} maps of {rows} × "
                    "{columns} units, counted from 0.",
                    layer=part.name,
                    map=unit.map,
                    row=unit.row,
                    column=unit.column,
                    maps=part.maps,
                    rows=rows,
                    columns=columns,
                )
            )
    for image in images:
        if not 0 <= image < traced:
            raise UnknownName(
                phrase(
                    "There is no image {image} in this trace; it has {traced}, counted from 0.",
                    image=image,
                    traced=traced,
                )
            )
