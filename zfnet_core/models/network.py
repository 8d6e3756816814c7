"""The one face that every network shows to the rest of the project."""

from __future__ import annotations

import copy
import hashlib
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass, field, replace
from functools import cached_property
from typing import Any

import torch
from torch import nn

from zfnet_core.errors import ExplorerError, UnknownName
from zfnet_core.language import phrase
from zfnet_core.models.graph import receptive_fields, steps_of
from zfnet_core.models.imagenet_classes import spoken_names
from zfnet_core.models.receptive_field import ReceptiveField
from zfnet_core.models.steps import INPUT, Conv, Step
from zfnet_core.photos.preprocessing import Preprocessing


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
    card of bundled weights. `architecture` is the name of the zoo's entry that is built alike, empty where there is
    none. Two identities: `fingerprint` says what a network computes, on every machine and for ever, so what is kept in
    files goes by it; `uid` is this object's alone as long as the program runs, unlike `id()`, which is given away
    again: results in memory are kept under it.
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
    architecture: str = ""
    uid: int = field(default_factory=itertools.count().__next__, init=False)

    def layer(self, name: str) -> Layer:
        """The layer of that name. Raises UnknownName with the names there are."""
        for layer in self.layers:
            if layer.name == name:
                return layer
        known = ", ".join(layer.name for layer in self.layers)
        raise UnknownName(
            phrase(
                "{network} has no layer “{name}”; choose one of {known}.", network=self.title, name=name, known=known
            )
        )

    def step(self, name: str) -> Step:
        """The step of that name."""
        return next(step for step in self.steps if step.name == name)

    @property
    def names(self) -> Sequence[str]:
        """What people read for each class, in the language that is spoken now; files of numbers keep to `labels`."""
        return spoken_names(self.labels)

    @property
    def device(self) -> torch.device:
        """Where its parameters are. Raises ExplorerError if somebody has moved a part of them only."""
        devices = {value.device for step in self.steps for value in step.tensors.values()}
        devices |= {value.device for value in self.module.parameters()}
        if len(devices) > 1:
            one, *_, other = sorted(map(str, devices))
            raise ExplorerError(
                phrase(
                    "{network} lies partly on {one} and partly on {other}; move it as a whole, with "
                    "network.to(device).",
                    network=self.title,
                    one=one,
                    other=other,
                )
            )
        return devices.pop() if devices else torch.device("cpu")

    def to(self, device: torch.device | str) -> Network:
        """The same network on `device`: itself if it is there, else a copy with parameters of its own."""
        device = torch.device(device)
        if self.device == device or (self.device.type == device.type and device.index is None):
            return self
        module = _placed(copy.deepcopy(self.module), device)
        return replace(self, module=module, steps=steps_of(module, self.preprocessing.input_px, self.architecture))

    @property
    def first_convolution(self) -> Conv:
        """The step that reads the photo; every network here begins with a convolution.

        One that reads the grey of the photo is given as what it is to the photo: a third of its filter in each colour.
        """
        first = next(step for step in self.steps if isinstance(step, Conv))
        if first.inputs == (INPUT,):
            return first
        return replace(first, inputs=(INPUT,), weight=first.weight.repeat(1, 3, 1, 1) / 3)

    @cached_property
    def fingerprint(self) -> str:
        """A digest of the weights, the preprocessing and the structure, 32 hexadecimal digits; made once, on first use.

        It does not depend on names of classes, titles, the device or the way the numbers lie in memory.
        """
        digest = hashlib.blake2b(digest_size=16)
        layers = [(layer.name, layer.step) for layer in self.layers]
        digest.update(repr((astuple(self.preprocessing), layers)).encode())
        for step in self.steps:
            digest.update(repr((step.name, step.kind, step.inputs, step.shape, step.settings)).encode())
            for name, value in step.tensors.items():
                digest.update(f"{name} {value.dtype} {tuple(value.shape)}".encode())
                digest.update(value.detach().cpu().contiguous().view(-1).view(torch.uint8).numpy().data)
        return digest.hexdigest()

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
    architecture: str = "",
) -> Network:
    """Give `module` the common face. `layer_steps` pairs each layer's name with the step that holds its activation."""
    preprocessing = preprocessing or Preprocessing()
    module = _placed(module.eval().requires_grad_(False), torch.device(device))
    steps = steps_of(module, preprocessing.input_px, architecture)
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
        architecture=architecture,
    )


def _placed(module: nn.Module, device: torch.device) -> nn.Module:
    """`module` on `device`, its filters' channels innermost in memory, which is faster.

    On a CUDA GPU convolutions take float32 as it is from then on: by default PyTorch rounds it to 10 bits (TF32) there,
    and exact experiments would differ in the third digit. Set here, where a network meets its device, so that no
    result depends on what was computed before it.
    """
    if device.type == "cuda":
        torch.backends.cudnn.allow_tf32 = False
        torch.backends.cuda.matmul.allow_tf32 = False
    return module.to(device).to(memory_format=torch.channels_last)


def _layers(steps: Sequence[Step], layer_steps: Sequence[tuple[str, str]], input_px: int) -> tuple[Layer, ...]:
    fields = receptive_fields(tuple(steps), input_px)
    named = {step: name for name, step in layer_steps}
    layers, parameters, macs = [], 0, 0
    for step in steps:
        parameters += step.parameters
        macs += step.macs
        if step.name in named:
            layers.append(Layer(named[step.name], step.name, step.shape, parameters, macs, fields[step.name]))
            parameters = macs = 0
    return tuple(layers)
