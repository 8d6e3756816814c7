"""What is said about these networks, what is true, and where to see it."""

from zfnet_core.exhibits.misconceptions.claims import CLAIMS, Claim, Place, claim
from zfnet_core.exhibits.misconceptions.quiz import Game, answered, new_game

__all__ = ["CLAIMS", "Claim", "Game", "Place", "answered", "claim", "new_game"]
