"""Our own result of Fig. 5 for a network, small enough to be kept beside its weights."""

from __future__ import annotations

from typing import Any

import torch

from zfnet_core.exhibits.invariance.curves import InvarianceSettings, invariance_curves
from zfnet_core.exhibits.invariance.findings import finding
from zfnet_core.models.network import Network
from zfnet_core.photos import samples
from zfnet_core.photos.framed import FramedPhoto, inputs
from zfnet_core.photos.transforms import TRANSFORMATIONS, Kind

LAYERS = ("conv1", "fc7")


def bundled_result(network: Network) -> dict[str, Any]:
    """Every kind of change over the range of Fig. 5, and how it was done."""
    images = inputs([FramedPhoto(samples.load(name)) for name in samples.FIVE], network.preprocessing)
    how = (
        f"{network.title}, photos {', '.join(samples.FIVE)}, relative distance, border of mean colour, each photo's "
        "answer."
    )
    return {"how": how, "rows": {kind: bundled_row(network, images, kind) for kind in TRANSFORMATIONS}}


def bundled_row(network: Network, images: torch.Tensor, kind: Kind) -> dict[str, float]:
    """One kind of change: the largest distances, and what `finding` says of the two layers and of the answers."""
    *_, curves = invariance_curves(network, images, InvarianceSettings.of_figure_5(kind))
    found = finding(curves, *LAYERS, curves.reference_answers.tolist())
    assert found is not None, "a layer of a bundled network is silent on every photo"
    changes, pairs = curves.answer_changes
    return {
        **{f"largest {layer}": round(float(curves.distance(layer).max()), 4) for layer in LAYERS},
        "share": round(found.share, 4),
        "low": round(found.low_strength, 4),
        "high": round(found.high_strength, 4),
        "stable": round(found.stable_strength, 4),
        "changes": round(changes / pairs, 4),
    }
