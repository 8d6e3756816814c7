"""The occlusion exhibit without a running app: questions, and the scenes and files that follow from them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from csv import DictReader
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
import torch

from tests.core.thin_networks import thin_zfnet
from ui.occlusion import files, scale
from ui.occlusion.fields import Fields
from ui.occlusion.found import MapPicture
from ui.occlusion.guesses import Guess, Guesses, is_drawing, sentence
from ui.occlusion.question import Question, resolve
from ui.occlusion.scene import scene
from ui.shell.current import Current
from zfnet_core.deconvnet.projection import Unit
from zfnet_core.exhibits.occlusion import Occluder, OcclusionSettings, Sweep, compute, occlude_once, whole_sweep
from zfnet_core.exhibits.occlusion.colours import OTHERS, PALETTE, colour_places, legend
from zfnet_core.exhibits.occlusion.figure import value_range
from zfnet_core.forward.trace import Trace, trace
from zfnet_core.models import zoo
from zfnet_core.models.network import Network
from zfnet_core.photos import samples
from zfnet_core.photos.decoding import Photo
from zfnet_core.photos.images import CENTRE, Crop, prepare

SPARSE = Fields(stride=40, height=64, width=64)
CLASSES = 30


@cache
def thin() -> Network:
    torch.set_num_threads(1)
    return thin_zfnet(classes=CLASSES)


@cache
def traced(network: Network, photo: Photo, crop: Crop) -> Trace:
    return trace(network, prepare(photo, network.preprocessing, crop))


def ask(fields: Fields = SPARSE, guesses: Guesses | None = None, network: Network | None = None) -> Sequence[Question]:
    photos = {name: samples.load(name) for name in ("chelsea", "coffee")}
    current = Current(network or thin(), "chelsea", photos["chelsea"], CENTRE)
    return resolve(fields, current, photos, traced, guesses or Guesses())


def only(fields: Fields = SPARSE, guesses: Guesses | None = None) -> Question:
    (question,) = ask(fields, guesses)
    return question


@cache
def swept(fields: Fields = SPARSE) -> Sweep:
    question = only(fields)
    return whole_sweep(question.network, question.image, question.settings)


def unpacked(data: bytes) -> tuple[dict, np.ndarray]:
    length = int.from_bytes(data[:4], "little")
    return json.loads(data[4 : 4 + length]), np.frombuffer(data[4 + length :], np.float32)


def everything(question: Question) -> bytes:
    """The scene of a question with all that is computed for it."""
    exact = occlude_once(question.network, question.image, question.occluder, question.settings.fill)
    projected = MapPicture(Unit(question.map, 1, 2), np.full((224, 224, 3), 128, np.uint8), b"RIFF")
    return scene(question, swept(), exact, projected)


def test_what_the_browser_gets_is_the_sweep() -> None:
    question, truth = only(), swept()
    header, numbers = unpacked(scene(question, truth))
    labels, grid = question.network.labels, header["grid"]
    count, kinds = len(truth.tops_px) * len(truth.lefts_px), len(grid["labels"])
    assert (grid["rows"], grid["columns"], grid["stride"], grid["height"]) == (5, 5, 40, 64) and header["done"]
    assert grid["tops"] == truth.tops_px.tolist() and grid["lefts"] == truth.lefts_px.tolist()
    shares, totals, places = np.split(numbers, [count * kinds, count * (kinds + 1)])
    followed = int(truth.clean_probabilities.argmax())
    assert grid["labels"][grid["chosen"]] == header["chosen"]["label"] == labels[followed]
    for place, label in enumerate(grid["labels"]):
        expected = truth.probability_of(labels.index(label)).ravel()
        assert np.array_equal(shares[place * count : (place + 1) * count], expected)
    assert np.array_equal(totals, truth.total_of(truth.strongest_map).ravel())
    # The bars of every grid point can be drawn: its five most probable classes are all among those sent.
    for row in truth.probabilities.reshape(count, -1):
        assert {labels[index] for index in np.argsort(-row)[:5]} <= set(grid["labels"])
    # The colour of every position is its most probable label's, by rank in the answer to the untouched photo.
    ranked = np.argsort(-truth.clean_probabilities, kind="stable")[: len(PALETTE)].tolist()
    for place, winner in zip(places.astype(int), truth.class_indices.ravel(), strict=True):
        assert header["palette"][place] == (PALETTE[ranked.index(winner)] if winner in ranked else OTHERS)


def test_the_exact_values_are_a_full_pass_at_the_occluder() -> None:
    question = only(replace(SPARSE, at=(13, 150)))
    exact = unpacked(everything(question))[0]["exact"]
    assert question.occluder == Occluder(13, 150, 64, 64)
    assert exact["box"] == {"top": 13, "left": 150, "height": 64, "width": 64}
    image = question.image.clone()
    image[..., 13:77, 150:214] = 0
    truth = question.network.probabilities(image)[0].numpy()
    assert abs(exact["share"] - truth[question.class_index]) < 1e-6
    best = np.argsort(-truth, kind="stable")[:5]
    assert [item["label"] for item in exact["classes"]] == [question.network.labels[place] for place in best]


def test_a_scene_follows_from_its_arguments_alone() -> None:
    fields = replace(SPARSE, at=(13, 150), class_index=4, map=2)
    first = everything(only(fields))
    everything(only(replace(fields, at=(0, 0), class_index=9)))
    assert everything(only(fields)) == first


@pytest.mark.parametrize(
    ("asked", "expected", "words"),
    [
        ({"height": 9999}, {"height_px": 48}, "does not fit the photo of 224 px; 48 × 64 px"),
        ({"stride": 2}, {"stride_px": 8}, "A step of 2 px does not suit a photo of 224 px; 8 px are used."),
        ({"at": (-5, 900)}, {}, "Row -5, column 900 is outside"),
        ({"class_index": 5000}, {}, "has no class 5000"),
        ({"map": 77}, {}, "conv5 has no map 77"),
        ({"beside": "nobody"}, {}, "stand beside"),
    ],
)
def test_what_cannot_be_had_becomes_the_usual_with_a_sentence(asked: dict, expected: dict, words: str) -> None:
    usual, question = only(), only(replace(SPARSE, **asked))
    assert [words in note for note in question.notes] == [True]
    assert question.settings == replace(usual.settings, **expected)
    assert (question.class_index, question.map) == (usual.class_index, usual.map)
    place = question.occluder
    assert 0 <= place.top_px <= 224 - place.height_px and 0 <= place.left_px <= 224 - place.width_px
    assert usual.notes == ()


def test_the_square_is_as_large_a_part_of_a_small_photo() -> None:
    """LeNet-5 sees 32 px: 48 of 224 are 7 of 32, in the middle; what was chosen for a large photo is scaled as well."""
    (usual,), (large,) = (ask(Fields(), network=thin()), ask(Fields(at=(0, 0)), network=thin()))
    assert usual.occluder == Occluder(88, 88, 48, 48) and usual.settings == OcclusionSettings()
    assert large.occluder == Occluder(0, 0, 48, 48)
    digits = zoo.load(zoo.DIGITS)
    (small,) = ask(Fields(), network=digits)
    assert small.occluder == Occluder(12, 12, 7, 7) and not small.notes
    assert small.settings.stride_px == 1 and len(small.settings.starts(32)[0]) == 26
    header, _ = unpacked(scene(small, None))
    assert (header["smallest"], header["grow"], header["drawing"]["across"]) == (1, 1, 32)
    (brought,) = ask(Fields(at=(3, 4), height=64, width=64, stride=16), network=digits)
    assert brought.occluder == Occluder(3, 4, 7, 7) and brought.settings.stride_px == 1 and len(brought.notes) == 2
    found = whole_sweep(small.network, small.image, small.settings)
    assert found.probability_of(small.class_index).std() > 0, "somewhere the photo is left to be seen"


@pytest.mark.parametrize(
    ("side", "usual", "smallest", "step", "steps"),
    [
        (224, 48, 8, 8, (4, 8, 16, 32)),
        (32, 7, 1, 1, (1, 2, 4)),
        (96, 21, 3, 4, (2, 4, 8, 16)),
        (448, 96, 16, 16, (8, 16, 32, 64)),
    ],
)
def test_sizes_follow_the_side_of_the_photo(
    side: int, usual: int, smallest: int, step: int, steps: tuple[int, ...]
) -> None:
    assert (scale.usual_side(side), scale.smallest_side(side)) == (usual, smallest)
    assert (scale.usual_step(side), scale.steps(side)) == (step, steps) and scale.suits(step, side)
    assert not scale.suits(side, side) and side // scale.cell_side(side) >= 28


def test_what_can_be_had_is_taken() -> None:
    question = only(Fields(at=(200, 3), height=24, width=16, stride=4, fill="#00aaff", class_index=3, map=5))
    assert question.occluder == Occluder(200, 3, 24, 16) and not question.notes
    assert (question.class_index, question.map, question.settings.fill) == (3, 5, "#00aaff")
    assert only().class_index == int(only().probabilities.argmax())
    maps = only().trace.activation("conv5")[0].numpy()
    assert only().map == int(maps.sum((1, 2)).argmax())


def test_two_photos_share_the_occluder_and_have_their_own_answers() -> None:
    first, second = ask(replace(SPARSE, beside="coffee", at=(20, 30)))
    assert first.occluder == second.occluder and first.sweep_key != second.sweep_key and first.slot != second.slot
    assert second.photo is samples.load("coffee") and not np.array_equal(first.probabilities, second.probabilities)
    images = [unpacked(scene(question, None))[0]["image"] for question in (first, second)]
    assert images[0] != images[1] and all(image.startswith("data:image/webp") for image in images)


def test_what_a_sweep_depends_on_tells_sweeps_apart() -> None:
    same = only(replace(SPARSE, at=(1, 2), class_index=3, map=4, predict=True))
    assert same.sweep_key == only().sweep_key
    others = [replace(SPARSE, **{name: value}) for name, value in (("stride", 32), ("fill", "blur"), ("width", 72))]
    keys = {only(fields).sweep_key for fields in (SPARSE, *others)}
    keys.add(ask(network=thin_zfnet(classes=CLASSES))[0].sweep_key)
    assert len(keys) == 5


def test_nothing_that_would_tell_is_sent_before_the_guess() -> None:
    header, numbers = unpacked(everything(only(replace(SPARSE, predict=True))))
    assert header["hidden"] and not header["done"] and len(numbers) == 0
    assert header["grid"] is header["exact"] is header["projection"] is None
    assert header["legend"] == [] and header["alts"] == {} and not header["drawing"]["important"]


def test_the_guess_is_kept_for_its_question_and_judged_by_the_sweep() -> None:
    guesses, fields = Guesses(), replace(SPARSE, predict=True)
    truth, asked = swept(), only(fields)
    cells = np.zeros((28, 28), bool)
    cells[8:16, 8:16] = True
    drawn = "".join("1" if cell else "0" for cell in cells.flat)
    guesses.change(asked.guess_key, cells=drawn, class_index=int(truth.class_indices[0, 0]))
    waiting = only(fields, guesses)
    assert waiting.hidden and unpacked(scene(waiting, truth))[0]["drawing"]["cells"] == drawn
    assert only(replace(fields, stride=32), guesses).guess == Guess(), "another grid is another question"
    guesses.change(asked.guess_key, revealed=True)
    told = only(fields, guesses)
    header, numbers = unpacked(scene(told, truth))
    assert header["drawing"]["guess"] == drawn and header["drawing"]["important"].count("1") == 64 and len(numbers)
    share = float((truth.class_indices == truth.class_indices[0, 0]).mean())
    words = sentence(told.guess, truth, told.class_index, told.network.labels, 224)
    assert f"is the most probable label at {100 * share:.0f} % of the positions" in words and "of your region" in words
    nowhere = next(index for index in range(CLASSES) if index not in truth.class_indices)
    wrong = sentence(Guess(class_index=nowhere, revealed=True), truth, 0, told.network.labels, 224)
    assert wrong == f"*{told.network.labels[nowhere]}* is nowhere the most probable label."
    # Without the learner's wish to guess, an old guess changes nothing.
    assert unpacked(scene(only(SPARSE, guesses), truth))[0]["drawing"]["guess"] == ""


def test_only_a_drawing_of_the_right_size_is_one() -> None:
    assert is_drawing("01" * (28 * 14), 224)
    assert not any(is_drawing(cells, 224) for cells in ("", "01", "2" * 784, None, 7, ["0"] * 784))


def test_a_growing_sweep_is_shown_as_far_as_it_is_known() -> None:
    question = only(replace(SPARSE, stride=16))
    parts = list(compute(question.network, question.image, question.settings))
    coarse = next(part for part in parts if part.done)
    headers = [unpacked(scene(question, part))[0] for part in (None, coarse, parts[-1])]
    assert [(header["growing"], header["done"], bool(header["grid"])) for header in headers] == [
        (True, False, False),
        (True, False, True),
        (False, True, True),
    ]


def test_a_label_has_one_colour_whatever_was_swept() -> None:
    """The colour follows from the clean answer: it is the same while the sweep grows, for all sizes and fills."""
    fields = [
        SPARSE,
        replace(SPARSE, height=104, width=104),
        replace(SPARSE, fill="black"),
        replace(SPARSE, fill="blur"),
    ]
    colours: dict[str, str] = {}
    for one in fields:
        question = only(one)
        for part in compute(question.network, question.image, question.settings):
            if part.done:
                named = {swatch.label: swatch.colour for swatch in legend(part, question.network.labels)}
                ranked = {label: colour for label, colour in named.items() if colour != OTHERS}
                assert len(set(ranked.values())) == len(ranked)
                assert all(colours.get(label, colour) == colour for label, colour in ranked.items())
                colours |= ranked
    assert len(colours) > 1


def test_the_legend_accounts_for_every_position() -> None:
    truth, labels = swept(), thin().labels
    few = replace(truth, clean_probabilities=-truth.clean_probabilities)  # now the winners are the last in rank
    for sweep in (truth, few):
        lines = legend(sweep, labels)
        assert abs(sum(line.share for line in lines) - 1) < 1e-9
        places = colour_places(sweep)
        for line in lines:
            assert abs(line.share - (np.array([*PALETTE, OTHERS])[places] == line.colour).mean()) < 1e-9
    rest = legend(few, labels)[-1]
    winners = len(np.unique(truth.class_indices))
    assert rest.colour == OTHERS and rest.share == 1
    assert rest.label == (f"{winners} others" if winners > 1 else labels[truth.class_indices[0, 0]])


def test_tiny_differences_do_not_look_like_large_ones() -> None:
    assert value_range(np.array([[0.98, 1.0]]), 0.99) == (0.9, 1.0)
    assert value_range(np.array([[0.2, 0.5]]), 0.7) == (0.2, 0.7)
    assert value_range(np.zeros((2, 2)), 0.0) == (0.0, 1.0)


def test_what_is_saved_follows_from_question_and_sweep() -> None:
    question, truth = only(replace(SPARSE, at=(10, 20), class_index=3, map=2)), swept()
    lines = list(DictReader(files.csv(question, truth).splitlines()))
    assert len(lines) == truth.known.size
    found = [float(line[f"probability of {question.network.labels[3]}"]) for line in lines]
    assert np.allclose(found, truth.probability_of(3).ravel(), rtol=1e-6)
    assert np.allclose([float(line["total of conv5 map 2"]) for line in lines], truth.total_of(2).ravel(), rtol=1e-6)
    page = files.figure(question, truth)
    assert np.array_equal(page.pixels(), files.figure(question, truth).pixels())
    for kind, start in (("png", b"\x89PNG"), ("pdf", b"%PDF"), ("svg", b"<?xml")):
        assert page.file(kind).startswith(start)
    elsewhere = files.figure(replace(question, occluder=Occluder(100, 100, 64, 64)), truth).pixels()
    left = page.pixels()[:, : elsewhere.shape[1] // 5], elsewhere[:, : elsewhere.shape[1] // 5]
    assert not np.array_equal(*left), "the occluder is drawn where it is"
    assert "samples.load('chelsea')" in files.script(question) and "class_index, feature_map = 3, 2" in files.script(
        question
    )
    own = replace(question, photo_name="yours")
    assert "put your own file here" in files.script(own)
    names = [name for _, name, _ in files.files(question, truth, None)]
    assert len(set(names)) == len(names) == 5
