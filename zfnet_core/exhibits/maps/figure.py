"""Everything that is known about a map as a figure to save."""

from __future__ import annotations

from collections.abc import Sequence

from zfnet_core.drawing.captioned import Panel, captioned_rows
from zfnet_core.drawing.page import WhitePage


def figure(
    heading: str, nine: Sequence[Panel], kernels: tuple[str, Sequence[Panel]], sentences: Sequence[str]
) -> WhitePage:
    """Its nine patches and projections, its strongest kernels under their title, and the rest in sentences."""
    rows = [row for row in (("", nine), kernels) if row[1]]
    return captioned_rows(heading, rows, sentences)
