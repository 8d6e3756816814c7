"""A killed run goes on exactly; two processes learn what one learns; a run becomes files that others can use."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from tiny_photos import write_tiny_photos
from torch import nn

from zfnet_core.experiments import evolution
from zfnet_core.models.alexnet import alexnet
from zfnet_core.models.batch_norm_folding import folded
from zfnet_core.models.zfnet import zfnet
from zfnet_core.training.presets import TABLE_3
from zfnet_core.training.recipe import Recipe
from zfnet_core.training.run_directory import RunDirectory
from zfnet_core.training.schedule import rate_at
from zfnet_core.training.table3 import write_table

ROOT = Path(__file__).parents[2]
SETTINGS = {"batch": 12, "units": [8, 8], "checked_photos": 6, "peak_rate": 0.01, "settle_views": 1, "settle_epochs": 1}
PATIENCE_S = 300


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with tiny photos and a cache that all runs of this file share."""
    place = tmp_path_factory.mktemp("training")
    write_tiny_photos(place / "photos")
    return place


def command(place, what, run, *more, launcher=()):
    flags = ("--cache", place / "cache", "--device", "cpu", "--threads", "1", "--half", "no")
    return [sys.executable, *launcher, "-m", "zfnet_core.training", what, place / run, *flags, *more]


def start_of(place, run, launcher=(), **settings):
    recipe = place / f"{run}.json"
    recipe.write_text(json.dumps(SETTINGS | settings))
    more = ("--data", place / "photos", "--recipe", recipe, "--checkpoint-seconds", "0")
    return command(place, "train", run, *more, launcher=launcher)


def finished(arguments):
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [str(part) for part in arguments], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=PATIENCE_S
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def last_weights(run):
    directory = RunDirectory(run)
    return directory.load_snapshot(max(directory.snapshots()))


def largest_difference(one, other):
    assert one.keys() == other.keys()
    return max((one[key].double() - other[key].double()).abs().max().item() for key in one)


@pytest.fixture(scope="module")
def whole_run(place):
    finished(start_of(place, "whole", stages=[[2, 48]]))
    return place / "whole"


def test_a_run_keeps_recipe_log_and_snapshots(whole_run):
    run = RunDirectory(whole_run)
    assert run.recipe.stages == ((2, 48),)
    assert run.data["classes"] == ["class_0", "class_1", "class_2"]
    assert [record["epoch"] for record in run.log()] == [1, 2]
    assert all(record["px"] == 48 and record["seconds"] > 0 and 0 <= record["val_top1"] <= 1 for record in run.log())
    assert list(run.snapshots()) == [0, 1, 2]


