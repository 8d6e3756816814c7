"""What the browser is given of the correspondence page, and what the page says of one layer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ui.correspondence.fields import ROWS
from ui.correspondence.plots import PART_COLOURS
from ui.correspondence.question import Question
from ui.shell import photo_set
from zfnet_core.exhibits.correspondence.measure import PARTS, RANDOM, Correspondence, shown
from zfnet_core.language import t
from zfnet_core.paper import values as paper_values

Spread = tuple[float, float | None]
Values = Mapping[str, Spread]
PAPER, OURS, YOURS = "Paper", "Ours (bundled)", "Your run"
PAPER_COLUMNS = {"conv5 pooled": "layer 5", "conv5": "layer 5", "fc7": "layer 7"}
SAME = 5e-4


def scene(question: Question) -> dict[str, Any]:
    """The data of the component `markers`: the photos, the parts, and where each part is marked."""
    preprocessing = question.network.preprocessing
    return {
        "photos": [
            {"title": photo.title, "image": photo_set.picture_url(photo, preprocessing)} for photo in question.photos
        ],
        "parts": [{"name": t(name), "colour": colour} for name, colour in zip(PARTS, PART_COLOURS, strict=True)],
        "points": [[list(point) for point in photo] for photo in question.points],
        "side": question.settings.side_px,
        "size": preprocessing.input_px,
        "words": t("{part} of {photo}: column {column}, row {row}; arrow keys move it"),
    }


def series(layer: str, found: Correspondence, bundled: Mapping[str, Any]) -> dict[str, Values]:
    """(mean, spread) of every part at a layer: the paper's, ours (`bundled`, see `our_results`) and the visitor's."""
    ours = {part: (mean, spread) for part, (mean, spread) in bundled.get("layers", {}).get(layer, {}).items()}
    yours = {part: (found.mean(part, layer), found.spread(part, layer)) for part in ROWS}
    return {PAPER: _papers(layer), OURS: ours, YOURS: yours}


def as_multiples(all_series: Mapping[str, Values]) -> dict[str, Values]:
    """The same with each one's random places as 1, so that networks and photos can be compared.

    Without those whose random places are not known yet, and without ours where it is the visitor's own.
    """
    found: dict[str, Values] = {}
    for name, values in all_series.items():
        chance = values.get(RANDOM, (float("nan"), None))[0]
        if np.isfinite(chance) and not (name == OURS and _alike(values, all_series[YOURS])):
            found[name] = {
                part: (mean / chance, None if spread is None else spread / chance)
                for part, (mean, spread) in values.items()
            }
    return found


def rows(found: Correspondence, bundled: Mapping[str, Any]) -> list[tuple[str, str, str, str]]:
    """Every layer and part as (what, paper, ours, yours)."""
    table = []
    for layer in found.settings.layers:
        values = series(layer, found, bundled)
        for part in ROWS:
            paper, ours, yours = (_text(values[name].get(part)) for name in (PAPER, OURS, YOURS))
            table.append((t("{layer}, {part}", layer=shown(layer), part=t(part)), paper, ours, yours))
    return table


def note(how: str) -> str:
    """What the paper says of Table 1, and how ours was made."""
    return t("Paper: {paper} Ours: {how}", paper=paper_values.exhibit("table-1").note, how=how)


def waiting(question: Question) -> str:
    """What is still to be done before anything can be measured; empty when nothing is."""
    if len(question.photos) < 2:
        return t("Choose at least two photos: the changes of one are compared with those of another.")
    if question.unplaced:
        which = t("every photo") if question.unplaced == len(question.photos) else t("the other photos")
        return t(
            "Drag the three squares of {which} to the same three parts, for example eyes and nose: {unplaced} of {all} "
            "photos still have theirs where they started. Then it is measured.",
            which=which,
            unplaced=question.unplaced,
            all=len(question.photos),
        )
    return ""


def _papers(layer: str) -> Values:
    """The paper's column for a layer; empty where it has none."""
    column = PAPER_COLUMNS.get(layer)
    if column is None:
        return {}
    printed = paper_values.exhibit("table-1")
    cells = {row: printed.value(row, column) for row in printed.rows}
    return {row: (cell.value, cell.spread) for row, cell in cells.items() if cell}


def _alike(one: Values, other: Values) -> bool:
    return all(part in other and abs(mean - other[part][0]) <= SAME for part, (mean, _) in one.items())


def _text(value: Spread | None) -> str:
    if value is None or not np.isfinite(value[0]):
        return "–"
    mean, spread = value
    return f"{mean:.3f}" if spread is None or not np.isfinite(spread) else f"{mean:.3f} ± {spread:.3f}"
