"""A network read as a plan: which operations it consists of, and what each costs, without a single weight in memory.

The module is traced by `torch.fx` while it lies on the “meta” device; sizes then follow from kernel, stride and padding
alone. The tests run the same modules and count again.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import fx, nn
from torch.nn import functional as F

from zfnet_core.exhibits.architectures.windows import SlidingWindow
from zfnet_core.models.lenet import Grey, PartialConv, RadialBasis, ScaledTanh, Subsampling
from zfnet_core.models.receptive_field import ONE_PIXEL, ReceptiveField, whole_image
from zfnet_core.models.tower import ContrastNorm

OWN = (Grey, PartialConv, RadialBasis, ScaledTanh, Subsampling, ContrastNorm)
BYTES = 4
"""A value of an activation, float32."""
MAKES = (
    "convolution",
    "max-pool",
    "average pool",
    "subsampling",
    "fully connected",
    "distance to codes",
    "global average",
)
"""Kinds whose output is counted as memory; what rectifies, normalises or adds can overwrite what it reads."""


@dataclass(frozen=True)
class Operation:
    """One operation of a network.

    `inputs` names what it reads (“input” is the photo); `before` and `shape` are (maps, rows, columns), or (units,), of
    its first input and of its output. `window` is None where it does not slide. `groups` > 1 splits the maps; `fan_in`
    is the number of inputs to one unit where a layer has weights. `parameters` are trained numbers, `macs`
    multiply–adds of convolutions and fully connected layers for one photo.
    """

    name: str
    kind: str
    inputs: tuple[str, ...]
    before: tuple[int, ...]
    shape: tuple[int, ...]
    field: ReceptiveField
    window: SlidingWindow | None = None
    groups: int = 1
    parameters: int = 0
    macs: int = 0

    @property
    def activation_bytes(self) -> int:
        """Memory of its output for one photo, if it makes one of its own."""
        return BYTES * math.prod(self.shape) if self.kind in MAKES else 0


class _Tracer(fx.Tracer):
    def is_leaf_module(self, m: nn.Module, module_qualified_name: str) -> bool:
        return isinstance(m, OWN) or super().is_leaf_module(m, module_qualified_name)


def read(module: nn.Module, channels: int, input_px: int) -> tuple[Operation, ...]:
    """The operations of `module` for an input [1, channels, input_px, input_px], in the order in which they run.

    Raises NotImplementedError for an operation that is not known here.
    """
    known: dict[str, Operation] = {}
    same: dict[str, str] = {}
    photo = Operation("input", "photo", (), (), (channels, input_px, input_px), ONE_PIXEL)
    for node in _Tracer().trace(module).nodes:
        if node.op == "placeholder":
            same[node.name] = photo.name
            known[photo.name] = photo
        elif node.op in ("call_module", "call_function", "call_method"):
            inputs = [known[same[one.name]] for one in node.all_input_nodes if one.name in same]
            part = module.get_submodule(str(node.target)) if node.op == "call_module" else None
            name = str(node.target) if part is not None else f"{_inside(node)}{node.name}"
            made = (
                _of_module(part, name, inputs, input_px) if part is not None else _of_call(node, name, inputs, input_px)
            )
            if made is None:
                if inputs:
                    same[node.name] = inputs[0].name
                continue
            while made.name in known:  # one module may be called twice
                made = replace(made, name=f"{made.name}′")
            known[made.name], same[node.name] = made, made.name
    return tuple(known.values())[1:]


def _of_module(part: nn.Module, name: str, inputs: Sequence[Operation], input_px: int) -> Operation | None:
    """What a module does, or None for what does nothing once training is over."""
    first = inputs[0]
    if isinstance(part, (nn.Dropout, nn.Identity)):
        return None
    count = sum(value.numel() for value in part.parameters())
    if isinstance(part, (nn.Conv2d, PartialConv)):
        window = SlidingWindow(_one(part.kernel_size), _one(part.stride), _one(part.padding))
        maps = part.maps if isinstance(part, PartialConv) else part.out_channels
        shape = _slid(window, first.shape, maps)
        macs = part.weight.numel() * shape[1] * shape[2]
        groups = part.groups if isinstance(part, nn.Conv2d) else 1
        return _windowed(name, "convolution", first, window, shape, input_px, groups, count, macs)
    if isinstance(part, (nn.MaxPool2d, nn.AvgPool2d, Subsampling)):
        window = SlidingWindow(
            _one(part.kernel_size), _one(part.stride), _one(part.padding), bool(getattr(part, "ceil_mode", False))
        )
        kinds = {nn.MaxPool2d: "max-pool", nn.AvgPool2d: "average pool", Subsampling: "subsampling"}
        shape = _slid(window, first.shape, first.shape[0])
        return _windowed(name, kinds[type(part)], first, window, shape, input_px, 1, count, 0)
    if isinstance(part, nn.AdaptiveAvgPool2d):
        return _averaged(name, first, _one(part.output_size), input_px)
    if isinstance(part, nn.Linear):
        units = (part.out_features,)
        macs = part.weight.numel()
        return Operation(name, "fully connected", _named(inputs), first.shape, units, first.field, None, 1, count, macs)
    if isinstance(part, RadialBasis):
        codes = part.get_buffer("codes")
        units, macs = (codes.shape[0],), codes.numel()
        return Operation(name, "distance to codes", _named(inputs), first.shape, units, first.field, None, 1, 0, macs)
    kind = next((told for kinds, told in POINTWISE if isinstance(part, kinds)), None)
    if isinstance(part, nn.Flatten):
        return _flat(name, first, input_px)
    if isinstance(part, Grey):
        kind, shape = "grey", (1, *first.shape[1:])
        return Operation(name, kind, _named(inputs), first.shape, shape, first.field)
    if kind is None:
        raise NotImplementedError(f"{name}, {part}, cannot be drawn.")
    return Operation(name, kind, _named(inputs), first.shape, first.shape, first.field, parameters=count)


POINTWISE: tuple[tuple[Any, str], ...] = (
    (nn.ReLU, "ReLU"),
    (ScaledTanh, "tanh"),
    (nn.BatchNorm2d, "batch norm"),
    ((ContrastNorm, nn.LocalResponseNorm), "contrast norm"),
)


def _of_call(node: fx.Node, name: str, inputs: Sequence[Operation], input_px: int) -> Operation | None:
    """What a call outside modules does."""
    if not inputs:
        return None
    first, asked = inputs[0], node.target
    if asked in (F.dropout, torch.dropout):
        return None
    if asked in (F.relu, torch.relu):
        return Operation(name, "ReLU", _named(inputs), first.shape, first.shape, first.field)
    if asked in (operator.add, operator.iadd, torch.add):
        return Operation(name, "addition", _named(inputs), first.shape, first.shape, _merged(inputs))
    if asked is torch.cat:
        shape = (sum(one.shape[0] for one in inputs), *first.shape[1:])
        return Operation(name, "concatenation", _named(inputs), first.shape, shape, _merged(inputs))
    if asked in (torch.flatten, "flatten"):
        return _flat(name, first, input_px)
    if asked is F.adaptive_avg_pool2d:
        return _averaged(name, first, _one(node.args[1]), input_px)
    if getattr(asked, "__name__", "") == "eager_outputs" or getattr(asked, "__name__", "").endswith("Outputs"):
        return None
    raise NotImplementedError(f"{node.format_node()} cannot be drawn.")


def _inside(node: fx.Node) -> str:
    """The path of the module in whose forward function a call stands, with a dot; empty for the network's own."""
    stack = list(node.meta.get("nn_module_stack", {}))
    return f"{stack[-1]}." if stack and stack[-1] else ""


