"""What can be saved of the correspondence page: the hidden photos, every pair, and a script that repeats both."""

from __future__ import annotations

from ui.correspondence.question import Question
from ui.shell.saving import File, figure_files
from zfnet_core.exhibits.correspondence.export import csv, script
from zfnet_core.exhibits.correspondence.figure import figure
from zfnet_core.exhibits.correspondence.measure import Correspondence
from zfnet_core.language import t


def files(question: Question, found: Correspondence) -> list[File]:
    """The hidden photos, every pair, and the script."""
    network, name = question.network, f"{question.network.name}-correspondence"
    return [
        *figure_files(t("The hidden photos"), name, lambda: figure(network, question.images, found, question.titles)),
        (t("Every pair (CSV)"), f"{name}.csv", lambda: csv(found).encode()),
        (
            t("Script (Python)"),
            f"{name}.py",
            lambda: script(network, question.photos, question.settings, question.marked).encode(),
        ),
    ]
