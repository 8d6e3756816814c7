"""The numbers and words of one living picture, packed for the browser."""

from __future__ import annotations

import base64
from functools import partial

import numpy as np

from ui import engine, occlusion_colours, occlusion_guesses, occlusion_work
from ui.components import packed
from ui.components.occluder import heard
from ui.feature_source import gallery_of
from ui.occlusion_colours import OTHERS, PALETTE
from ui.occlusion_work import Subject
from ui.pictures import data_url
from zfnet_core.bounded_cache import BoundedCache
from zfnet_core.deconvnet import project, strongest_unit
from zfnet_core.experiments.covering import BLUR_PX
from zfnet_core.experiments.occlusion import OnePosition, Sweep, totals_layer
from zfnet_core.experiments.occlusion_guess import answers
from zfnet_core.images import shown
from zfnet_core.projection_scaling import as_picture

BARS = 5
MOST_CLASSES = 120
CSS_FILLS = {"grey": "rgb(128 128 128)", "black": "#000", "blur": "transparent"}

_pictures: BoundedCache[str] = BoundedCache(16 * 2**20, len)


def scene(subject: Subject, sweep: Sweep | None, exact: OnePosition | None) -> bytes:
    """Everything that one living picture shows; `sweep` may still be growing or not have begun.

    Arrays after the header: shares [classes, rows, columns], totals [rows, columns], and for each position the place in
    the palette of its most probable class; all float32.
    """
    network, photo_px = subject.network, subject.image.shape[-1]
    settings, box = occlusion_work.settings(photo_px), occlusion_work.box(photo_px)
    label, number = occlusion_work.label_of(subject), occlusion_work.map_of(subject)
    layer, name = totals_layer(network).name, network.labels[label]
    hidden = occlusion_guesses.hidden(subject)
    grid = None if hidden else sweep
    classes = _classes(grid, label) if grid else []
    clean_share = float(subject.probabilities[label])
    clean_total = float(occlusion_work.totals(subject)[number])
    total = grid.total_of(number) if grid else np.zeros((0, 0))
    share = grid.probability_of(label) if grid else np.zeros((0, 0))
    header = {
        "inputPx": photo_px,
        "step": settings.stride_px,
        "image": _photo(subject),
        "imageAlt": f"{subject.photo.name or 'Your photo'}, as the network sees it.",
        "title": f"(a) {subject.photo.name or 'Your photo'}: {'paint what matters' if hidden else 'drag the square'}",
        "box": _corner(box),
        "heard": heard(occlusion_work.component_key(subject)),
        "growing": sweep is None or sweep.done < 1,
        "boxAlt": "The covering square. Arrow keys move it by one step of the grid, with Shift by one pixel; plus and "
        "minus change its size." + (" Space paints what lies under it." if hidden else ""),
        "fill": {
            "colour": CSS_FILLS.get(settings.fill, settings.fill if settings.fill != "mean" else _mean(subject)),
            "blur": BLUR_PX * 1.6 if settings.fill == "blur" else 0,
        },
        "hidden": hidden,
        "chosen": {"label": name, "range": value_range(share, clean_share)},
        "map": {
            "title": f"{layer} map {number}",
            "cleanTotal": clean_total,
            "range": value_range(total, clean_total),
        },
        "note": f"Untouched: {name} {clean_share:.1%}, {layer} map {number} at {clean_total:.1f} (the thin line).",
        "captions": {
            "b": f"(b) activity of map {number}",
            "c": f"(c) map {number}, projected",
            "d": f"(d) probability of {name}",
            "e": "(e) most probable label",
        },
        "grid": None,
        "done": grid is not None and grid.done == 1,
        "exact": None if hidden or exact is None else _exact(exact, network.labels, label, number),
        "palette": [*PALETTE, OTHERS],
        "legend": _legend(subject, grid) if grid else [],
        "alts": _alts(subject, grid, label, number),
        "projection": None if hidden else _projection(subject, number),
        "drawing": _drawing(subject, grid, hidden),
    }
    if grid is None:
        return packed(header)
    header["grid"] = {
        "rows": len(grid.tops_px),
        "columns": len(grid.lefts_px),
        "tops": grid.tops_px.tolist(),
        "lefts": grid.lefts_px.tolist(),
        "stride": settings.stride_px,
        "height": settings.height_px,
        "width": settings.width_px,
        "labels": [network.labels[place] for place in classes],
        "chosen": classes.index(label),
    }
    places = occlusion_colours.places(subject, grid)
    names = np.vectorize(lambda answer: places.get(int(answer), len(PALETTE)), otypes=[np.float32])(grid.labels)
    shares = np.ascontiguousarray(grid.probabilities[:, :, classes].transpose(2, 0, 1))
    return packed(header, shares, np.ascontiguousarray(total, np.float32), names)


