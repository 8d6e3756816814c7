"""The numbers behind Fig. 6 against direct sums, planted cases, and what strides must do."""

from __future__ import annotations

import cmath
import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from tests.core.thin_networks import smooth_photos, thin
from zfnet_core import paper_values
from zfnet_core.errors import ExplorerError, UnknownName
from zfnet_core.experiments import filter_spectrum as filters
from zfnet_core.experiments import projection_spectrum as projections
from zfnet_core.experiments.aliasing import folded_energy, moved_along, shift_response
from zfnet_core.experiments.comparison import MEASURES, Comparison, Portrait, compare, family_of, top1_of
from zfnet_core.models.tower import ConvSpec
from zfnet_core.models.zoo import entry, untrained

torch.set_num_threads(1)
GRAINY = 4


def strided(stride: int, kernel: int = 7):
    """The same filters everywhere (same seed and shapes), read every `stride` pixels."""
    convs = (
        ConvSpec(8, kernel, stride, padding=2, pooled=True),
        ConvSpec(8, 5, padding=2, pooled=True),
        ConvSpec(8, 3, padding=1, pooled=True),
    )
    return thin(convs, units=(8, 8), norm="none")


def wave(cycles_per_pixel: float, size: int, angle: float = 0.0) -> np.ndarray:
    rows, columns = np.mgrid[:size, :size]
    return np.cos(2 * np.pi * cycles_per_pixel * (columns * np.cos(angle) + rows * np.sin(angle)))


def test_the_spectrum_of_a_filter_is_its_fourier_sum():
    weights = np.random.default_rng(1).standard_normal((1, 2, 3, 3))
    side, shares, beyond, total = filters.TRANSFORM_PX, dict.fromkeys(filters.BANDS, 0.0), 0.0, 0.0
    for u in range(side):
        for v in range(side):
            fu, fv = (u if u <= side / 2 else side - u) / side, (v if v <= side / 2 else side - v) / side
            power = 0.0
            for colour in weights[0]:
                terms = (
                    colour[y, x] * cmath.exp(-2j * math.pi * (u * y + v * x) / side) for y in range(3) for x in range(3)
                )
                power += abs(sum(terms)) ** 2
            radius = math.hypot(fu, fv)
            band = "low" if radius < 1 / 6 else "mid" if radius < 1 / 3 else "high"
            shares[band] += power
            beyond += power if max(fu, fv) > 1 / 8 else 0.0
            total += power
    found = filters.spectrum(weights, stride_px=4)
    for band, value in shares.items():
        assert found.mean_shares[band] == pytest.approx(value / total, abs=1e-9)
    assert found.beyond_stride == pytest.approx(beyond / total, abs=1e-9)
    assert found.power.sum() == pytest.approx(1)


@pytest.mark.parametrize(("cycles", "band"), [(0.02, "low"), (0.25, "mid"), (0.45, "high")])
@pytest.mark.parametrize("kernel", [7, 11])
def test_waves_fall_into_their_band_whatever_the_filter_size(cycles, band, kernel):
    weights = np.stack([wave(cycles, kernel, angle) for angle in (0, 0.6, 1.2)])[:, None]
    found = filters.spectrum(weights, stride_px=2)
    assert found.filters_by_band[band] == 3
    assert found.mean_shares[band] > 0.6


def test_random_filters_spread_over_the_area_of_the_bands():
    found = filters.control(11, 4, filters=400)
    assert found.mean_shares["low"] == pytest.approx(math.pi / 36, abs=0.01)
    assert found.mean_shares["mid"] == pytest.approx(math.pi / 12, abs=0.01)
    assert found.beyond_stride == pytest.approx(1 - 1 / 16, abs=0.015)


def test_a_filter_of_zeros_does_not_break_the_spectrum():
    found = filters.spectrum(np.zeros((2, 3, 7, 7)), 2)
    assert found.mean_shares == {"low": 1, "mid": 0, "high": 0}


def test_energy_above_the_strides_nyquist_folds():
    """Waves through a filter that keeps them: 0.2 cycles per pixel lie below 1/4 and above 1/8."""
    network = strided(2)
    with torch.no_grad():
        network.module.conv1.weight.zero_()
        network.module.conv1.weight[:, :, 3, 3] = 1
    photo = torch.from_numpy(wave(0.2, 224)).float().expand(1, 3, -1, -1)
    assert folded_energy(network, photo).share[0] < 0.01
    network.module.conv1.stride = (4, 4)
    assert folded_energy(network, photo).share[0] > 0.99


