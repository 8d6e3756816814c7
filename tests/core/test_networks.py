"""Architectures: every number that the paper states or implies is computed and compared with it."""

from __future__ import annotations

import copy
import threading
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from typing import Any

import pytest
import torch
from thin_networks import thin
from torch import fx, nn
from torch.nn import functional as F
from torch.utils.flop_counter import FlopCounterMode

from zfnet_core.models import graph, zoo
from zfnet_core.models.alexnet import alexnet, alexnet_convs
from zfnet_core.models.graph import steps_of
from zfnet_core.models.network import Network, present
from zfnet_core.models.steps import INPUT, Conv, MaxPool, Step
from zfnet_core.models.tower import ContrastNorm, ConvSpec, tower
from zfnet_core.models.zfnet import zfnet, zfnet_b, zfnet_convs
from zfnet_core.photos.preprocessing import Preprocessing

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
        fields = [network(name).layer(layer).receptive_field for layer in CONVS]
        return [(field.first + field.last + 1) / 2 for field in fields]

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
        if isinstance(step, Conv):
            ones = torch.ones(1, 1, step.kernel, step.kernel, dtype=torch.float64)
            result = F.conv2d(given[0], ones, None, step.stride, step.padding)
        elif isinstance(step, MaxPool):
            result = F.avg_pool2d(given[0], *step.window, step.ceil_mode)
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
    "name, layers, blocks",
    [
        ("vgg16", 16, ("conv5_3", "fc6", "fc7", "fc8")),
        ("vgg19", 19, ("conv5_4", "fc6", "fc7", "fc8")),
        ("resnet18", 10, ("block3_2", "block4_1", "block4_2", "fc")),
        ("resnet34", 18, ("block3_6", "block4_1", "block4_2", "block4_3", "fc")),
        ("resnet50", 18, ("block3_6", "block4_1", "block4_2", "block4_3", "fc")),
        ("resnet101", 35, ("block3_23", "block4_1", "block4_2", "block4_3", "fc")),
        ("resnet152", 52, ("block3_36", "block4_1", "block4_2", "block4_3", "fc")),
    ],
)
def test_every_layer_of_the_deep_networks_ends_with_a_relu_of_their_module(
    name: str, layers: int, blocks: Sequence[str]
) -> None:
    """Read without numbers, so the largest cost nothing; every layer but the last is what a ReLU puts out."""
    entry = zoo.entry(name)
    with torch.device("meta"):
        module = entry.build()
    found = {step.name: step for step in steps_of(module.eval(), 224)}
    told = entry.layers(module)
    assert len(told) == layers and tuple(layer for layer, _ in told)[-len(blocks) :] == tuple(blocks)
    assert [found[step].kind for _, step in told] == ["relu"] * (layers - 1) + ["linear"]
    assert [found[step].name for _, step in told] == [step for step in found if step in dict(map(reversed, told))]
    if entry.family == "VGG":
        pooled = [step.inputs[0] for step in found.values() if step.kind == "maxpool"]
        last = {layer[:5]: step for layer, step in told if layer.startswith("conv")}
        assert pooled == list(last.values()), "each block ends where its pool begins"
    else:
        added = [step.name for step in found.values() if step.kind == "add"]
        assert [found[step].inputs[0] for layer, step in told if layer.startswith("block")] == added


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


def small_network(**options: object) -> Network:
    options = {"norm": "after pool"} | options
    module = tower((ConvSpec(4, 7, 2, 1, True, True), ConvSpec(5, 3)), (6,), 3, input_px=32, **options)
    for number, parameter in enumerate(module.parameters()):
        numbers = torch.arange(parameter.numel()) * (number + 3) % 11 - 5
        parameter.data = numbers.view(parameter.shape) / 8
    square = Preprocessing(resize_px=32, input_px=32)
    return present("n", "N", module, zoo.tower_layers(module), "abc", preprocessing=square, source="", trained=False)


def test_a_fingerprint_is_the_same_for_the_same_network_however_it_is_called_and_lies_in_memory() -> None:
    chosen = small_network()
    module = copy.deepcopy(chosen.module).to(memory_format=torch.contiguous_format)
    steps = zoo.tower_layers(module)
    other = present(
        "other", "Other", module, steps, "xyz", preprocessing=chosen.preprocessing, source="elsewhere", trained=True
    )
    assert chosen.uid != other.uid and chosen.fingerprint == other.fingerprint
    assert chosen.fingerprint == "2c249070f2b70da0295f68ecad3221f0", "files go by it: it must not change"


@pytest.mark.parametrize("weights", ["conv1.weight", "conv2.bias", "fc6.weight", "fc8.bias"])
def test_a_fingerprint_changes_with_every_weight(weights: str) -> None:
    changed = small_network()
    changed.module.get_parameter(weights)[-1].add_(1e-3)
    assert changed.fingerprint != small_network().fingerprint


@pytest.mark.parametrize(
    ("name", "setting"),
    [("conv2", {"stride": 2}), ("conv2", {"padding": 1}), ("pool1", {"ceil_mode": False}), ("norm1", {"k": 1.0})],
)
def test_a_fingerprint_changes_with_what_a_step_does_with_its_weights(name: str, setting: dict[str, Any]) -> None:
    chosen = small_network()
    steps = tuple(replace(step, **setting) if step.name == name else step for step in chosen.steps)
    assert replace(chosen, steps=steps).fingerprint != chosen.fingerprint


