"""Putting classes together: naming, adding, moving and removing photos, and from where they come."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from ui.shell import deeds, state
from ui.shell.apology import apologetic, sentence
from ui.shell.placed import placed
from ui.shell.session import forget_upload, session, widget_value
from ui.transfer.album import Album
from ui.transfer.board import board
from ui.transfer.collector import collector
from ui.transfer.fields import Fields
from ui.transfer.scene import ID_LETTERS, as_text, board_scene
from zfnet_core.errors import ExplorerError
from zfnet_core.exhibits.transfer import SETS, Collection, PhotoClass, sample_set
from zfnet_core.exhibits.transfer.collection import MOST_PHOTOS
from zfnet_core.language import t
from zfnet_core.photos.apart import open_image
from zfnet_core.photos.decoding import MAX_BYTES, UPLOADED

PROBLEM = "transfer"
MOST_CARDS = 4


def album() -> Album:
    """The classes of this visit."""
    return session().memory(Album)


def classes(wrong: tuple[str, ...]) -> None:
    """Everything with which classes are put together."""
    own = album()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        with st.popover(t("Try a set"), icon=":material/category:", key="sets"):
            for one in SETS:
                st.button(t(one.title), key=f"set-{one.name}", on_click=_take_set, args=(one.name,), width="stretch")
                st.caption(t(one.about))
        st.button(t("Add a class"), icon=":material/add:", on_click=_add_class)
        with st.popover(t("A folder for each class (ZIP)"), icon=":material/folder_zip:"):
            _uploader(t("A zip file: the name of each folder in it becomes a class"), -1, ("zip",))
        if own.collection.classes:
            st.button(t("Remove all"), icon=":material/delete_sweep:", on_click=_remove_all)
    if problem := session().problems.get(PROBLEM):
        st.error(problem)
    for note in own.left_out:
        st.warning(note, icon=":material/block:")
    if own.further:
        st.warning(t("… and {n} more were left out.", n=own.further), icon=":material/block:")
    if own.left_out:
        st.button(t("I have read this"), on_click=own.understood)
    if not own.collection.classes:
        return
    if len(own.collection.classes) <= MOST_CARDS:
        with st.grid(2, min_column_width=300):
            for mine in own.collection.classes:
                with st.container(border=True):
                    _class_head(mine)
    else:
        with st.container(horizontal=True):
            for mine in own.collection.classes:
                with st.popover(as_text(mine.name), key=f"class-{mine.number}"):
                    _class_head(mine)

    def act(what: str, id: str, to: int) -> None:
        if what == "pick" and any(sha.startswith(id) for sha in wrong):
            deeds.note("misplaced_photo_chosen")
        _act(what, id, to)

    board(board_scene(own, wrong), key="board", on_act=act)
    _chosen_photo(own)


def _class_head(mine: PhotoClass) -> None:
    """Its name, photos for it, and its end."""
    key = f"class-name-{mine.number}"
    with st.container(horizontal=True, vertical_alignment="bottom"):
        placed(st.text_input, key, mine.name)(t("Name"), max_chars=40, on_change=_rename, args=(mine.number,))
        st.button(
            t("Remove"),
            key=f"class-remove-{mine.number}",
            on_click=_remove_class,
            args=(mine.number,),
            icon=":material/delete:",
        )
    _uploader(t("Photos of “{name}”, several at once", name=mine.name), mine.number, (*UPLOADED, "zip"))


def _uploader(label: str, number: int, kinds: tuple[str, ...]) -> None:
    own = album()
    st.file_uploader(
        f"{label} ({t('up to {megabytes} MB each', megabytes=MAX_BYTES >> 20)})",
        accept_multiple_files=True,
        key=f"upload-{number}-{own.uploads}",
        on_change=_uploaded,
        args=(number,),
        type=kinds,
        max_upload_size=MAX_BYTES >> 20,
    )


def _chosen_photo(own: Album) -> None:
    """What can be done with the photo that is chosen on the board; also for those who cannot drag."""
    photo = next((one for one in own.collection.photos if own.chosen and one.sha.startswith(own.chosen)), None)
    if photo is None:
        st.caption(t("Choose a photo to move or remove it; or drag it to another class, or press Delete."))
        return
    home = own.collection.holding(photo.sha)
    others = [one for one in own.collection.classes if home is None or one.number != home.number]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.markdown(t("Chosen: {photo}", photo=as_text(photo.name or t("A photo"))))
        for one in others:
            st.button(
                t("To {name}", name=as_text(one.name)),
                key=f"move-{one.number}",
                on_click=_act,
                args=("move", own.chosen, one.number),
            )
        st.button(t("Remove photo"), icon=":material/delete:", on_click=_act, args=("remove", own.chosen, -1))


def camera() -> None:
    """Collect photos with the camera, and have what it sees named."""
    own = album()
    on = st.toggle(t("Switch the camera on"), key="collector on")
    watch = st.toggle(t("Name what it sees"), key="collector watch")
    scene = {
        "on": on,
        "watch": watch,
        "classes": [
            {"number": one.number, "name": one.name, "label": t("Hold for {name}", name=one.name)}
            for one in own.collection.classes
        ],
        "words": {
            "start": t("Press and hold a button to collect photos of that class."),
            "refused": t("The camera was refused. Allow it in the browser’s address bar, or upload photos."),
            "none": t("No camera was found here. Upload photos instead."),
            "taken": t("{n} photos", n="{n}"),
            "full": t("No more photos fit: {n} is the most.", n=MOST_PHOTOS),
        },
        "room": MOST_PHOTOS - len(own.collection),
    }
    collector(scene, key="collector", on_collect=_collected, on_watch=_watched)


def watching() -> bool:
    """Whether what the camera sees is to be named."""
    return bool(widget_value("collector on")) and bool(widget_value("collector watch"))


@apologetic
def _take_set(name: str) -> None:
    own = album()
    photos = list(sample_set(name).photos())
    _changed()
    own.change(lambda _: Collection())
    for label, photo in photos:
        own.add(own.class_called(label), photo)
    deeds.note("set_taken")


@apologetic
def _add_class() -> None:
    _try(lambda before: before.with_class())


@apologetic
def _remove_all() -> None:
    own = album()
    own.understood()
    own.waiting.clear()
    _try(lambda _: Collection())
    state.change(Fields, own=False)


@apologetic
def _rename(number: int) -> None:
    name = str(widget_value(f"class-name-{number}") or "")
    _try(lambda before: before.renamed(number, name))


@apologetic
def _remove_class(number: int) -> None:
    _try(lambda before: before.without_class(number))


@apologetic
def _act(what: str, id: str, to: int) -> None:
    own = album()
    photo = next((one for one in own.collection.photos if len(id) == ID_LETTERS and one.sha.startswith(id)), None)
    if photo is None:
        return
    own.chosen = id if what == "pick" else ""
    if what == "move":
        _try(lambda before: before.moved(photo.sha, to))
    elif what == "remove":
        _try(lambda before: before.without_photo(photo.sha))


@apologetic
def _uploaded(number: int) -> None:
    own = album()
    files = widget_value(f"upload-{number}-{own.uploads}") or []
    own.uploads += 1  # another uploader takes the place of this one, and the server forgets its files
    _changed()
    own.hand_over(number, ((file.name, file.getvalue()) for file in files))
    for file in files:
        forget_upload(file)


@apologetic
def _collected(number: int, pictures: list[bytes]) -> None:
    own = album()
    own.collection.of(number)
    _changed()
    own.just_collected = True
    own.hand_over(number, zip(own.picture_names(len(pictures)), pictures, strict=True))


@apologetic
def _watched(picture: bytes) -> None:
    own = album()
    try:
        own.watched = open_image(picture, "camera.jpg")
    except ExplorerError:
        own.watched = None


def _try(change: Callable[[Collection], Collection]) -> None:
    """Change the collection; what cannot be done changes nothing but the sentence."""
    _changed()
    try:
        album().change(change)
    except ExplorerError as problem:
        session().problems[PROBLEM] = sentence(problem)


def _changed() -> None:
    session().problems.pop(PROBLEM, None)
    state.change(Fields, own=True)
