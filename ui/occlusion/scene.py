"""The numbers and words of one living picture, packed for the browser."""

from __future__ import annotations

import base64
from collections.abc import Mapping

import numpy as np

from ui.kit import packed
from ui.occlusion.found import MapPicture
from ui.occlusion.guesses import cells_across, scored
from ui.occlusion.question import Question
from ui.occlusion.scale import GROWS_BY_PX, cell_side, scaled, smallest_side
from zfnet_core.drawing.encoding import data_url
from zfnet_core.exhibits.occlusion import Occluder, OnePosition, Sweep
from zfnet_core.exhibits.occlusion.colours import OTHERS, PALETTE, colour_places, legend
from zfnet_core.exhibits.occlusion.figure import value_range
from zfnet_core.exhibits.occlusion.occluder import BLUR_PX
from zfnet_core.exhibits.occlusion.score import answers
from zfnet_core.language import t
from zfnet_core.photos.images import shown
from zfnet_core.serving.cache_budget import Cache

BARS = 5
MOST_CLASSES = 120
CSS_FILLS = {"grey": "rgb(128 128 128)", "black": "#000", "blur": "transparent"}
NOTHING_HEARD: Mapping[str, float] = {"moved": 0, "drawn": 0}

_urls: Cache[str] = Cache(len)


def scene(
    question: Question,
    sweep: Sweep | None,
    exact: OnePosition | None = None,
    projected: MapPicture | None = None,
    heard: Mapping[str, float] = NOTHING_HEARD,
) -> bytes:
    """Everything that one living picture shows; `sweep` may still be growing or not have begun.

    Arrays after the header: shares [classes, rows, columns], totals [rows, columns], and for each position the place in
    the palette of its most probable class; all float32. While a guess is waited for, nothing of `sweep`, `exact` and
    `projected` is in it. `heard` says how new the newest message is that had arrived from the component.
    """
    hidden, class_index, map = question.hidden, question.class_index, question.map
    growing = sweep is None or sweep.done < 1
    grid = None if hidden else sweep
    layer, settings = question.layer.name, question.settings
    clean_share, clean_total = float(question.probabilities[class_index]), float(question.totals[map])
    total = grid.total_of(map) if grid else np.zeros((0, 0))
    share = grid.probability_of(class_index) if grid else np.zeros((0, 0))
    header = {
        "inputPx": question.photo_px,
        "step": settings.stride_px,
        "smallest": smallest_side(question.photo_px),
        "grow": scaled(GROWS_BY_PX, question.photo_px),
        "image": _photo(question),
        "imageAlt": t("{photo}, as the network sees it.", photo=question.title),
        "title": t("(a) {photo}: paint what matters", photo=question.title)
        if hidden
        else t("(a) {photo}: drag the square", photo=question.title),
        "words": _words(),
        "progress": _progress(sweep) if growing else None,
        "box": _place(question.occluder),
        "heard": dict(heard),
        "growing": growing,
        "boxAlt": t(
            "The covering square. Arrow keys move it by one step of the grid, with Shift by one pixel; plus and minus "
            "change its size."
        )
        + (f" {t('Space paints what lies under it.')}" if hidden else ""),
        "fill": {
            "colour": _css(question),
            "blur": BLUR_PX * 1.6 if settings.fill == "blur" else 0,
        },
        "hidden": hidden,
        "chosen": {"label": question.label, "range": value_range(share, clean_share)},
        "map": {
            "title": t("{layer} map {map}", layer=layer, map=map),
            "cleanTotal": clean_total,
            "range": value_range(total, clean_total),
        },
        "note": t(
            "Untouched: {label} {share} %, {layer} map {map} at {total} (the thin line).",
            label=question.label,
            share=f"{100 * clean_share:.1f}",
            layer=layer,
            map=map,
            total=f"{clean_total:.1f}",
        ),
        "captions": {
            "b": t("(b) activity of map {map}", map=map),
            "c": t("(c) map {map}, projected", map=map),
            "d": t("(d) probability of {label}", label=question.label),
            "e": t("(e) most probable label"),
        },
        "grid": None,
        "done": grid is not None and grid.done == 1,
        "exact": None if hidden or exact is None else _exact(question, exact),
        "palette": [*PALETTE, OTHERS],
        "legend": _legend(question, grid) if grid else [],
        "alts": _alts(question, grid) if grid else {},
        "projection": None if hidden or projected is None else _projection(question, projected),
        "drawing": _drawing(question, grid),
    }
    if grid is None:
        return packed(header)
    classes = _classes(grid, class_index)
    header["grid"] = {
        "rows": len(grid.tops_px),
        "columns": len(grid.lefts_px),
        "tops": grid.tops_px.tolist(),
        "lefts": grid.lefts_px.tolist(),
        "stride": settings.stride_px,
        "height": settings.height_px,
        "width": settings.width_px,
        "labels": [question.network.names[place] for place in classes],
        "chosen": classes.index(class_index),
    }
    shares = np.stack([grid.probability_of(place) for place in classes])
    return packed(header, shares, np.ascontiguousarray(total, np.float32), colour_places(grid).astype(np.float32))


def _words() -> dict[str, str]:
    """What the component says while the square moves, in the reader's language; the browser puts the values in."""
    return {
        "exact": t("exact"),
        "between": t("between grid points"),
        "coarse": t("coarse so far"),
        "computing": t("computing …"),
        "hidden": t("hidden until you have guessed"),
        "spoken": t("Row {top}, column {left}: {label} {share}, exact. Most probable: {best}."),
        "place": t("row {top}, column {left} · {height} × {width} px"),
        "sum": t("{value} sum"),
        "clear": t("Clear the drawing"),
        "bars": t("Most probable classes with the square here"),
        "opacity": t("Opacity of the map over the photo"),
    }


