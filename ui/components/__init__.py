"""Components drawn in the browser (Streamlit components v2): html, css and js lie beside their Python."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import streamlit as st

HERE = Path(__file__).parent


def register(name: str, *shared_scripts: str) -> Callable[..., Any]:
    """Register the component in folder `name`; `shared_scripts` of this folder are put in front of its own script."""
    folder = HERE / name
    scripts = [*(HERE / script for script in shared_scripts), folder / f"{name}.js"]
    return st.components.v2.component(
        f"zfnet_{name}",
        html=(folder / f"{name}.html").read_text(),
        css=(folder / f"{name}.css").read_text(),
        js="\n".join(script.read_text() for script in scripts),
    )


def newest(key: str, name: str) -> int:
    """The number of the newest choice that has arrived as `name` from the component `key` (see choices.js), or 0."""
    choice = (st.session_state.get(key) or {}).get(name)
    number = choice.get("number") if isinstance(choice, dict) else 0
    return number if isinstance(number, int) and 0 < number < 2**53 else 0


def packed(header: dict[str, Any], *arrays: Any) -> bytes:
    """Length of the header (4 bytes, little endian), the header as JSON, then the arrays' bytes.

    The header is padded so that the arrays begin at a multiple of 4 and can be read in place.
    """
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 4)
    return len(text).to_bytes(4, "little") + text + b"".join(array.tobytes() for array in arrays)
