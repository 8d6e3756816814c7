"""What the page draws, of the question and what was found: pure functions of their arguments."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ui.transfer.album import Album
from ui.transfer.found import Named, Taught
from ui.transfer.question import Question
from zfnet_core.exhibits.transfer import KINDS, Curve, LayerTable, Scratch
from zfnet_core.language import later, t, tn
from zfnet_core.paper import transferred
from zfnet_core.paper.values import exhibit

ID_LETTERS = 16
TABLE_7_ROWS = {"svm": "SVM", "softmax": "Softmax"}
LAYER_NUMBERS = {"conv1": 1, "conv2": 2, "conv3": 3, "conv4": 4, "conv5": 5, "fc6": 6, "fc7": 7}


def as_text(name: str) -> str:
    """A name in markdown as it is."""
    return "".join(f"\\{letter}" if letter in "\\`*_{}[]()#+-.!|$~<>:" else letter for letter in name)


def board_scene(album: Album, wrong: Sequence[str] = ()) -> dict[str, Any]:
    """All classes with their photos; those in `wrong` (by sha) were taken for another class."""
    return {
        "classes": [
            {
                "number": one.number,
                "name": one.name,
                "note": tn("{n} photo", "{n} photos", len(one.photos)),
                "tiles": [
                    {
                        "id": photo.sha[:ID_LETTERS],
                        "title": t("{photo}, in {name}", photo=photo.name or t("A photo"), name=one.name)
                        + (t(", taken for another class") if photo.sha in wrong else ""),
                        "image": album.tiles.get(photo.sha, ""),
                        "wrong": photo.sha in wrong,
                    }
                    for photo in one.photos
                ],
            }
            for one in album.collection.classes
        ],
        "chosen": album.chosen[:ID_LETTERS],
    }


def without_photos(question: Question) -> str:
    """That some classes do not count yet; "" where all have photos."""
    empty = [one.name for one in question.collection.classes if not one.photos]
    if not empty:
        return ""
    return tn(
        "{names} has no photos yet and does not count.",
        "{names} have no photos yet and do not count.",
        len(empty),
        names=", ".join(f"“{as_text(name)}”" for name in empty),
    )


def how_good(question: Question, found: Taught) -> str:
    """How many of the photos are right, and how that was found out; or why there is no such number."""
    validation = found.validation
    if not validation.folds:
        return t(
            "**No honest figure yet.** With fewer than three photos in a class, none can be kept aside to ask about. "
            "Add photos until every class has three."
        )
    return t(
        "**{right} of {n} photos right**, each asked of a classifier that had not seen it: the photos are dealt into "
        "{folds} parts, and every part is asked of one taught with the others. Guessing would get {chance} %.",
        right=validation.right,
        n=len(validation.truth),
        folds=validation.folds,
        chance=f"{100 / validation.classes:.0f}",
    )


def new_photo_words(question: Question, named: Named) -> str:
    """What the new photo is taken for."""
    best = int(named.shares.argmax())
    if named.none_of_these:
        return t(
            "**None of these.** It is unlike all your photos. If it had to be one: {name}.", name=question.names[best]
        )
    return f"**{question.names[best]}**"


def chance_line(question: Question) -> float:
    """Per cent right by guessing."""
    return 100 / max(1, len(question.names))


def paper_curve() -> list[tuple[int, float]]:
    """Table 5: photos a class, and the paper's accuracy for Caltech-256, drawn as Fig. 9."""
    table = exhibit("table-5")
    row = table.rows[-1]
    values = [(int(column.split()[0]), table.value(row, column)) for column in table.columns]
    return [(count, value.value) for count, value in values if value is not None]


def our_curves(question: Question) -> dict[str, list[tuple[int, float]]]:
    """The bundled curves of this network by title, which says whether it had seen such things before."""
    found = {}
    for data, rows in transferred.curves(question.network).items():
        title = (
            t("ours: {data}, seen before", data=data) if transferred.seen(data) else t("ours: {data}, new", data=data)
        )
        found[title] = [(row.settings["per_class"], row.value) for row in rows]
    return found


def curve_words(curve: Curve, scratch: Scratch | None) -> str:
    """Fig. 9 in words, for those who cannot see it."""
    parts = [
        t("{n} a class: {mean} %", n=count, mean=f"{mean:.0f}")
        for count, mean in zip(curve.counts, curve.means, strict=True)
        if np.isfinite(mean)
    ]
    words = t("Share right against photos a class. These classes: {values}.", values="; ".join(parts))
    known = (
        []
        if scratch is None
        else [
            t("{n} a class: {mean} %", n=count, mean=f"{value:.0f}")
            for count, value in zip(scratch.counts, scratch.accuracy, strict=True)
            if np.isfinite(value)
        ]
    )
    return words + (" " + t("From random weights: {values}.", values="; ".join(known)) if known else "")


def other_photos(question: Question) -> list[str]:
    """Our Table 7 for the other bundled sets, a sentence each: such things seen before, and new ones."""
    sentences = []
    for data in (*transferred.SEEN, *transferred.NEW):
        found = transferred.by_layer(question.network, data) if data != transferred.CALTECH else {}
        known = [(layer, found["svm", layer]) for layer in question.table_layers if ("svm", layer) in found]
        if known:
            words = (
                later("Ours on {data}, which it had seen before, {n} photos a class, SVM: {values}.")
                if transferred.seen(data)
                else later("Ours on {data}, which are new to it, {n} photos a class, SVM: {values}.")
            )
            values = ", ".join(f"{layer} {row}" for layer, row in known)
            sentences.append(t(words, data=data, n=known[0][1].settings["per_class"], values=values))
    return sentences


def table_rows(
    question: Question, table: LayerTable | None, ours: dict[tuple[str, str], str]
) -> list[tuple[str, str, str, str]]:
    """Table 7: (classifier and layer, paper, ours on Caltech-101, these classes)."""
    printed, rows = exhibit("table-7"), []
    for kind in KINDS:
        title = TABLE_7_ROWS[kind]
        for layer in question.table_layers:
            row = f"{title} on layer {LAYER_NUMBERS.get(layer, 0)}"
            paper = printed.value(row, printed.columns[0]) if row in printed.rows else None
            yours = table.value(layer, kind) if table and layer in table.layers else None
            rows.append(
                (
                    f"{title} · {layer}",
                    str(paper) if paper else "–",
                    ours.get((kind, layer), "–"),
                    f"{yours[0]:.1f} ± {yours[1]:.1f}" if yours else "–",
                )
            )
    return rows
