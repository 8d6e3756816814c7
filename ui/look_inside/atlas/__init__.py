"""The feature maps of a layer, the strongest large or all at once: hover for numbers, click or keys to choose one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from ui.kit import packed, register
from ui.shell.received import received
from zfnet_core.forward.map_summary import MapSummary
from zfnet_core.language import t

_mount = register(Path(__file__).parent)


LARGE = 24
"""So many of the strongest maps are shown large."""


def atlas_data(
    summary: MapSummary,
    layer: str,
    order: Sequence[int],
    strongest: Sequence[int],
    scale: str,
    names: Sequence[str] = (),
) -> bytes:
    """What the component draws: header, maps as 0–255 of their own maximum, then each map's maximum and mean.

    `order` is that of all maps; `strongest` those that are shown large first. Single units (maps of 1×1) are always all
    shown, on the layer's scale; `names` are their labels, if they have some.
    """
    maps, rows, columns = summary.pictures.shape
    single, best = rows * columns == 1, int(np.argmax(summary.maxima))
    alt = (
        t("{n} units of {layer}; the strongest is unit {map} with {maximum}.", n=maps, layer=layer, map=best,
          maximum=f"{summary.maxima[best]:.2f}")
        if single
        else t("{n} feature maps of {layer}; the strongest is map {map} with {maximum}.", n=maps, layer=layer, map=best,
               maximum=f"{summary.maxima[best]:.2f}")
    )  # fmt: skip
    header = {
        "layer": layer,
        "maps": maps,
        "rows": rows,
        "columns": columns,
        "order": [int(number) for number in order],
        "strongest": [int(number) for number in (order if single else strongest)],
        "scale": "layer" if single else scale,
        "names": list(names),
        "top": float(summary.maxima.max()),
        "words": _words(maps, single, bool(names), bool(single and summary.maxima.min() < 0)),
        "alt": f"{alt} {t('Arrow keys and Enter choose one.')}",
    }
    padding = np.zeros(-summary.pictures.size % 4, np.uint8)
    return packed(header, summary.pictures, padding, summary.maxima, summary.means)


def _words(maps: int, single: bool, named: bool, below: bool) -> dict[str, str]:
    """What the component says, in the reader's language; the browser puts the values in."""
    if single:
        search = t("Word or number (0–{last})", last=maps - 1) if named else t("Unit no. (0–{last})", last=maps - 1)
        hover, chosen = (
            t("Under the pointer: unit {map}{name} · activation {maximum}"),
            t("Chosen: unit {map}{name} · activation {maximum}"),
        )
    else:
        search = t("Map no. (0–{last})", last=maps - 1)
        hover, chosen = (
            t("Under the pointer: map {map} · maximum {maximum} · mean {mean}"),
            t("Chosen: map {map} · maximum {maximum} · mean {mean}"),
        )
    return {
        "which": t("How many maps are shown"),
        "strongest": t("The {n} strongest", n=min(LARGE, maps)),
        "all": t("All {n}", n=maps),
        "search": search,
        "missing": t("There is no “{asked}” here; the numbers go from 0 to {last}."),
        "hover": hover,
        "chosen": chosen,
        "low": t("0 and below") if below else "0",
        "high": t("each map’s maximum"),
    }


def atlas(
    data: bytes, key: str, on_choice: Callable[[str, int], None], on_which: Callable[[str], None] = lambda maps: None
) -> None:
    """Show the atlas; `tell_chosen` marks a map in it and says how many are shown.

    `on_choice(layer, map)` is called when the visitor chooses a map, `on_which(maps)` with "strongest" or "all" when
    more or fewer are to be shown.
    """

    def chosen() -> None:
        if choice := received(key, "chosen", layer=str, map=int):
            on_choice(choice["layer"], choice["map"])

    def which() -> None:
        if (choice := received(key, "which", maps=str)) and choice["maps"] in ("strongest", "all"):
            on_which(choice["maps"])

    _mount(key=key, data=data, on_chosen_change=chosen, on_which_change=which)
