"""What can be saved of the comparison page: the pictures, the measures, and a script that repeats them."""

from __future__ import annotations

from ui.comparison.pictures import gallery
from ui.comparison.question import Question, second_layer
from ui.shell.saving import File, figure_files, png_file
from zfnet_core.exhibits.comparison.comparison import Comparison
from zfnet_core.exhibits.comparison.export import csv, script
from zfnet_core.exhibits.comparison.figure import figure
from zfnet_core.language import t


def files(question: Question, comparison: Comparison) -> list[File]:
    """The figure, the galleries where there are any, the measures, and the script."""
    name, second = "-against-".join(question.pair), second_layer(question)
    found = figure_files(t("The figure"), name, lambda: figure(question.networks, comparison, second))
    if drawn := gallery(question.networks):
        found.append((t("Layer 2 in the gallery (PNG)"), f"{name}-gallery.png", png_file(lambda: drawn[0])))
    return [
        *found,
        (t("Measures (CSV)"), f"{name}.csv", lambda: csv(comparison).encode()),
        (t("Script (Python)"), f"{name}.py", lambda: script(question.networks, question.photos).encode()),
    ]
