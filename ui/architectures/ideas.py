"""The idea of each family as a small experiment."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np
import streamlit as st

from ui.architectures.fields import CHANNELS, SQUEEZED, Fields
from ui.architectures.question import Question
from ui.shell import current, state
from zfnet_core.drawing.palette import viridis
from zfnet_core.exhibits.architectures.blueprint import blueprint
from zfnet_core.exhibits.architectures.ideas import Addition, Head, Stack, additions, normalised, stack
from zfnet_core.language import t
from zfnet_core.models import zoo
from zfnet_core.photos.images import prepare
from zfnet_core.serving.cache_budget import Cache

RESIDUAL = "resnet18"
SHOWN_PX = 168
_additions: Cache[tuple[Addition, ...]] = Cache()


def small_windows(question: Question) -> None:
    """VGG: two or three 3×3 in place of one large window."""
    state.bind(st.select_slider, Fields, "channels", t("maps in and out (C)"), list(CHANNELS))
    for layers in (2, 3):
        st.markdown(stack_in_words(stack(layers, 1), stack(layers, question.channels), question.channels))
    st.markdown(
        t(
            "**What does VGG gain with two 3×3?** The same receptive field with fewer weights, and a ReLU after each "
            "of the two: two bends instead of one, so it can tell more apart. It pays with memory: the maps in "
            "between have to be kept."
        )
    )


def stack_in_words(one: Stack, wide: Stack, channels: int) -> str:
    """The sum for C maps and for a chosen number of them."""
    return t(
        "**{n} layers of 3×3** see {field}×{field}, as one layer of {field}×{field} does, with {small}C² : {large}C² "
        "weights: for C = {channels} that is {few} against {many}, {saved} % fewer.",
        n=one.layers,
        field=one.large,
        small=one.weights,
        large=one.weights_of_one,
        channels=channels,
        few=f"{wide.weights:,}",
        many=f"{wide.weights_of_one:,}",
        saved=f"{100 * wide.saved:.0f}",
    )


def bottleneck(question: Question) -> None:
    """GoogLeNet: 1×1 before 5×5."""
    state.bind(st.select_slider, Fields, "squeezed", t("maps after the 1×1"), list(SQUEEZED))
    st.markdown(bottleneck_in_words(question))


def bottleneck_in_words(question: Question) -> str:
    """The 100 × 100 × 128 example with its sums."""
    asked = question.bottleneck
    straight, through = asked.macs
    return t(
        "100×100 places with 128 maps go to 256 maps through 5×5. Straight: 5·5·128·256 = **{straight}** weights. "
        "Through {squeezed} maps: 1·1·128·{squeezed} + 5·5·{squeezed}·256 = **{through}** weights, {times} times "
        "fewer, and {a} G instead of {b} G multiply–adds. Squeezing 128 numbers into {squeezed} can lose something; "
        "training has to find out what may be lost.",
        straight=f"{asked.straight:,}",
        through=f"{asked.through:,}",
        squeezed=asked.squeezed,
        times=f"{asked.straight / asked.through:.1f}",
        a=f"{through / 1e9:.2f}",
        b=f"{straight / 1e9:.2f}",
    )


def heads(question: Question) -> None:
    """Average pooling against flattening."""
    names = ("vgg16", "googlenet", "resnet50")
    rows = []
    for name in names:
        found = blueprint(name)
        last = next(part for part in reversed(found.parts) if len(part.shape) == 3 and part.shape[1] > 1)
        head = Head(last.shape[0], last.shape[1], 1000)
        rows.append(
            {
                t("network"): found.plan.title,
                t("last maps"): f"{last.shape[0]:,} × {last.shape[1]}×{last.shape[2]}",
                t("1000 classes, flattened"): f"{head.flat:,}",
                t("1000 classes, averaged"): f"{head.averaged:,}",
                t("what it has"): f"{sum(one.parameters for one in found.parts if one.kind == 'fully connected'):,}",
            }
        )
    st.dataframe(rows, hide_index=True)
    vgg = blueprint("vgg16")
    first = vgg.part("fc6")
    share = first.parameters / vgg.parameters if first else 0.0
    st.markdown(
        t(
            "Laid flat, every place of every map has its own weight for every unit: VGG-16’s fc6 alone has {fc6} "
            "parameters, {share} % of the network. GoogLeNet and ResNet average each map first. What is lost is "
            "*where* something was; what is gained is a photo of any size, and almost no weights.",
            fc6=f"{first.parameters if first else 0:,}",
            share=f"{100 * share:.0f}",
        )
    )


def residual(question: Question) -> None:
    """ResNet: what a block adds, on the visitor's photo."""
    network = current.scheduler().network(RESIDUAL)
    key = (network.uid, question.current.photo_key)
    made = _additions.get_or_make(
        key,
        lambda: additions(network, prepare(question.current.photo, network.preprocessing, question.current.crop)),
    )
    st.markdown(
        t(
            "A block does not compute its output anew: it computes what to **add** to what came in. If it adds "
            "nothing, the photo passes unchanged, so more blocks cannot make things worse as easily, and the "
            "gradient finds a short way down."
        )
    )
    if not network.trained:
        st.info(
            t(
                "ResNet-18’s weights are not here, so these blocks have random ones: the pictures show the mechanism, "
                "not what a trained block adds. Choose ResNet-18 in the sidebar to download its weights."
            )
        )
    names = [f"block{number // 2 + 1}_{number % 2 + 1}" for number in range(len(made))]
    state.bind(st.select_slider, Fields, "block", t("Block"), names)
    chosen = state.read(Fields).block
    found = made[names.index(chosen)]
    top = max(float(np.abs(picture).max()) for picture in (found.came, found.added, found.out)) or 1.0
    with st.container(horizontal=True):
        for title, picture in (
            (t("came in"), found.came),
            (t("+ added"), found.added),
            (t("= out, after ReLU"), found.out),
        ):
            st.image(_coloured(picture, top), caption=title, alt=title, width=SHOWN_PX)
    st.caption(
        t(
            "{block}: mean over the maps; dark is low, yellow high, one scale for all three, zero in the middle. "
            "The size of what is added is {share} % of what came in.",
            block=chosen,
            share=f"{100 * found.share:.0f}",
        )
    )


