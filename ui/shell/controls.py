"""What a step can light up, and a teacher can put away: the controls by their names."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from ui.shell import address
from zfnet_core.drawing.palette import POINTED_AT
from zfnet_core.language import later

CONTROLS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "photos": (later("The sample photos"), ".st-key-samples"),
        "upload": (later("The upload of a photo"), ".st-key-upload"),
        "crop": (later("The photo with its crop"), ".st-key-crop"),
        "answer": (later("The five most probable classes"), ".st-key-photo-answer"),
        "layers": (later("The strip of layers"), ".st-key-layers"),
        "maps": (later("The feature maps"), ".st-key-atlas"),
        "unit": (later("The one map"), ".st-key-unit"),
        "control": (later("The button for the same with random weights"), ".st-key-random-weights"),
        "projections": (later("The projections"), ".st-key-projections"),
        "occluder": (later("The photo with the grey square"), "[class*='st-key-occlusion']"),
        "wall": (later("The wall of maps"), ".st-key-wall"),
        "nine": (later("The nine patches"), ".st-key-nine"),
        "film": (later("The film"), ".st-key-film"),
        "moved": (later("The moved photos and their curves"), ".st-key-moved"),
        "markers": (later("The photos with their boxes"), ".st-key-markers"),
        "blueprints": (later("The networks as drawings"), ".st-key-blueprints"),
        "stem": (later("The sliders of the first layers"), ".st-key-stem"),
        "digit": (later("The board to draw a digit on"), ".st-key-digit-board"),
        "sets": (later("The sets of photos to begin with"), ".st-key-sets"),
        "classes": (later("The classes with their photos"), ".st-key-board"),
        "own": (later("The button that makes a network"), ".st-key-make-network"),
        "network": (later("The choice of the network"), ".st-key-choice-network"),
        "language": (later("The choice of the language"), ".st-key-choice-lang"),
        "save": (later("The menus for saving"), "[class*='st-key-save']"),
        "sidebar": (later("The sidebar"), "[data-testid='stSidebar']"),
    }
)
"""Name → (what it is, where it is on the page as a CSS selector)."""


def selector(name: str) -> str:
    """Where a control is; a setting's own widget goes by the setting's name. Raises KeyError for an unknown one."""
    if name in CONTROLS:
        return CONTROLS[name][1]
    if name in address.KNOWN:
        return f".st-key-choice-{name}"
    raise KeyError(name)


IN_SIDEBAR = frozenset({"network", "language", "sidebar"})


def lit(names: tuple[str, ...]) -> str:
    """The style sheet that draws a frame around these controls, and shows them also while presenting (present.css)."""
    places = ", ".join(selector(name) for name in names if is_known(name))
    if not places:
        return ""
    sidebar = f"{selector('sidebar')} {{ --zf-shown: block; }}" if IN_SIDEBAR & set(names) else ""
    return (
        f"{places} {{ outline: 3px solid {POINTED_AT}; outline-offset: 4px; border-radius: 6px; --zf-shown: block; }}"
        f"{sidebar}"
    )


def is_known(name: str) -> bool:
    """Whether there is a control of that name."""
    return name in CONTROLS or name in address.KNOWN
