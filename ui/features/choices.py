"""Choosing where the nine come from, and turning the wall's pages."""

from __future__ import annotations

import os
from dataclasses import dataclass

import streamlit as st

from ui.features import search, source
from ui.features.fields import KINDS, Fields
from ui.shell import local_folders, state
from ui.shell.apology import apologetic, sentence
from ui.shell.session import session, widget_value
from zfnet_core.errors import CorpusError
from zfnet_core.language import t
from zfnet_core.models.network import Network
from zfnet_core.photos.corpus import Corpus
from zfnet_core.photos.decoding import UPLOADED
from zfnet_core.photos.handed_over import MOST_BYTES, MOST_PHOTOS, corpus_of


@dataclass
class Named:
    """The folder or zip file that a visitor has named during a visit."""

    place: str = ""


def folder() -> source.Folder:
    """The place with photos that counts now; one that a visitor names only where folders are open."""
    named = session().memory(Named).place if local_folders.allowed() else ""
    return source.Folder(named, os.environ.get(source.PHOTOS, ""))


def choose_source(network: Network) -> None:
    """Which photos the nine come from."""
    kinds = source.kinds(network)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        kind = state.bind(
            st.segmented_control,
            Fields,
            "source",
            t("From"),
            kinds,
            also=lambda _: {"page": 1, "map": -1},
            format_func=lambda kind: t(KINDS[kind]),
            required=True,
        )
        if kind == "bundled" and local_folders.allowed():
            with st.popover(t("Show its photos"), icon=":material/folder_open:"):
                st.markdown(
                    t("The gallery’s photos are not part of this app. Who has them, can see the patches as well.")
                )
                _ask_for_folder(t("Folder or zip file with these photos"))
        if kind == "folder":
            search_again("folder")
    if kind == "folder":
        _ask_for_folder(t("A folder or zip file with photos on this machine"))
    if kind == "yours":
        _ask_for_photos()


def _ask_for_folder(label: str) -> None:
    memory, key = session().memory(Named), "photos folder asked"

    @apologetic
    def commit() -> None:
        memory.place = local_folders.typed_path(widget_value(key, ""))

    example = t("/home/me/photos or photos.zip")
    st.text_input(label, value=memory.place, key=key, placeholder=example, on_change=commit)


@dataclass
class HandedOver:
    """The photos that a visitor has handed over during a visit."""

    corpus: Corpus | None = None


def own_photos() -> Corpus | None:
    """The photos that the visitor has handed over; None if there are none."""
    return session().memory(HandedOver).corpus


def _ask_for_photos() -> None:
    memory, problems, key = session().memory(HandedOver), session().problems, "features photos"

    @apologetic
    def take() -> None:
        problems.pop(key, None)
        files = widget_value(key) or []
        try:
            memory.corpus = corpus_of((file.name, file.getvalue()) for file in files) if files else None
        except CorpusError as error:
            problems[key] = sentence(error)

    st.file_uploader(
        t(
            "Several photos, or a zip file of them (up to {photos} photos and {mb} MB); they stay in this session",
            photos=MOST_PHOTOS,
            mb=MOST_BYTES >> 20,
        ),
        accept_multiple_files=True,
        key=key,
        on_change=take,
        max_upload_size=MOST_BYTES >> 20,
        type=[*UPLOADED, "zip"],
    )
    if problem := problems.get(key):
        st.error(t(problem), icon=":material/broken_image:")


@apologetic
def _look_again() -> None:
    source.open_anew()
    search.begin_again()


def search_again(where: str) -> None:
    """A button that opens the photos anew and starts a search that failed once more."""
    st.button(
        t("Search again"),
        key=f"search again {where}",
        icon=":material/refresh:",
        help=t("Looks through the photos once more if any of them has changed, or if a search has failed."),
        on_click=_look_again,
    )


def turn_pages(page: int, pages: int) -> None:
    """Go to another part of the wall."""
    key = f"page-{page}-of-{pages}"

    @apologetic
    def turn() -> None:
        state.change(Fields, page=widget_value(key), map=-1)

    st.pagination(pages, default=page, key=key, on_change=turn, width="stretch")
