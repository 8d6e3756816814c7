"""What can be saved from the wall of features: the wall, the chosen map's nine, and the list behind them."""

from __future__ import annotations

from collections.abc import Callable

from ui.features.question import Question
from ui.shell.saving import File, figure_files
from zfnet_core.drawing.page import WhitePage
from zfnet_core.exhibits import features
from zfnet_core.exhibits.features import Wall
from zfnet_core.exhibits.features.figure import NINE_PX
from zfnet_core.language import t
from zfnet_core.models import zoo


def feature_files(question: Question, wall: Wall, alone: Callable[[], Wall]) -> list[File]:
    """The `wall`, the chosen map `alone`, the CSV and a script."""
    source, layer, map = question.source, question.layer.name, question.map
    name, here = f"{source.network.name}-{layer}", f"maps-{wall.maps[0].map}-to-{wall.maps[-1].map}"

    def one(part: str) -> Callable[[], WhitePage]:
        return lambda: features.figure(alone(), [question.number], NINE_PX, [part])

    files = [
        *figure_files(t("This wall"), f"{name}-{here}", lambda: features.figure(wall, question.numbers)),
        *figure_files(t("Map {n}: nine projections", n=map), f"{name}-map-{map}-projections", one("projections")),
    ]
    if any(nine.patches for nine in wall.maps):
        files += figure_files(t("Map {n}: nine patches", n=map), f"{name}-map-{map}-patches", one("patches"))

    def script() -> bytes:
        return features.script(
            source, wall.settings, zoo.as_code(source.network.name, source.network.architecture)
        ).encode()

    return [
        *files,
        (t("Units, values and photos (CSV)"), f"{name}-strongest.csv", lambda: features.csv(source, layer)),
        (t("A script that draws this wall (Python)"), f"{name}-wall.py", script),
    ]
