"""Any network as one flat list of simple steps, the form in which it is traced, measured and walked backwards.

torch.fx reads the network's own forward function, so AlexNet, VGG, GoogLeNet and ResNet need no rewriting.
"""

from __future__ import annotations

import operator
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import fx, nn
from torch.nn import functional as F

from zfnet_core.models.receptive_field import ONE_PIXEL, ReceptiveField, whole_image
from zfnet_core.models.tower import ContrastNorm

INPUT = "input"


@dataclass(frozen=True)
class Step:
    """One operation. `inputs` are the names of earlier steps (or `INPUT`).

    `kind` is conv, linear, relu, maxpool, avgpool, norm (across maps), batchnorm, add, cat or flatten;
    `module` holds its parameters and settings (None for add and cat). `shape` is its output for one image.
    """

    name: str
    kind: str
    inputs: tuple[str, ...]
    module: nn.Module | None = None
    shape: tuple[int, ...] = ()

    def run(self, *values: torch.Tensor) -> torch.Tensor:
        """The step's output; never changes its input, whatever `inplace` says."""
        if self.kind == "relu":
            return torch.relu(values[0])
        if self.kind == "add":
            return values[0] + values[1]
        if self.kind == "cat":
            return torch.cat(values, dim=1)
        return self.module(*values)


MODULE_KINDS: tuple[tuple[type[nn.Module] | tuple[type[nn.Module], ...], str], ...] = (
    (nn.Conv2d, "conv"),
    (nn.Linear, "linear"),
    (nn.ReLU, "relu"),
    (nn.MaxPool2d, "maxpool"),
    ((nn.AvgPool2d, nn.AdaptiveAvgPool2d), "avgpool"),
    ((ContrastNorm, nn.LocalResponseNorm), "norm"),
    (nn.BatchNorm2d, "batchnorm"),
    (nn.Flatten, "flatten"),
    ((nn.Dropout, nn.Identity), "pass"),
)
FUNCTION_KINDS: Mapping[Any, str] = {
    F.relu: "relu",
    torch.relu: "relu",
    operator.add: "add",
    operator.iadd: "add",
    torch.add: "add",
    torch.cat: "cat",
    torch.flatten: "flatten",
}


_one_at_a_time = threading.Lock()


class _Tracer(fx.Tracer):
    """Does not look inside the modules that are one step here, and leaves the other threads alone.

    While torch.fx reads a network it replaces the call of every module in the process, for all threads; what another
    thread calls meanwhile, for somebody else's photo, is handed on untouched.
    """

    def __init__(self) -> None:
        super().__init__(autowrap_modules=())
        self._thread = threading.get_ident()

    def is_leaf_module(self, m: nn.Module, module_qualified_name: str) -> bool:
        return isinstance(m, ContrastNorm) or super().is_leaf_module(m, module_qualified_name)

    def call_module(self, m: nn.Module, forward: Callable[..., Any], args: tuple, kwargs: dict[str, Any]) -> Any:
        if threading.get_ident() != self._thread:
            return forward(*args, **kwargs)
        return super().call_module(m, forward, args, kwargs)

    def getattr(self, attr: str, attr_val: Any, parameter_proxy_cache: dict[str, Any]) -> Any:
        if threading.get_ident() != self._thread:
            return attr_val
        return super().getattr(attr, attr_val, parameter_proxy_cache)


def steps_of(module: nn.Module, input_px: int) -> tuple[Step, ...]:
    """Read `module` (in evaluation mode) into steps for an input [N, 3, input_px, input_px].

    Raises NotImplementedError for an operation that is none of `Step.kind`, and for a window that is not a plain
    square: the walk back would give a wrong picture.
    """
    with _one_at_a_time:
        graph = _Tracer().trace(module)
    modules = dict(module.named_modules())
    alias: dict[str, str] = {}
    steps: list[Step] = []
    for node in graph.nodes:
        if node.op == "placeholder":
            alias[node.name] = INPUT
        elif node.op in ("call_module", "call_function", "call_method"):
            kind, part = _kind_of(node, modules)
            inputs = tuple(alias[parent.name] for parent in node.all_input_nodes)
            if kind == "pass":
                alias[node.name] = inputs[0]
                continue
            steps.append(Step(node.name, kind, inputs, part))
            alias[node.name] = node.name
    return _with_shapes(steps, input_px)


