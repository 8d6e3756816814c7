"""Invariance curves against a loop that moves one photo at a time with Pillow and runs one layer after the other."""

from __future__ import annotations

import threading
import time
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image

from tests.core.thin_networks import smooth_photos, thin_zfnet
from zfnet_core.exhibits.invariance import curves as invariance
from zfnet_core.exhibits.invariance import findings
from zfnet_core.exhibits.invariance.curves import (
    InvarianceCurves,
    InvarianceSettings,
    invariance_curves,
    nothing_yet,
)
from zfnet_core.exhibits.invariance.figure import panels
from zfnet_core.exhibits.invariance.three_changes import changes
from zfnet_core.exhibits.invariance.view import View
from zfnet_core.forward.activations import activations
from zfnet_core.forward.batching import in_lanes
from zfnet_core.models.zoo import entry, untrained
from zfnet_core.photos.transforms import TRANSFORMATIONS, transformed

torch.set_num_threads(1)
PAD = {"mean colour": "constant", "edge": "edge", "reflect": "symmetric"}
SOME = {
    "down": (-60.0, -1.0, 0.0, 7.5, 60.0),
    "right": (-33.0, 2.0),
    "scale": (1.0, 1.05, 1.8),
    "rotation": (10.0, 90.0, 215.0),
}


def moved_by_pillow(image: torch.Tensor, kind: str, amount: float, border: str) -> torch.Tensor:
    """One photo [3, 224, 224] through Pillow's own affine transform, colour by colour in float, on a padded canvas."""
    size, pad = image.shape[-1], 120
    centre = pad + size / 2
    channels = []
    for channel in image.numpy():
        picture = Image.fromarray(np.pad(channel, pad, mode=PAD[border]).astype(np.float32), mode="F")
        if kind == "rotation":
            turned = picture.rotate(amount, Image.Resampling.BILINEAR, center=(centre, centre))
        else:
            shrink = 1 / amount if kind == "scale" else 1
            right, down = -amount * (kind == "right"), -amount * (kind == "down")
            data = (shrink, 0, centre * (1 - shrink) + right, 0, shrink, centre * (1 - shrink) + down)
            turned = picture.transform(picture.size, Image.Transform.AFFINE, data, Image.Resampling.BILINEAR)
        channels.append(np.asarray(turned)[pad : pad + size, pad : pad + size])
    return torch.from_numpy(np.stack(channels))


def layer_by_layer(network, image: torch.Tensor) -> dict[str, torch.Tensor]:
    """Every layer's activation of one photo, by calling the tower's modules in turn."""
    value, found = image[None], {}
    with torch.no_grad():
        for name, module in network.module.named_children():
            value = module(value)
            found[name] = value[0].flatten().double()
    return found


@pytest.fixture(scope="module")
def network():
    return thin_zfnet(norm="after pool")


@pytest.mark.parametrize("border", PAD)
@pytest.mark.parametrize("kind", SOME)
def test_a_batch_is_moved_as_pillow_moves_one_photo(kind, border):
    photos = smooth_photos(1).expand(len(SOME[kind]), -1, -1, -1)
    ours = transformed(photos, kind, SOME[kind], border)
    for amount, picture in zip(SOME[kind], ours, strict=True):
        reference = moved_by_pillow(photos[0], kind, amount, border)
        assert (picture - reference).abs().max() < 1e-3, (kind, amount)


@pytest.mark.parametrize("kind", SOME)
def test_curves_equal_the_loop_over_photos(network, kind):
    photos = smooth_photos(2)
    settings = InvarianceSettings(kind, SOME[kind], "edge")
    *_, curves = invariance_curves(network, photos, settings)
    for index, photo in enumerate(photos):
        reference = layer_by_layer(network, photo)
        for step, amount in enumerate(settings.amounts):
            found = layer_by_layer(network, moved_by_pillow(photo, kind, amount, "edge"))
            for layer, name in (("conv1", "relu1"), ("conv3", "relu3"), ("fc7", "relu7"), ("fc8", "fc8")):
                f, g = reference[name], found[name]
                expected = {
                    "raw": (f - g).norm(),
                    "relative": (f - g).norm() / f.norm(),
                    "cosine": 1 - f @ g / (f.norm() * g.norm()),
                }
                for definition, value in expected.items():
                    ours = curves.distance(layer, definition)[index, step]
                    assert ours == pytest.approx(float(value), rel=4e-3, abs=2e-5), (layer, definition, amount)
            probabilities = found["fc8"].softmax(0).numpy()
            assert np.abs(curves.probabilities[index, step] - probabilities).max() < 1e-3
            assert curves.probability([3, 5])[index, step] == pytest.approx(probabilities[[3, 5][index]], abs=1e-3)
            assert curves.answers[index, step] == probabilities.argmax()


