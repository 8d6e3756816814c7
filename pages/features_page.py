"""Fig. 2: for every feature map the nine units that were excited most, as projections and as patches."""

import streamlit as st

from ui import engine, feature_search, feature_source, frame, state
from ui.components.nine import nine
from ui.components.wall import wall
from ui.feature_files import feature_files
from ui.feature_nine import cards
from ui.feature_order import ORDERS, comparing, ordered_maps, unlike_scores
from ui.feature_wall import gone_sentence, map_pictures
from ui.photo_panel import photo_panel
from ui.saving import save_menu

MAPS_A_PAGE = 16
ZEROS = {"sigmoid": "strong contrast", "symmetric": "proportional"}


def choose_source(network) -> None:
    """Which photos the nine come from."""
    kinds = feature_source.kinds(network)
    names = feature_source.KINDS
    with st.container(horizontal=True, vertical_alignment="bottom"):
        kind = state.bind(st.segmented_control, "features_from", "From", kinds, format_func=names.get, required=True)
        if kind == "bundled":
            with st.popover("Show its photos", icon=":material/folder_open:"):
                st.markdown("The gallery’s photos are not part of this app. Who has them, can see the patches as well.")
                feature_source.ask_for_folder("Folder or zip file with these photos")
        if kind == "folder":
            search_again("folder")
    if kind == "folder":
        feature_source.ask_for_folder("A folder or zip file with photos on this machine")


def search_again(where: str) -> None:
    """A button that opens the photos anew."""
    why = "Looks through the photos once more if any of them has changed, or if a search has failed."
    button = {"icon": ":material/refresh:", "help": why, "on_click": feature_source.look_again}
    st.button("Search again", key=f"search again {where}", **button)


@st.fragment(run_every=0.5)
@frame.guarded()
def watch_search(network, corpus) -> None:
    """Progress of a search that has to come first; it goes on where it was when it is started again."""
    try:
        progress = feature_search.searching(network, corpus)
    except Exception:
        if state.view().features_from != "folder":
            search_again("after a failure")
        raise
    if progress is not None and progress.result is not None:
        st.rerun()
    share, text = feature_search.progress_sentence(progress, len(corpus))
    st.progress(share, text=text)


@st.fragment(run_every=0.7)
@frame.guarded()
def watch_comparison(source, layer) -> None:
    """Progress of projecting and comparing the nine of every map; the wall is sorted when it is done."""
    share = comparing(source, layer)
    if unlike_scores(source, layer) is not None:
        st.rerun()
    st.progress(share, text=f"Projecting and comparing the nine of every map: {share:.0%}")


@st.fragment
@frame.guarded()
def explore(source) -> None:
    """The wall and the map that was clicked; everything here answers without running the rest of the page."""
    network, view = source.network, state.view()
    layers = [layer.name for layer in network.layers if layer.name in source.found.layers]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = state.bind(st.selectbox, "features_layer", "Layer", layers, width=150)
        state.bind(st.selectbox, "features_order", "Order of the maps", list(ORDERS), format_func=ORDERS.get, width=250)
        state.bind(st.segmented_control, "zero", "Projections", list(ZEROS), format_func=ZEROS.get, required=True)
        with st.popover(f"Your photo: {engine.photo().name}", icon=":material/photo:"):
            photo_panel()
    layer, view = network.layer(chosen), state.view()
    if view.features_order == "unlike" and unlike_scores(source, layer) is None:
        watch_comparison(source, layer)
    maps, notes = ordered_maps(source, layer, view.features_order)
    pages = -(-len(maps) // MAPS_A_PAGE)
    page = min(max(view.features_page, 1), pages)
    here = slice((page - 1) * MAPS_A_PAGE, page * MAPS_A_PAGE)
    picked = view.features_map if view.features_map in maps else maps[here][0]
    with st.spinner("Projecting the strongest units of these maps …"):
        pictures = map_pictures(source, layer, maps[here], notes[here], view.zero)
    left, right = halves(any(one.patches for one in pictures))
    with left:
        label = f"Feature maps of {layer.name}"
        wall(pictures, picked, label, key="wall", on_pick=lambda number: state.change(features_map=number))
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            turn_pages(page, pages)
            note = notes[maps.index(picked)]
            save_menu(
                feature_files(source, layer, pictures, picked, note, view.zero), key=f"save-{layer.name}-{picked}"
            )
        if gone := gone_sentence(pictures):
            st.warning(gone)
        scaling = feature_source.scaling_sentence(source, view.zero)
        st.caption(f"{source.about} {scaling} {feature_source.missing_photos(source)}")
    with right:
        st.subheader(f"{layer.name}, map {picked}", anchor=False)
        nine(cards(source, layer, picked, view.zero), network.preprocessing.input_px, key="nine")


def halves(patches: bool):
    """Where the wall and the chosen map go: side by side, or one below the other when patches make the wall wide."""
    if patches:
        return st.container(), st.container()
    with st.container(key="split"):
        return st.columns([4, 3], gap="medium")


def turn_pages(page: int, pages: int) -> None:
    """Go to another part of the wall."""
    key = f"page-{page}-of-{pages}"
    st.pagination(
        pages,
        default=page,
        key=key,
        on_change=lambda: state.change(features_page=st.session_state[key], features_map=-1),
    )


frame.heading(
    "What each map looks for",
    "The nine strongest activations of every feature map, projected back to pixels. Click a map to see it closely.",
)
network = engine.network()
choose_source(network)
source, to_search = feature_source.current(network)
if source:
    if source.trouble:
        st.warning(source.trouble)
    explore(source)
elif to_search:
    watch_search(network, to_search)
else:
    st.info("Name a folder or a zip file with photos; each is looked at once, and the answer is kept.")
with st.expander("How to read this wall"):
    st.markdown(
        "Each map is one filter’s answer over many photos (paper, Fig. 2). The nine photos that excite it most are "
        "found by looking at **all** of them, one unit per photo (our choice: the paper does not say). Every "
        "projection is made from **one** of these activations by itself; its patch is exactly what that unit sees.\n\n"
        "Look for three things the paper names: how alike the nine are within a map; how much more the *patches* "
        "vary than the *projections*, because a projection keeps only what excited the unit; and how from layer to "
        "layer corners become textures, and textures become parts of things."
    )
