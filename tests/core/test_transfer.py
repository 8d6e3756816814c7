"""New classes on old features, against scikit-learn on features of a plain forward pass."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from thin_networks import smooth_photos, thin_zfnet

from zfnet_core.errors import ExplorerError, UnknownName
from zfnet_core.exhibits import transfer
from zfnet_core.exhibits.transfer import Training, features_of, fit, validate
from zfnet_core.exhibits.transfer.classifier import MANY_CLASSES, TooFewPhotos, centre
from zfnet_core.exhibits.transfer.features import at_once, feature_layers, last_layer, width
from zfnet_core.exhibits.transfer.few_photos import choice_of
from zfnet_core.exhibits.transfer.from_scratch import ScratchSettings, from_scratch, small
from zfnet_core.exhibits.transfer.neighbours import distances, nearest, reach
from zfnet_core.exhibits.transfer.own_network import Made, new_bytes, own_network, saved
from zfnet_core.exhibits.transfer.photo_map import photo_map
from zfnet_core.models import checkpoints, zoo
from zfnet_core.models.network import present


def groups(classes: int, each: int, numbers: int, seed: int = 0, apart: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """Features around a centre for each class, not centred and not of length 1, and their labels."""
    dice = np.random.default_rng(seed)
    labels = np.repeat(np.arange(classes), each)
    return (3 + apart * dice.normal(size=(classes, numbers))[labels] + dice.normal(size=(len(labels), numbers))).astype(
        np.float32
    ), labels


def sixths(side: int) -> list[slice]:
    """Where the six parts of a map of that side begin and end, as PyTorch's adaptive pooling defines them."""
    return [slice(part * side // 6, -(-(part + 1) * side // 6)) for part in range(6)]


def literal_features(network, images: torch.Tensor, layer: str) -> np.ndarray:
    """Module by module of the tower, then the mean of each of 6 × 6 parts."""
    value = images
    for name, module in network.module.named_children():
        value = module(value)
        if name == layer.replace("conv", "relu").replace("fc", "relu"):
            break
    if value.dim() == 2:
        return value.numpy()
    rows = []
    for photo in value.numpy():
        parts = sixths(photo.shape[1])
        rows.append([each[down, right].mean() for each in photo for down in parts for right in parts])
    return np.array(rows)


def test_features_are_those_of_a_plain_forward_pass() -> None:
    network, images = thin_zfnet(norm="before pool"), smooth_photos(3)
    layers = feature_layers(network)
    assert layers == ("conv1", "conv2", "conv3", "conv4", "conv5", "fc6", "fc7") and last_layer(network) == "fc7"
    found = features_of(network, images, layers)
    for layer in layers:
        with torch.inference_mode():
            expected = literal_features(network, images, layer)
        assert found[layer].shape == (3, width(network, layer)) and found[layer].dtype == np.float32
        assert np.abs(found[layer] - expected).max() < 1e-4 * np.abs(expected).max(), layer
    with pytest.raises(UnknownName, match="choose one of conv1"):
        features_of(network, images, ["fc8"])


def test_the_last_features_of_a_residual_network_are_what_its_classifier_reads() -> None:
    network = zoo.load("resnet18")
    images = smooth_photos(2)
    read: list[torch.Tensor] = []
    handle = network.module.fc.register_forward_pre_hook(lambda module, given: read.append(given[0]))
    network.module(images)
    handle.remove()
    layer = last_layer(network)
    found = features_of(network, images, [layer])[layer]
    assert layer == "block4_2" and found.shape == (2, 512)
    assert np.abs(found - read[0].numpy()).max() < 1e-4
    assert len(at_once(network, layer)) == 9
    assert at_once(zoo.load("resnet50"), "conv1") == ("conv1",), "all layers of it would be too much to keep"
    assert len(at_once(zoo.load("zfnet-classroom"), "conv2")) == 7


@pytest.mark.parametrize("kind", ["softmax", "svm"])
@pytest.mark.parametrize("classes", [2, 3, 5])
@pytest.mark.parametrize("numbers", [12, 400])
def test_a_classifier_is_scikit_learns_own(kind, classes: int, numbers: int) -> None:
    from sklearn.linear_model import LogisticRegression
    from sklearn.svm import LinearSVC

    features, labels = groups(classes, 7, numbers, apart=0.5)
    new, _ = groups(classes, 5, numbers, seed=9)
    mean, scale = features.mean(axis=0), np.sqrt(((features - features.mean(axis=0)) ** 2).sum(axis=1).mean())
    if kind == "softmax":
        direct = LogisticRegression(C=1.0, max_iter=5000, tol=1e-8).fit((features - mean) / scale, labels)
        expected = direct.predict_proba((new - mean) / scale)
        found = fit(features, labels, Training("softmax")).shares(new)
    else:
        direct = LinearSVC(C=1.0, max_iter=200_000, tol=1e-8).fit((features - mean) / scale, labels)
        expected = direct.decision_function((new - mean) / scale)
        found = fit(features, labels, Training("svm")).scores(new)
        if classes == 2:
            assert np.allclose(found[:, 0], -found[:, 1], atol=1e-5)
            found = found[:, 1]
    assert np.abs(found - expected).max() < 5e-3
    answers = fit(features, labels, Training(kind)).answers(new)
    assert (answers == direct.predict((new - mean) / scale)).mean() > 0.95


def test_svms_of_many_classes_are_scikit_learns_too() -> None:
    from sklearn.svm import LinearSVC

    features, labels = groups(MANY_CLASSES, 10, 500, apart=0.4)
    new, _ = groups(MANY_CLASSES, 5, 500, seed=9)
    mean, scale = centre(features)
    direct = LinearSVC(C=0.5, max_iter=200_000, tol=1e-6).fit((features - mean) / scale, labels)
    found = fit(features, labels, Training("svm", 0.5))
    assert np.abs(found.scores(new) - direct.decision_function((new - mean) / scale)).max() < 5e-3
    assert (found.answers(new) == direct.predict((new - mean) / scale)).mean() > 0.99
    assert (direct.decision_function((features - mean) / scale).max(axis=1) < 1).sum() > 0, "some miss their margin"


def test_real_photos_in_real_features_get_scikit_learns_answers() -> None:
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedKFold, cross_val_predict
    from sklearn.pipeline import FunctionTransformer, make_pipeline

    from zfnet_core.photos.images import prepare

    network = zoo.load("zfnet-classroom")
    named = list(transfer.sample_set("objects").photos())
    names = sorted({name for name, _ in named})
    labels = np.array([names.index(name) for name, _ in named])
    images = torch.cat([prepare(photo, network.preprocessing) for _, photo in named])
    features = features_of(network, images, ["fc7"])["fc7"]
    with torch.inference_mode():
        plain = network.module[:-2](images).numpy()  # without dropout and fc8
    assert np.abs(plain - features).max() < 1e-4
    found = validate(features, labels, Training("softmax"))
    accuracy = 0
    parts = StratifiedKFold(5, shuffle=True, random_state=0)
    for teach, ask in parts.split(plain, labels):
        mean = plain[teach].mean(axis=0)
        scale = np.sqrt(((plain[teach] - mean) ** 2).sum(axis=1).mean())
        model = make_pipeline(FunctionTransformer(lambda x, m=mean, s=scale: (x - m) / s), LogisticRegression())
        answers = model.fit(plain[teach], labels[teach]).predict(plain[ask])
        assert (answers == found.answers[ask]).all()
        accuracy += int((answers == labels[ask]).sum())
    assert found.folds == 5 and found.right == accuracy and found.accuracy == accuracy / 40 > 0.9
    assert cross_val_predict(LogisticRegression(), plain, labels, cv=parts).shape == (40,)
    assert np.trace(found.confusion) == found.right and found.confusion.sum() == 40
    assert len(found.wrong) == 40 - found.right


def test_with_two_photos_a_class_there_is_no_figure() -> None:
    features, labels = groups(3, 2, 10)
    found = validate(features, labels, Training())
    assert found.folds == 0 and found.accuracy is None and len(found.wrong) == 0 and found.confusion.sum() == 0
    features, labels = groups(3, 3, 10)
    assert validate(features, labels, Training()).folds == 3


def test_one_class_or_a_class_without_photos_is_refused() -> None:
    features, _ = groups(3, 2, 10)
    for labels in (np.zeros(6, int), np.array([0, 0, 0, 2, 2, 2]), np.zeros(0, int)):
        with pytest.raises(TooFewPhotos, match="at least two classes"):
            fit(features[: len(labels)], labels)
    same = np.ones((4, 5), np.float32)
    assert fit(same, np.array([0, 0, 1, 1])).shares(same) == pytest.approx(0.5), "equal photos tell nothing apart"
    assert centre(same)[1] == 1.0


def test_neighbours_and_reach_are_those_of_a_search_one_by_one() -> None:
    from sklearn.neighbors import NearestNeighbors

    features, labels = groups(3, 6, 20)
    new = groups(1, 1, 20, seed=5)[0][0]
    direct = NearestNeighbors(n_neighbors=4, metric="cosine").fit(features)
    expected, places = direct.kneighbors(new[None])
    found = nearest(features, new, 4)
    assert (found.photos == places[0]).all() and np.allclose(found.distances, expected[0], atol=1e-6)
    own = []
    for i in range(18):
        own.append(min(1 - _cosine(features[i], features[j]) for j in range(18) if i != j and labels[i] == labels[j]))
    assert reach(features, labels) == pytest.approx(np.quantile(own, 0.9), abs=1e-6)
    assert reach(features[:2], np.array([0, 1])) is None
    assert distances(np.zeros((1, 3)), np.ones((1, 3))) == pytest.approx(1)


def _cosine(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.dot(a.astype(float), b.astype(float)) / np.linalg.norm(a) / np.linalg.norm(b))


def test_the_map_is_that_of_scikit_learns_pca() -> None:
    from sklearn.decomposition import PCA

    features, _ = groups(3, 6, 50)
    found = photo_map(features, "pca")
    direct = PCA(2).fit(features.astype(float))
    assert found is not None and found.shown == pytest.approx(direct.explained_variance_ratio_.sum(), abs=1e-6)
    assert np.allclose(np.abs(found.places), np.abs(direct.transform(features)), atol=1e-3)
    spread = photo_map(features, "tsne")
    assert spread is not None and spread.places.shape == (18, 2) and np.isfinite(spread.places).all()
    assert photo_map(features[:1], "pca") is None and photo_map(features[:4], "tsne") is None
    assert np.isfinite(photo_map(np.ones((3, 4), np.float32), "pca").places).all()


def test_a_curve_asks_only_photos_that_did_not_teach() -> None:
    features, labels = groups(3, 8, 30, apart=0.6)
    settings = transfer.CurveSettings(repeats=3)
    found = list(transfer.curve(features, labels, settings))
    assert [one.done for one in found] == pytest.approx([1 / 3, 2 / 3, 1]) and found[-1].counts == (1, 2, 3, 5, 7)
    for place, count in enumerate(found[-1].counts):
        for repeat in range(3):
            dice = choice_of(0, count, repeat)
            teach = np.concatenate([dice.permutation(np.flatnonzero(labels == k))[:count] for k in range(3)])
            ask = [photo for photo in range(24) if photo not in teach]
            answers = fit(features[np.sort(teach)], labels[np.sort(teach)]).answers(features[ask])
            shares = [np.mean(answers[labels[ask] == k] == k) for k in range(3)]
            assert found[-1].accuracy[place, repeat] == pytest.approx(100 * np.mean(shares))
    assert found[-1].means[-1] > found[-1].means[0] and (found[-1].spreads >= 0).all()
    assert np.isnan(found[0].spreads).all() and transfer.possible_counts(np.array([0, 1, 1])) == ()


def test_the_table_of_layers_uses_the_same_photos_for_each() -> None:
    good, labels = groups(3, 10, 30, apart=2)
    noise = np.random.default_rng(3).normal(size=good.shape).astype(np.float32)
    tables = list(transfer.by_layer({"low": noise, "high": good}, labels, repeats=3))
    table = tables[-1]
    assert table.done == 1 and table.per_class == 8 and len(tables) == 6
    for kind in ("svm", "softmax"):
        assert table.value("high", kind)[0] > 90 > 60 > table.value("low", kind)[0]
    assert tables[0].value("high", "svm") is None


def test_from_scratch_learns_something_and_is_the_same_every_time() -> None:
    dice = torch.Generator().manual_seed(1)
    labels = np.repeat([0, 1], 6)
    pictures = torch.randn(12, 3, 64, 64, generator=dice) * 0.3
    pictures[labels == 1, 0] += 2
    settings = ScratchSettings(steps=12, batch=8)
    found = list(from_scratch(pictures, labels, settings))
    again = list(from_scratch(pictures, labels, settings))[-1]
    assert found[-1].done == 1 and found[-1].counts == (1, 2, 3, 5) and found[-1].accuracy[-1] > 90
    assert (found[-1].accuracy == again.accuracy).all() and found[0].done < 0.2
    assert small(torch.zeros(2, 3, 224, 224)).shape == (2, 3, 64, 64)


def own(base, names=("a cat", "my dog", "其他")):
    """A network of three classes on the last layer of `base`."""
    layer = last_layer(base)
    features, labels = groups(len(names), 4, width(base, layer))
    classifier = fit(features, labels)
    made = Made(base.name, base.fingerprint, layer, "softmax", (4, 4, 4), None)
    return own_network(base, classifier, names, made), classifier, made


@pytest.mark.parametrize("name", ["zfnet-classroom", "alexnet-torchvision", "resnet18"])
def test_a_classifier_becomes_a_network_that_shares_what_is_below(name: str) -> None:
    base, images = zoo.load(name), smooth_photos(2)
    network, classifier, _ = own(base)
    layer = last_layer(base)
    expected = classifier.shares(features_of(base, images, [layer])[layer])
    assert np.abs(network.probabilities(images).numpy() - expected).max() < 1e-5
    assert network.labels == ("a cat", "my dog", "其他") and network.trained and network.name.startswith("own-")
    assert base.probabilities(images).shape == (2, 1000), "the one below is as it was"
    first, last = network.first_convolution, network.step(network.layers[-1].step)
    assert first.weight.data_ptr() == base.first_convolution.weight.data_ptr()
    assert new_bytes(network) == 4 * last.weight.numel() + 4 * 3
    assert [layer.name for layer in network.layers] == [layer.name for layer in base.layers]


def test_a_saved_network_is_opened_again_with_its_labels() -> None:
    base, images = zoo.load("zfnet-classroom"), smooth_photos(1)
    network, _, made = own(base)
    data = saved(network, made)
    weights = checkpoints.read_weights(data, "mine.safetensors")
    assert weights.about["made"]["layer"] == "fc7" and weights.about["architecture"] == "zfnet-classroom"
    again = checkpoints.load_checkpoint(data, zoo.entry("zfnet-classroom"), name="mine.safetensors")
    assert again.labels == network.labels and again.preprocessing == network.preprocessing
    assert torch.allclose(again.probabilities(images), network.probabilities(images), atol=1e-6)


def test_only_the_last_layer_becomes_a_network() -> None:
    base = zoo.load("zfnet-classroom")
    _, classifier, made = own(base)
    from dataclasses import replace

    with pytest.raises(ExplorerError, match="fc7"):
        own_network(base, classifier, ("a", "b", "c"), replace(made, layer="conv5"))
    thin = thin_zfnet()
    features, labels = groups(3, 4, 16)
    with pytest.raises(ExplorerError, match="like no network here"):
        own_network(thin, fit(features, labels), ("a", "b", "c"), replace(made, layer="fc7"))
    assert present is not None


def test_sample_sets_need_no_internet_and_say_what_is_new_to_the_networks() -> None:
    found = {one.name: list(one.photos()) for one in transfer.SETS}
    assert {name: len(photos) for name, photos in found.items()} == {"objects": 40, "digits": 120, "textures": 48}
    assert [one.seen for one in transfer.SETS] == [True, False, False]
    for photos in found.values():
        assert len({photo.sha for _, photo in photos}) == len(photos)
        assert all(min(photo.size) >= 100 for _, photo in photos)
    with pytest.raises(UnknownName, match="choose one of objects"):
        transfer.sample_set("cats")
