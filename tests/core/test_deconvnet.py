"""Projections against the literal procedure of the paper, and the properties that the paper's procedure has."""

from __future__ import annotations

import gc
import threading
import weakref
from functools import cache

import pytest
import torch
from torch.nn import functional as F

from tests.core.literal_deconvnet import (
    LiteralDeconvnet,
    biased,
    chosen_in_module,
    give_biases,
    modules_of,
    relative_difference,
    smooth_photos,
    thin_vgg16,
)
from zfnet_core.deconvnet import rules
from zfnet_core.deconvnet.projection import (
    Unit,
    crops,
    project,
    project_by_rules,
    project_map,
    strongest_unit,
    strongest_units,
)
from zfnet_core.deconvnet.rules import RULES
from zfnet_core.deconvnet.windows import Anchors, whole_map
from zfnet_core.errors import UnknownName
from zfnet_core.forward.trace import Trace, trace
from zfnet_core.models import zoo
from zfnet_core.models.alexnet import alexnet
from zfnet_core.models.network import Network, present
from zfnet_core.models.steps import Conv, Relu
from zfnet_core.models.tower import ConvSpec, tower
from zfnet_core.models.zfnet import zfnet

CONV = ("conv1", "conv2", "conv3", "conv4", "conv5")


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)


def tower_network(module: torch.nn.Sequential, **options) -> Network:
    torch.manual_seed(0)
    zoo._give_random_weights(module)
    give_biases(module)
    labels = [str(i) for i in range(module.fc8.out_features)]
    return present("test", "Test", module, zoo.tower_layers(module), labels, source="random", trained=False, **options)


@cache
def network(name: str) -> Network:
    """ZFNet and AlexNet with narrow fully connected layers, VGG-16 as it is."""
    if name.startswith("ZFNet, norm "):
        return tower_network(zfnet(10, (32, 32), norm=name.removeprefix("ZFNet, norm ")))
    if name == "AlexNet":
        return tower_network(alexnet(10, (32, 32)))
    if name == "AlexNet, unpadded":
        return tower_network(alexnet(10, (32, 32), first_padding=0))
    return thin_vgg16() if name == "thin VGG-16" else biased(name)


@cache
def traced(name: str) -> Trace:
    return trace(network(name), smooth_photos(3))


@cache
def literal(name: str, image: int = 0) -> LiteralDeconvnet:
    return LiteralDeconvnet(modules_of(network(name).module), smooth_photos(3)[image : image + 1])


def literal_picture(name: str, layer: str, unit: Unit, rule: str = "deconvnet", image: int = 0) -> torch.Tensor:
    part = network(name).layer(layer)
    place = (unit.map, unit.row, unit.column) if part.spatial else (unit.map,)
    return literal(name, image).project(chosen_in_module(network(name).module, part.step), place, rule)[0]


def corner_and_middle(name: str, layer: str) -> list[Unit]:
    """The strongest unit, and units of the first and last row and column that are on."""
    activation = traced(name).activation(layer)[0]
    strong = strongest_units(traced(name), layer, 1)[0]
    first, last = activation[:, 0, 0].argmax().item(), activation[:, -1, -1].argmax().item()
    return [strong, Unit(first, 0, 0), Unit(last, activation.shape[1] - 1, activation.shape[2] - 1)]


@pytest.mark.parametrize("layer", CONV)
@pytest.mark.parametrize(
    "name", ["ZFNet, norm after pool", "ZFNet, norm before pool", "ZFNet, norm none", "AlexNet", "AlexNet, unpadded"]
)
def test_equal_to_the_literal_procedure(name: str, layer: str):
    units = corner_and_middle(name, layer)[: 3 if layer == "conv5" else 1]
    for unit, pixels in zip(units, project(traced(name), layer, units).pixels, strict=True):
        assert relative_difference(pixels, literal_picture(name, layer, unit)) < 1e-5
        assert pixels.abs().max() > 0


