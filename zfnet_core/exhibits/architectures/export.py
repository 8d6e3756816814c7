"""What is saved of a drawing: the layers as a table, as a figure, and a program that counts them again."""

from __future__ import annotations

import math

from zfnet_core.drawing.page import WhitePage
from zfnet_core.drawing.palette import PAIR, QUIET
from zfnet_core.exhibits.architectures.blueprint import Blueprint, Part
from zfnet_core.tables import csv_text

COLUMNS = (
    *("layer", "kind", "kernel", "stride", "padding", "groups", "maps", "rows", "columns", "parameters", "macs"),
    *("activation_bytes", "receptive_field_px", "jump_px"),
)


def rows(found: Blueprint) -> list[tuple[str | int | None, ...]]:
    """A row for each part, in the order of `COLUMNS`; None where a column has no meaning."""
    table: list[tuple[str | int | None, ...]] = []
    for part in found.parts:
        window = part.main.window
        sides = part.shape[1:] if len(part.shape) == 3 else (None, None)
        table.append(
            (
                part.name,
                part.kind,
                window.kernel if window else None,
                window.stride if window else None,
                window.padding if window else None,
                part.main.groups if window else None,
                part.shape[0],
                *sides,
                part.parameters,
                part.macs,
                part.activation_bytes,
                part.field.size,
                part.field.jump,
            )
        )
    return table


def csv(found: Blueprint) -> str:
    """The table as CSV."""
    return csv_text(COLUMNS, rows(found))


def side_of(part: Part) -> float:
    """How high a part is drawn, in units: the side of its maps; of a vector, that of a square of as many units."""
    return float(part.shape[1]) if len(part.shape) == 3 else math.sqrt(part.shape[0])


def figure(found: Blueprint, wide: float = 1200) -> WhitePage:
    """The network as a row of blocks at true relative sizes: as high as its maps, as wide as there are many."""
    parts, gap, top, tallest = found.parts, 6, 70, 220.0
    depths = [part.shape[0] if len(part.shape) == 3 else 0 for part in parts]
    unit = max(0.0, wide - 40 - (gap + 4) * len(parts)) / max(1, sum(depths))
    scale = tallest / found.plan.input_px
    page = WhitePage(wide, top + tallest + 130)
    page.text(20, 20, f"{found.plan.title}: {found.parameters:,} parameters, {found.macs:,} multiply–adds", large=True)
    left = 20.0
    every = max(1, math.ceil(len(parts) / 24))
    for number, (part, depth) in enumerate(zip(parts, depths, strict=True)):
        across, high = max(4.0, depth * unit), max(2.0, side_of(part) * scale)
        middle = top + tallest / 2
        colour = QUIET if "pool" in part.kind or "average" in part.kind else PAIR[0 if len(part.shape) == 3 else 1]
        page.box(left, middle - high / 2, left + across, middle + high / 2, colour)
        if number % every == 0:
            line = top + tallest + 20 + 20 * (number // every % 4)
            page.text(left, line, f"{part.name} {'×'.join(map(str, part.shape))}")
        left += across + gap
    return page


def script(found: Blueprint) -> str:
    """A program that prints the same counts from the module itself."""
    return f'''"""{found.plan.title}: parameters and sizes, layer by layer."""

from zfnet_core.exhibits.architectures.blueprint import blueprint

found = blueprint({found.plan.name!r})
for part in found.parts:
    print(f"{{part.name:14}} {{str(part.shape):18}} {{part.parameters:>12,}} {{part.macs:>14,}} {{part.field.size:>5}}")
print(f"{{found.parameters:,}} parameters, {{found.macs:,}} multiply-adds, depth {{found.depth}}")
'''
