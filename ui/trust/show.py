"""The parts of the page: the panel, the two rows of controls, the switches' experiment, the rivals for a class."""

from __future__ import annotations

from html import escape

import streamlit as st

from ui.trust import found, words
from ui.trust.pictures import Tile, heat_tile, projection_tile, row
from ui.trust.plots import areas, curves
from ui.trust.question import Question
from zfnet_core.drawing.encoding import data_url
from zfnet_core.exhibits.trust import Evidence, Picture, Trust, names_of
from zfnet_core.language import t


def panel(question: Question, trust: Trust | None, complete: bool) -> None:
    """Everything that is judged of the picture, as far as it is known."""
    if trust is None:
        st.progress(0.0, text=t("The picture comes in a moment …"))
        return
    said = words.verdict(trust)
    if trust.sound is False:
        st.error(said, icon=":material/dangerous:")
    elif trust.sound is None:
        st.progress(trust.done, text=said)
    else:
        st.success(said, icon=":material/verified:")
    left, right = st.columns([1, 2], gap="medium")
    with left:
        row([own_tile(question, trust)], t("The picture that is judged"))
    with right:
        checks_table(trust)
        st.caption(words.collisions(trust))
    if trust.survivors:
        st.html(
            f'<h2 class="zf-section">{escape(t("What survives when the weights are lost, from the top down"))}</h2>'
        )
        own = projection_tile(trust.pixels, trust.box, question.scaling, t("all weights"), t("the picture itself"))
        row(
            [
                own,
                *(tile(question, trust, one, t("{layer} and above lost", layer=one.name)) for one in trust.survivors),
            ],
            t("Weights lost"),
        )
        st.markdown(words.survival(trust.survivors))
    if trust.others:
        st.html(f'<h2 class="zf-section">{escape(t("The same place, other maps"))}</h2>')
        row([tile(question, trust, one, t("map {map}", map=one.name)) for one in trust.others], t("Other maps"))
        st.markdown(words.selectivity(trust.others))


def own_tile(question: Question, trust: Trust) -> Tile:
    """The picture that is judged."""
    title = t(words.RULES[trust.settings.rule])
    caption = t("activation {value}", value=f"{trust.activation:.3f}")
    if trust.activation == 0:
        caption = t("This unit is silent here; the picture starts from 1.")
    return projection_tile(trust.pixels, trust.box, question.scaling, title, caption)


def tile(question: Question, trust: Trust, one: Picture, title: str) -> Tile:
    """One picture that is compared."""
    return projection_tile(one.pixels, trust.box, question.scaling, title, words.figures(one))


def checks_table(trust: Trust) -> None:
    """Every check with its verdict in words and colour."""
    lines = []
    for check in trust.checks:
        verdict, name, meaning = words.check_line(check)
        sign, colour = ("✓", "#0f766e") if check.passed else ("✗", "#b91c1c")
        lines.append(
            f'<li style="margin:.25rem 0;list-style:none"><b style="background:{colour};color:#fff;border-radius:.3rem;'
            f'padding:.05rem .4rem">{sign} {escape(verdict)}</b> <b>{escape(name)}.</b> '
            f'<span style="opacity:.85">{escape(meaning)}</span></li>'
        )
    if lines:
        st.html(f'<ul style="margin:0;padding:0" aria-label="{escape(t("Checks"))}">{"".join(lines)}</ul>')


def experiment(question: Question) -> None:
    """The same activation with three kinds of switches, by the rule that the toggles make."""
    pictures = found.switched(question)
    side = question.network.preprocessing.input_px
    place = question.place
    box = place.layer.receptive_field.box(place.unit.row, place.unit.column, side)
    titles = {"own": t("own switches"), "middle": t("middle of each window"), "other": t("another photo’s switches")}
    names = names_of(question.trace, question.rule, question.switches == "own")
    if names:
        st.markdown(t("These toggles are **{names}**.", names=" = ".join(names)))
    else:
        st.markdown(t("These toggles are no published method."))
    chosen = [one for one in pictures if one.switches == question.switches]
    tiles = [
        projection_tile(
            one.pixels,
            box,
            question.scaling,
            titles[one.switches] + (" ●" if one in chosen else ""),
            t("cosine {cosine}, rank {rank}", cosine=f"{one.alike.cosine:.2f}", rank=f"{one.alike.rank:.2f}").replace(
                "-", "−"
            ),
        )
        for one in pictures
    ]
    row(tiles, t("Three kinds of switches"))


def rivals(question: Question, evidence: Evidence | None, complete: bool) -> None:
    """The maps of evidence for a class and their curves."""
    if evidence is None:
        st.progress(0.0, text=t("The first maps come in a moment …"))
        return
    if not complete:
        st.progress(evidence.done, text=t("{share} measured", share=f"{100 * evidence.done:.0f} %"))
    label = question.network.names[evidence.class_index]
    st.markdown(
        t(
            "Where is the evidence for **{label}** ({share})?",
            label=_plain(label),
            share=f"{100 * evidence.probability:.1f} %",
        )
    )
    tiles = [Tile(data_url(question.photo), t("Photo"), "", t("What the network sees."))]
    tiles += [
        heat_tile(evidence.maps[name], t(title), t(source))
        for name, (title, source) in words.METHODS.items()
        if name in evidence.maps and name != "random"
    ]
    row(tiles, t("Maps of evidence"))
    if evidence.curves:
        left, right = st.columns(2)
        with left:
            st.markdown(t("**Deletion**: the most important pixels go first"))
            st.plotly_chart(curves(evidence.curves, "deletion"), key="deletion", config={"displayModeBar": False})
        with right:
            st.markdown(t("**Insertion**: the most important pixels come first"))
            st.plotly_chart(curves(evidence.curves, "insertion"), key="insertion", config={"displayModeBar": False})
        st.dataframe(areas(evidence.curves), hide_index=True)
        st.caption(words.areas_note())


def _plain(label: str) -> str:
    """A name from weights, never markup."""
    return "".join(f"\\{letter}" if letter in "\\`*_{}[]()#+-.!|<>~$:" else letter for letter in label)
