"""Recipes with a name: the pair for the classroom, the filters of Fig. 6(a–c), and the rows of Table 3."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from zfnet_core.training.recipe import IMAGENET_MEAN, Recipe

CLASSROOM: Mapping[str, Recipe] = {
    "zfnet-classroom": Recipe(network="zfnet"),
    "alexnet-classroom": Recipe(network="alexnet"),
}

# §3 of the paper: inputs of about ±128, weights N(0, 10⁻⁴), batches of 128, rate 10⁻², dropout ½, filters of an RMS
# above 0.1 scaled back to it. Sizes and lengths are ours.
AS_IN_SECTION_3 = Recipe(
    batch_norm=False,
    stages=((10, 112),),
    batch=128,
    peak_rate=0.01,
    weight_std=0.01,
    first_layer_decay=5e-4,
    dropout=0.5,
    rms_limit=0.1,
    mean=IMAGENET_MEAN,
    std=(1 / 255, 1 / 255, 1 / 255),
)

FIGURE_6: Mapping[str, Recipe] = {
    "fig6a": replace(AS_IN_SECTION_3, network="zfnet", rms_limit=None),
    "fig6b": replace(AS_IN_SECTION_3, network="alexnet"),
    "fig6c": replace(AS_IN_SECTION_3, network="zfnet"),
}

_ALEXNET, _ZFNET = Recipe(network="alexnet", units=(4096, 4096)), Recipe(network="zfnet", units=(4096, 4096))
_WIDE = (96, 256, 512, 1024, 512)

TABLE_3: Mapping[str, Recipe] = {
    "alexnet": _ALEXNET,
    "alexnet-without-3-4": replace(_ALEXNET, without=(3, 4)),
    "alexnet-without-7": replace(_ALEXNET, without=(7,), units=(4096,)),
    "alexnet-without-6-7": replace(_ALEXNET, without=(6, 7), units=()),
    "alexnet-without-3-4-6-7": replace(_ALEXNET, without=(3, 4, 6, 7), units=()),
    "alexnet-2048-units": replace(_ALEXNET, units=(2048, 2048)),
    "alexnet-8192-units": replace(_ALEXNET, units=(8192, 8192)),
    "zfnet": _ZFNET,
    "zfnet-2048-units": replace(_ZFNET, units=(2048, 2048)),
    "zfnet-8192-units": replace(_ZFNET, units=(8192, 8192)),
    "zfnet-512-1024-512-maps": replace(_ZFNET, maps=_WIDE),
    "zfnet-8192-units-512-1024-512-maps": replace(_ZFNET, units=(8192, 8192), maps=_WIDE),
}

PRESETS: Mapping[str, Recipe] = {**CLASSROOM, **FIGURE_6, **TABLE_3}
