"""Our own result of Fig. 6 for a network, small enough to be kept beside its weights."""

from __future__ import annotations

from typing import Any

from zfnet_core.exhibits.comparison.comparison import MEASURES, measured
from zfnet_core.models.network import Network
from zfnet_core.photos import samples
from zfnet_core.photos.framed import FramedPhoto, inputs


def bundled_result(network: Network) -> dict[str, Any]:
    """Every measure and further number, and how they were done."""
    photos = [FramedPhoto(samples.load(name)) for name in samples.FIVE]
    portrait = measured(network, inputs(photos, network.preprocessing))
    keys = [key for measure in MEASURES for key in (measure.key, *dict(measure.further))]
    values = {key: portrait.value(key) for key in keys}
    return {
        "how": f"{network.title} on the sample photos {', '.join(samples.FIVE)}.",
        "measures": {key: round(value, 5) for key, value in values.items() if value is not None},
    }