def test_a_fingerprint_changes_with_the_preprocessing_and_the_order_of_steps() -> None:
    chosen = small_network()
    brighter = replace(chosen, preprocessing=replace(chosen.preprocessing, mean=(0.1, 0.2, 0.3)))
    plain, before = small_network(norm="none"), small_network(norm="before pool")
    assert len({one.fingerprint for one in (chosen, brighter, plain, before)}) == 4


def test_every_network_of_the_zoo_knows_its_architecture() -> None:
    for name in SEEN:
        assert network(name).architecture == name
    assert small_network().architecture == ""
    assert zoo.as_code("zfnet", "zfnet") == "zoo.load('zfnet')"
    assert "zoo.entry('vgg16')" in zoo.as_code("own-1", "vgg16") and "own-1" not in zoo.as_code("own-1", "vgg16")


def read_by_fx(module: nn.Module) -> dict[str, list[str]]:
    """Names of the operations and of what they read, by PyTorch's own reader of networks."""

    class Tracer(fx.Tracer):
        def is_leaf_module(self, m: nn.Module, module_qualified_name: str) -> bool:
            return isinstance(m, ContrastNorm) or super().is_leaf_module(m, module_qualified_name)

    modules = dict(module.named_modules())
    passed, found = {}, {}
    for node in Tracer().trace(module).nodes:
        if node.op in ("placeholder", "output"):
            passed[node.name] = INPUT
            continue
        inputs = [passed.get(parent.name, parent.name) for parent in node.all_input_nodes]
        part = modules.get(str(node.target)) if node.op == "call_module" else None
        if isinstance(part, (nn.Dropout, nn.Identity)):
            passed[node.name] = inputs[0]
        else:
            found[node.name] = inputs
    return found


@pytest.mark.parametrize("name", [*SEEN, "alexnet-torchvision", "zfnet-classroom"])
def test_networks_are_read_as_torch_fx_reads_them(name: str) -> None:
    """But for an average pool that changes nothing at 224 px, which fx keeps."""
    chosen = zoo.untrained(zoo.entry(name)) if name not in SEEN else network(name)
    expected = read_by_fx(chosen.module)
    if name in ("vgg16", "alexnet-torchvision"):
        (pooled,) = expected.pop("avgpool")
        expected = {step: [pooled if one == "avgpool" else one for one in reads] for step, reads in expected.items()}
    assert {step.name: list(step.inputs) for step in chosen.steps} == expected


def test_an_architecture_is_read_once_and_every_network_has_its_own_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    times: list[nn.Module] = []
    graph._kept_reading.cache_clear()
    monkeypatch.setattr(graph, "_Recorder", lambda module: times.append(module) or RECORDER(module))
    first, second = (zoo.untrained(zoo.entry("resnet18"), seed=seed) for seed in (1, 2))
    assert len(times) == 1
    for chosen in (first, second):
        own = {id(value) for value in chosen.module.state_dict(keep_vars=True).values()}
        assert all(id(value) in own for step in chosen.steps for value in step.tensors.values())
    assert not torch.equal(first.first_convolution.weight, second.first_convolution.weight)
    other = small_network()
    assert len(times) == 2 and other.architecture == ""


RECORDER = graph._Recorder


def test_other_threads_notice_nothing_of_a_network_being_read() -> None:
    """Also not the thread that runs the very module that is being read."""
    chosen = network("resnet18")
    photo = torch.randn(1, 3, 64, 64, generator=torch.Generator().manual_seed(4))
    with torch.inference_mode():
        expected = chosen.module(photo)
    done, wrong = threading.Event(), []

    def run_on() -> None:
        with torch.inference_mode():
            while not done.is_set():
                if not torch.equal(chosen.module(photo), expected):
                    wrong.append(1)

    call = nn.Module.__call__
    others = [threading.Thread(target=run_on) for _ in range(2)]
    for other in others:
        other.start()
    for _ in range(5):
        steps_of(chosen.module, 64)
        assert nn.Module.__call__ is call
    done.set()
    for other in others:
        other.join()
    assert not wrong
    assert not any(part._forward_hooks or part._forward_pre_hooks for part in chosen.module.modules())


@pytest.mark.parametrize(
    ("forward", "called"),
    [
        (lambda x: x * 2, "mul"),
        (lambda x: x + 1, "add"),
        (lambda x: torch.cat([x, x]), "cat"),
        (lambda x: x.flatten(2), "flatten"),
        (lambda x: torch.sigmoid(x), "sigmoid"),
        (lambda x: F.max_pool2d(x, 2), "max_pool2d"),
        (lambda x: torch.add(x, x, alpha=2), "add"),
    ],
)
def test_what_cannot_be_walked_back_is_refused_by_name(forward: Any, called: str) -> None:
    class Odd(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return forward(x)

    with pytest.raises(NotImplementedError, match=f"operation {called} of this network"):
        steps_of(Odd(), 16)
