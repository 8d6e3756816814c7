"""How a photo becomes a network's input, and back."""

from __future__ import annotations

from dataclasses import dataclass

import torch

Colour = tuple[float, float, float]  # red, green, blue
IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)


@dataclass(frozen=True)
class Preprocessing:
    """Short side to `resize_px`, crop of `input_px`, then (value − mean) / std per colour on values from 0 to 1.

    The paper subtracts a mean image on a ±128 scale instead (§3); a constant colour per channel is what the public
    weights use and what the classroom networks were trained with.
    """

    resize_px: int = 256
    input_px: int = 224
    mean: Colour = IMAGENET_MEAN
    std: Colour = IMAGENET_STD

    @classmethod
    def at(cls, input_px: int, mean: Colour = IMAGENET_MEAN, std: Colour = IMAGENET_STD) -> Preprocessing:
        """The usual share of the short side, 224/256, for a network that reads `input_px`."""
        return cls(round(input_px * 256 / 224), input_px, mean, std)

    def normalise(self, pixels: torch.Tensor) -> torch.Tensor:
        """[…, 3, H, W] with values 0–1 → the network's input, same shape."""
        return (pixels - self._colour(self.mean, pixels)) / self._colour(self.std, pixels)

    def denormalise(self, values: torch.Tensor) -> torch.Tensor:
        """The inverse of `normalise`, not clipped."""
        return values * self._colour(self.std, values) + self._colour(self.mean, values)

    @staticmethod
    def _colour(values: tuple[float, float, float], like: torch.Tensor) -> torch.Tensor:
        return torch.tensor(values, dtype=like.dtype, device=like.device).view(3, 1, 1)
