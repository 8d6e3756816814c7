"""How a number is made, against sums written out in loops over what the network's own modules are given."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from itertools import pairwise

import numpy as np
import pytest
import torch
from torch import nn

from tests.core.literal_deconvnet import biased, smooth_photos
from tests.core.thin_networks import thin_zfnet
from zfnet_core.deconvnet.projection import Unit
from zfnet_core.errors import UnknownName
from zfnet_core.exhibits.contributions import (
    Explained,
    Number,
    Place,
    Settings,
    compute,
    down,
    explain,
    made,
    pooled_above,
    reader_above,
    stations,
    strongest_path,
    unit_place,
)
from zfnet_core.forward.trace import Trace, trace
from zfnet_core.models import zoo
from zfnet_core.models.network import Network
from zfnet_core.models.steps import INPUT, Conv

NETWORKS = ("zfnet", "alexnet", "vgg16", "googlenet", "resnet18")


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


@cache
def traced(name: str) -> Trace:
    return trace(biased(name), smooth_photos(1))


@cache
def given(name: str) -> dict[str, np.ndarray]:
    """What each convolution and fully connected module of a network is given, by the step's name; [C, H, W] or [N]."""
    network, found, handles = biased(name), {}, []
    for path, module in network.module.named_modules():
        if isinstance(module, (nn.Conv2d, nn.Linear)):

            def keep(module: nn.Module, inputs: tuple[torch.Tensor], step: str = path.replace(".", "_")) -> None:
                found[step] = inputs[0][0].double().numpy().copy()

            handles.append(module.register_forward_pre_hook(keep))
    with torch.no_grad():
        network.module(smooth_photos(1).contiguous(memory_format=torch.channels_last))
    for handle in handles:
        handle.remove()
    return found


def modules(network: Network) -> dict[str, nn.Module]:
    return {path.replace(".", "_"): module for path, module in network.module.named_modules()}


def literal_terms(module: nn.Module, x: np.ndarray, map: int, row: int, column: int) -> np.ndarray:
    """What each input map adds to one unit, product by product."""
    if isinstance(module, nn.Linear):
        return np.array([float(module.weight[map, i]) * x[i] for i in range(len(x))])
    assert isinstance(module, nn.Conv2d)
    weight, stride, padding = module.weight[map].double().numpy(), module.stride[0], int(module.padding[0])
    terms = np.zeros(len(x))
    for channel in range(len(x)):
        for i in range(weight.shape[1]):
            for j in range(weight.shape[2]):
                down, right = row * stride - padding + i, column * stride - padding + j
                if 0 <= down < x.shape[1] and 0 <= right < x.shape[2]:
                    terms[channel] += weight[channel, i, j] * x[channel, down, right]
    return terms


def normalised(network: Network, conv: str, map: int) -> tuple[float, float]:
    """By what the batch norm after a convolution multiplies, and what it and the bias add."""
    parts = modules(network)
    own = parts[conv].bias
    bias = 0.0 if own is None else float(own[map])
    reader = next((step for step in network.steps if conv in step.inputs), None)
    norm = parts.get(reader.name) if reader else None
    if not isinstance(norm, nn.BatchNorm2d):
        return 1.0, bias
    factor = float(norm.weight[map]) / (float(norm.running_var[map]) + norm.eps) ** 0.5
    return factor, float(norm.bias[map]) + (bias - float(norm.running_mean[map])) * factor


def random_places(network: Network, seed: int, each: int = 1) -> list[Place]:
    dice = np.random.default_rng(seed)
    found = []
    for name in stations(network):
        shape = network.step(name).shape
        for _ in range(each):
            found.append(Place(name, *(int(dice.integers(limit)) for limit in shape)))
    return found


@pytest.mark.parametrize("name", NETWORKS)
def test_every_term_is_the_literal_sum_and_all_together_are_the_activation(name: str) -> None:
    run, network = traced(name), biased(name)
    places = random_places(network, seed=3)
    assert len(places) >= 8
    for place in places:
        number = made(run, place)
        bias = 0.0
        for part in number.parts:
            if part.kind == "shortcut":
                assert part.terms[0] == pytest.approx(
                    float(run.outputs[part.step][0, place.map, place.row, place.column])
                )
                continue
            factor, shift = normalised(network, part.step, place.map)
            bias += shift
            literal = literal_terms(
                modules(network)[part.step], given(name)[part.step], place.map, place.row, place.column
            )
            mine = part.products.reshape(-1) if part.kind == "linear" else part.terms
            assert np.allclose(mine, factor * literal, rtol=1e-5, atol=1e-6), place
        assert number.bias == pytest.approx(bias, rel=1e-5, abs=1e-6)
        expected = max(0.0, number.sum) if number.function == "relu" else number.sum
        assert number.value == pytest.approx(expected, abs=1e-4, rel=1e-5), place
        assert number.value == float(
            run.outputs[place.step][(0, place.map, place.row, place.column)[: len(network.step(place.step).shape) + 1]]
        )


