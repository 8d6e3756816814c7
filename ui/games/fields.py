"""What can be chosen on the page, and stands in its address; never anything that would betray a round."""

from __future__ import annotations

from ui.shell.address import choice, fields
from zfnet_core.exhibits.games import LEVELS

PHOTO, MAP = "photo", "map"


@fields("games")
class Fields:
    """`game` is which of the two, `layer` how hard it is."""

    game: str = choice(PHOTO, options=(PHOTO, MAP), url="game")
    layer: str = choice("conv1", options=LEVELS, url="game_layer")
