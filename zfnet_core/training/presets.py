"""Recipes with a name: the bundled pair, fine-tuning, small networks, the filters of Fig. 6(a–c), Table 3's rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from zfnet_core.photos.preprocessing import IMAGENET_MEAN
from zfnet_core.training.recipe import Recipe

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

# The pair that comes with the app: ImageNet's 1000 classes from soft labels, both networks on the same batches.
PAIR = Recipe(
    units=(1024, 1024),
    full_batch_norm=True,
    teacher="efficientnet-lite2",
    views=12,
    canvas_px=176,
    stages=((74, 128), (37, 176), (23, 224)),
    batch=768,
    peak_rate=0.35,
    warmup=0.04,
    weight_decay=5e-5,
    first_layer_decay=2.5e-4,
    dropout=0.1,
    label_smoothing=0.0,
    pooled_head=0.0,
    balance=0.0,
    jitter=0.45,
    last_jitter=0.3,
    settle_crop_area=(0.5, 1.0),
    statistics_photos=10_240,
    checked_photos=512,
)
NETWORKS: Mapping[str, tuple[str, ...]] = {"pair": ("zfnet", "alexnet")}  # presets for several networks

# A bundled network on a folder of one's own: gentle, because it has learnt already.
FINETUNE = Recipe(
    begin_with="zfnet-classroom",
    batch_norm=False,
    stages=((4, 160), (2, 224)),
    batch=32,
    peak_rate=0.004,
    warmup=0.1,
    first_layer_decay=5e-4,
    dropout=0.5,
    label_smoothing=0.05,
    pooled_head=0.0,
    crop_areas=((0.3, 1.0),),
)

PRESETS: Mapping[str, Recipe] = {"pair": PAIR, "finetune": FINETUNE, **CLASSROOM, **FIGURE_6, **TABLE_3}
