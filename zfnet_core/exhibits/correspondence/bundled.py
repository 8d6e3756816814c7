"""Our own result of Table 1 for a network, small enough to be kept beside its weights."""

from __future__ import annotations

from typing import Any

from zfnet_core.exhibits.correspondence.measure import PARTS, RANDOM, CorrespondenceSettings, correspondence
from zfnet_core.models.network import Network
from zfnet_core.photos import marked_faces
from zfnet_core.photos.framed import FramedPhoto, inputs

FACES = "dogs"
LAYERS = ("conv5", "conv5 pooled", "fc7")


def bundled_result(network: Network) -> dict[str, Any]:
    """(mean, standard deviation over pairs) of every part and of random places at each layer, and how it was done."""
    marked = marked_faces.load(FACES)
    images = inputs([FramedPhoto(one.photo) for one in marked], network.preprocessing)
    points = tuple(
        tuple((round(x), round(y)) for x, y in marked_faces.input_points(one, network.preprocessing)) for one in marked
    )
    settings = CorrespondenceSettings(points, LAYERS)
    *_, found = correspondence(network, images, settings)
    layers = {
        layer: {
            part: [round(found.mean(part, layer), 4), round(found.spread(part, layer), 4)] for part in (*PARTS, RANDOM)
        }
        for layer in LAYERS
    }
    title = marked_faces.face_set(FACES).title.lower()
    how = (
        f"{network.title}, {title}, squares of {settings.side_px} px in the mean colour, {settings.repeats} random "
        "placements; ± over pairs."
    )
    return {"how": how, "layers": layers}
