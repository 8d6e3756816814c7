"""The bundled pair is what its cards say, and the definitions behind the cards' numbers count what they should."""

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from torch import nn

from zfnet_core import sample_photos
from zfnet_core.experiments import evolution
from zfnet_core.experiments.dead_filters import dead_filters
from zfnet_core.images import prepare
from zfnet_core.models import zoo
from zfnet_core.models.alexnet import alexnet
from zfnet_core.models.zfnet import zfnet
from zfnet_core.trace import trace
from zfnet_core.training.augment import judged_batch
from zfnet_core.training.form import TrainingForm, clip_filters
from zfnet_core.training.judging import judged, judged_among, scores_of
from zfnet_core.training.machine import Machine
from zfnet_core.training.outside import SHOWS
from zfnet_core.training.packed import pack
from zfnet_core.training.photos import find_photos
from zfnet_core.training.recipe import Recipe

ASSETS = Path(__file__).parents[2] / "assets"
SHARD = Path(__file__).parents[3] / "shared" / "data" / "classroom-0.zip"
PAIR = {"zfnet-classroom": zfnet, "alexnet-classroom": alexnet}
PHOTOS = 300


def card_of(name):
    return json.loads((ASSETS / "weights" / f"{name}.json").read_text())


def shipped(name):
    card = card_of(name)
    network = PAIR[name](card["architecture"]["classes"], tuple(card["architecture"]["units"]), norm="none")
    weights = load_file(ASSETS / "weights" / f"{name}.safetensors")
    network.load_state_dict({key: value.float() for key, value in weights.items()})
    return network.eval()


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    """Some validation photos, the same for both networks; skipped where the data is not there."""
    if not SHARD.exists():
        pytest.skip("the training data is not here")
    found = find_photos([str(SHARD)])
    labels = {photo.label for photo in found}
    validation = [photo for photo in found if photo.split == "val"]
    chosen = validation[:: max(1, len(validation) // PHOTOS)]
    kept = {photo.label: photo for photo in found if photo.split == "train"}  # one of each class names the classes
    assert kept.keys() == labels
    return pack([*kept.values(), *chosen], tmp_path_factory.mktemp("cache"))["val"]


@pytest.mark.parametrize("name", PAIR)
def test_the_card_belongs_to_the_weights(name):
    card = card_of(name)
    path = ASSETS / "weights" / f"{name}.safetensors"
    assert hashlib.sha256(path.read_bytes()).hexdigest() == card["sha256"]
    network = shipped(name)
    assert sum(p.numel() for p in network.parameters()) == card["parameters"]["total"]
    assert len(card["labels"]) == card["architecture"]["classes"] == network.fc8.out_features == 110
    assert sorted(card["labels"]) == card["labels"] and not any("_" in label for label in card["labels"])
    assert card["data"]["licences"] and card["repeat"] and card["summary"]


@pytest.mark.parametrize("name", PAIR)
def test_the_cards_accuracy_is_reproduced_on_a_sample(name, photos):
    torch.set_num_threads(1)
    card = card_of(name)
    recipe = Recipe.from_json(json.dumps(card["recipe"]))
    assert list(photos.classes) == [label.replace(" ", "_") for label in card["labels"]]
    form = TrainingForm(shipped(name)).to(memory_format=torch.channels_last)
    accuracy = judged(scores_of(form, photos, card["preprocessing"]["input_px"], recipe, Machine()), photos.labels)
    promised = card["accuracy"]["val"]
    for share, ours in (("top1", accuracy.top1), ("top5", accuracy.top5)):
        deviation = (promised[share] * (1 - promised[share]) / len(photos)) ** 0.5
        assert abs(ours - promised[share]) < 3 * deviation


@pytest.mark.parametrize("name", PAIR)
def test_the_card_tells_of_every_validation_photo_whether_it_is_recognised(name, photos):
    """The card's bits are in the order of all photos' ids; those of this sample are computed again."""
    torch.set_num_threads(1)
    card = card_of(name)
    ids = sorted(photo.id for photo in find_photos([str(SHARD.parent)]) if photo.split == "val")
    bits = np.unpackbits(np.frombuffer(bytes.fromhex(card["accuracy"]["val_right"]), np.uint8))[: len(ids)]
    assert len(ids) == card["accuracy"]["val"]["photos"]
    assert bits.mean() == pytest.approx(card["accuracy"]["val"]["top1"], abs=1e-4)
    recipe = Recipe.from_json(json.dumps(card["recipe"]))
    form = TrainingForm(shipped(name)).to(memory_format=torch.channels_last)
    right = scores_of(form, photos, card["preprocessing"]["input_px"], recipe, Machine()).argmax(1) == photos.labels
    promised = bits[[ids.index(id) for id in photos.ids]].astype(bool)
    assert (right.numpy() != promised).sum() <= 2  # a tie may fall otherwise on another processor


@pytest.mark.parametrize("name", PAIR)
def test_the_cards_photos_from_outside_are_answered_so(name):
    card = card_of(name)
    told = card["accuracy"]["outside"]
    assert set(told) == set(SHOWS) and all(told[photo]["accepted"] == list(SHOWS[photo]) for photo in told)
    network = zoo.load(name)
    for photo, answer in told.items():
        shares = trace(network, prepare(sample_photos.load(photo), network.preprocessing)).probabilities[0]
        best = [network.labels[index] for index in shares.topk(3).indices]
        assert [label for label, _ in answer["top3"]] == best
        assert [share for _, share in answer["top3"]] == pytest.approx(shares.topk(3).values.tolist(), abs=2e-3)


def test_zfnet_has_no_more_dead_filters_than_alexnet(photos):
    dead = {}
    for name in PAIR:
        card = card_of(name)
        pictures = judged_batch(photos, range(0, len(photos), 4), 224, Recipe.from_json(json.dumps(card["recipe"])))
        dead[name] = dead_filters(shipped(name)[0], pictures).share
        assert dead[name] == pytest.approx(card["dead_filters"]["share"], abs=0.03)
    assert dead["zfnet-classroom"] <= dead["alexnet-classroom"]


@pytest.mark.parametrize("name", PAIR)
def test_the_bundled_film_can_be_read(name):
    film = evolution.load(ASSETS / "evolution" / f"{name}.json")
    assert film.epochs[0] == 0 and film.epochs[-1] == film.curve[-1]["epoch"]
    assert [layer.layer for layer in film.layers] == [f"conv{number}" for number in range(1, 6)]
    for layer in film.layers:
        assert len(layer.maps) >= 12 and len(set(layer.maps)) == len(layer.maps)
        assert layer.pictures.shape[:2] == (len(layer.maps), len(film.epochs))
        silent = layer.values <= 0
        empty = np.abs(layer.pictures[silent].astype(int) - 128)
        assert empty.size == 0 or empty.mean() < 3  # a projection of nothing is flat grey


def test_a_planted_dead_filter_is_counted():
    torch.manual_seed(0)
    conv = nn.Conv2d(3, 8, 7, 2)
    with torch.no_grad():
        conv.weight.normal_(std=0.1)
        conv.bias.zero_()
        conv.weight[2] *= 1e-3
        conv.bias[5] = -1e6
    pictures = torch.randn(2, 3, 40, 40)
    found = dead_filters(conv, pictures)
    assert found.faint.nonzero().ravel().tolist() == [2]
    assert found.silent.nonzero().ravel().tolist() == [5]
    assert found.share == 2 / 8
    assert dead_filters(conv).share == 1 / 8
    by_hand = (conv(pictures)[:, 0] > 0).float().mean()
    assert found.active[0] == pytest.approx(by_hand.item())


def test_accuracy_is_counted_by_hand():
    scores = torch.tensor([[3.0, 2, 1, 0, 0, -1], [0, 1, 2, 3, 4, 5], [0, 9, 8, 7, 6, 5], [1, 0, 5, 0, 0, 0]])
    labels = torch.tensor([0, 0, 2, 2])
    whole = judged(scores, labels)
    assert (whole.top1, whole.top5) == (0.5, 0.75)
    assert whole.per_class == (0.5, None, 0.5, None, None, None) and whole.mean_per_class == 0.5
    among = judged_among(scores, labels, [0, 2])
    assert (among.photos, among.top1) == (4, 0.75)


def test_clipped_filters_have_the_stated_rms():
    form = TrainingForm(Recipe(units=(4, 4)).build(3))
    with torch.no_grad():
        form.network[0].weight[0] = 0.5
    before = form.network[0].weight[1].clone()
    clip_filters(form, 0.1)
    assert form.network[0].weight[0].square().mean().sqrt().item() == pytest.approx(0.1)
    assert torch.equal(form.network[0].weight[1], before)
