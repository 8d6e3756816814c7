"""A killed run goes on exactly; two processes learn what one learns; a run becomes files that others can use."""

import io
import json
import os
import signal
import subprocess
import sys
import time
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from tiny_photos import write_tiny_photos
from torch import nn

from zfnet_core.evaluate.answers import answers_path, read_answers
from zfnet_core.exhibits.comparison.aliasing import folded_energy
from zfnet_core.exhibits.evolution import film as evolution
from zfnet_core.models.alexnet import alexnet
from zfnet_core.models.batch_norm_folding import folded
from zfnet_core.models.zfnet import zfnet
from zfnet_core.paper import ablation, random_starts, values
from zfnet_core.photos import samples
from zfnet_core.photos.corpus import open_corpus
from zfnet_core.photos.framed import FramedPhoto, inputs
from zfnet_core.training.__main__ import main
from zfnet_core.training.augment import evaluation_batch
from zfnet_core.training.film import network_after
from zfnet_core.training.packed import pack
from zfnet_core.training.presets import TABLE_3
from zfnet_core.training.recipe import Recipe
from zfnet_core.training.run_directory import RunDirectory
from zfnet_core.training.schedule import rate_after, rate_at
from zfnet_core.training.trainable import TrainableNetwork
from zfnet_core.training.unfolding import unfold

