"""The numbers behind Fig. 6 against direct sums, planted cases, and what strides must do."""

from __future__ import annotations

import cmath
import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from tests.core.thin_networks import smooth_photos, thin
from zfnet_core.deconvnet.projection import project, strongest_units
from zfnet_core.errors import ExplorerError, UnknownName
from zfnet_core.exhibits.comparison import filter_spectrum as filters
from zfnet_core.exhibits.comparison.aliasing import FoldedEnergy, folded_energy, moved_along, shift_response
from zfnet_core.exhibits.comparison.comparison import ALEXNET, MEASURES, ZFNET, Comparison, compare
from zfnet_core.exhibits.comparison.dead_filters import DeadFilters, dead_filters, first_layer
from zfnet_core.exhibits.comparison.findings import ONE_RUN, verdict
from zfnet_core.exhibits.comparison.measurements import Portrait, portrait_of
from zfnet_core.exhibits.comparison.projection_grid import NEIGHBOUR, grid, projection_grid
from zfnet_core.forward.trace import trace
from zfnet_core.models.tower import ConvSpec
from zfnet_core.models.zoo import entry, untrained
from zfnet_core.paper import values as paper_values
from zfnet_core.photos import samples
from zfnet_core.photos.images import prepare

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
    side, shares, total = filters.TRANSFORM_PX, dict.fromkeys(filters.BANDS, 0.0), 0.0
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
            total += power
    found = filters.spectrum(weights)
    for band, value in shares.items():
        assert found.mean_shares[band] == pytest.approx(value / total, abs=1e-9)
    assert found.power.sum() == pytest.approx(1)


@pytest.mark.parametrize(("cycles", "band"), [(0.02, "low"), (0.25, "mid"), (0.45, "high")])
@pytest.mark.parametrize("kernel", [7, 11])
def test_waves_fall_into_their_band_whatever_the_filter_size(cycles, band, kernel):
    weights = np.stack([wave(cycles, kernel, angle) for angle in (0, 0.6, 1.2)])[:, None]
    found = filters.spectrum(weights)
    assert (found.shares.argmax(axis=1) == filters.BANDS.index(band)).all()
    assert found.mean_shares[band] > 0.6


def test_random_filters_spread_over_the_area_of_the_bands():
    found = filters.control(11, filters=400)
    assert found.mean_shares["low"] == pytest.approx(math.pi / 36, abs=0.01)
    assert found.mean_shares["mid"] == pytest.approx(math.pi / 12, abs=0.01)


def test_a_filter_of_zeros_does_not_break_the_spectrum():
    found = filters.spectrum(np.zeros((2, 3, 7, 7)))
    assert found.mean_shares == {"low": 1, "mid": 0, "high": 0}


def test_energy_above_the_strides_nyquist_folds():
    """Waves through a filter that keeps them: 0.2 cycles per pixel lie below 1/4 and above 1/8."""
    network = strided(2)
    with torch.no_grad():
        network.module.conv1.weight.zero_()
        network.module.conv1.weight[:, :, 3, 3] = 1
    photo = torch.from_numpy(wave(0.2, 224)).float().expand(1, 3, -1, -1)
    assert folded_energy(network, photo).share[0] < 0.01
    wider = replace(network.first_convolution, stride=4)
    network = replace(network, steps=(wider, *network.steps[1:]))
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


