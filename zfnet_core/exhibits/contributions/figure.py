"""One number as a figure to save: where it lies, and every line of its sum with a bar."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from zfnet_core.drawing.captioned import GAP_PX, Panel, captioned_rows
from zfnet_core.drawing.page import LINE_PX, WhitePage
from zfnet_core.drawing.palette import AXIS, PAIR

BAR_PX, LABEL_PX = 300, 260


@dataclass(frozen=True)
class Line:
    """A line of the sum: what it is called, its value, its share of all sizes (None: it is no term but a result)."""

    label: str
    value: float
    share: float | None


def figure(heading: str, panels: Sequence[Panel], lines: Sequence[Line]) -> WhitePage:
    """Pictures of where the number lies in a row, the lines below them; bars are blue above zero, vermilion below."""
    page = captioned_rows(heading, [("", panels)], room=len(lines) * LINE_PX + GAP_PX)
    top = page.high - len(lines) * LINE_PX - GAP_PX
    largest = max((abs(line.value) for line in lines if line.share is not None), default=0.0) or 1.0
    middle, end = GAP_PX + LABEL_PX + BAR_PX / 2, GAP_PX + LABEL_PX + BAR_PX
    page.line([(middle, top), (middle, top + LINE_PX * sum(line.share is not None for line in lines))], AXIS, 1)
    for at, line in enumerate(lines):
        y = top + at * LINE_PX
        page.text(GAP_PX, y, line.label, within=LABEL_PX - 8 + (BAR_PX if line.share is None else 0))
        page.text(end + 110, y, f"{line.value:.4f}".replace("-", "−"), anchor="ra")
        if line.share is None:
            continue
        reach = line.value / largest * BAR_PX / 2
        page.box(min(middle, middle + reach), y + 3, max(middle, middle + reach), y + LINE_PX - 4, PAIR[line.value < 0])
        page.text(end + 190, y, f"{100 * line.share:.1f} %", anchor="ra")
    return page
