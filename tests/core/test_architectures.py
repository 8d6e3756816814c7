"""Every architecture of the story: counted, measured and run again by something that is not ours."""

from __future__ import annotations

import math
from collections import defaultdict

import pytest
import torch
import torchvision
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from zfnet_core.errors import UnknownName
from zfnet_core.exhibits.architectures.blueprint import blueprint
from zfnet_core.exhibits.architectures.reading import Operation
from zfnet_core.exhibits.architectures.windows import SlidingWindow
from zfnet_core.models import architectures, zoo
from zfnet_core.models.lenet import C3_READS, PartialConv, RadialBasis, Subsampling, lenet5, lenet5_of_1998

PARAMETERS = {
    "lenet5-1998": 60_000,
    "lenet5": 61_706,
    "alexnet-two-gpus": 60_965_224,
    "alexnet": 62_378_344,
    "alexnet-2014": 61_100_840,
    "zfnet": 62_357_608,
    "zfnet-b": 107_627_624,
    "vgg16": 138_357_544,
    "vgg19": 143_667_240,
    "googlenet": 6_624_904,
    "googlenet-training": 13_004_888,
    "resnet18": 11_689_512,
    "resnet34": 21_797_672,
    "resnet50": 25_557_032,
    "resnet101": 44_549_160,
    "resnet152": 60_192_808,
}
DEPTHS = {"vgg16": 16, "vgg19": 19, "googlenet": 22, "resnet18": 18, "resnet34": 34, "resnet50": 50, "resnet101": 101}
DEPTHS |= {"resnet152": 152, "alexnet": 8, "zfnet": 8, "zfnet-b": 8, "alexnet-two-gpus": 8}
SIZES = {
    "zfnet": [110, 55, 26, 13, 13, 13, 13, 6],
    "zfnet-b": [110, 55, 26, 13, 13, 13, 13, 6],
    "alexnet": [55, 27, 27, 13, 13, 13, 13, 6],
    "alexnet-two-gpus": [55, 27, 27, 13, 13, 13, 13, 6],
    "lenet5-1998": [28, 14, 10, 5, 1],
}


@pytest.mark.parametrize("name", architectures.names())
def test_parameters_are_those_of_the_literature(name: str) -> None:
    found = blueprint(name)
    assert found.parameters == PARAMETERS[name]
    assert found.parameters == sum(value.numel() for value in found.plan.without_numbers().parameters())
    assert len({part.name for part in found.parts}) == len(found.parts)
    if name in DEPTHS:
        assert found.depth == DEPTHS[name]
    if name in SIZES:
        assert [part.shape[1] if len(part.shape) == 3 else 1 for part in found.parts][: len(SIZES[name])] == SIZES[name]


def test_zfnet_layer_by_layer() -> None:
    of_layer = {part.name: part.parameters for part in blueprint("zfnet").parts if part.parameters}
    assert of_layer == {
        "conv1": 14_208,
        "conv2": 614_656,
        "conv3": 885_120,
        "conv4": 1_327_488,
        "conv5": 884_992,
        "fc6": 37_752_832,
        "fc7": 16_781_312,
        "fc8": 4_097_000,
    }
    fields = {part.name: (part.field.size, part.field.jump) for part in blueprint("zfnet").parts[:8]}
    assert fields == {
        "conv1": (7, 2),
        "pool1": (11, 4),
        "conv2": (27, 8),
        "pool2": (43, 16),
        "conv3": (75, 16),
        "conv4": (107, 16),
        "conv5": (139, 16),
        "pool5": (171, 32),
    }


