"""Components drawn in the browser (Streamlit components v2): html, css and js lie beside their Python.

`kit.js` stands in front of every component's own script. It knows neither the session nor any exhibit.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import streamlit as st

from zfnet_core.drawing.palette import css_variables, for_browser, viridis

HERE = Path(__file__).parent
_STOPS = ", ".join(f"rgb({red} {green} {blue})" for red, green, blue in viridis()[::51])
_NAMED = " ".join(f"--{name}: {colour};" for name, colour in css_variables().items())
COLOURS = f":host {{ --viridis: linear-gradient(90deg, {_STOPS}); {_NAMED} }}\n"
"""What each component's css may use: the bar of a legend, and the palette's colours by their names."""


def script(folder: Path, *parts: str) -> str:
    """What the browser runs for the component in `folder`: the palette, kit.js, `parts` of its folder, its own file."""
    files = [HERE / "kit.js", *(folder / part for part in parts), folder / f"{folder.name}.js"]
    palette = f"const PALETTE = {json.dumps(for_browser())};"
    return "\n".join([palette, *(file.read_text(encoding="utf-8") for file in files)])


def register(folder: Path, *parts: str) -> Callable[..., Any]:
    """Register the component in `folder`; `parts` are further scripts there that stand in front of its own."""
    name = folder.name
    return st.components.v2.component(
        f"zfnet_{name}",
        html=(folder / f"{name}.html").read_text(encoding="utf-8"),
        css=COLOURS + (folder / f"{name}.css").read_text(encoding="utf-8"),
        js=script(folder, *parts),
    )


def packed(header: dict[str, Any], *arrays: Any) -> bytes:
    """Length of the header (4 bytes, little endian), the header as JSON, then the arrays' bytes.

    The header is padded so that the arrays begin at a multiple of 4 and can be read in place.
    """
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 4)
    return len(text).to_bytes(4, "little") + text + b"".join(array.tobytes() for array in arrays)
