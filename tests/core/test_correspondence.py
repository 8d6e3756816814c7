"""The correspondence analysis against a literal sum in float64, one photo and one pair at a time."""

from __future__ import annotations

import copy
import itertools
from dataclasses import replace

import numpy as np
import pytest
import torch

from tests.core.thin_networks import smooth_photos, thin_zfnet
from zfnet_core.errors import ExplorerError, UnknownName
from zfnet_core.exhibits.correspondence.measure import (
    PARTS,
    RANDOM,
    Correspondence,
    CorrespondenceSettings,
    beats_chance,
    correspondence,
    feature_choices,
    random_squares,
    sign_of_change,
    square,
    verdict,
)
from zfnet_core.photos import marked_faces
from zfnet_core.photos.images import Crop, prepare, shown
from zfnet_core.photos.preprocessing import Preprocessing

torch.set_num_threads(1)
POINTS = tuple(((70.0 + i, 80.0), (150.0, 85.0 + 2 * i), (110.0, 130.0 - i)) for i in range(5))
LAYERS = ("conv1", "conv5", "conv5 pooled", "fc7")
MODULES = {"conv1": "relu1", "conv5": "relu5", "conv5 pooled": "pool5", "fc7": "relu7"}


def literal(network, images: torch.Tensor, boxes: np.ndarray, fill: float, layer: str) -> tuple[list, list]:
    """H(sign ε_i, sign ε_j) / dim for every pair i < j, by the paper's words, in float64; and for every pair the share
    of features whose change is so small in one of the two photos that float32 may see its sign otherwise."""
    module = copy.deepcopy(network.module).double().to(memory_format=torch.contiguous_format)

    def features(image: torch.Tensor) -> torch.Tensor:
        value = image[None].double()
        for name, part in module.named_children():
            value = part(value)
            if name == MODULES[layer]:
                return value.flatten()

    signs, unsure = [], []
    with torch.no_grad():
        for image, (top, left, bottom, right) in zip(images, boxes, strict=True):
            hidden = image.clone()
            for row in range(top, bottom):
                hidden[:, row, left:right] = fill
            before, after = features(image), features(hidden)
            change, floor = before - after, 2e-5 * float(before.max())
            signs.append([int(np.sign(value)) for value in change.tolist()])
            unsure.append([0 < abs(value) < floor for value in change.tolist()])
    found, slack = [], []
    for i in range(len(signs)):
        for j in range(i + 1, len(signs)):
            differing = 0
            for a, b in zip(signs[i], signs[j], strict=True):
                differing += a != b
            found.append(differing / len(signs[i]))
            slack.append(sum(a or b for a, b in zip(unsure[i], unsure[j], strict=True)) / len(signs[i]))
    return found, slack


@pytest.fixture(scope="module")
def network():
    return thin_zfnet()


@pytest.fixture(scope="module")
def measured(network):
    settings = CorrespondenceSettings(POINTS, LAYERS, side_px=40, repeats=3, fill=0.25)
    return smooth_photos(5), list(correspondence(network, smooth_photos(5), settings))


@pytest.mark.parametrize("layer", LAYERS)
def test_the_measure_is_the_papers_sum(network, measured, layer):
    photos, results = measured
    final, index = results[-1], LAYERS.index(layer)
    for part, repeat in (("right eye", 0), ("nose", 0), (RANDOM, 2)):
        boxes = final.boxes[part][repeat]
        expected, slack = literal(network, photos, boxes, 0.25, layer)
        ours = final.signs_differ[part][repeat, :, index]
        assert (np.abs(ours - expected) <= np.array(slack) + 1e-9).all()
        assert np.mean(slack) < 0.01
    expected, _ = literal(network, photos, final.boxes["nose"][0], 0.25, layer)
    assert final.mean("nose", layer) == pytest.approx(np.mean(expected), abs=2e-3)
    assert final.spread("nose", layer) == pytest.approx(np.std(expected, ddof=1), abs=2e-3)


def test_equal_photos_with_equal_squares_change_equally(network):
    photos = smooth_photos(1).expand(3, -1, -1, -1)
    settings = CorrespondenceSettings((POINTS[0],) * 3, LAYERS, repeats=2)
    *_, final = correspondence(network, photos, settings)
    for layer in LAYERS:
        assert final.mean("nose", layer) == 0
        assert final.mean(RANDOM, layer) > 0


