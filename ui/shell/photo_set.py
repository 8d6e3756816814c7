"""Several photos at once: the photo chosen on every page, samples, and more of the visitor's own.

The names of an exhibit's photos stand in its field `photos`, with spaces between them. `THIS` among them is whatever
photo is chosen on every page, with its crop.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import streamlit as st

from ui.shell import current, state
from ui.shell.address import default, url_name
from ui.shell.apology import apologetic, sentence
from ui.shell.chosen import YOURS
from ui.shell.current import Current
from ui.shell.placed import placed
from ui.shell.session import session, widget_value
from zfnet_core.drawing.encoding import data_url
from zfnet_core.language import t, tn
from zfnet_core.photos import samples
from zfnet_core.photos.apart import open_image
from zfnet_core.photos.decoding import MAX_BYTES, UPLOADED, Photo
from zfnet_core.photos.framed import FramedPhoto
from zfnet_core.photos.images import shown
from zfnet_core.photos.preprocessing import Preprocessing
from zfnet_core.serving.cache_budget import Cache

MOST, THIS = 5, "this"


class WithPhotos(Protocol):
    """Fields of an exhibit that shows several photos: their names with spaces between them."""

    @property
    def photos(self) -> str:
        """The names."""
        ...


@dataclass(eq=False)
class Styles:
    """Which colour and symbol each photo has, for each exhibit that shows several."""

    of_kind: dict[type, dict[str, int]] = field(default_factory=dict)

    def of(self, kind: type, names: Sequence[str]) -> tuple[int, ...]:
        """Which of the five colours and symbols each named photo has: the same for as long as it stays chosen."""
        before = self.of_kind.get(kind, {})
        kept = {name: before[name] for name in names if name in before}
        free = iter(sorted(set(range(MOST)) - set(kept.values())))
        self.of_kind[kind] = {name: kept[name] if name in kept else next(free) for name in names}
        return tuple(self.of_kind[kind].values())


def available() -> dict[str, Photo]:
    """Every photo this session can choose from, by the name that stands in a link."""
    photos = {name: samples.load(name) for name in samples.names()}
    if own := session().own_photo:
        photos[YOURS] = own
    return photos | session().own_photos


def chosen(asked: str, usual: str, now: Current, photos: Mapping[str, Photo]) -> dict[str, FramedPhoto]:
    """The photos that are asked for among those there are (`photos`), at most `MOST`, each once; the usual ones if none
    of them is here. By their names in a link; the photo chosen on every page is called `THIS`."""
    found: dict[str, FramedPhoto] = {}
    for name in asked.split():
        photo = now.photo if name == THIS else photos.get(name)
        if photo and len(found) < MOST and photo.sha not in {one.photo.sha for one in found.values()}:
            found[name] = FramedPhoto(photo, now.crop) if name == THIS else FramedPhoto(photo)
    return found or (chosen(usual, "", now, photos) if usual else {})


def missing(asked: str, photos: Mapping[str, Photo]) -> tuple[str, ...]:
    """A sentence on somebody's own photos that a link asks for and that are not here, if there are any."""
    count = sum((name == YOURS or name.startswith("own-")) and name not in photos for name in asked.split())
    if not count:
        return ()
    return (
        tn(
            "This link was made with a photo of somebody’s own (photos are forgotten on reload). Add yours; until then "
            "the others are shown.",
            "This link was made with {n} photos of somebody’s own (photos are forgotten on reload). Add yours; until "
            "then the others are shown.",
            count,
        ),
    )


_urls: Cache[str] = Cache()


def picture_url(one: FramedPhoto, preprocessing: Preprocessing) -> str:
    """The photo as the network sees it, for the browser; made once."""
    key = (one.key, preprocessing.resize_px, preprocessing.input_px)
    return _urls.get_or_make(key, lambda: data_url(shown(one.photo, preprocessing, one.crop)))


def choose(kind: type[WithPhotos], **with_others: Any) -> None:
    """Choose up to five photos, or add some of one's own. Other photos also mean the choices in `with_others`."""
    photos, now, key = available(), current.now(), f"set-{url_name(kind, 'photos')}"
    asked, usual = state.read(kind).photos, default(kind, "photos")
    shown_now = list(chosen(asked, usual, now, photos))
    titles = {name: photo.title for name, photo in photos.items()}
    options = [name for name in photos if photos[name].sha != now.photo.sha or name in shown_now]

    @apologetic
    def commit() -> None:
        names = widget_value(key) or usual.split()
        state.change(kind, photos=" ".join(names), **with_others)

    @apologetic
    def added() -> None:
        visit = session()
        own = visit.own_photos
        visit.problems.pop(key, None)
        for file in widget_value(f"{key}-upload") or ():
            try:
                photo = open_image(file.getvalue(), file.name)
            except Exception as error:
                visit.problems[key] = sentence(error)
            else:
                own[f"own-{photo.sha[:8]}"] = photo
        while len(own) > MOST:
            own.pop(next(iter(own)))
        names = [*own, *(name for name in shown_now if name not in own)]
        state.change(kind, photos=" ".join(names[:MOST]), **with_others)

    def title(name: str) -> str:
        if name != THIS:
            return titles[name]
        return t("{photo} (the chosen photo)", photo=now.photo.title)

    with st.container(horizontal=True, vertical_alignment="bottom"):
        placed(st.multiselect, key, shown_now)(
            t("Photos (up to {most})", most=MOST),
            [THIS, *options],
            format_func=title,
            on_change=commit,
            max_selections=MOST,
            label_visibility="collapsed",
        )
        with st.popover(t("Add your own"), icon=":material/add_photo_alternate:"):
            st.file_uploader(
                t("Photos of yours (up to {megabytes} MB each; they stay in this session)", megabytes=MAX_BYTES >> 20),
                accept_multiple_files=True,
                key=f"{key}-upload",
                on_change=added,
                max_upload_size=MAX_BYTES >> 20,
                type=UPLOADED,
            )
    if problem := session().problems.get(key):
        st.error(problem, icon=":material/broken_image:")
