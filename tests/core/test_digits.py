"""LeNet-5 reads digits that it has never seen, and can be looked into like every other network."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits
from torch import nn

from zfnet_core.deconvnet.projection import project, strongest_unit
from zfnet_core.errors import ExplorerError, ImageError
from zfnet_core.exhibits.occlusion import OcclusionSettings, whole_sweep
from zfnet_core.forward.trace import trace
from zfnet_core.models import zoo
from zfnet_core.models.network import Network
from zfnet_core.photos import digits
from zfnet_core.photos.decoding import photo_of
from zfnet_core.photos.images import prepare
from zfnet_core.training import digits as lesson

torch.set_num_threads(1)


@pytest.fixture(scope="module")
def lenet() -> Network:
    return zoo.load(zoo.DIGITS)


def test_the_digits_are_scikit_learns() -> None:
    theirs = load_digits()
    ink, truth = digits.digits()
    assert np.array_equal(16 * ink, theirs.images) and np.array_equal(truth, theirs.target)


def test_97_of_100_held_out_digits_are_read_right(lenet: Network) -> None:
    """The way of the app, from the picture of a digit on; scikit-learn's own reading of its file."""
    theirs = load_digits()
    cells, truth = theirs.images[-digits.HELD_OUT :] / 16, theirs.target[-digits.HELD_OUT :]
    photos = [photo_of(digits.on_paper(digits.in_its_field(one)), "digit") for one in cells]
    images = torch.cat([prepare(photo, lenet.preprocessing) for photo in photos])
    right = lenet.probabilities(images).argmax(dim=1).numpy() == truth
    card = lenet.card["accuracy"]["val"]
    assert right.mean() >= 0.97 and card["photos"] == digits.HELD_OUT
    assert right.mean() == pytest.approx(card["top1"], abs=0.003)  # the picture has 8 bits


def test_nothing_held_out_is_trained_with() -> None:
    (train, _), (tested, _) = lesson.shipped_sets()
    assert len(train) + len(tested) == 1797 and len(tested) == digits.HELD_OUT
    seen = {digit.numpy().tobytes() for digit in train}
    assert not any(digit.numpy().tobytes() in seen for digit in tested)


def test_it_is_lenet_with_one_channel(lenet: Network) -> None:
    assert lenet.trained and lenet.parameters == 61_706 and lenet.labels == tuple("0123456789")
    assert [layer.shape for layer in lenet.layers] == [(6, 28, 28), (16, 10, 10), (120,), (84,), (10,)]
    assert lenet.macs == 6 * 25 * 784 + 16 * 150 * 100 + 48_000 + 10_080 + 840
    photo = torch.rand(1, 3, 32, 32)
    first = (
        trace(lenet, photo).outputs["C1"]
        if "C1" in trace(lenet, photo).outputs
        else lenet.module.C1(photo.mean(1, True))
    )
    as_seen = lenet.first_convolution
    assert torch.allclose(first, as_seen.run(photo), atol=1e-5) and as_seen.weight.shape == (6, 3, 5, 5)


@pytest.mark.parametrize("layer", ["C1", "C3", "F6"])
def test_the_gradient_rule_is_autograds(lenet: Network, layer: str) -> None:
    ink, _ = digits.digits()
    photo = prepare(photo_of(digits.on_paper(digits.in_its_field(ink[-3])), "digit"), lenet.preprocessing)
    traced = trace(lenet, photo)
    maps = traced.activation(layer)[0]
    unit = strongest_unit(traced, layer, int((maps.amax(dim=(1, 2)) if maps.dim() == 3 else maps).argmax()))
    found = project(traced, layer, [unit], rule="gradient")
    pixels, value = photo.clone().requires_grad_(), None
    value = pixels
    for name, part in lenet.module.named_children():
        value = part(value)
        if name == lenet.layer(layer).step:
            break
    activation = value[0, unit.map, unit.row, unit.column] if value.dim() == 4 else value[0, unit.map]
    (gradient,) = torch.autograd.grad(activation, pixels)
    expected = gradient[0] * activation.detach()
    signed = torch.as_tensor(found.pixels[0])
    assert torch.allclose(signed, expected, atol=1e-5 * float(expected.abs().max()))
    assert torch.equal(signed[0], signed[1]) and torch.equal(signed[0], signed[2])  # a grey picture


