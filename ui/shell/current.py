"""The current network, photo, crop and trace of this visit."""

from __future__ import annotations

import functools
import threading
from contextlib import nullcontext
from dataclasses import dataclass

import streamlit as st
import torch

from ui.shell import own_networks, state
from ui.shell.chosen import YOURS, Chosen
from ui.shell.session import session, session_id
from zfnet_core.forward.device import best_device
from zfnet_core.forward.map_summary import MapSummary, summarise
from zfnet_core.forward.trace import Trace
from zfnet_core.language import t
from zfnet_core.models import zoo
from zfnet_core.models.network import Network
from zfnet_core.photos import samples
from zfnet_core.photos.decoding import Photo
from zfnet_core.photos.images import Crop, prepare
from zfnet_core.serving import ray_compute
from zfnet_core.serving.cache_budget import Cache
from zfnet_core.serving.scheduler import Scheduler

QUICK_MACS = 3e9  # a forward pass up to here is over before anybody asks what is happening


_opening = threading.Lock()


def scheduler() -> Scheduler:
    """The one scheduler of this server, also when its first visitors come at the same moment."""
    with _opening:
        return _scheduler()


@functools.cache
def _scheduler() -> Scheduler:
    torch.set_num_threads(1)  # many visitors: threads of one computation would only fight each other
    elsewhere = ray_compute.from_environment()
    return Scheduler(best_device() if elsewhere is None else "cpu", elsewhere=elsewhere)


def network() -> Network:
    """The chosen network; the default one when the link asks for one that is not here."""
    name = state.read(Chosen).network
    if own := own_networks.get(session(), name):
        return own
    name = name if name in zoo.names() else zoo.DEFAULT
    with (
        nullcontext()
        if scheduler().has_network(name)
        else st.spinner(t("Loading {network} …", network=zoo.entry(name).title))
    ):
        return scheduler().network(name)


def photo() -> Photo:
    """The chosen photo; the default sample while the visitor's own is missing."""
    name = state.read(Chosen).photo
    if name == YOURS and (own := session().own_photo):
        return own
    return samples.load(name if name in samples.names() else Chosen().photo)


def crop() -> Crop:
    """The chosen crop."""
    chosen = state.read(Chosen)
    left, top = (min(max(value, 0.0), 1.0) for value in chosen.crop)
    return Crop(left, top, chosen.crop_zoom)


@dataclass(frozen=True, eq=False)
class Current:
    """What every exhibit asks about, resolved once per run: a network, and a photo with its crop.

    `photo_name` is the photo's name in the address.
    """

    network: Network
    photo_name: str
    photo: Photo
    crop: Crop

    @property
    def photo_key(self) -> str:
        """Identifies the photo together with its crop."""
        return key_of(self.photo, self.crop)


def now() -> Current:
    """What is chosen now."""
    return Current(network(), state.read(Chosen).photo, photo(), crop())


def key_of(picture: Photo, place: Crop) -> str:
    """Identifies a photo together with its crop, exactly: on a large photo the last digits are pixels."""
    return f"{picture.sha}@{place.left!r},{place.top!r},{place.zoom!r}"


def trace() -> Trace:
    """The trace of the current photo through the current network."""
    return trace_of(network(), photo(), crop())


def trace_of(through: Network, picture: Photo, place: Crop) -> Trace:
    """The trace of a photo's crop through a network, made once for everybody who asks."""
    key = key_of(picture, place)
    quick = through.macs < QUICK_MACS or scheduler().has_trace(through, key)
    with nullcontext() if quick else st.spinner(t("{network} is looking at the photo …", network=through.title)):
        return scheduler().trace(through, key, lambda: prepare(picture, through.preprocessing, place))


_summaries: Cache[MapSummary] = Cache()


def summary_of(traced: Trace, picture: str, layer: str) -> MapSummary:
    """All maps of a layer of a trace, in the form that the atlas draws; `picture` identifies its photo and crop (see
    `key_of`)."""
    key = (traced.network.uid, picture, layer)
    return _summaries.get_or_make(key, lambda: summarise(traced.activation(layer)[0]))


def leave_other_pages(name: str) -> None:
    """End this session's interest in the tasks of other exhibits than `name`; slots begin with their exhibit's name."""
    scheduler().tasks.leave(session_id(), keep=name)
