"""Switching maps off, against a network that is run literally with the map set to zero."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from saved_scripts import in_this_python
from thin_networks import smooth_photos, thin_zfnet

from zfnet_core.errors import UnknownName
from zfnet_core.exhibits.switched_off import (
    DOUBLE,
    OFF,
    Settings,
    answer,
    class_csv,
    class_maps,
    confused,
    csv,
    ranking,
    script,
)
from zfnet_core.forward.trace import trace
from zfnet_core.models import zoo
from zfnet_core.models.network import Network
from zfnet_core.photos import samples
from zfnet_core.photos.framed import FramedPhoto
from zfnet_core.photos.images import prepare

REAL = ("zfnet-classroom", "alexnet-classroom", "vgg16", "resnet18")


def literal(network: Network, image: torch.Tensor, layer: str, factors: dict[int, float]) -> torch.Tensor:
    """Scores [classes]: every step of the network in order, from the photo on, the maps changed where they appear."""
    values = {"input": image}
    for step in network.steps:
        value = step.run(*(values[name] for name in step.inputs)).clone()
        if step.name == network.layer(layer).step:
            for number, factor in factors.items():
                value[:, number] *= factor
        values[step.name] = value
    return value[0]


def literal_for_every_layer(
    network: Network, image: torch.Tensor, factors: dict[str, dict[int, float]]
) -> dict[str, torch.Tensor]:
    """Scores [classes] for each layer of `factors` with that layer's maps changed and no others.

    The whole network from the photo on, once: the photo untouched is row 0; where a layer appears, a row is added to
    everything that is known by then, and the maps are changed in that row alone.
    """
    values, rows = {"input": image}, {}
    for step in network.steps:
        values[step.name] = step.run(*(values[name] for name in step.inputs))
        for layer, changes in factors.items():
            if step.name == network.layer(layer).step:
                rows[layer] = len(image) + len(rows)
                values = {name: torch.cat([value, value[:1]]) for name, value in values.items()}
                for number, factor in changes.items():
                    values[step.name][rows[layer], number] *= factor
        still_read = {name for later in network.steps[network.steps.index(step) + 1 :] for name in later.inputs}
        values = {name: value for name, value in values.items() if name in still_read | {step.name}}
    return {layer: values[network.steps[-1].name][row] for layer, row in rows.items()}


@pytest.mark.parametrize("name", REAL)
def test_every_layer_of_real_networks_agrees_with_a_literal_pass(name: str) -> None:
    network = zoo.load(name)
    image = prepare(samples.load("chelsea"), network.preprocessing)
    traced = trace(network, image)
    layers = [layer.name for layer in network.layers[:-1]]
    assert len(layers) == {"vgg16": 15, "resnet18": 9}.get(name, 7)
    factors = {}
    for layer in layers:
        activation = traced.activation(layer)[0]
        strongest = int(activation.reshape(len(activation), -1).sum(1).argmax())
        factors[layer] = {strongest: OFF, (strongest + 1) % len(activation): DOUBLE}
    with torch.inference_mode():
        expected = literal_for_every_layer(network, image, factors)
    for layer in layers:
        found = answer(traced, Settings(layer, factors[layer]))
        assert np.abs(found.scores_after - found.scores_before).max() > 0, layer
        scale = max(1.0, float(expected[layer].abs().max()))
        assert np.abs(found.scores_after - expected[layer].numpy()).max() < 1e-5 * scale, layer
        assert np.abs(found.after - expected[layer].softmax(0).numpy()).max() < 1e-5, layer


@pytest.mark.parametrize("layer", ["conv1", "conv2", "conv3", "conv4", "conv5", "fc6", "fc7"])
def test_the_ranking_switches_off_one_map_after_the_other(layer: str) -> None:
    network = thin_zfnet(norm="before pool")
    image = smooth_photos(1)
    traced = trace(network, image)
    found = list(ranking(traced, layer, 2))[-1]
    with torch.inference_mode():
        untouched = literal(network, image, layer, {})
        without = torch.stack([literal(network, image, layer, {m: OFF}) for m in range(network.layer(layer).maps)])
    assert found.done == 1 and found.probability == pytest.approx(float(untouched.softmax(0)[2]), abs=1e-6)
    assert np.abs(found.fall - (untouched.softmax(0)[2] - without.softmax(1)[:, 2]).numpy()).max() < 1e-5
    assert np.abs(found.score_fall - (untouched[2] - without[:, 2]).numpy()).max() < 1e-4
    assert (found.answers == without.argmax(1).numpy()).all()
    assert (np.diff(found.fall[found.order]) <= 0).all()


def test_a_classs_maps_are_the_mean_over_its_photos() -> None:
    network, images = thin_zfnet(norm="before pool"), smooth_photos(3)
    found = list(class_maps(network, [image[None] for image in images], "conv4", 1))
    falls = []
    with torch.inference_mode():
        for image in images:
            untouched = literal(network, image[None], "conv4", {})[1]
            without = [literal(network, image[None], "conv4", {m: OFF})[1] for m in range(network.layer("conv4").maps)]
            falls.append([float(untouched - one) for one in without])
    expected = np.mean(falls, axis=0)
    last = found[-1]
    assert last.done == 1 and last.photos == 3 and np.abs(last.score_fall - expected).max() < 1e-4
    assert (np.diff(last.score_fall[last.order]) <= 0).all() and last.order[0] == int(expected.argmax())
    shares = [one.done for one in found]
    assert shares == sorted(shares) and shares[-2] < 1 and np.isfinite(found[0].score_fall).any()
    lines = class_csv(network, last).splitlines()
    assert len(lines) == 1 + len(expected) and lines[1].startswith(f"{last.order[0]},") and "of 3 photos" in lines[0]


def test_what_a_class_is_confused_with_is_scikit_learns_confusion_matrix() -> None:
    from sklearn.metrics import confusion_matrix

    dice = np.random.default_rng(0)
    truth, answers = dice.integers(0, 4, 200), dice.integers(-1, 4, 200)
    table = confusion_matrix(truth[answers >= 0], answers[answers >= 0])
    for index in range(4):
        found = confused(truth, answers, index)
        assert found.photos == table[index].sum() and found.right == table[index, index]
        assert dict(found.taken_for) == {other: n for other, n in enumerate(table[index]) if n and other != index}
        assert dict(found.taken_from) == {other: n for other, n in enumerate(table[:, index]) if n and other != index}
        counts = [n for _, n in found.taken_for]
        assert counts == sorted(counts, reverse=True)
    assert confused(truth, np.full(200, -1), 0).photos == 0


def test_nothing_changed_is_the_photos_own_answer_and_a_silent_map_is_worth_nothing() -> None:
    network = thin_zfnet()
    traced = trace(network, smooth_photos(1))
    unchanged = answer(traced, Settings("conv3"))
    assert np.abs(unchanged.before - unchanged.after).max() < 1e-6
    silent = network.step(network.layer("conv3").step)
    with torch.inference_mode():
        traced.outputs[silent.name][:, 4] = 0
    assert list(ranking(traced, "conv3", 0))[-1].fall[4] == 0


def test_what_is_not_there_is_named() -> None:
    network = thin_zfnet()
    traced = trace(network, smooth_photos(1))
    with pytest.raises(UnknownName, match="maps 0 to 9"):
        answer(traced, Settings("conv3", {10: OFF}))
    with pytest.raises(UnknownName, match="no layer"):
        answer(traced, Settings("conv9"))


def test_what_is_saved_says_the_same(tmp_path, capsys: pytest.CaptureFixture[str]) -> None:
    network = zoo.load("zfnet-classroom")
    photo = FramedPhoto(samples.load("coffee"))
    traced = trace(network, prepare(photo.photo, network.preprocessing))
    settings = Settings("fc7", {1: OFF, 5: DOUBLE})
    best = int(traced.probabilities[0].argmax())
    found, changed = list(ranking(traced, "fc7", best))[-1], answer(traced, settings)
    lines = csv(network, found).splitlines()
    assert len(lines) == 1025 and lines[1].startswith(f"{found.order[0]},")
    printed = in_this_python(script(network, photo, settings, best), tmp_path, capsys)
    top = int(changed.after.argmax())
    assert f"{network.labels[top]}: {100 * changed.before[top]:.2f} % before, {100 * changed.after[top]:.2f}" in printed
    assert f"map {found.order[0]}: " in printed