def test_folded_energy_equals_a_loop_over_filters_and_frequencies():
    """Few photo pixels, so that the sums can be written out."""
    network, photo = strided(4), smooth_photos(1, grain_px=GRAINY)[..., :28, :28]
    weights, size = network.module.conv1.weight.numpy(), 22
    hann = [0.5 - 0.5 * math.cos(2 * math.pi * n / (size - 1)) for n in range(size)]
    folded = total = 0.0
    for filter_ in weights:
        response = np.zeros((size, size))
        for y in range(size):
            for x in range(size):
                response[y, x] = (photo[0, :, y : y + 7, x : x + 7].numpy() * filter_).sum()
        response -= response.mean()
        for u in range(size):
            for v in range(size):
                wave = np.array(
                    [[cmath.exp(-2j * math.pi * (u * y + v * x) / size) for x in range(size)] for y in range(size)]
                )
                power = abs((response * np.outer(hann, hann) * wave).sum()) ** 2
                total += power
                folded += power if max(min(u, size - u), min(v, size - v)) / size > 1 / 8 else 0.0
    assert folded_energy(network, photo).share[0] == pytest.approx(folded / total, rel=1e-3)


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
    for units in (0.1, 0.3, 0.5, 0.8):
        expected = torch.cos(2 * math.pi * 0.12 * (positions - units))
        error = (moved_along(maps, units, "right")[0, 2] - expected)[4:-4]
        assert error.norm() / expected[4:-4].norm() < 0.01
    assert torch.allclose(moved_along(maps.mT, 0.3, "down").mT, moved)
    assert torch.allclose(moved_along(maps, 1.0, "right")[..., 4:-4], maps[..., 3:-5], atol=1e-6)


