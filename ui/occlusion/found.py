"""What is computed for the page: the sweep, the exact answer at one place, and what the followed map responds to."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np

from ui.occlusion.question import Question
from ui.shell import current, shared_task
from zfnet_core.deconvnet.projection import Unit, project, strongest_unit
from zfnet_core.deconvnet.scaling import as_picture
from zfnet_core.exhibits.occlusion import OnePosition, Sweep, compute, occlude_once
from zfnet_core.models.network import Network
from zfnet_core.serving.cache_budget import Cache
from zfnet_core.serving.tasks import Look
from zfnet_core.top_activations.gallery import bundled


@dataclass(frozen=True, eq=False)
class MapPicture:
    """What the followed map responds to: its strongest `unit` projected down, uint8 [H, W, 3], and `elsewhere`, its
    nine strongest projections on the gallery's photos as one picture file (WebP), if there is a gallery."""

    unit: Unit
    pixels: np.ndarray
    elsewhere: bytes | None


_exact: Cache[OnePosition] = Cache()
_pictures: Cache[MapPicture] = Cache()


def sweep(question: Question) -> Look[Sweep]:
    """The sweep as far as it is known; shared with everybody who asks the same."""
    network, image, settings = question.network, question.image, question.settings
    follow = question.follow
    make = partial(compute, network, image, settings, follow=follow)
    return shared_task.look(question.slot, question.sweep_key, lambda: make)


def exact(question: Question) -> OnePosition:
    """The network's answer with the occluder where it is now."""
    network, image, occluder, fill = question.network, question.image, question.occluder, question.settings.fill
    return _exact.get_or_make(
        (question.picture_key, occluder, fill),
        lambda: current.scheduler().run(occlude_once, network, image, occluder, fill),
        of=network,
    )


def map_picture(question: Question) -> MapPicture:
    """What the followed map responds to, in this photo and elsewhere."""
    trace, layer, map = question.trace, question.layer.name, question.map

    def make() -> MapPicture:
        unit = strongest_unit(trace, layer, map)
        projected = current.scheduler().run(partial(project, trace, layer, [unit], "deconvnet"))
        return MapPicture(unit, as_picture(projected.pixels[0]), _elsewhere(trace.network, layer, map))

    return _pictures.get_or_make((question.picture_key, map), make, of=trace.network)


def _elsewhere(network: Network, layer: str, map: int) -> bytes | None:
    gallery = bundled(network)
    return gallery.sprite(layer, map) if gallery is not None and layer in gallery.found.layers else None
