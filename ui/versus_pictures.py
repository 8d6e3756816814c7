"""The pictures of Fig. 6: first-layer filters and second-layer projections of two networks, at their true sizes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
import streamlit as st

from ui import engine, versus_work
from ui.tiles import tiled
from zfnet_core.bounded_cache import BoundedCache
from zfnet_core.compute import MEGABYTE
from zfnet_core.experiments.comparison import Comparison
from zfnet_core.experiments.gallery import bundled
from zfnet_core.experiments.layer_pictures import filter_pictures
from zfnet_core.models.network import Network

FILTER_TIMES, PROJECTION_TIMES, PATCH_TIMES, GALLERY_TIMES = 4, 3, 2, 2
GALLERY_MAPS = 24

_gallery_sheets: BoundedCache[np.ndarray] = BoundedCache(16 * MEGABYTE, lambda sheet: sheet.nbytes)


def filters(networks: Sequence[Network], comparison: Comparison | None) -> None:
    """Layer 1 of both; dead filters, once they are known, in a frame."""
    portraits = (comparison.first, comparison.second) if comparison else (None, None)
    with st.container(horizontal=True, gap="large"):
        for network, portrait in zip(networks, portraits, strict=True):
            known = portrait is not None and portrait.dead is not None
            dead = portrait.dead.dead.nonzero().flatten().tolist() if known else []
            pictures = filter_pictures(network)
            size = pictures.shape[1]
            words = f"{len(pictures)} filters of {size} × {size} pixels"
            words += f", {len(dead) or 'none'} of them dead{' (framed)' if dead else ''}" if known else ""
            sheet = tiled(pictures, 12, FILTER_TIMES, dead)
            with st.container(width=sheet.shape[1]):
                st.image(sheet, alt=f"{network.title}: {words}.")
                st.caption(f"**{network.title}** · {words}")


def projections(networks: Sequence[Network], patches: bool) -> None:
    """What layer 2 of both sees in the current photo, as projections or as the patches of the photo."""
    with st.container(horizontal=True, gap="large"):
        for network in networks:
            found = versus_work.second_layer(network)
            size = found.patches.shape[1]
            pictures = found.patches if patches else found.projections
            words = f"strongest unit of {len(found.units)} maps of {found.layer}, which sees {size} × {size} pixels"
            sheet = tiled(pictures, 4, PROJECTION_TIMES)
            with st.container(width=sheet.shape[1]):
                st.image(sheet, alt=f"{network.title}: {words}.")
                st.caption(f"**{network.title}** · {words}")


def gallery(networks: Sequence[Network]) -> None:
    """The strongest projections of layer 2 from the bundled galleries, where both networks have one."""
    sheets = [_gallery_sheet(network) for network in networks]
    if any(sheet is None for sheet in sheets):
        return
    st.markdown("**Layer 2 in the gallery** · the strongest projection of every tenth map over all photos")
    with st.container(horizontal=True, gap="large"):
        for network, sheet in zip(networks, sheets, strict=True):
            with st.container(width=sheet.shape[1]):
                st.image(sheet, alt=f"{network.title}: strongest projections of {GALLERY_MAPS} maps of layer 2.")
                st.caption(f"**{network.title}**")


def _gallery_sheet(network: Network) -> np.ndarray | None:
    sheet = _gallery_sheets.get_or_make(network.uid, lambda: _drawn_gallery(network))
    return sheet if sheet.size else None


def _drawn_gallery(network: Network) -> np.ndarray:
    found, layer = bundled(network), network.layers[1]
    if found is None:
        return np.empty(0, np.uint8)
    maps = np.linspace(0, layer.maps - 1, GALLERY_MAPS).round().astype(int)
    return tiled(np.stack([found.tiles(layer.name, int(map))[0] for map in maps]), 6, GALLERY_TIMES)


def files(networks: Sequence[Network]) -> list[tuple[str, str, Callable[[], np.ndarray]]]:
    """(label, file name, function that draws it) of the pictures on the page."""
    found = []
    for network in networks:
        name, title = network.name, network.title
        found.append((f"Filters, {title}", f"{name}-filters.png", partial(_filter_sheet, network)))
        found.append((f"Projections, {title}", f"{name}-projections.png", partial(_projection_sheet, network)))
        if _gallery_sheet(network) is not None:
            found.append((f"Gallery, {title}", f"{name}-gallery.png", partial(_gallery_sheet, network)))
    return found


def _filter_sheet(network: Network) -> np.ndarray:
    return tiled(filter_pictures(network), 12, 8)


def _projection_sheet(network: Network) -> np.ndarray:
    return tiled(versus_work.second_layer(network).projections, 4, PROJECTION_TIMES)


def photo_name() -> str:
    """The name of the photo that is projected."""
    return engine.photo().name or "your photo"
