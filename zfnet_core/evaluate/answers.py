"""How right a network is on photos whose class is known, through the app's own preparation: the figures of its card.

    python -m zfnet_core.evaluate zfnet-classroom --imagenette classroom-*.zip --even thousand-even.zip

The figures go into the network's card and every photo's answer into a file beside it, from which the figures can be
counted again. Two sets: the validation part of **Imagenette** (ten classes of ImageNet, many photos of each), and
**even**, one photo of each class with an even number, which is closest to what a person's own photo may show.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import torch

from zfnet_core.errors import CorpusError
from zfnet_core.language import phrase
from zfnet_core.models import zoo
from zfnet_core.models.imagenet_classes import imagenet_classes
from zfnet_core.models.network import Network
from zfnet_core.models.unseen_samples import unseen_samples
from zfnet_core.photos.corpus import Corpus

BATCH = 32
ENOUGH_PHOTOS = 20
FROM_IMAGENET = re.compile(r"n\d{8}_|ILSVRC2012_")
SURE_FROM = 0.5
SETS = ("imagenette", "even")


@dataclass(frozen=True, eq=False)
class Answers:
    """What a network said of each photo, in the order of `ids`.

    `truth` int16 [N] is the photo's class index; `best` int16 [N, 5] the five most probable ones, first the most
    probable; `probability` float32 [N] that of the first; `among` int16 [N] the most probable of those classes that
    occur in `truth`.
    """

    ids: tuple[str, ...]
    truth: np.ndarray
    best: np.ndarray
    probability: np.ndarray
    among: np.ndarray

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def right(self) -> np.ndarray:
        """Whether the first answer is right, bool [N]."""
        return self.best[:, 0] == self.truth

    @property
    def among_five(self) -> np.ndarray:
        """Whether one of the five is right, bool [N]."""
        return (self.best == self.truth[:, None]).any(axis=1)


def class_of(id: str) -> int | None:
    """The class index of a photo of ImageNet by the folder it lies in, a number, WordNet id or name; None if unknown.

    By a name only photos called as ImageNet calls its own are known, as other data sets use the same words.

    >>> class_of("val/002/a.webp"), class_of("val/tench/n01440764_9.webp"), class_of("val/crab/image_0001.webp")
    (2, 0, None)
    """
    path = PurePosixPath(id)
    folder = path.parent.name
    if re.fullmatch(r"\d{3}", folder):
        return int(folder)
    if not FROM_IMAGENET.match(path.name):
        return None
    name = folder.replace("_", " ").casefold()
    fitting = [
        index
        for index, one in enumerate(imagenet_classes())
        if name in (one.wordnet_id, one.label.casefold(), *(other.casefold() for other in one.others))
    ]
    return fitting[0] if len(fitting) == 1 else None


def answering(network: Network, corpus: Corpus, batch: int = BATCH) -> Iterator[Answers]:
    """Ask the network about all photos of `corpus` whose class is known; yields the answers so far after every batch.

    Raises CorpusError if there are none, ImageError for a photo that cannot be read.
    """
    known = [(index, truth) for index, id in enumerate(corpus.ids) if (truth := class_of(id)) is not None]
    if not known:
        raise CorpusError(
            phrase("No photo of {title} lies in a folder named after a class of ImageNet.", title=corpus.title)
        )
    group = np.unique([truth for _, truth in known])
    ids: list[str] = []
    parts: list[tuple[np.ndarray, ...]] = []
    for begin in range(0, len(known), batch):
        part = known[begin : begin + batch]
        pictures = torch.stack([corpus.prepare(index, network.preprocessing) for index, _ in part])
        found = network.probabilities(pictures).cpu()
        top = found.topk(5)
        ids += [corpus.ids[index] for index, _ in part]
        among = group[found[:, group].argmax(1).numpy()]
        parts.append((np.array([truth for _, truth in part]), top.indices.numpy(), top.values[:, 0].numpy(), among))
        truths, best, probability, nearest = (np.concatenate(kind) for kind in zip(*parts, strict=True))
        yield Answers(tuple(ids), truths.astype(np.int16), best.astype(np.int16), probability, nearest.astype(np.int16))


def shares(answers: Answers) -> dict[str, Any]:
    """The figures of one set as they stand on a card: shares of photos, 0…1."""
    return {
        "photos": len(answers),
        "classes": len(np.unique(answers.truth)),
        "top1": round(float(answers.right.mean()), 4),
        "top5": round(float(answers.among_five.mean()), 4),
        "among": round(float((answers.among == answers.truth).mean()), 4),
    }


def per_class(answers: Answers, labels: Sequence[str]) -> dict[str, dict[str, Any]]:
    """The same for every class with at least `ENOUGH_PHOTOS` photos, by its label."""
    found = {}
    for index in np.unique(answers.truth):
        here = answers.truth == index
        if here.sum() >= ENOUGH_PHOTOS:
            found[labels[index]] = {
                "photos": int(here.sum()),
                "top1": round(float(answers.right[here].mean()), 4),
                "top5": round(float(answers.among_five[here].mean()), 4),
            }
    return found


def figures(network: Network, sets: Mapping[str, Answers]) -> dict[str, Any]:
    """What a card says of these sets: shares, classes one by one, from when the network is sure, the sample photos.

    `val` is the Imagenette part, where all classes are to choose from; `val_among` its ten alone.
    """
    imagenette, even, labels = sets["imagenette"], sets["even"], network.labels
    whole = shares(imagenette)
    return {
        "val": {key: whole[key] for key in ("photos", "top1", "top5")},
        "val_among": {
            "imagenette": {
                "classes": [labels[index] for index in np.unique(imagenette.truth)],
                "photos": whole["photos"],
                "top1": whole["among"],
            }
        },
        "even": {key: value for key, value in shares(even).items() if key != "among"},
        "per_class": {name: counted for part in sets.values() for name, counted in per_class(part, labels).items()},
        "sure_from": round(sure_from(even), 4),
        "outside": unseen_samples(network.module, labels, network.preprocessing, network.device),
    }


def write_answers(path: Path, sets: Mapping[str, Answers]) -> None:
    """Every set's answers as one small file."""
    arrays: dict[str, Any] = {}
    for name, answers in sets.items():
        kinds = {kind: getattr(answers, kind) for kind in ("truth", "best", "probability", "among")}
        arrays |= {f"{name}.{kind}": values for kind, values in kinds.items()}
        arrays[f"{name}.ids"] = np.frombuffer("\n".join(answers.ids).encode(), np.uint8)
    np.savez_compressed(path, **arrays)


def read_answers(path: Path) -> dict[str, Answers]:
    """What `write_answers` wrote."""
    with np.load(path) as file:
        names = sorted({key.split(".")[0] for key in file})
        return {
            name: Answers(
                tuple(file[f"{name}.ids"].tobytes().decode().split("\n")),
                *(file[f"{name}.{kind}"] for kind in ("truth", "best", "probability", "among")),
            )
            for name in names
        }


def sure_from(answers: Answers) -> float:
    """The lowest probability such that of all answers with at least that one half or more are right; 1 if none.

    So whoever is shown only such answers is told something right at least every second time, on photos like these.
    """
    order = np.argsort(-answers.probability, kind="stable")
    right = np.cumsum(answers.right[order]) / np.arange(1, len(order) + 1)
    enough = np.flatnonzero(right >= SURE_FROM)
    return float(answers.probability[order[enough[-1]]]) if len(enough) else 1.0


def answers_path(name: str, folder: Path = zoo.WEIGHTS) -> Path:
    """Where the answers of a bundled network lie."""
    return folder / f"{name}-answers.npz"