@pytest.mark.parametrize("kind", TRANSFORMATIONS)
def test_no_change_is_no_distance_and_changes_nothing_in_the_answer(network, kind):
    photos, transformation = smooth_photos(2), TRANSFORMATIONS[kind]
    amounts = (transformation.identity + 0.3, transformation.identity, transformation.identity + 0.5)
    *_, curves = invariance_curves(network, photos, InvarianceSettings(kind, amounts))
    assert curves.done == 1
    for layer in curves.layers:
        assert not curves.distance(layer, "raw")[:, 1].any() and not curves.distance(layer, "cosine")[:, 1].any()
        assert curves.distance(layer, "raw")[:, [0, 2]].all()
    assert np.array_equal(curves.probabilities[:, 1], curves.reference_probabilities)
    assert np.abs(curves.reference_probabilities - network.probabilities(photos).numpy()).max() < 1e-6


def test_every_pass_is_made_once_in_batches_across_photos(network, monkeypatch):
    """Three photos, five amounts with the untouched one among them: fifteen passes, not eighteen."""
    sizes = []

    def counted(network, images):
        sizes.append(len(images))
        return activations(network, images)

    monkeypatch.setattr(invariance, "activations", counted)
    settings = InvarianceSettings("down", (-20.0, -5.0, 0.0, 5.0, 20.0))
    for at_most, expected in ((4, [3, 4, 4, 4]), (100, [15])):
        monkeypatch.setattr(invariance, "photos_per_step", lambda network, at_most=at_most: at_most)
        sizes.clear()
        *_, curves = invariance_curves(network, smooth_photos(3), settings)
        assert sizes == expected and curves.done == 1
    sizes.clear()
    *_, curves = invariance_curves(network, smooth_photos(3), InvarianceSettings("down", (5.0, 20.0)))
    assert sizes == [9] and curves.done == 1


@pytest.mark.parametrize("lanes", [1, 2])
def test_a_failing_pass_ends_the_computation_and_leaves_nobody_waiting(network, monkeypatch, lanes):
    def broken(network, images):
        yield from list(activations(network, images))[:2]
        raise MemoryError("too large")

    monkeypatch.setattr(invariance, "activations", broken)
    with pytest.raises(MemoryError, match="too large"):
        next(invariance_curves(network, smooth_photos(2), InvarianceSettings.of_figure_5("down"), lanes=lanes))


def test_a_rotationally_symmetric_picture_gives_a_flat_rotation_curve():
    """Quarter-turns of a picture that is the mean of its own quarter-turns."""
    picture = smooth_photos(1)
    symmetric = sum(torch.rot90(picture, turns, (2, 3)) for turns in range(4)) / 4
    network = thin_zfnet()
    quarter_turns = InvarianceSettings("rotation", (0.0, 90.0, 180.0, 270.0), "edge")
    *_, flat = invariance_curves(network, symmetric, quarter_turns)
    *_, other = invariance_curves(network, picture, quarter_turns)
    for layer in ("conv1", "conv5", "fc7"):
        assert flat.distance(layer).max() < 1e-3
        assert other.distance(layer)[0, 1:].min() > 0.1
    assert np.ptp(flat.probabilities, axis=1).max() < 1e-4


def test_a_disc_is_flat_at_every_angle():
    """A smooth disc looks the same at all angles, up to the grid of pixels."""
    axis = torch.arange(224) - 111.5
    radius = (axis[:, None] ** 2 + axis[None] ** 2).sqrt()
    disc = torch.exp(-((radius / 45) ** 2)).expand(1, 3, -1, -1).contiguous()
    striped = torch.sin(axis / 6)[:, None].expand(1, 3, 224, 224).contiguous()
    settings = InvarianceSettings.of_figure_5("rotation")
    *_, flat = invariance_curves(thin_zfnet(), disc, settings)
    *_, other = invariance_curves(thin_zfnet(), striped, settings)
    assert flat.distance("fc7").max() < 0.02 * other.distance("fc7").max()
    assert flat.distance("conv1").max() < 0.02 * other.distance("conv1").max()


def test_partial_results_grow_into_the_final_one(network):
    results = list(invariance_curves(network, smooth_photos(3), InvarianceSettings.of_figure_5("scale")))
    final = results[-1]
    assert len(results) > 3 and final.done == 1
    assert [result.done for result in results] == sorted(result.done for result in results)
    for result in results:
        known = ~np.isnan(result.moved)
        assert np.array_equal(result.moved[known], final.moved[known])
        assert np.isnan(result.distance("conv1")).any() == (result.done < 1)
        assert not result.moved.flags.writeable


