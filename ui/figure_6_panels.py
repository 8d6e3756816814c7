"""Fig. 6(a–c): the filters of three short runs in the paper's manner, on a common scale in each panel."""

from __future__ import annotations

import numpy as np
import streamlit as st

from ui.tiles import tiled
from zfnet_core.experiments.figure_6 import Panel, load

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
                st.markdown(f"**({letter})** The paper: {panel.claim.claim}")
                st.image(sheet, alt=_words(panel))
                st.caption(_words(panel))
    if {"a", "c"} <= set(panels) and panels["a"].rms.max() < LIMIT:
        same = np.array_equal(panels["a"].filters, panels["c"].filters)
        st.info(
            f"Here (a) and (c) are {'identical' if same else 'alike'}, because the limit never acted: both runs began "
            f"with the same random numbers, and no filter of (a) came near {LIMIT} (the largest RMS is "
            f"{panels['a'].rms.max():.3f}). The domination that the paper reports needs far longer training to appear, "
            "if it appears at all."
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
