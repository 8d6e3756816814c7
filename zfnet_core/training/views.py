"""The fixed set of views of every photo that a teacher looks at once and the students see again and again.

Every second view is a blend: a crop of the photo over a crop of another one. A blend teaches what a name cannot say,
that there is some of both.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch

from zfnet_core.training.augment import TrainingPhotos, random_boxes
from zfnet_core.training.recipe import Recipe
from zfnet_core.training.schedule import seed_for

LARGER_EVERY, LARGER_FROM = 4, 0.35  # the first of every four views shows at least so much of the photo
WHOLE_FROM = 0.3  # views of at least this area, of one photo alone, show it about as it is shown at use


@dataclass(frozen=True)
class Views:
    """For N photos and V views: `boxes` and `other_boxes` [N, V, 4] as shares (left, top, width, height), `partners`
    [N, V] the other photos, `shares` [N, V] how much of the first photo is in the blend; 1: no blend."""

    boxes: torch.Tensor
    partners: torch.Tensor
    other_boxes: torch.Tensor
    shares: torch.Tensor

    @classmethod
    def drawn(cls, ratios: torch.Tensor, recipe: Recipe) -> Views:
        """Those of a recipe, the same every time; a recipe of more views has the same ones first."""
        count, columns = len(ratios), []
        low, high = recipe.view_area
        for view in range(recipe.views):
            dice = torch.Generator().manual_seed(seed_for(recipe.seed, 6, view))
            area = (low if view % LARGER_EVERY else max(low, min(LARGER_FROM, high)), high)
            numbers = torch.rand(9, count, generator=dice)
            boxes, others = (
                random_boxes(four, ratios, area, recipe.crop_ratio) for four in (numbers[:4], numbers[4:8])
            )
            partners, shares = torch.arange(count), torch.ones(count)
            if view % 2:
                partners = torch.randperm(count, generator=dice)
                least, most = recipe.blend_share
                shares = least + (most - least) * numbers[8]
            columns.append((boxes, partners, others, shares))
        return cls(*(torch.stack(column, 1) for column in zip(*columns, strict=True)))

    @property
    def whole(self) -> torch.Tensor:
        """Which views show most of one photo alone, bool [N, V]."""
        return (self.boxes[..., 2] * self.boxes[..., 3] >= WHOLE_FROM) & (self.shares == 1)

    def pictures(self, photos: TrainingPhotos, indices: torch.Tensor, views: torch.Tensor, px: int) -> torch.Tensor:
        """RGB in 0…1 [n, 3, px, px] on the photos' device: view `views[i]` of photo `indices[i]`, both [n]."""
        pictures = photos.crops(indices.tolist(), self.boxes[indices, views], px)
        shares = self.shares[indices, views]
        blends = (shares < 1).nonzero().squeeze(1)
        if len(blends):
            those = indices[blends], views[blends]
            others = photos.crops(self.partners[those].tolist(), self.other_boxes[those], px)
            share, places = shares[blends].view(-1, 1, 1, 1).to(others.device), blends.to(others.device)
            pictures = pictures.index_copy(0, places, torch.lerp(others, pictures[places], share))
        return pictures
