"""Predict first: every exhibit's question against a direct recomputation of its answer, and how a guess is judged."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from functools import cache
from pathlib import PurePosixPath
from random import Random
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from tests.ui.thin_traces import thin, traced
from ui.architectures import guess as architectures
from ui.contributions import guess as contributions
from ui.contributions.fields import Fields as ContributionsFields
from ui.contributions.question import resolve as contributions_question
from ui.correspondence import guess as correspondence
from ui.correspondence.fields import ROWS
from ui.correspondence.fields import Fields as CorrespondenceFields
from ui.correspondence.question import resolve as correspondence_question
from ui.evolution import guess as evolution
from ui.evolution.runs import bundled as film_of
from ui.features import guess as features
from ui.invariance import guess as invariance
from ui.look_inside import guess as look_inside
from ui.look_inside.fields import Fields as LookInsideFields
from ui.look_inside.question import resolve as look_inside_question
from ui.maps import guess as maps
from ui.maps.fields import Fields as MapsFields
from ui.maps.question import resolve as maps_question
from ui.shell.asked import Asked, band, key_of, largest, letters
from ui.shell.chosen import ChosenUnit, Drawing
from ui.shell.current import Current
from ui.shell.nine_patches import nine_patches
from ui.shell.prediction import outcome
from ui.switched_off import guess as switched_off
from ui.switched_off.fields import Fields as SwitchedOffFields
from ui.switched_off.question import resolve as switched_off_question
from ui.transfer import guess as transfer
from ui.trust import guess as trust
from ui.trust.fields import Fields as TrustFields
from ui.trust.question import resolve as trust_question
from zfnet_core.exhibits.architectures import blueprint
from zfnet_core.exhibits.contributions import explain
from zfnet_core.exhibits.correspondence.measure import correspondence as measured
from zfnet_core.exhibits.features import Source
from zfnet_core.exhibits.invariance.three_changes import CHANGES, falls
from zfnet_core.exhibits.switched_off import OFF, Settings, answer, ranking
from zfnet_core.exhibits.transfer import LayerTable
from zfnet_core.exhibits.trust import judged
from zfnet_core.forward.map_summary import summarise
from zfnet_core.forward.trace import trace
from zfnet_core.models import zoo
from zfnet_core.models.network import Network
from zfnet_core.photos import samples
from zfnet_core.photos.images import CENTRE, prepare
from zfnet_core.photos.transforms import transformed
from zfnet_core.top_activations.gallery import Gallery, bundled

PHOTO = samples.load("chelsea")


@cache
def shipped() -> tuple[Network, Gallery]:
    network = zoo.load("zfnet-classroom")
    gallery = bundled(network)
    assert gallery is not None
    return network, gallery


def here(network: Network) -> Current:
    return Current(network, "chelsea", PHOTO, CENTRE)


def pretended(layer: str, many: int) -> Any:
    """A gallery with patches of one layer: those of map n are all of brightness n."""
    patches = lambda layer, map: np.full((9, 8, 8, 3), map, np.uint8)  # noqa: E731
    found = SimpleNamespace(layers={layer: SimpleNamespace(values=np.ones((many, 9)))})
    return SimpleNamespace(has_patches=True, found=found, patches=patches)


def shown_maps(asked: Asked) -> list[int]:
    """Which maps of a pretended gallery stand above the choices."""
    return [int(picture[0, 0, 0]) for picture in asked.pictures]


def only(asked: Asked) -> int:
    assert asked.right is not None and len(asked.right) == 1
    return min(asked.right)


def test_a_guess_is_judged_and_a_tie_is_called_one() -> None:
    options = ("a", "b", "c")
    assert outcome(options, {1}, 1) == (True, "Right: b.")
    assert outcome(options, {1}, 0) == (False, "You guessed “a”; it is “b”.")
    assert outcome(options, {1}, None) == (None, "The answer: b.")
    assert outcome(options, {0, 2}, 2)[0] is True and outcome(options, {0, 2}, 1)[0] is False
    assert "a and c: a tie" in outcome(options, {0, 2}, None)[1]


def test_rules_and_keys() -> None:
    assert largest([1, 3, 3]) == {1, 2} and largest([-2.0, -1.0]) == {1}
    assert [min(band(value, (0.2, 0.5))) for value in (-1, 0.2, 0.4, 0.5)] == [0, 1, 1, 2]
    assert key_of("x", 1, "a") == key_of("x", 1, "a") != key_of("x", 1, "b")
    assert letters(3) == ("A", "B", "C")


def test_nine_patches_lie_in_rows_of_three() -> None:
    assert nine_patches(None, "conv1", 0) is None
    assert nine_patches(pretended("conv2", 4), "conv1", 0) is None
    picture = nine_patches(pretended("conv1", 4), "conv1", 3, of=8)
    assert picture is not None and picture.shape == (200, 200, 3)
    assert picture[0, 0, 0] == 3 and picture[-1, -1, 0] == 128 and picture[-1, 70, 0] == 3


def look_inside_of(layer: str):
    network = thin()
    question = look_inside_question(LookInsideFields(), ChosenUnit(layer=layer), Drawing(), here(network), traced)
    return question, summarise(question.trace.activation(layer)[0])


def test_look_inside_the_map_that_fires_most() -> None:
    question, summary = look_inside_of("conv3")
    asked = look_inside.asked(question, summary, pretended("conv3", 10))
    assert asked is not None and len(set(shown_maps(asked))) == 4
    activation = question.trace.activation("conv3")[0]
    values = [float(activation[number].max()) for number in shown_maps(asked)]
    assert values[only(asked)] == max(values)
    assert asked.figures[only(asked)].endswith(f"{max(values):.2f}")
    assert look_inside.asked(look_inside_of("fc8")[0], summary, None) is None


def test_look_inside_how_many_maps_answer() -> None:
    question, summary = look_inside_of("fc7")
    asked = look_inside.asked(question, summary, None)
    share = float((question.trace.activation("fc7")[0] > 0).float().mean())
    assert asked is not None and only(asked) == min(3, int(share * 4)) and not asked.pictures


def test_four_maps_are_one_of_each_quarter() -> None:
    maxima = np.arange(40.0)[::-1]
    found = look_inside.offered(maxima, Random(1))
    assert sorted(number // 10 for number in found) == [0, 1, 2, 3]
    assert look_inside.offered(maxima[:2], Random(1)) in ((0, 1), (1, 0))


@pytest.mark.parametrize("layer", ["conv1", "conv4", "fc7"])
def test_contributions_the_largest_term(layer: str) -> None:
    question = contributions_question(ContributionsFields(), ChosenUnit(layer=layer), here(thin()), traced)
    number = explain(question.trace, question.place).number
    asked = contributions.asked(question, number)
    assert asked is not None and number is not None
    terms = contributions.offered(number, Random(asked.key))
    (part,) = number.parts
    values = [float((part.windows[term.index].astype(float) * part.kernels[term.index]).sum()) for term in terms]
    assert values[only(asked)] == pytest.approx(max(values)) == pytest.approx(part.terms.max())
    assert len(asked.pictures) == (len(terms) if layer == "conv4" else 0)
    assert len(asked.choices) == (3 if layer == "conv1" else 4) == len(asked.figures)
    if layer == "fc7":
        assert all(", which is " in choice for choice in asked.choices)
    assert contributions.asked(replace(question, trail=(question.place, question.place)), number) is None


def test_trust_how_much_is_left() -> None:
    question = trust_question(TrustFields(), ChosenUnit(layer="conv3"), Drawing(), here(thin()), traced)
    assert trust.asked(question, None).right is None
    (known,) = [one for one in judged(question.trace, question.settings) if len(one.survivors) == 1][:1]
    top, left, bottom, right = known.box
    one, other = (
        picture[:, top:bottom, left:right].ravel().astype(float)
        for picture in (known.pixels, known.survivors[0].pixels)
    )
    cosine = float(one @ other / np.sqrt((one @ one) * (other @ other)))
    asked = trust.asked(question, known)
    assert only(asked) == int(np.digitize(cosine, [0.2, 0.5, 0.8]))
    assert asked.key == trust.asked(question, None).key


def test_switched_off_the_map_that_is_missed_most() -> None:
    question = switched_off_question(SwitchedOffFields(layer="conv3"), here(thin()), traced)
    gallery = pretended("conv3", 10)
    assert switched_off.asked(question, None, False, gallery).right is None
    found = list(ranking(question.trace, "conv3", question.class_index))[-1]
    asked = switched_off.asked(question, found, True, gallery)
    left = [
        answer(question.trace, Settings("conv3", {number: OFF})).after[question.class_index]
        for number in shown_maps(asked)
    ]
    assert left[only(asked)] == pytest.approx(min(left), abs=1e-6)


def test_switched_off_on_how_many_the_answer_hangs() -> None:
    question = switched_off_question(SwitchedOffFields(layer="conv4"), here(thin()), traced)
    found = list(ranking(question.trace, "conv4", question.class_index))[-1]
    assert switched_off.asked(question, found, False, None).right is None
    asked = switched_off.asked(question, found, True, None)
    others = sum(
        int(answer(question.trace, Settings("conv4", {number: OFF})).after.argmax()) != question.class_index
        for number in range(10)
    )
    assert only(asked) == int(np.digitize(others, [1, 4, 11])) and asked.figures == (f"{others} of 10",)


@torch.inference_mode()
def test_invariance_what_costs_the_answer_most() -> None:
    network = thin()
    images = torch.cat([prepare(samples.load(name), network.preprocessing) for name in ("chelsea", "coffee")])
    found = falls(network, images, "edge")
    before = traced_probabilities(network, images)
    own = before.argmax(1)
    for change, fall in zip(CHANGES, found, strict=True):
        after = traced_probabilities(network, transformed(images, change.kind, [change.amount] * 2, "edge"))
        assert fall == pytest.approx(float((before - after)[[0, 1], own].mean()), abs=1e-5)
    assert invariance.asked("k", None).right is None
    assert invariance.asked("k", (0.1, 0.3, 0.2)).right == {1}
    assert invariance.asked("k", (0.1001, 0.05, 0.0999)).right == {0, 2}


def traced_probabilities(network: Network, images: torch.Tensor) -> torch.Tensor:
    return trace(network, images).probabilities


def test_features_the_ninth_patch() -> None:
    network, gallery = shipped()
    source = Source(network, gallery.found, None, gallery, "shipped")
    asked = features.asked(source, "conv5")
    assert asked is not None and asked.shown is not None
    numbers = [int(figure.rsplit(" ", 1)[1]) for figure in asked.figures]
    assert len(set(numbers)) == 4
    right = gallery.patches("conv5", numbers[only(asked)])
    assert right is not None and np.array_equal(asked.pictures[only(asked)][::2, ::2], right[8])
    assert np.array_equal(asked.shown[:64, :64], right[0])
    assert features.asked(replace(source, gallery=None), "conv5") is None


def test_maps_what_the_nine_show() -> None:
    network, gallery = shipped()
    seen = set()
    for number in range(12):
        question = maps_question(
            MapsFields(map=number),
            ChosenUnit(layer="conv5", unit=(0, 0, 0)),
            here(network),
            lambda *_: SimpleNamespace(network=network),
            lambda _: gallery,
        )
        asked = maps.asked(question)
        assert asked is not None and len(set(asked.choices)) == 4
        kept = gallery.found.layers["conv5"]
        folders = [PurePosixPath(gallery.found.ids[int(photo)]).parent.name for photo in kept.photos[number]]
        word, count = Counter(folders).most_common(1)[0]
        named = count >= 4
        seen.add(named)
        assert asked.choices[only(asked)] == (word.replace("_", " ") if named else "nothing in common")
        assert not set(folders) & set(asked.choices) - {word}
    assert seen == {True, False}


@pytest.mark.parametrize("name", ["zfnet-classroom", "alexnet-classroom"])
def test_evolution_when_the_last_layer_came_to_rest(name: str) -> None:
    film = film_of(name)
    asked = evolution.asked(film)
    assert asked is not None
    part, epochs = film.layers[-1], film.epochs
    active = part.values > 0
    change = [
        np.mean([part.difference[row, at] for row in range(len(part.maps)) if active[row, at] or active[row, at - 1]])
        / (epochs[at] - epochs[at - 1])
        for at in range(1, len(epochs))
    ]
    rest = [epoch for at, epoch in enumerate(epochs[1:]) if all(one < 0.1 for one in change[at:])]
    first, last = (int(word) for word in asked.choices[only(asked)].split()[1::2])
    assert first <= rest[0] <= last
    assert evolution.asked(replace(film, epochs=film.epochs[:4])) is None
    assert [one for group in evolution.spans(epochs[1:]) for one in group] == list(epochs[1:])


def test_correspondence_what_changes_all_alike() -> None:
    question = correspondence_question(CorrespondenceFields(repeats=5), here(thin()), {})
    assert correspondence.asked(question, None, False).right is None  # type: ignore[union-attr]
    *_, result = measured(question.network, question.images, question.settings)
    asked = correspondence.asked(question, result, True)
    assert asked is not None
    means = {part: np.nanmean(values[:, :, 0]) for part, values in result.signs_differ.items()}
    assert ROWS[only(asked)] == min(means, key=means.__getitem__)
    assert correspondence.asked(replace(question, unplaced=1), result, True) is None


def test_transfer_the_layer_that_tells_best() -> None:
    layers = ("conv1", "conv5", "fc7")
    accuracy = np.array([[[50.0, 60], [0, 0]], [[70, 80], [0, 0]], [[75, 75], [0, 0]]])
    table = LayerTable(layers, ("svm", "softmax"), 4, accuracy)
    question: Any = SimpleNamespace(
        table_layers=layers,
        training=SimpleNamespace(kind="svm"),
        network=SimpleNamespace(fingerprint="f"),
        collection=SimpleNamespace(key=("a",)),
    )
    assert transfer.asked(question, table, False).right is None
    assert transfer.asked(question, table, True).right == {1, 2}  # both 75 %
    question.training.kind = "softmax"
    assert transfer.asked(question, table, True).right == {0, 1, 2}


def test_architectures_the_most_numbers() -> None:
    asked = architectures.asked()
    counted = {one.plan.title: one.parameters for one in map(blueprint, architectures.NETWORKS)}
    assert asked.choices[only(asked)] == max(counted, key=counted.__getitem__) == "VGG-16"
    assert 138_000_000 < max(counted.values()) < 139_000_000