@pytest.mark.parametrize("rule", ["gradient", "guided", "desalinet"])
@pytest.mark.parametrize("name", ["ZFNet, norm after pool", "ZFNet, norm before pool", "AlexNet, unpadded"])
def test_the_other_rules_are_equal_to_their_definitions(name: str, rule: str):
    for layer, chosen in (("conv2", 2), ("conv5", 0)):
        unit = corner_and_middle(name, layer)[chosen]
        ours = project(traced(name), layer, [unit], rule).pixels[0]
        assert relative_difference(ours, literal_picture(name, layer, unit, rule)) < 1e-5
        assert ours.abs().max() > 0


@pytest.mark.parametrize("rule", ["deconvnet", "gradient", "guided"])
@pytest.mark.parametrize("layer", ["conv1_2", "conv2_1", "conv3_3", "conv4_2", "conv5_3"])
def test_every_stage_of_vgg16_equal_to_the_literal_procedure(layer: str, rule: str):
    name = "thin VGG-16"
    for unit in corner_and_middle(name, layer):
        ours = project(traced(name), layer, [unit], rule).pixels[0]
        assert relative_difference(ours, literal_picture(name, layer, unit, rule)) < 1e-5
        assert ours.abs().max() > 0


@pytest.mark.parametrize(("layer", "rule"), [("conv1_2", "deconvnet"), ("conv5_3", "deconvnet"), ("conv4_3", "guided")])
def test_vgg16_in_full_width_equal_to_the_literal_procedure(layer: str, rule: str):
    unit = strongest_units(traced_vgg(), layer, 1)[0]
    ours = project(traced_vgg(), layer, [unit], rule).pixels[0]
    assert relative_difference(ours, literal_picture("vgg16", layer, unit, rule)) < 1e-5


@cache
def traced_vgg() -> Trace:
    return trace(network("vgg16"), smooth_photos(3)[:1], until="conv5_3")


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("layer", ["fc6", "fc8"])
def test_fully_connected_units(layer: str, rule: str):
    name = "ZFNet, norm after pool"
    unit = strongest_units(traced(name), layer, 1)[0]
    projection = project(traced(name), layer, [unit], rule)
    assert relative_difference(projection.pixels[0], literal_picture(name, layer, unit, rule)) < 1e-5
    assert projection.boxes == ((0, 0, 224, 224),)


@pytest.mark.parametrize("rule", RULES)
def test_a_negative_score_is_projected_as_what_speaks_for_its_class(rule: str):
    name = "ZFNet, norm after pool"
    scores = traced(name).activation("fc8")[0]
    unit = Unit(int(scores.argmin()))
    negative = project(traced(name), "fc8", [unit], rule)
    assert negative.values[0] == pytest.approx(scores.min().item()) and negative.values[0] < 0
    assert relative_difference(negative.pixels[0], literal_picture(name, "fc8", unit, rule)) < 1e-5
    derivative = project(traced(name), "fc8", [unit], rule, seed="one").pixels
    assert relative_difference(negative.pixels, derivative * -negative.values[0]) < 1e-5


def test_a_hundred_units_of_several_images_at_once_are_the_same_as_one_by_one():
    name = "ZFNet, norm after pool"
    images = [i % 3 for i in range(100)]
    units = [strongest_unit(traced(name), "conv5", i, image) for i, image in enumerate(images)]
    together = project(traced(name), "conv5", units, images=images)
    for i in (1, 50, 99):
        alone = project(traced(name).of_image(images[i]), "conv5", [units[i]])
        assert relative_difference(alone.pixels[0], together.pixels[i]) < 1e-5
        literally = literal_picture(name, "conv5", units[i], image=images[i])
        assert relative_difference(together.pixels[i], literally) < 1e-5
        assert together.values[i] == pytest.approx(
            traced(name).activation("conv5")[images[i], units[i].map, units[i].row, units[i].column].item()
        )