def test_photos_do_not_disturb_each_other(network):
    photos, settings = smooth_photos(2), InvarianceSettings("down", (-20.0, 0.0, 20.0))
    *_, together = invariance_curves(network, photos, settings)
    *_, alone = invariance_curves(network, photos[1:], settings)
    assert np.allclose(together.moved[1], alone.moved[0], rtol=1e-5, atol=1e-5)


def test_real_zfnet_and_a_branching_network_run_through_the_same_door():
    for name, layer in (("zfnet-classroom", "fc7"), ("resnet18", "block4_2")):
        *_, curves = invariance_curves(
            untrained(entry(name)), smooth_photos(1), InvarianceSettings("right", (0.0, 9.0))
        )
        distance = curves.distance(layer)
        assert distance[0, 0] < 1e-5 < distance[0, 1]


def made_up(
    kind: str, amounts: tuple[float, ...], low: list[float], high: list[float], p: list[float]
) -> InvarianceCurves:
    """Curves of one photo with given distances of two layers and given probabilities of class 0 of 2."""
    moved = np.array([low, high], np.float32).T[None]
    probabilities = np.stack([np.array(p), 1 - np.array(p)], axis=1)[None].astype(np.float32)
    untouched = TRANSFORMATIONS[kind].identity
    before = probabilities[:, amounts.index(untouched)] if untouched in amounts else np.array([[0.9, 0.1]], np.float32)
    return InvarianceCurves(
        InvarianceSettings(kind, amounts),
        "made up",
        ("conv1", "fc7"),
        moved,
        np.ones_like(moved),
        np.ones((1, 2), np.float32),
        probabilities,
        before,
        0.0,
    )


def test_the_sentence_is_computed_from_the_numbers():
    curves = made_up(
        "down",
        (-20.0, -10.0, 0.0, 10.0, 20.0),
        low=[10, 6, 0, 7, 10],
        high=[1.0, 0.2, 0, 0.3, 1.0],
        p=[0.2, 0.7, 0.9, 0.8, 0.3],
    )
    found = findings.finding(curves, "conv1", "fc7", [0])
    assert (found.share, found.low_strength) == (pytest.approx(0.65), 10)
    assert found.high_strength == pytest.approx(10 + 10 * (0.65 - 0.25) / 0.75)
    assert found.stable_strength == 10
    assert findings.headline(found) == (
        "After a shift of 10 px conv1 has changed by 65 % of the most it ever does; fc7 takes 15.3 px to get as far. "
        "One photo is no rule: add more. On average the answer keeps at least half of its probability up to 10 px."
    )
    assert curves.answer_changes == (2, 4)
    assert findings.stability_sentence(curves) == (
        "Photo by photo it is less calm: in 4 steps of 10 px the most probable word changes 2 times (50 %)."
    )


def several(low: list[list[float]], high: list[list[float]]) -> InvarianceCurves:
    """The curves of several photos over shifts by 0, 10 and 20 px, with given distances of two layers."""
    photos = [made_up("down", (0.0, 10.0, 20.0), a, b, [0.9] * 3) for a, b in zip(low, high, strict=True)]
    names = ("moved", "lengths", "reference_lengths", "probabilities", "reference_probabilities")
    joined = {name: np.concatenate([getattr(photo, name) for photo in photos]) for name in names}
    return replace(photos[0], **joined)


EARLY, LATE, LATER = [0, 9, 10], [0, 1, 10], [0, 0, 10]


@pytest.mark.parametrize(
    ("low", "high", "slower", "said"),
    [
        ([EARLY] * 3, [LATE, LATE, LATER], "high", "conv1 notices first. After a shift of 10 px"),
        ([LATE, LATER], [EARLY] * 2, "low", "fc7 notices first."),
        ([EARLY, EARLY, LATE], [LATE, LATE, EARLY], "neither", "The photos do not agree on which layer notices first."),
        ([EARLY] * 2, [EARLY] * 2, "neither", "do not agree"),
        ([EARLY, [0, 9.9, 10]], [[0, 8.9, 10], LATER], "neither", "do not agree"),
    ],
)
def test_a_layer_notices_first_only_beyond_the_photos_spread(low, high, slower, said):
    """Half of the way by straight lines: EARLY at 5.56 px, LATE at 14.4, LATER at 15; in the last case all photos
    agree, but 0.1 and 9.9 px later is a mean of 5.0 with a standard error of 4.9."""
    found = findings.finding(several(low, high), "conv1", "fc7", [0] * len(low))
    assert found.slower == slower and said in findings.headline(found)


