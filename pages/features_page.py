"""Fig. 2: for every feature map the nine units that were excited most, as projections and as patches."""

import streamlit as st

from ui.features import guess, search
from ui.features.choices import choose_source, folder, own_photos, search_again, turn_pages
from ui.features.comparison import comparing, unlike_scores
from ui.features.drawn import cards_of, wall_of
from ui.features.fields import Fields
from ui.features.files import feature_files
from ui.features.nine import nine
from ui.features.question import layer_of, resolve
from ui.features.scene import nine_scene, wall_scene
from ui.features.source import find
from ui.features.wall import wall
from ui.features.words import gone_sentence, missing_photos, scaling_sentence
from ui.shell import current, frame, predict_first, state
from ui.shell.chosen import Drawing
from ui.shell.photo_panel import photo_panel
from ui.shell.saving import save_menu
from zfnet_core.exhibits.features import ORDERS
from zfnet_core.language import later, t

ZEROS = {"sigmoid": later("strong contrast"), "symmetric": later("proportional")}


@st.fragment(run_every=0.5)
@frame.guarded()
def watch_search(network, corpus) -> None:
    """Progress of a search that has to come first; it goes on where it was when it is started again."""
    try:
        progress = search.searching(network, corpus)
    except Exception:
        if state.read(Fields).source != "folder":
            search_again("after a failure")
        raise
    if progress is not None and progress.result is not None:
        st.rerun()
    share, text = search.progress_sentence(progress, len(corpus))
    st.progress(share, text=text)


@st.fragment(run_every=0.7)
@frame.guarded()
def watch_comparison(source, layer: str) -> None:
    """Progress of projecting and comparing the nine of every map; the wall is sorted when it is done."""
    share = comparing(source, layer)
    if unlike_scores(source, layer) is not None:
        st.rerun()
    st.progress(share, text=t("Projecting and comparing the nine of every map: {share:.0f} %", share=100 * share))


def ask(source):
    """The question of this run."""
    fields, now = state.read(Fields), current.now()
    layer = layer_of(fields, source)
    unlike = unlike_scores(source, layer) if fields.order == "unlike" else None
    here = current.summary_of(current.trace(), now.photo_key, layer) if fields.order == "photo" else None
    return resolve(fields, now, source, state.read(Drawing).zero, unlike=unlike, maxima=here and here.maxima)


def choose(question) -> None:
    """Layer, order, scaling and photo."""
    again = {"also": lambda _: {"page": 1, "map": -1}}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        state.bind(st.selectbox, Fields, "layer", t("Layer"), question.source.layers, **again, width=150)
        said = {order: t(words) for order, words in ORDERS.items()}
        state.bind(
            st.selectbox, Fields, "order", t("Order of the maps"), list(said), **again, format_func=said.get, width=250
        )
        shown = {"format_func": lambda zero: t(ZEROS[zero]), "required": True}
        state.bind(st.segmented_control, Drawing, "zero", t("Projections"), list(ZEROS), **shown)
        with st.popover(t("Your photo: {name}", name=question.now.photo.title), icon=":material/photo:"):
            photo_panel()


@st.fragment
@frame.guarded()
def explore(source) -> None:
    """The wall and the map that was clicked; everything here answers without running the rest of the page."""
    question = ask(source)
    choose(question)
    layer = question.layer.name
    if predict_first.hides(lambda: guess.asked(source, layer)):
        return
    for note in question.notes:
        st.caption(note)
    if question.order == "unlike" and unlike_scores(source, layer) is None:
        watch_comparison(source, layer)
    with st.spinner(t("Projecting the strongest units of these maps …")):
        shown = wall_of(question)
    left, right = halves(any(one.patches for one in shown.maps))
    with left:
        wall(wall_scene(question, shown), key="wall", on_pick=lambda number: state.change(Fields, map=number))
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            turn_pages(question.page, question.pages)
            files = feature_files(question, shown, lambda: wall_of(question, question.alone))
            save_menu(files, key=f"save-{layer}-{question.map}")
        if gone := gone_sentence(shown):
            st.warning(gone)
        st.caption(f"{source.about} {scaling_sentence(source, question.scaling)} {missing_photos(source)}")
    with right:
        st.subheader(t("{layer}, map {map}", layer=layer, map=question.map), anchor=False)
        nine(nine_scene(question, cards_of(question, current.trace())), key="nine")


def halves(patches: bool):
    """Where the wall and the chosen map go: side by side, or one below the other when patches make the wall wide."""
    if patches:
        return st.container(), st.container()
    with st.container(key="split"):
        return st.columns([4, 3], gap="medium")


frame.heading(
    t("What each map looks for"),
    t("Click a feature map: its nine strongest activations in many photos, each with its projection."),
    t("the nine patches differ in many ways, their projections in few: that is what the map looks for."),
)
network = current.network()
choose_source(network)
kind = state.read(Fields).source
found = find(kind, network, folder(), own_photos())
if found.trouble:
    st.warning(found.trouble)
if found.source:
    explore(found.source)
elif found.to_search:
    watch_search(network, found.to_search)
elif kind == "yours":
    st.info(t("Choose photos of yours: they are looked at once, for the nine that excite every map most."))
else:
    st.info(t("Name a folder or a zip file with photos; each is looked at once, and the answer is kept."))
frame.limits(
    t("This shows what excites a map most, among the photos that were searched."),
    t("It does not show what excites it a little, nor what it would find in photos that were not there."),
)
with st.expander(t("How to read this wall")):
    st.markdown(
        t(
            "Each map is one filter’s answer over many photos (paper, Fig. 2). The nine photos that excite it most are "
            "found by looking at **all** of them, one unit per photo (our choice: the paper does not say). Every "
            "projection is made from **one** of these activations by itself; its patch is exactly what that unit "
            "sees.\n\n"
            "Look for three things the paper names: how alike the nine are within a map; how much more the *patches* "
            "vary than the *projections*, because a projection keeps only what excited the unit; and how from layer to "
            "layer corners become textures, and textures become parts of things."
        )
    )