def test_a_whole_map_starts_from_all_its_units():
    """The gradient is linear in what it starts from, so there the whole map is the sum of its units."""
    name = "ZFNet, norm none"
    activation = traced(name).activation("conv3")[0, 7]
    whole = project_map(traced(name), "conv3", 7, "gradient")
    units = [Unit(7, row, column) for row, column in activation.nonzero().tolist()]
    single = project(traced(name), "conv3", units, "gradient").pixels.sum(dim=0)
    assert relative_difference(whole.pixels[0], single) < 1e-5
    assert whole.values[0] == pytest.approx(activation.sum().item(), rel=1e-5)


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize(
    ("name", "layer"),
    [("ZFNet, norm after pool", "conv2"), ("AlexNet, unpadded", "conv5"), ("thin VGG-16", "conv4_1")],
)
def test_a_whole_map_is_equal_to_the_literal_procedure(name: str, layer: str, rule: str):
    map = strongest_units(traced(name), layer, 1)[0].map
    theirs = literal(name).project(
        chosen_in_module(network(name).module, network(name).layer(layer).step), (map,), rule
    )
    ours = project_map(traced(name), layer, map, rule).pixels
    assert relative_difference(ours, theirs) < 1e-5
    assert ours.any()


def test_crops_are_the_picture_cut_to_the_receptive_field():
    name = "AlexNet, unpadded"
    units = corner_and_middle(name, "conv4")
    cut, whole = crops(traced(name), "conv4", units), project(traced(name), "conv4", units)
    assert cut.size_px == network(name).layer("conv4").receptive_field.size
    padded = F.pad(whole.pixels, (200, 200, 200, 200))
    for pixels, picture, (top, left) in zip(cut.pixels, padded, cut.corners, strict=True):
        window = picture[:, 200 + top : 200 + top + cut.size_px, 200 + left : 200 + left + cut.size_px]
        assert torch.equal(pixels, window)


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("name", ["ZFNet, norm before pool", "AlexNet", "thin VGG-16", "resnet18", "googlenet"])
def test_exactly_zero_outside_the_receptive_field(name: str, rule: str):
    spatial = [layer for layer in network(name).layers if layer.spatial]
    for layer in spatial[:6] + spatial[7::2]:
        units = corner_and_middle(name, layer.name)
        projection = project(traced(name), layer.name, units, rule)
        for pixels, (top, left, bottom, right) in zip(projection.pixels, projection.boxes, strict=True):
            outside = pixels.clone()
            outside[:, top:bottom, left:right] = 0
            assert not outside.any(), layer.name
            assert pixels[:, top:bottom, left:right].any()


def test_scale_follows_the_seed_because_no_bias_is_added_on_the_way():
    name = "ZFNet, norm after pool"
    unit = strongest_unit(traced(name), "conv5", 3)
    from_activation = project(traced(name), "conv5", [unit])
    from_one = project(traced(name), "conv5", [unit], seed="one")
    assert relative_difference(from_one.pixels * from_activation.values[0], from_activation.pixels) < 1e-5


def test_a_silent_unit_gives_an_empty_picture():
    activation = traced("ZFNet, norm none").activation("conv4")[0]
    place = (activation == 0).nonzero()[0].tolist()
    for rule in RULES:
        assert not project(traced("ZFNet, norm none"), "conv4", [Unit(*place)], rule).pixels.any()


@pytest.mark.parametrize("name", ["ZFNet, norm before pool", "AlexNet"])
@pytest.mark.parametrize("layer", ["conv1", "conv3", "conv5", "fc7", "fc8"])
def test_rules_that_take_the_walk_together_give_what_each_gives_alone(name, layer):
    for seen in (traced(name), traced(name).of_image(0)):
        unit = strongest_units(seen, layer, 3)[2]
        together = project_by_rules(seen, layer, unit, tuple(RULES))
        for rule, one in zip(RULES, together, strict=True):
            alone = project(seen, layer, [unit], rule)
            assert relative_difference(one.pixels, alone.pixels) < 1e-6
            assert (one.rule, one.units, one.boxes, one.values) == (rule, alone.units, alone.boxes, alone.values)


def test_values_that_collide_at_one_switch_add_up():
    name = "ZFNet, norm none"
    step = network(name).step("pool1")
    switches = traced(name).switches["pool1"][:1]
    signal = torch.rand(switches.shape, generator=torch.Generator().manual_seed(0))
    descent = rules.Descent(
        traced(name).of_image(0), Anchors.of([(0, 0, 0)], torch.device("cpu")), (RULES["deconvnet"],), {}
    )
    ((unpooled, _),) = rules.unpool(step, signal.permute(0, 2, 3, 1).contiguous(), whole_map(55), descent)
    assert unpooled.sum().item() == pytest.approx(signal.sum().item(), rel=1e-4)
    by_hand = torch.zeros(96, 110 * 110)
    for map in range(0, 96, 19):
        for switch, value in zip(switches[0, map].flatten().tolist(), signal[0, map].flatten().tolist(), strict=True):
            by_hand[map, switch] += value
        assert torch.allclose(unpooled[0, :110, :110, map].flatten(), by_hand[map], atol=1e-6)
    overwritten = F.max_unpool2d(signal, switches, 3, 2, output_size=(110, 110))
    assert overwritten.sum() < 0.9 * signal.sum()


