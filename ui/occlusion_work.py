"""What the occlusion page asks for, and the sweeps and single positions for it."""

from __future__ import annotations

import re
import weakref
from collections.abc import Hashable
from dataclasses import dataclass

import numpy as np
import torch

from ui import engine, photo_set, state
from zfnet_core.bounded_cache import BoundedCache
from zfnet_core.experiments import occlusion
from zfnet_core.experiments.covering import FILLS, Box, OcclusionSettings
from zfnet_core.experiments.occlusion import OnePosition, Sweep
from zfnet_core.images import CENTRE, Crop, Photo, prepare
from zfnet_core.jobs import Job
from zfnet_core.models.network import Network
from zfnet_core.trace import Trace

STRIDES = (4, 8, 16, 32)
SMALLEST_PX = 8
STRONGEST = -1
FIRST, SECOND = "occlusion:first", "occlusion:second"


@dataclass(frozen=True, eq=False)
class Subject:
    """One photo on the page: what it is, and its trace. `slot` names its job."""

    slot: str
    name: str
    photo: Photo
    crop: Crop
    network: Network
    trace: Trace

    @property
    def key(self) -> Hashable:
        """Identifies photo, crop and network, which it does not keep alive."""
        return self.photo.sha, self.crop, weakref.ref(self.network)

    @property
    def image(self) -> torch.Tensor:
        """The network's input [1, 3, H, W]."""
        return self.trace.images

    @property
    def probabilities(self) -> np.ndarray:
        """Of the untouched photo [classes]."""
        return self.trace.probabilities[0].cpu().numpy()


def component_key(subject: Subject) -> str:
    """The key of the subject's living picture."""
    return subject.slot.replace(":", "-")


def subjects() -> list[Subject]:
    """The page's photo and, if one is chosen, the photo beside it."""
    network = engine.network()
    shown = [Subject(FIRST, state.view().photo, engine.photo(), engine.crop(), network, engine.trace())]
    beside, photos = state.view().occlusion_beside, photo_set.available()
    if beside in photos:
        photo = photos[beside]
        key = f"{photo.sha}@{CENTRE.left:.4f},{CENTRE.top:.4f}"
        trace = engine.desk().trace(network, key, lambda: prepare(photo, network.preprocessing, CENTRE))
        shown.append(Subject(SECOND, beside, photo, CENTRE, network, trace))
    else:
        stop(SECOND)
    return shown


def settings(photo_px: int) -> OcclusionSettings:
    """The rectangle, step and fill that the link asks for, with the usual in place of what cannot be had."""
    view = state.view()
    height, width = (min(max(side, SMALLEST_PX), photo_px) for side in (view.occlusion_height, view.occlusion_width))
    stride = view.occlusion_stride if view.occlusion_stride in STRIDES else 8
    known = view.occlusion_fill in FILLS or re.fullmatch(r"#[0-9a-fA-F]{6}", view.occlusion_fill)
    return OcclusionSettings(height, width, stride, view.occlusion_fill if known else "mean")


def box(photo_px: int) -> Box:
    """Where the rectangle is, moved inside the photo."""
    chosen, (top, left) = settings(photo_px), state.view().occlusion_at
    return Box(
        min(max(top, 0), photo_px - chosen.height_px),
        min(max(left, 0), photo_px - chosen.width_px),
        chosen.height_px,
        chosen.width_px,
    )


def move(top: int, left: int, height: int, width: int) -> None:
    """Put the rectangle somewhere else."""
    state.change(occlusion_at=(top, left), occlusion_height=height, occlusion_width=width)


def label_of(subject: Subject) -> int:
    """The class whose probability is followed: the chosen one, else the untouched photo's answer."""
    asked = state.view().occlusion_class
    return asked if 0 <= asked < len(subject.network.labels) else int(subject.probabilities.argmax())


def map_of(subject: Subject) -> int:
    """The map whose activity is followed: the chosen one, else the strongest in the untouched photo."""
    layer = occlusion.totals_layer(subject.network)
    asked = state.view().occlusion_map
    return asked if 0 <= asked < layer.maps else int(totals(subject).argmax())


def totals(subject: Subject) -> np.ndarray:
    """Total activation of every map of the last layer of maps in the untouched photo."""
    layer = occlusion.totals_layer(subject.network)
    return subject.trace.activation(layer.name)[0].sum(dim=(1, 2)).cpu().numpy()


def sweep(subject: Subject) -> tuple[Sweep | None, Job | None]:
    """The sweep as far as it is known, and the job that still works on it (None when it is complete).

    Raises what the computation raised.
    """
    chosen = settings(subject.image.shape[-1])
    if (kept := occlusion.finished(subject.network, subject.image, chosen)) is not None:
        stop(subject.slot)
        return kept, None
    network, image = subject.network, subject.image
    job = engine.job(subject.slot, (subject.key, chosen), lambda: occlusion.sweep_progressively(network, image, chosen))
    found = job.look()
    if job.state == "failed":
        raise job.error
    return (found if found is not None and found.done else None), job if job.live else None


def stop(slot: str) -> None:
    """Give up the session's job of that slot, or forget that it failed."""
    engine.desk().jobs.stop(engine.session_id(), slot)


def failed(slot: str) -> bool:
    """Whether the session's job of that slot failed and waits to be tried again."""
    job = engine.desk().jobs.of(engine.session_id(), slot)
    return job is not None and job.state == "failed"


_exact: BoundedCache[OnePosition] = BoundedCache(
    32 * 2**20, lambda one: one.probabilities.nbytes + one.map_totals.nbytes
)


def exact(subject: Subject) -> OnePosition:
    """The network's answer with the rectangle where it is now."""
    photo_px = subject.image.shape[-1]
    place, fill = box(photo_px), settings(photo_px).fill
    return _exact.get_or_make(
        (subject.key, place, fill),
        lambda: engine.desk().run(occlusion.occlude_once, subject.network, subject.image, place, fill),
    )
