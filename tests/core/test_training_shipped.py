"""The bundled pair is what its cards say, and the definitions behind the cards' numbers count what they should."""

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import nn

from zfnet_core.errors import CheckpointError
from zfnet_core.evaluate.answers import Answers, answering, class_of, read_answers, sure_from
from zfnet_core.exhibits.comparison.dead_filters import dead_filters
from zfnet_core.exhibits.evolution import film as evolution
from zfnet_core.forward.trace import trace
from zfnet_core.models import zoo
from zfnet_core.models.alexnet import alexnet
from zfnet_core.models.imagenet_classes import imagenet_labels
from zfnet_core.models.unseen_samples import SHOWS
from zfnet_core.models.zfnet import zfnet
from zfnet_core.photos import samples
from zfnet_core.photos.corpus import open_corpus
from zfnet_core.photos.images import prepare
from zfnet_core.training.adopt_film import curve, snapshots
from zfnet_core.training.evaluation import accuracy_among, accuracy_of
from zfnet_core.training.recipe import Recipe
from zfnet_core.training.trainable import TrainableNetwork, clip_filters

ASSETS = Path(__file__).parents[2] / "assets"
DATA = Path(__file__).parents[3] / "shared" / "data"
SOURCES = {"imagenette": [DATA / f"classroom-{shard}.zip" for shard in range(5)], "even": [DATA / "thousand-even.zip"]}
PAIR = {"zfnet-classroom": zfnet, "alexnet-classroom": alexnet}
PHOTOS = 120


def card_of(name):
    return json.loads((ASSETS / "weights" / f"{name}.json").read_text())


def shipped(name):
    card = card_of(name)
    network = PAIR[name](card["architecture"]["classes"], tuple(card["architecture"]["units"]), norm="none")
    weights = load_file(ASSETS / "weights" / f"{name}.safetensors")
    network.load_state_dict({key: value.float() for key, value in weights.items()})
    return network.eval()


