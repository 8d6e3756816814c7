"""Results that the visitor has brought: a file of `zfnet_core.evaluate`, or rows of Table 3. They stay in the visit."""

from __future__ import annotations

import json
from dataclasses import dataclass

import streamlit as st

from ui.shell.apology import apologetic, sentence
from ui.shell.session import session, widget_value
from zfnet_core.exhibits.results import evaluation
from zfnet_core.exhibits.results.evaluation import Evaluation
from zfnet_core.language import t, tn
from zfnet_core.paper import ablation
from zfnet_core.paper.ablation import AblationRow
from zfnet_core.photos.decoding import printable

KEY = "own results"
MEGABYTES = evaluation.MAX_BYTES >> 20


@dataclass(eq=False)
class OwnResults:
    """What this visit has opened."""

    evaluation: Evaluation | None = None
    ablation: tuple[AblationRow, ...] = ()


def own_results() -> OwnResults:
    """What this visit has opened so far."""
    return session().memory(OwnResults)


def open_file() -> None:
    """A place to drop a file, what it was, and a way to take it back."""
    st.file_uploader(
        t("Open a result of your own (.json, up to {megabytes} MB)", megabytes=MEGABYTES),
        type="json",
        key=KEY,
        max_upload_size=MEGABYTES,
        on_change=_adopt,
    )
    if problem := session().problems.get(KEY):
        st.error(problem)
    for line in told(own_results()):
        st.caption(line)


def adopt(data: bytes, name: str) -> None:
    """Take a file into the visit. Raises ResultError, and changes nothing, if it is neither of the two."""
    try:
        rows = "rows" in json.loads(data) if len(data) <= ablation.MAX_BYTES else False
    except (ValueError, RecursionError, TypeError):
        rows = False
    if rows:
        own_results().ablation = ablation.read(data, printable(name) or t("The file"))
    else:
        own_results().evaluation = evaluation.read(data, name)


def told(own: OwnResults) -> list[str]:
    """What is open, a sentence each."""
    lines = []
    if own.evaluation:
        found = own.evaluation
        lines.append(
            t(
                "Open: {networks} on {photos} photos of {data} (Table 2).",
                networks=", ".join(network.title for network in found.networks),
                photos=f"{found.total:,}",
                data=found.data,
            )
        )
        out = found.left_out
        if out.folder_photos or out.unread_photos:
            lines.append(
                t(
                    "Left out: {folders} photos in folders without a known class, {unread} that could not be read.",
                    folders=f"{out.folder_photos:,}",
                    unread=f"{out.unread_photos:,}",
                )
            )
    if own.ablation:
        lines.append(tn("Open: {n} run of Table 3.", "Open: {n} runs of Table 3.", len(own.ablation)))
    return lines


@apologetic
def _adopt() -> None:
    session().problems.pop(KEY, None)
    if (file := widget_value(KEY)) is None:
        return
    try:
        adopt(file.getvalue(), file.name)
    except Exception as error:  # strangers' files fail in ways that nobody has thought of
        session().problems[KEY] = sentence(error)