@pytest.mark.parametrize("name", NETWORKS)
def test_every_layer_is_reached_and_shares_add_to_one(name: str) -> None:
    run, network, dice = traced(name), biased(name), np.random.default_rng(5)
    for layer in network.layers:
        unit = Unit(*(int(dice.integers(limit)) for limit in layer.shape))
        level = explain(run, unit_place(network, layer.name, unit))
        number = level.number
        assert number is not None
        assert number.value == pytest.approx(
            float(run.activation(layer.name)[(0, unit.map, unit.row, unit.column)[: len(layer.shape) + 1]])
        )
        ranked = number.ranked()
        shares = sum(term.share for term in ranked) + abs(number.bias) / number.size
        assert shares == pytest.approx(1.0)
        assert [abs(term.value) for term in ranked] == sorted((abs(term.value) for term in ranked), reverse=True)
        assert sum(term.value for term in ranked) + number.bias == pytest.approx(number.sum)


def lost(run: Trace, level: Explained) -> float:
    """By how much a level's numbers miss what the network has there, relative to their size."""
    worst = 0.0
    for passage in level.passages:
        worst = max(worst, abs(passage.again - passage.value) / (1 + abs(passage.value)))
    if level.number is not None:
        number = level.number
        total = sum(float(part.products.sum()) for part in number.parts) + number.bias
        worst = max(worst, abs((max(0.0, total) if number.function else total) - number.value) / (1 + number.size))
    return worst


@pytest.mark.parametrize("name", NETWORKS)
def test_a_walk_of_ten_levels_loses_no_term_and_ends_at_a_pixel(name: str) -> None:
    run, network = traced(name), biased(name)
    last = network.layers[-1]
    for map in (0, 401):
        walk = list(strongest_path(run, unit_place(network, last.name, Unit(map))))
        assert max(lost(run, level) for level in walk) < 1e-4
        assert walk[-1].end.step == INPUT and walk[-1].number is None
        assert len(walk) >= (10 if name in ("vgg16", "googlenet", "resnet18") else 8)
        for level, below in pairwise(walk):
            # What a level says it reads is what the level below it is about.
            assert level.number is not None and below.start in [
                part.place(index, *part.strongest_cell(index))
                for part in level.number.parts
                for index in range(len(part.maps))
            ]


def test_lenet_is_walked_down_to_the_colours_of_a_pixel() -> None:
    network = zoo.load("lenet5-digits")
    side = network.preprocessing.input_px
    run = trace(network, smooth_photos(1)[..., :side, :side].contiguous())
    for layer in network.layers:
        walk = list(strongest_path(run, unit_place(network, layer.name, Unit(1))))
        assert max(lost(run, level) for level in walk) < 1e-4 and walk[-1].end.step == INPUT
        grey = walk[-2].number
        assert grey is not None and len(grey.parts[0].maps) == 3
        assert grey.value == pytest.approx(float(run.images[0, :, grey.place.row, grey.place.column].mean()))


def test_all_kinds_of_passages_are_met() -> None:
    kinds = set()
    for name in NETWORKS:
        run, network = traced(name), biased(name)
        for layer in network.layers[1:]:
            for level in strongest_path(run, unit_place(network, layer.name, Unit(1, 0, 0))):
                kinds |= {passage.kind for passage in level.passages}
    assert kinds >= {"maxpool", "norm", "cat", "avgpool"}
    flatten = next(step.name for step in biased("zfnet").steps if step.kind == "flatten")
    flat = down(traced("zfnet"), Place(flatten, 40))[0][0]
    assert flat.kind == "flatten" and (flat.below.map, flat.below.row, flat.below.column) == (1, 0, 4)


@pytest.mark.parametrize("name", ["zfnet", "googlenet"])
def test_pools_above_are_counted_as_by_looking_into_every_window(name: str) -> None:
    run, network = traced(name), biased(name)
    pool = next(step for step in network.steps if step.kind == "maxpool")
    below = network.step(pool.inputs[0])
    source = network.step(below.inputs[0]) if below.kind == "norm" else below
    values = run.outputs[below.name][0].numpy()
    for place in ((0, 0, 0), (1, 7, 8), (2, 109 if name == "zfnet" else 111, 3)):
        windows = won = 0
        for row in range(pool.shape[1]):
            for column in range(pool.shape[2]):
                rows = range(row * pool.stride - pool.padding, row * pool.stride - pool.padding + pool.kernel)
                columns = range(column * pool.stride - pool.padding, column * pool.stride - pool.padding + pool.kernel)
                if place[1] in rows and place[2] in columns:
                    windows += 1
                    seen = {
                        (r, c): values[place[0], r, c]
                        for r in rows
                        for c in columns
                        if 0 <= r < values.shape[1] and 0 <= c < values.shape[2]
                    }
                    won += max(seen, key=lambda at: seen[at]) == place[1:]
        (found,) = pooled_above(run, Place(source.name, *place))
        assert (found.step, found.windows, found.won) == (pool.name, windows, won)


