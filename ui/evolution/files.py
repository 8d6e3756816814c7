"""What can be saved from a training film: a layer's table of projections, and the learning curve."""

from __future__ import annotations

from ui.evolution.question import Question
from ui.shell.saving import File, figure_files
from zfnet_core.exhibits import evolution
from zfnet_core.language import t


def film_files(question: Question) -> list[File]:
    """(label, file name, function that makes it) for one layer of a film."""
    film, layer = question.film, question.layer
    name = film.name.replace("/", "-")
    return [
        *figure_files(
            t("{layer}, every epoch", layer=layer),
            f"{name}-{layer}-growth",
            lambda: evolution.figure(film, layer),
        ),
        (
            t("{layer}, photos and activations (CSV)", layer=layer),
            f"{name}-{layer}-units.csv",
            lambda: evolution.units_csv(film, layer),
        ),
        (t("Learning curve (CSV)"), f"{name}-curve.csv", lambda: evolution.curve_csv(film)),
    ]
