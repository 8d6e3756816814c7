"""From a run to what is shipped: plain convolutions in float16 and a model card that says what they are."""

from __future__ import annotations

import datetime
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file
from torch import nn

from zfnet_core.evaluate.answers import Answers, answers_path, per_class, write_answers
from zfnet_core.exhibits.comparison.dead_filters import FAINT_BELOW, SILENT_BELOW, dead_filters
from zfnet_core.files import replaced
from zfnet_core.models.batch_norm_folding import folded
from zfnet_core.models.unseen_samples import unseen_samples
from zfnet_core.training.augment import evaluation_batch
from zfnet_core.training.evaluation import Accuracy, accuracy_among, accuracy_of, scores_of
from zfnet_core.training.lesson import named_after
from zfnet_core.training.machine import Machine
from zfnet_core.training.packed import Packed, PackedPhotos
from zfnet_core.training.recipe import Recipe
from zfnet_core.training.run_directory import RunDirectory, tidy, write_weights
from zfnet_core.training.trainable import TrainableNetwork

TRAIN_SAMPLE = 1000
FILTER_SAMPLE = 256


def shipped_form(network: nn.Sequential) -> nn.Sequential:
    """Batch norm folded in, every weight rounded to float16: exactly what a reader of the file will compute with."""
    plain = folded(network)
    with torch.no_grad():
        for parameter in plain.parameters():
            parameter.copy_(parameter.half().float())
    return plain


def export(
    run: RunDirectory,
    network: nn.Sequential,
    photos: Packed,
    machine: Machine,
    folder: Path,
    name: str,
    *,
    epochs: int,
    summary: str = "",
    licences: Sequence[str] = (),
    groups: Mapping[str, Sequence[str]] | None = None,
    commands: Sequence[str] = (),
) -> dict[str, Any]:
    """Write `folder/name.safetensors` and `folder/name.json`; returns the card.

    The whole validation set is judged with the weights as written, at the size of use, in float32. `groups` are lists
    of class names for which the card also gives the accuracy among themselves; `train_sample` is None where no training
    folder is named after a class. What the network said of every validation photo is written beside the card, in the
    form of `zfnet_core.evaluate`, so that any part of it can be counted again and the app can tell how well each class
    is known; `outside` are the sample photos that show something the network has a class for, none of which it was
    trained on.
    """
    recipe = run.recipe
    plain = shipped_form(network)
    first = plain[0]
    assert isinstance(first, nn.Conv2d)
    weights_path = folder / f"{name}.safetensors"
    labels, preprocessing = tidy(photos.val.classes), recipe.preprocessing
    note = {"labels": json.dumps(labels), "preprocessing": json.dumps(asdict(preprocessing))}
    write_weights(weights_path, {key: value.half() for key, value in plain.state_dict().items()}, note)
    trainable = TrainableNetwork(plain).on(machine.device)
    exact = Machine(machine.device)
    scores = scores_of(trainable, photos.val, recipe.settle_px, recipe, exact)
    sample = named_after(_sample(photos.whole_train, TRAIN_SAMPLE), photos.val.classes)
    train_scores = scores_of(trainable, sample, recipe.settle_px, recipe, exact) if len(sample) else None
    few = _sample(photos.val, FILTER_SAMPLE)
    filters = dead_filters(first, evaluation_batch(few, range(len(few)), recipe.settle_px, recipe))
    validation = accuracy_of(scores, photos.val.labels)
    answers = answers_of(photos.val, scores)
    write_answers(answers_path(name, folder), {"val": answers})
    card = {
        "name": name,
        "summary": summary,
        "architecture": {"family": recipe.network, "classes": len(labels), "units": list(recipe.units), "norm": "none"},
        "labels": labels,
        "preprocessing": asdict(preprocessing),
        "sha256": hashlib.sha256(weights_path.read_bytes()).hexdigest(),
        "data": {"train_photos": run.data["train"], "val_photos": len(photos.val), "licences": list(licences)},
        "accuracy": {
            "val": _shares(validation),
            "train_sample": None if train_scores is None else _shares(accuracy_of(train_scores, sample.labels)),
            "val_among": {
                group: {"classes": list(names), **_shares(_among(scores, photos.val.labels, labels, names))}
                for group, names in (groups or {}).items()
            },
            "per_class": per_class(answers, labels),
            "outside": unseen_samples(trainable.network, labels, preprocessing, machine.device),
        },
        "parameters": {
            "total": sum(p.numel() for p in plain.parameters()),
            **{
                part: sum(p.numel() for p in module.parameters())
                for part, module in plain.named_children()
                if any(True for _ in module.parameters())
            },
        },
        "dead_filters": {
            "share": filters.share,
            "faint": int(filters.faint.sum()),
            "silent": int(filters.silent.sum()),
            "of": len(filters.rms),
            "definition": f"RMS below {FAINT_BELOW} of the layer's median, or active at fewer than "
            f"{100 * SILENT_BELOW:.1f} % of the places of {len(few)} validation photos",
        },
        "recipe": json.loads(recipe.to_json()),
        "epochs": epochs,
        "minutes": round(sum(record["seconds"] for record in run.log()) / 60),
        "device": str(machine.device),
        "date": datetime.date.today().isoformat(),
        "repeat": list(commands),
    }
    with replaced(folder / f"{name}.json") as place:
        place.write_text(json.dumps(card, indent=1, ensure_ascii=False) + "\n")
    return card


def exported(card: Path, film: Path) -> tuple[nn.Sequential, list[dict[str, Any]]]:
    """What `export` and `evolution` wrote, to go on from: the plain network, float32, and the records of its epochs."""
    facts = json.loads(card.read_text())
    network = replace(Recipe.from_json(json.dumps(facts["recipe"])), batch_norm=False).build(len(facts["labels"]))
    weights = load_file(card.with_suffix(".safetensors"))
    network.load_state_dict({name: value.float() for name, value in weights.items()})
    return network.eval(), json.loads(film.read_text())["curve"]


def answers_of(photos: PackedPhotos, scores: torch.Tensor) -> Answers:
    """What a network said of every photo, from its scores [photos, classes]."""
    probabilities = scores.softmax(1)
    best = probabilities.topk(min(5, scores.shape[1]))
    truth = photos.labels.numpy()
    occurring = np.unique(truth)
    among = occurring[scores[:, occurring].argmax(1).numpy()]
    kinds = (truth, best.indices.numpy(), best.values[:, 0].numpy(), among)
    return Answers(photos.ids, *(kind if kind.dtype == np.float32 else kind.astype(np.int16) for kind in kinds))


def _sample(photos: PackedPhotos, count: int) -> PackedPhotos:
    """The same random photos every time."""
    order = torch.randperm(len(photos), generator=torch.Generator().manual_seed(0))
    return photos.subset(order[:count].numpy())


def _shares(accuracy: Accuracy) -> dict[str, Any]:
    return {
        "photos": accuracy.photos,
        "top1": round(accuracy.top1, 4),
        "top5": round(accuracy.top5, 4),
        "mean_per_class": round(accuracy.mean_per_class, 4),
    }


def _among(scores: torch.Tensor, truth: torch.Tensor, labels: Sequence[str], names: Sequence[str]) -> Accuracy:
    return accuracy_among(scores, truth, [labels.index(name) for name in names])
