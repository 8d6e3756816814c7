"""Architectures: every number that the paper states or implies is computed and compared with it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import pytest
import torch
from thin_networks import thin
from torch import nn
from torch.nn import functional as F
from torch.utils.flop_counter import FlopCounterMode

from zfnet_core.models import zoo
from zfnet_core.models.alexnet import alexnet, alexnet_convs
from zfnet_core.models.graph import INPUT, Step, steps_of
from zfnet_core.models.network import Network
from zfnet_core.models.tower import ContrastNorm, ConvSpec, tower
from zfnet_core.models.zfnet import zfnet, zfnet_b, zfnet_convs

torch.set_num_threads(1)
CONVS = ("conv1", "conv2", "conv3", "conv4", "conv5")
SEEN = ("zfnet-random", "alexnet", "vgg16", "googlenet", "resnet18", "resnet50")


@cache
def network(name: str) -> Network:
    return zoo.untrained(zoo.entry(name))


@pytest.fixture(scope="module", autouse=True)
def _forget_networks() -> object:
    yield
    network.cache_clear()


def parameters(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


def test_fig_3_sizes() -> None:
    chosen = network("zfnet-random")
    sizes = {step.name: step.shape for step in chosen.steps}
    assert [chosen.layer(name).shape for name in CONVS] == [
        (96, 110, 110),
        (256, 26, 26),
        (384, 13, 13),
        (384, 13, 13),
        (256, 13, 13),
    ]
    assert [sizes[f"pool{n}"] for n in (1, 2, 5)] == [(96, 55, 55), (256, 13, 13), (256, 6, 6)]
    assert [chosen.layer(f"fc{n}").shape for n in (6, 7, 8)] == [(4096,), (4096,), (1000,)]
    assert [layer.name for layer in chosen.layers] == [*CONVS, "fc6", "fc7", "fc8"]


def test_fig_3_order_is_relu_pool_norm_and_the_public_weights_normalise_before_the_pool() -> None:
    def order(name: str) -> list[str]:
        return [step.name for step in network(name).steps][:8]

    assert order("zfnet-random") == ["conv1", "relu1", "pool1", "norm1", "conv2", "relu2", "pool2", "norm2"]
    assert order("alexnet") == ["conv1", "relu1", "norm1", "pool1", "conv2", "relu2", "norm2", "pool2"]


@pytest.mark.parametrize("padding, side", [(2, 55), (0, 54)])
def test_the_first_layer_of_alexnet(padding: int, side: int) -> None:
    convs = tuple(ConvSpec(2, c.kernel, c.stride, c.padding, c.pooled) for c in alexnet_convs(padding))
    shapes = [thin(convs).layer(name).shape[1:] for name in CONVS]
    assert shapes == [(side, side), (27, 27), (13, 13), (13, 13), (13, 13)]


def test_parameters_of_every_layer_of_fig_3() -> None:
    counts = [layer.parameters for layer in network("zfnet-random").layers]
    assert counts == [14_208, 614_656, 885_120, 1_327_488, 884_992, 37_752_832, 16_781_312, 4_097_000]
    by_hand, maps = [], (3, 96, 256, 384, 384, 256)
    for side, given, made in zip((7, 5, 3, 3, 3), maps, maps[1:], strict=False):
        by_hand.append(made * (given * side * side + 1))
    for given, made in ((256 * 6 * 6, 4096), (4096, 4096), (4096, 1000)):
        by_hand.append(made * (given + 1))
    assert counts == by_hand


@pytest.mark.parametrize(
    "make, count", [(zfnet, 62_357_608), (zfnet_b, 107_627_624), (alexnet, 62_378_344)], ids=["a", "b", "alexnet"]
)
def test_parameters_of_the_whole_network(make: type, count: int) -> None:
    with torch.device("meta"):
        assert parameters(make()) == count


def test_the_network_counts_its_own_parameters() -> None:
    for name in SEEN:
        assert network(name).parameters == parameters(network(name).module)
    assert network("zfnet-random").parameters == 62_357_608


BIGGER = (96, 256, 512, 1024, 512)


@pytest.mark.parametrize(
    "convs, kept, units, millions",
    [
        (alexnet_convs(), (1, 2, 3, 4, 5), (4096, 4096), 62.38),
        (alexnet_convs(), (1, 2, 5), (4096, 4096), 59.87),
        (alexnet_convs(), (1, 2, 3, 4, 5), (4096,), 45.60),
        (alexnet_convs(), (1, 2, 3, 4, 5), (), 12.96),
        (alexnet_convs(), (1, 2, 5), (), 10.46),
        (alexnet_convs(), (1, 2, 3, 4, 5), (2048, 2048), 28.87),
        (alexnet_convs(), (1, 2, 3, 4, 5), (8192, 8192), 154.56),
        (zfnet_convs(), (1, 2, 3, 4, 5), (4096, 4096), 62.36),
        (zfnet_convs(), (1, 2, 3, 4, 5), (2048, 2048), 28.85),
        (zfnet_convs(), (1, 2, 3, 4, 5), (8192, 8192), 154.54),
        (zfnet_convs(BIGGER), (1, 2, 3, 4, 5), (4096, 4096), 107.63),
        (zfnet_convs(BIGGER), (1, 2, 3, 4, 5), (8192, 8192), 237.56),
    ],
)
def test_parameters_of_every_row_of_table_3(
    convs: Sequence[ConvSpec], kept: Sequence[int], units: Sequence[int], millions: float
) -> None:
    numbers = [*kept, *range(6, 6 + len(units))]
    with torch.device("meta"):
        module = tower([convs[number - 1] for number in kept], units, 1000, numbers=numbers)
    assert round(parameters(module) / 1e6, 2) == millions
    assert [name for name, _ in module.named_children() if name.startswith(("conv", "fc"))] == [
        *(f"conv{number}" for number in kept),
        *(f"fc{6 + number}" for number in range(len(units))),
        "fc8",
    ]


@pytest.mark.parametrize("name, billions", [("zfnet-random", 1.17), ("resnet18", 1.81), ("googlenet", 1.50)])
def test_multiply_adds_agree_with_pytorchs_own_counter(name: str, billions: float) -> None:
    chosen = network(name)
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        chosen.module(torch.zeros(1, 3, 224, 224))
    assert chosen.macs == counter.get_total_flops() // 2
    assert round(chosen.macs / 1e9, 2) == billions


def test_multiply_adds_of_the_other_towers() -> None:
    def macs(convs: Sequence[ConvSpec]) -> int:
        size, given, total = 224, 3, 0
        for conv in convs:
            size = (size + 2 * conv.padding - conv.kernel) // conv.stride + 1
            total += conv.maps * given * conv.kernel**2 * size**2
            size = -(-(size - 3) // 2) + 1 if conv.pooled else size
            given = conv.maps
        return total + given * size * size * 4096 + 4096 * 4096 + 4096 * 1000

    assert round(macs(alexnet_convs()) / 1e9, 2) == 1.14
    assert round(macs(zfnet_convs(BIGGER)) / 1e9, 2) == 2.48
    assert macs(zfnet_convs()) == network("zfnet-random").macs
    assert macs(alexnet_convs(0)) == network("alexnet").macs


@pytest.mark.parametrize(
    "name, sizes, jumps",
    [
        ("zfnet-random", [7, 27, 75, 107, 139], [2, 8, 16, 16, 16]),
        ("alexnet", [11, 51, 99, 131, 163], [4, 8, 16, 16, 16]),
        ("alexnet-torchvision", [11, 51, 99, 131, 163], [4, 8, 16, 16, 16]),
    ],
)
def test_receptive_fields_of_layers_1_to_5(name: str, sizes: list[int], jumps: list[int]) -> None:
    fields = [network(name).layer(layer).receptive_field for layer in CONVS]
    assert [field.size for field in fields] == sizes
    assert [field.jump for field in fields] == jumps


def test_centres_of_the_first_receptive_fields() -> None:
    def centres(name: str) -> list[float]:
        return [network(name).layer(layer).receptive_field.first_centre for layer in CONVS]

    assert centres("zfnet-random") == [2.5, 12.5, 20.5, 20.5, 20.5]
    assert centres("alexnet") == [5.5, 9.5, 17.5, 17.5, 17.5]
    assert centres("alexnet-torchvision") == [3.5, 7.5, 15.5, 15.5, 15.5]


@pytest.mark.parametrize("convs", [zfnet_convs((2,) * 5), alexnet_convs()], ids=["zfnet", "alexnet"])
def test_receptive_fields_equal_what_brute_force_perturbation_finds(convs: Sequence[ConvSpec]) -> None:
    """Brighten one pixel column after the other: a unit changes exactly for those that it sees."""
    chosen = thin(tuple(ConvSpec(2, c.kernel, c.stride, c.padding, c.pooled) for c in convs))
    generator = torch.Generator().manual_seed(0)
    for part in chosen.module.modules():
        if isinstance(part, nn.Conv2d):
            part.weight.uniform_(0.5, 1, generator=generator)
    grey = torch.rand(1, 3, 224, 224, generator=generator)
    brightened = grey.repeat(224, 1, 1, 1)
    brightened[range(224), :, :, range(224)] += 100
    layers = dict(chosen.module.named_children())
    with torch.inference_mode():
        before, after = grey, brightened
        for name, part in layers.items():
            if name == "flatten":
                break
            before, after = part(before), part(after)
            if not name.startswith("relu"):
                continue
            layer = chosen.layer(name.replace("relu", "conv"))
            changes = (after > before * 1.001)[:, 0]
            last = layer.shape[1] - 1
            for unit in {0, 1, last // 2, last - 1, last}:
                first, end = layer.receptive_field.span(unit, 224)
                seen = changes[:, last // 2, unit].nonzero().flatten().tolist()
                assert seen == list(range(first, end)), (layer.name, unit)


def what_reaches(steps: Sequence[Step], target: str, row: int, column: int) -> tuple[int, int, int, int]:
    """(top, left, bottom, right) of the pixels with a path to one unit: one map per layer, every filter weight one."""
    pixels = torch.zeros(1, 1, 224, 224, dtype=torch.float64, requires_grad=True)
    values = {INPUT: pixels}
    for step in steps:
        given = [values[name] for name in step.inputs]
        if step.kind == "conv":
            ones = torch.ones(1, 1, *step.module.kernel_size, dtype=torch.float64)
            result = F.conv2d(given[0], ones, None, step.module.stride, step.module.padding)
        elif step.kind == "maxpool":
            pool = step.module
            result = F.avg_pool2d(given[0], pool.kernel_size, pool.stride, pool.padding, pool.ceil_mode)
        else:
            result = sum(given)
        values[step.name] = result
        if step.name == target:
            break
    (reached,) = torch.autograd.grad(values[target][0, 0, row, column], pixels)
    rows, columns = reached[0, 0].nonzero(as_tuple=True)
    assert len(rows) == (rows.max() - rows.min() + 1) * (columns.max() - columns.min() + 1)
    return int(rows.min()), int(columns.min()), int(rows.max()) + 1, int(columns.max()) + 1


@pytest.mark.parametrize("name", SEEN)
def test_receptive_fields_equal_the_paths_through_every_layer(name: str) -> None:
    chosen = network(name)
    dice = torch.Generator().manual_seed(6)
    # Without padding AlexNet's stride of 4 leaves the last row and column of the photo unread by any unit.
    read = 223 if name == "alexnet" else 224
    for layer in chosen.layers:
        if not layer.spatial:
            assert layer.receptive_field.box(0, 0, 224) == (0, 0, read, read)
            continue
        _, rows, columns = layer.shape
        for row, column in {(0, columns - 1), (int(torch.randint(rows, (), generator=dice)), columns // 3)}:
            expected = what_reaches(chosen.steps, layer.step, row, column)
            assert layer.receptive_field.box(row, column, 224) == expected, (layer.name, row, column)


def test_layer_names_of_the_deeper_networks() -> None:
    assert [layer.name for layer in network("vgg16").layers][-5:] == ["conv5_2", "conv5_3", "fc6", "fc7", "fc8"]
    assert len(network("vgg16").layers) == 16
    assert network("googlenet").layer("inception4e").shape == (832, 14, 14)
    assert network("resnet18").layer("block4_2").shape == (512, 7, 7)
    assert network("resnet50").layer("block3_6").shape == (1024, 14, 14)


@pytest.mark.parametrize(
    "size, alpha, beta, k", [(5, 1e-4, 0.75, 2.0), (5, 0.5, 0.75, 2.0), (3, 0.1, 1.0, 1.0), (4, 0.2, 0.5, 1.5)]
)
def test_contrast_norm_equals_pytorchs_response_norm(size: int, alpha: float, beta: float, k: float) -> None:
    values = torch.randn(2, 13, 7, 5, generator=torch.Generator().manual_seed(1)) * 4
    kept = values.clone()
    ours = ContrastNorm(size, alpha, beta, k)(values)
    assert (ours - F.local_response_norm(values, size, alpha, beta, k)).abs().max() < 1e-6
    assert torch.equal(values, kept)


def test_contrast_norm_is_the_formula() -> None:
    values = torch.randn(1, 9, 2, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(2)) * 30
    result = ContrastNorm()(values)
    for i in range(9):
        for row in range(2):
            for column in range(3):
                total = sum(float(values[0, j, row, column]) ** 2 for j in range(max(0, i - 2), min(9, i + 3)))
                expected = float(values[0, i, row, column]) / (2 + 1e-4 / 5 * total) ** 0.75
                assert float(result[0, i, row, column]) == pytest.approx(expected, rel=1e-12)


def test_the_common_face_runs_what_the_module_runs() -> None:
    pixels = torch.randn(2, 3, 224, 224, generator=torch.Generator().manual_seed(3))
    chosen = network("resnet18")
    probabilities = chosen.probabilities(pixels)
    assert torch.allclose(probabilities.sum(1), torch.ones(2), atol=1e-5)
    with torch.inference_mode():
        assert torch.allclose(chosen.module(pixels).softmax(1), probabilities, atol=1e-6)
    assert not any(p.requires_grad for p in chosen.module.parameters()) and not chosen.module.training


@pytest.mark.parametrize(
    "part",
    [
        nn.Conv2d(4, 4, 3, groups=2),
        nn.Conv2d(4, 4, (3, 5)),
        nn.Conv2d(4, 4, 3, stride=(2, 1)),
        nn.Conv2d(4, 4, 3, padding="same"),
        nn.Conv2d(4, 4, 3, dilation=2),
        nn.Conv2d(4, 4, 3, padding=1, padding_mode="reflect"),
        nn.MaxPool2d(3, 2, dilation=2),
        nn.MaxPool2d((3, 2)),
        nn.AvgPool2d(2, divisor_override=3),
        nn.AdaptiveAvgPool2d((2, 3)),
    ],
    ids=str,
)
def test_windows_that_would_be_walked_back_wrongly_are_refused(part: nn.Module) -> None:
    with pytest.raises(NotImplementedError, match="grouped, dilated, unevenly padded or not square"):
        steps_of(nn.Sequential(nn.Conv2d(3, 4, 3), part), 16)
    assert len(steps_of(nn.Sequential(nn.Conv2d(3, 4, 3), nn.MaxPool2d(3, 2), nn.AvgPool2d((2, 2))), 16)) == 3
