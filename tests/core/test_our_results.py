"""The bundled results are those of the bundled weights, and can be had again."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from zfnet_core.exhibits import our_results
from zfnet_core.exhibits.comparison.aliasing import folded_energy, shift_response
from zfnet_core.exhibits.comparison.comparison import MEASURES
from zfnet_core.exhibits.comparison.dead_filters import first_layer
from zfnet_core.exhibits.comparison.filter_spectrum import filter_spectrum
from zfnet_core.exhibits.comparison.measurements import portrait_of
from zfnet_core.exhibits.comparison.projection_grid import projection_grid
from zfnet_core.exhibits.correspondence.measure import PARTS, RANDOM
from zfnet_core.exhibits.invariance.bundled import bundled_row
from zfnet_core.models import zoo
from zfnet_core.models.network import Network
from zfnet_core.photos import samples
from zfnet_core.photos.framed import FramedPhoto, inputs
from zfnet_core.photos.images import prepare
from zfnet_core.photos.transforms import TRANSFORMATIONS, transformed

torch.set_num_threads(1)
REMAKE = "the weights were replaced: run `python -m zfnet_core.exhibits.our_results`"


@pytest.fixture(scope="module", params=our_results.names())
def network(request: pytest.FixtureRequest) -> Network:
    return zoo.load(request.param)


@pytest.fixture(scope="module")
def images(network: Network) -> torch.Tensor:
    return inputs([FramedPhoto(samples.load(name)) for name in samples.FIVE], network.preprocessing)


def test_every_bundled_network_has_every_result(network: Network) -> None:
    for exhibit in our_results.EXHIBITS:
        assert network.title in our_results.how(network, exhibit), REMAKE
    assert set(our_results.of(network, "figure-5")["rows"]) == set(TRANSFORMATIONS)


@pytest.mark.parametrize("kind", ["scale", "down"])
def test_figure_5_can_be_had_again(network: Network, images: torch.Tensor, kind: str) -> None:
    kept = our_results.of(network, "figure-5")["rows"][kind]
    assert bundled_row(network, images, kind) == pytest.approx(kept, abs=2e-3), REMAKE  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", ["right", "rotation"])
def test_figure_5s_largest_distance_is_reached_and_not_passed(
    network: Network, images: torch.Tensor, kind: str
) -> None:
    """A few photos and amounts, each through the whole network by itself; at fc7 by calling its modules."""
    kept = our_results.of(network, "figure-5")["rows"][kind]
    largest = 0.0
    for image in images[::2].split(1):
        still = _fc7(network, image)
        for amount in TRANSFORMATIONS[kind].amounts[::6]:  # type: ignore[index]
            moved = _fc7(network, transformed(image, kind, [amount]))  # type: ignore[arg-type]
            largest = max(largest, ((moved - still).norm() / still.norm()).item())
    assert 0.3 * kept["largest fc7"] < largest <= kept["largest fc7"] + 1e-3, REMAKE


def _fc7(network: Network, image: torch.Tensor) -> torch.Tensor:
    value = image
    with torch.inference_mode():
        for name, module in network.module.named_children():
            value = module(value)
            if name == network.layer("fc7").step:
                return value.flatten().double()
    raise AssertionError("no fc7")


def test_table_1_can_be_had_again(network: Network) -> None:
    """All of it, the random places too: their 20 placements are the same for the same seed."""
    kept, again = our_results.of(network, "table-1"), our_results.EXHIBITS["table-1"](network)
    assert again["how"] == kept["how"] and set(again["layers"]) == set(kept["layers"])
    for layer, parts in again["layers"].items():
        assert set(parts) == {*PARTS, RANDOM}
        for part, (mean, spread) in parts.items():
            assert (mean, spread) == pytest.approx(kept["layers"][layer][part], abs=2e-3), f"{layer}, {part}: {REMAKE}"


def test_figure_6_can_be_had_again(network: Network, images: torch.Tensor) -> None:
    kept = our_results.of(network, "figure-6")["measures"]
    again = replace(
        portrait_of(network),
        dead=first_layer(network, images),
        spectrum=filter_spectrum(network),
        folded=folded_energy(network, images),
        grid=projection_grid(network, images),
    )
    for key in ("dead", "low", "mid", "high", "random mid", "folded", "grid", "accuracy"):
        assert kept[key] == pytest.approx(again.value(key), abs=5e-4), f"{key}: {REMAKE}"
    assert set(kept) == {key for measure in MEASURES for key in (measure.key, *dict(measure.further))}


def test_figure_6_shifts_can_be_had_again(network: Network, images: torch.Tensor) -> None:
    *_, shifts = shift_response(network, images)
    kept = our_results.of(network, "figure-6")["measures"]
    assert kept["shift"] == pytest.approx(shifts.aliased, abs=5e-4)
    assert kept["one pixel"] == pytest.approx(shifts.one_pixel_change, abs=5e-4)


def test_each_result_is_made_for_one_network_alone(network: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(our_results, "EXHIBITS", {"toy": lambda network: {"how": network.title}})
    made = our_results.make(lambda line: None)["networks"]
    assert made[network.name] == {"fingerprint": network.fingerprint, "toy": {"how": network.title}}


def test_other_weights_have_no_results() -> None:
    other = zoo.untrained(zoo.entry("zfnet-classroom"))
    assert not our_results.of(other, "table-1") and not our_results.of(other, "figure-5")
    assert our_results.how(other, "table-1").startswith("none for")


def test_photos_of_a_result_are_the_samples_centres(network: Network, images: torch.Tensor) -> None:
    assert torch.equal(images[2:3], prepare(samples.load(samples.FIVE[2]), network.preprocessing))
