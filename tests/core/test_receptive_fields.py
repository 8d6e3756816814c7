"""Receptive fields against a spot of light: which units of every layer does one bright pixel on black reach?"""

from __future__ import annotations

from functools import cache

import pytest
import torch
from torch import nn

from zfnet_core.forward.trace import trace
from zfnet_core.models import zoo
from zfnet_core.models.network import Network, present

EXPECTED = {
    "zfnet-random": {"conv1": (7, 2), "conv2": (27, 8), "conv3": (75, 16), "conv4": (107, 16), "conv5": (139, 16)},
    "alexnet": {"conv1": (11, 4), "conv2": (51, 8), "conv3": (99, 16), "conv4": (131, 16), "conv5": (163, 16)},
    "vgg16": {"conv1_1": (3, 1), "conv1_2": (5, 1), "conv3_3": (40, 4), "conv5_3": (196, 16)},
    "resnet18": {"conv1": (7, 2), "block1_2": (43, 4), "block4_2": (435, 32)},
}


@cache
def transparent(name: str) -> Network:
    """All weights positive, nothing added: light that reaches a unit cannot cancel, and black stays black."""
    entry = zoo.entry(name)
    with torch.device("meta"):
        module = entry.build()
    module.to_empty(device="cpu")
    for part in module.modules():
        if isinstance(part, (nn.Conv2d, nn.Linear)):
            part.weight.data.fill_(1 / part.weight.shape[1])
            if part.bias is not None:
                part.bias.data.zero_()
        if isinstance(part, nn.BatchNorm2d):
            part.running_mean.zero_()
            part.running_var.fill_(1)
            part.weight.data.fill_(1)
            part.bias.data.zero_()
    return present(name, name, module, entry.layers(module), [""], source="light", trained=False)


def spots(count: int) -> list[tuple[int, int]]:
    """The corners, and random pixels."""
    generator = torch.Generator().manual_seed(0)
    random = torch.randint(0, 224, (count, 2), generator=generator).tolist()
    return [(0, 0), (223, 223), *((row, column) for row, column in random)]


@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("zfnet-random", 6),
        ("alexnet", 6),
        ("alexnet-torchvision", 6),
        ("vgg16", 1),
        ("googlenet", 3),
        ("resnet18", 3),
        ("resnet50", 2),
    ],
)
def test_one_bright_pixel_reaches_exactly_the_units_whose_field_holds_it(name: str, count: int):
    torch.set_num_threads(1)
    network = transparent(name)
    layers = [layer for layer in network.layers if layer.spatial]
    for row, column in spots(count):
        photo = torch.zeros(1, 3, 224, 224)
        photo[..., row, column] = 1e6
        run = trace(network, photo, until=layers[-1].name)
        for layer in layers:
            boxes = [layer.receptive_field.box(i, i, 224) for i in range(layer.shape[1])]
            rows = torch.tensor([top <= row < bottom for top, _, bottom, _ in boxes])
            columns = torch.tensor([left <= column < right for _, left, _, right in boxes])
            reached = run.activation(layer.name)[0].amax(dim=0) > 0
            assert torch.equal(reached, rows[:, None] & columns), (layer.name, row, column)


@pytest.mark.parametrize("name", EXPECTED)
def test_sizes_and_jumps_as_published(name: str):
    network = transparent(name)
    for layer, (size, jump) in EXPECTED[name].items():
        field = network.layer(layer).receptive_field
        assert (field.size, field.jump) == (size, jump)


def test_the_last_box_of_a_layer_is_clipped_to_the_image():
    field = transparent("zfnet-random").layer("conv5").receptive_field
    assert field.box(0, 12, 224)[0] == 0
    assert field.box(0, 12, 224)[3] == 224
    assert field.box(6, 6, 224) == (16 * 6 + field.first, 16 * 6 + field.first, *(16 * 6 + field.last + 1,) * 2)


def test_pixels_that_the_strides_leave_out_belong_to_no_field():
    """AlexNet without padding steps over the last pixel: (224 − 11) / 4 is no whole number."""
    for layer in transparent("alexnet").layers:
        assert layer.receptive_field.box(layer.shape[-1] - 1 if layer.spatial else 0, 0, 224)[2] == 223
    assert transparent("alexnet-torchvision").layer("conv5").receptive_field.box(12, 12, 224)[2] == 224
