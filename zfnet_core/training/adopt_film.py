"""The films of the taught pair (Fig. 4): layers 1–5 as they were after some epochs, seen on photos they learned from.

    python -m zfnet_core.training.adopt_film FOLDER --photos classroom-*.zip

`FOLDER` holds `zfnet-epochs.safetensors`, `alexnet-epochs.safetensors`, `training-facts.json` and `training-log.txt`.
The last column is the bundled network itself.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open

from zfnet_core.assets import ASSETS
from zfnet_core.errors import CheckpointError, ExplorerError
from zfnet_core.exhibits.evolution import film
from zfnet_core.language import phrase
from zfnet_core.models import zoo
from zfnet_core.models.network import Network, present
from zfnet_core.photos.corpus import Corpus, open_corpus
from zfnet_core.training.adopt import PAIR
from zfnet_core.training.film import decoded

SEARCHED = 2000
MAPS_PER_LAYER = 16
LOGGED = re.compile(r"step (\d+) px (\d+) .*zfnet ([\d.]+) alexnet ([\d.]+)")


def snapshots(path: Path) -> dict[int, dict[str, torch.Tensor]]:
    """The layers after each epoch: {epoch: {"conv1.weight": float32, …}}, epochs in order.

    A weight is kept as int8 with one scale per filter. Raises CheckpointError where the file is not of this kind.
    """
    found: dict[int, dict[str, torch.Tensor]] = {}
    try:
        with safe_open(path, "pt") as file:
            for key in file.keys():  # noqa: SIM118
                epoch, name = key.split(".", 1)
                layers = found.setdefault(int(epoch.removeprefix("epoch")), {})
                if name.endswith(".int8"):
                    scale = file.get_tensor(f"{epoch}.{name.removesuffix('.int8')}.scale")
                    layers[name.removesuffix(".int8")] = file.get_tensor(key).float() * scale.view(-1, 1, 1, 1)
                elif not name.endswith(".scale"):
                    layers[name] = file.get_tensor(key).float()
    except Exception as error:  # the reader of the format fails with errors of its own
        raise CheckpointError(
            phrase("{name} does not hold the layers of some epochs; copy it again.", name=path.name)
        ) from error
    return dict(sorted(found.items()))


def network_with(name: str, layers: Mapping[str, torch.Tensor]) -> Network:
    """The bundled network `name` with other layers 1–5; what lies above them is left as it is and means nothing."""
    bundled, entry = zoo.load(name), zoo.entry(name)
    module = entry.build()
    module.load_state_dict({**bundled.module.state_dict(), **layers})
    return present(
        f"{name}-epoch",
        bundled.title,
        module,
        entry.layers(module),
        bundled.labels,
        preprocessing=bundled.preprocessing,
        source="Layers 1–5 of a snapshot of the run.",
        trained=True,
    )


def curve(facts: Mapping[str, Any], log: str, family: str) -> list[dict[str, Any]]:
    """One record for each epoch that something was written down of: `loss`, or `val_top1` on Imagenette's photos.

    Losses are means over 200 batches of cross-entropy to the teacher's answers; `val_top1` is the share of
    `val_photos` validation photos of Imagenette that were right with all 1000 classes to choose from, at `val_px`.
    """
    steps_an_epoch = facts["steps"] / facts["epochs"]
    records: dict[int, dict[str, Any]] = {}
    for line in log.splitlines():
        if found := LOGGED.search(line):
            step, px, *losses = found.groups()
            epoch = round(int(step) / steps_an_epoch)
            loss = float(losses[("zfnet", "alexnet").index(family)])
            records.setdefault(epoch, {"epoch": epoch, "px": int(px)})["loss"] = loss
    for one in facts["curve"]:
        record = records.setdefault(one["epoch"], {"epoch": one["epoch"], "px": one["px"]})
        judged = one[family]["imagenette"]
        record |= {"val_top1": judged["top1"], "val_photos": judged["photos"], "val_px": one["judged_px"]}
    last = round(facts["epochs"])
    record = records.setdefault(last, {"epoch": last, "px": facts["px_of_epoch"][-1]})
    judged = facts["final"][family]["imagenette"]
    record |= {"val_top1": judged["top1"], "val_photos": judged["photos"]}
    return [records[epoch] for epoch in sorted(records)]


def make(folder: Path, name: str, corpus: Corpus, say: Callable[[str], None] = print) -> film.Evolution:
    """The film of one network over the photos of `corpus`."""
    family = PAIR[name]
    facts = json.loads((folder / "training-facts.json").read_text())
    last = round(facts["epochs"])
    found = snapshots(folder / f"{family}-epochs.safetensors")
    networks: dict[int, Callable[[], Network]] = {
        epoch: partial(network_with, name, layers) for epoch, layers in found.items()
    }
    networks[last] = partial(zoo.load, name)
    pictures = decoded(corpus, zoo.entry(name).preprocessing)
    *_, made = film.compute(
        name,
        networks,
        pictures.batches,
        pictures.ids,
        curve(facts, (folder / "training-log.txt").read_text(), family),
        film.Settings(MAPS_PER_LAYER),
        about=f"{zoo.entry(name).family} on 52,543 photos, {last} epochs at 128 to 224 px (batch norm folded in as "
        f"measured in training); the strongest units over {len(corpus):,} of these photos. Validation: 1,283 photos of "
        "Imagenette, all 1,000 classes to choose from.",
        say=say,
    )
    return made


def stamped(path: Path, network: Network) -> Path:
    """Note in the index of a film at `path` which network its last column was made with, so that a test can tell."""
    path.write_text(json.dumps({**json.loads(path.read_text()), "fingerprint": network.fingerprint}) + "\n")
    return path


def main(arguments: Sequence[str] | None = None) -> int:
    """The command."""
    parser = argparse.ArgumentParser(
        prog="python -m zfnet_core.training.adopt_film", description="Make the films of the pair."
    )
    parser.add_argument("folder", type=Path, help="where the snapshots, training-facts.json and training-log.txt lie")
    parser.add_argument("--photos", nargs="+", required=True, help="zip files or a folder; their part train is used")
    parser.add_argument("--out", type=Path, default=ASSETS / "evolution")
    given = parser.parse_args(arguments)
    try:
        corpus = open_corpus(given.photos, under="train").sample(SEARCHED)
        for name in PAIR:
            made = make(given.folder, name, corpus, say=partial(print, name, flush=True))
            print(stamped(film.save(made, given.out), zoo.load(name)))
    except (ExplorerError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
