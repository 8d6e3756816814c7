"""Any network as one flat list of simple steps, the form in which it is traced, measured and walked backwards.

A network is read by running its own forward function once over an empty picture and writing down what it calls, so
AlexNet, VGG, GoogLeNet and ResNet need no rewriting. It is a copy on the “meta” device that runs, which has shapes but
no numbers, and only the thread that reads notices: everybody else's networks run on meanwhile.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

import torch
from torch import nn
from torch.nn import functional as F
from torch.overrides import TorchFunctionMode

from zfnet_core.models import steps
from zfnet_core.models.lenet import Grey
from zfnet_core.models.receptive_field import ONE_PIXEL, ReceptiveField, whole_image
from zfnet_core.models.steps import INPUT, Step
from zfnet_core.models.tower import ContrastNorm

KEPT_READINGS = 64
PARTS = (
    *(nn.Conv2d, nn.MaxPool2d, nn.AvgPool2d, nn.AdaptiveAvgPool2d, nn.Linear, nn.ReLU, nn.BatchNorm2d, nn.Flatten),
    *(ContrastNorm, nn.LocalResponseNorm, nn.Dropout, nn.Identity, Grey),
)
"""Modules that are one step each; all others are looked into."""


def steps_of(module: nn.Module, input_px: int, architecture: str = "") -> tuple[Step, ...]:
    """Read `module` (in evaluation mode) into steps for an input [N, 3, input_px, input_px].

    Steps hold the module's own parameters. Modules of one named `architecture` whose parameters have the same shapes
    are built alike, so only the first is read. Raises NotImplementedError for an operation that is none of `Step`, and
    for a window that is not a plain square: the walk back would give a wrong picture.
    """
    asked = _Asked(architecture, input_px, _shapes(module), _without_numbers(module))
    return (_kept_reading(asked) if architecture else _read(asked)).bound_to(module)


@dataclass(frozen=True)
class _Asked:
    """A question that is the same for all modules of one architecture; `module` is one of them, without its numbers."""

    architecture: str
    input_px: int
    shapes: tuple[tuple[str, tuple[int, ...]], ...]
    module: nn.Module = field(compare=False)


@dataclass(frozen=True)
class _Reading:
    """Steps whose parameters are empty; `names` are those of the parameters in the module, by their `id`."""

    steps: tuple[Step, ...]
    names: Mapping[int, str]

    def bound_to(self, module: nn.Module) -> tuple[Step, ...]:
        """The same steps with the parameters of `module`."""
        own = _parameters(module)

        def bound(step: Step) -> Step:
            numbers: dict[str, Any] = {name: own[self.names[id(empty)]] for name, empty in step.tensors.items()}
            return replace(step, **numbers)

        return tuple(map(bound, self.steps))


def _parameters(module: nn.Module) -> dict[str, torch.Tensor]:
    return dict(module.named_parameters(remove_duplicate=False)) | dict(module.named_buffers(remove_duplicate=False))


def _shapes(module: nn.Module) -> tuple[tuple[str, tuple[int, ...]], ...]:
    return tuple((name, tuple(value.shape)) for name, value in _parameters(module).items())


def _without_numbers(module: nn.Module) -> nn.Module:
    """A copy on the meta device, for which no number is copied."""
    empty: dict[int, Any] = {}
    for value in _parameters(module).values():
        nothing = torch.empty_like(value, device="meta")
        empty[id(value)] = nn.Parameter(nothing, value.requires_grad) if isinstance(value, nn.Parameter) else nothing
    return copy.deepcopy(module, empty)


def _read(asked: _Asked) -> _Reading:
    recorder = _Recorder(asked.module)
    with torch.no_grad(), recorder:
        picture = torch.empty(1, 3, asked.input_px, asked.input_px, device="meta")
        recorder.names[id(picture)] = INPUT
        recorder.alive.append(picture)
        asked.module(picture)
    return _Reading(tuple(recorder.steps), {id(value): name for name, value in _parameters(asked.module).items()})


_kept_reading = lru_cache(KEPT_READINGS)(_read)


class _Recorder(TorchFunctionMode):
    """Writes down, while its thread runs a module, which of `PARTS` and, outside them, which functions are called.

    `names` are the steps that made the tensors, by `id`; all tensors stay `alive` so that no `id` is given away again.
    """

    def __init__(self, module: nn.Module) -> None:
        super().__init__()
        self.steps: list[Step] = []
        self.names: dict[int, str] = {}
        self.alive: list[torch.Tensor] = []
        self._inside = 0
        self._taken: set[str] = {INPUT}
        for name, part in module.named_modules():
            if isinstance(part, PARTS):
                part.register_forward_pre_hook(self._enter)
                part.register_forward_hook(self._leave(name))

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        given = [*args, *(kwargs or {}).values()]
        inputs = [name for value in given for name in self._names_in(value)]
        result = func(*args, **(kwargs or {}))
        if inputs and not self._inside and isinstance(result, torch.Tensor):
            self._write("", inputs, result, lambda about: _of_function(func, args, kwargs or {}, about))
        return result

    def _enter(self, part: nn.Module, given: Sequence[Any]) -> None:
        self._inside += 1

    def _leave(self, name: str) -> Callable[[nn.Module, Sequence[Any], Any], None]:
        def leave(part: nn.Module, given: Sequence[Any], result: torch.Tensor) -> None:
            self._inside -= 1
            self._write(name, self._names_in(given), result, lambda about: _of_module(part, about))

        return leave

    def _names_in(self, value: Any) -> list[str]:
        if isinstance(value, (tuple, list)):
            return [name for one in value for name in self._names_in(one)]
        return [self.names[id(value)]] if id(value) in self.names else []

    def _write(
        self, path: str, inputs: Sequence[str], result: torch.Tensor, make: Callable[[dict[str, Any]], Step | None]
    ) -> None:
        step = make({"name": path.replace(".", "_"), "inputs": tuple(inputs), "shape": tuple(result.shape[1:])})
        self.alive.append(result)
        if step is None or (isinstance(step, steps.AdaptiveAvgPool) and step.shape == self._shape_of(inputs[0])):
            self.names[id(result)] = inputs[0]
            return
        step = replace(step, name=self._free(step.name or step.kind))
        self._taken.add(step.name)
        self.steps.append(step)
        self.names[id(result)] = step.name

    def _shape_of(self, name: str) -> tuple[int, ...]:
        return next((step.shape for step in self.steps if step.name == name), ())

    def _free(self, name: str) -> str:
        """`name`, or with the first number that makes it a new one; no name begins with a digit."""
        name = f"_{name}" if name[0].isdigit() else name
        number, free = 0, name
        while free in self._taken:
            number, free = number + 1, f"{name}_{number + 1}"
        return free


def _of_module(part: nn.Module, about: dict[str, Any]) -> Step | None:
    """The step that one of `PARTS` is, or None for one that does nothing once training is over."""
    if isinstance(part, (nn.Dropout, nn.Identity)):
        return None
    _check_window(about["name"], part)
    if isinstance(part, nn.Conv2d):
        return steps.Conv(**about, **_window(part), weight=part.weight, bias=part.bias)
    if isinstance(part, nn.MaxPool2d):
        return steps.MaxPool(**about, **_window(part), ceil_mode=part.ceil_mode)
    if isinstance(part, nn.AvgPool2d):
        return steps.AvgPool(**about, **_window(part), ceil_mode=part.ceil_mode, counts_padding=part.count_include_pad)
    if isinstance(part, nn.AdaptiveAvgPool2d):
        return steps.AdaptiveAvgPool(**about)
    if isinstance(part, nn.Linear):
        return steps.Linear(**about, weight=part.weight, bias=part.bias)
    if isinstance(part, nn.ReLU):
        return steps.Relu(**about)
    if isinstance(part, Grey):
        return steps.Grey(**about)
    if isinstance(part, (ContrastNorm, nn.LocalResponseNorm)):
        return steps.ResponseNorm(**about, size=part.size, alpha=part.alpha, beta=part.beta, k=part.k)
    if isinstance(part, nn.BatchNorm2d) and part.running_mean is not None and part.running_var is not None:
        mean, variance = part.running_mean, part.running_var
        return steps.BatchNorm(**about, weight=part.weight, bias=part.bias, mean=mean, variance=variance, eps=part.eps)
    if isinstance(part, nn.Flatten) and len(about["shape"]) == 1:
        return steps.Flatten(**about)
    raise _unknown(f"{about['name']}, {part},")


def _of_function(
    func: Callable[..., Any], args: Sequence[Any], options: Mapping[str, Any], about: dict[str, Any]
) -> Step | None:
    """The step that a call outside such modules is, or None for one that does nothing once training is over."""
    if func in (F.dropout, torch.dropout):
        return None
    if func in RECTIFYING:
        return steps.Relu(**about)
    if func in ADDING and len(about["inputs"]) == 2 and options.get("alpha", 1) == 1:
        return steps.Add(**about)
    if func is torch.cat and options.get("dim", args[1] if len(args) > 1 else 0) == 1:
        return steps.Concat(**about)
    if func in (torch.flatten, torch.Tensor.flatten) and len(about["shape"]) == 1:
        return steps.Flatten(**about)
    raise _unknown(getattr(func, "__name__", str(func)))


RECTIFYING = (F.relu, torch.relu, torch.relu_, torch.Tensor.relu, torch.Tensor.relu_)
ADDING = (torch.add, torch.Tensor.add, torch.Tensor.add_, torch.Tensor.__add__, torch.Tensor.__iadd__)


def _unknown(what: str) -> NotImplementedError:
    return NotImplementedError(f"The operation {what} of this network is not one that can be traced.")


def _check_window(name: str, part: nn.Module) -> None:
    """Convolutions and pools must be square, without groups and gaps, and padded with zeros."""
    sizes = [getattr(part, setting, 1) for setting in ("kernel_size", "stride", "padding", "output_size")]
    square = all(isinstance(size, int) or (isinstance(size, tuple) and len(set(size)) == 1) for size in sizes)
    whole = getattr(part, "groups", 1) == 1 and getattr(part, "dilation", 1) in (1, (1, 1))
    plain = getattr(part, "padding_mode", "zeros") == "zeros" and getattr(part, "divisor_override", None) is None
    if not (square and whole and plain):
        raise NotImplementedError(f"{name}, {part}, is grouped, dilated, unevenly padded or not square.")


def _window(part: nn.Conv2d | nn.MaxPool2d | nn.AvgPool2d) -> dict[str, Any]:
    """Kernel, stride and padding along one side; all are square here."""

    def one(value: Any) -> int:
        return value if isinstance(value, int) else value[0]

    return {"kernel": one(part.kernel_size), "stride": one(part.stride), "padding": one(part.padding)}


def receptive_fields(path: Sequence[Step], input_px: int) -> dict[str, ReceptiveField]:
    """The receptive field of a unit of each step, from the geometry of kernels, strides and padding alone."""
    reached = {INPUT: ONE_PIXEL}
    size = {INPUT: input_px, **{step.name: step.shape[-1] for step in path}}
    for step in path:
        first, *others = (reached[name] for name in step.inputs)
        last_unit = size[step.inputs[0]] - 1
        if isinstance(step, steps.Linear):
            reached[step.name] = first
        elif isinstance(step, (steps.Flatten, steps.AdaptiveAvgPool)):
            reached[step.name] = replace(whole_image(input_px), end=first.span(last_unit, input_px)[1])
        elif isinstance(step, steps.Windowed):
            last_used = min(last_unit, (step.shape[-1] - 1) * step.stride - step.padding + step.kernel - 1)
            end = first.span(last_used, input_px)[1]
            reached[step.name] = replace(first.through_window(*step.window), end=end)
        else:
            for other in others:
                first = first.merged(other)
            reached[step.name] = first
    return reached
