"""What the comparison page measures, and the results: kept for everybody, or growing in a job."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import streamlit as st
import torch

from ui import engine, frame
from ui.growing import growing
from zfnet_core import sample_photos
from zfnet_core.bounded_cache import BoundedCache
from zfnet_core.compute import MEGABYTE
from zfnet_core.experiments.comparison import Comparison, compare
from zfnet_core.experiments.layer_pictures import LayerPictures, strongest_pictures
from zfnet_core.images import CENTRE, Crop, Photo, prepare, shown
from zfnet_core.jobs import Job
from zfnet_core.models.network import Network
from zfnet_core.shared_results import SharedResults

SLOT = "alexnet-vs-zfnet:measure"
SAMPLES = ("chelsea", "coffee", "motorcycle")
PICTURES = 12

_results: SharedResults[Comparison] = SharedResults(64 * MEGABYTE, lambda _: 2 * MEGABYTE)
_pictures: BoundedCache[LayerPictures] = BoundedCache(32 * MEGABYTE, lambda p: p.projections.nbytes + p.patches.nbytes)


@dataclass(frozen=True, eq=False)
class MeasuredPhoto:
    """A photo with the crop that both networks see of it."""

    photo: Photo
    crop: Crop = CENTRE

    @property
    def name(self) -> str:
        """What it is called on the page."""
        return self.photo.name or "your photo"


def photos() -> list[MeasuredPhoto]:
    """The photos that are measured: the current one with its crop, and the centres of a few samples."""
    current = MeasuredPhoto(engine.photo(), engine.crop())
    samples = [MeasuredPhoto(sample_photos.load(name)) for name in SAMPLES]
    return [current, *(one for one in samples if one.photo.sha != current.photo.sha)][: len(SAMPLES)]


def inputs(network: Network, chosen: Sequence[MeasuredPhoto]) -> torch.Tensor:
    """The photos as `network` sees them: float32 [P, 3, input_px, input_px]."""
    return torch.cat([prepare(one.photo, network.preprocessing, one.crop) for one in chosen])


def current(first: Network, second: Network) -> tuple[Comparison | None, Job | None]:
    """The comparison as far as it is known, and the job that is still at it (None when it is complete)."""
    chosen = photos()
    key = (first.uid, second.uid, engine.photo_key(), tuple(one.photo.sha for one in chosen[1:]))
    return growing(_results, SLOT, key, lambda: compare(first, second, inputs(first, chosen)))


def second_layer(network: Network) -> LayerPictures:
    """What the network's second layer sees in the current photo."""
    key, photo, crop = (network.uid, engine.photo_key()), engine.photo(), engine.crop()

    def make() -> LayerPictures:
        trace = engine.desk().trace(network, engine.photo_key(), lambda: prepare(photo, network.preprocessing, crop))
        pixels = shown(photo, network.preprocessing, crop)
        return engine.desk().run(strongest_pictures, trace, pixels, network.layers[1].name, PICTURES)

    return _pictures.get_or_make(key, make)


@contextmanager
def attempt() -> Iterator[None]:
    """Errors become sentences; where it was the measuring that failed, with a way to begin it again."""
    with frame.guarded():
        yield
    if failed():
        st.button("Try again", on_click=engine.forget_job, args=(SLOT,))


def failed() -> bool:
    """Whether the measuring broke off with an error."""
    job = engine.desk().jobs.of(engine.session_id(), SLOT)
    return job is not None and job.state == "failed"
