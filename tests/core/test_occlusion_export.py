"""What a sweep writes and how a guess is scored, against the numbers themselves and a literal count."""

from __future__ import annotations

import csv
import io
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from zfnet_core.exhibits.occlusion import sweep as occlusion
from zfnet_core.exhibits.occlusion.export import csv as csv_of
from zfnet_core.exhibits.occlusion.export import script
from zfnet_core.exhibits.occlusion.occluder import OcclusionSettings
from zfnet_core.exhibits.occlusion.score import answers, importance, score
from zfnet_core.models import checkpoints, zoo
from zfnet_core.photos import samples
from zfnet_core.photos.images import Crop, prepare

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def chelsea() -> tuple[zoo.Network, torch.Tensor]:
    torch.set_num_threads(1)
    network = zoo.load(zoo.DEFAULT)
    return network, prepare(samples.load("chelsea"), network.preprocessing)


def test_the_saved_grid_and_script_repeat_the_numbers(chelsea, tmp_path: Path) -> None:
    network, image = chelsea
    settings = OcclusionSettings(64, 96, 64, "#336699")
    sweep = occlusion.whole_sweep(network, image, settings)
    lines = list(csv.DictReader(io.StringIO(csv_of(sweep, network.labels, 3, 5))))
    assert len(lines) == sweep.known.size
    for number, line in enumerate(lines):
        row, column = divmod(number, len(sweep.lefts_px))
        assert int(line["left_px"]) == sweep.lefts_px[column]
        assert abs(float(line[f"probability of {network.labels[3]}"]) - sweep.probabilities[row, column, 3]) < 1e-6
        assert line["most probable class"] == network.labels[sweep.class_indices[row, column]]
    program = tmp_path / "occlusion.py"
    program.write_text(script(network, "chelsea", Crop(), settings, 3, 5))
    done = subprocess.run(
        [sys.executable, program], cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    printed = [line.split() for line in done.stdout.splitlines()[3:]]
    assert len(printed) == len(lines)
    for line, parts in zip(lines, printed, strict=True):
        assert parts[:2] == [line["top_px"], line["left_px"]]
        assert abs(float(parts[2]) - float(line[f"probability of {network.labels[3]}"])) < 2e-5


def test_importance_and_scores_against_a_literal_count(chelsea) -> None:
    network, image = chelsea
    sweep = occlusion.whole_sweep(network, image, OcclusionSettings(64, 96, 40))
    felt = importance(sweep, 7, 224)
    for row, column in ((0, 0), (100, 50), (63, 95), (150, 200), (223, 223)):
        losses = [
            sweep.clean_probabilities[7] - sweep.probabilities[r, c, 7]
            for r, top in enumerate(sweep.tops_px)
            for c, left in enumerate(sweep.lefts_px)
            if top <= row < top + 64 and left <= column < left + 96
        ]
        assert abs(felt[row, column] - (np.mean(losses) if losses else 0)) < 1e-7
    cells = felt.reshape(28, 8, 28, 8).mean(axis=(1, 3))
    best = np.unravel_index(np.argsort(-cells, axis=None)[:60], cells.shape)
    drawn = np.zeros((28, 28), dtype=bool)
    drawn[best] = True
    perfect = score(sweep, 7, drawn, 224)
    assert perfect.overlap == 1 and abs(perfect.chance - 60 / 784) < 1e-9
    drawn[:] = False
    drawn[np.unravel_index(np.argsort(cells, axis=None)[:60], cells.shape)] = True
    assert score(sweep, 7, drawn, 224).overlap == 0
    assert score(sweep, 7, np.zeros((28, 28), dtype=bool), 224).overlap == 0
    assert abs(sum(answers(sweep).values()) - 1) < 1e-9


def test_the_script_for_weights_of_ones_own_loads_a_file(chelsea, tmp_path: Path) -> None:
    network, _ = chelsea
    weights = tmp_path / "my-weights.safetensors"
    save_file({name: value.contiguous() for name, value in network.module.state_dict().items()}, weights)
    entry = zoo.entry(zoo.DEFAULT)
    own = checkpoints.load_checkpoint(weights.read_bytes(), entry, name="mine.safetensors")
    settings = OcclusionSettings(64, 96, 128)
    text = script(own, "chelsea", Crop(), settings, 3, 5)
    assert f"zoo.entry({zoo.DEFAULT!r})" in text
    (tmp_path / "occlusion.py").write_text(text)
    done = subprocess.run(
        [sys.executable, "occlusion.py"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert "mine" not in text and "my-weights.safetensors" in done.stdout.splitlines()[0]
