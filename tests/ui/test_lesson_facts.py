"""What lessons say in numbers, computed once more from the bundled weights."""

from __future__ import annotations

import re

import numpy as np
import pytest
import torch

from ui.lessons.shelf import FOLDER
from zfnet_core.exhibits import transfer
from zfnet_core.exhibits.architectures import SlidingWindow, blueprint
from zfnet_core.exhibits.architectures.ideas import Bottleneck, stack
from zfnet_core.exhibits.our_results import shipped
from zfnet_core.forward.trace import trace
from zfnet_core.models import zoo
from zfnet_core.photos import samples
from zfnet_core.photos.images import Crop, prepare

BOTH = ("en", "zh")


@pytest.fixture(scope="module")
def zfnet():
    return zoo.load("zfnet-classroom", "cpu")


def said(name: str, language: str) -> str:
    return (FOLDER / f"{name}.{language}.md").read_text(encoding="utf-8")


def numbers(text: str) -> set[str]:
    return set(re.findall(r"\d+(?:\.\d+)?", text))


def input_of(network, photo: str) -> torch.Tensor:
    return prepare(samples.load(photo), network.preprocessing, Crop())


@torch.inference_mode()
def test_the_grey_square(zfnet) -> None:
    photo = input_of(zfnet, "chelsea")

    def share(row: int | None = None, column: int = 0) -> float:
        hidden = photo.clone()
        if row is not None:
            hidden[:, :, row : row + 48, column : column + 48] = 0  # the mean colour
        return 100 * float(zfnet.module(hidden).softmax(-1)[0, zfnet.labels.index("Egyptian cat")])

    told = {f"{share():.0f}", f"{share(64, 32):.0f}", f"{share(140, 80):.0f}", f"{share(0, 160):.0f}"}
    assert told == {"61", "42", "58", "66"}
    places = [(row, column) for row in range(0, 177, 32) for column in range(0, 177, 32)]
    assert min(places, key=lambda place: share(*place)) == (64, 32)
    for language in BOTH:
        assert told <= numbers(said("the-grey-square", language))


@torch.inference_mode()
def test_dark_maps(zfnet) -> None:
    layer = zfnet.layers[0]
    assert layer.name == "conv1" and (layer.maps, layer.shape[1:]) == (96, (110, 110))
    dark = {}
    for photo in ("chelsea", "motorcycle"):
        maxima = trace(zfnet, input_of(zfnet, photo)).activation("conv1")[0].amax((1, 2))
        dark[photo] = {int(number) for number in (maxima <= 0).nonzero()}
    assert len(dark["chelsea"]) == 10 and not dark["chelsea"] & dark["motorcycle"]


def test_receptive_fields(zfnet) -> None:
    sizes = {layer.name: layer.receptive_field.size for layer in zfnet.layers[:5]}
    assert (sizes["conv1"], sizes["conv5"]) == (7, 139)
    for language in BOTH:
        assert {"139", "7"} <= numbers(said("first-steps", language))


@torch.inference_mode()
def test_random_weights() -> None:
    network = zoo.load("zfnet-random", "cpu")
    photo = input_of(network, "chelsea")
    shares = network.module(photo).softmax(-1)[0]
    best, index = float(shares.max()), int(shares.argmax())
    assert f"{100 * best:.1f}" == "1.5"
    changes = []
    for row in range(0, 177, 44):
        for column in range(0, 177, 44):
            hidden = photo.clone()
            hidden[:, :, row : row + 48, column : column + 48] = 0
            changes.append(abs(float(network.module(hidden).softmax(-1)[0, index]) - best))
    assert max(changes) < 0.005


def test_what_was_measured_before() -> None:
    rows = shipped("zfnet-classroom", "figure-5")["rows"]
    measures = [shipped(name, "figure-6")["measures"] for name in ("zfnet-classroom", "alexnet-classroom")]
    shift = {f"{100 * rows[kind]['changes']:.0f}" for kind in ("right", "down", "rotation")}
    assert shift == {"8", "19", "43"}
    layers = {f"{rows['right'][name]:.0f}" for name in ("low", "high")}
    assert layers == {"5", "45"}
    folded = {f"{100 * one['folded']:.1f}" for one in measures}
    accuracy = {f"{100 * one['accuracy']:.1f}" for one in measures}
    for language in BOTH:
        assert shift | layers <= numbers(said("shift-scale-turn", language))
        assert folded | accuracy <= numbers(said("smaller-windows", language))


def millions(number: float, language: str) -> str:
    """As a lesson says it: 62 million, 6200 万, 1.38 亿."""
    if language == "en":
        return f"{number / 1e6:.0f} million"
    return f"{number / 1e8:.2f} 亿" if number >= 1e8 else f"{round(number / 1e6) * 100} 万"


