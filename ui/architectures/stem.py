"""Play with the stem: what the sliders lead to, the sums behind it, and the puzzle of 224 and 227."""

from __future__ import annotations

from typing import Any

import streamlit as st

from ui.architectures.question import Question
from ui.architectures.scene import counted
from zfnet_core.exhibits.architectures import stem as stems
from zfnet_core.exhibits.architectures.stem import Settings, Stem
from zfnet_core.language import t


def show_stem(question: Question) -> None:
    """The sizes, and what they cost."""
    made, usual = stems.compute(question.stem), stems.compute(stems.ZFNET)
    st.markdown(sentence(made, usual))
    st.dataframe(rows(made), hide_index=True, height="content")
    for name in ("conv1", "conv2"):
        if (row := made.row(name)) and row.window:
            st.markdown(f"{name}: `{row.window.sum(row.before)}`")


def sentence(made: Stem, usual: Stem) -> str:
    """Sizes in a row, and the cost against ZFNet's; or where it stops."""
    way = " → ".join([str(made.settings.input_px), *(str(row.size) for row in made.rows if row.window)])
    if made.stops_at:
        return t(
            "{way} and no further: the window of **{layer}** is larger than what is left. Choose smaller kernels or "
            "strides, or more padding.",
            way=way,
            layer=made.stops_at,
        )
    return t(
        "**{way}** · {parameters} parameters ({times} × ZFNet’s) · {macs} multiply–adds ({more} × ZFNet’s)",
        way=way,
        parameters=f"{made.parameters:,}",
        times=f"{made.parameters / usual.parameters:.2f}",
        macs=counted(made.macs),
        more=f"{made.macs / usual.macs:.2f}",
    )


def rows(made: Stem) -> list[dict[str, Any]]:
    """A row for each layer that is reached."""
    return [
        {
            t("layer"): row.name,
            t("from"): row.before,
            t("to"): row.size,
            t("maps or units"): row.maps,
            t("receptive field (px)"): row.field,
            t("jump (px)"): str(row.jump) if row.jump else "",
            t("parameters"): f"{row.parameters:,}" if row.parameters else "",
            t("multiply–adds"): counted(row.macs) if row.macs else "",
        }
        for row in made.rows
    ]


def why_stride_2() -> str:
    """Why ZFNet needs stride 2 in its second layer, in numbers."""
    chosen = stems.compute(stems.ZFNET)
    second = stems.ZFNET.second
    other = stems.compute(Settings(second=type(second)(second.kernel, 1, 2)))
    sizes = {name: (chosen.row(name), other.row(name)) for name in ("pool1", "conv2", "pool2", "pool5")}
    found = {name: (one.size, two.size) for name, (one, two) in sizes.items() if one and two}
    return t(
        "**Why does ZFNet need stride 2 in conv2?** Its conv1 has stride 2 where AlexNet has 4, so after pool1 "
        "there are {pool1}×{pool1} places instead of 27×27. With stride 1, as in AlexNet, conv2 would keep "
        "{conv2}×{conv2} and layers 3 to 5 would work on {later}×{later} instead of {now}×{now}: {more} times as "
        "many multiply–adds, and {parameters} parameters instead of {usual}, because fc6 would read {flat}×{flat} "
        "places of each map instead of 6×6. Stride 2 brings the maps back to {now}×{now}.",
        pool1=found["pool1"][0],
        conv2=found["conv2"][1],
        later=found["pool2"][1],
        now=found["pool2"][0],
        more=f"{other.macs / chosen.macs:.1f}",
        parameters=f"{other.parameters / 1e6:.0f} M",
        usual=f"{chosen.parameters / 1e6:.0f} M",
        flat=found["pool5"][1],
    )


def why_55() -> str:
    """Why 55, and why 224 and 227 are both right."""
    lines = [
        t(
            "**Why 55?** A window of 11 px moves over the photo in steps of 4 px. In 224 px there is room for (224 − "
            "11) / 4 = 53.25 steps, so for 53 whole ones: 54 places. The paper says 55. Both are right: it depends "
            "on what is done with the quarter of a step that is left."
        )
    ]
    for side, window in stems.puzzle():
        padded = t(", {n} px of padding on each side", n=window.padding) if window.padding else t(", no padding")
        rounded = t("rounded up: the last window hangs over the edge") if window.up else t("rounded down")
        lines.append(
            t(
                "- {side} px{padded}, {rounded}: `{sum}` → **{places}**",
                side=side,
                padded=padded,
                rounded=rounded,
                sum=window.sum(side),
                places=window.places(side),
            )
        )
    lines.append(
        t(
            "\nThe program with which AlexNet and ZFNet were trained rounds **up**, which is the same as 3 px more "
            "at the right and the bottom: 224 + 3 = 227. That is the whole puzzle. The networks drawn here pad "
            "instead and get 55 (AlexNet, 2 px) and 110 → 55 (ZFNet, 1 px)."
        )
    )
    return "\n".join(lines)
