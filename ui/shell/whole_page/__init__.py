"""What the browser listens to for the whole page: arrow keys while presenting, Escape, one step of Back per page."""

from __future__ import annotations

from pathlib import Path

from ui.kit import register
from zfnet_core.language import t

_mount = register(Path(__file__).parent, "page_list.js", "refusals.js")


def whole_page(presenting: bool, page: str, network: str, key: str) -> None:
    """Listen. Nothing to see by itself; while `presenting`, arrow keys walk from layer to layer and page to page.

    A new `page` is seen from its top on; toasts that belong to another page or `network` are put away.
    """
    too_large = t(
        "This file is larger than the server in front of this page lets through. Take a smaller one, or ask whoever "
        "runs it to allow more."
    )
    _mount(key=key, data={"presenting": presenting, "page": page, "network": network, "tooLarge": too_large})
