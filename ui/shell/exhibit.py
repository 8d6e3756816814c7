"""What an exhibit tells about itself: everything that lists exhibits iterates over these."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from zfnet_core.assets import ASSETS

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np

    from ui.shell.current import Current


@dataclass(frozen=True)
class Exhibit:
    """One page of the dashboard, and its card on the start page.

    `name` is its folder on every floor and, with hyphens, its address; `fields` are the classes of fields that stand in
    the address; `old_addresses` still lead here; `figure` is the place in the paper. `title`, `section` and `lead`, one
    plain sentence on what one can find out there, are English, marked with `later`, and translated where they are
    shown. `minutes` is how long a first visit takes. `picture` makes the card's picture, uint8 [H, W, 3], of the
    current photo within 0.1 s; without one `assets/cards/<name>.webp` is shown, where there is such a file.
    `asks`: the page has a question to be asked before it shows (see `predict_first`).
    """

    name: str
    title: str
    icon: str
    section: str
    figure: str
    fields: tuple[type, ...]
    old_addresses: tuple[str, ...] = ()
    lead: str = ""
    minutes: int = 5
    picture: Callable[[Current], np.ndarray] | None = None
    asks: bool = False

    @property
    def page(self) -> str:
        """The page's file; its stem differs from `path`, or Streamlit would run a deep link without app.py."""
        return f"pages/{self.name}_page.py"

    @property
    def path(self) -> str:
        """The page's address."""
        return self.name.replace("_", "-")

    @property
    def card(self) -> Path:
        """Where a bundled picture for its card would lie."""
        return ASSETS / "cards" / f"{self.name}.webp"