def test_overwriting_at_collisions_would_give_another_picture():
    name = "ZFNet, norm none"
    unit = strongest_units(traced(name), "conv5", 1)[0]
    overwritten = literal(name).project(network(name).module.relu5, (unit.map, unit.row, unit.column), overwrite=True)
    assert relative_difference(project(traced(name), "conv5", [unit]).pixels, overwritten) > 0.05


def keep_forward_bias(step, signal, window, descent):
    ((filtered, reached),) = rules.unfilter(step, signal, window, descent)
    bias = torch.full((filtered.shape[-1],), 0.02)
    return [(filtered + bias, reached)]


def subtract_forward_bias(step, signal, window, descent):
    return rules.unfilter(step, signal - step.bias, window, descent)


def no_rectification(step, signal, window, descent):
    return [(signal, window)]


def forward_mask(step, signal, window, descent):
    return [(signal.relu_() * (descent.seen(step.name, window) > 0), window)]


@pytest.mark.parametrize(
    ("kind", "defect"),
    [
        (Conv, keep_forward_bias),
        (Conv, subtract_forward_bias),
        (Relu, no_rectification),
        (Relu, forward_mask),
        ("pixels", "height and width in the wrong order"),
        (None, None),
    ],
)
def test_known_defects_of_other_implementations_would_be_noticed(monkeypatch, kind, defect):
    """Biases on the way down, no rectification, the forward mask, scrambled pixels: each fails the literal check."""
    name = "ZFNet, norm after pool"
    unit = strongest_units(traced(name), "conv4", 1)[0]
    if kind in rules.BACKWARD:
        monkeypatch.setitem(rules.BACKWARD, kind, defect)
    pixels = project(traced(name), "conv4", [unit]).pixels[0]
    if kind == "pixels":
        pixels = pixels.reshape(224, 224, 3).permute(2, 0, 1)
    faithful = relative_difference(pixels, literal_picture(name, "conv4", unit)) < 1e-5
    assert faithful is (defect is None)