def contrast(question: Question) -> None:
    """LRN: the strongest unit of conv1 on the photo, and its neighbours, before and after."""
    network = current.scheduler().network(zoo.DEFAULT)
    trace = current.trace_of(network, question.current.photo, question.current.crop)
    found = normalised(trace.activation("conv1")[0])
    norm = found.constants
    st.dataframe(
        [
            {
                t("map"): number,
                t("before"): round(float(found.before[number]), 3),
                t("after"): round(float(found.after[number]), 3),
                "": t("the strongest") if number == found.map else "",
            }
            for number in found.neighbours
        ],
        hide_index=True,
    )
    st.markdown(
        t(
            "Each value is divided by (k + α/n · the sum of the squares of its {n} neighbours in the row of maps) "
            "to the power β, here by {divisor} where conv1 is strongest in your photo (map {map}; k = {k}, α = "
            "{alpha}, β = {beta}: AlexNet’s constants, ZFNet’s are not stated). A map that shouts makes its "
            "neighbours quieter. VGG found that it does not help; later networks use batch norm instead.",
            n=norm.size,
            divisor=f"{found.divisor:.3f}",
            map=found.map,
            k=f"{norm.k:g}",
            alpha=f"{norm.alpha:g}",
            beta=f"{norm.beta:g}",
        )
    )


def _coloured(values: np.ndarray, top: float) -> np.ndarray:
    """Values from −top to top in the colours of the palette, every unit a square of pixels: uint8 [H, W, 3]."""
    steps = np.clip((values / top + 1) / 2 * 255, 0, 255).astype(np.uint8)
    return viridis()[steps].repeat(max(1, SHOWN_PX // len(values)), 0).repeat(max(1, SHOWN_PX // len(values)), 1)


SHOW: Mapping[str, Callable[[Question], None]] = MappingProxyType(
    {
        "small": small_windows,
        "squeezed": bottleneck,
        "added": residual,
        "averaged": heads,
        "normed": contrast,
    }
)
"""What shows each idea; one at a time, so that no other is computed."""