@pytest.mark.parametrize("kernel", [7, 11])
def test_stride_4_aliases_more_than_the_same_network_at_stride_2(kernel):
    photos = smooth_photos(2, grain_px=GRAINY)
    two, four = strided(2, kernel), strided(4, kernel)
    assert torch.equal(two.module.conv1.weight, four.module.conv1.weight)
    assert (folded_energy(four, photos).share > 1.5 * folded_energy(two, photos).share).all()
    *_, response_two = shift_response(two, photos)
    *_, response_four = shift_response(four, photos)
    assert response_four.aliased > 1.2 * response_two.aliased
    grid_two, grid_four = (projections.projection_spectrum(n, photos).beyond_fold.mean() for n in (two, four))
    assert grid_four > grid_two


def test_features_move_along_exactly_when_the_photo_moves_by_a_whole_unit():
    *_, response = shift_response(strided(4), smooth_photos(1, grain_px=GRAINY))
    assert response.jump_px == 8 and response.shifts_px.tolist() == list(range(9))
    assert response.residual[..., 0].max() < 1e-5 and response.change[..., 0].max() < 1e-5
    assert response.residual[..., 8].max() < 1e-3 < response.change[..., 8].min()
    assert response.residual[..., 1:8].min() > 0.01


def test_a_layer_with_a_unit_per_pixel_does_not_alias():
    network = thin((ConvSpec(4, 3, padding=1), ConvSpec(4, 3, padding=1, pooled=True)), units=(4, 4))
    *_, response = shift_response(network, smooth_photos(1))
    assert response.jump_px == 1 and response.aliased == 0 and response.one_pixel_change > 0


def test_moving_along_interpolates_what_is_sampled_finely_enough():
    positions = torch.arange(40, dtype=torch.float64)
    maps = torch.cos(2 * math.pi * 0.12 * positions).expand(1, 5, 40)
    moved = moved_along(maps, 0.3, "right")
    expected = torch.cos(2 * math.pi * 0.12 * (positions - 0.3))
    assert (moved[0, 2, 4:-4] - expected[4:-4]).abs().max() < 0.02
    assert torch.allclose(moved_along(maps.mT, 0.3, "down").mT, moved)
    assert torch.allclose(moved_along(maps, 1.0, "right")[..., 4:-4], maps[..., 3:-5], atol=1e-6)


def test_shift_response_equals_a_loop_over_single_shifts():
    """One shift at a time, features read by calling the modules; the change only, which needs no interpolation."""
    network, photo = strided(2), smooth_photos(1, grain_px=GRAINY)
    *_, response = shift_response(network, photo)

    def features(image):
        with torch.no_grad():
            return network.module.relu2(
                network.module.conv2(network.module.pool1(network.module.relu1(network.module.conv1(image))))
            )

    still = features(photo)
    field, units = network.layer("conv2").receptive_field, still.shape[-1]
    inner = [i for i in range(units) if field.jump * i + field.first >= 4 and field.jump * i + field.last < 224][3:-3]
    for shift in (1, 3):
        moved = torch.cat([photo[..., :1].expand(-1, -1, -1, shift), photo[..., :-shift]], dim=3)
        a, b = (value[..., inner, :][..., inner] for value in (features(moved), still))
        ours = response.change[0, 0, response.shifts_px.tolist().index(shift)]
        assert ours == pytest.approx(((a - b).norm() / b.norm()).item(), rel=1e-3)


def test_layers_without_room_are_refused():
    network = strided(4)
    with pytest.raises(ExplorerError, match="no feature maps"):
        next(shift_response(network, smooth_photos(1), "fc7"))
    with pytest.raises(ExplorerError, match="too small"):
        next(shift_response(network, smooth_photos(1), "conv3"))


def test_the_grid_of_a_stride_shows_in_the_spectrum_of_projections():
    """Dots every 4 pixels have their power at multiples of 1/4; a smooth blob has none there."""
    dots = np.zeros((1, 3, 48, 48))
    dots[:, :, ::4, ::4] = 1
    found = projections.spectrum(dots, stride_px=4)
    peak = found.frequencies[1:][found.power[1:].argmax()]
    assert peak in (0.25, 0.5) and found.beyond_fold[0] > 0.8
    blob = np.exp(-((np.mgrid[:48, :48] - 24) ** 2).sum(0) / 60)[None, None]
    assert projections.spectrum(blob, stride_px=4).beyond_fold[0] < 0.01
    assert len(projections.spectrum(np.zeros((3, 3, 27, 27)), 2).beyond_fold) == 0
    assert projections.spectrum(dots, 2).power.sum() == pytest.approx(1)


def test_a_planted_dead_filter_is_counted_and_partial_results_become_the_final_one():
    healthy, damaged = strided(2), strided(4)
    with torch.no_grad():
        damaged.module.conv1.weight[3] *= 1e-3
        damaged.module.conv1.bias[5] = -1e6
    photos = smooth_photos(2)
    results = list(compare(healthy, damaged, photos))
    final = results[-1]
    assert final.done == 1 and [r.done for r in results] == sorted(r.done for r in results)
    assert final.first.value("dead") == 0
    assert final.second.value("dead") == pytest.approx(2 / 8)
    assert results[0].second.value("dead") is None
    for result in results:
        for key in ("dead", "mid", "shift", "grid"):
            value = result.first.value(key)
            assert value is None or value == final.first.value(key)
    assert all(final.first.value(m.key) is not None for m in MEASURES if m.key != "accuracy")