def test_lenet_of_1998_layer_by_layer() -> None:
    found = blueprint("lenet5-1998")
    assert {part.name: part.parameters for part in found.parts} == {
        "C1": 156,
        "S2": 12,
        "C3": 1_516,
        "S4": 32,
        "C5": 48_120,
        "F6": 10_164,
        "output": 0,
    }
    # The paper's connections count the bias, too: 122,304 in C1 and 151,600 in C3.
    c1, c3 = found.part("C1"), found.part("C3")
    assert c1 is not None and c1.macs + 6 * 28 * 28 == 122_304
    assert c3 is not None and c3.macs + 16 * 10 * 10 == 151_600
    assert found.parts[-1].macs == 840


def test_the_partial_connections_are_the_papers_table() -> None:
    """Table I of LeCun et al. 1998, row by row: which maps of C3 read this map of S2."""
    rows = {
        0: {0, 4, 5, 6, 9, 10, 11, 12, 14, 15},
        1: {0, 1, 5, 6, 7, 10, 11, 12, 13, 15},
        2: {0, 1, 2, 6, 7, 8, 11, 13, 14, 15},
        3: {1, 2, 3, 6, 7, 8, 9, 12, 14, 15},
        4: {2, 3, 4, 7, 8, 9, 10, 12, 13, 15},
        5: {3, 4, 5, 8, 9, 10, 11, 13, 14, 15},
    }
    assert {row: {out for out, reads in enumerate(C3_READS) if row in reads} for row in range(6)} == rows


def test_a_partial_convolution_sums_what_it_reads_and_nothing_else() -> None:
    torch.manual_seed(0)
    layer, maps = PartialConv(6, C3_READS, 5), torch.rand(2, 6, 9, 9)
    found, pair = layer(maps), 0
    for out, reads in enumerate(C3_READS):
        expected = torch.zeros(2, 5, 5)
        for one in reads:
            for row in range(5):
                for column in range(5):
                    patch = maps[:, one, row : row + 5, column : column + 5]
                    expected[:, row, column] += (patch * layer.weight[pair]).sum(dim=(1, 2))
            pair += 1
        assert torch.allclose(found[:, out], expected + layer.bias[out], atol=1e-5)
    assert pair == 60


def test_subsampling_and_codes_by_hand() -> None:
    layer = Subsampling(2)
    layer.weight.data, layer.bias.data = torch.tensor([0.5, 2.0]), torch.tensor([1.0, -1.0])
    found = layer(torch.arange(8.0).view(1, 2, 2, 2))
    assert found.flatten().tolist() == [0.5 * 6 + 1, 2.0 * 22 - 1]
    output = RadialBasis(84, 10)
    assert len({tuple(code.tolist()) for code in output.codes}) == 10 and set(output.codes.flatten().tolist()) == {
        -1,
        1,
    }
    distances = output(output.codes[3:4])
    assert distances[0, 3] == 0 and distances.argmin() == 3
    assert distances[0, 5] == 4 * (output.codes[3] != output.codes[5]).sum()
    assert lenet5_of_1998()(torch.rand(2, 1, 32, 32)).shape == (2, 10)


@pytest.mark.parametrize("name", architectures.names())
def test_multiply_adds_are_half_of_the_operations_that_pytorch_counts(name: str) -> None:
    found = blueprint(name)
    counter = FlopCounterMode(display=False)
    with torch.no_grad(), counter:
        found.plan.without_numbers()(torch.empty(1, found.plan.channels, *2 * (found.plan.input_px,), device="meta"))
    ours = found.macs
    if name == "lenet5-1998":  # there a table decides; PyTorch multiplies with the zeros, and subtracts from the codes
        ours += (96 - 60) * 25 * 10 * 10 - 840
    assert 2 * ours == counter.get_total_flops()


@pytest.mark.parametrize(
    ("name", "published"),
    [
        ("alexnet-2014", torchvision.models.AlexNet_Weights),
        ("vgg16", torchvision.models.VGG16_Weights),
        ("vgg19", torchvision.models.VGG19_Weights),
        ("googlenet", torchvision.models.GoogLeNet_Weights),
        ("resnet34", torchvision.models.ResNet34_Weights),
        ("resnet152", torchvision.models.ResNet152_Weights),
    ],
)
def test_parameters_and_multiply_adds_are_those_that_torchvision_publishes(name: str, published: type) -> None:
    about = published.IMAGENET1K_V1.meta  # type: ignore[attr-defined]
    found = blueprint(name)
    assert found.parameters == about["num_params"]
    assert round(found.macs / 1e9, 3) == pytest.approx(about["_ops"], abs=0.0011)


