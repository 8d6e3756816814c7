"""The paper's protocol on a collection of photos: Tables 4, 5 and 7, fit by fit, kept in a file so that it goes on."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Any

import numpy as np

from zfnet_core.exhibits.transfer.classifier import KINDS, Kind, Training, fit
from zfnet_core.exhibits.transfer.collected import collected
from zfnet_core.exhibits.transfer.features import feature_layers
from zfnet_core.exhibits.transfer.protocol import Protocol, class_numbers, mean_and_spread, mean_per_class, split
from zfnet_core.files import replaced
from zfnet_core.models.network import Network
from zfnet_core.paper.transferred import PRETRAINED
from zfnet_core.photos.corpus import Corpus

Tell = Callable[[str], None]
KIND_NAMES = {"svm": "SVM", "softmax": "Softmax"}


@dataclass(frozen=True)
class Fit:
    """One classifier on one random choice (`seed`) of photos."""

    network: str
    layer: str
    classifier: Kind
    per_class: int
    seed: int


def fits(network: str, layers: Sequence[str], per_class: Sequence[int], splits: int) -> Iterator[Fit]:
    """What is to be taught, the most telling first: the last layer for Tables 4 and 5, then all layers for Table 7.

    Table 7 is made with the largest number of photos a class; every random choice goes through all layers.
    """
    last = layers[-1]
    for count in per_class:
        yield from (Fit(network, last, "softmax", count, seed) for seed in range(splits))
    for seed in range(splits):
        for kind in KINDS:
            for layer in reversed(layers):
                if (layer, kind) != (last, "softmax"):
                    yield Fit(network, layer, kind, max(per_class), seed)


def run(
    networks: Sequence[Network],
    corpus: Corpus,
    per_class: Sequence[int],
    test: int,
    splits: int,
    kept: Path,
    tell: Tell,
    layers: Sequence[str] = (),
    kinds: Sequence[Kind] = KINDS,
) -> None:
    """Teach every classifier of `kinds` that is not in the file `kept` yet, and write its accuracy there (in %)."""
    done = read(kept)
    _, numbers = class_numbers(corpus)
    choices = {
        (count, seed): split(corpus, Protocol(count, test), seed) for count in per_class for seed in range(splits)
    }
    photos = np.unique(np.concatenate([np.concatenate([one.train, one.test]) for one in choices.values()]))
    by_name = {network.name: network for network in networks}
    todo = [
        one
        for one in in_turns(networks, layers, per_class, splits)
        if one.classifier in kinds and key(one, by_name[one.network], corpus) not in done
    ]
    features: dict[str, dict[str, np.ndarray]] = {}
    for place, one in enumerate(todo):
        network = by_name[one.network]
        if one.network not in features:
            features[one.network] = _looked_at(network, corpus, photos, tell)
        choice, rows = choices[one.per_class, one.seed], features[one.network][one.layer]
        teach, ask = np.searchsorted(photos, choice.train), np.searchsorted(photos, choice.test)
        made = fit(rows[teach].astype(np.float32), numbers[choice.train], Training(one.classifier))
        right = mean_per_class(made.answers(rows[ask].astype(np.float32)), numbers[choice.test])
        done[key(one, network, corpus)] = {**asdict(one), "right": round(right, 3)}
        with replaced(kept) as path:
            path.write_text(json.dumps(done, indent=0), "utf-8")
        told = f"{one.layer}, {one.classifier}, {one.per_class} a class, choice {one.seed + 1}"
        tell(f"{place + 1} of {len(todo)}: {network.title}, {told}: {right:.1f} %")


def in_turns(networks: Sequence[Network], layers: Sequence[str], per_class: Sequence[int], splits: int) -> list[Fit]:
    """What is to be taught for all networks, in turns, so that they are equally far whenever it is stopped."""
    wanted = {
        network.name: [layer for layer in feature_layers(network) if not layers or layer in layers]
        for network in networks
    }
    own = [list(fits(network.name, wanted[network.name], per_class, splits)) for network in networks]
    return [one for turn in zip_longest(*own) for one in turn if one is not None]


def _looked_at(network: Network, corpus: Corpus, photos: np.ndarray, tell: Tell) -> dict[str, np.ndarray]:
    def looked(count: int, of: int) -> None:
        tell(f"{network.title}: {count:,} of {of:,} photos are looked at")

    return collected(network, corpus, photos.tolist(), list(feature_layers(network)), tell=looked)


def read(kept: Path) -> dict[str, Any]:
    """What was taught before; nothing where there is no file."""
    return json.loads(kept.read_text("utf-8")) if kept.is_file() else {}


def key(one: Fit, network: Network, corpus: Corpus) -> str:
    """Identifies a fit together with the weights and the photos."""
    return f"{network.fingerprint} {corpus.key} {one.layer} {one.classifier} {one.per_class} {one.seed}"


def rows_of(found: Sequence[Mapping[str, Any]], data: str, about: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Rows of Tables 4, 5 and 7 from fits of one network: see `zfnet_core.paper.transferred.Row`.

    `data` is "Caltech-101" or "Caltech-256" for the paper's tables; other names make rows of their own table.
    """
    groups: dict[tuple[str, str, int], list[float]] = {}
    for one in found:
        groups.setdefault((one["layer"], one["classifier"], one["per_class"]), []).append(one["right"])
    table = {"Caltech-101": "table-4", "Caltech-256": "table-5"}.get(data, data)
    layers = [one["layer"] for one in found]
    last = max(layers, key=lambda layer: (layer.startswith("fc"), layer), default="")
    several = [one["per_class"] for one in found if one["layer"] != last]
    most = max(several or [one["per_class"] for one in found], default=0)
    rows = []
    for (layer, kind, count), values in sorted(groups.items()):
        value, spread = mean_and_spread(values)
        made = {"data": data, "layer": layer, "classifier": kind, "per_class": count, "splits": len(values)}
        entry = {
            "value": round(value, 2),
            "spread": None if spread is None else round(spread, 2),
            "settings": {**about, **made},
        }
        if layer == last and kind == "softmax":
            rows.append({"table": table, "row": PRETRAINED, "column": f"{count} per class", **entry})
        if count == most:
            row = f"{KIND_NAMES[kind]} on layer {layer.removeprefix('conv').removeprefix('fc')}"
            rows.append({"table": "table-7", "row": row, "column": f"{data}, {count} per class", **entry})
    return rows
