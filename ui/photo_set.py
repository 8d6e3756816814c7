"""Several photos at once: samples, the photo of the first page, and more of the visitor's own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from ui import engine, state
from ui.pictures import data_url
from zfnet_core import sample_photos
from zfnet_core.bounded_cache import BoundedCache
from zfnet_core.errors import ExplorerError
from zfnet_core.images import MAX_BYTES, Photo, open_image, shown
from zfnet_core.models.preprocessing import Preprocessing

MOST = 5


def available() -> dict[str, Photo]:
    """Every photo this session can choose from, by the name that stands in a link."""
    photos = {name: sample_photos.load(name) for name in sample_photos.names()}
    if own := st.session_state.get("own photo"):
        photos[engine.YOURS] = own
    return photos | st.session_state.get("own photos", {})


def chosen(field: str) -> dict[str, Photo]:
    """The photos named in the view's `field`, at most `MOST`; the usual ones if none of them is here."""
    photos = available()
    names = [name for name in getattr(state.view(), field).split() if name in photos][:MOST]
    names = names or getattr(state.DEFAULTS, field).split()
    return {name: photos[name] for name in dict.fromkeys(names)}


def titles(photos: Mapping[str, Photo]) -> list[str]:
    """What each photo is called on screen."""
    return [photo.name or "Your photo" for photo in photos.values()]


def styles(field: str) -> dict[str, int]:
    """Which of the five colours and symbols each chosen photo has: the same for as long as it stays chosen."""
    key, names = f"styles {field}", list(chosen(field))
    before = st.session_state.get(key, {})
    kept = {name: before[name] for name in names if name in before}
    free = iter(sorted(set(range(MOST)) - set(kept.values())))
    st.session_state[key] = {name: kept[name] if name in kept else next(free) for name in names}
    return st.session_state[key]


_urls: BoundedCache[str] = BoundedCache(16 * 2**20, len)


def picture_url(photo: Photo, preprocessing: Preprocessing) -> str:
    """The photo as the network sees it, for the browser; made once."""
    key = (photo.sha, preprocessing.resize_px, preprocessing.input_px)
    return _urls.get_or_make(key, lambda: data_url(shown(photo, preprocessing)))


def choose(field: str, **with_others: Any) -> None:
    """Choose up to five photos, or add some of one's own. Other photos also mean the choices in `with_others`."""
    photos, key = available(), f"set-{field}"
    current = list(chosen(field))
    if st.session_state.get(key) != current:
        st.session_state[key] = current

    def commit() -> None:
        names = st.session_state[key] or getattr(state.DEFAULTS, field).split()
        state.change(**{field: " ".join(names)}, **with_others)

    def added() -> None:
        own = st.session_state.setdefault("own photos", {})
        st.session_state["set problem"] = None
        for file in st.session_state[f"{key}-upload"] or ():
            try:
                photo = open_image(file.getvalue(), file.name)
            except ExplorerError as error:
                st.session_state["set problem"] = str(error)
            else:
                own[f"own-{photo.sha[:8]}"] = photo
        while len(own) > MOST:
            own.pop(next(iter(own)))
        names = [*own, *(name for name in current if name not in own)]
        state.change(**{field: " ".join(names[:MOST])}, **with_others)

    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.multiselect(
            f"Photos (up to {MOST})",
            list(photos),
            format_func=lambda name: photos[name].name or "Your photo",
            key=key,
            on_change=commit,
            max_selections=MOST,
        )
        with st.popover("Add your own", icon=":material/add_photo_alternate:"):
            st.file_uploader(
                f"Photos of yours (up to {MAX_BYTES >> 20} MB each; they stay in this session)",
                accept_multiple_files=True,
                key=f"{key}-upload",
                on_change=added,
                max_upload_size=MAX_BYTES >> 20,
            )
    if problem := st.session_state.get("set problem"):
        st.error(problem, icon=":material/broken_image:")
    missing = [name for name in getattr(state.view(), field).split() if _own(name) and name not in photos]
    if missing:
        count = "a photo" if len(missing) == 1 else f"{len(missing)} photos"
        st.info(
            f"This link was made with {count} of somebody’s own (photos are forgotten on reload). "
            "Add yours; until then the others are shown."
        )


def _own(name: str) -> bool:
    return name == engine.YOURS or name.startswith("own-")