@pytest.mark.parametrize("name", ["zfnet", "googlenet", "resnet18"])
def test_the_map_above_is_the_one_that_answers_and_its_readers_are_those_that_change(name: str) -> None:
    """A number is raised; the units of the map above that change are those whose windows hold it."""
    run, network = traced(name), biased(name)
    for place in (Place("relu3", 5, 6, 4), Place("relu1", 2, 40, 31), Place("relu", 3, 9, 8), Place("relu_4", 6, 9, 8)):
        if place.step not in run.outputs:
            continue
        reader = reader_above(run, place)
        assert reader is not None
        spans = []
        for at in (place.row, place.column):
            over = [
                unit for unit in range(reader.size) if 0 <= at - unit * reader.stride + reader.padding < reader.kernel
            ]
            spans.append((min(over), max(over)))
        values = dict(run.outputs)
        values[place.step] = values[place.step].clone()
        values[place.step][0, place.map, place.row, place.column] += 1e4
        begun = False
        for step in network.steps:
            if begun:
                values[step.name] = step.run(*(values[one] for one in step.inputs))
                if step.name == reader.step:
                    break
            begun = begun or step.name == place.step
        moved = (values[reader.step] - run.outputs[reader.step])[0, reader.map].abs() > 1e-3
        rows, columns = moved.nonzero(as_tuple=True)
        inside = (rows >= spans[0][0]) & (rows <= spans[0][1]) & (columns >= spans[1][0]) & (columns <= spans[1][1])
        assert len(rows) and bool(inside.all())
        assert set(reader.won) <= {(row, column) for row in range(reader.size) for column in range(reader.size)}


def test_the_map_above_is_where_a_walk_has_come_from_or_the_strongest() -> None:
    run, network = traced("zfnet"), biased("zfnet")
    kernels = network.module.conv4.weight.detach()[:, 7].flatten(1).norm(dim=1)
    strongest, through = reader_above(run, Place("relu3", 7, 0, 0)), Place("relu4", 11, 3, 3)
    assert strongest is not None and strongest.map == int(kernels.argmax())
    came = reader_above(run, Place("relu3", 7, 0, 0), through)
    assert came is not None and (came.step, came.map) == ("relu4", 11)
    pool = reader_above(run, Place("relu5", 3, 4, 4))
    assert pool is not None and pool.step == "pool5"
    (counted,) = pooled_above(run, Place("relu5", 3, 4, 4))
    assert len(pool.won) == counted.won
    assert reader_above(run, Place("relu6", 3)) is None


def test_a_grouped_convolution_reads_its_own_group_only() -> None:
    """Krizhevsky’s two halves: the step is made by hand, as far as networks with groups are not read yet."""
    network = thin_zfnet()
    run = trace(network, smooth_photos(1))
    conv = next(step for step in network.steps if step.name == "conv2")
    assert isinstance(conv, Conv)
    halves = replace(conv, weight=conv.weight[:, :3].clone())
    steps = tuple(halves if step is conv else step for step in network.steps)
    other = Trace(replace(network, steps=steps), run.recording)
    x = run.outputs[conv.inputs[0]][:1].double()
    whole = torch.nn.functional.conv2d(
        x, halves.weight.double(), conv.bias.double(), conv.stride, conv.padding, groups=2
    )
    for map in range(conv.shape[0]):
        number = made(other, Place("relu2", map, 5, 7))
        assert number.sum == pytest.approx(float(whole[0, map, 5, 7]), abs=1e-5)
        assert number.parts[0].maps.tolist() == ([0, 1, 2] if map < conv.shape[0] // 2 else [3, 4, 5])


def test_compute_walks_from_the_strongest_unit_to_a_pixel() -> None:
    network = thin_zfnet()
    levels = list(compute(network, smooth_photos(1), Settings("conv4")))
    assert levels[0].start.step == "relu4" and levels[-1].end.step == INPUT
    assert [level.number.function for level in levels if level.number] == ["relu"] * 4


@pytest.mark.parametrize(
    "place", [Place("relu9", 0), Place("relu3", 99, 0, 0), Place("relu3", 0, 13, 0), Place(INPUT, 3, 0, 0)]
)
def test_a_place_that_is_not_there_is_told(place: Place) -> None:
    run = trace(thin_zfnet(), smooth_photos(1))
    with pytest.raises(UnknownName):
        explain(run, place)


def test_where_nothing_is_added_up_is_told() -> None:
    run = trace(thin_zfnet(), smooth_photos(1))
    with pytest.raises(UnknownName, match="adds nothing up"):
        made(run, Place("pool1", 0, 0, 0))


def test_a_silent_unit_whose_inputs_are_silent_ends_the_walk() -> None:
    network = thin_zfnet()
    run = trace(network, torch.zeros(1, 3, 224, 224))
    levels = list(strongest_path(run, Place("relu3", 0, 6, 6)))
    assert levels[-1].number is not None and isinstance(levels[-1].number, Number)
    assert levels[-1].number.strongest() is None