def pair(zfnet: dict, alexnet: dict, **second) -> Comparison:
    class Fixed(Portrait):
        def value(self, key):
            return self.values.get(key)

    first = Fixed("z", "ZFNet", "ZFNet")
    other = replace(Fixed("a", "AlexNet", "AlexNet"), **second)
    object.__setattr__(first, "values", zfnet)
    object.__setattr__(other, "values", alexnet)
    return Comparison(first, other, 1.0)


def test_the_verdict_follows_the_numbers_whichever_way_they_point():
    dead, accuracy = MEASURES[0], MEASURES[-1]
    assert pair({"dead": 0.01}, {"dead": 0.2}).outcome(dead) == "as the paper says"
    assert pair({"dead": 0.2}, {"dead": 0.01}).outcome(dead) == "against the paper"
    assert pair({"dead": 0.2}, {"dead": 0.201}).outcome(dead) == "no clear difference"
    assert pair({"dead": 0.0}, {"dead": 0.0}).outcome(dead) == "no clear difference"
    assert pair({"dead": 0.2}, {}).outcome(dead) == "not measured"
    assert pair({"dead": 0.2}, {"dead": 0.1}, family="VGG").outcome(dead) == "no claim"
    assert pair({"dead": 0.2}, {"dead": 0.1}, trained=False).outcome(dead) == "no claim"
    assert pair({}, {}).of_the_papers_networks
    assert (
        not pair({}, {}, family="VGG").of_the_papers_networks and not pair({}, {}, trained=False).of_the_papers_networks
    )
    public = pair({"accuracy": 0.6021}, {"accuracy": 0.615})
    assert public.outcome(accuracy) == "no clear difference"
    against = pair({"accuracy": 0.55}, {"accuracy": 0.615})
    assert against.outcome(accuracy) == "against the paper"
    assert "55.0%" in against.sentence(accuracy) and accuracy.why_not in against.sentence(accuracy)
    assert "control" in pair({"dead": 0.2}, {"dead": 0.1}, trained=False).sentence(dead)
    assert pair({"dead": 0.2}, {}).sentence(dead) == "Dead filters in layer 1: not known for AlexNet."


def test_accuracy_comes_from_the_card_or_the_publisher_and_never_for_random_weights():
    network = untrained(entry("zfnet-classroom"))
    assert top1_of(network) is None and family_of(network) == "ZFNet"
    card = {"accuracy": {"val": {"top1": 0.61}}, "architecture": {"family": "alexnet"}}
    assert top1_of(replace(network, trained=True, card=card)) == 0.61
    assert top1_of(replace(network, trained=True, name="zfnet")) == pytest.approx(0.6021)
    assert top1_of(replace(network, trained=True, name="alexnet")) == pytest.approx(0.615)
    assert family_of(replace(network, name="mine", card=card)) == "AlexNet"


def test_the_papers_tables_can_be_looked_up():
    table = paper_values.exhibit("table-1")
    assert str(table.value("random", "layer 5")) == "0.107 ± 0.017"
    assert paper_values.exhibit("table-2").value("1 convnet as per Fig. 3", "val top-1").value == 38.4
    assert paper_values.exhibit("table-2").value("Krizhevsky 2012, 1 convnet", "test top-5") is None
    classes = paper_values.exhibit("table-6")
    for column in classes.columns:
        per_class = [classes.value(row, column).value for row in classes.rows if row != "mean"]
        assert len(per_class) == 20
        assert np.mean(per_class) == pytest.approx(classes.value("mean", column).value, abs=0.3)
    assert [len(paper_values.exhibit(name).rows) for name in paper_values.names()] == [4, 10, 12, 4, 4, 21, 8, 3]
    assert paper_values.claims("figure-6") and not paper_values.claims("table-6")
    assert str(paper_values.claim("figure-6", "dead filters")) == "fewer “dead” features than AlexNet (Fig. 6 b, c)"
    assert all(claim.where for name in ("figure-5", "figure-6", "table-1") for claim in paper_values.claims(name))
    assert paper_values.exhibit("table-2").value(paper_values.printed_as("zfnetb"), "val top-1").value == 37.5
    assert paper_values.printed_as("alexnet-torchvision") == paper_values.printed_as("vgg16") == ""
    with pytest.raises(UnknownName, match="dead filters"):
        paper_values.claim("figure-6", "beauty")
    with pytest.raises(UnknownName, match="table-1"):
        paper_values.exhibit("table-9")
    with pytest.raises(UnknownName, match="mouth"):
        table.value("mouth", "layer 5")
