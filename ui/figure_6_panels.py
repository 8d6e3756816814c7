"""Fig. 6(a–c): the filters of three short runs in the paper's manner, on a common scale in each panel."""

from __future__ import annotations

import streamlit as st

from ui.tiles import tiled
from zfnet_core.experiments.figure_6 import CLAIMS, Panel, load

TIMES, COLUMNS = 4, 8
LIMIT = 0.1  # §3: filters with a larger RMS are scaled back to it


def figure_6_panels() -> None:
    """Show the bundled panels with what each run was and what it shows; nothing where none are bundled."""
    panels = load()
    if not panels:
        return
    st.subheader("Layer 1 trained in the paper’s manner (Fig. 6 a–c)", anchor=False)
    with st.container(horizontal=True, gap="large"):
        for letter, panel in panels.items():
            sheet = tiled(panel.pictures(), COLUMNS, TIMES * 7 // panel.filters.shape[-1] or 1)
            with st.container(width=sheet.shape[1] + 20):
                st.markdown(f"**({letter})** {CLAIMS[letter]}")
                st.image(sheet, alt=_words(panel))
                st.caption(_words(panel))
    if "a" in panels and panels["a"].rms.max() < LIMIT:
        st.info(
            f"In so short a run no filter of (a) came near the limit of {LIMIT} (the largest RMS is "
            f"{panels['a'].rms.max():.3f}), so the limit never acted and (a) and (c) are alike. "
            "The domination that the paper reports needs far longer training to appear, if it appears at all."
        )
    st.caption(
        "Inputs of about ±128, no batch normalisation, rate 0.01, dropout ½ as in §3; photos, size and length are ours "
        "and far smaller than the paper’s 70 epochs on ImageNet. In each panel the largest weight is black or white "
        "and zero is mid-grey. The headings say what the paper sees in its own panels; judge these for yourself."
    )


def _words(panel: Panel) -> str:
    run, limit = panel.run, panel.run["rms_limit"]
    return (
        f"{len(panel.filters)} filters after {run['epochs']} epochs at {run['px']} px, {run['train_photos']:,} photos, "
        f"{'RMS at most ' + format(limit, 'g') if limit else 'RMS not limited'}; the strongest filter has "
        f"{panel.dominance:.1f} times the median RMS; {run['val_top1']:.0%} of {run['val_photos']:,} photos right."
    )