def _progress(sweep: Sweep | None) -> dict[str, object]:
    """How far the sweep is, as a share and in words."""
    if sweep is None:
        return {"share": 0.0, "text": t("The first coarse map comes in a moment …")}
    done = t("{share} % of {n} positions", share=f"{100 * sweep.done:.0f}", n=sweep.known.size)
    left = t("about {n} s left", n=f"{sweep.seconds_left:.0f}") if sweep.seconds_left >= 1 else ""
    return {"share": sweep.done, "text": " · ".join(part for part in (done, left) if part)}


def _classes(sweep: Sweep, class_index: int) -> list[int]:
    """The classes among the first five of those kept somewhere, so that the browser knows every bar everywhere."""
    flat = sweep.probabilities.reshape(-1, len(sweep.classes))
    count = min(BARS, flat.shape[1])
    first = np.unique(np.argpartition(-flat, count - 1, axis=1)[:, :count])
    first = first[np.argsort(-flat[:, first].max(axis=0))][:MOST_CLASSES]
    kept = [int(sweep.classes[place]) for place in first]
    return kept + ([] if class_index in kept else [class_index])


def _place(occluder: Occluder) -> dict[str, int]:
    return {
        "top": occluder.top_px,
        "left": occluder.left_px,
        "height": occluder.height_px,
        "width": occluder.width_px,
    }


def _exact(question: Question, one: OnePosition) -> dict[str, object]:
    labels, best = question.network.names, np.argsort(-one.probabilities, kind="stable")[:BARS]
    return {
        "box": _place(one.occluder),
        "classes": [{"label": labels[place], "share": float(one.probabilities[place])} for place in best],
        "share": float(one.probabilities[question.class_index]),
        "total": float(one.map_totals[question.map]),
    }


def _legend(question: Question, sweep: Sweep) -> list[dict[str, str]]:
    return [
        {"label": swatch.label, "colour": swatch.colour, "share": swatch.percent}
        for swatch in legend(sweep, question.network.names, t("{n} others"))
    ]


def _alts(question: Question, sweep: Sweep) -> dict[str, str]:
    labels, class_index, map = question.network.names, question.class_index, question.map

    def extremes(values: np.ndarray) -> dict[str, object]:
        row, column = np.unravel_index(values.argmin(), values.shape)
        place = {"row": sweep.tops_px[row], "column": sweep.lefts_px[column]}
        return {"low": values.min(), "high": values.max(), **place}

    first = [
        t("{label} at {share:.0f} %", label=labels[place], share=100 * share)
        for place, share in list(answers(sweep).items())[:4]
    ]
    return {
        "b": t(
            "Total activity of {layer} map {map}, from {low:.3g} to {high:.3g}; lowest with the square at row {row}, "
            "column {column}.",
            layer=sweep.layer,
            map=map,
            **extremes(sweep.total_of(map)),
        ),
        "d": t(
            "Probability of {label}, from {low:.3g} % to {high:.3g} %; lowest with the square at row {row}, column "
            "{column}.",
            label=question.label,
            **extremes(100 * sweep.probability_of(class_index)),
        ),
        "e": t("Most probable label by position of the square: {list} of the positions.", list=", ".join(first)),
    }


def _photo(question: Question) -> str:
    photo, preprocessing, crop = question.photo, question.network.preprocessing, question.crop
    return _urls.get_or_make(("photo", question.picture_key), lambda: data_url(shown(photo, preprocessing, crop)))


def _css(question: Question) -> str:
    """The fill as a colour for the browser."""
    fill = question.settings.fill
    if fill == "mean":
        red, green, blue = (round(255 * value) for value in question.network.preprocessing.mean)
        return f"rgb({red} {green} {blue})"
    return CSS_FILLS.get(fill, fill)


def _projection(question: Question, projected: MapPicture) -> dict[str, str | None]:
    nine, row, column = projected.elsewhere, projected.unit.row, projected.unit.column
    name = t("{layer} map {map}", layer=question.layer.name, map=question.map)
    return {
        "url": _urls.get_or_make(("map", question.picture_key, question.map), lambda: data_url(projected.pixels)),
        "alt": t(
            "Deconvnet projection of the strongest unit of {map}, at row {row}, column {column}.",
            map=name,
            row=row,
            column=column,
        ),
        "others": None if nine is None else "data:image/webp;base64," + base64.b64encode(nine).decode(),
        "othersAlt": t("The nine strongest projections of {map} on the gallery’s photos.", map=name),
        "caption": t(
            "From its strongest unit here (row {row}, column {column}), and its nine strongest elsewhere."
            if nine
            else "From its strongest unit here (row {row}, column {column}).",
            row=row,
            column=column,
        ),
    }


def _drawing(question: Question, sweep: Sweep | None) -> dict[str, object]:
    guess = question.guess
    found = scored(guess, sweep, question.class_index, question.photo_px) if sweep and question.predict else None
    return {
        "across": cells_across(question.photo_px),
        "cellPx": cell_side(question.photo_px),
        "cells": guess.cells if question.hidden else "",
        "guess": _text(found.drawn) if found else "",
        "important": _text(found.important) if found else "",
    }


def _text(cells: np.ndarray) -> str:
    return "".join("1" if cell else "0" for cell in cells.flat)
