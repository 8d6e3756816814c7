"""What the component draws: a pure function of the question."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from ui.architectures.question import Question
from zfnet_core.drawing.encoding import data_url, exact_url
from zfnet_core.exhibits.architectures import Blueprint, Difference, Part, differences, side_of
from zfnet_core.exhibits.architectures.reading import Operation
from zfnet_core.language import later, t

KINDS = {
    "convolution": later("convolution"),
    "max-pool": later("max-pool"),
    "average pool": later("average pool"),
    "global average": later("average of each map"),
    "subsampling": later("trained subsampling"),
    "fully connected": later("fully connected"),
    "distance to codes": later("distance to codes"),
    "residual block": later("residual block"),
    "Inception module": later("Inception module"),
    "helper classifier": later("helper classifier"),
    "contrast norm": later("contrast normalisation"),
    "batch norm": later("batch norm"),
    "addition": later("addition"),
    "concatenation": later("concatenation"),
    "grey": later("mean of the colours"),
    "ReLU": later("ReLU"),
    "tanh": later("tanh"),
    "flattening": later("flattening"),
}
WHATS = {
    "kind": later("kind"),
    "kernel": later("kernel"),
    "stride": later("stride"),
    "padding": later("padding"),
    "rounding": later("rounding"),
    "groups": later("groups"),
    "maps": later("maps"),
    "size": later("size"),
    "order": later("then"),
}
SMALL_PX = 100


def scene(question: Question) -> dict[str, Any]:
    """Networks with their parts, and everything that is told about each."""
    both = question.networks
    changed = differences(both[1], both[0]) if len(both) == 2 else {}
    return {
        "networks": [
            _network(question, network, changed if network is both[0] else {}, both[1].plan.title if changed else "")
            for network in both
        ],
        "words": {},
        "legend": [
            ["conv", t("convolution")],
            ["pool", t("pool, average")],
            ["full", t("fully connected: a square of as many units")],
            *([["block", t("block or module of several layers")]] if any(map(_has_blocks, both)) else []),
            ["", t("height: side of the maps · width: number of maps, at one scale")],
            *([["", t("dashed: changed against {network}", network=both[1].plan.title)]] if changed else []),
        ],
        "chosen": question.part,
    }


def totals(network: Blueprint) -> str:
    """What a network costs, in a line."""
    return t(
        "{parameters} parameters · {macs} multiply–adds · {memory} of activations a photo · {depth} layers with "
        "weights",
        parameters=f"{network.parameters:,}",
        macs=counted(network.macs),
        memory=in_bytes(network.activation_bytes),
        depth=network.depth,
    )


def counted(number: float) -> str:
    """A large number in words: 1.17 G, 724 M."""
    for size, letter in ((1e9, "G"), (1e6, "M")):
        if number >= size:
            return f"{number / size:.3g} {letter}"
    return f"{number:,.0f}"


def in_bytes(count: float) -> str:
    """Memory in MB or kB (powers of ten)."""
    return f"{count / 1e6:.3g} MB" if count >= 1e5 else f"{count / 1e3:.3g} kB"


def size_of(shape: Sequence[int]) -> str:
    """96 × 110×110, or 4,096."""
    return f"{shape[0]:,} × {shape[1]}×{shape[2]}" if len(shape) == 3 else f"{shape[0]:,}"


def _has_blocks(network: Blueprint) -> bool:
    return any("block" in part.kind or "module" in part.kind for part in network.parts)


def _network(
    question: Question, network: Blueprint, changed: dict[str, tuple[Difference, ...]] | Any, against: str
) -> dict[str, Any]:
    side = network.plan.input_px
    pixels = question.photo(side)
    return {
        "title": network.plan.title,
        "totals": totals(network),
        "label": t(
            "{network}, {count} parts from the photo to the classes",
            network=network.plan.title,
            count=len(network.parts),
        ),
        "inputPx": side,
        "photo": exact_url(pixels) if side < SMALL_PX else data_url(pixels),
        "parts": [_part(part, side, changed.get(part.name, ()), against) for part in network.parts],
    }


def _part(part: Part, input_px: int, changed: Sequence[Difference], against: str) -> dict[str, Any]:
    spatial = len(part.shape) == 3
    row = part.shape[1] // 2 if spatial else 0
    box = part.field.box(row, row, input_px)
    following = part.field.box(row, row + 1, input_px) if spatial and part.shape[2] > row + 1 else None
    kind = t(KINDS[part.kind])
    told = t(
        "{part}, {kind}: {shape}, {parameters} parameters",
        part=part.name,
        kind=kind,
        shape=_in_words(part.shape),
        parameters=f"{part.parameters:,}",
    )
    return {
        "name": part.name,
        "short": f"{part.shape[0]:,} · {part.shape[1]}²" if spatial else f"{part.shape[0]:,}",
        "side": side_of(part),
        "depth": part.shape[0] if spatial else 0,
        "look": _look(part),
        "alt": told + (t("; changed") if changed else ""),
        "mark": ", ".join(one.after for one in changed if one.what in ("kernel", "stride")) or ("≠" if changed else ""),
        "facts": _facts(part, input_px),
        "sums": sums(part),
        "inner": _inner(part),
        "box": [value / input_px for value in box],
        "next": following and [value / input_px for value in following],
        "seen": _seen(part, box, input_px),
        "differs": _differs(changed, against),
    }


def _look(part: Part) -> str:
    if part.kind == "helper classifier":
        return "helper"
    if part.kind in ("residual block", "Inception module"):
        return "block"
    if part.kind in ("fully connected", "distance to codes"):
        return "full"
    return "pool" if part.kind != "convolution" else "conv"


def _in_words(shape: Sequence[int]) -> str:
    if len(shape) == 3:
        return t("{maps} maps of {rows} by {columns}", maps=shape[0], rows=shape[1], columns=shape[2])
    return t("{units} units", units=f"{shape[0]:,}")


def _facts(part: Part, input_px: int) -> list[list[str]]:
    main, window, found = part.main, part.main.window, [[t("kind"), t(KINDS[part.kind])]]
    single = part.kind not in ("residual block", "Inception module", "helper classifier")
    if window and single:
        found.append([t("kernel"), f"{window.kernel}×{window.kernel}"])
        found.append([t("stride"), str(window.stride)])
        rounding = t("rounds up") if window.up else t("rounds down")
        found.append([t("padding"), f"{window.padding} · {rounding}"])
        if main.groups > 1:
            found.append([t("groups"), t("{n}: each reads its own part of the maps", n=main.groups)])
    found.append([t("reads"), size_of(part.before)])
    found.append([t("puts out"), size_of(part.shape)])
    found.append([t("parameters"), f"{part.parameters:,}"])
    found.append([t("multiply–adds"), f"{part.macs:,}"])
    found.append([t("memory of its output"), in_bytes(part.activation_bytes)])
    if part.field.jump:
        field = t("{size} × {size} px, jump {jump} px", size=part.field.size, jump=part.field.jump)
        found.append([t("receptive field"), field])
    else:
        found.append([t("receptive field"), t("the whole photo, {side} × {side} px", side=input_px)])
    then = [t(KINDS[kind]) for kind in part.then] if single else []
    if then:
        found.append([t("then"), " → ".join(then)])
    return found


def sums(part: Part) -> list[list[str]]:
    """What makes its size and its parameters, with all numbers: [what, sum] each."""
    main, found = part.main, []
    if part.kind in ("residual block", "Inception module", "helper classifier"):
        return []
    if main.window:
        found.append([t("Size"), main.window.sum(main.before[-1])])
    if weights := _weights(main):
        found.append([t("Parameters"), weights])
    return found


def _weights(one: Operation) -> str:
    """The sum behind its trained numbers."""
    if one.kind == "convolution" and one.window:
        weights = one.macs // (one.shape[1] * one.shape[2])
        kernel, maps, reads = one.window.kernel, one.shape[0], one.before[0]
        if weights == kernel**2 * reads // one.groups * maps:
            parts = f"{kernel}·{kernel}·{reads // one.groups}·{maps}"
        else:
            parts = f"{kernel}·{kernel}·{weights // kernel**2}"
    elif one.kind == "fully connected":
        weights, parts = one.macs, f"{math.prod(one.before):,}·{one.shape[0]:,}"
    elif one.kind == "subsampling":
        return f"2·{one.shape[0]} = {one.parameters}"
    else:
        return ""
    bias = one.parameters - weights
    return f"{parts}{f' + {bias:,}' if bias else ''} = {one.parameters:,}"


def _inner(part: Part) -> list[str]:
    if part.kind not in ("residual block", "Inception module", "helper classifier"):
        return []
    lines = []
    for one in part.operations:
        kind = t(KINDS[one.kind])
        if one.window:
            step = f", /{one.window.stride}" if one.window.stride > 1 else ""
            sizes = f"{one.window.kernel}×{one.window.kernel}{step}: {one.before[0]} → {one.shape[0]}"
            lines.append(f"{kind} {sizes}" + (f" · {one.parameters:,}" if one.parameters else ""))
        elif one.kind in ("addition", "concatenation", "fully connected"):
            lines.append(f"{kind}: {size_of(one.shape)}" + (f" · {one.parameters:,}" if one.parameters else ""))
    return lines


def _seen(part: Part, box: Sequence[int], input_px: int) -> str:
    if not part.field.jump:
        return t("Every unit sees the whole photo.")
    top, left, bottom, right = box
    told = t(
        "The unit in the middle sees {rows} × {columns} px of {side} × {side}; its neighbour (dashed) looks {jump} px "
        "further.",
        rows=bottom - top,
        columns=right - left,
        side=input_px,
        jump=part.field.jump,
    )
    if part.field.size > input_px:
        told += " " + t("Its window of {size} px is larger than the photo.", size=part.field.size)
    return told


def _differs(changed: Sequence[Difference], against: str) -> str:
    if not changed:
        return ""
    told = "; ".join(f"{t(WHATS[one.what])} {_value(one.before)} → {_value(one.after)}" for one in changed)
    return t("Against {network}: {changes}", network=against, changes=told)


def _value(text: str) -> str:
    words = {"up": t("up"), "down": t("down")}
    return words.get(text) or " → ".join(t(KINDS[one]) if one in KINDS else one for one in text.split(" → "))


def table(network: Blueprint) -> list[dict[str, Any]]:
    """A row for each part: the drawing for those who would rather read."""
    found = []
    for part in network.parts:
        window = part.main.window
        found.append(
            {
                t("part"): part.name,
                t("kind"): t(KINDS[part.kind]),
                t("window"): f"{window.kernel}×{window.kernel} / {window.stride}, {window.padding}" if window else "",
                t("puts out"): size_of(part.shape),
                t("parameters"): f"{part.parameters:,}",
                t("multiply–adds"): f"{part.macs:,}",
                t("memory"): in_bytes(part.activation_bytes),
                t("receptive field / jump (px)"): f"{part.field.size} / {part.field.jump}" if part.field.jump else "–",
            }
        )
    return found
