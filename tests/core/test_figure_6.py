"""The panels of Fig. 6(a–c): the file there and back, the measure by hand, and what is shipped."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from zfnet_core.errors import CheckpointError
from zfnet_core.exhibits.comparison.figure_6 import BUNDLED, Panel, load, save
from zfnet_core.exhibits.comparison.flat_filters import FLAT_FROM, flat_share, flatness
from zfnet_core.training.filters import panel_of, write_panels
from zfnet_core.training.presets import FIGURE_6
from zfnet_core.training.run_directory import RunDirectory


def finished_run(folder: Path, name: str, filters: torch.Tensor) -> RunDirectory:
    run = RunDirectory(folder / name)
    run.begin(FIGURE_6[name], {"classes": ["a", "b"], "train": 20, "val": 5, "sources": []})
    run.save_snapshot(0, {"conv1.weight": torch.zeros_like(filters)})
    run.save_snapshot(1, {"conv1.weight": filters})
    run.write_log([{"epoch": 1, "px": 64, "val_top1": 0.5, "val_photos": 5}])
    return run


def test_runs_become_panels(tmp_path: Path) -> None:
    filters = torch.randn(96, 3, 7, 7, generator=torch.Generator().manual_seed(0)) * 0.05
    runs = [finished_run(tmp_path, "fig6a", filters), finished_run(tmp_path, "fig6c", filters * 2)]
    write_panels(runs, tmp_path / "out" / "panels.safetensors")
    panels = load(tmp_path / "out" / "panels.safetensors")
    assert list(panels) == ["a", "c"]
    np.testing.assert_allclose(panels["c"].filters, 2 * filters.numpy(), atol=2e-4)
    assert panels["a"].run["rms_limit"] is None and panels["c"].run["rms_limit"] == 0.1
    assert panels["a"].run["epochs"] == 1 and panels["a"].run["val_top1"] == 0.5
    assert load(tmp_path / "nothing") == {}


def test_a_run_that_is_none_of_these_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="fig6a"):
        panel_of(RunDirectory(tmp_path / "zfnet"))
    fresh = RunDirectory(tmp_path / "fig6b")
    fresh.begin(FIGURE_6["fig6b"], {"classes": ["a"], "train": 1, "val": 1, "sources": []})
    with pytest.raises(CheckpointError, match="not finished"):
        panel_of(fresh)


def test_a_dominating_filter_is_measured_and_seen() -> None:
    filters = np.full((3, 3, 2, 2), 0.1, np.float32)
    filters[1] = -0.5
    panel = Panel("a", filters, {})
    assert panel.dominance == pytest.approx(5)
    pictures = panel.pictures()
    assert pictures.shape == (3, 2, 2, 3)
    assert set(pictures[1].ravel()) == {0} and set(pictures[0].ravel()) == {153}  # 128 + 0.2 × 127


def test_float16_keeps_filters(tmp_path: Path) -> None:
    filters = np.random.default_rng(0).normal(0, 0.1, (4, 3, 7, 7)).astype(np.float32)
    save({"b": Panel("b", filters, {"px": 64})}, tmp_path / "f.safetensors")
    assert np.abs(load(tmp_path / "f.safetensors")["b"].filters - filters).max() < 3e-4


def test_what_is_shipped() -> None:
    panels = load()
    assert set(panels) == {"a", "b", "c"} and BUNDLED.stat().st_size < 200_000
    assert panels["b"].filters.shape == (96, 3, 11, 11) and panels["c"].filters.shape == (96, 3, 7, 7)
    shipped = {letter: (panel.run["network"], panel.run["rms_limit"]) for letter, panel in panels.items()}
    assert shipped == {"a": ("zfnet", None), "b": ("alexnet", 0.1), "c": ("zfnet", 0.1)}
    for letter, panel in panels.items():
        assert json.dumps(dict(panel.run)) and panel.run["epochs"] >= 1
        assert panel.claim.where.endswith(f"Fig. 6 {letter}")
        if letter != "a":
            assert panel.rms.max() <= 0.1 * 1.001
    assert not np.array_equal(panels["a"].filters, panels["c"].filters)
    assert panels["c"].limit_acts_from == 4000  # from then on the largest RMS is the limit
    assert all(largest >= 0.099 for step, largest in panels["c"].run["largest_rms"] if step >= 4000)
    assert panels["a"].limit_acts_from is None and panels["b"].limit_acts_from is None
    for panel in panels.values():
        assert panel.rms.max() == pytest.approx(panel.run["largest_rms"][-1][1], rel=0.02)


def test_flat_filters_are_counted_as_the_eye_counts_them() -> None:
    """Literally: fit the best flat colour to each filter and see what part of its power is left."""
    dice = np.random.default_rng(2)
    filters = dice.normal(0, 0.1, (40, 3, 7, 7)).astype(np.float32)
    filters[:12] += dice.normal(0, 0.4, (12, 3, 1, 1)).astype(np.float32)
    filters[5] = 0
    count = 0
    for one, found in zip(filters.astype(float), flatness(filters), strict=True):
        power = left = 0.0
        for colour in one:
            mean = sum(colour.ravel()) / colour.size
            power += sum(value * value for value in colour.ravel())
            left += sum((value - mean) ** 2 for value in colour.ravel())
        explained = 1 - left / power if power else 0.0
        assert found == pytest.approx(explained, abs=1e-9)
        count += explained >= FLAT_FROM
    assert flat_share(filters) == count / 40 and 5 < count < 13
    assert flatness(dice.normal(size=(500, 3, 7, 7))).mean() == pytest.approx(1 / 49, rel=0.1)