def _kind_of(node: fx.Node, modules: Mapping[str, nn.Module]) -> tuple[str, nn.Module | None]:
    if node.op == "call_module":
        part = modules[node.target]
        for types, kind in MODULE_KINDS:
            if isinstance(part, types):
                _check_window(node.target, part)
                return kind, part
    if node.op == "call_function" and node.target in FUNCTION_KINDS:
        kind = FUNCTION_KINDS[node.target]
        return kind, nn.Flatten() if kind == "flatten" else None
    raise NotImplementedError(f"The operation {node.target} of this network is not one that can be traced.")


def _check_window(name: str, part: nn.Module) -> None:
    """Convolutions and pools must be square, without groups and gaps, and padded with zeros."""
    sizes = [getattr(part, setting, 1) for setting in ("kernel_size", "stride", "padding", "output_size")]
    square = all(isinstance(size, int) or (isinstance(size, tuple) and len(set(size)) == 1) for size in sizes)
    whole = getattr(part, "groups", 1) == 1 and getattr(part, "dilation", 1) in (1, (1, 1))
    plain = getattr(part, "padding_mode", "zeros") == "zeros" and getattr(part, "divisor_override", None) is None
    if not (square and whole and plain):
        raise NotImplementedError(f"{name}, {part}, is grouped, dilated, unevenly padded or not square.")


@torch.inference_mode()
def _with_shapes(steps: list[Step], input_px: int) -> tuple[Step, ...]:
    """Shapes by one pass over an empty picture; average pools that do nothing at this size are left out."""
    value: dict[str, torch.Tensor] = {INPUT: torch.zeros(1, 3, input_px, input_px)}
    alias = {INPUT: INPUT}
    kept = []
    for step in steps:
        inputs = tuple(alias[name] for name in step.inputs)
        output = step.run(*(value[name] for name in inputs))
        alias[step.name] = step.name
        if isinstance(step.module, nn.AdaptiveAvgPool2d) and output.shape == value[inputs[0]].shape:
            alias[step.name] = inputs[0]
            continue
        value[step.name] = output
        kept.append(replace(step, inputs=inputs, shape=tuple(output.shape[1:])))
    return tuple(kept)


def window_of(step: Step) -> tuple[int, int, int]:
    """(kernel, stride, padding) of a convolution or pool; all are square here."""

    def one(value: int | tuple[int, ...]) -> int:
        return value if isinstance(value, int) else value[0]

    part = step.module
    return one(part.kernel_size), one(part.stride), one(part.padding)


def receptive_fields(steps: tuple[Step, ...], input_px: int) -> dict[str, ReceptiveField]:
    """The receptive field of a unit of each step, from the geometry of kernels, strides and padding alone."""
    field = {INPUT: ONE_PIXEL}
    size = {INPUT: input_px, **{step.name: step.shape[-1] for step in steps}}
    for step in steps:
        first, *others = (field[name] for name in step.inputs)
        last_unit = size[step.inputs[0]] - 1
        if step.kind == "linear":
            field[step.name] = first
        elif step.kind == "flatten" or isinstance(step.module, nn.AdaptiveAvgPool2d):
            field[step.name] = replace(whole_image(input_px), end=first.span(last_unit, input_px)[1])
        elif step.kind in ("conv", "maxpool", "avgpool"):
            kernel, stride, padding = window_of(step)
            last_used = min(last_unit, (step.shape[-1] - 1) * stride - padding + kernel - 1)
            end = first.span(last_used, input_px)[1]
            field[step.name] = replace(first.through_window(kernel, stride, padding), end=end)
        else:
            for other in others:
                first = first.merged(other)
            field[step.name] = first
    return field


def multiply_adds(step: Step) -> int:
    """Multiply–accumulate operations of one step for one image (convolutions and fully connected layers)."""
    if step.kind == "conv":
        rows, columns = step.shape[1:]
        return step.module.weight.numel() * rows * columns
    return step.module.weight.numel() if step.kind == "linear" else 0


def parameter_count(step: Step) -> int:
    """Trainable numbers that belong to one step."""
    return sum(p.numel() for p in step.module.parameters()) if step.module is not None else 0