def leaves(module: nn.Module) -> dict[str, nn.Module]:
    return {name: part for name, part in module.named_modules() if not list(part.children()) and name}


def recorded(module: nn.Module, photo: torch.Tensor) -> dict[str, torch.Tensor]:
    """What every leaf put out at each of its calls, named as the reading names them."""
    calls: dict[str, int] = defaultdict(int)
    found: dict[str, torch.Tensor] = {}

    def keep(name: str, value: torch.Tensor) -> None:
        found[name + "′" * calls[name]] = value.clone()
        calls[name] += 1

    for name, part in leaves(module).items():
        part.register_forward_hook(lambda part, given, value, name=name: keep(name, value))
    with torch.no_grad():
        module(photo)
    return found


@pytest.mark.parametrize("name", architectures.names())
def test_sizes_are_those_of_a_real_run(name: str) -> None:
    plan = architectures.architecture(name)
    ran = recorded(plan.without_numbers(), torch.empty(1, plan.channels, plan.input_px, plan.input_px, device="meta"))
    read = {one.name: one for one in blueprint(name).operations}
    both = read.keys() & ran.keys()
    assert len(both) > 0.6 * len(read)
    assert {one: read[one].shape for one in both} == {one: tuple(ran[one].shape[1:]) for one in both}


@pytest.mark.parametrize(
    "name",
    ["lenet5-1998", "lenet5", "alexnet-two-gpus", "alexnet-2014", "zfnet", "googlenet", "resnet18", "resnet50"],
)
def test_one_bright_pixel_reaches_exactly_the_units_whose_field_holds_it(name: str) -> None:
    """All weights positive, nothing added: light that reaches a unit cannot cancel, and black stays black."""
    torch.set_num_threads(1)
    plan = architectures.architecture(name)
    module = plan.build().eval()
    for part in module.modules():
        if isinstance(part, (nn.Conv2d, nn.Linear, PartialConv)):
            part.weight.data.fill_(1 / max(1, part.weight[0].numel()))
            part.bias is not None and part.bias.data.zero_()
        elif isinstance(part, nn.BatchNorm2d):
            part.reset_parameters()
    operations = {one.name: one for one in blueprint(name).operations if len(one.shape) == 3 and one.kind != "grey"}
    dice = torch.Generator().manual_seed(1)
    for place in (0, plan.input_px - 1, int(torch.randint(plan.input_px, (1,), generator=dice))):
        photo = torch.zeros(1, plan.channels, plan.input_px, plan.input_px)
        photo[..., place, place] = 1e9
        seen = 0
        for path, value in recorded(module, photo).items():
            if path not in operations or value.dim() != 4:
                continue
            lit = (value[0].amax(dim=0) > 0).double().diagonal()
            assert lit.tolist() == expected(operations[path], place, plan.input_px), (path, place)
            seen += 1
        assert seen >= 5


def expected(one: Operation, place: int, input_px: int) -> list[float]:
    spans = [one.field.span(unit, input_px) for unit in range(one.shape[1])]
    return [float(begin <= place < end) for begin, end in spans]


