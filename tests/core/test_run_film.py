"""The film of a run directory grows with its snapshots, and what is read off it is right."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from tiny_photos import write_tiny_photos

from zfnet_core.errors import CheckpointError, CorpusError
from zfnet_core.exhibits.evolution.film import Evolution, LayerEvolution
from zfnet_core.exhibits.evolution.summary import joined, settled_epoch, still_changing
from zfnet_core.photos.corpus import open_corpus
from zfnet_core.top_activations.mining import layer_maxima
from zfnet_core.training.film import film_of_run, network_after, training_photos
from zfnet_core.training.packed import pack
from zfnet_core.training.presets import PRESETS
from zfnet_core.training.recipe import Recipe
from zfnet_core.training.run_directory import RunDirectory


def begin_run(path: Path, epochs: int, recipe: Recipe | None = None, sources: Sequence[str] = ()) -> RunDirectory:
    """A run that has kept the weights of its first epochs, which are random."""
    run = RunDirectory(path)
    run.begin(
        recipe or replace(Recipe(), units=(4, 4)),
        {"classes": ["a_cat", "b_dog"], "sources": list(sources or ["nowhere"])},
    )
    for epoch in range(epochs):
        keep_epoch(run, epoch)
    return run


def keep_epoch(run: RunDirectory, epoch: int) -> None:
    torch.manual_seed(epoch)
    network = run.recipe.build(2)
    for part in network.modules():
        if isinstance(part, torch.nn.Conv2d):
            torch.nn.init.kaiming_normal_(part.weight)
        if isinstance(part, torch.nn.BatchNorm2d):
            part.running_mean.normal_(0, 0.1)
            part.running_var.uniform_(0.5, 2)
    run.save_snapshot(epoch, network.state_dict())
    record = {"px": 80, "train_top1": 0.1 * epoch, "val_top1": 0.1, "loss": 5.0 - epoch}
    run.write_log([*run.log(), {"epoch": epoch, **record}] if epoch else [])


@pytest.fixture(scope="module")
def photos():
    torch.set_num_threads(1)
    return open_corpus(["samples"]).sample(6)


def test_a_film_grows_by_one_column_for_every_snapshot(tmp_path, photos):
    run = begin_run(tmp_path / "run", 2)
    films = list(film_of_run(run.path, photos))
    assert [film.epochs for film in films] == [(0,), (0, 1)]
    keep_epoch(run, 2)
    (grown,) = film_of_run(run.path, photos, films[-1])
    assert grown.epochs == (0, 1, 2) and len(grown.curve) == 2
    for before, after in zip(films[-1].layers, grown.layers, strict=True):
        np.testing.assert_array_equal(after.pictures[:, :2], before.pictures)
    (same,) = film_of_run(run.path, photos, grown)
    assert same.epochs == grown.epochs

    network = network_after(run, 2)
    images = torch.stack([photos.prepare(photo, network.preprocessing) for photo in range(len(photos))])
    for name, _, maxima in layer_maxima(network, images, ["conv2", "conv5"]):
        part = grown.layer(name)
        for row, map in enumerate(part.maps):
            assert part.photo_ids[row, 2] == photos.ids[int(maxima[:, map].argmax())]
            assert part.values[row, 2] == pytest.approx(float(maxima[:, map].max()), rel=1e-3, abs=1e-5)


def test_snapshots_are_the_trained_network_with_batch_norm_folded(tmp_path, photos):
    run = begin_run(tmp_path / "run", 1)
    network = network_after(run, 0)
    original = run.recipe.build(2)
    original.load_state_dict(run.load_snapshot(0))
    image = photos.prepare(0, network.preprocessing)[None]
    with torch.inference_mode():
        torch.testing.assert_close(network.module(image), original.eval()(image), rtol=1e-3, atol=1e-4)
    assert network.labels == ("a cat", "b dog")


def test_places_without_a_run_are_explained(tmp_path, photos):
    with pytest.raises(CheckpointError, match="no training run"):
        next(film_of_run(tmp_path, photos))
    begin_run(tmp_path / "new", 0)
    with pytest.raises(CorpusError, match="no snapshot yet"):
        next(film_of_run(tmp_path / "new", photos))


def test_a_run_with_fewer_layers_has_a_film_of_those(tmp_path, photos):
    shallow = PRESETS["alexnet-without-3-4-6-7"]
    run = begin_run(tmp_path / "run", 1, shallow)
    (film,) = film_of_run(run.path, photos)
    assert [layer.layer for layer in film.layers] == ["conv1", "conv2", "conv5"]
    assert all((layer.values > 0).any() for layer in film.layers)


def test_a_run_started_anew_in_the_same_folder_is_another_film(tmp_path, photos):
    run = begin_run(tmp_path / "run", 2)
    *_, film = film_of_run(run.path, photos)
    shutil.rmtree(run.path)
    begin_run(tmp_path / "run", 0)
    with pytest.raises(CorpusError, match="no snapshot yet"):
        list(film_of_run(run.path, photos, film))
    keep_epoch(run, 0)
    (anew,) = film_of_run(run.path, photos, film)
    assert anew.epochs == (0,)


def test_a_film_of_other_photos_is_not_gone_on_with(tmp_path, photos):
    run = begin_run(tmp_path / "run", 2)
    *_, film = film_of_run(run.path, photos)
    assert [other.epochs for other in film_of_run(run.path, photos.sample(3), film)] == [(0,), (0, 1)]


def test_the_photos_of_a_run_are_those_of_its_training_part(tmp_path, photos):
    folder = write_tiny_photos(tmp_path / "photos", train=2, val=1)
    (folder / "train" / "class_0" / "broken.png").write_bytes(b"broken")
    run = begin_run(tmp_path / "run", 1, sources=[str(folder)])
    corpus = training_photos(run)
    assert len(corpus) == 7 and all(id.startswith("train/") for id in corpus.ids)
    (film,) = film_of_run(run.path, corpus)
    assert film.photos == 6 and "train/class_0/broken.png" not in film.layers[0].photo_ids
    assert training_photos(begin_run(tmp_path / "other", 1)) is None


def test_of_photos_without_parts_the_run_and_its_film_mean_the_same_ones(tmp_path):
    """The photos of a folder of classes are divided by whoever asks, always alike."""
    write_tiny_photos(tmp_path / "photos", train=10, val=1)
    sources = [str(tmp_path / "photos" / "train")]
    trained = pack(open_corpus(sources), tmp_path / "cache").train
    assert training_photos(begin_run(tmp_path / "run", 1, sources=sources)).ids == trained.ids
    assert 15 < len(trained) < 30


def test_a_run_that_diverged_has_gaps_and_grey_pictures(tmp_path, photos):
    run = begin_run(tmp_path / "run", 1)
    weights = run.load_snapshot(0)
    run.save_snapshot(
        1, {name: value * np.nan if value.is_floating_point() else value for name, value in weights.items()}
    )
    run.write_log([{"epoch": 1, "loss": float("nan"), "val_loss": float("inf"), "val_top1": 0.5}])
    *_, film = film_of_run(run.path, photos)
    assert film.curve == ({"epoch": 1, "loss": None, "val_loss": None, "val_top1": 0.5},)
    for layer in film.layers:
        np.testing.assert_array_equal(layer.values[:, 1], 0)
        assert (np.abs(layer.pictures[:, 1].astype(int) - 128) <= 1).all()


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("recipe.json", '{"network": "zfnet", "colour": 3}', "unknown field colour"),
        ("recipe.json", "[1]", "not a JSON object"),
        ("recipe.json", '{"network": "alexnet", "units": [4, 4]}', "does not fit the recipe"),
        ("recipe.json", '{"network": "zfnet", "maps": [4, 4]}', "does not fit the recipe"),
        ("data.json", "{", "cannot be read"),
        ("log.jsonl", "epoch 1", "not the log"),
        ("snapshots/epoch-000.safetensors", "half", "is damaged"),
    ],
)
def test_files_that_make_no_sense_are_one_sentence(name, content, words, tmp_path, photos):
    run = begin_run(tmp_path / "run", 1)
    (run.path / name).write_text(content)
    with pytest.raises(CheckpointError, match=words) as caught:
        list(film_of_run(run.path, photos))
    assert str(caught.value).count("\n") == 0


def film_by_hand(values: list[list[float]], pictures: np.ndarray) -> Evolution:
    values = np.array(values)
    zeros = np.zeros(values.shape, int)
    ids = np.where(np.arange(values.shape[1]) < 2, "a", "b") * np.ones(values.shape, object)
    layer = LayerEvolution("conv1", (3, 8), ids, zeros, zeros, values, pictures)
    return Evolution("hand", (0, 1, 5, 10), (layer,), (), 2)


def test_change_and_rest_by_hand():
    pictures = np.full((2, 4, 1, 2, 3), 128, np.uint8)
    pictures[0, 0, 0, 0], pictures[0, 1:, 0, 1] = 228, 228  # turns by 90° once, then stays
    pictures[1, 2, 0, 0], pictures[1, 3, 0, 0] = 228, 28  # silent, silent, appears, turns to its negative
    film = film_by_hand([[1, 1, 1, 1], [0, 0, 1, 1]], pictures)
    change = still_changing(film.layers[0])
    assert np.isnan(change[0])
    np.testing.assert_allclose(change[1:], [1, (0 + 1) / 2, (0 + 2) / 2], atol=1e-6)
    assert settled_epoch(film, "conv1") is None
    calm = film_by_hand([[1, 1, 1, 1], [0, 0, 0, 0]], pictures)
    np.testing.assert_allclose(still_changing(calm.layers[0])[1:], [1, 0, 0], atol=1e-6)
    assert settled_epoch(calm, "conv1") == 5


def test_joining_checks_the_maps():
    pictures = np.full((2, 4, 1, 2, 3), 128, np.uint8)
    film = film_by_hand([[1, 1, 1, 1], [0, 0, 0, 0]], pictures)
    assert joined(film, film).layers[0].values.shape == (2, 8)
    other = replace(film, layers=(replace(film.layers[0], maps=(1, 2)),))
    with pytest.raises(ValueError, match="conv1"):
        joined(film, other)
