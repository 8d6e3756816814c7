"""Which input pixels a unit can see: exact interval arithmetic along one axis (all networks here are square)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ReceptiveField:
    """Unit i of a layer sees the input pixels jump·i + first … jump·i + last, clipped to the image.

    Pixel numbers are 0-based and may lie outside the image where the layer's padding does. Where strides do not
    divide the image, its last pixels reach no unit at all: `end` is then one past the last pixel that does.
    """

    jump: int
    first: int
    last: int
    end: int | None = None

    @property
    def size(self) -> int:
        """Width in pixels before clipping at the image border."""
        return self.last - self.first + 1

    def through_window(self, kernel: int, stride: int, padding: int) -> ReceptiveField:
        """The field of a unit that looks at `kernel` neighbouring units of this layer."""
        return ReceptiveField(
            jump=self.jump * stride,
            first=self.first - padding * self.jump,
            last=self.last + (kernel - 1 - padding) * self.jump,
        )

    def merged(self, other: ReceptiveField) -> ReceptiveField:
        """The field of a unit that sees what either of two branches sees at the same position."""
        end = None if self.end is None or other.end is None else max(self.end, other.end)
        return ReceptiveField(self.jump, min(self.first, other.first), max(self.last, other.last), end)

    def span(self, index: int, input_px: int) -> tuple[int, int]:
        """First pixel and one past the last pixel that unit `index` sees along one axis, clipped to the image."""
        end = input_px if self.end is None else self.end
        return max(0, self.jump * index + self.first), min(end, self.jump * index + self.last + 1)

    def box(self, row: int, column: int, input_px: int) -> tuple[int, int, int, int]:
        """(top, left, bottom, right) in pixels, half-open and clipped to the image."""
        top, bottom = self.span(row, input_px)
        left, right = self.span(column, input_px)
        return top, left, bottom, right


ONE_PIXEL = ReceptiveField(jump=1, first=0, last=0)


def whole_image(input_px: int) -> ReceptiveField:
    """The field of a fully connected unit."""
    return ReceptiveField(jump=0, first=0, last=input_px - 1)
