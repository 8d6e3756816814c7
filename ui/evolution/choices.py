"""Choosing which training run is looked at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import streamlit as st

from ui.evolution.fields import Fields
from ui.evolution.runs import title
from ui.shell import local_folders, state
from ui.shell.apology import apologetic
from ui.shell.session import session
from zfnet_core.language import t
from zfnet_core.training.given_run import unusual_sources
from zfnet_core.training.run_directory import RunDirectory


@dataclass
class Named:
    """The run directory that a visitor has named during a visit, and the places of photos that were confirmed."""

    place: str = ""
    confirmed: set[tuple[Path, tuple[str, ...]]] = field(default_factory=set)


def ask_which(runs: Sequence[str], network: str) -> str:
    """The run to show: the chosen network's own film, where it has one, until the visitor chooses another run."""
    usual = network if network in runs else runs[0]
    return str(
        state.bind(
            st.segmented_control,
            Fields,
            "run",
            t("Run"),
            runs,
            shown=lambda run: run if run in runs else usual,
            chosen=lambda run: "" if run == usual else run,
            format_func=title,
            required=True,
        )
    )


def ask_for_run() -> Path | None:
    """Let the visitor name a run directory; only where the server was started so."""
    if not local_folders.allowed():
        return None
    memory = session().memory(Named)
    asked = st.text_input(
        t("Run directory of the training command"),
        value=memory.place,
        key="run directory asked",
        placeholder="/home/me/runs/zfnet",
        help=t("The folder that `python -m zfnet_core.training` writes to. A run that is still going is followed."),
    )
    memory.place = local_folders.typed_path(asked)
    return Path(memory.place) if memory.place else None


def may_search(run: RunDirectory) -> bool:
    """Whether the run's photos may be looked for where it says; asks where that lies outside the working directory."""
    unusual, memory = unusual_sources(run), session().memory(Named)
    if not unusual or (run.path, unusual) in memory.confirmed:
        return True

    @apologetic
    def confirm() -> None:
        memory.confirmed.add((run.path, unusual))

    named = ", ".join(f"`{place[:80].replace('`', '')}`" for place in unusual[:5])
    st.warning(
        t(
            "This run says that its photos lie in {places}. Until you confirm that, the sample photos are searched.",
            places=named,
        )
    )
    st.button(t("Search them there"), icon=":material/folder_open:", on_click=confirm)
    return False
