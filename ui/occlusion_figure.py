"""Fig. 7 as one picture to save: the photo with the square, and panels (b) to (e)."""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from ui import occlusion_colours, occlusion_work
from ui.map_pictures import viridis
from ui.occlusion_colours import OTHERS, PALETTE
from ui.occlusion_scene import others, value_range
from ui.occlusion_work import Subject
from zfnet_core.deconvnet import project, strongest_unit
from zfnet_core.experiments.covering import Box, covered, fill_picture
from zfnet_core.experiments.occlusion import Sweep
from zfnet_core.images import shown
from zfnet_core.projection_scaling import as_picture

PANEL_PX, GAP_PX, TEXT_PX, LINE_PX = 336, 24, 15, 21
OVER_PHOTO = 0.7


@dataclass(frozen=True, eq=False)
class Chosen:
    """What the figure needs of the session; a file is made when it is asked for, outside of it."""

    label: int
    number: int
    box: Box
    colours: dict[int, int]
    legend: list[tuple[str, str, float]]

    @classmethod
    def now(cls, subject: Subject, sweep: Sweep) -> Chosen:
        """What is chosen at the moment."""
        return cls(
            occlusion_work.label_of(subject),
            occlusion_work.map_of(subject),
            occlusion_work.box(subject.image.shape[-1]),
            occlusion_colours.places(subject, sweep),
            occlusion_colours.legend(subject, sweep),
        )


def figure(subject: Subject, sweep: Sweep, chosen: Chosen) -> np.ndarray:
    """uint8 [H, W, 3], the panels in a row with titles and legends."""
    label, number = chosen.label, chosen.number
    photo = shown(subject.photo, subject.network.preprocessing, subject.crop)
    totals, shares = sweep.total_of(number), sweep.probability_of(label)
    total_range = value_range(totals, float(sweep.clean_map_totals[number]))
    share_range = value_range(shares, float(sweep.clean_probabilities[label]))
    name, settings = subject.network.labels[label], sweep.settings
    blank = np.full_like(photo, 235)
    unit = strongest_unit(subject.trace, sweep.layer, number)
    projection = as_picture(project(subject.trace, sweep.layer, [unit], "deconvnet").pixels[0])
    nine = others(subject, number)
    elsewhere = (
        [] if nine is None else [(f"(c) map {number} elsewhere", _opened(nine), ["its nine strongest projections"])]
    )
    size = f"{settings.height_px} by {settings.width_px} px, step {settings.stride_px}, {settings.fill}"
    panels = [
        (
            f"(a) {subject.photo.name}",
            _with_square(subject, sweep.settings.fill, chosen.box),
            [size, subject.network.title],
        ),
        (
            f"(b) {sweep.layer} map {number}, total",
            _on(blank, _heat(totals, total_range), sweep, 1),
            ["{:.1f} to {:.1f}".format(*total_range)],
        ),
        (f"(c) map {number} projected down", projection, [f"strongest unit: row {unit.row}, column {unit.column}"]),
        *elsewhere,
        (
            f"(d) probability of {name}",
            _on(photo, _heat(shares, share_range), sweep, OVER_PHOTO),
            ["{:.1%} to {:.1%}".format(*share_range)],
        ),
        (
            "(e) most probable label",
            _on(blank, _label_colours(chosen, sweep), sweep, 1),
            [(colour, f"{name} {share:.0%}") for colour, name, share in chosen.legend],
        ),
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


def _with_square(subject: Subject, fill: str, box: Box) -> np.ndarray:
    preprocessing = subject.network.preprocessing
    photo = covered(subject.image, fill_picture(subject.image, fill, preprocessing), box)
    pixels = preprocessing.denormalise(photo[0].cpu()).clamp(0, 1).permute(1, 2, 0)
    return (pixels.numpy() * 255).round().astype(np.uint8)


def _heat(values: np.ndarray, limits: tuple[float, float]) -> np.ndarray:
    low, high = limits
    return viridis()[((values - low) * (255 / (high - low))).round().clip(0, 255).astype(np.uint8)]


def _label_colours(chosen: Chosen, sweep: Sweep) -> np.ndarray:
    colours = np.full((*sweep.labels.shape, 3), _rgb(OTHERS), np.uint8)
    for label, place in chosen.colours.items():
        colours[sweep.labels == label] = _rgb(PALETTE[place])
    return colours


def _opened(picture: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(picture)).convert("RGB"))


def _rgb(colour: str) -> tuple[int, int, int]:
    return tuple(int(colour[place : place + 2], 16) for place in (1, 3, 5))


def _on(ground: np.ndarray, colours: np.ndarray, sweep: Sweep, opacity: float) -> np.ndarray:
    """Draw a grid's colours [rows, columns, 3] on `ground`, each around the centre of its rectangle."""
    picture, settings = ground.copy(), sweep.settings
    rows = _nearest(sweep.tops_px, settings.height_px, settings.stride_px, len(ground))
    columns = _nearest(sweep.lefts_px, settings.width_px, settings.stride_px, len(ground))
    inside = np.ix_(rows >= 0, columns >= 0)
    part = colours[np.ix_(rows[rows >= 0], columns[columns >= 0])]
    picture[inside] = (opacity * part + (1 - opacity) * picture[inside]).round().astype(np.uint8)
    return picture


def _nearest(starts: np.ndarray, side: int, stride: int, size: int) -> np.ndarray:
    """For each pixel along an axis the position whose centre is nearest, −1 beyond half a step from the outermost."""
    centres = starts + side / 2
    edges = np.concatenate([[centres[0] - stride / 2], (centres[1:] + centres[:-1]) / 2, [centres[-1] + stride / 2]])
    place = np.searchsorted(edges, np.arange(size) + 0.5) - 1
    return np.where(place < len(starts), place, -1)
