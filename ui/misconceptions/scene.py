"""The words of the page: pure functions of claims and games."""

from __future__ import annotations

from zfnet_core.exhibits.misconceptions import Claim, Game
from zfnet_core.language import t


def verdict(claim: Claim) -> str:
    """True or not, in bold."""
    return t("**True.**") if claim.true else t("**Not true.**")


def told(claim: Claim) -> str:
    """What is true, and its source."""
    return f"{verdict(claim)} {claim.answer()}"


def after(claim: Claim, said: bool) -> str:
    """What is said to somebody who has answered."""
    return (t("You were right.") if said == claim.true else t("You were wrong.")) + f" {told(claim)}"


def score(game: Game) -> str:
    """How far the game is."""
    count, asked = len(game.order), len(game.answers)
    if not asked:
        return t("{n} claims. Some are true.", n=count)
    return t("{right} of {asked} right; {left} to come.", right=game.right, asked=asked, left=count - asked)
