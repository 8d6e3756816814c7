"""Tables 4–7 and Fig. 9 with the visitor's own classes: put photos together, and have them told apart at once."""

import streamlit as st

from ui.shell import current, frame, shared_task, state
from ui.shell.photo_panel import photo_panel
from ui.transfer import choices, found, shown
from ui.transfer.fields import Fields
from ui.transfer.question import SLOT, Question, resolve
from ui.transfer.scene import without_photos
from zfnet_core.language import t


def asked() -> Question:
    """What the page is about now."""
    return resolve(state.read(Fields), current.now(), choices.album())


def put_together() -> None:
    """The classes with their photos, and the camera."""
    question = asked()
    for note in question.notes:
        st.info(note)
    with st.expander(t("Your classes"), expanded=True, icon=":material/photo_library:"):
        choices.classes(found.wrong_photos(question))
    with st.expander(
        t("With the camera"), icon=":material/photo_camera:", on_change="rerun", key="camera-part"
    ) as part:
        if part.open:
            st.fragment(camera)()


def camera() -> None:
    """Collecting, and what the camera sees, named while it is seen."""
    with frame.guarded():
        choices.camera()
        question = asked()
        if question.album.just_collected:
            question.album.just_collected = False
            st.rerun()  # the rest of the page has them to show
        if question.ready and question.album.watched is not None and choices.watching():
            shown.new_photo(question, found.named(question, found.taught(question), question.album.watched))


def told_apart() -> None:
    """How the classes are told apart, as soon as all photos are looked at."""
    question = asked()
    if question.ready and (words := without_photos(question)):
        st.caption(words)
    if not question.collection.classes:
        st.info(t("Begin with “Try a set”, or add a class and put photos in it; two classes are needed."))
    elif len(question.collection.taught) < 2 and not question.album.waiting:
        st.info(t("Two classes with photos are needed to tell them apart."))
    elif not question.ready:
        shared_task.watch(SLOT, question, asked, found.work, shown.progress)
    else:
        shown.controls(question)
        question = asked()
        if question.ready:
            shown.SHOW[question.view](question, found.taught(question))
        else:
            shared_task.watch(SLOT, question, asked, found.work, shown.progress)


frame.heading(
    t("Teach it your own classes"),
    t("Put a few photos of each of your things together; the network tells them apart by what it learned on others."),
    t("How few photos are enough, and which layer knows the difference?"),
)
with st.container(key="split"):
    photo_column, main_column = st.columns([1, 4], gap="large")
    with main_column, frame.guarded():
        put_together()
        told_apart()
    with photo_column, frame.guarded():
        question = asked()
        if question.ready:
            st.markdown(t("**Your classifier says of this photo:**"))
            shown.new_photo(question, found.named(question, found.taught(question)))
        photo_panel()
st.caption(
    t(
        "Your photos stay in this visit: they are kept in the server’s memory only, never written to a disk, seen by "
        "nobody else, and gone when the page is closed."
    )
)
frame.limits(
    t(
        "It shows how much of what a network learned on other photos serves for yours, layer by layer, and how few "
        "photos it takes."
    ),
    t(
        "It cannot tell why: photos of a class that share a background or a camera are told apart by that, too. And "
        "photos taken one after the other are so alike that the share of right answers looks better than it is."
    ),
)
with st.expander(t("What is computed, and what the paper does not say")):
    st.markdown(t(shown.RESEARCHERS))
