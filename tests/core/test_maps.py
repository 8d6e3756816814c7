"""Names of maps are counted in their nine; what a map says for a class is what goes when it is set to zero."""

from __future__ import annotations

from collections import Counter
from functools import cache
from pathlib import PurePosixPath

import numpy as np
import pytest
import torch

from tests.core.literal_deconvnet import biased, smooth_photos
from tests.core.thin_networks import thin_zfnet
from zfnet_core.drawing.palette import PAIR, rgb
from zfnet_core.drawing.signed import FULL, signed_colours
from zfnet_core.errors import UnknownName
from zfnet_core.exhibits.maps import Settings, compute, name_of, named, search, speaks_for, words
from zfnet_core.exhibits.maps.names import LEAST
from zfnet_core.forward.trace import trace
from zfnet_core.language import speaking
from zfnet_core.models import zoo
from zfnet_core.models.wiring import readers, wiring
from zfnet_core.photos.folder_names import CALTECH_101, RESPELT, folder_in_words
from zfnet_core.top_activations.gallery import Gallery, bundled


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


@cache
def gallery() -> Gallery:
    found = bundled(zoo.load(zoo.DEFAULT))
    assert found is not None
    return found


@pytest.mark.parametrize("layer", ["conv1", "conv5"])
def test_a_name_is_what_most_of_the_nine_show(layer: str) -> None:
    kept = gallery().found.layers[layer]
    for one in named(gallery(), layer)[::16]:
        shown = Counter(
            folder_in_words(PurePosixPath(gallery().found.ids[int(photo)]).parent.name)
            for value, photo in zip(kept.values[one.map], kept.photos[one.map], strict=True)
            if value > 0
        )
        assert dict(one.shows) == dict(shown) and one.of == sum(shown.values())
        most = max(shown.values(), default=0)
        assert (one.count, bool(one.word)) == ((most, True) if most >= LEAST else (0, False))
        assert not one.word or shown[one.word] == most


def test_a_folder_is_called_as_people_would_and_found_by_either_name_and_in_chinese() -> None:
    shown = {what for layer in gallery().found.layers for one in named(gallery(), layer) for what, _ in one.shows}
    assert {"motorbike", "face", "leopard"} <= shown and not {"motorbikes", "faces", "leopards"} & shown
    assert shown <= set(CALTECH_101), "every one has a name to translate"
    found = search(gallery(), "motorbike", most=10_000)
    assert found and search(gallery(), "Motorbikes", most=10_000) == found
    for folder, name in RESPELT.items():
        assert search(gallery(), folder, most=10_000) == search(gallery(), name, most=10_000), folder
    with speaking("zh"):
        assert search(gallery(), "摩托车", most=10_000) == found


def test_a_search_finds_every_map_that_shows_it_and_no_other() -> None:
    hits = search(gallery(), "  STOP   sign ", most=10_000)
    expected = {
        (layer, map): dict(name_of(gallery(), layer, map).shows)["stop sign"]
        for layer in gallery().found.layers
        for map in range(len(gallery().found.layers[layer].values))
        if "stop sign" in dict(name_of(gallery(), layer, map).shows)
    }
    assert {(hit.layer, hit.map): hit.count for hit in hits} == expected and len(expected) > 20
    assert [hit.count for hit in hits] == sorted((hit.count for hit in hits), reverse=True)
    assert search(gallery(), "") == search(gallery(), "zzz") == () and len(search(gallery(), "a")) == 24


def test_words_are_those_that_maps_are_called() -> None:
    called = Counter(one.word for layer in gallery().found.layers for one in named(gallery(), layer) if one.word)
    assert dict(words(gallery())) == dict(called)


