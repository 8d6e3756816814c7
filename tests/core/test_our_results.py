"""The bundled results are those of the bundled weights, and can be had again."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from zfnet_core import marked_faces, our_results
from zfnet_core.experiments.aliasing import folded_energy, shift_response
from zfnet_core.experiments.comparison import MEASURES
from zfnet_core.experiments.correspondence import PARTS, RANDOM, CorrespondenceSettings, correspondence
from zfnet_core.experiments.dead_filters import first_layer
from zfnet_core.experiments.filter_spectrum import filter_spectrum
from zfnet_core.experiments.portrait import portrait_of
from zfnet_core.experiments.projection_grid import projection_grid
from zfnet_core.experiments.transforms import TRANSFORMATIONS
from zfnet_core.images import prepare
from zfnet_core.models import zoo

torch.set_num_threads(1)


@pytest.fixture(scope="module", params=our_results.NETWORKS)
def network(request):
    return zoo.load(request.param)


def test_results_are_of_these_weights(network) -> None:
    """Fails when the weights were replaced: run `python -m zfnet_core.our_results`."""
    assert our_results._kept()["networks"][network.name]["weights"] == our_results.weights_of(network)
    for exhibit in ("figure-5", "figure-6", "table-1"):
        assert network.title in our_results.how(network, exhibit)
    assert set(our_results.figure_5(network, "down")) >= {"low", "high", "stable", "largest conv1"}
    assert all(our_results.figure_5(network, kind) for kind in TRANSFORMATIONS)


def test_table_1_can_be_had_again(network) -> None:
    marked = marked_faces.load(our_results.FACES)
    images = torch.cat([prepare(one.photo, network.preprocessing) for one in marked])
    points = (marked_faces.input_points(one, network.preprocessing) for one in marked)
    whole = tuple(tuple((round(x), round(y)) for x, y in one) for one in points)
    settings = CorrespondenceSettings(whole, our_results.TABLE_1_LAYERS, repeats=1)
    *_, found = correspondence(network, images, settings)
    kept = our_results.table_1(network)
    for layer in our_results.TABLE_1_LAYERS:
        for part in PARTS:
            assert kept[layer][part][0] == pytest.approx(found.mean(part, layer), abs=2e-3)
            assert kept[layer][part][1] == pytest.approx(found.spread(part, layer), abs=2e-3)
        assert 0 < kept[layer][RANDOM][0] < 1


def test_figure_6_can_be_had_again(network) -> None:
    kept, images = our_results.figure_6(network), our_results._samples(network)
    again = replace(
        portrait_of(network),
        dead=first_layer(network, images),
        spectrum=filter_spectrum(network),
        folded=folded_energy(network, images),
        grid=projection_grid(network, images),
    )
    for key in ("dead", "low", "mid", "high", "random mid", "folded", "grid", "accuracy"):
        assert kept[key] == pytest.approx(again.value(key), abs=5e-4), key
    assert set(kept) == {key for measure in MEASURES for key in (measure.key, *dict(measure.further))}


def test_figure_6_shifts_can_be_had_again(network) -> None:
    *_, shifts = shift_response(network, our_results._samples(network))
    kept = our_results.figure_6(network)
    assert kept["shift"] == pytest.approx(shifts.aliased, abs=5e-4)
    assert kept["one pixel"] == pytest.approx(shifts.one_pixel_change, abs=5e-4)


def test_other_weights_have_no_results() -> None:
    other = zoo.untrained(zoo.entry("zfnet-classroom"))
    assert our_results.table_1(other) == {} and our_results.figure_5(other, "down") == {}
    assert our_results.how(other, "table-1").startswith("none for")


def test_nothing_is_hashed_where_nothing_is_kept(monkeypatch) -> None:
    monkeypatch.setattr(our_results, "weights_of", lambda network: pytest.fail("hashed"))
    assert our_results.figure_6(zoo.untrained(zoo.entry("zfnet-random"))) == {}