def test_what_is_lost_at_the_first_amount_is_not_kept_to_the_last():
    """Without the untouched photo among the amounts there is no amount before the first."""
    curves = made_up("down", (20.0, 60.0), low=[5, 10], high=[1, 10], p=[0.1, 0.1])
    found = findings.finding(curves, "conv1", "fc7", [0])
    assert found.stable_strength == 0
    assert findings.headline(found).endswith("the answer loses more than half of its probability at the first step.")
    curves = made_up("down", (20.0, 60.0), low=[5, 10], high=[1, 10], p=[0.8, 0.1])
    assert findings.finding(curves, "conv1", "fc7", [0]).stable_strength == 20


def test_turning_by_350_degrees_is_turning_by_10():
    curves = made_up("rotation", (0.0, 10.0, 180.0, 350.0), [0, 1, 4, 3], [0, 1, 4, 3], [1, 1, 1, 1])
    levels, means = findings.by_strength(curves, curves.distance("conv1", "raw"))
    assert levels.tolist() == [0, 10, 180] and means.tolist() == [0, 2, 4]


def test_incomplete_or_dead_curves_make_no_claim():
    curves = made_up("down", (0.0, 10.0), [0, 0], [0, 0], [1, 1])
    assert findings.finding(curves, "conv1", "fc7", [0]) is None
    curves.moved[0, 1] = np.nan
    assert findings.finding(curves, "conv1", "fc7", [0]) is None


def test_lanes_change_nothing_but_the_time(network):
    settings = InvarianceSettings("rotation", tuple(float(angle) for angle in range(0, 360, 10)))
    *_, one = invariance_curves(network, smooth_photos(2), settings)
    *_, three = invariance_curves(network, smooth_photos(2), settings, lanes=3)
    assert np.array_equal(one.moved, three.moved) and np.array_equal(one.probabilities, three.probabilities)


def test_lanes_are_given_back_when_somebody_waits():
    """Ten pieces of work on up to three lanes; from the fifth item on, one lane only."""
    running, most, lock = [0], [], threading.Lock()

    def work(number: int) -> int:
        with lock:
            running[0] += 1
            most.append((number, running[0]))
        time.sleep(0.02)
        with lock:
            running[0] -= 1
        return number

    started: list[int] = []
    items = (started.append(number) or number for number in range(10))
    found = in_lanes(work, items, 3, lambda: 3 if len(started) < 5 else 1)
    assert list(found) == list(range(10))
    assert max(count for _, count in most) <= 3 and all(count == 1 for number, count in most if number > 5)


def test_enlargements_are_said_as_factors():
    curves = made_up("scale", (1.0, 1.2, 1.4), [0, 8, 10], [0, 1, 10], [0.9, 0.8, 0.2])
    said = findings.headline(findings.finding(curves, "conv1", "fc7", [0]))
    assert said.startswith(
        "After enlarging by ×1.20 conv1 has changed by 80 % of the most it ever does; fc7 takes ×1.36"
    )
    assert said.endswith("keeps at least half of its probability up to ×1.20.")
    assert findings.stability_sentence(curves).startswith("Photo by photo it is less calm: in 2 steps of 0.2 in scale")


def test_before_the_first_pass_there_are_axes_and_no_finding() -> None:
    network = thin_zfnet()
    curves = nothing_yet(network, 3, InvarianceSettings.of_figure_5("down"))
    assert curves.done == 0 and not (curves.answers >= 0).any() and (curves.reference_answers == -1).all()
    assert findings.finding(curves, "conv1", "fc7", [0, 0, 0]) is None
    view = View(("a", "b", "c"), (-1, -1, -1), (0, 1, 2), "conv1", "fc7", "relative", 0)
    for panel in panels(curves, view):
        assert np.isfinite(panel.top) and panel.top > 0 and len(panel.ticks) > 1


@pytest.mark.parametrize(("side", "largest", "step"), [(224, 60, 5), (32, 9, 1), (96, 26, 2), (448, 120, 10)])
def test_shifts_are_as_large_a_part_of_every_photo(side: int, largest: int, step: int) -> None:
    for kind in ("down", "right"):
        amounts = TRANSFORMATIONS[kind].on(side)
        assert amounts == tuple(float(value) for value in range(-largest, largest + 1, step)) and 0 in amounts
        fine = TRANSFORMATIONS[kind].on(side, fine=True)
        assert len(fine) == 21 and 0 in fine and max(fine) == -min(fine) == max(1, round(10 * side / 224))
    assert TRANSFORMATIONS["rotation"].on(side) == TRANSFORMATIONS["rotation"].amounts
    shift, larger, turn = changes(side)
    assert (shift.amount, larger.amount, turn.amount) == (max(1, round(30 * side / 224)), 1.4, 40)
