"""The one face that every network shows to the rest of the project."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import nn

from zfnet_core.errors import UnknownName
from zfnet_core.models.graph import Step, multiply_adds, parameter_count, receptive_fields, steps_of
from zfnet_core.models.preprocessing import Preprocessing
from zfnet_core.models.receptive_field import ReceptiveField


@dataclass(frozen=True)
class Layer:
    """A named layer: what a page calls conv1 … conv5, fc6 … fc8.

    Its activation is the output of `step`: after the ReLU, before any pool (the last layer has no ReLU).
    `shape` is (maps, rows, columns), or (units,) for a fully connected layer; `parameters` and `macs` count
    everything since the layer before it.
    """

    name: str
    step: str
    shape: tuple[int, ...]
    parameters: int
    macs: int
    receptive_field: ReceptiveField

    @property
    def spatial(self) -> bool:
        """True for a layer of feature maps, False for a fully connected one."""
        return len(self.shape) == 3

    @property
    def maps(self) -> int:
        """Number of feature maps, or of units in a fully connected layer."""
        return self.shape[0]


@dataclass(frozen=True, eq=False)
class Network:
    """A network in evaluation mode with frozen parameters, shared by everybody and never changed.

    `labels[i]` is the name of class i; `source` says in one sentence where the weights come from; `card` is the model
    card of bundled weights; `uid` belongs to this one network for as long as the process lives, unlike its `id`.
    """

    name: str
    title: str
    module: nn.Module
    steps: tuple[Step, ...]
    layers: tuple[Layer, ...]
    labels: tuple[str, ...]
    preprocessing: Preprocessing
    source: str
    trained: bool
    card: Mapping[str, Any] = field(default_factory=dict)
    device: torch.device = field(default_factory=lambda: torch.device("cpu"))
    uid: int = field(default_factory=itertools.count().__next__, init=False)

    def layer(self, name: str) -> Layer:
        """The layer of that name. Raises UnknownName with the names there are."""
        for layer in self.layers:
            if layer.name == name:
                return layer
        known = ", ".join(layer.name for layer in self.layers)
        raise UnknownName(f"{self.title} has no layer “{name}”; choose one of {known}.")

    def step(self, name: str) -> Step:
        """The step of that name."""
        return next(step for step in self.steps if step.name == name)

    @torch.inference_mode()
    def probabilities(self, images: torch.Tensor) -> torch.Tensor:
        """Class probabilities [N, classes] of normalised images [N, 3, input_px, input_px]."""
        images = images.to(self.device).contiguous(memory_format=torch.channels_last)
        return self.module(images).float().softmax(dim=1)

    @property
    def parameters(self) -> int:
        """Number of parameters of the whole network."""
        return sum(layer.parameters for layer in self.layers)

    @property
    def macs(self) -> int:
        """Multiply–accumulate operations for one image."""
        return sum(layer.macs for layer in self.layers)


def present(
    name: str,
    title: str,
    module: nn.Module,
    layer_steps: Sequence[tuple[str, str]],
    labels: Sequence[str],
    *,
    preprocessing: Preprocessing | None = None,
    source: str,
    trained: bool,
    card: Mapping[str, Any] | None = None,
    device: torch.device | str = "cpu",
) -> Network:
    """Give `module` the common face. `layer_steps` pairs each layer's name with the step that holds its activation."""
    preprocessing = preprocessing or Preprocessing()
    device = torch.device(device)
    module = module.eval().requires_grad_(False)
    steps = steps_of(module, preprocessing.input_px)
    module = module.to(device=device, memory_format=torch.channels_last)
    return Network(
        name=name,
        title=title,
        module=module,
        steps=steps,
        layers=_layers(steps, layer_steps, preprocessing.input_px),
        labels=tuple(labels),
        preprocessing=preprocessing,
        source=source,
        trained=trained,
        card=dict(card or {}),
        device=device,
    )


def _layers(steps: Sequence[Step], layer_steps: Sequence[tuple[str, str]], input_px: int) -> tuple[Layer, ...]:
    fields = receptive_fields(tuple(steps), input_px)
    named = {step: name for name, step in layer_steps}
    layers, parameters, macs = [], 0, 0
    for step in steps:
        parameters += parameter_count(step)
        macs += multiply_adds(step)
        if step.name in named:
            layers.append(Layer(named[step.name], step.name, step.shape, parameters, macs, fields[step.name]))
            parameters = macs = 0
    return tuple(layers)
