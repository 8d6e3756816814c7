"""The deconvnet once more, slowly: the paper's loop over a list of modules, on whole maps, one unit at a time."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import torch
from torch import nn
from torch.nn import functional as F
from torchvision.models.vgg import VGG, make_layers

from zfnet_core.models import zoo
from zfnet_core.models.network import Network, present


def smooth_photos(count: int, size: int = 224, seed: int = 0) -> torch.Tensor:
    """Pictures with large and small structure, [count, 3, size, size], normalised."""
    generator = torch.Generator().manual_seed(seed)
    coarse = F.interpolate(torch.randn(count, 3, 12, 12, generator=generator), size=size, mode="bicubic")
    return coarse + 0.3 * torch.randn(count, 3, size, size, generator=generator)


def give_biases(module: nn.Module, seed: int = 0) -> None:
    """Random biases and batch statistics, so that a bias or a shift that leaks into a projection shows."""
    generator = torch.Generator().manual_seed(seed)
    for part in module.modules():
        if isinstance(part, (nn.Conv2d, nn.Linear)) and part.bias is not None:
            part.bias.data.normal_(0, 0.05, generator=generator)
        if isinstance(part, nn.BatchNorm2d):
            part.running_mean.normal_(0, 0.2, generator=generator)
            part.running_var.uniform_(0.5, 2, generator=generator)
            part.weight.data.uniform_(0.5, 1.5, generator=generator)
            part.bias.data.normal_(0, 0.1, generator=generator)


@cache
def biased(name: str) -> Network:
    """An untrained network of the zoo with biases; shared by the tests, as building the large ones takes seconds."""
    network = zoo.untrained(zoo.entry(name))
    give_biases(network.module)
    return network


@cache
def thin_vgg16() -> Network:
    """VGG-16 with a few maps per layer and all its geometry."""
    widths = [6, 6, "M", 8, 8, "M", 10, 10, 10, "M", 12, 12, 12, "M", 12, 12, 12, "M"]
    with torch.device("meta"):
        module = VGG(make_layers(widths), init_weights=False)
        module.classifier = nn.Sequential(
            nn.Linear(12 * 49, 20),
            nn.ReLU(),
            nn.Dropout(),
            nn.Linear(20, 16),
            nn.ReLU(),
            nn.Dropout(),
            nn.Linear(16, 5),
        )
    module.to_empty(device="cpu")
    zoo._give_random_weights(module, torch.Generator().manual_seed(2))
    give_biases(module)
    return present("thin", "Thin", module, zoo.vgg_layers((2, 2, 3, 3, 3)), [""] * 5, source="random", trained=False)


def modules_of(module: nn.Module) -> list[nn.Module]:
    """A chain network's modules in the order in which they run."""
    if isinstance(module, nn.Sequential):
        return list(module)
    return [*module.features, module.avgpool, nn.Flatten(), *module.classifier]


def chosen_in_module(module: nn.Module, step: str) -> nn.Module:
    """The module that a traced step came from: `features_1` is `features.1`."""
    return module.get_submodule(step.replace("_", ".")) if "_" in step else module.get_submodule(step)


class LiteralDeconvnet:
    """Forward once through `modules` with one photo [1, 3, H, W], then project by hand."""

    def __init__(self, modules: Sequence[nn.Module], photo: torch.Tensor) -> None:
        self.steps: list[tuple[nn.Module, torch.Tensor, torch.Tensor, torch.Tensor | None]] = []
        value = photo
        with torch.no_grad():
            for module in modules:
                switches = None
                if isinstance(module, nn.MaxPool2d):
                    after, switches = F.max_pool2d(
                        value, module.kernel_size, module.stride, module.padding, 1, module.ceil_mode, True
                    )
                elif isinstance(module, nn.ReLU):
                    after = value.clamp(min=0)
                else:
                    after = module(value)
                self.steps.append((module, value, after, switches))
                value = after

    def project(
        self, layer: nn.Module, place: tuple[int, ...], rule: str = "deconvnet", overwrite: bool = False
    ) -> torch.Tensor:
        """Signed pixels [1, 3, H, W] of the unit `place` = (map, row, column) of the output of `layer`, or of a whole
        map (map,). A negative score counts as positive."""
        last = next(i for i, (module, *_) in enumerate(self.steps) if module is layer)
        activation = self.steps[last][2].abs()
        signal = torch.zeros_like(activation)
        signal[(0, *place)] = activation[(0, *place)]
        for module, before, after, switches in reversed(self.steps[: last + 1]):
            signal = self._back(module, signal, before, after, switches, rule, overwrite)
        return signal

    @staticmethod
    def _back(module, signal, before, after, switches, rule, overwrite):
        if isinstance(module, nn.MaxPool2d):
            places = signal.nonzero(as_tuple=True)
            unpooled = [[0.0] * before[0, 0].numel() for _ in range(before.shape[1])]
            for map, switch, value in zip(
                places[1].tolist(), switches[places].tolist(), signal[places].tolist(), strict=True
            ):
                unpooled[map][switch] = value if overwrite else unpooled[map][switch] + value
            return torch.tensor(unpooled).view(before.shape)
        if isinstance(module, nn.ReLU):
            if rule in ("deconvnet", "guided", "desalinet"):
                signal = signal * (signal > 0)
            if rule in ("gradient", "guided", "desalinet"):
                signal = signal * (after > 0)
            return signal
        if isinstance(module, nn.Conv2d):
            kernel, stride, padding = module.kernel_size[0], module.stride[0], module.padding[0]
            reached = (signal.shape[-1] - 1) * stride - 2 * padding + kernel
            spare = before.shape[-1] - reached
            return F.conv_transpose2d(signal, module.weight.detach(), None, stride, padding, output_padding=spare)
        if isinstance(module, nn.Linear):
            return signal @ module.weight.detach()
        if isinstance(module, (nn.Flatten, nn.Dropout, nn.AdaptiveAvgPool2d)):
            return signal.reshape(before.shape)
        if rule in ("deconvnet", "desalinet"):
            return signal
        return torch.autograd.functional.vjp(module, before, signal)[1]


def relative_difference(ours: torch.Tensor, theirs: torch.Tensor) -> float:
    """Largest difference over the largest value of the reference; a reference of zeros must be met exactly."""
    scale = theirs.abs().max()
    return ((ours - theirs).abs().max() / scale).item() if scale > 0 else float(ours.abs().max() > 0)