def test_the_deconvnet_is_the_literal_one(lenet: Network) -> None:
    """Unpool by hand, rectify, transposed filter, the three colours alike: from C3 down to the pixels."""
    ink, _ = digits.digits()
    photo = prepare(photo_of(digits.on_paper(digits.in_its_field(ink[-5])), "digit"), lenet.preprocessing)
    traced, module = trace(lenet, photo), lenet.module
    unit = strongest_unit(traced, "C3", int(traced.activation("C3")[0].amax(dim=(1, 2)).argmax()))
    with torch.no_grad():
        below = module.relu1(module.C1(photo.mean(dim=1, keepdim=True)))
        pooled, switches = nn.functional.max_pool2d(below, 2, return_indices=True)
        signal = torch.zeros(1, 16, 10, 10)
        signal[0, unit.map, unit.row, unit.column] = module.relu3(module.C3(pooled))[0, unit.map, unit.row, unit.column]
        signal = nn.functional.conv_transpose2d(signal.relu(), module.C3.weight)
        signal = nn.functional.max_unpool2d(signal, switches, 2)
        grey = nn.functional.conv_transpose2d(signal.relu(), module.C1.weight)
    expected = (grey / 3).expand(1, 3, 32, 32)[0]
    found = torch.as_tensor(project(traced, "C3", [unit]).pixels[0])
    assert torch.allclose(found, expected, atol=1e-5 * float(expected.abs().max()))


def test_the_grey_square_works_on_it(lenet: Network) -> None:
    ink, truth = digits.digits()
    photo = prepare(photo_of(digits.on_paper(digits.in_its_field(ink[-1])), "digit"), lenet.preprocessing)
    settings = OcclusionSettings(8, 8, 4, "mean")
    sweep = whole_sweep(lenet, photo, settings)
    assert sweep.done == 1 and sweep.probabilities.shape[:2] == (7, 7)
    assert lenet.probabilities(photo).argmax() == truth[-1]


def test_a_drawing_is_put_in_its_field_wherever_it_was_made() -> None:
    board = np.zeros((280, 280), np.float32)
    board[200:260, 20:32] = 1
    field = digits.drawn(board)
    rows, columns = np.nonzero(field > 0.5)
    assert field.shape == (32, 32) and (rows.min(), rows.max()) == (4, 27)
    assert abs(columns.mean() - 15.5) < 0.6 and len(set(columns.tolist())) <= 6
    assert np.array_equal(field, digits.drawn(np.roll(board, (-100, 200), (0, 1))))
    with pytest.raises(ImageError, match="Nothing is drawn yet"):
        digits.drawn(np.zeros((10, 10), np.float32))


def test_learning_is_repeatable_and_learns(tmp_path: Path) -> None:
    (ink, truth), tested = lesson.shipped_sets()
    few = (ink[:256], truth[:256])
    first, second = lesson.trained(few, epochs=12, seed=3), lesson.trained(few, epochs=12, seed=3)
    assert all(torch.equal(a, b) for a, b in zip(first.parameters(), second.parameters(), strict=True))
    assert lesson.accuracy(first, tested)["top1"] > 0.5
    card = lesson.ship(first, tested, {"summary": "A try."}, tmp_path)
    assert card["parameters"]["total"] == 61_706 and (tmp_path / "lenet5-digits.safetensors").stat().st_size < 300_000


def test_without_the_internet_mnist_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unreachable(*_: object, **__: object) -> None:
        raise RuntimeError("Error downloading train-images-idx3-ubyte.gz")

    monkeypatch.setattr("torchvision.datasets.MNIST.download", unreachable)
    with pytest.raises(ExplorerError, match=r"could not be downloaded .* leave --mnist out"):
        lesson.mnist_sets(tmp_path)
