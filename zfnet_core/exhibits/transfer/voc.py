"""Table 6: PASCAL VOC 2012, where a photo shows several things: the average precision for each of 20 classes.

The paper trains a softmax with one answer a photo, which it calls not ideal; so here a training photo counts once for
each thing it shows. The test photos' labels are not public: taught is with the part “train”, asked with “val”.
Objects marked as difficult (0 in the lists) count neither as there nor as missing.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from zfnet_core.errors import CorpusError
from zfnet_core.exhibits.transfer.classifier import Classifier, Training, fit
from zfnet_core.exhibits.transfer.collected import collected
from zfnet_core.exhibits.transfer.features import feature_layers, last_layer
from zfnet_core.language import phrase
from zfnet_core.models.network import Network
from zfnet_core.photos.corpus import Corpus, open_corpus

LISTS = Path("ImageSets/Main")
PAPER_NAMES = {
    "aeroplane": "airplane",
    "diningtable": "dining table",
    "pottedplant": "potted plant",
    "tvmonitor": "tv",
}


def is_voc(folder: Path) -> bool:
    """Whether that is a folder of PASCAL VOC."""
    return (folder / LISTS).is_dir() and (folder / "JPEGImages").is_dir()


def labels(folder: Path, part: str) -> dict[str, dict[str, int]]:
    """By class and photo: 1 there, −1 not there, 0 difficult; of "train" or "val". Raises CorpusError."""
    found: dict[str, dict[str, int]] = {}
    for path in sorted((folder / LISTS).glob(f"*_{part}.txt")):
        lines = [line.split() for line in path.read_text("utf-8").splitlines() if line.strip()]
        if any(len(line) != 2 or line[1] not in ("1", "0", "-1") for line in lines):
            raise CorpusError(
                phrase("{name} is not a list of photos with 1, 0 or -1; unpack VOC 2012 again.", name=path.name)
            )
        found[path.stem.removesuffix(f"_{part}")] = {name: int(sign) for name, sign in lines}
    if len(found) < 2:
        raise CorpusError(
            phrase(
                "There are no lists of classes for “{part}” below {folder}; unpack VOC 2012 again.",
                part=part,
                folder=folder / LISTS,
            )
        )
    return found


def taught(features: np.ndarray, shown: np.ndarray, training: Training) -> Classifier:
    """A classifier of features [photos, numbers] whose photos show several classes, bool `shown` [photos, classes]."""
    photos, classes = np.nonzero(shown)
    return fit(features[photos], classes, training)


def average_precisions(scores: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """In % for each class: `scores` and `truth` (1, 0, −1) [photos, classes]; difficult photos are left out."""
    from sklearn.metrics import average_precision_score

    values = []
    for column in range(truth.shape[1]):
        clear = truth[:, column] != 0
        values.append(100 * average_precision_score(truth[clear, column] == 1, scores[clear, column]))
    return np.array(values)


def rows(network: Network, folder: Path, tell: Callable[[str], None]) -> list[dict[str, Any]]:
    """Rows of Table 6 for a network, and the mean."""
    corpus = open_corpus([folder / "JPEGImages"])
    teach, ask = labels(folder, "train"), labels(folder, "val")
    names = sorted(teach.keys() & ask.keys())
    layer = last_layer(network)

    def part_of(signs: dict[str, dict[str, int]]) -> tuple[np.ndarray, np.ndarray]:
        photos = sorted(set.union(*(set(signs[name]) for name in names)))
        places = [_place(corpus, photo) for photo in photos]
        found = collected(
            network,
            corpus,
            places,
            list(feature_layers(network)),
            tell=lambda done, of: tell(f"{network.title}: {done:,} of {of:,} photos are looked at"),
        )
        truth = np.array([[signs[name].get(photo, -1) for name in names] for photo in photos])
        return found[layer].astype(np.float32), truth

    features, truth = part_of(teach)
    classifier = taught(features, truth == 1, Training("softmax"))
    features, truth = part_of(ask)
    precisions = average_precisions(classifier.scores(features), truth)
    about = {"data": "PASCAL VOC 2012", "layer": layer, "classifier": "softmax", "taught": "train", "asked": "val"}
    values = [*zip(names, precisions, strict=True), ("mean", precisions.mean())]
    return [
        {
            "table": "table-6",
            "row": PAPER_NAMES.get(name, name),
            "column": "ImageNet-pretrained convnet",
            "value": round(float(value), 2),
            "spread": None,
            "settings": about,
        }
        for name, value in values
    ]


def _place(corpus: Corpus, photo: str) -> int:
    place = corpus.find(f"{photo}.jpg")
    if place is None:
        raise CorpusError(
            phrase("{photo}.jpg is in the lists but not in JPEGImages; unpack VOC 2012 again.", photo=photo)
        )
    return place
