"""Which filters of the first layer are dead, the word that Zeiler & Fergus use in §4.1 (Fig. 6) without a number.

Our choice of a definition: a filter is dead if it is *faint*, its root mean square being below a tenth of the layer's
median, or *silent*, its unit being active at fewer than one place in a thousand over given photos. Either condition
alone suffices; without photos only the first can be tested.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch.nn import functional as F

FAINT_BELOW = 0.1
SILENT_BELOW = 0.001


@dataclass(frozen=True, eq=False)
class DeadFilters:
    """`rms` [maps] of each filter's weights; `active` [maps], the share of places where it fires (None without photos).

    `faint` and `silent` are bool [maps], judged by the thresholds beside them.
    """

    rms: torch.Tensor
    active: torch.Tensor | None
    faint: torch.Tensor
    silent: torch.Tensor
    faint_below: float = FAINT_BELOW
    silent_below: float = SILENT_BELOW

    @property
    def dead(self) -> torch.Tensor:
        """Faint or silent, bool [maps]."""
        return self.faint | self.silent

    @property
    def share(self) -> float:
        """Part of the layer's filters that is dead, 0…1."""
        return self.dead.float().mean().item()


@torch.inference_mode()
def dead_filters(
    conv: torch.nn.Conv2d,
    images: torch.Tensor | None = None,
    faint_below: float = FAINT_BELOW,
    silent_below: float = SILENT_BELOW,
) -> DeadFilters:
    """Judge the filters of a network's first convolution, with batch norm folded in if it was trained with any.

    `images` [N, 3, H, W] are normalised as the network expects them. `faint_below` is relative to the median filter.
    """
    rms = conv.weight.float().square().mean((1, 2, 3)).sqrt()
    faint = rms < faint_below * rms.median()
    active, silent = None, torch.zeros_like(faint)
    if images is not None:
        responses = F.conv2d(images.to(conv.weight), conv.weight, conv.bias, conv.stride, conv.padding)
        active = (responses > 0).float().mean((0, 2, 3))
        silent = active < silent_below
    return DeadFilters(rms, active, faint, silent, faint_below, silent_below)
