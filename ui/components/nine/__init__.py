"""One feature map's strongest units, large, with the places they come from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from ui.components import register
from ui.feature_nine import Card

_mount = register("nine", "colours.js")


def nine(cards: Sequence[Card], input_px: int, key: str) -> None:
    """Show the cards in a grid; `input_px` is the side of the photos that their boxes refer to.

    Where no photo of the nine is at hand, the projection comes first and the place is a box in an empty frame.
    """
    places = all(card.photo is None for card in cards if not card.own)
    _mount(key=key, data={"cards": [asdict(card) for card in cards], "inputPx": input_px, "places": places})
