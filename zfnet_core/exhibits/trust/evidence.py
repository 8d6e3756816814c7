"""Where is the evidence for a class? Three maps of one photo, ranked by what deleting and inserting pixels does.

Occlusion (Zeiler & Fergus 2014), the gradient of the score (Simonyan et al. 2013), Grad-CAM (Selvaraju et al. 2017; ten
lines of our own), and a random order as the control; the curves are RISE's (Petsiuk et al. 2018).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np
import torch
from torch.nn import functional as F

from zfnet_core.deconvnet.projection import Unit
from zfnet_core.deconvnet.rules import BackwardRule
from zfnet_core.exhibits.trust.second import projected_again
from zfnet_core.forward.activations import activations
from zfnet_core.forward.trace import Trace
from zfnet_core.models.network import Network

SQUARE_PX, STRIDE_PX = 48, 22
POINTS = 12
BATCH = 6
METHODS = ("occlusion", "gradient", "gradcam", "random")
GRADIENT = BackwardRule(rectifies=False, masks=True, through_norm=True)


@dataclass(frozen=True, eq=False)
class Curves:
    """The class's probability while pixels go, the most important first (`deletion`), or come (`insertion`).

    Float64 [POINTS + 1] at equal shares from none to all; areas are the mean under each (trapezoids).
    """

    deletion: np.ndarray
    insertion: np.ndarray

    @property
    def deletion_area(self) -> float:
        """Less is better: the map named what mattered."""
        return area(self.deletion)

    @property
    def insertion_area(self) -> float:
        """More is better."""
        return area(self.insertion)


@dataclass(frozen=True, eq=False)
class Evidence:
    """What is known so far: `maps` float32 [input_px, input_px] and `curves` by method; `done` is the share."""

    class_index: int
    probability: float
    maps: dict[str, np.ndarray] = field(default_factory=dict)
    curves: dict[str, Curves] = field(default_factory=dict)
    done: float = 0.0


def evidence(traced: Trace, class_index: int, seed: int = 0) -> Iterator[Evidence]:
    """All maps, then all curves, for the first image of a trace up to the last layer."""
    network, side = traced.network, traced.network.preprocessing.input_px
    now = Evidence(class_index, float(traced.probabilities[0, class_index]))
    order = np.random.default_rng(seed).random((side, side)).astype(np.float32)
    now = replace(now, maps={"gradient": gradient(traced, class_index), "gradcam": gradcam(traced, class_index)})
    yield (now := replace(now, maps={**now.maps, "random": order}))
    for share, found in occlusion(traced, class_index):
        now = replace(now, maps={**now.maps, "occlusion": found}, done=0.5 * share)
        yield now
    for number, method in enumerate(METHODS, 1):
        curves = deletion_and_insertion(network, traced.images[:1], class_index, now.maps[method])
        yield (now := replace(now, curves={**now.curves, method: curves}, done=0.5 + 0.5 * number / len(METHODS)))


def gradient(traced: Trace, class_index: int) -> np.ndarray:
    """The size of the score's gradient, the largest of the three colours: float32 [input_px, input_px]."""
    last = traced.network.layers[-1].name
    pixels = projected_again(traced, last, Unit(class_index), GRADIENT, 1.0)
    return pixels.abs().amax(dim=0).float().cpu().numpy()


def gradcam(traced: Trace, class_index: int) -> np.ndarray:
    """Grad-CAM at the last layer of maps: ReLU(Σ_k mean(∂score/∂A_k) · A_k), enlarged to the photo bilinearly."""
    network = traced.network
    layer = [part for part in network.layers if part.spatial][-1]
    with torch.inference_mode(False), torch.enable_grad():
        maps = traced.outputs[layer.step][:1].clone().requires_grad_(True)
        score = _scores_above(network, layer.step, maps)[0, class_index]
        (slope,) = torch.autograd.grad(score, maps)
        heat = (slope.mean(dim=(2, 3), keepdim=True) * maps).sum(dim=1, keepdim=True).clamp(min=0)
        side = network.preprocessing.input_px
        whole = F.interpolate(heat, (side, side), mode="bilinear", align_corners=False)
    return whole[0, 0].detach().float().cpu().numpy()


def _scores_above(network: Network, start: str, maps: torch.Tensor) -> torch.Tensor:
    """The scores, from the output of step `start` on; nothing below it may be read above it."""
    values = {start: maps}
    begun = False
    for step in network.steps:
        if begun:
            values[step.name] = step.run(*(values[name] for name in step.inputs))
        begun = begun or step.name == start
    return values[network.steps[-1].name]


def occlusion(traced: Trace, class_index: int) -> Iterator[tuple[float, np.ndarray]]:
    """(share done, by how much the class's probability falls where a grey square lies), mean over the squares."""
    network, side = traced.network, traced.network.preprocessing.input_px
    starts = sorted({*range(0, side - SQUARE_PX, STRIDE_PX), side - SQUARE_PX})
    places = [(top, left) for top in starts for left in starts]
    clean = float(traced.probabilities[0, class_index])
    total, count = np.zeros((side, side)), np.zeros((side, side))
    for first in range(0, len(places), BATCH):
        chunk = places[first : first + BATCH]
        images = traced.images[:1].repeat(len(chunk), 1, 1, 1)
        for image, (top, left) in zip(images, chunk, strict=True):
            image[:, top : top + SQUARE_PX, left : left + SQUARE_PX] = 0  # the mean colour
        fallen = clean - probabilities(network, images)[:, class_index]
        for (top, left), drop in zip(chunk, fallen, strict=True):
            total[top : top + SQUARE_PX, left : left + SQUARE_PX] += drop
            count[top : top + SQUARE_PX, left : left + SQUARE_PX] += 1
        yield (first + len(chunk)) / len(places), (total / np.maximum(count, 1)).astype(np.float32)


def deletion_and_insertion(network: Network, image: torch.Tensor, class_index: int, importance: np.ndarray) -> Curves:
    """The class’s probability while the most important pixels become the mean colour, and while they come back."""
    order = np.argsort(-importance, axis=None, kind="stable")
    side = importance.shape[-1]
    rank = np.empty(order.size, np.int64)
    rank[order] = np.arange(order.size)
    ranks = torch.from_numpy(rank.reshape(side, side)).to(image.device)
    limits = [round(order.size * at / POINTS) for at in range(POINTS + 1)]
    kept = [ranks >= limit for limit in limits], [ranks < limit for limit in limits]
    deletion, insertion = (_along(network, image, class_index, masks) for masks in kept)
    return Curves(deletion, insertion)


def _along(network: Network, image: torch.Tensor, class_index: int, masks: list[torch.Tensor]) -> np.ndarray:
    found = []
    for first in range(0, len(masks), BATCH):
        images = torch.stack([torch.where(mask, image[0], 0.0) for mask in masks[first : first + BATCH]])
        found.append(probabilities(network, images)[:, class_index])
    return np.concatenate(found)


@torch.inference_mode()
def probabilities(network: Network, images: torch.Tensor) -> np.ndarray:
    """Class probabilities float64 [N, classes]; by the steps, so that networks with changed ones can be asked, too."""
    ((_, scores),) = activations(network, images, [network.steps[-1].name])
    return scores.double().softmax(dim=1).cpu().numpy()


def area(curve: np.ndarray) -> float:
    """The mean height of a curve at equal distances, by trapezoids."""
    return float((curve[1:] + curve[:-1]).mean() / 2)
