"""What a sweep keeps: results that share one grid, and of very many classes the ones that matter."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
import torch

from tests.core.thin_networks import thin_zfnet
from zfnet_core.errors import ExplorerError
from zfnet_core.exhibits.occlusion import OcclusionSettings, compute, keeps_all_classes, whole_sweep
from zfnet_core.exhibits.occlusion import sweep as sweep_module

torch.set_num_threads(1)


def test_results_of_a_sweep_share_their_memory_and_stay_as_they_were() -> None:
    network, image = thin_zfnet(classes=12), torch.randn(1, 3, 224, 224, generator=torch.Generator().manual_seed(3))
    seen, before = [], []
    for result in compute(network, image, OcclusionSettings(64, 64, 20)):
        seen.append(result)
        before.append((result.probabilities.copy(), result.map_totals.copy(), result.class_indices.copy()))
    assert len(seen) > 3 and not seen[0].known.any() and not before[0][0].any()
    for result, (probabilities, totals, winners) in zip(seen, before, strict=True):
        assert result.grid is seen[-1].grid
        assert np.array_equal(result.probabilities, probabilities) and np.array_equal(result.map_totals, totals)
        assert np.array_equal(result.class_indices, winners) and not result.probabilities.flags.writeable
    assert seen[-1].probabilities.base is seen[-1].grid.probabilities, "the complete result is no copy"


def test_of_too_many_classes_a_sweep_keeps_those_asked_for_and_the_best(monkeypatch: pytest.MonkeyPatch) -> None:
    network, image = thin_zfnet(classes=40), torch.randn(1, 3, 224, 224, generator=torch.Generator().manual_seed(4))
    settings = OcclusionSettings(64, 64, 40)
    everything = whole_sweep(network, image, settings)
    assert keeps_all_classes(network, settings) and len(everything.classes) == 40
    worst, best = (int(place) for place in np.argsort(everything.clean_probabilities)[[0, -1]])
    monkeypatch.setattr(sweep_module, "LARGEST_GRID", 25 * 7 + 24)
    few = whole_sweep(network, image, settings, follow=[worst])
    assert not keeps_all_classes(network, settings) and few.grid.probabilities.shape == (5, 5, 7)
    assert {worst, best} <= set(few.classes)
    expected = {worst, *np.argsort(-everything.clean_probabilities, kind="stable")[:6].tolist()}
    assert set(few.classes.tolist()) == expected
    for class_index in few.classes.tolist():
        assert np.array_equal(few.probability_of(class_index), everything.probability_of(class_index))
    assert np.array_equal(few.class_indices, everything.class_indices), "of all, not of those kept"
    assert np.array_equal(few.class_probabilities, everything.probabilities.max(axis=2))
    with pytest.raises(ExplorerError, match="not kept"):
        few.probability_of(next(place for place in range(40) if place not in few.classes))


def test_a_sweep_of_ten_thousand_classes_takes_little_memory() -> None:
    network = thin_zfnet(classes=10_000)
    tracemalloc.start()
    grid = sweep_module._Grid(network, OcclusionSettings(8, 8, 4), *(np.arange(55) * 4,) * 2)
    results = [grid.result(0.0) for _ in range(50)]
    assert tracemalloc.get_traced_memory()[1] < 40 * 2**20, "nothing of positions × classes, no copy per result"
    tracemalloc.stop()
    assert results[-1].grid.probabilities.nbytes <= 4 * sweep_module.LARGEST_GRID
