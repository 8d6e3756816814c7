"""Fig. 7 as one picture to save: the photo with the square, and panels (b) to (e)."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from ui import occlusion_work
from ui.map_pictures import viridis
from ui.occlusion_scene import OTHERS, PALETTE, value_range
from ui.occlusion_work import Subject
from zfnet_core.deconvnet import project, strongest_unit
from zfnet_core.experiments.covering import covered, fill_picture
from zfnet_core.experiments.occlusion import Sweep
from zfnet_core.experiments.occlusion_guess import answers
from zfnet_core.images import shown
from zfnet_core.projection_scaling import as_picture

PANEL_PX, GAP_PX, TEXT_PX, LINE_PX = 336, 24, 15, 21
OVER_PHOTO = 0.7


def figure(subject: Subject, sweep: Sweep) -> np.ndarray:
    """uint8 [H, W, 3], five panels in a row with titles and legends."""
    label, number = occlusion_work.label_of(subject), occlusion_work.map_of(subject)
    photo_px = subject.image.shape[-1]
    photo = shown(subject.photo, subject.network.preprocessing, subject.crop)
    totals, shares = sweep.total_of(number), sweep.probability_of(label)
    total_range = value_range(totals, float(sweep.clean_map_totals[number]))
    share_range = value_range(shares, float(sweep.clean_probabilities[label]))
    name, settings = subject.network.labels[label], sweep.settings
    blank = np.full_like(photo, 235)
    unit = strongest_unit(subject.trace, sweep.layer, number)
    projection = as_picture(project(subject.trace, sweep.layer, [unit], "deconvnet").pixels[0])
    colours = _label_colours(sweep)
    size = f"{settings.height_px} by {settings.width_px} px, step {settings.stride_px}, {settings.fill}"
    panels = [
        (f"(a) {subject.photo.name}", _with_square(subject, photo_px), [size, subject.network.title]),
        (
            f"(b) {sweep.layer} map {number}, total",
            _on(blank, _heat(totals, total_range), sweep, 1),
            ["{:.1f} to {:.1f}".format(*total_range)],
        ),
        (f"(c) map {number} projected down", projection, [f"strongest unit: row {unit.row}, column {unit.column}"]),
        (
            f"(d) probability of {name}",
            _on(photo, _heat(shares, share_range), sweep, OVER_PHOTO),
            ["{:.1%} to {:.1%}".format(*share_range)],
        ),
        ("(e) most probable label", _on(blank, colours, sweep, 1), _names(sweep, subject.network.labels)),
    ]
    wide = len(panels) * (PANEL_PX + GAP_PX) + GAP_PX
    high = PANEL_PX + (1 + max(len(lines) for _, _, lines in panels)) * LINE_PX + 2 * GAP_PX
    sheet = Image.new("RGB", (wide, high), "white")
    pen, font = ImageDraw.Draw(sheet), ImageFont.load_default(TEXT_PX)
    for place, (title, pixels, lines) in enumerate(panels):
        left = GAP_PX + place * (PANEL_PX + GAP_PX)
        pen.text((left, GAP_PX), title[:44], "black", font)
        top = GAP_PX + LINE_PX
        sheet.paste(Image.fromarray(pixels).resize((PANEL_PX, PANEL_PX), Image.Resampling.NEAREST), (left, top))
        for line, text in enumerate(lines):
            y = top + PANEL_PX + 6 + line * LINE_PX
            if isinstance(text, tuple):
                pen.rectangle((left, y + 2, left + 12, y + 14), fill=text[0])
                pen.text((left + 20, y), text[1][:40], "black", font)
            else:
                pen.text((left, y), text[:44], "black", font)
    return np.asarray(sheet)


def _with_square(subject: Subject, photo_px: int) -> np.ndarray:
    preprocessing, fill = subject.network.preprocessing, occlusion_work.settings(photo_px).fill
    photo = covered(subject.image, fill_picture(subject.image, fill, preprocessing), occlusion_work.box(photo_px))
    pixels = preprocessing.denormalise(photo[0].cpu()).clamp(0, 1).permute(1, 2, 0)
    return (pixels.numpy() * 255).round().astype(np.uint8)


def _heat(values: np.ndarray, limits: tuple[float, float]) -> np.ndarray:
    low, high = limits
    return viridis()[((values - low) * (255 / (high - low))).round().clip(0, 255).astype(np.uint8)]


def _label_colours(sweep: Sweep) -> np.ndarray:
    colours = np.full((*sweep.labels.shape, 3), _rgb(OTHERS), np.uint8)
    for label, colour in zip(answers(sweep), PALETTE, strict=False):
        colours[sweep.labels == label] = _rgb(colour)
    return colours


def _names(sweep: Sweep, labels: tuple[str, ...]) -> list[tuple[str, str]]:
    found = list(answers(sweep).items())
    lines = [(colour, f"{labels[label]} {share:.0%}") for (label, share), colour in zip(found, PALETTE, strict=False)]
    rest = found[len(PALETTE) :]
    return lines + ([(OTHERS, f"{len(rest)} others {sum(share for _, share in rest):.0%}")] if rest else [])


def _rgb(colour: str) -> tuple[int, int, int]:
    return tuple(int(colour[place : place + 2], 16) for place in (1, 3, 5))


def _on(ground: np.ndarray, colours: np.ndarray, sweep: Sweep, opacity: float) -> np.ndarray:
    """Draw a grid's colours [rows, columns, 3] on `ground`, each around the centre of its rectangle."""
    picture, settings = ground.copy(), sweep.settings
    step, side = settings.stride_px, ground.shape[0]
    top, left = (settings.height_px - step) // 2, (settings.width_px - step) // 2
    cells = colours.repeat(step, axis=0).repeat(step, axis=1)
    rows, columns = (
        slice(max(start, 0), min(start + length, side)) for start, length in zip((top, left), cells.shape, strict=False)
    )
    part = cells[rows.start - top : rows.stop - top, columns.start - left : columns.stop - left]
    picture[rows, columns] = (opacity * part + (1 - opacity) * picture[rows, columns]).round().astype(np.uint8)
    return picture
