"""The files that the page offers to save: every picture on it, the numbers behind them, and a script."""

from __future__ import annotations

from functools import partial

from ui.look_inside.question import Question
from ui.look_inside.scene import order_of
from ui.shell.saving import File, csv_file, figure_files, png_file
from zfnet_core.drawing.map_pictures import atlas_picture, crop_picture, field_picture, map_picture
from zfnet_core.drawing.page import WhitePage
from zfnet_core.exhibits import look_inside
from zfnet_core.exhibits.look_inside import Look
from zfnet_core.exhibits.look_inside.export import classes_csv, maps_csv, units_csv
from zfnet_core.exhibits.look_inside.figure import TITLES
from zfnet_core.forward.map_summary import MapSummary
from zfnet_core.language import t
from zfnet_core.photos import samples
from zfnet_core.photos.images import crop_box


def files(question: Question, look: Look, summary: MapSummary) -> list[File]:
    """(label, file name, function that makes its bytes) of each file; `summary` is that of the layer."""
    network, layer, unit, photo, box = question.network, question.layer, look.unit, question.photo, look.box
    name = f"{network.name}-{layer.name}-{unit.map}-{unit.row}-{unit.column}"
    seen = crop_box(question.current.photo, network.preprocessing, question.current.crop)
    top, left, bottom, right = (round(edge) for edge in seen)
    pixels = question.current.photo.pixels
    found = [
        (t("{title} (PNG)", title=t(TITLES[one.rule])), f"{name}-{one.rule}.png", png_file(partial(look.whole, one)))
        for one in look.projections
    ]
    if (apart := look.difference) is not None:
        found.append((t("Deconvnet − guided (PNG)"), f"{name}-difference.png", png_file(partial(look.whole, apart))))
    found += [
        (t("Photo and crop (PNG)"), "photo.png", png_file(lambda: crop_picture(pixels, (top, left, bottom, right)))),
        (t("Receptive field (PNG)"), f"{name}-field.png", png_file(lambda: field_picture(photo, box))),
        (t("Patch (PNG)"), f"{name}-patch.png", png_file(lambda: photo[box[0] : box[2], box[1] : box[3]])),
    ]
    if layer.spatial:
        order = order_of(summary, question.sort)
        values, scale = question.values, question.scale
        found += [
            (t("This map (PNG)"), f"{name}-map.png", png_file(lambda: map_picture(values))),
            (t("All maps (PNG)"), f"{name}-atlas.png", png_file(lambda: atlas_picture(summary, order, scale))),
            (t("This map (CSV)"), f"{name}-map.csv", csv_file(values)),
            (t("Maxima, means (CSV)"), f"{name}-maps.csv", lambda: maps_csv(summary).encode()),
        ]
    else:
        units = lambda: units_csv(question.values, question.network.labels if question.labels else ()).encode()  # noqa: E731
        found += [(t("All units (CSV)"), f"{name}-units.csv", units)]
    return [
        *found,
        (t("Projected pixels (CSV)"), f"{name}-pixels.csv", lambda: look_inside.csv(look).encode()),
        (t("Probabilities (CSV)"), f"{network.name}-classes.csv", lambda: classes_csv(question.trace).encode()),
        *figure_files(t("The figure"), name, lambda: figure(question, look)),
        (t("Script that repeats it (Python)"), f"{name}.py", lambda: script(question).encode()),
    ]


def figure(question: Question, look: Look) -> WhitePage:
    """Photo, patch and projections in a row."""
    words = (question.network.title, question.layer.name, question.place, f"activation {look.activation:.3f}")
    return look_inside.figure(look, question.photo, ", ".join(words))


def script(question: Question) -> str:
    """A program that repeats the projections."""
    name = question.current.photo_name
    sample = name if name in samples.names() else None
    return look_inside.script(question.network, sample, question.current.crop, question.settings)