def test_what_the_square_cannot_reach_has_no_sign():
    """conv1 sees 7 pixels: a 20-pixel square touches at most 13 × 13 of its 110 × 110 positions."""
    photos, network = smooth_photos(2), thin_zfnet()
    settings = CorrespondenceSettings((((60.0, 60.0),),) * 2, ("conv1",), parts=("spot",), side_px=20, repeats=1)
    *_, final = correspondence(network, photos, settings)
    assert 0 < final.mean("spot", "conv1") < 13 * 13 / 110**2


def test_signs_are_three_valued_and_rounding_is_no_change():
    before = torch.tensor([[2.0, 1.0, 0.0, 1.0]])
    after = torch.tensor([[1.0, 1.5, 0.0, 1.0 + 1e-6]])
    assert sign_of_change(before, after).tolist() == [[1, -1, 0, 0]]


def test_partial_results_grow_into_the_final_one(measured):
    _, results = measured
    assert len(results) == len(PARTS) + 3
    for result in results:
        for part, values in result.signs_differ.items():
            known = ~np.isnan(values)
            assert np.array_equal(values[known], results[-1].signs_differ[part][known])
    assert [round(result.done * 6) for result in results] == [1, 2, 3, 4, 5, 6]
    assert np.isnan(results[0].mean("nose", "fc7")) and not np.isnan(results[0].mean("right eye", "fc7"))


def test_pairs_and_matrix_tell_the_same_story(measured):
    final = measured[1][-1]
    table = final.matrix("left eye", "fc7")
    assert np.array_equal(table, table.T) and (np.diag(table) == 0).all()
    i, j = final.closest_pair("left eye", "fc7")
    assert table[i, j] == min(table[pair] for pair in final.pairs)
    assert final.mean("left eye", "fc7") == pytest.approx(np.mean([table[pair] for pair in final.pairs]))
    assert len(final.random_means("fc7")) == 3
    assert final.random_means("fc7").mean() == pytest.approx(final.mean(RANDOM, "fc7"))


def planted(nose: float, chance: list[float], layers: tuple[str, ...] = ("fc7",)) -> Correspondence:
    """Three photos whose pairs all have these Δ at every layer: one part, and random placements."""
    settings = CorrespondenceSettings(POINTS[:3], layers, parts=("nose",), repeats=len(chance))
    values = {"nose": np.full((1, 3, len(layers)), nose)}
    values[RANDOM] = np.array(chance)[:, None, None] * np.ones((1, 3, len(layers)))
    return Correspondence(settings, "planted", ((0, 1), (0, 2), (1, 2)), values, {})


def test_a_part_agrees_more_than_chance_only_if_hardly_any_placement_does():
    """One of 20 placements in all may be as good, the part's own counted: 19 others must all be worse."""
    chance = [0.3 + number / 100 for number in range(19)]
    assert beats_chance(planted(0.29, chance), "nose", "fc7") is True
    assert beats_chance(planted(0.30, chance), "nose", "fc7") is False
    assert beats_chance(planted(0.01, chance[:18]), "nose", "fc7") is None
    assert verdict(planted(0.29, chance)) == "fc7: yes, every part agrees more than chance."
    assert verdict(planted(0.4, chance, ("conv5", "fc7"))) == (
        "conv5: no, no part agrees more than chance; fc7: no, no part agrees more than chance."
    )
    assert "too few random placements to tell (19 or more are needed)" in verdict(planted(0.01, [0.3] * 5))


def test_the_verdict_names_the_parts_where_some_agree(measured):
    final = measured[1][-1]
    assert verdict(measured[1][0]) == "", "not before all is measured"
    with_chance = {**final.signs_differ, RANDOM: np.tile(final.signs_differ["nose"], (20, 1, 1)) + 1e-6}
    found = replace(final, signs_differ=with_chance)
    beating = [part for part in PARTS if final.mean(part, "fc7") <= final.mean("nose", "fc7")]
    assert "nose" in beating and len(beating) < 3
    assert f"fc7: only {' and '.join(beating)} agree{'s' * (len(beating) == 1)} more than chance" in verdict(found)


