"""From a photo to the pixels behind one unit: the layers, their feature maps, and what one unit responds to."""

import streamlit as st

from ui import engine, frame, state
from ui.components.atlas import atlas, atlas_data
from ui.components.chosen import tell_chosen
from ui.components.layer_strip import layer_strip
from ui.components.projections import projections
from ui.components.unit_map import unit_map
from ui.layer_values import layer_values, order_of
from ui.photo_panel import photo_panel
from ui.saving import save_menu
from ui.selection import choose_layer, choose_map, choose_unit, chosen_layer, chosen_unit
from ui.unit_files import unit_files
from ui.unit_pictures import unit_pictures
from zfnet_core.images import shown
from zfnet_core.projection_scaling import DESCRIPTIONS

SORTS = {"number": "by number", "strength": "strongest first"}
SCALES = {"map": "the map’s maximum", "layer": "the layer’s maximum"}
ZEROS = {"sigmoid": "strong contrast", "symmetric": "proportional"}


@st.fragment
@frame.guarded()
def explore() -> None:
    """Choose layer, map and unit; everything here answers without running the rest of the page."""
    trace = engine.trace()
    network = trace.network
    layer = chosen_layer(network)
    unit = chosen_unit(trace, layer)
    layer_strip(network, layer.name, key="layers", on_pick=choose_layer)

    left, right = st.columns([13, 7], gap="medium")
    summary = engine.summary(layer.name)
    order = order_of(summary, state.view().sort)
    values = layer_values(trace, layer, unit.map)
    with left:
        noun = "feature maps" if layer.spatial else "units"
        st.markdown(f"**{layer.name}** · {layer.maps} {noun} · click one")
        names = network.labels if layer is network.layers[-1] else ()
        atlas(atlas_data(summary, layer.name, order, state.view().scale, names), key="atlas", on_choice=choose_map)
        tell_chosen(layer.name, unit, atlas="atlas", unit_map="unit", key="chosen")
    with right:
        if layer.spatial:
            st.markdown(f"**Map {unit.map}** · {values.shape[0]} × {values.shape[1]} units · click one")
            unit_map(values, layer.name, unit.map, key="unit", on_choice=choose_unit)
        else:
            strongest_list(values, layer, network.labels, unit.map)

    pictures = unit_pictures(trace, layer, unit, state.view().zero)
    photo = shown(engine.photo(), network.preprocessing, engine.crop())
    where = f"map {unit.map}, row {unit.row}, column {unit.column}" if layer.spatial else f"unit {unit.map}"
    activation = pictures[0].projection.values[0]
    st.markdown(f"**The pixels behind this unit** · {layer.name}, {where} · activation {activation:.3f}")
    projections(photo, layer, unit, pictures, zoomed=state.view().zoom, key="projections")

    with st.container(horizontal=True, vertical_alignment="center"):
        drawing_menu()
        save_menu(unit_files(trace, layer, unit, photo, pictures, values, summary), key="save")
    first = "In the first layer the three rules agree: one filter lies between unit and pixels. "
    st.caption((first if layer is network.layers[0] else "") + DESCRIPTIONS[state.view().zero])


def drawing_menu() -> None:
    """How maps and projections are drawn."""
    with st.popover("How it is drawn", icon=":material/tune:"):
        state.bind(st.segmented_control, "sort", "Order of the maps", list(SORTS), format_func=SORTS.get, required=True)
        state.bind(st.segmented_control, "scale", "Colours run to", list(SCALES), format_func=SCALES.get, required=True)
        state.bind(st.segmented_control, "zero", "Projections", list(ZEROS), format_func=ZEROS.get, required=True)
        state.bind(st.toggle, "zoom", "Enlarge the receptive field")


def strongest_list(values, layer, labels, chosen) -> None:
    """The strongest units of a fully connected layer, to choose from."""
    named = layer is engine.network().layers[-1]
    best = values.argsort()[::-1][:14].tolist()
    key = f"strongest-{layer.name}-{engine.photo_key()}-{chosen}"
    st.markdown("**Strongest units** · click one")
    st.pills(
        "Strongest units",
        best if chosen in best else [chosen, *best],
        format_func=lambda i: f"{labels[i] if named else f'unit {i}'} · {values[i]:.2f}",
        default=chosen,
        key=key,
        on_change=lambda: choose_unit(layer.name, chosen if st.session_state[key] is None else st.session_state[key]),
        label_visibility="collapsed",
        wrap=True,
    )


frame.heading(
    "Look inside",
    "Choose a photo, walk through the layers, click a feature map and then one unit: which pixels did it come from?",
)
with st.container(key="split"):
    photo_column, main_column = st.columns([1, 3], gap="large")
    with photo_column, frame.guarded():
        photo_panel()
    with main_column:
        explore()
with st.expander("What these pictures can tell, and what not"):
    st.markdown(
        "A projection starts from **one** activation, walks back through the same filters and switches, and shows "
        "which pixels it grew from; it is not a sample of what the unit ‘imagines’. No bias is added and contrast "
        "normalisation is skipped on the way down (ECCV 2014 version, §2.1); values that meet at one switch of "
        "overlapping pools are added (our choice: the paper does not say).\n\n"
        "Later work found limits. Deconvnet and guided backprop recover edges of the photo **whatever** unit is "
        "chosen, since switches and rectification carry much of the photo by themselves (Mahendran & Vedaldi 2016; "
        "Nie et al. 2018), and guided backprop hardly changes when upper layers are randomised (Adebayo et al. 2018). "
        "Try the network with random weights: what still looks meaningful there is not knowledge."
    )