@pytest.mark.parametrize("name", ["zfnet", "googlenet", "resnet18"])
def test_what_a_map_says_is_what_goes_when_it_is_set_to_zero(name: str) -> None:
    """Against the network’s own forward function, with a hook that silences the map."""
    network, photo = biased(name), smooth_photos(1)
    run = trace(network, photo)
    layer = {"zfnet": "conv4", "googlenet": "conv2", "resnet18": "conv1"}[name]
    module = {"zfnet": "relu4", "googlenet": "conv2", "resnet18": "relu"}[name]

    def silence(module: torch.nn.Module, inputs: object, output: torch.Tensor) -> torch.Tensor:
        output = output.clone()
        output[:, 5] = 0
        return output

    found = speaks_for(run, Settings(layer, 5))
    owner = network.module.get_submodule(module)
    handle = owner.register_forward_hook(silence)
    with torch.no_grad():
        without = network.module(photo)[0]
    handle.remove()
    expected = (run.outputs[network.steps[-1].name][0] - without).double().numpy()
    assert np.allclose(found.change, expected, atol=1e-3 * np.abs(expected).max()) and np.abs(expected).max() > 0
    best = found.most(3)
    assert [index for index, _ in best] == np.argsort(-expected)[:3].tolist() and all(value > 0 for _, value in best)
    assert all(value < 0 for _, value in found.least(3))


def test_a_map_that_is_not_there_is_told() -> None:
    with pytest.raises(UnknownName, match="no map 99"):
        list(compute(thin_zfnet(), smooth_photos(1), Settings("conv3", 99)))


# ---- who reads whom


def test_wiring_is_the_kernel_of_the_map() -> None:
    network = thin_zfnet()
    wired = wiring(network, "relu3", 4)
    weight = network.module.conv3.weight[4].detach().numpy()
    assert (wired.step, wired.reads) == ("conv3", "pool2") and np.array_equal(wired.kernels, weight)
    literal = [sum(float(w) ** 2 for w in kernel.ravel()) ** 0.5 for kernel in weight]
    assert wired.strengths == pytest.approx(literal)
    assert wired.strongest(3) == sorted(range(len(literal)), key=lambda at: -literal[at])[:3]
    full = wiring(network, "relu6", 2)
    assert full.kernels.shape == (8, 6, 6) and full.reads == "pool5"
    assert np.array_equal(full.kernels.ravel(), network.module.fc6.weight[2].detach().numpy())
    branch = wiring(biased("googlenet"), "cat", 70)  # inception 3a: 64 maps of the first branch, then the second
    assert branch.step == "inception3a_branch2_1_conv" and len(branch.kernels) == 96
    with pytest.raises(UnknownName):
        wiring(network, "relu3", 99)
    with pytest.raises(UnknownName):
        wiring(network, "nothing", 0)


def test_readers_are_found_through_pools_norms_and_flattening() -> None:
    network = thin_zfnet(norm="after pool")
    for step, map, reader, weight in (
        ("relu1", 2, "conv2", network.module.conv2.weight[:, 2].flatten(1)),
        ("relu5", 3, "fc6", network.module.fc6.weight[:, 3 * 36 : 4 * 36]),
        ("relu6", 7, "fc7", network.module.fc7.weight[:, 7:8]),
    ):
        strengths = weight.detach().double().pow(2).sum(dim=1).sqrt().numpy()
        found = readers(network, step, map, 5)
        assert [(name, at) for name, at, _ in found] == [(reader, int(at)) for at in np.argsort(-strengths)[:5]]
        assert [value for *_, value in found] == pytest.approx(np.sort(strengths)[::-1][:5], rel=1e-5)
    assert readers(network, "fc8", 0, 5) == []
    concat = readers(biased("googlenet"), "cat", 70, 4)
    assert {name for name, *_ in concat} <= {f"inception3b_branch{n}_conv" for n in (1, 4)} | {
        f"inception3b_branch{n}_{m}_conv" for n in (2, 3, 4) for m in (0, 1)
    }


def test_signed_numbers_are_pale_enough_for_black_text() -> None:
    colours = signed_colours(np.array([-2.0, 0.0, 1.0, 2.0]))
    assert colours[1].tolist() == [255, 255, 255]
    assert colours[3].tolist() == [round(255 + FULL * (part - 255)) for part in rgb(PAIR[0])]
    assert colours[0].tolist() == [round(255 + FULL * (part - 255)) for part in rgb(PAIR[1])]
    for colour in (colours[0], colours[3]):
        linear = [(v / 255 / 12.92) if v / 255 <= 0.04045 else ((v / 255 + 0.055) / 1.055) ** 2.4 for v in colour]
        luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
        assert (luminance + 0.05) / 0.05 >= 4.5
    assert signed_colours(np.zeros((2, 2))).min() == 255
