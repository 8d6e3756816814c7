"""Fig. 6(a–c): the filters of three short runs in the paper's manner, on a common scale in each panel."""

from __future__ import annotations

import streamlit as st

from zfnet_core.drawing.tiles import tiled
from zfnet_core.exhibits.comparison.figure_6 import Panel, load
from zfnet_core.exhibits.comparison.flat_filters import flat_share
from zfnet_core.language import t

TIMES, COLUMNS = 4, 8
LIMIT = 0.1  # §3: filters with a larger RMS are scaled back to it


def figure_6_panels() -> None:
    """Show the bundled panels with what each run was and what it shows; nothing where none are bundled."""
    panels = load()
    if not panels:
        return
    st.markdown(t("**Layer 1 trained in the paper’s manner (Fig. 6 a–c)**"))
    with st.container(horizontal=True, gap="large"):
        for letter, panel in panels.items():
            sheet = tiled(panel.pictures(), COLUMNS, TIMES * 7 // panel.filters.shape[-1] or 1)
            with st.container(width=sheet.shape[1] + 20):
                st.markdown(t("**({letter})** The paper: {claim}", letter=letter, claim=panel.claim.claim))
                st.image(sheet, alt=_words(panel))
                st.caption(_words(panel))
    if "a" in panels and (limited := panels.get("c")) and (step := limited.limit_acts_from):
        st.info(
            t(
                "In (c) a filter meets the limit of {limit} for the first time after about {step:,} steps and is held "
                "there, {limited:.1f} times as strong as the median one; in (a) the strongest has {free:.1f} times the "
                "median RMS and would not have met it. A few filters dominate, as the paper reports of (a), and here "
                "the limit has hardly begun to act. The three runs began with different random numbers and were made "
                "once each: not all that differs between them is the limit’s doing.",
                limit=LIMIT,
                step=step,
                limited=limited.dominance,
                free=panels["a"].dominance,
            )
        )
    st.caption(
        t(
            "Inputs of about ±128, no batch normalisation, rate 0.01, dropout ½ as in §3; photos, size and length are "
            "ours and far smaller than the paper’s 70 epochs on ImageNet. In each panel the largest weight is black or "
            "white and zero is mid-grey. The headings say what the paper sees in its own panels; judge these for "
            "yourself."
        )
    )


def _words(panel: Panel) -> str:
    run, limit = panel.run, panel.run["rms_limit"]
    words = t(
        "{filters} filters after {epochs} epochs at {px} px, {photos:,} photos, {limit}; the strongest filter has "
        "{times:.1f} times the median RMS; {flat} are nearly flat colour",
        filters=len(panel.filters),
        epochs=run["epochs"],
        px=run["px"],
        photos=run["train_photos"],
        limit=t("RMS at most {limit:g}", limit=limit) if limit else t("RMS not limited"),
        times=panel.dominance,
        flat=round(flat_share(panel.filters) * len(panel.filters)),
    )
    if "val_top1" not in run:
        return t("{words}.", words=words)
    return t(
        "{words}; {right:.0f} % of {photos:,} photos right.",
        words=words,
        right=100 * run["val_top1"],
        photos=run["val_photos"],
    )
