"""Projections against captum, and against autograd with the ReLU replaced, on the networks' own modules.

Captum's NeuronDeconvolution and NeuronGuidedBackprop give the derivative of a unit; a projection is that times the
unit's activation. Captum needs ReLU modules that do not work in place, and goes through a contrast normalisation.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from functools import cache, lru_cache

import pytest
import torch
from captum.attr import NeuronDeconvolution, NeuronGradient, NeuronGuidedBackprop
from torch import nn
from torch.nn import functional as F
from torch.overrides import TorchFunctionMode

from tests.core.literal_deconvnet import biased, chosen_in_module, give_biases, relative_difference, smooth_photos
from zfnet_core.deconvnet.projection import Unit, project, strongest_units
from zfnet_core.forward.trace import Trace, trace
from zfnet_core.models import zoo
from zfnet_core.models.network import Network, present
from zfnet_core.models.zfnet import zfnet

CAPTUM = {"deconvnet": NeuronDeconvolution, "guided": NeuronGuidedBackprop, "gradient": NeuronGradient}


pytestmark = pytest.mark.filterwarnings(
    "ignore:Setting backward hooks on ReLU", "ignore:Input Tensor 0 did not already require gradients"
)


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)


@cache
def network(name: str) -> Network:
    if name == "zfnet without norm":
        module = zfnet(10, (32, 32), norm="none")
        torch.manual_seed(0)
        zoo._give_random_weights(module)
        give_biases(module)
        return present(name, name, module, zoo.tower_layers(module), [""] * 10, source="random", trained=False)
    return biased(name)


@cache
def traced(name: str, until: str | None = None) -> Trace:
    return trace(network(name), smooth_photos(1), until)


@lru_cache(maxsize=1)
def for_captum(name: str) -> nn.Module:
    module = copy.deepcopy(network(name).module)
    for part in module.modules():
        if isinstance(part, nn.ReLU):
            part.inplace = False
    return module


def check_with_captum(name: str, layer: str, module_of_layer: Callable[[nn.Module], nn.Module], rule: str) -> None:
    unit = strongest_units(traced(name, layer), layer, 1)[0]
    module = for_captum(name)
    place = (unit.map, unit.row, unit.column)
    theirs = CAPTUM[rule](module, module_of_layer(module)).attribute(smooth_photos(1), neuron_selector=place)
    ours = project(traced(name, layer), layer, [unit], rule)
    assert relative_difference(ours.pixels, theirs * ours.values[0]) < 1e-5
    assert ours.pixels.any()


@pytest.mark.parametrize("rule", CAPTUM)
@pytest.mark.parametrize("layer", ["conv1", "conv2", "conv3", "conv4", "conv5"])
@pytest.mark.parametrize("name", ["zfnet without norm", "alexnet-torchvision"])
def test_towers_equal_to_captum(name: str, layer: str, rule: str):
    step = network(name).layer(layer).step
    check_with_captum(name, layer, lambda module: chosen_in_module(module, step), rule)


@pytest.mark.parametrize("rule", CAPTUM)
@pytest.mark.parametrize("layer", ["conv1_1", "conv2_1", "conv3_2", "conv4_3", "conv5_3"])
def test_every_stage_of_vgg16_equal_to_captum(layer: str, rule: str):
    step = network("vgg16").layer(layer).step
    check_with_captum("vgg16", layer, lambda module: chosen_in_module(module, step), rule)


@pytest.mark.parametrize("rule", CAPTUM)
@pytest.mark.parametrize("layer", ["conv1", "block1_1", "block2_1", "block3_2", "block4_2"])
def test_every_stage_of_resnet18_equal_to_captum(layer: str, rule: str):
    def module_of_layer(module: nn.Module) -> nn.Module:
        if layer == "conv1":
            return module.relu
        stage, block = layer.removeprefix("block").split("_")
        return getattr(module, f"layer{stage}")[int(block) - 1]

    check_with_captum("resnet18", layer, module_of_layer, rule)


class _ReplacedRelu(torch.autograd.Function):
    """The ReLU with the backward rule written out."""

    @staticmethod
    def forward(ctx, value, rectifies, masks):
        ctx.rectifies, ctx.masks = rectifies, masks
        ctx.save_for_backward(value)
        return value.clamp(min=0)

    @staticmethod
    def backward(ctx, signal):
        (value,) = ctx.saved_tensors
        if ctx.rectifies:
            signal = signal.clamp(min=0)
        return signal * (value > 0) if ctx.masks else signal, None, None


class ReplacedRelu(TorchFunctionMode):
    """Every ReLU of any module, functional or not, in place or not."""

    def __init__(self, rule: str) -> None:
        super().__init__()
        self.how = (rule != "gradient", rule != "deconvnet")

    def __torch_function__(self, func, types, args=(), kwargs=None):
        if func in (F.relu, torch.relu, torch.relu_, torch.Tensor.relu, torch.Tensor.relu_):
            with torch._C.DisableTorchFunction():
                return _ReplacedRelu.apply(args[0], *self.how)
        return func(*args, **(kwargs or {}))


def by_autograd(name: str, layer: nn.Module, unit: Unit, rule: str) -> torch.Tensor:
    """Derivative of the unit by the photo, times its activation, with the network's own forward function."""
    caught = []
    handle = layer.register_forward_hook(lambda module, inputs, output: caught.append(output))
    photo = smooth_photos(1).requires_grad_()
    with ReplacedRelu(rule):
        for_captum(name)(photo)
    handle.remove()
    activation = caught[0]
    place = (0, unit.map, unit.row, unit.column)[: activation.dim()]
    return torch.autograd.grad(activation[place], photo)[0] * activation[place].item()


@pytest.mark.parametrize("rule", ["deconvnet", "gradient", "guided"])
@pytest.mark.parametrize(
    "layer",
    ["conv1", "conv3", "inception3a", "inception3b", "inception4a", "inception4c", "inception4e", "inception5b"],
)
def test_every_stage_of_googlenet_equal_to_autograd_with_its_relu_replaced(layer: str, rule: str):
    unit = strongest_units(traced("googlenet"), layer, 1)[0]
    ours = project(traced("googlenet"), layer, [unit], rule).pixels
    theirs = by_autograd("googlenet", getattr(for_captum("googlenet"), layer), unit, rule)
    assert relative_difference(ours, theirs) < 1e-5


@pytest.mark.parametrize(
    ("name", "rule"), [("resnet18", "deconvnet"), ("googlenet", "deconvnet"), ("resnet18", "guided")]
)
def test_classifier_equal_to_autograd_with_its_relu_replaced(name: str, rule: str):
    """From a class score down, through the average pool; the strongest score is positive, as the rules assume."""
    unit = strongest_units(traced(name), "fc", 1)[0]
    ours = project(traced(name), "fc", [unit], rule)
    assert ours.values[0] > 0
    theirs = by_autograd(name, for_captum(name).fc, unit, rule)
    assert relative_difference(ours.pixels, theirs) < 1e-5


def test_the_gradient_of_contrast_normalisation_is_its_true_jacobian():
    unit = strongest_units(traced("zfnet-random"), "conv5", 1)[0]
    ours = project(traced("zfnet-random"), "conv5", [unit], "gradient").pixels
    theirs = by_autograd("zfnet-random", for_captum("zfnet-random").relu5, unit, "gradient")
    assert relative_difference(ours, theirs) < 1e-5
    skipped = project(traced("zfnet-random"), "conv5", [unit], "desalinet").pixels
    through = project(traced("zfnet-random"), "conv5", [unit], "guided").pixels
    assert relative_difference(skipped, through) > 1e-3
