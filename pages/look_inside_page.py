"""From a photo to the pixels behind one unit: the layers, their feature maps, and what one unit responds to."""

from functools import partial

import streamlit as st

from ui.exhibits import EXHIBITS
from ui.look_inside import guess
from ui.look_inside.atlas import LARGE, atlas, atlas_data
from ui.look_inside.choices import asked, choose_map, drawing_menu, show_maps, strongest_list
from ui.look_inside.chosen import tell_chosen
from ui.look_inside.control import control_button
from ui.look_inside.files import files
from ui.look_inside.layer_strip import layer_strip
from ui.look_inside.projections import projections
from ui.look_inside.question import Question
from ui.look_inside.scene import STYLE, order_of, scene
from ui.look_inside.unit_map import unit_map
from ui.shell import current, frame, predict_first
from ui.shell.part import part
from ui.shell.photo_panel import beside_the_photo
from ui.shell.saving import save_menu
from ui.shell.unit_choice import choose_layer, choose_unit
from zfnet_core.deconvnet.scaling import DESCRIPTIONS
from zfnet_core.exhibits.look_inside import look_at
from zfnet_core.forward.map_summary import MapSummary
from zfnet_core.language import later, t
from zfnet_core.top_activations.gallery import bundled

GO_ON = {
    "contributions": later("How this number is made"),
    "trust": later("Can I trust this picture?"),
    "switched_off": later("Switch a map off"),
}


@st.fragment
@frame.guarded()
def explore() -> None:
    """Choose layer, map and unit; everything here answers without running the rest of the page."""
    question = asked()
    layer = question.layer
    layer_strip(question.network, layer.name, key="layers", on_pick=choose_layer)
    summary = current.summary_of(question.trace, question.current.photo_key, layer.name)
    if predict_first.hides(lambda: guess.asked(question, summary, bundled(question.network))):
        return
    with st.container(key="maps-and-unit"):
        left, right = st.columns(2, gap="small")
    with left:
        all_maps(question, summary)
    with right, st.container(key="one-map"):
        if layer.spatial:
            one_map(question)
        else:
            strongest_list(question)
    with right, st.container(key="pixels"):
        look = current.scheduler().run(look_at, question.trace, question.settings)
        activation = t("activation {value}", value=f"{look.activation:.3f}")
        part(t("The pixels behind this unit"), f"{layer.name}, {question.place} · {activation}")
        projections(scene(question, look), key="projections")
    with left:
        with st.container(horizontal=True, vertical_alignment="center"):
            drawing_menu()
            save_menu(files(question, look, summary), key="save")
        first = t("In the first layer the three rules agree: one filter lies between unit and pixels.")
        agree = f"{first} " if layer is question.network.layers[0] else ""
        counted = t("Maps, rows and columns are counted from 0.")
        st.caption(f"{agree}{t(DESCRIPTIONS[question.settings.scaling])} {counted}")


def one_map(question: Question) -> None:
    """The map of the unit, to choose another one of it, and what the unit sees."""
    rows, columns = question.values.shape
    part(
        t("Map {number}", number=question.unit.map),
        t("{rows} × {columns} units · click one", rows=rows, columns=columns),
    )
    unit_map(
        question.values,
        question.layer,
        question.unit.map,
        question.photo_url,
        question.trace.network.preprocessing.input_px,
        key="unit",
        on_choice=partial(choose_unit, question.network),
    )


def all_maps(question: Question, summary: MapSummary) -> None:
    """Every map of the layer."""
    layer = question.layer
    many = (
        t("{n} feature maps · click one", n=layer.maps) if layer.spatial else t("{n} units · click one", n=layer.maps)
    )
    part(layer.name, many)
    order, strongest = order_of(summary, question.sort), order_of(summary, "strength")[:LARGE]
    data = atlas_data(summary, layer.name, order, strongest, question.scale, question.labels)
    atlas(data, key="atlas", on_choice=partial(choose_map, question), on_which=show_maps)
    tell_chosen(layer.name, question.unit, question.maps, atlas="atlas", unit_map="unit", key="chosen")


def maps_and_onward() -> None:
    """What stands beside the photo."""
    explore()
    onward()


def onward() -> None:
    """The control, and the pages that go on from the same unit."""
    with st.container(horizontal=True, vertical_alignment="center", key="onward"):
        control_button()
        for exhibit in EXHIBITS:
            if exhibit.name in GO_ON:
                st.page_link(exhibit.page, label=t(GO_ON[exhibit.name]), icon=exhibit.icon)


frame.stylesheet(STYLE)
frame.heading(
    t("Look inside"),
    t("Choose a layer, click a feature map, then a unit of it: its projection shows the pixels it came from."),
    t("early layers answer to edges and colours, later ones to whole parts of things."),
)
beside_the_photo(maps_and_onward, wide=3)
frame.limits(
    t("This shows which pixels one activation grew from, through the filters that the network has learnt."),
    t(
        "It does not show what the unit “wants”, or why the network answers as it does; some of these edges appear "
        "even with random weights. Try them."
    ),
)
with st.expander(t("For researchers")):
    st.markdown(
        t(
            "A projection starts from **one** activation (ECCV 2014 version, §2.1); values that meet at one switch of "
            "overlapping pools are added (our choice: the paper does not say).\n\n"
            "Later work found limits. Deconvnet and guided backprop recover edges of the photo **whatever** unit is "
            "chosen, since switches and rectification carry much of the photo by themselves (Mahendran & Vedaldi 2016; "
            "Nie et al. 2018), and guided backprop hardly changes when upper layers are randomised (Adebayo et al. "
            "2018). How much two rules differ is told as the sum of the sizes of their difference over the sum of both "
            "their sizes (our choice)."
        )
    )
