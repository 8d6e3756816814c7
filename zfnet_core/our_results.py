"""Results of the three experiments on the bundled networks, made once, to stand between the paper's and the visitor's.

`python -m zfnet_core.our_results` makes `assets/our_results.json` anew, in a few minutes. Each result says how it was
made and with which weights; with other weights it is not shown.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import torch

from zfnet_core import marked_faces, sample_photos
from zfnet_core.experiments.comparison import MEASURES, compare
from zfnet_core.experiments.correspondence import PARTS, RANDOM, CorrespondenceSettings, correspondence
from zfnet_core.experiments.invariance import InvarianceSettings, invariance_curves
from zfnet_core.experiments.invariance_findings import finding
from zfnet_core.experiments.portrait import Portrait
from zfnet_core.experiments.transforms import TRANSFORMATIONS
from zfnet_core.images import prepare
from zfnet_core.models import zoo
from zfnet_core.models.network import Network

FILE = Path(__file__).parents[1] / "assets" / "our_results.json"
NETWORKS = ("zfnet-classroom", "alexnet-classroom")
PHOTOS = ("chelsea", "astronaut", "coffee", "motorcycle", "rocket")
FACES = "people"
TABLE_1_LAYERS = ("conv5", "conv5 pooled", "fc7")
LAYERS = ("conv1", "fc7")
Spread = tuple[float, float | None]
_digests: WeakKeyDictionary[Network, str] = WeakKeyDictionary()


@cache
def _kept() -> Mapping[str, Any]:
    return json.loads(FILE.read_text(encoding="utf-8")) if FILE.exists() else {}


def _of(network: Network, exhibit: str) -> Mapping[str, Any]:
    """What is kept of an exhibit for a network, if it was made with these very weights."""
    found = _kept().get("networks", {}).get(network.name, {})
    return found.get(exhibit, {}) if found and found["weights"] == weights_of(network) else {}


def how(network: Network, exhibit: str) -> str:
    """One sentence on how our result was made."""
    return _of(network, exhibit).get("how", f"none for {network.title} with these weights.")


def table_1(network: Network) -> dict[str, dict[str, Spread]]:
    """Δ as (mean, standard deviation) by layer and part; empty where there is none."""
    found = _of(network, "table-1").get("layers", {})
    return {layer: {part: tuple(value) for part, value in parts.items()} for layer, parts in found.items()}


def figure_5(network: Network, kind: str) -> Mapping[str, float]:
    """`largest conv1`, `largest fc7` (relative distances), `share`, `low`, `high` and `stable` strengths of one row."""
    return _of(network, "figure-5").get("rows", {}).get(kind, {})


def figure_6(network: Network) -> Mapping[str, float]:
    """The comparison's measures of a network and their further numbers, 0–1, by their keys."""
    return _of(network, "figure-6").get("measures", {})


def weights_of(network: Network) -> str:
    """Identifies the weights behind a result: a digest of the first and last layers' numbers, made once a network."""
    if (known := _digests.get(network)) is None:
        digest = hashlib.sha256()
        for step in (network.steps[0], network.steps[-1]):
            digest.update(step.module.weight.detach().float().cpu().contiguous().numpy().tobytes())
        known = _digests[network] = digest.hexdigest()[:16]
    return known


def make(say: Callable[[str], None] = print) -> dict[str, Any]:
    """Run the experiments on the bundled networks."""
    networks = [zoo.load(name) for name in NETWORKS]
    made = {network.name: {"weights": weights_of(network)} for network in networks}
    for network in networks:
        say(f"{network.title}: Fig. 5")
        made[network.name]["figure-5"] = _make_figure_5(network)
        say(f"{network.title}: Table 1")
        made[network.name]["table-1"] = _make_table_1(network)
    say("Fig. 6")
    *_, comparison = compare(*networks, _samples(networks[0]))
    for network, portrait in zip(networks, (comparison.first, comparison.second), strict=True):
        made[network.name]["figure-6"] = _figure_6(network, portrait)
    return {"networks": made}


def _samples(network: Network) -> torch.Tensor:
    return torch.cat([prepare(sample_photos.load(name), network.preprocessing) for name in PHOTOS])


def _figure_6(network: Network, portrait: Portrait) -> dict[str, Any]:
    keys = [key for measure in MEASURES for key in (measure.key, *dict(measure.further))]
    values = {key: portrait.value(key) for key in keys}
    return {
        "how": f"{network.title} on the sample photos {', '.join(PHOTOS)}.",
        "measures": {key: round(value, 5) for key, value in values.items() if value is not None},
    }


def _make_figure_5(network: Network) -> dict[str, Any]:
    images, rows = _samples(network), {}
    for kind in TRANSFORMATIONS:
        *_, curves = invariance_curves(network, images, InvarianceSettings.of_figure_5(kind))
        found = finding(curves, *LAYERS, curves.reference_answers.tolist())
        changes, pairs = curves.answer_changes
        rows[kind] = {
            **{f"largest {layer}": round(float(curves.distance(layer).max()), 4) for layer in LAYERS},
            "share": round(found.share, 4),
            "low": round(found.low_strength, 4),
            "high": round(found.high_strength, 4),
            "stable": round(found.stable_strength, 4),
            "changes": round(changes / pairs, 4),
        }
    how_ = (
        f"{network.title}, photos {', '.join(PHOTOS)}, relative distance, border of mean colour, each photo's answer."
    )
    return {"how": how_, "rows": rows}


def _make_table_1(network: Network) -> dict[str, Any]:
    marked = marked_faces.load(FACES)
    images = torch.cat([prepare(one.photo, network.preprocessing) for one in marked])
    points = tuple(
        tuple((round(x), round(y)) for x, y in marked_faces.input_points(one, network.preprocessing)) for one in marked
    )
    settings = CorrespondenceSettings(points, TABLE_1_LAYERS)
    *_, found = correspondence(network, images, settings)
    layers = {
        layer: {
            part: [round(found.mean(part, layer), 4), round(found.spread(part, layer), 4)] for part in (*PARTS, RANDOM)
        }
        for layer in TABLE_1_LAYERS
    }
    title = marked_faces.face_set(FACES).title.lower()
    how_ = (
        f"{network.title}, {title}, squares of {settings.side_px} px in the mean colour, {settings.repeats} random "
        "placements; ± over pairs."
    )
    return {"how": how_, "layers": layers}


def main() -> None:
    """Make the file."""
    torch.set_num_threads(1)
    text = json.dumps(make(lambda line: print(line, file=sys.stderr)), indent=1, ensure_ascii=False)
    FILE.write_text(text + "\n", encoding="utf-8")
    print(f"{FILE.name}: {len(text):,} bytes")


if __name__ == "__main__":
    main()
