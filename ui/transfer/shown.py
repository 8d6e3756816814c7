"""The parts of the page that show what was found."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import streamlit as st

from ui.shell import predict_first, shared_task, state
from ui.shell.bars import bars
from ui.shell.saving import save_menu
from ui.shell.three_values import three_values
from ui.transfer import found as finding
from ui.transfer import guess, plots
from ui.transfer.fields import VIEWS, Fields
from ui.transfer.files import class_page, classifier_files, curve_files, layer_files, make_network, network_file
from ui.transfer.found import Named, Progress, Taught
from ui.transfer.question import CURVE_SLOT, LAYERS_SLOT, SCRATCH_SLOT, Question
from ui.transfer.scene import (
    as_text,
    chance_line,
    curve_words,
    how_good,
    new_photo_words,
    other_photos,
    our_curves,
    paper_curve,
    table_rows,
)
from zfnet_core.exhibits import transfer
from zfnet_core.exhibits.transfer import Curve, LayerTable, Scratch
from zfnet_core.language import later, t, tn
from zfnet_core.paper import transferred
from zfnet_core.photos.decoding import Photo
from zfnet_core.serving.tasks import Look

MOST_BUTTONS = 8
Both = tuple[Curve | None, Scratch | None]
VIEW_TITLES = {
    "classifier": later("How good is it?"),
    "few": later("How few are enough? (Fig. 9)"),
    "layers": later("Which layer knows what? (Table 7)"),
}
KIND_TITLES = {"softmax": later("Softmax"), "svm": later("Linear SVM")}
MAP_TITLES = {"pca": "PCA", "tsne": "t-SNE"}


def progress(question: Question, result: Progress | None, complete: bool) -> None:
    """How far the photos are."""
    if complete:
        return
    done, total = (result.done, result.total) if result else (0, max(1, len(question.collection)))
    st.progress(
        min(1.0, done / max(1, total)), text=t("{done} of {total} photos are looked at …", done=done, total=total)
    )


def controls(question: Question) -> None:
    """The layer, the classifier, and what is shown."""
    layers = list(transfer.feature_layers(question.network))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        shown_as = partial(_layer_shown, layers)
        if len(layers) <= MOST_BUTTONS:
            buttons = st.segmented_control
            state.bind(buttons, Fields, "layer", t("Features of"), layers, shown=shown_as, required=True)
        else:
            state.bind(st.selectbox, Fields, "layer", t("Features of"), layers, shown=shown_as)
        state.bind(
            st.segmented_control,
            Fields,
            "classifier",
            t("Classifier"),
            list(transfer.KINDS),
            format_func=lambda kind: t(KIND_TITLES[kind]),
            required=True,
        )
    state.bind(
        st.segmented_control,
        Fields,
        "view",
        t("Show"),
        list(VIEWS),
        format_func=lambda view: t(VIEW_TITLES[view]),
        required=True,
    )


def _layer_shown(layers: Sequence[str], layer: str) -> str:
    return layer if layer in layers else layers[-1]


def new_photo(question: Question, named: Named, photo: Photo | None = None) -> None:
    """What a new photo is taken for, and which of the others are most like it."""
    st.markdown(new_photo_words(question, named))
    order = (-named.shares).argsort(kind="stable")[:5]
    title = t("Shares of your classes") if question.training.kind == "softmax" else t("Order of your classes")
    bars([question.names[index] for index in order], [float(named.shares[index]) for index in order], title)
    photos = question.collection.photos
    st.caption(t("Most like it, the nearest first:"))
    with st.container(horizontal=True):
        for place, distance in zip(named.nearest.photos, named.nearest.distances, strict=True):
            mine = question.collection.holding(photos[place].sha)
            st.image(
                question.album.tiles[photos[place].sha],
                width=64,
                alt=t("{name}, distance {d}", name=mine.name if mine else "", d=f"{distance:.2f}"),
            )


def classifier(question: Question, found: Taught) -> None:
    """How good it is, what it takes for what, and all photos as points."""
    st.markdown(how_good(question, found))
    names, photos = question.names, question.collection.photos
    with st.grid(2, min_column_width=340):
        if found.validation.folds:
            with st.container():
                table = found.validation.confusion
                st.plotly_chart(plots.confusion(table, names), key="confusion", alt=plots.confusion_alt(table, names))
                wrong = found.validation.wrong
                st.caption(
                    tn(
                        "{n} photo is taken for another class; it has a “?” above.",
                        "{n} photos are taken for another class; they have a “?” above.",
                        len(wrong),
                    )
                    if len(wrong)
                    else t("No photo is taken for another class.")
                )
        with st.container():
            laid_out = finding.map_of(question, found)
            state.bind(
                st.segmented_control,
                Fields,
                "map",
                t("All photos as points"),
                list(MAP_TITLES),
                format_func=MAP_TITLES.__getitem__,
                required=True,
            )
            if laid_out is None:
                st.caption(t("A map needs a few more photos."))
            else:
                alt = t("{n} photos as points, coloured by class.", n=len(photos))
                titles = [photo.name for photo in photos]
                st.plotly_chart(plots.photo_points(laid_out, found.labels, names, titles), key="points", alt=alt)
                st.caption(
                    t(
                        "Near means alike in {layer}. The plane keeps {share} % of all differences.",
                        layer=question.layer,
                        share=f"{100 * laid_out.shown:.0f}",
                    )
                    if laid_out.shown is not None
                    else t(
                        "Near means alike in {layer}; sizes and distances of groups mean nothing here.",
                        layer=question.layer,
                    )
                )
    with st.container(horizontal=True):
        st.button(
            t("Make it a network"),
            key="make-network",
            icon=":material/hub:",
            on_click=make_network,
            args=(question,),
            type="primary",
            help=t("Every layer stays, and your classes take the place of its words. All pages can look inside it."),
        )
        with st.popover(t("A page for each class"), icon=":material/toggle_off:"):
            st.caption(t("Which maps speak for it, and what it is confused with."))
            for index, name in enumerate(question.names):
                arguments = (question, index)
                st.button(as_text(name), key=f"page-of-{index}", on_click=class_page, args=arguments, width="stretch")
        if file := network_file(question):
            st.download_button(file[0], file[2], file_name=file[1], on_click="ignore", icon=":material/download:")
        save_menu(classifier_files(question, found), key="save-transfer")
    if network_file(question):
        st.success(t("It is chosen now: drag the grey square over your own photo, and see *your* class fall."))


def few(question: Question, found: Taught) -> None:
    """Fig. 9 for these classes."""
    if not transfer.possible_counts(found.labels):
        st.info(t("Every class needs two photos at least: one to teach and one to ask about."))
        return
    asked = st.toggle(
        t("Also train a small network from random weights on the same photos (a minute or two)"), key="scratch on"
    )
    if not asked:
        shared_task.stop(SCRATCH_SLOT)

    def find(question: Question) -> Look[Both]:
        scratch = finding.scratch(question) if asked else None
        curve = finding.curve(question, found)
        complete = curve.complete and (scratch is None or scratch.complete)
        failure = curve.failure or (scratch.failure if scratch else None)
        return Look((curve.result, scratch.result if scratch else None), complete, failure)

    shared_task.watch(CURVE_SLOT, question, lambda: question, find, _show_few)


def _show_few(question: Question, result: Both | None, complete: bool) -> None:
    curve, scratch = result or (None, None)
    if scratch is not None and scratch.done < 1:
        st.progress(scratch.done, text=t("From random weights: {share} %", share=f"{100 * scratch.done:.0f}"))
    if curve is None:
        st.progress(0.0, text=t("Teaching with one photo a class, with two, with three …"))
        return
    alt = curve_words(curve, scratch)
    drawn = plots.few(curve, scratch, paper_curve(), chance_line(question), our_curves(question))
    st.plotly_chart(drawn, key="few", alt=alt)
    st.caption(
        t(
            "Mean and spread over {n} random choices; asked are all photos that were not chosen. Dotted: guessing. The "
            "paper’s curve is for the 256 classes of Caltech-256, where guessing gets 0.4 %: compare the shape. “Seen "
            "before”: such things, though not the photos that are asked, were among those the network learned from.",
            n=curve.settings.repeats,
        )
    )
    if complete:
        save_menu(curve_files(question, curve), key="save-few")


def layers(question: Question) -> None:
    """Table 7: for these classes, for Caltech-101 as shipped, and in the paper."""
    shared_task.watch(LAYERS_SLOT, question, lambda: question, finding.layer_table, _show_layers)


def _show_layers(question: Question, result: LayerTable | None, complete: bool) -> None:
    if predict_first.hides(lambda: guess.asked(question, result, complete)):
        return
    if not complete:
        st.progress(result.done if result else 0.0, text=t("One layer after the other …"))
    ours = transferred.table_7(question.network)
    three_values(
        table_rows(question, result, ours),
        t(
            "Right, in % (mean over classes). Yours: mean and spread over five random choices of four in five of your "
            "photos. Paper: Caltech-101, 30 photos a class. {ours}",
            ours=transferred.how(question.network, "table-7"),
        ),
    )
    for sentence in other_photos(question):
        st.caption(sentence)
    if complete and result is not None:
        save_menu(layer_files(result), key="save-layers")


SHOW = {"classifier": classifier, "few": few, "layers": lambda question, found: layers(question)}

RESEARCHERS = later(
    "The paper (§5) keeps layers 1–7 as they were trained on ImageNet and trains a softmax or a linear SVM on their "
    "output; nothing below is changed. **Our choices**, as it states none of them: each map of layers 1–5 is averaged "
    "over 6 × 6 parts; features are shifted to the mean of the photos taught with and divided by one number; "
    "regularisation C = 1; scikit-learn’s `LogisticRegression` and `LinearSVC`. **None of these**: the cosine distance "
    "to the nearest photo is larger than that of nine in ten of your photos to the nearest other one of their class; "
    "so one in ten that belong here is refused, too. Tried on Imagenette’s ten classes, four of them taught with five "
    "photos each, this refused 10 % of the photos of these four and 59 % of those of the other six.\n\n"
    "**Seen before?** The bundled networks learned from Imagenette’s ten classes and from a hundred of Caltech-101, so "
    "dogs, laptops, starfish and sunflowers are nothing new to them; handwritten digits and the three textures are."
)
