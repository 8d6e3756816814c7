"""What is computed for the page: a classifier and how good it is at once, curves and tables in the background."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Literal

import numpy as np
import torch

from ui.shell import current, shared_task
from ui.transfer.album import Progress
from ui.transfer.question import CURVE_SLOT, LAYERS_SLOT, SCRATCH_SLOT, SLOT, Question
from zfnet_core.exhibits import transfer
from zfnet_core.exhibits.transfer import Classifier, Curve, LayerTable, Nearest, PhotoMap, Scratch, Validation
from zfnet_core.photos.decoding import Photo
from zfnet_core.photos.images import prepare
from zfnet_core.serving.tasks import Look, Work

NEAREST = 5


@dataclass(frozen=True, eq=False)
class Taught:
    """A classifier, how good it is on photos it had not seen, and how far a photo may be from all it was taught with
    (None where that cannot be said)."""

    features: np.ndarray
    labels: np.ndarray
    classifier: Classifier
    validation: Validation
    reach: float | None


@dataclass(frozen=True, eq=False)
class Named:
    """What a new photo is taken for: a share for each class [classes], the photos it is most like, and whether it is
    too far from all of them."""

    shares: np.ndarray
    nearest: Nearest
    none_of_these: bool


def work(question: Question) -> Look[Progress]:
    """Opening photos and looking at them, as far as it is."""
    album, network, layer = question.album, question.network, question.layer
    layers = transfer.at_once(network, layer)
    key = (album.number, album.version, network.uid, layer)
    return shared_task.look(SLOT, key, lambda: album.work(network, layer, layers))


def taught(question: Question) -> Taught:
    """The classifier of these photos, taught when something has changed."""

    def make() -> Taught:
        features, labels = question.album.features(question.network, question.layer), question.collection.labels
        return Taught(
            features,
            labels,
            transfer.fit(features, labels, question.training),
            transfer.validate(features, labels, question.training),
            transfer.reach(features, labels),
        )

    return question.album.remember(("taught", question.key), make)


def named(question: Question, found: Taught, photo: Photo | None = None) -> Named:
    """What the classifier says of the page's photo, or of another one."""
    framed = question.photo
    picture, crop = (framed.photo, framed.crop) if photo is None else (photo, None)

    def make() -> np.ndarray:
        place = {} if crop is None else {"crop": crop}
        image = prepare(picture, question.network.preprocessing, **place)
        rows = current.scheduler().run(transfer.features_of, question.network, image, [question.layer])
        return rows[question.layer][0]

    key = ("new photo", question.network.uid, question.layer, framed.key)
    features = make() if photo is not None else question.album.remember(key, make)
    near = transfer.nearest(found.features, features, NEAREST)
    far = found.reach is not None and float(near.distances[0]) > found.reach
    return Named(found.classifier.shares(features[None])[0], near, far)


def map_of(question: Question, found: Taught) -> PhotoMap | None:
    """All photos as points."""
    kind: Literal["pca", "tsne"] = "tsne" if question.map == "tsne" else "pca"
    return question.album.remember(("map", question.key, kind), lambda: transfer.photo_map(found.features, kind))


def curve(question: Question, found: Taught) -> Look[Curve]:
    """Fig. 9 for these classes."""
    settings = transfer.CurveSettings(question.training)
    return shared_task.look(
        CURVE_SLOT, (question.key, settings), lambda: partial(transfer.curve, found.features, found.labels, settings)
    )


def scratch(question: Question) -> Look[Scratch]:
    """The same photos without features from elsewhere."""
    photos, labels = question.collection.photos, question.collection.labels
    preprocessing, settings = question.network.preprocessing, transfer.ScratchSettings()

    def make() -> Work[Scratch]:
        pictures = torch.cat([transfer.small(prepare(photo, preprocessing)) for photo in photos])
        return partial(transfer.from_scratch, pictures, labels, settings)

    return shared_task.look(SCRATCH_SLOT, (question.album.number, question.collection.key, settings), make)


def layer_table(question: Question) -> Look[LayerTable]:
    """Table 7 for these classes; features of further layers are computed first where they are not there."""
    album, network, labels = question.album, question.network, question.collection.labels
    layers = question.table_layers

    def make() -> Iterator[LayerTable]:
        nothing = np.full((len(layers), 2, 1), np.nan)
        for layer in layers:
            for _ in album.work(network, layer, layers):
                yield LayerTable(layers, ("svm", "softmax"), 0, nothing)
        features = {layer: album.features(network, layer) for layer in layers}
        yield from transfer.by_layer(features, labels)

    return shared_task.look(LAYERS_SLOT, (album.number, question.collection.key, network.uid), make)


def wrong_photos(question: Question) -> tuple[str, ...]:
    """The photos (by sha) that were taken for another class, once all of them are looked at."""
    if not question.ready:
        return ()
    photos = question.collection.photos
    return tuple(photos[place].sha for place in taught(question).validation.wrong)