def _named(inputs: Sequence[Operation]) -> tuple[str, ...]:
    return tuple(one.name for one in inputs)


def _one(value: Any) -> int:
    return value if isinstance(value, int) else int(value[0])


def _slid(window: SlidingWindow, shape: tuple[int, ...], maps: int) -> tuple[int, ...]:
    return (maps, window.places(shape[1]), window.places(shape[2]))


def _windowed(
    name: str,
    kind: str,
    first: Operation,
    window: SlidingWindow,
    shape: tuple[int, ...],
    input_px: int,
    groups: int,
    parameters: int,
    macs: int,
) -> Operation:
    last = min(first.shape[-1] - 1, (shape[-1] - 1) * window.stride - window.padding + window.kernel - 1)
    end = first.field.span(last, input_px)[1]
    field = replace(first.field.through_window(window.kernel, window.stride, window.padding), end=end)
    return Operation(name, kind, (first.name,), first.shape, shape, field, window, groups, parameters, macs)


def _averaged(name: str, first: Operation, size: int, input_px: int) -> Operation | None:
    if first.shape[-1] == size:
        return None
    field = _everything(first, input_px)
    kind = "global average" if size == 1 else "average pool"
    return Operation(name, kind, (first.name,), first.shape, (first.shape[0], size, size), field)


def _flat(name: str, first: Operation, input_px: int) -> Operation:
    units = (math.prod(first.shape),)
    return Operation(name, "flattening", (first.name,), first.shape, units, _everything(first, input_px))


def _everything(first: Operation, input_px: int) -> ReceptiveField:
    return replace(whole_image(input_px), end=first.field.span(first.shape[-1] - 1, input_px)[1])


def _merged(inputs: Sequence[Operation]) -> ReceptiveField:
    field = inputs[0].field
    for other in inputs[1:]:
        field = field.merged(other.field)
    return field