def value_range(values: np.ndarray, clean: float) -> tuple[float, float]:
    """What a map's colours run from and to: its own least and largest value and the untouched photo's.

    Never less than a tenth of the largest, so that tiny differences do not look like large ones.
    """
    low, high = float(min(values.min(initial=clean), clean)), float(max(values.max(initial=clean), clean))
    return max(0.0, min(low, 0.9 * high)), high or 1.0


def _classes(sweep: Sweep, label: int) -> list[int]:
    """The classes among the first five somewhere, so that the browser knows every bar at every grid point."""
    flat = sweep.probabilities.reshape(-1, sweep.probabilities.shape[2])
    count = min(BARS, flat.shape[1])
    first = np.unique(np.argpartition(-flat, count - 1, axis=1)[:, :count])
    first = first[np.argsort(-flat[:, first].max(axis=0))][:MOST_CLASSES]
    return [int(place) for place in first] + ([] if label in first else [label])


def _corner(box: occlusion_work.Box) -> dict[str, int]:
    return {"top": box.top_px, "left": box.left_px, "height": box.height_px, "width": box.width_px}


def _exact(one: OnePosition, labels: tuple[str, ...], label: int, number: int) -> dict[str, object]:
    best = np.argsort(-one.probabilities, kind="stable")[:BARS]
    return {
        "box": _corner(one.box),
        "classes": [{"label": labels[place], "share": float(one.probabilities[place])} for place in best],
        "share": float(one.probabilities[label]),
        "total": float(one.map_totals[number]),
    }


def _legend(subject: Subject, sweep: Sweep) -> list[dict[str, str]]:
    return [
        {"label": label, "colour": colour, "share": "< 1 %" if share < 0.01 else f"{share:.0%}"}
        for colour, label, share in occlusion_colours.legend(subject, sweep)
    ]


def _alts(subject: Subject, sweep: Sweep | None, label: int, number: int) -> dict[str, str]:
    if sweep is None:
        return {}
    labels = subject.network.labels

    def extreme(values: np.ndarray, unit: str) -> str:
        low, high = values.min(), values.max()
        row, column = np.unravel_index(values.argmin(), values.shape)
        return (
            f"from {low:.3g}{unit} to {high:.3g}{unit}; lowest with the square at row {sweep.tops_px[row]}, "
            f"column {sweep.lefts_px[column]}"
        )

    first = [f"{labels[place]} at {share:.0%}" for place, share in list(answers(sweep).items())[:4]]
    return {
        "b": f"Total activity of {sweep.layer} map {number}, {extreme(sweep.total_of(number), '')}.",
        "d": f"Probability of {labels[label]}, {extreme(100 * sweep.probability_of(label), ' %')}.",
        "e": f"Most probable label by position of the square: {', '.join(first)} of the positions.",
    }


def _photo(subject: Subject) -> str:
    make = lambda: data_url(shown(subject.photo, subject.network.preprocessing, subject.crop))  # noqa: E731
    return _pictures.get_or_make(("photo", subject.key), make)


def _mean(subject: Subject) -> str:
    red, green, blue = (round(255 * value) for value in subject.network.preprocessing.mean)
    return f"rgb({red} {green} {blue})"


def others(subject: Subject, number: int) -> bytes | None:
    """The map's nine bundled projections on other photos, as one picture (WebP)."""
    gallery, layer = gallery_of(subject.network), totals_layer(subject.network).name
    return gallery.sprite(layer, number) if gallery is not None and layer in gallery.found.layers else None


def _projection(subject: Subject, number: int) -> dict[str, str | None]:
    layer = totals_layer(subject.network).name
    unit = strongest_unit(subject.trace, layer, number)

    def make() -> str:
        made = engine.desk().run(partial(project, subject.trace, layer, [unit], "deconvnet"))
        return data_url(as_picture(made.pixels[0]))

    nine = others(subject, number)
    where = f"row {unit.row}, column {unit.column}"
    return {
        "url": _pictures.get_or_make(("projection", subject.key, number), make),
        "alt": f"Deconvnet projection of the strongest unit of {layer} map {number}, at {where}.",
        "others": nine and "data:image/webp;base64," + base64.b64encode(nine).decode(),
        "othersAlt": f"The nine strongest projections of {layer} map {number} on the gallery’s photos.",
        "caption": f"From its strongest unit here ({where})" + (", and its nine strongest elsewhere." if nine else "."),
    }


def _drawing(subject: Subject, sweep: Sweep | None, hidden: bool) -> dict[str, object]:
    found = occlusion_guesses.scored(subject, sweep) if sweep is not None else None

    def text(cells: np.ndarray) -> str:
        return "".join("1" if cell else "0" for cell in cells.flat)

    return {
        "across": occlusion_guesses.cells_across(subject.image.shape[-1]),
        "cellPx": occlusion_guesses.CELL_PX,
        "cells": occlusion_guesses.guess(subject).cells if hidden else "",
        "guess": text(found.drawn) if found else "",
        "important": text(found.important) if found else "",
    }
