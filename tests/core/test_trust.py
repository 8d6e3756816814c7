"""The trust panel: it turns red for every defect that is injected, and its figures are what they say."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import captum.attr
import numpy as np
import pytest
import scipy.stats
import torch
from torch.nn import functional as F

from tests.core.literal_deconvnet import biased
from tests.core.saved_scripts import in_this_python
from tests.core.thin_networks import smooth_photos, thin_zfnet
from zfnet_core.deconvnet import rules
from zfnet_core.deconvnet.projection import Unit, project
from zfnet_core.deconvnet.rules import BACKWARD, RULES, BackwardRule
from zfnet_core.deconvnet.switches import collisions, with_middle_switches, with_switches_of
from zfnet_core.deconvnet.windows import below
from zfnet_core.errors import UnknownName
from zfnet_core.exhibits.trust import (
    Settings,
    Trust,
    checks,
    compute,
    csv,
    evidence,
    evidence_csv,
    experiment,
    judged,
    names_of,
    script,
    similarity,
)
from zfnet_core.exhibits.trust.evidence import POINTS, deletion_and_insertion, gradcam, gradient, occlusion
from zfnet_core.exhibits.trust.randomised import cascade, randomised, retraced
from zfnet_core.exhibits.trust.trust import OTHERS
from zfnet_core.forward.trace import Trace, trace
from zfnet_core.models import steps, zoo
from zfnet_core.models.network import Network
from zfnet_core.photos import samples
from zfnet_core.photos.images import CENTRE, prepare

RULE_NAMES = ("deconvnet", "gradient", "guided", "desalinet")


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


@cache
def thin() -> Network:
    network = thin_zfnet(norm="after pool")
    with torch.no_grad():
        dice = torch.Generator().manual_seed(1)
        for name, value in network.module.named_parameters():
            if name.endswith("bias"):
                value.copy_(0.1 * torch.randn(value.shape, generator=dice))
    return network


@cache
def traced() -> Trace:
    return trace(thin(), smooth_photos(2)).of_image(0)


def last(run: Trace, settings: Settings) -> Trust:
    *_, found = judged(run, settings)
    return found


def red(found: Trust) -> set[str]:
    return {check.name for check in found.checks if not check.passed}


@pytest.mark.parametrize("rule", RULE_NAMES)
@pytest.mark.parametrize("layer", ["conv1", "conv5", "fc8"])
def test_a_sound_projection_passes_every_check(layer: str, rule: Any) -> None:
    found = last(traced(), Settings(layer, rule=rule))
    assert red(found) == set() and found.sound is True and found.done == 1
    assert len(found.checks) == 5 and max(check.deviation for check in found.checks) < 1e-4


def with_biases(step: Any, signal: Any, window: Any, descent: Any) -> Any:
    ((filtered, reached),) = rules.unfilter(step, signal, window, descent)
    dice = torch.Generator().manual_seed(0)
    return [(filtered + 0.01 * torch.randn(filtered.shape[-1], generator=dice), reached)]


def without_relu(step: Any, signal: Any, window: Any, descent: Any) -> Any:
    return [(signal, window)]


def overwriting(step: Any, signal: Any, window: Any, descent: Any) -> Any:
    """As `unpool`, but of values that meet at one place only one is kept."""
    ((zeros, _),) = rules.unpool(step, torch.zeros_like(signal), window, descent)
    kept, (batch, size, _, maps) = zeros.clone(), signal.shape
    switches = rules.read(descent.trace.relative_switches[step.name], descent.anchors, window).expand(signal.shape)
    for row in range(size):
        for column in range(size):
            at = switches[:, row, column].long()
            down, right = row * step.stride + at // step.kernel, column * step.stride + at % step.kernel
            for one in range(batch):
                kept[one, down[one], right[one], torch.arange(maps)] = signal[one, row, column]
    return [(kept, below(window, *step.window))]


DEFECTS: dict[str, tuple[type, Callable[..., Any], set[str]]] = {
    "random biases in the deconvolution": (steps.Conv, with_biases, {"biases", "adjoint", "second"}),
    "missing backward ReLU": (steps.Relu, without_relu, {"rule", "second"}),
    "overwritten switches": (steps.MaxPool, overwriting, {"adjoint", "second"}),
}


@pytest.mark.parametrize("defect", DEFECTS)
def test_the_panel_turns_red_for_a_defect(defect: str, monkeypatch: pytest.MonkeyPatch) -> None:
    kind, broken, expected = DEFECTS[defect]
    monkeypatch.setitem(BACKWARD, kind, broken)  # type: ignore[arg-type]
    found = last(traced(), Settings("conv4"))
    assert found.sound is False
    assert red(found) == expected, defect


def test_the_panel_turns_red_for_guided_backprop_sold_as_deconvnet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(RULES, "deconvnet", RULES["guided"])  # type: ignore[arg-type]
    found = last(traced(), Settings("conv4"))
    assert found.sound is False and red(found) == {"rule", "second"}


def test_the_panel_turns_red_for_pixels_outside_the_field_and_for_what_is_no_number() -> None:
    run, unit = traced(), Unit(2, 6, 6)
    pixels = project(run, "conv3", [unit]).pixels[0].clone()
    assert checks.field(run, "conv3", unit, pixels).passed
    pixels[0, 0, 0] = 1.0
    assert not checks.field(run, "conv3", unit, pixels).passed
    assert not checks.Check("second", float("nan")).passed


def test_a_row_says_how_alike_the_pictures_are_by_direct_recomputation() -> None:
    run, unit = traced(), Unit(3, 6, 6)
    found = last(run, Settings("conv4", unit, seed=5))
    assert [one.name for one in found.survivors] == ["conv4", "conv3", "conv2", "conv1"]
    assert len(found.others) == OTHERS and str(unit.map) not in {one.name for one in found.others}
    top, left, bottom, right = found.box
    own = found.pixels[:, top:bottom, left:right]
    for one in found.others:
        again = project(run, "conv4", [Unit(int(one.name), 6, 6)], seed="one").pixels[0].numpy()
        assert np.allclose(one.pixels, again, atol=1e-6)
        cut = again[:, top:bottom, left:right]
        assert one.alike.cosine == pytest.approx(1 - _cosine_distance(own, cut), abs=1e-5)
        literal = scipy.stats.spearmanr(np.abs(own).sum(0).ravel(), np.abs(cut).sum(0).ravel()).statistic
        assert one.alike.rank == pytest.approx(literal, abs=1e-6)


def _cosine_distance(one: np.ndarray, other: np.ndarray) -> float:
    a, b = one.ravel().astype(float), other.ravel().astype(float)
    return 1 - float(a @ b / np.sqrt((a @ a) * (b @ b)))


def test_pictures_are_alike_to_themselves_and_an_empty_one_to_nothing() -> None:
    picture = smooth_photos(1)[0].numpy()
    same, opposite = similarity(picture, picture, (0, 0, 224, 224)), similarity(picture, -picture, (0, 0, 224, 224))
    assert (same.cosine, same.rank, opposite.cosine) == pytest.approx((1, 1, -1)) and opposite.rank == pytest.approx(1)
    nothing = similarity(picture, 0 * picture, (0, 0, 50, 50))
    assert (nothing.cosine, nothing.rank) == (0, 0)


@pytest.mark.parametrize("layers", [("conv4",), ("conv2", "conv4"), ("fc8",), ("conv1", "conv2", "conv3")])
def test_only_what_lies_above_the_change_is_computed_again_and_is_the_same(layers: Sequence[str]) -> None:
    run = traced()
    network = randomised(run.network, layers, seed=2)
    whole, quick = trace(network, run.images[:1]), retraced(run, network, "fc8")
    for step in run.network.steps:
        if step.name in quick.outputs and step.name in whole.outputs:
            assert torch.allclose(quick.outputs[step.name], whole.outputs[step.name], atol=1e-5), step.name
    changed = {old.name for old, new in zip(run.network.steps, network.steps, strict=True) if old is not new}
    assert changed == set(layers)
    for name in layers:
        before, after = run.network.step(name).weight, network.step(name).weight  # type: ignore[union-attr]
        assert float(after.std()) == pytest.approx(float(before.std()), rel=0.15)
        assert not torch.allclose(before, after) and not network.step(name).bias.any()  # type: ignore[union-attr]
    assert set(whole.switches) <= set(quick.switches)


@pytest.mark.parametrize("rule", RULE_NAMES)
@pytest.mark.parametrize(
    ("name", "layer", "unit"),
    [
        ("zfnet", "fc8", Unit(3)),
        ("zfnet", "conv4", Unit(1, 0, 12)),  # at the border, where the padding is
        ("resnet18", "block2_1", Unit(5, 11, 14)),
        ("vgg16", "conv3_2", Unit(3, 55, 30)),
    ],
)
def test_every_picture_of_the_row_is_that_of_a_network_run_anew(name: str, layer: str, unit: Unit, rule: Any) -> None:
    """However little is computed again: against a whole pass through the network that has lost its weights."""
    run = traced() if name == "zfnet" else trace(biased(name), smooth_photos(1), until=layer)
    network, names, lit = run.network, [part.name for part in run.network.layers], 0
    for one, picture in cascade(run, layer, unit, RULES[rule], seed=7):
        network = randomised(network, [one], 7 + names.index(one))
        literal = project(trace(network, run.images[:1], until=layer), layer, [unit], rule, seed="one").pixels[0]
        assert torch.allclose(picture, literal, atol=1e-4 * float(literal.abs().max())), one
        lit += bool(literal.any())  # a forward mask leaves nothing of a unit that has fallen silent
    assert lit >= 2


def test_the_shared_network_is_left_as_it_was() -> None:
    before = {name: value.clone() for name, value in thin().module.named_parameters()}
    last(traced(), Settings("conv3"))
    assert all(torch.equal(before[name], value) for name, value in thin().module.named_parameters())


# ---- switches


def test_middle_switches_are_the_middle_of_every_window() -> None:
    run = traced()
    middle = with_middle_switches(run)
    for name, pool in run.recording.pools.items():
        size = run.outputs[pool.inputs[0]].shape[-1]
        rows, columns = pool.shape[1:]
        for row in range(rows):
            for column in range(columns):
                down = min(size - 1, row * pool.stride - pool.padding + pool.kernel // 2)
                right = min(size - 1, column * pool.stride - pool.padding + pool.kernel // 2)
                assert set(middle.switches[name][0, :, row, column].tolist()) == {down * size + right}


def test_collisions_are_counted_one_by_one() -> None:
    run = traced()
    found = collisions(run, run.recording.pools)
    for name in run.recording.pools:
        shared = total = 0
        for flat in run.switches[name][0].flatten(1).tolist():
            shared += sum(flat.count(place) > 1 for place in flat)
            total += len(flat)
        assert found[name] == pytest.approx(shared / total)
    assert min(found.values()) > 0 and max(found.values()) < 1


def test_the_three_kinds_of_switches_make_three_pictures() -> None:
    both = trace(thin(), smooth_photos(2))
    run, other = both.of_image(0), both.of_image(1)
    own, middle, foreign = experiment(run, "conv5", Unit(1, 6, 6), RULES["deconvnet"], other)
    assert np.allclose(own.pixels, project(run, "conv5", [Unit(1, 6, 6)], seed="one").pixels[0].numpy(), atol=1e-6)
    assert own.alike.cosine == pytest.approx(1) and own.alike.rank == pytest.approx(1)
    assert middle.alike.cosine < 0.99 and foreign.alike.cosine < 0.99
    assert not np.allclose(middle.pixels, foreign.pixels)
    assert with_switches_of(run, other).switches["pool1"].equal(both.switches["pool1"][1:])


@pytest.mark.parametrize(
    ("toggles", "own", "names"),
    [
        ((True, False, False), True, ("deconvnet",)),
        ((False, True, True), True, ("gradient",)),
        ((True, True, True), True, ("guided backprop",)),
        ((True, True, False), True, ("DeSaliNet",)),
        ((True, False, True), True, ()),
        ((False, False, False), True, ()),
        ((True, False, False), False, ()),
    ],
)
def test_the_rule_is_named_where_it_coincides_with_a_published_one(
    toggles: tuple[bool, bool, bool], own: bool, names: tuple[str, ...]
) -> None:
    assert names_of(traced(), BackwardRule(*toggles), own) == names


def test_without_normalisation_guided_backprop_and_desalinet_are_one() -> None:
    network = thin_zfnet(norm="none")
    run = trace(network, smooth_photos(1))
    assert names_of(run, BackwardRule(True, True, False), True) == ("guided backprop", "DeSaliNet")
    both = [experiment(run, "conv5", Unit(0, 6, 6), BackwardRule(True, True, norm))[0].pixels for norm in (False, True)]
    assert np.array_equal(*both)


# ---- class evidence


@cache
def classroom() -> Trace:
    network = zoo.load(zoo.DEFAULT)
    return trace(network, prepare(samples.load("chelsea"), network.preprocessing, CENTRE))


def test_grad_cam_and_gradient_are_captums() -> None:
    run = classroom()
    network, image, index = run.network, run.images.clone(), 281
    theirs = captum.attr.LayerGradCam(network.module, network.module.relu5).attribute(
        image, index, relu_attributions=True
    )
    whole = F.interpolate(theirs, (224, 224), mode="bilinear", align_corners=False)[0, 0].detach().numpy()
    assert np.allclose(gradcam(run, index), whole, atol=1e-4 * whole.max()) and whole.max() > 0
    slope = captum.attr.Saliency(network.module).attribute(image.requires_grad_(True), index, abs=True)
    expected = slope[0].amax(dim=0).numpy()
    assert np.allclose(gradient(run, index), expected, atol=1e-4 * expected.max())


def test_curves_are_those_of_pixels_taken_one_by_one() -> None:
    run = traced()
    importance = np.random.default_rng(0).random((224, 224)).astype(np.float32)
    curves = deletion_and_insertion(run.network, run.images[:1], 3, importance)
    order = np.argsort(-importance.ravel())
    for at in (0, 1, 7, POINTS):
        taken = order[: round(order.size * at / POINTS)]
        deleted, inserted = run.images[0].clone().flatten(1), torch.zeros(3, order.size)
        inserted[:, taken] = deleted[:, taken]
        deleted[:, taken] = 0
        for image, curve in ((deleted, curves.deletion), (inserted, curves.insertion)):
            with torch.no_grad():
                expected = run.network.module(image.view(1, 3, 224, 224)).softmax(dim=1)[0, 3]
            assert curve[at] == pytest.approx(float(expected), abs=1e-5)
    assert curves.deletion_area == pytest.approx(np.trapezoid(curves.deletion) / POINTS)
    assert curves.insertion_area == pytest.approx(np.trapezoid(curves.insertion) / POINTS)


def test_an_occlusion_map_is_the_mean_drop_under_the_squares() -> None:
    run = traced()
    shares = list(occlusion(run, 2))
    assert [share for share, _ in shares] == sorted(share for share, _ in shares) and shares[-1][0] == 1
    image = run.images[:1].clone()
    image[:, :, :48, :48] = 0
    with torch.no_grad():
        drop = float(run.probabilities[0, 2] - run.network.module(image).softmax(dim=1)[0, 2])
    assert shares[-1][1][0, 0] == pytest.approx(drop, abs=1e-5)  # one square alone reaches the corner


def test_evidence_grows_and_is_complete() -> None:
    looks = list(evidence(traced(), 1))
    assert looks[0].done == 0 and looks[-1].done == 1
    assert set(looks[-1].maps) == set(looks[-1].curves) == {"occlusion", "gradient", "gradcam", "random"}
    assert len(evidence_csv(looks[-1]).splitlines()) == 1 + 2 * 4


# ---- what is saved, and what is not there


def test_what_is_not_there_is_told() -> None:
    with pytest.raises(UnknownName):
        list(compute(thin(), smooth_photos(1), Settings("conv9")))
    with pytest.raises(UnknownName):
        list(compute(thin(), smooth_photos(1), Settings("conv3", Unit(99, 0, 0))))


def test_the_script_measures_the_same(tmp_path: Any, capsys: pytest.CaptureFixture[str]) -> None:
    run = classroom()
    found = last(run, Settings("conv3", Unit(13, 5, 3)))
    text = in_this_python(script(run.network, "chelsea", CENTRE, found.settings), tmp_path, capsys)
    assert text.count("passed") == 5 and "FAILED" not in text
    for one in found.survivors:
        assert f"{one.name} cosine {one.alike.cosine:.3f}" in text
    table = csv(found)
    assert len(table.splitlines()) == 1 + 5 + 2 + 2 * (OTHERS + 3)
