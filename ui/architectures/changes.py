"""AlexNet → ZFNet: the five changes, each with its reason and its consequence; and other pairs in numbers."""

from __future__ import annotations

import streamlit as st

from ui.architectures.scene import counted, in_bytes
from zfnet_core.exhibits.architectures import Blueprint
from zfnet_core.language import t

ALEXNETS, ZFNET = ("alexnet", "alexnet-two-gpus"), "zfnet"


def is_the_papers_pair(networks: tuple[Blueprint, ...]) -> bool:
    """Whether AlexNet and the paper's own network stand beside each other."""
    names = [network.plan.name for network in networks]
    return len(names) == 2 and ZFNET in names and any(name in ALEXNETS for name in names)


def five_changes(alexnet: Blueprint, zfnet: Blueprint) -> list[tuple[str, str, str]]:
    """(what changed, why, with what consequence), every number read from the two modules."""
    old = {part.name: part for part in alexnet.parts}
    new = {part.name: part for part in zfnet.parts}
    sizes = " / ".join(str(new[name].shape[1]) for name in ("conv1", "pool1", "conv2", "pool2", "pool5"))
    before, after = old["conv1"].main.window, new["conv1"].main.window
    second, third = old["conv2"].main.window, new["conv2"].main.window
    assert before and after and second and third
    dense = alexnet.plan.name == "alexnet-two-gpus"
    return [
        (
            t("conv1: windows of {old}×{old} become {new}×{new}", old=before.kernel, new=after.kernel),
            t("Large filters had learnt very coarse and very fine patterns, and little in between (Fig. 6)."),
            t(
                "A unit sees less, {new} px instead of {old}: a smaller kernel makes the receptive field smaller.",
                new=new["conv1"].field.size,
                old=old["conv1"].field.size,
            ),
        ),
        (
            t("conv1: stride {old} becomes {new}", old=before.stride, new=after.stride),
            t("A stride of 4 skips so many places that layer 2 shows patterns that are not there (aliasing, Fig. 6)."),
            t(
                "Twice as many places each way: {new}×{new} instead of {old}×{old}. All sizes now: {sizes}.",
                new=new["conv1"].shape[1],
                old=old["conv1"].shape[1],
                sizes=sizes,
            ),
        ),
        (
            t("conv2: stride {old} becomes {new}", old=second.stride, new=third.stride),
            t("With stride 1 the doubled maps would stay doubled up to the last pool."),
            t(
                "{before} → {after}, then {pool}: from layer 3 on all maps are {pool}×{pool} again, as in AlexNet.",
                before=new["pool1"].shape[1],
                after=new["conv2"].shape[1],
                pool=new["pool2"].shape[1],
            ),
        ),
        (
            t("Dense instead of two halves"),
            t("AlexNet’s layers 2, 4 and 5 were split because it had to fit on two GPUs."),
            t("{n} more weights in these layers.", n=f"{zfnet.parameters - alexnet.parameters:,}")
            if dense
            else t("The replica that is drawn here is dense as well; choose “AlexNet (two GPUs)” to see the halves."),
        ),
        (
            t("Pool first, then contrast normalisation"),
            t("The paper gives no reason; its Fig. 3 draws it so."),
            t(
                "The norm works on {new}×{new} places instead of {old}×{old} in layer 1.",
                new=new["pool1"].shape[1],
                old=old["conv1"].shape[1],
            ),
        ),
    ]


def times(ratio: float) -> str:
    """A ratio as people say it: 1.03, 9.1, 450."""
    return f"{ratio:.2f}" if ratio < 10 else f"{ratio:,.0f}"


def show_changes(networks: tuple[Blueprint, ...]) -> None:
    """What changed between the two networks that are drawn."""
    if len(networks) < 2:
        return
    if is_the_papers_pair(networks):
        zfnet = next(one for one in networks if one.plan.name == ZFNET)
        alexnet = next(one for one in networks if one is not zfnet)
        st.markdown(t("**AlexNet → ZFNet: five changes**"))
        rows = five_changes(alexnet, zfnet)
        st.markdown("\n".join(f"{n}. **{what}.** {why} *{then}*" for n, (what, why, then) in enumerate(rows, 1)))
        st.caption(
            t(
                "Unchanged: 384, 384 and 256 maps in layers 3, 4 and 5, and all of layers 6 to 8. The widths "
                "512-1024-512 belong to the second model, ZFNet (b). Filters were also renormalised while training."
            )
        )
    first, other = networks
    st.markdown(
        t(
            "{first} has **{parameters}** times as many parameters as {other}, **{macs}** times as many "
            "multiply–adds and **{memory}** times as much memory of activations.",
            first=first.plan.title,
            other=other.plan.title,
            parameters=times(first.parameters / other.parameters),
            macs=times(first.macs / other.macs),
            memory=times(first.activation_bytes / other.activation_bytes),
        )
    )
    st.caption(
        t(
            "{first}: {a} and {b}; {other}: {c} and {d}.",
            first=first.plan.title,
            other=other.plan.title,
            a=counted(first.macs),
            b=in_bytes(first.activation_bytes),
            c=counted(other.macs),
            d=in_bytes(other.activation_bytes),
        )
    )