def test_from_lenet_to_resnet() -> None:
    made = {name: blueprint(name) for name in ("lenet5-1998", "alexnet", "zfnet", "vgg16", "googlenet", "resnet152")}
    lenet, alexnet, zfnet = made["lenet5-1998"], made["alexnet"], made["zfnet"]
    read = zoo.load(zoo.DIGITS, "cpu").card["accuracy"]["val"]["top1"]
    dense = sum(part.parameters for part in alexnet.parts if part.name in ("fc6", "fc7", "fc8"))
    assert 1000 <= alexnet.parameters / lenet.parameters < 1100
    assert max(alexnet.parts, key=lambda part: part.parameters).name == "fc6"
    assert abs(zfnet.parameters / alexnet.parameters - 1) < 0.001
    assert sum(part.macs for part in alexnet.parts if part.name.startswith("conv")) > 0.9 * alexnet.macs
    assert [SlidingWindow(11, 4, 0).places(side) for side in (224, 227)] == [54, 55]
    small = stack(2, 256)
    assert small.large == 5 and (stack(2, 1).weights, stack(2, 1).weights_of_one) == (18, 25)
    blocks = [part for part in made["resnet152"].parts if part.kind == "residual block"]
    assert made["resnet152"].parameters < alexnet.parameters
    squeezed = {width: Bottleneck(100, 128, 256, width) for width in (32, 64, 128)}
    assert [one.through < one.straight for one in squeezed.values()] == [True, True, False]
    seen = [network.part("conv5").field.size for network in (alexnet, zfnet)]  # type: ignore[union-attr]
    told = {
        f"{lenet.parameters:,}", f"{100 * read:.1f} %", f"{100 * dense / alexnet.parameters:.0f} %", *map(str, seen),
        f"{100 * small.saved:.0f} %", f"{squeezed[32].straight:,}", f"{squeezed[32].through:,}",
        f"{squeezed[128].through:,}", str(len(blocks)), "18C²", "25C²", "54", "55", "110 × 110", "55 × 55",
    }  # fmt: skip
    for language in BOTH:
        text = said("from-lenet-to-resnet", language)
        large = {millions(made[name].parameters, language) for name in ("alexnet", "googlenet", "vgg16")}
        assert [words for words in told | large if words not in text] == []


@torch.inference_mode()
def test_your_own_classes(zfnet) -> None:
    layers, told = ("conv1", "conv2", "conv5", "fc7"), {"40"}
    photos = list(transfer.sample_set("objects").photos())
    names = list(dict.fromkeys(label for label, _ in photos))
    labels = np.array([names.index(label) for label, _ in photos])
    images = torch.cat([prepare(photo, zfnet.preprocessing, Crop()) for _, photo in photos])
    features = transfer.features_of(zfnet, images, list(layers))
    found = {name: transfer.validate(features[name], labels, transfer.Training("softmax")) for name in layers}
    assert found["conv5"].right == found["fc7"].right
    told |= {str(one.right) for one in found.values()}
    wrong = found["conv1"].wrong
    assert len(wrong) == 8 and sum(names[labels[place]] == "starfish" for place in wrong) == 4
    *_, curve = transfer.curve(features["fc7"], labels, transfer.CurveSettings(transfer.Training("softmax")))
    told |= {f"{curve.means[curve.counts.index(count)]:.0f} %" for count in (1, 5)}
    taught = transfer.fit(features["fc7"], labels, transfer.Training("softmax"))
    made = transfer.Made(zfnet.name, zfnet.fingerprint, "fc7", "softmax", (10,) * 4, found["fc7"].accuracy)
    own = transfer.own_network(zfnet, taught, tuple(names), made)
    last = own.parameters - (zfnet.parameters - 1000 * (features["fc7"].shape[1] + 1))
    assert (last, round((own.parameters - last) / 1e6)) == (4100, 14)

    def shares(photo: str, places: list[tuple[int, int] | None]) -> torch.Tensor:
        images = input_of(own, photo).repeat(len(places), 1, 1, 1)
        for image, place in zip(images, places, strict=True):
            if place is not None:
                image[:, place[0] : place[0] + 48, place[1] : place[1] + 48] = 0
        return 100 * own.module(images).softmax(-1)

    places = [(row, column) for row in range(0, 177, 32) for column in range(0, 177, 32)]
    flower, *hidden = shares("flower", [None, *places])[:, names.index("sunflower")].tolist()
    assert places[int(np.argmin(hidden))] == (64, 64)
    told |= {f"{flower:.0f} %", f"{min(hidden):.0f} %"}
    (cat,) = shares("chelsea", [None])
    assert names[int(cat.argmax())] == "starfish"
    told.add(f"{cat.max():.0f} %")
    for language in BOTH:
        text = said("your-own-classes", language)
        assert [words for words in told | {"4100", "starfish", "sunflower"} if words not in text] == []


@torch.inference_mode()
def test_words_and_filters(zfnet) -> None:
    shares = zfnet.module(input_of(zfnet, "astronaut")).softmax(-1)[0]
    first = f"{100 * float(shares.max()):.1f} %"
    assert zfnet.labels[int(shares.argmax())] == "neck brace" and len(zfnet.labels) == 1000
    assert not {"astronaut", "woman", "person"} & set(zfnet.labels)
    weights = next(zfnet.module.parameters())
    assert weights[0].numel() == 147
    for language in BOTH:
        assert first in said("first-steps", language) and "147" in said("what-is-a-filter", language)