def test_eight_threads_share_one_network_without_disturbing_each_other():
    net = network("ZFNet, norm after pool")
    photos = smooth_photos(4, seed=5)
    jobs = [(i % 4, rule, layer) for i, (rule, layer) in enumerate([(r, c) for r in RULES for c in ("conv3", "conv5")])]

    def work(image: int, rule: str, layer: str) -> torch.Tensor:
        run = trace(net, photos[image : image + 1])
        return project(run, layer, strongest_units(run, layer, 4), rule).pixels

    expected = [work(*job) for job in jobs]
    results: list[list[torch.Tensor]] = [[] for _ in jobs]
    start = threading.Barrier(len(jobs))

    def visitor(i: int) -> None:
        start.wait()
        results[i] = [work(*jobs[i]) for _ in range(2)]

    threads = [threading.Thread(target=visitor, args=(i,)) for i in range(len(jobs))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for pictures, picture in zip(results, expected, strict=True):
        assert len(pictures) == 2
        assert all(torch.equal(one, picture) for one in pictures)
    assert not any(part._forward_hooks or part._backward_hooks for part in net.module.modules())


def test_plans_do_not_keep_a_network_alive():
    net = tower_network(tower([ConvSpec(4, 3, 2)], (), 3, input_px=32), preprocessing=zoo.Preprocessing(32, 32))
    project(trace(net, smooth_photos(1, 32)), "conv1", [Unit(0, 3, 3)])
    gone, weight = weakref.ref(net), weakref.ref(net.module.conv1)
    del net
    gc.collect()
    assert gone() is None
    assert weight() is None


def test_other_sizes_kernels_and_strides():
    """Small odd towers: wide strides, maps that do not divide, fields larger than the picture."""
    generator = torch.Generator().manual_seed(1)
    for size, convs in (
        (33, (ConvSpec(5, 4, 3, 1, pooled=True), ConvSpec(6, 3, 2, 1), ConvSpec(4, 2))),
        (40, (ConvSpec(3, 5, 1, 2, pooled=True, normed=True), ConvSpec(4, 3, 1, 0, pooled=True), ConvSpec(5, 3, 1, 1))),
        (37, (ConvSpec(4, 1, 2), ConvSpec(4, 5, 4, 2), ConvSpec(3, 3, 1, 1))),
    ):
        module = tower(convs, (), 3, norm="before pool", input_px=size, numbers=(1, 2, 3))
        net = tower_network(module, preprocessing=zoo.Preprocessing(size, size))
        photo = smooth_photos(1, size)
        run, slow = trace(net, photo), LiteralDeconvnet(modules_of(module), photo)
        for part in net.layers[:-1]:
            places = [tuple(int(torch.randint(n, (), generator=generator)) for n in part.shape) for _ in range(6)]
            for rule in RULES:
                ours = project(run, part.name, [Unit(*place) for place in places], rule).pixels
                for pixels, place in zip(ours, places, strict=True):
                    theirs = slow.project(module.get_submodule(part.step), place, rule)[0]
                    assert relative_difference(pixels, theirs) < 1e-5, (size, part.name, place, rule)


def test_no_units_give_no_pictures():
    assert project(traced("AlexNet"), "conv2", []).pixels.shape == (0, 3, 224, 224)


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda t: project(t, "conv9", [Unit(0)]), "no layer “conv9”"),
        (lambda t: project(t, "conv5", [Unit(256, 0, 0)]), "has no unit \\(map 256, row 0, column 0\\)"),
        (lambda t: project(t, "conv5", [Unit(0, 13, 0)]), "256 maps of 13 × 13 units"),
        (lambda t: project(t, "fc6", [Unit(0, 1, 0)]), "has no unit"),
        (lambda t: project(t, "conv5", [Unit(0)], "lrp"), "no backward rule “lrp”"),
        (lambda t: project(t, "conv5", [Unit(0)], images=[3]), "no image 3"),
        (lambda t: project(t, "conv5", [Unit(0)], images=[0, 1]), "1 units were given with 2 images"),
        (lambda t: project_map(t, "conv5", 300), "has no unit"),
        (lambda t: strongest_unit(t, "conv5", -1), "has no unit"),
        (lambda t: strongest_units(t, "conv5", 1, image=7), "no image 7"),
        (lambda t: project(trace(t.network, t.images[:1], until="conv2"), "conv3", [Unit(0)]), "was not traced as far"),
    ],
)
def test_what_does_not_exist_is_said_in_one_sentence(call, sentence: str):
    with pytest.raises(UnknownName, match=sentence):
        call(traced("AlexNet"))


def test_strongest_units_are_those_of_a_plain_search():
    run = traced("ZFNet, norm none")
    activation = run.activation("conv5")[1]
    best = sorted(range(256), key=lambda map: -activation[map].max().item())[:5]
    units = strongest_units(run, "conv5", 5, image=1)
    assert [unit.map for unit in units] == best
    assert units == strongest_units(run, "conv5", maps=best, image=1)
    for unit in units:
        assert activation[unit.map, unit.row, unit.column] == activation[unit.map].max()
    logits = run.activation("fc8")[1]
    assert strongest_units(run, "fc8", 1, image=1) == (Unit(int(logits.argmax())),)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
@pytest.mark.parametrize("layer", CONV)
def test_the_same_on_a_gpu(layer: str):
    torch.backends.cudnn.allow_tf32 = False
    net = zoo.load("zfnet-random", "cuda")
    run, here = trace(net, smooth_photos(2)), trace(zoo.load("zfnet-random"), smooth_photos(2))
    units = strongest_units(here, layer, 8)
    for rule in RULES:
        theirs = project(run, layer, units, rule, images=[0, 1] * 4).pixels
        assert theirs.device.type == "cuda"
        assert relative_difference(theirs.cpu(), project(here, layer, units, rule, images=[0, 1] * 4).pixels) < 1e-3
