"""The session's way to the shared desk: the current network, photo and trace, and the session's long jobs."""

from __future__ import annotations

import functools
import importlib
import pkgutil
import threading
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from typing import Any

import streamlit as st
import torch
from streamlit.runtime.scriptrunner import get_script_run_ctx

import ui
from ui import state
from zfnet_core import sample_photos
from zfnet_core.bounded_cache import BoundedCache
from zfnet_core.compute import MEGABYTE, Desk
from zfnet_core.deconvnet import strongest_units
from zfnet_core.device import best_device
from zfnet_core.images import Crop, Photo, prepare
from zfnet_core.jobs import Job
from zfnet_core.map_summary import MapSummary, summarise
from zfnet_core.models import zoo
from zfnet_core.models.network import Network
from zfnet_core.trace import Trace

YOURS = "yours"
QUICK_MACS = 3e9  # a forward pass up to here is over before anybody asks what is happening


_opening = threading.Lock()


def desk() -> Desk:
    """The one desk of this server, also when its first visitors come at the same moment."""
    with _opening:
        return _desk()


@functools.cache
def _desk() -> Desk:
    torch.set_num_threads(1)  # many visitors: threads of one computation would only fight each other
    return Desk(best_device())


def warm() -> None:
    """Do what the first visitor would wait for: all imports, the default network, and what its first page shows."""
    for module in pkgutil.walk_packages(ui.__path__, "ui."):
        importlib.import_module(module.name)
    from ui import photo_panel, unit_pictures

    photo_panel._sample_tiles()
    network = desk().network(zoo.DEFAULT)
    photo, layer = sample_photos.load(state.DEFAULTS.photo), network.layer(state.DEFAULTS.layer)
    place = Crop(*state.DEFAULTS.crop)
    traced = desk().trace(network, _key(photo, place), lambda: prepare(photo, network.preprocessing, place))
    _summary(traced, _key(photo, place), layer.name)
    unit_pictures.unit_pictures(traced, layer, strongest_units(traced, layer.name, 1)[0], state.DEFAULTS.zero)


def network() -> Network:
    """The chosen network; the default one when the link asks for one that is not here."""
    name = state.view().network
    if own := st.session_state.get("own networks", {}).get(name):
        return own
    name = name if name in zoo.names() else zoo.DEFAULT
    with nullcontext() if desk().has_network(name) else st.spinner(f"Loading {zoo.entry(name).title} …"):
        return desk().network(name)


def photo() -> Photo:
    """The chosen photo; the default sample while the visitor's own is missing."""
    name = state.view().photo
    if name == YOURS and (own := st.session_state.get("own photo")):
        return own
    return sample_photos.load(name if name in sample_photos.names() else state.DEFAULTS.photo)


def crop() -> Crop:
    """The chosen crop."""
    left, top = (min(max(value, 0.0), 1.0) for value in state.view().crop)
    return Crop(left, top)


def photo_key() -> str:
    """Identifies the photo together with its crop."""
    return _key(photo(), crop())


def _key(picture: Photo, place: Crop) -> str:
    return f"{picture.sha}@{place.left:.4f},{place.top:.4f}"


def trace() -> Trace:
    """The trace of the current photo through the current network."""
    chosen, picture, place = network(), photo(), crop()
    quick = chosen.macs < QUICK_MACS or desk().has_trace(chosen, photo_key())
    with nullcontext() if quick else st.spinner(f"{chosen.title} is looking at the photo …"):
        return desk().trace(chosen, photo_key(), lambda: prepare(picture, chosen.preprocessing, place))


_summaries: BoundedCache[MapSummary] = BoundedCache(100 * MEGABYTE, lambda summary: summary.pictures.nbytes)


def summary(layer: str) -> MapSummary:
    """All maps of a layer for the current photo, in the form that the atlas draws."""
    return _summary(trace(), photo_key(), layer)


def _summary(traced: Trace, picture: str, layer: str) -> MapSummary:
    key = (traced.network.uid, picture, layer)
    return _summaries.get_or_make(key, lambda: summarise(traced.activation(layer)[0]))


def session_id() -> str:
    """Names this browser session."""
    context = get_script_run_ctx()
    return context.session_id if context else "no session"


def job(slot: str, key: Any, steps: Callable[[], Iterator[Any]]) -> Job:
    """The session’s job for `slot`; started anew when `key` (what it depends on) changed or it was stopped."""
    running = desk().jobs.of(session_id(), slot)
    if running is None or running.state == "stopped" or st.session_state.get(f"job key {slot}") != key:
        running = desk().jobs.start(session_id(), slot, steps)
        st.session_state[f"job key {slot}"] = key
    running.look()
    return running


def forget_job(slot: str) -> None:
    """Have the session's job for `slot` started anew when it is asked for the next time, also if it failed."""
    st.session_state.pop(f"job key {slot}", None)


def leave_other_pages(page: str) -> None:
    """Stop this session's jobs that belong to another page; slots begin with their page's name."""
    desk().jobs.leave(session_id(), keep=page)
