"""What changes between two networks, layer by layer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from zfnet_core.exhibits.architectures.blueprint import Blueprint, Part


@dataclass(frozen=True)
class Difference:
    """`what` (kernel, stride, padding, rounding, maps, groups, size, order) was `before` and is `after`."""

    what: str
    before: str
    after: str


def differences(first: Blueprint, second: Blueprint) -> Mapping[str, tuple[Difference, ...]]:
    """For each part that both have: what is not alike, in a fixed order; parts that are alike are left out."""
    found = {}
    for part in first.parts:
        other = second.part(part.name)
        if other is not None and (changed := _between(part, other)):
            found[part.name] = changed
    return found


def _between(part: Part, other: Part) -> tuple[Difference, ...]:
    mine, theirs = _told(part), _told(other)
    return tuple(
        Difference(what, mine.get(what, "–"), theirs.get(what, "–"))
        for what in dict.fromkeys((*mine, *theirs))
        if mine.get(what) != theirs.get(what)
    )


def _told(part: Part) -> dict[str, str]:
    main, told = part.main, {"kind": part.kind}
    if main.window and len(part.operations) < 6:
        told["kernel"] = f"{main.window.kernel}×{main.window.kernel}"
        told["stride"] = str(main.window.stride)
        told["padding"] = str(main.window.padding)
        told["rounding"] = "up" if main.window.up else "down"
        told["groups"] = str(main.groups)
    told["maps"] = f"{part.shape[0]:,}"
    if len(part.shape) == 3:
        told["size"] = f"{part.shape[1]}×{part.shape[2]}"
    told["order"] = " → ".join(one for one in part.then if one != "flattening") or "–"
    return told