@pytest.fixture(scope="module", params=SOURCES)
def photos(request):
    """Every so many photos of a set with the set's name; skipped where the photos are not there."""
    if not all(path.exists() for path in SOURCES[request.param]):
        pytest.skip("the checking photos are not here")
    corpus = open_corpus(SOURCES[request.param], under="val")
    known = [index for index, id in enumerate(corpus.ids) if class_of(id) is not None]
    return request.param, corpus.subset(known[:: max(1, len(known) // PHOTOS)]), [corpus.ids[index] for index in known]


@pytest.mark.parametrize("name", PAIR)
def test_the_card_belongs_to_the_weights(name):
    card = card_of(name)
    path = ASSETS / "weights" / f"{name}.safetensors"
    assert hashlib.sha256(path.read_bytes()).hexdigest() == card["sha256"]
    network = shipped(name)
    assert sum(p.numel() for p in network.parameters()) == card["parameters"]["total"]
    assert len(card["labels"]) == card["architecture"]["classes"] == network.fc8.out_features == 1000
    assert tuple(card["labels"]) == imagenet_labels()
    assert card["data"]["licences"] and card["repeat"] and card["summary"] and card["teacher"]
    assert sum(source["photos"] for source in card["data"]["sources"]) == card["data"]["train_photos"] == 52_543
    assert all(source["terms"] for source in card["data"]["sources"])
    recipe = card["recipe"]
    assert sum(epochs for epochs, _ in recipe["epochs_at_px"]) in (card["epochs"], card["epochs"] + 1)
    seen = recipe["steps"] * recipe["batch"]
    assert seen / card["data"]["train_photos"] == pytest.approx(card["epochs"], abs=0.5)
    assert seen / (60 * card["minutes"]) == pytest.approx(card["photos_per_s"], rel=0.02)


@pytest.mark.parametrize("name", PAIR)
def test_the_cards_figures_follow_from_the_shipped_answers(name):
    """Counted here photo by photo, in another way than the command counts them."""
    card, sets = card_of(name)["accuracy"], read_answers(ASSETS / "weights" / f"{name}-answers.npz")
    labels = card_of(name)["labels"]
    for kind, told in (("imagenette", card["val"]), ("even", card["even"])):
        answers = sets[kind]
        assert len(set(answers.ids)) == len(answers) == told["photos"]
        assert [class_of(id) for id in answers.ids] == answers.truth.tolist()
        first = five = 0
        for truth, best in zip(answers.truth.tolist(), answers.best.tolist(), strict=True):
            first += best[0] == truth
            five += truth in best
        assert told["top1"] == pytest.approx(first / len(answers), abs=6e-5)
        assert told["top5"] == pytest.approx(five / len(answers), abs=6e-5)
    imagenette = sets["imagenette"]
    ten = card["val_among"]["imagenette"]
    assert sorted(ten["classes"]) == sorted({labels[truth] for truth in imagenette.truth})
    assert ten["top1"] == pytest.approx(sum(imagenette.among == imagenette.truth) / len(imagenette), abs=6e-5)
    assert set(card["per_class"]) == set(ten["classes"])
    for label, told in card["per_class"].items():
        here = [best for truth, best in zip(imagenette.truth, imagenette.best, strict=True) if labels[truth] == label]
        assert told["photos"] == len(here) >= 20
        assert told["top1"] == pytest.approx(sum(labels[best[0]] == label for best in here) / len(here), abs=6e-5)
    assert card["sure_from"] == pytest.approx(sure_from(sets["even"]), abs=6e-5)


def test_the_figures_are_those_that_were_promised():
    promised = {"zfnet-classroom": (0.689, 0.848, 0.920), "alexnet-classroom": (0.688, 0.846, 0.920)}
    for name, figures in promised.items():
        card = card_of(name)["accuracy"]
        ours = (card["val"]["top1"], card["val"]["top5"], card["val_among"]["imagenette"]["top1"])
        assert ours == pytest.approx(figures, abs=0.003)


@pytest.mark.parametrize("name", PAIR)
def test_the_shipped_answers_are_given_again(name, photos):
    torch.set_num_threads(1)
    kind, some, all_ids = photos
    kept = read_answers(ASSETS / "weights" / f"{name}-answers.npz")[kind]
    assert sorted(all_ids) == sorted(kept.ids)
    network = zoo.load(name)
    *_, answers = answering(network, some)
    places = [kept.ids.index(id) for id in answers.ids]
    assert np.allclose(answers.probability, kept.probability[places], atol=2e-3)
    assert (answers.best[:, 0] != kept.best[places, 0]).sum() <= 1  # a tie may fall otherwise on another processor
    assert (answers.among_five != kept.among_five[places]).sum() <= 1


def test_only_imagenets_own_photos_are_asked_about():
    assert class_of("val/002/n01484850_great_white_shark.webp") == 2
    assert class_of("val/french_horn/ILSVRC2012_val_00000293.webp") == 566
    assert class_of("val/n02979186/n02979186_27.JPEG") == 482
    assert class_of("val/dalmatian/image_0001.webp") is None and class_of("val/crane/n03126707_1.webp") is None


def test_the_bound_of_sure_answers_is_where_half_of_them_are_right():
    """Against trying every probability that occurs."""
    dice = np.random.default_rng(3)
    probability = dice.uniform(size=400).astype(np.float32)
    right = dice.uniform(size=400) < 0.8 * probability**2
    best, truth = np.zeros((400, 5), np.int16), np.where(right, 0, 1).astype(np.int16)
    answers = Answers(tuple(map(str, range(400))), truth, best, probability, truth)
    good = [bound for bound in probability if right[probability >= bound].mean() >= 0.5]
    assert sure_from(answers) == min(good) and 0.1 < min(good) < 0.9
    assert sure_from(Answers(answers.ids, np.ones(400, np.int16), best, probability, truth)) == 1


@pytest.mark.parametrize("name", PAIR)
def test_the_sample_photos_are_answered_as_the_card_says(name):
    card = card_of(name)
    told = card["accuracy"]["outside"]
    assert set(told) == {photo for photo, shows in SHOWS.items() if set(shows) & set(card["labels"])}
    network = zoo.load(name)
    for photo, answer in told.items():
        shares = trace(network, prepare(samples.load(photo), network.preprocessing)).probabilities[0]
        best = [network.labels[index] for index in shares.topk(5).indices]
        assert answer["accepted"] == [label for label in SHOWS[photo] if label in network.labels]
        assert [label for label, _ in answer["guesses"]] == best
        assert [share for _, share in answer["guesses"]] == pytest.approx(shares.topk(5).values.tolist(), abs=2e-3)


@pytest.mark.parametrize("name", PAIR)
def test_a_newcomers_first_view_makes_sense(name):
    """The cat is one, and cup, motorcycle and temple have a fitting word among the first five."""
    network = zoo.load(name)
    for photo in ("chelsea", "coffee", "motorcycle", "china"):
        best = network.probabilities(prepare(samples.load(photo), network.preprocessing))[0].topk(5).indices.tolist()
        words = [network.labels[index] for index in best]
        assert set(words) & set(SHOWS[photo]), (photo, words)
        if photo == "chelsea":
            assert words[0] == "Egyptian cat"


def test_zfnet_has_no_more_dead_filters_than_alexnet():
    pictures = torch.cat(
        [prepare(samples.load(photo), zoo.load(zoo.DEFAULT).preprocessing) for photo in samples.names()]
    )
    dead = {name: dead_filters(shipped(name)[0], pictures).share for name in PAIR}
    assert dead["zfnet-classroom"] <= dead["alexnet-classroom"]
    for name in PAIR:
        assert card_of(name)["dead_filters"]["share"] == dead_filters(shipped(name)[0]).share


@pytest.mark.parametrize("name", PAIR)
def test_the_bundled_film_belongs_to_the_weights(name):
    index = json.loads((ASSETS / "evolution" / f"{name}.json").read_text())
    assert index["fingerprint"] == zoo.load(name).fingerprint, "the weights are other ones: make the film anew"
    film, card = evolution.load(ASSETS / "evolution" / f"{name}.json"), card_of(name)
    assert film.epochs == (1, 2, 5, 10, 20, 30, 40, 64, card["epochs"]) and film.epochs[-1] == film.curve[-1]["epoch"]
    losses = [record["loss"] for record in film.curve if "loss" in record]
    assert len(losses) > 30 and losses[-1] < losses[0] / 1.5
    assert {record["epoch"] for record in film.curve if "val_top1" in record} == set(film.epochs)
    assert [layer.layer for layer in film.layers] == [f"conv{number}" for number in range(1, 6)]
    for layer in film.layers:
        assert len(layer.maps) >= 12 and len(set(layer.maps)) == len(layer.maps)
        assert layer.pictures.shape[:2] == (len(layer.maps), len(film.epochs))
        silent = layer.values <= 0
        empty = np.abs(layer.pictures[silent].astype(int) - 128)
        assert empty.size == 0 or empty.mean() < 3  # a projection of nothing is flat grey


@pytest.mark.parametrize("name", PAIR)
def test_the_films_last_column_is_the_bundled_network(name):
    """With the photos at hand: the strongest activations that the film tells of are there."""
    if not all(path.exists() for path in SOURCES["imagenette"]):
        pytest.skip("the training photos are not here")
    torch.set_num_threads(1)
    film, network = evolution.load(ASSETS / "evolution" / f"{name}.json"), zoo.load(name)
    corpus = open_corpus(SOURCES["imagenette"])
    for layer in ("conv1", "conv3", "conv5"):
        told = film.layer(layer)
        for row in (0, 7):
            photo = corpus.ids.index(str(told.photo_ids[row, -1]))
            seen = trace(network, corpus.prepare(photo, network.preprocessing)[None], until=layer)
            value = seen.activation(layer)[0, told.maps[row], told.rows[row, -1], told.columns[row, -1]]
            assert float(value) == pytest.approx(float(told.values[row, -1]), rel=1e-3, abs=1e-3)


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


def test_a_snapshots_layers_are_unpacked_literally(tmp_path):
    dice = torch.Generator().manual_seed(1)
    whole = torch.randint(-127, 128, (2, 3, 2, 2), generator=dice, dtype=torch.int8)
    scale, bias = torch.tensor([0.5, 0.25]), torch.tensor([1.0, 2.0])
    parts = {"conv1.weight.int8": whole, "conv1.weight.scale": scale, "conv1.bias": bias}
    save_file(
        {f"epoch{epoch}.{key}": value.clone() for epoch in (10, 2) for key, value in parts.items()}, tmp_path / "e"
    )
    found = snapshots(tmp_path / "e")
    assert list(found) == [2, 10] and set(found[2]) == {"conv1.weight", "conv1.bias"}
    for filter in range(2):
        for place in np.ndindex(3, 2, 2):
            expected = int(whole[(filter, *place)]) * float(scale[filter])
            assert float(found[2]["conv1.weight"][(filter, *place)]) == expected
    (tmp_path / "bad").write_bytes(b"nothing")
    with pytest.raises(CheckpointError, match="does not hold the layers"):
        snapshots(tmp_path / "bad")


def test_the_curve_of_a_film_is_what_was_written_down():
    counted = {"imagenette": {"top1": 0.25, "photos": 40}}
    facts = {
        "steps": 100,
        "epochs": 10.0,
        "px_of_epoch": [64] * 10,
        "curve": [{"epoch": 2, "px": 64, "judged_px": 96, "zfnet": counted, "alexnet": {}}],
        "final": {"zfnet": {"imagenette": {"top1": 0.5, "photos": 40}}},
    }
    log = "[1.0] begin\n[2.0] step 20 px 64 lr 0.1 zfnet 3.5 alexnet 4.5\n[3.0] step 50 px 64 lr 0 zfnet 2.5 alexnet 4"
    assert curve(facts, log, "zfnet") == [
        {"epoch": 2, "px": 64, "loss": 3.5, "val_top1": 0.25, "val_photos": 40, "val_px": 96},
        {"epoch": 5, "px": 64, "loss": 2.5},
        {"epoch": 10, "px": 64, "val_top1": 0.5, "val_photos": 40},
    ]


def test_accuracy_is_counted_by_hand():
    scores = torch.tensor([[3.0, 2, 1, 0, 0, -1], [0, 1, 2, 3, 4, 5], [0, 9, 8, 7, 6, 5], [1, 0, 5, 0, 0, 0]])
    labels = torch.tensor([0, 0, 2, 2])
    whole = accuracy_of(scores, labels)
    assert (whole.top1, whole.top5) == (0.5, 0.75)
    assert whole.per_class == (0.5, None, 0.5, None, None, None) and whole.mean_per_class == 0.5
    among = accuracy_among(scores, labels, [0, 2])
    assert (among.photos, among.top1) == (4, 0.75)


def test_clipped_filters_have_the_stated_rms():
    form = TrainableNetwork(Recipe(units=(4, 4)).build(3))
    with torch.no_grad():
        form.network[0].weight[0] = 0.5
    before = form.network[0].weight[1].clone()
    clip_filters(form, 0.1)
    assert form.network[0].weight[0].square().mean().sqrt().item() == pytest.approx(0.1)
    assert torch.equal(form.network[0].weight[1], before)