def test_multiples_of_chance_have_random_places_at_one():
    found = planted(0.1, [0.2, 0.3])
    assert found.relative("nose", "fc7") == (pytest.approx(0.4), pytest.approx(0))
    mean, spread = found.relative(RANDOM, "fc7")
    assert mean == pytest.approx(1) and spread == pytest.approx(np.std([0.2] * 3 + [0.3] * 3, ddof=1) / 0.25)


def test_squares_stay_in_the_photo():
    assert square((100, 50), 20, 224) == (40, 90, 60, 110)
    assert square((0, 224), 20, 224) == (214, 0, 224, 10)
    for centre in ((-500, -500), (900, 900), (112, 9999)):
        top, left, bottom, right = square(centre, 30, 224)
        assert 0 <= top < bottom <= 224 and 0 <= left < right <= 224
    settings = CorrespondenceSettings(POINTS, side_px=64, repeats=50)
    boxes = random_squares(settings, 5, 224)
    assert boxes.shape == (50, 5, 4) and boxes.min() >= 0 and boxes.max() <= 224
    assert (boxes[..., 2] - boxes[..., 0] == 64).all() and (boxes[..., 3] - boxes[..., 1] == 64).all()
    assert np.array_equal(boxes, random_squares(settings, 5, 224))
    assert np.ptp(boxes[..., 0]) > 100


def test_layers_that_are_pooled_can_be_taken_pooled(network):
    assert feature_choices(network) == (
        "conv1", "conv1 pooled", "conv2", "conv2 pooled", "conv3", "conv4", "conv5", "conv5 pooled", "fc6", "fc7", "fc8"
    )  # fmt: skip
    assert "conv1 pooled" in feature_choices(thin_zfnet(norm="before pool"))


def test_one_photo_or_missing_points_are_refused(network):
    with pytest.raises(ExplorerError, match="two or more"):
        next(correspondence(network, smooth_photos(1), CorrespondenceSettings(POINTS[:1])))
    with pytest.raises(ExplorerError, match="given: 3, sets of marked points: 5"):
        next(correspondence(network, smooth_photos(3), CorrespondenceSettings(POINTS)))


@pytest.mark.parametrize("name", marked_faces.names())
def test_the_marked_faces_have_their_parts_where_the_marks_are(name):
    """Eyes are darker than the cheek below them; all marks lie well inside what the network sees."""
    faces = marked_faces.load(name)
    assert len(faces) == 5 and len({face.photo.sha for face in faces}) == 5
    preprocessing = Preprocessing()
    for face in faces:
        right, left, nose = marked_faces.input_points(face, preprocessing)
        assert all(10 < value < 214 for point in (right, left, nose) for value in point)
        assert right[0] < left[0] and right[1] < nose[1] and left[1] < nose[1]
        pixels = shown(face.photo, preprocessing).astype(float).mean(axis=2)
        for x, y in (right, left):
            spot, cheek = around(pixels, x, y), around(pixels, x, y + 30)
            assert spot.mean() < cheek.mean() - 10, "an eye is darker than the cheek below it"
        squares = [square(point, CorrespondenceSettings(()).side_px, 224) for point in (right, left, nose)]
        for one, other in itertools.combinations(squares, 2):
            rows, columns = (min(one[i + 2], other[i + 2]) - max(one[i], other[i]) for i in (0, 1))
            assert max(0, rows) * max(0, columns) < 0.02 * 48**2, "each square hides its own part"


def around(pixels: np.ndarray, x: float, y: float) -> np.ndarray:
    return pixels[int(y) - 7 : int(y) + 8, int(x) - 7 : int(x) + 8]


def test_marks_follow_the_crop():
    face = marked_faces.load("cat")[0]
    preprocessing = Preprocessing()
    (x, y), *_ = marked_faces.input_points(face, preprocessing)
    (moved_x, moved_y), *_ = marked_faces.input_points(face, preprocessing, Crop(0.0, 1.0))
    assert (moved_x - x, moved_y - y) == (pytest.approx(16), pytest.approx(-16))
    assert prepare(face.photo, preprocessing).shape == (1, 3, 224, 224)
    with pytest.raises(UnknownName, match="dogs, people, cat, astronaut"):
        marked_faces.load("kittens")
