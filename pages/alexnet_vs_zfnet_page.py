"""Fig. 6: two networks side by side, in pictures and in numbers, after the visitor has guessed."""

import streamlit as st

from ui import engine, frame, state, versus_pictures, versus_work
from ui.figure_6_panels import figure_6_panels
from ui.figures_versus import plot
from ui.photo_panel import photo_panel
from ui.saving import png_file, save_menu
from ui.versus_files import comparison_csv, script
from zfnet_core.experiments.comparison import MEASURES
from zfnet_core.models import zoo

BADGES = {
    "as the paper says": ":green-badge[as the paper says]",
    "against the paper": ":red-badge[against the paper]",
    "no clear difference": ":orange-badge[no clear difference]",
    "no claim": ":gray-badge[no claim in the paper]",
    "not measured": ":gray-badge[not known]",
}
SAME = "about the same"
VIEWS = {False: "projections", True: "what lies there in the photo"}


def guessed(networks) -> bool:
    """Let the visitor predict first; True once the answers may be seen."""
    key = " ".join(network.name for network in networks)
    if st.session_state.get("revealed") == key:
        return True
    with st.form("guess"):
        st.markdown("**Predict first: which of the two has more of it?** Whatever you leave open counts as no guess.")
        options = [networks[0].title, SAME, networks[1].title]
        with st.grid(2, min_column_width=340):
            guesses = {m.key: st.segmented_control(m.title, options, key=f"guess-{m.key}") for m in MEASURES}
        if st.form_submit_button("Measure and compare", type="primary"):
            st.session_state["revealed"], st.session_state["guesses"] = key, guesses
            st.rerun()
    return False


def card(measure, comparison) -> None:
    """One claim: both numbers, the verdict, the definition one click away, the plot behind it."""
    claim = f"The paper: {measure.claim}. " if comparison.of_the_papers_networks else ""
    with st.container(border=True):
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            st.markdown(f"**{measure.title}**")
            with st.popover("Definition", icon=":material/help:", type="tertiary"):
                st.markdown(f"{measure.definition}\n\n{claim}How it is measured is our choice.")
        waiting = "…" if comparison.done < 1 else "–"
        with st.container(horizontal=True):
            for side in (comparison.first, comparison.second):
                value = side.value(measure.key)
                st.metric(side.title, waiting if value is None else f"{value:.1%}")
        if (outcome := comparison.outcome(measure)) != "not measured" or comparison.done == 1:
            guess = st.session_state.get("guesses", {}).get(measure.key)
            st.markdown(BADGES[outcome] + (f" you guessed: {guess}" if guess else ""))
            explained = outcome in ("against the paper", "no clear difference")
            if claim:
                st.caption(f"{claim}{measure.why_not if explained else ''}")
        if found := plot(measure.key, comparison, [one.name for one in versus_work.photos()]):
            st.plotly_chart(found.figure, key=f"plot-{measure.key}", alt=found.alt)


def measured(networks, polling) -> None:
    """The measures, filled in while they are computed."""
    comparison, job = versus_work.current(*networks)
    if (job is not None) != polling:
        st.rerun()
    if job is not None:
        done = comparison.done if comparison else 0.0
        st.progress(done, text=f"{done:.0%} measured on {len(versus_work.photos())} photos")
    if comparison is None:
        return
    with st.grid(2, min_column_width=420):
        for measure in MEASURES:
            card(measure, comparison)
    if job is None:
        versus_work.table(networks, comparison)
        pictures = [(f"{label} (PNG)", file, png_file(draw)) for label, file, draw in versus_pictures.files(networks)]
        name = "-against-".join(network.name for network in networks)
        numbers = ("Measures (CSV)", f"{name}.csv", comparison_csv(comparison))
        save_menu([*pictures, numbers, ("Script (Python)", f"{name}.py", script(comparison))], key="save")


frame.heading(
    "AlexNet against ZFNet", "The paper changed the first two layers. What did that do? Predict, then measure."
)
network = engine.network()
with st.container(horizontal=True, vertical_alignment="bottom"):
    state.bind(
        st.selectbox,
        "versus",
        f"{network.title} against",
        versus_work.opponents(network),
        format_func=lambda name: zoo.entry(name).title,
        width=300,
    )
    with st.popover(f"Photo: {versus_pictures.photo_name()}", icon=":material/photo:"):
        photo_panel()
networks = (network, versus_work.opponent(network))
if not all(one.trained for one in networks):
    st.warning("At least one of the two has random weights here: a control, of which the paper claims nothing.")
with frame.guarded():
    if guessed(networks):
        comparison, job = versus_work.current(*networks)
        st.subheader("Layer 1: the filters, at true relative size", anchor=False)
        versus_pictures.filters(networks, comparison)
        st.subheader(f"Layer 2 in “{versus_pictures.photo_name()}”", anchor=False)
        patches = st.segmented_control("Show", list(VIEWS), format_func=VIEWS.get, default=False, required=True)
        versus_pictures.projections(networks, patches)
        versus_pictures.gallery(networks)
        figure_6_panels()
        st.subheader("What the paper claims, measured", anchor=False)
        st.fragment(measured, run_every=0.5 if job else None)(networks, polling=job is not None)
