"""What can be saved of the invariance page: the figure, every number, and a script that repeats both."""

from __future__ import annotations

from collections.abc import Sequence

from ui.invariance.question import Question
from ui.shell.saving import File, figure_files
from zfnet_core.exhibits.invariance.curves import InvarianceCurves
from zfnet_core.exhibits.invariance.export import csv, script
from zfnet_core.exhibits.invariance.figure import figure
from zfnet_core.language import t


def files(question: Question, curves: InvarianceCurves, styles: Sequence[int]) -> list[File]:
    """The figure, every number, and the script."""
    network, view = question.network, question.view(curves, styles)
    name, photos = f"{network.name}-{question.settings.kind}", list(question.photos.values())
    return [
        *figure_files(t("The figure"), name, lambda: figure(network, question.images, curves, view)),
        (t("All numbers (CSV)"), f"{name}.csv", lambda: csv(curves, network.labels, view).encode()),
        (t("Script (Python)"), f"{name}.py", lambda: script(network, photos, question.settings, view).encode()),
    ]
