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

from zfnet_core.experiments.dead_filters import FAINT_BELOW, SILENT_BELOW, dead_filters
from zfnet_core.models.batch_norm_folding import folded
from zfnet_core.models.preprocessing import Preprocessing
from zfnet_core.training.augment import judged_batch
from zfnet_core.training.form import TrainingForm
from zfnet_core.training.judging import Accuracy, judged, judged_among, scores_of
from zfnet_core.training.machine import Machine
from zfnet_core.training.outside import outside
from zfnet_core.training.packed import PackedPhotos
from zfnet_core.training.recipe import Recipe
from zfnet_core.training.run_directory import RunDirectory, replaced, write_weights

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
    photos: dict[str, PackedPhotos],
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
    of class names for which the card also gives the accuracy among themselves. `val_right` has one bit for each
    validation photo in the order of their ids, so that any part of them can be checked; `outside` are the sample
    photos that show something the network has a class for, none of which it was trained on.
    """
    recipe = run.recipe
    plain = shipped_form(network)
    folder.mkdir(parents=True, exist_ok=True)
    weights_path = folder / f"{name}.safetensors"
    write_weights(weights_path, {key: value.half() for key, value in plain.state_dict().items()})
    form = TrainingForm(plain).to(machine.device, memory_format=torch.channels_last)
    exact = Machine(machine.device)
    scores = scores_of(form, photos["val"], recipe.settle_px, recipe, exact)
    sample = _sample(photos["train"], TRAIN_SAMPLE)
    train_scores = scores_of(form, sample, recipe.settle_px, recipe, exact)
    few = _sample(photos["val"], FILTER_SAMPLE)
    filters = dead_filters(plain[0], judged_batch(few, range(len(few)), recipe.settle_px, recipe))
    labels = [label.replace("_", " ") for label in photos["val"].classes]
    validation = judged(scores, photos["val"].labels)
    preprocessing = _preprocessing(recipe)
    card = {
        "name": name,
        "summary": summary,
        "architecture": {"family": recipe.network, "classes": len(labels), "units": list(recipe.units), "norm": "none"},
        "labels": labels,
        "preprocessing": asdict(preprocessing),
        "sha256": hashlib.sha256(weights_path.read_bytes()).hexdigest(),
        "data": {"train_photos": len(photos["train"]), "val_photos": len(photos["val"]), "licences": list(licences)},
        "accuracy": {
            "val": _shares(validation),
            "train_sample": _shares(judged(train_scores, sample.labels)),
            "val_among": {
                group: {"classes": list(names), **_shares(_among(scores, photos["val"].labels, labels, names))}
                for group, names in (groups or {}).items()
            },
            "val_per_class": dict(zip(labels, validation.per_class, strict=True)),
            "val_right": as_hexadecimal(scores.argmax(1) == photos["val"].labels),
            "outside": outside(form.network, labels, preprocessing, machine.device),
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
            "definition": f"RMS below {FAINT_BELOW} of the layer's median, or active at fewer than {SILENT_BELOW:.1%} "
            f"of the places of {len(few)} validation photos",
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


def _preprocessing(recipe: Recipe) -> Preprocessing:
    return Preprocessing(round(recipe.settle_px * 256 / 224), recipe.settle_px, recipe.mean, recipe.std)


def as_hexadecimal(right: torch.Tensor) -> str:
    """Bits [N], the first one highest, filled up with zeros to whole bytes."""
    return np.packbits(right.numpy()).tobytes().hex()


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
    return judged_among(scores, truth, [labels.index(name) for name in names])