def test_moving_along_is_the_same_to_the_left_and_to_the_right():
    maps = torch.randn(2, 3, 30, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    for units in (0.0, 0.25, 0.5, 0.9):
        mirrored = moved_along(maps, units, "right").flip(-1)
        other_way = moved_along(maps.flip(-1), 1 - units, "right").roll(-1, dims=-1)
        assert torch.allclose(mirrored[..., 5:-5], other_way[..., 5:-5], atol=1e-12)


def lanczos(row: np.ndarray, place: float) -> float:
    """The value between samples, term by term: sinc(d)·sinc(d/4) over the samples nearer than 4."""
    taps = [(n, place - n) for n in range(len(row)) if abs(place - n) < 4]
    weights = [np.sinc(distance) * np.sinc(distance / 4) for _, distance in taps]
    return sum(w * row[n] for (n, _), w in zip(taps, weights, strict=True)) / sum(weights)


def test_shift_response_equals_a_loop_over_single_shifts():
    """One shift at a time, features read by calling the modules, and the interpolation one value at a time."""
    network, photo = strided(2), smooth_photos(1, grain_px=GRAINY)
    *_, response = shift_response(network, photo)

    def features(image):
        with torch.no_grad():
            return network.module.relu2(
                network.module.conv2(network.module.pool1(network.module.relu1(network.module.conv1(image))))
            )

    still = features(photo)
    field, units = network.layer("conv2").receptive_field, still.shape[-1]
    inner = [i for i in range(units) if field.jump * i + field.first >= 4 and field.jump * i + field.last < 224][4:-4]
    for shift in (1, 3):
        moved = torch.cat([photo[..., :1].expand(-1, -1, -1, shift), photo[..., :-shift]], dim=3)
        a, b = (value[..., inner, :][..., inner] for value in (features(moved), still))
        ours = response.change[0, 0, response.shifts_px.tolist().index(shift)]
        assert ours == pytest.approx(((a - b).norm() / b.norm()).item(), rel=1e-3)
        along = [
            [[lanczos(row, place - shift / field.jump) for place in inner] for row in rows[inner].numpy()]
            for rows in still[0]
        ]
        residual = np.linalg.norm(a[0].numpy() - np.array(along)) / b.norm().item()
        ours = response.residual[0, 0, response.shifts_px.tolist().index(shift)]
        assert ours == pytest.approx(residual, rel=1e-3)
    assert response.by_photo.mean() == pytest.approx(response.aliased)


def test_layers_without_room_are_refused():
    network = strided(4)
    with pytest.raises(ExplorerError, match="no feature maps"):
        next(shift_response(network, smooth_photos(1), "fc7"))
    with pytest.raises(ExplorerError, match="too small"):
        next(shift_response(network, smooth_photos(1), "conv3"))


def patches(size: int, count: int = 200) -> np.ndarray:
    """Random pieces of the sample photos."""
    network = untrained(entry("zfnet-classroom"))
    corners = np.random.default_rng(0).integers(0, 224 - size, (count, 2))
    photos = [
        prepare(samples.load(name), network.preprocessing)[0].numpy()
        for name in ("chelsea", "coffee", "motorcycle", "rocket")
    ]
    return np.stack([photos[n % 4][:, top : top + size, left : left + size] for n, (top, left) in enumerate(corners)])


@pytest.mark.parametrize("size", [27, 51])
def test_pictures_without_a_grid_score_nothing_whatever_the_stride(size):
    noise = np.random.default_rng(1).standard_normal((200, 3, size, size))
    centre = (np.mgrid[:size, :size] - size / 2) ** 2
    blobs = np.stack([np.exp(-centre.sum(0) / width) for width in (3, 10, 40)])[:, None]
    for pictures in (noise, patches(size), blobs):
        assert max(grid(pictures, stride).visibility for stride in (2, 3, 4)) < 0.02


@pytest.mark.parametrize(("planted", "other"), [(2, 3), (3, 2), (4, 3), (4, 5)])
def test_a_planted_grid_raises_the_score_of_its_stride_only(planted, other):
    for size in (27, 51):
        pictures = patches(size, 60)
        pictures[:, :, ::planted] *= 1.5
        pictures[:, :, :, ::planted] *= 1.5
        assert grid(pictures, planted).visibility > 0.1 > 0.02 > grid(pictures, other).visibility
    dots = np.zeros((1, 3, 60, 60))
    dots[:, :, ::planted, ::planted] = np.random.default_rng(0).choice((-1, 1), (60 // planted, 60 // planted))
    assert grid(dots, planted).visibility == pytest.approx(1, abs=0.01)


def test_the_grid_equals_its_definition_written_out():
    network, photos = strided(4), smooth_photos(2, grain_px=GRAINY)
    found, squares = projection_grid(network, photos), [[], [], []]
    size = network.layer("conv2").receptive_field.size
    for image in photos.split(1):
        traced = trace(network, image)
        for unit in strongest_units(traced, "conv2", 8):
            field = network.layer("conv2").receptive_field
            beside = torch.nn.functional.pad(project(traced, "conv2", [unit]).pixels, (size,) * 4)
            top, left = (size + field.jump * place + field.first for place in (unit.row, unit.column))
            picture = beside[0, :, top : top + size, left : left + size].double().numpy()
            picture = picture - picture.mean(axis=(1, 2), keepdims=True)
            for place, frequency in enumerate((1 / 4 - NEIGHBOUR / size, 1 / 4, 1 / 4 + NEIGHBOUR / size)):
                both = 0.0
                for energy in ((picture**2).sum(axis=(0, 1)), (picture**2).sum(axis=(0, 2))):
                    wave = sum(e * cmath.exp(-2j * math.pi * frequency * n) for n, e in enumerate(energy))
                    both += abs(wave / energy.sum()) ** 2 / 2
                squares[place].append(both)
    below, at, above = (sum(values) / len(values) for values in squares)
    assert found.visibility == pytest.approx(math.sqrt(max(at - (below + above) / 2, 0)), rel=1e-4)
    assert found.photo.tolist() == [0] * 8 + [1] * 8 and len(found.by_photo) == found.photos == 2


def test_a_stride_of_4_leaves_no_more_grid_than_its_filters_let_through():
    """The same 7×7 filters pasted 4 pixels apart show it more than 2 apart; 11×11 ones overlap enough to hide it."""
    photos = smooth_photos(2, grain_px=GRAINY)
    score = {kernel: [projection_grid(strided(s, kernel), photos).visibility for s in (2, 4)] for kernel in (7, 11)}
    assert score[7][1] > 1.1 * score[7][0]
    assert score[11][1] < 0.8 * score[7][1]


def test_silent_projections_and_a_stride_of_one_have_no_grid():
    silent = grid(np.zeros((3, 3, 27, 27)), 2, np.array([0, 0, 1]))
    assert silent.visibility == 0 and silent.by_photo.tolist() == [0, 0] and not silent.spectrum.any()
    assert grid(patches(27, 8), 1).visibility == 0


def test_activity_is_counted_place_by_place_behind_batch_norm_and_relu():
    network, photo = untrained(entry("resnet18")), smooth_photos(1)
    norm = network.module.bn1
    norm.weight.uniform_(0.5, 2, generator=torch.Generator().manual_seed(1))
    norm.running_mean.normal_(0, 0.5, generator=torch.Generator().manual_seed(2))
    norm.bias[5] = -1e3
    norm.weight[9] = 1e-4
    found = first_layer(network, photo)
    with torch.no_grad():
        responses = network.module.relu(norm(network.module.conv1(photo)))[0]
    for map in (0, 5, 40):
        places = responses[map].flatten().tolist()
        assert found.active[map].item() == pytest.approx(sum(place > 0 for place in places) / len(places), abs=1e-6)
    assert found.dead.nonzero().flatten().tolist() == [5, 9]
    filter_ = network.module.conv1.weight[7].flatten().tolist()
    scale = norm.weight[7].item() / math.sqrt(norm.running_var[7].item() + norm.eps)
    assert found.rms[7].item() == pytest.approx(scale * math.sqrt(sum(w * w for w in filter_) / len(filter_)), rel=1e-5)


def test_without_batch_norm_the_first_layer_is_its_convolution():
    network, photos = strided(4), smooth_photos(2)
    found, plain = first_layer(network, photos), dead_filters(network.module.conv1, photos)
    assert torch.allclose(found.active, plain.active) and torch.equal(found.rms, plain.rms)


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
        for measure in MEASURES:
            value = result.first.value(measure.key)
            assert value is None or value == final.first.value(measure.key)
            assert result.outcome(measure) in ("not measured", final.outcome(measure))
    assert all(final.first.value(m.key) is not None for m in MEASURES if m.key != "accuracy")


def portrait(row: str, title: str, *, dead=0, mids=(0.2, 0.2), folded=(0.1,), top1=None, photos=4533) -> Portrait:
    """A trained network with these numbers: dead filters of 96, shares of mid frequencies, folded energy per photo."""
    flags = torch.arange(96) < dead
    shares = np.array([[1 - mid, mid, 0] for mid in mids])
    return Portrait(
        title.lower(),
        title,
        row,
        "ImageNet",
        top1=top1,
        top1_photos=photos,
        dead=DeadFilters(torch.ones(96), None, flags, flags),
        spectrum=filters.FilterSpectrum(title, 7, np.zeros(1), np.zeros((len(mids), 1)), shares),
        folded=FoldedEnergy(title, 2, np.array(folded), np.zeros((len(folded), 1))),
    )


def outcomes(key: str, zfnet: dict, alexnet: dict, **changed) -> str:
    """The verdict, which must not depend on who comes first."""
    measure = next(measure for measure in MEASURES if measure.key == key)
    first = portrait(ZFNET, "ZFNet", **zfnet)
    second = replace(portrait(ALEXNET, "AlexNet", **alexnet), **changed)
    outcome = Comparison(first, second, 1.0).outcome(measure)
    assert outcome == Comparison(second, first, 1.0).outcome(measure)
    return outcome


def test_dead_filters_differ_clearly_by_more_than_one_and_than_their_number_allows():
    assert outcomes("dead", {"dead": 1}, {"dead": 20}) == "as the paper says"
    assert outcomes("dead", {"dead": 20}, {"dead": 1}) == "against the paper"
    # 4 of 96 are 4.2 points, two standard errors 4.1; 3 are 3.1 and 3.6 points.
    assert outcomes("dead", {"dead": 0}, {"dead": 4}) == "as the paper says"
    assert outcomes("dead", {"dead": 0}, {"dead": 3}) == "no clear difference"
    # 3 and 5 of 96 have errors of 1.8 and 2.3 points, together 2.9; they differ by 2.1.
    assert outcomes("dead", {"dead": 3}, {"dead": 5}) == "no clear difference"
    assert outcomes("dead", {"dead": 4}, {"dead": 5}) == "no clear difference"
    assert outcomes("dead", {"dead": 0}, {"dead": 0}) == "no clear difference"


def test_mid_frequencies_differ_clearly_beyond_two_standard_errors():
    """Four filters at 0.3 ± 0.1 have a standard error of 0.05 each: together 0.0707, twice that is 0.1414."""
    spread = np.array([-0.1, -0.1, 0.1, 0.1])
    assert outcomes("mid", {"mids": 0.3 + 0.142 + spread}, {"mids": 0.3 + spread}) == "as the paper says"
    assert outcomes("mid", {"mids": 0.3 + spread}, {"mids": 0.3 + 0.142 + spread}) == "against the paper"
    assert outcomes("mid", {"mids": 0.3 + 0.141 + spread}, {"mids": 0.3 + spread}) == "no clear difference"


def test_what_depends_on_photos_is_clear_where_all_photos_agree():
    assert outcomes("folded", {"folded": (0.1, 0.2)}, {"folded": (0.2, 0.3)}) == "as the paper says"
    assert outcomes("folded", {"folded": (0.3, 0.3)}, {"folded": (0.2, 0.2)}) == "against the paper"
    assert outcomes("folded", {"folded": (0.1, 0.2)}, {"folded": (0.9, 0.19)}) == "no clear difference"
    assert outcomes("folded", {"folded": (0.0, 0.1)}, {"folded": (0.0, 0.3)}) == "no clear difference"


def test_what_depends_on_photos_is_clear_only_beyond_their_spread():
    """Differences 0.01, 0.02, 0.06: mean 0.03, deviation √0.0007 = 0.02646, standard error 0.01528, twice 0.03055."""
    zfnet, alexnet = (0.1, 0.1, 0.1), (0.11, 0.12, 0.16)
    assert outcomes("folded", {"folded": zfnet}, {"folded": alexnet}) == "no clear difference"
    assert outcomes("folded", {"folded": zfnet}, {"folded": (0.111, 0.122, 0.16)}) == "as the paper says"
    assert outcomes("folded", {"folded": (0.1,)}, {"folded": (0.9,)}) == "no clear difference", "one photo is no spread"


def whole(zfnet: dict, alexnet: dict) -> Comparison:
    return Comparison(portrait(ZFNET, "ZFNet", **zfnet), portrait(ALEXNET, "AlexNet", **alexnet), 1.0)


def test_the_verdict_counts_the_claims_and_says_why():
    found = whole({"dead": 20, "folded": (0.1, 0.2), "top1": 0.7}, {"dead": 1, "folded": (0.2, 0.3), "top1": 0.7})
    dead = MEASURES[0]
    assert verdict(found) == (
        "Of the paper’s six claims, one holds here, one does not, two show no clear difference and two cannot "
        "be judged, "
        f"perhaps because {dead.because}. {ONE_RUN}"
    )
    all_as_said = whole({"mids": (0.5, 0.5), "dead": 0}, {"mids": (0.1, 0.1), "dead": 9})
    assert verdict(all_as_said).startswith("Of the paper’s six claims, two hold here, one shows no clear difference")
    assert verdict(replace(found, done=0.9)) == ""


def test_the_verdict_on_another_pair_counts_clear_differences():
    said = verdict(Comparison(portrait("", "VGG", dead=1), portrait(ZFNET, "ZFNet", dead=9), 1.0))
    assert said == "The paper claims nothing about this pair; one of three measures shows a clear difference."


def test_the_public_imagenet_weights_go_against_the_paper():
    """60.2 % against 61.5 % of 50,000 photos: 1.29 points apart, two standard errors are 0.62."""
    public = {"top1": 0.6021, "photos": 50_000}, {"top1": 0.615, "photos": 50_000}
    assert outcomes("accuracy", *public) == "against the paper"
    few = {"top1": 0.6021, "photos": 1000}, {"top1": 0.615, "photos": 1000}
    assert outcomes("accuracy", *few) == "no clear difference"
    assert outcomes("accuracy", {"top1": 0.7165}, {"top1": 0.6934}) == "as the paper says"
    accuracy = MEASURES[-1]
    said = Comparison(portrait(ZFNET, "ZFNet", **public[0]), portrait(ALEXNET, "AlexNet", **public[1]), 1.0)
    assert "60.2 %" in said.sentence(accuracy) and accuracy.why_not in said.sentence(accuracy)
    assert "61.6 % against 59.5 %" in accuracy.claim


def test_no_verdict_where_the_paper_makes_no_claim():
    accuracy = {"top1": 0.7}, {"top1": 0.6}
    assert outcomes("accuracy", *accuracy, data="the classroom photos") == "not comparable"
    assert outcomes("dead", {}, {"dead": 9}, data="the classroom photos") == "as the paper says"
    assert outcomes("dead", {}, {"dead": 9}, printed_as="") == "no claim"
    assert outcomes("dead", {}, {"dead": 9}, trained=False) == "no claim"
    assert outcomes("accuracy", {}, {"top1": 0.6}) == "not measured"
    random = replace(portrait(ALEXNET, "AlexNet", dead=9), trained=False)
    assert "control" in Comparison(portrait(ZFNET, "ZFNet"), random, 1.0).sentence(MEASURES[0])
    unknown = replace(random, dead=None)
    said = Comparison(portrait(ZFNET, "ZFNet"), unknown, 1.0).sentence(MEASURES[0])
    assert said == "Dead filters in layer 1: not known for AlexNet."


def test_the_larger_one_is_named_with_or_without_a_claim():
    dead, accuracy = MEASURES[0], MEASURES[-1]
    few, many = portrait("", "VGG", dead=1, top1=0.6), portrait(ZFNET, "ZFNet", dead=9, top1=0.7)
    assert Comparison(few, many, 1.0).larger(dead) == "second" and Comparison(many, few, 1.0).larger(dead) == "first"
    assert Comparison(few, few, 1.0).larger(dead) == "neither"
    assert Comparison(few, replace(many, data=""), 1.0).larger(accuracy) is None
    assert Comparison(few, replace(many, dead=None), 1.0).larger(dead) is None


def test_portraits_know_what_a_network_is_and_how_well_it_does():
    network = untrained(entry("zfnet-classroom"))
    found = portrait_of(network)
    assert (found.printed_as, found.data, found.top1, found.top1_photos) == (ZFNET, "", None, None)
    card = {"accuracy": {"val": {"top1": 0.61, "photos": 90}}, "architecture": {"family": "alexnet"}}
    own = portrait_of(replace(network, trained=True, name="mine.pth", card=card))
    assert (own.printed_as, own.data, own.top1, own.top1_photos) == (ALEXNET, "", 0.61, 90)
    for name, row, top1 in (
        ("zfnet", ZFNET, 0.6021),
        ("alexnet", ALEXNET, 0.615),
        ("alexnet-torchvision", "", 0.56522),
    ):
        public = portrait_of(replace(network, trained=True, name=name))
        assert (public.printed_as, public.data, public.top1_photos) == (row, "ImageNet", 50_000)
        assert public.top1 == pytest.approx(top1)
    wide = portrait_of(replace(network, trained=True, name="zfnetb"))
    assert wide.printed_as not in (ZFNET, ALEXNET, "")
    assert not Comparison(wide, own, 1.0).of_the_papers_networks


def test_networks_are_told_apart_even_after_one_is_gone():
    network = strided(2)
    assert len({network.uid, strided(2).uid, replace(network, name="other").uid}) == 3


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