ROOT = Path(__file__).parents[2]
SETTINGS = {"batch": 12, "units": [8, 8], "checked_photos": 6, "peak_rate": 0.01, "settle_views": 1, "settle_epochs": 1}
PATIENCE_S = 300


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with tiny photos and a cache that all runs of this file share."""
    place = tmp_path_factory.mktemp("training")
    write_tiny_photos(place / "photos")
    return place


def command(place, what, run, *more):
    flags = ("--cache", place / "cache", "--device", "cpu", "--threads", "1", "--half", "no")
    return [str(word) for word in (what, place / run, *flags, *more)]


def start_of(place, run, **settings):
    recipe = place / f"{run}.json"
    recipe.write_text(json.dumps(SETTINGS | settings))
    more = ("--data", place / "photos", "--recipe", recipe, "--checkpoint-seconds", "0")
    return command(place, "train", run, *more)


def answer(words):
    """Run a command here: (whether it succeeded, what it printed, what it complained about)."""
    out, complaints = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(complaints):
        status = main(words)
    return status == 0, out.getvalue(), complaints.getvalue()


def finished(words):
    good, said, complaints = answer(words)
    assert good, complaints
    return said


def begun(words, launcher=()):
    """Run a command as a process of its own."""
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    return subprocess.Popen(
        [sys.executable, *launcher, "-m", "zfnet_core.training", *words],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


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
    process = begun(start_of(place, "killed", stages=[[2, 48]]))
    state, patience = place / "killed" / "state.pt", time.monotonic() + PATIENCE_S
    while not state.exists() and process.poll() is None and time.monotonic() < patience:
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    assert 2 not in RunDirectory(place / "killed").snapshots()
    said = finished(command(place, "train", "killed", "--resume"))
    assert "going on from epoch" in said
    assert largest_difference(last_weights(place / "killed"), last_weights(whole_run)) == 0
    losses = [[record["loss"] for record in RunDirectory(run).log()] for run in (place / "killed", whole_run)]
    assert losses[0] == losses[1]


def test_a_run_is_not_begun_twice_by_mistake(place, whole_run):
    good, _, complaint = answer(start_of(place, "whole"))
    assert not good and "--resume" in complaint and complaint.count("\n") == 1


def test_two_processes_learn_what_one_learns(place):
    settings = {"stages": [[1, 48]], "dropout": 0.0, "seed": 1}  # without a tie in max-pooling that rounding decides
    launcher = ("-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2")
    finished(start_of(place, "one", **settings))
    process = begun(start_of(place, "two", **settings), launcher)
    assert process.wait(PATIENCE_S) == 0, process.stderr.read()
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
    answers = read_answers(answers_path("zfnet-classroom", place / "out"))["val"]
    assert len(answers) == 12 and answers.best.shape == (12, 3)
    assert [int(id.split("/")[1][-1]) for id in answers.ids] == answers.truth.tolist()
    assert answers.right.mean() == pytest.approx(card["accuracy"]["val"]["top1"], abs=6e-5)
    assert answers.among.tolist() == answers.best[:, 0].tolist()

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


def test_every_row_of_the_papers_table_3_has_its_preset():
    assert list(ablation.PAPER_ROWS) == list(TABLE_3)
    assert tuple(ablation.PAPER_ROWS.values()) == values.exhibit("table-3").rows


def test_finished_runs_become_rows_of_the_table(place, whole_run):
    """Judged again by hand from the run's own snapshot, for a folder that has a row's name."""
    (place / "zfnet-2048-units").symlink_to(whole_run, target_is_directory=True)
    (place / "zfnet").mkdir()
    RunDirectory(place / "zfnet").begin(Recipe(), RunDirectory(whole_run).data)
    out = place / "table.json"
    both = command(place, "table", "zfnet", "--out", out)
    both.insert(both.index(str(place / "zfnet")), str(place / "zfnet-2048-units"))
    said = finished(both)
    assert "zfnet has not finished" in said
    (row,) = ablation.rows(out)
    run = RunDirectory(whole_run)
    network = run.recipe.build(3)
    network.load_state_dict(run.load_snapshot(2))
    packed = pack(open_corpus(run.data["sources"]), place / "cache")
    for split, error in (("train", row.train_top1_error), ("val", row.val_top1_error)):
        photos = getattr(packed, split)
        pictures = evaluation_batch(photos, range(len(photos)), row.judged_px, run.recipe)
        with torch.inference_mode():
            scores = TrainableNetwork(network.eval())(pictures)[0]
        assert error == pytest.approx((scores.argmax(1) != photos.labels).double().mean().item(), abs=1e-4)
    assert (row.row, row.epochs, row.px, row.train_photos, row.val_photos) == ("zfnet-2048-units", 2, (48,), 36, 12)
    assert row.parameters == sum(p.numel() for p in network.parameters()) and "36 photos at 48 px" in row.size


def test_a_runs_start_is_measured_on_its_own_photos(place, whole_run):
    """The batch statistics are those of its photos at the size of use, not of the small pictures that it learned on."""
    out = place / "starts.json"
    said = finished(command(place, "starts", "whole", "--out", out))
    assert "ZFNet, seed 0" in said
    found, run = random_starts.load(out), RunDirectory(whole_run)
    train = pack(open_corpus(run.data["sources"]), place / "cache").train
    images = inputs([FramedPhoto(samples.load(name)) for name in samples.FIVE], run.recipe.preprocessing)
    measured, as_kept = (
        float(folded_energy(network_after(run, 2, photos), images).share.mean()) for photos in (train, None)
    )
    (kept,) = found.values("folded")["ZFNet"]
    assert kept == pytest.approx(measured, abs=2e-5) and kept != pytest.approx(as_kept, abs=2e-5)
    assert found.deviation("folded") is None, "one start"
    assert (found.epochs, found.train_photos) == (2, 36)


def test_a_run_that_is_no_row_is_refused_by_name(place, whole_run):
    good, _, complaint = answer(command(place, "table", "whole", "--out", place / "none.json"))
    assert not good and "whole is no row of Table 3" in complaint and complaint.count("\n") == 1


@pytest.mark.parametrize("make", [zfnet, alexnet])
def test_unfolding_gives_a_network_its_batch_norms_back(make):
    torch.manual_seed(0)
    plain = make(3, (8, 8), norm="none").eval()
    recipe = Recipe(network=make.__name__, units=(8, 8))
    form = TrainableNetwork(recipe.build(3))
    pictures = torch.randn(3, 3, 224, 224)
    unfold(plain, form, pictures, recipe.first_layer_std)
    again = folded(form.eval().network).state_dict()
    for name, value in plain.state_dict().items():
        assert torch.allclose(again[name], value, rtol=1e-4, atol=1e-6), name
    with torch.inference_mode():
        scores, second = form(pictures)
        expected = plain(pictures)
        assert (scores - expected).abs().max() < 1e-4 * expected.abs().max() and second.abs().max() == 0
        form.train()
        for part in form.network:
            if isinstance(part, nn.Dropout):
                part.p = 0
        trained = form(pictures)[0]  # batch statistics are those that were measured
    assert (trained - expected).abs().max() < 1e-3 * expected.abs().max()
    assert form.network.conv1.weight.detach().square().mean((1, 2, 3)).sqrt().numpy() == pytest.approx(0.01, rel=1e-4)
    assert form.network.conv3.weight[7].square().mean().sqrt().item() == pytest.approx((2 / (256 * 9)) ** 0.5, rel=1e-4)


def test_a_run_goes_on_from_what_an_earlier_one_exported(place, whole_run):
    card, film = place / "out/zfnet-classroom.json", place / "film/zfnet-classroom.json"
    if not film.exists():
        finished(command(place, "settle", "whole"))
        finished(command(place, "export", "whole", "--out", place / "out"))
        finished(command(place, "evolution", "whole", "--out", place / "film", "--photos", "10", "--maps", "3"))
    begin = start_of(place, "longer", stages=[[2, 48], [1, 64]], cycles=[[2, 0.01], [1, 0.005]])
    finished([*begin, "--go-on-from", str(card), str(film)])
    run = RunDirectory(place / "longer")
    assert [record["epoch"] for record in run.log()] == [1, 2, 3]
    assert run.log()[:2] == RunDirectory(whole_run).log() and run.log()[2]["px"] == 64
    assert list(run.snapshots()) == [3]
    finished(
        command(place, "evolution", "longer", "--out", place / "film", "--photos", "10", "--maps", "3", "--known", film)
    )
    joined = evolution.load(film)
    assert joined.epochs == (0, 1, 2, 3) and len(joined.curve) == 3 and "3 epochs" in joined.about


def test_several_cycles_follow_one_another():
    recipe = Recipe(stages=((2, 80), (4, 112)), cycles=((2, 0.05), (4, 0.03)), warmup=0.25)
    assert [rate_after(epochs, recipe) for epochs in (0.5, 3)] == pytest.approx([0.05, 0.03])
    assert rate_after(1.999, recipe) < 1e-4 < 0.04 * 0.03 * 0.99 < rate_after(2, recipe) < 0.0013
    one = Recipe(stages=((2, 80), (4, 112)))
    assert rate_after(3, one) == rate_at(0.5, one) and rate_after(6, one) == 0


def test_a_recipe_survives_being_written_and_has_one_learning_rate_cycle():
    recipe = Recipe(network="alexnet", stages=((2, 80), (3, 112)), rms_limit=0.1)
    assert Recipe.from_json(recipe.to_json()) == recipe
    assert [recipe.px_of(epoch) for epoch in range(1, 6)] == [80, 80, 112, 112, 112]
    rates = [rate_at(done, recipe) for done in np.linspace(0, 1, 101)]
    assert max(rates) == pytest.approx(recipe.peak_rate) and rates[-1] == pytest.approx(0, abs=1e-9)
    assert np.argmax(rates) == round(100 * recipe.warmup)
