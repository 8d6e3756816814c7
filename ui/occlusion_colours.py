"""Colours of the labels in Fig. 7 (e): a label that has got one keeps it while the sweep is refined."""

from __future__ import annotations

import streamlit as st

from ui import occlusion_work
from ui.occlusion_work import Subject
from zfnet_core.experiments.occlusion import Sweep
from zfnet_core.experiments.occlusion_guess import answers

# Told apart by colour-blind eyes as well (Okabe & Ito, and a dark red), on light and on dark ground; grey for the rest.
PALETTE = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#d55e00", "#56b4e9", "#f0e442", "#882255")
OTHERS = "#8c8c8c"


def places(subject: Subject, sweep: Sweep) -> dict[int, int]:
    """The place in `PALETTE` of each label that has one, the most frequent label first."""
    about = (subject.key, occlusion_work.settings(subject.image.shape[-1]))
    slot = f"occlusion colours {subject.slot}"
    before, given = st.session_state.get(slot, (None, {}))
    found = answers(sweep)
    kept = {label: place for label, place in given.items() if label in found} if before == about else {}
    free = iter(place for place in range(len(PALETTE)) if place not in kept.values())
    for label in found:
        if label not in kept and (place := next(free, None)) is not None:
            kept[label] = place
    st.session_state[slot] = (about, kept)
    return {label: kept[label] for label in found if label in kept}


def legend(subject: Subject, sweep: Sweep) -> list[tuple[str, str, float]]:
    """(colour, label, share of the positions 0–1) of each label that has a colour, and of the others together."""
    found, coloured = answers(sweep), places(subject, sweep)
    lines = [(PALETTE[place], subject.network.labels[label], found[label]) for label, place in coloured.items()]
    rest = [share for label, share in found.items() if label not in coloured]
    return lines + ([(OTHERS, f"{len(rest)} others", sum(rest))] if rest else [])