@pytest.mark.parametrize("up", [False, True])
def test_the_formula_against_every_pool_that_pytorch_makes(up: bool) -> None:
    for size in range(1, 40):
        for kernel in range(1, 8):
            for stride in range(1, 5):
                for padding in range(kernel // 2 + 1):
                    places = SlidingWindow(kernel, stride, padding, up).places(size)
                    if kernel > size + 2 * padding:
                        assert places == 0
                        continue
                    pool = nn.MaxPool2d(kernel, stride, padding, ceil_mode=up)
                    assert places == pool(torch.empty(1, 1, size, size, device="meta")).shape[-1]


@pytest.mark.parametrize(
    ("window", "size", "told", "places"),
    [
        (SlidingWindow(11, 4), 224, "⌊(224 − 11) / 4⌋ + 1 = ⌊53.25⌋ + 1 = 54", 54),
        (SlidingWindow(11, 4, up=True), 224, "⌈(224 − 11) / 4⌉ + 1 = ⌈53.25⌉ + 1 = 55", 55),
        (SlidingWindow(11, 4), 227, "⌊(227 − 11) / 4⌋ + 1 = ⌊54⌋ + 1 = 55", 55),
        (SlidingWindow(11, 4, 2), 224, "⌊(224 + 2·2 − 11) / 4⌋ + 1 = ⌊54.25⌋ + 1 = 55", 55),
        (SlidingWindow(11, 4, 2, True), 224, "⌈(224 + 2·2 − 11) / 4⌉ + 1 = ⌈54.25⌉ + 1 = 56", 56),
        (SlidingWindow(7, 2, 1), 224, "⌊(224 + 2·1 − 7) / 2⌋ + 1 = ⌊109.5⌋ + 1 = 110", 110),
        (SlidingWindow(9, 1), 5, "9 > 5", 0),
        (SlidingWindow(1, 2, 0, True), 2, "⌈(2 − 1) / 2⌉ + 1 = ⌈0.5⌉ + 1 = 2 → 1", 1),
    ],
)
def test_the_sum_is_shown_with_its_numbers(window: SlidingWindow, size: int, told: str, places: int) -> None:
    assert (window.sum(size), window.places(size)) == (told, places)


def test_no_weights_are_made_for_a_drawing() -> None:
    with torch.device("meta"):
        pass
    module = architectures.architecture("resnet152").without_numbers()
    assert {value.device.type for value in (*module.parameters(), *module.buffers())} == {"meta"}


def test_activations_are_counted_once() -> None:
    part = blueprint("vgg16").part("conv1_1")
    assert part is not None and part.activation_bytes == 4 * 64 * 224 * 224 and "ReLU" in part.then
    block = blueprint("resnet18").part("block1_1")
    assert block is not None and block.activation_bytes == 2 * 4 * 64 * 56 * 56
    assert block.then[-2:] == ("addition", "ReLU") and block.shape == (64, 56, 56)
    assert math.prod(blueprint("googlenet").part("inception3a").shape) == 256 * 28 * 28  # type: ignore[union-attr]


def test_unknown_names_are_answered_with_the_known_ones() -> None:
    with pytest.raises(UnknownName, match=r"“zfnet3”.*lenet5-1998.*resnet152"):
        blueprint("zfnet3")


def test_todays_lenet_reads_grey() -> None:
    torch.manual_seed(0)
    module, colours = lenet5(), torch.rand(1, 3, 32, 32)
    assert torch.allclose(module(colours), module(colours.mean(dim=1, keepdim=True).expand(-1, 3, -1, -1)), atol=1e-6)


@pytest.mark.parametrize("plan", architectures.ARCHITECTURES, ids=lambda plan: plan.name)
def test_what_is_drawn_can_be_chosen_or_says_why_not(plan: architectures.Architecture) -> None:
    """A network that is told to be built alike has the very convolutions that are drawn."""
    assert bool(plan.zoo) != bool(plan.nearest) and bool(plan.nearest) == bool(plan.why_not)
    entry = zoo.entry(plan.zoo or plan.nearest)
    with torch.device("meta"):
        chosen = entry.build()
    if plan.zoo:
        filters = [
            [tuple(value.shape) for value in module.parameters() if value.dim() == 4]
            for module in (chosen, plan.without_numbers())
        ]
        assert filters[0] == filters[1]
