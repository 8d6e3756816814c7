"""Which filters of the first layer are dead, the word that Zeiler & Fergus use in §4.1 (Fig. 6) without a number.

Our choice of a definition: a filter is dead if it is *faint*, its root mean square being below a tenth of the layer's
median, or *silent*, its unit being active at fewer than one place in a thousand over given photos. Either condition
alone suffices; without photos only the first can be tested.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch.nn import functional as F

from zfnet_core.forward.activations import activations
from zfnet_core.models.network import Network
from zfnet_core.models.steps import BatchNorm

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
    """Judge the filters of a convolution that a ReLU follows at once, any batch norm being folded into it.

    `images` [N, 3, H, W] are normalised as the network expects them. `faint_below` is relative to the median filter.
    """
    active = None
    if images is not None:
        responses = F.conv2d(images.to(conv.weight), conv.weight, conv.bias, conv.stride, conv.padding)
        active = _share_active(responses)
    return _judged(_rms(conv.weight), active, faint_below, silent_below)


@torch.inference_mode()
def first_layer(network: Network, images: torch.Tensor) -> DeadFilters:
    """Judge the first layer of any network on `images` [P, 3, input_px, input_px] (normalised).

    Activity is that of the layer's own activation, after batch norm and ReLU; where a batch norm reads the convolution,
    its scale belongs to the filters' strength.
    """
    conv = network.first_convolution
    rms = _rms(conv.weight)
    for step in network.steps:
        if isinstance(step, BatchNorm) and step.inputs == (conv.name,):
            rms = rms * step.factor.abs()
    layer = network.layers[0]
    shares = []
    for image in images.split(1):
        ((_, activation),) = activations(network, image, (layer.step,))
        shares.append(_share_active(activation))
    return _judged(rms, torch.stack(shares).mean(0), FAINT_BELOW, SILENT_BELOW)


def _rms(weight: torch.Tensor) -> torch.Tensor:
    return weight.float().square().mean((1, 2, 3)).sqrt()


def _share_active(responses: torch.Tensor) -> torch.Tensor:
    return (responses > 0).float().mean((0, 2, 3))


def _judged(rms: torch.Tensor, active: torch.Tensor | None, faint_below: float, silent_below: float) -> DeadFilters:
    faint = rms < faint_below * rms.median()
    silent = torch.zeros_like(faint) if active is None else active < silent_below
    return DeadFilters(rms, active, faint, silent, faint_below, silent_below)