def test_a_killed_run_ends_with_the_weights_of_an_uninterrupted_one(place, whole_run):
    begun = subprocess.Popen(
        [str(part) for part in start_of(place, "killed", stages=[[2, 48]])],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    state, patience = place / "killed" / "state.pt", time.monotonic() + PATIENCE_S
    while not state.exists() and begun.poll() is None and time.monotonic() < patience:
        time.sleep(0.01)
    begun.send_signal(signal.SIGKILL)
    assert begun.wait() == -signal.SIGKILL
    assert 2 not in RunDirectory(place / "killed").snapshots()
    said = finished(command(place, "train", "killed", "--resume"))
    assert "going on from epoch" in said
    assert largest_difference(last_weights(place / "killed"), last_weights(whole_run)) == 0
    losses = [[record["loss"] for record in RunDirectory(run).log()] for run in (place / "killed", whole_run)]
    assert losses[0] == losses[1]


def test_a_run_is_not_begun_twice_by_mistake(place, whole_run):
    again = [str(part) for part in start_of(place, "whole")]
    done = subprocess.run(again, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE_S)
    assert done.returncode == 1
    assert "--resume" in done.stderr and "Traceback" not in done.stderr


def test_two_processes_learn_what_one_learns(place):
    settings = {"stages": [[1, 48]], "dropout": 0.0}
    launcher = ("-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2")
    finished(start_of(place, "one", **settings))
    finished(start_of(place, "two", launcher, **settings))
    one, two, start = (RunDirectory(place / run) for run in ("one", "two", "one"))
    assert largest_difference(start.load_snapshot(0), two.load_snapshot(0)) == 0
    learnt = largest_difference(one.load_snapshot(0), one.load_snapshot(1))
    assert largest_difference(one.load_snapshot(1), two.load_snapshot(1)) < 1e-4 < 0.01 * learnt
    assert one.log()[0]["loss"] == pytest.approx(two.log()[0]["loss"], abs=1e-4)


def test_a_run_becomes_weights_a_card_and_a_film(place, whole_run):
    finished(command(place, "settle", "whole"))
    finished(command(place, "export", "whole", "--out", place / "out", "--among", "two=class 0,class 1"))
    card = json.loads((place / "out/zfnet-classroom.json").read_text())
    weights = load_file(place / "out/zfnet-classroom.safetensors")
    assert all(value.dtype == torch.float16 for value in weights.values())
    plain = zfnet(3, (8, 8), norm="none")
    plain.load_state_dict({key: value.float() for key, value in weights.items()})
    assert card["labels"] == ["class 0", "class 1", "class 2"]
    assert card["accuracy"]["val"]["photos"] == 12 and card["accuracy"]["val_among"]["two"]["photos"] == 8
    assert card["parameters"]["total"] == sum(p.numel() for p in plain.parameters())

    finished(command(place, "evolution", "whole", "--out", place / "film", "--photos", "10", "--maps", "3"))
    film = evolution.load(place / "film/zfnet-classroom.json")
    assert film.epochs == (0, 1, 2) and film.photos == 10 and len(film.curve) == 2
    assert [layer.tile_px for layer in film.layers] == [7, 27, 75, 107, 139]
    for layer in film.layers:
        assert layer.values.shape == (3, 3) and layer.pictures.dtype == np.uint8
        assert set(layer.photo_ids.ravel()) <= {f"train/class_{c}/{i}.png" for c in range(3) for i in range(12)}
        assert not layer.changed_photo[:, 0].any() and np.isnan(layer.difference[:, 0]).all()


@pytest.mark.parametrize("make", [zfnet, alexnet])
def test_folding_batch_norm_changes_nothing(make):
    torch.manual_seed(0)
    network = make(5, (8, 8), norm="none", batch_norm=True)
    for part in network:
        if isinstance(part, nn.BatchNorm2d):
            nn.init.uniform_(part.weight, 0.5, 2)
            nn.init.normal_(part.bias)
            part.running_mean.normal_()
            part.running_var.uniform_(0.3, 3)
    plain = folded(network.eval())
    assert not any(isinstance(part, nn.BatchNorm2d) for part in plain)
    assert plain.state_dict().keys() == make(5, (8, 8), norm="none").state_dict().keys()
    pictures = torch.randn(2, 3, 224, 224)
    with torch.inference_mode():
        before, after = network(pictures), plain(pictures)
    assert (before - after).abs().max() < 1e-4 * before.abs().max()


def test_folding_refuses_a_batch_norm_without_a_convolution():
    with pytest.raises(ValueError, match="only a convolution"):
        folded(nn.Sequential(nn.ReLU(), nn.BatchNorm2d(3)))


# Parameters in millions at 1000 classes, computed by hand from Table 3's descriptions.
TABLE_3_MILLIONS = (62.38, 59.87, 45.60, 12.96, 10.46, 28.87, 154.56, 62.36, 28.85, 154.54, 107.63, 237.56)


def test_the_rows_of_table_3_have_their_sizes_and_keep_their_layers_names():
    for recipe, millions in zip(TABLE_3.values(), TABLE_3_MILLIONS, strict=True):
        with torch.device("meta"):
            network = replace(recipe, batch_norm=False).build(1000)
        assert sum(p.numel() for p in network.parameters()) / 1e6 == pytest.approx(millions, abs=0.006)
        layers = [name for name, part in network.named_children() if isinstance(part, nn.Conv2d | nn.Linear)]
        expected = [f"conv{n}" for n in range(1, 6)] + ["fc6", "fc7", "fc8"]
        assert layers == [name for name in expected if int(name[-1]) not in recipe.without]


def test_finished_runs_become_rows_of_the_table(whole_run, tmp_path):
    (row,) = write_table([RunDirectory(whole_run)], tmp_path / "table.json")
    last = RunDirectory(whole_run).log()[-1]
    assert json.loads((tmp_path / "table.json").read_text()) == {"rows": [row]}
    assert row["row"] == "whole" and row["epochs"] == 2 and row["val_top1_error"] == 1 - last["val_top1"]


def test_a_recipe_survives_being_written_and_has_one_learning_rate_cycle():
    recipe = Recipe(network="alexnet", stages=((2, 80), (3, 112)), rms_limit=0.1)
    assert Recipe.from_json(recipe.to_json()) == recipe
    assert [recipe.px_of(epoch) for epoch in range(1, 6)] == [80, 80, 112, 112, 112]
    rates = [rate_at(done, recipe) for done in np.linspace(0, 1, 101)]
    assert max(rates) == pytest.approx(recipe.peak_rate) and rates[-1] == pytest.approx(0, abs=1e-9)
    assert np.argmax(rates) == round(100 * recipe.warmup)
