"""A visit's rounds: dealt by lot on the server, so that nothing in the browser betrays the answer."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from random import SystemRandom

from ui.games.fields import MAP, Fields
from ui.shell import current, prediction, state
from ui.shell.apology import apologetic
from ui.shell.session import session
from zfnet_core.exhibits.games import Round, deal_map, deal_photo
from zfnet_core.forward.map_summary import MapSummary
from zfnet_core.models.network import Network
from zfnet_core.photos import samples
from zfnet_core.photos.images import Crop

TOGETHER = {"camera", "coins", "clock"}  # grey ones give themselves away in maps of colours
_random = SystemRandom()


@dataclass(eq=False)
class Games:
    """The round of each game, layer and network; how many were right of how many."""

    rounds: dict[tuple[str, str, str], Round] = field(default_factory=dict)
    numbers: dict[tuple[str, str, str], int] = field(default_factory=dict)
    right: int = 0
    played: int = 0
    counted: set[str] = field(default_factory=set)


def now(network: Network) -> tuple[str, Round]:
    """(key of its question, the round) that is on the table; a new one is dealt if there is none."""
    fields, games = state.read(Fields), session().memory(Games)
    place = (fields.game, fields.layer, network.fingerprint)
    if place not in games.rounds:
        deal = deal_map if fields.game == MAP else deal_photo
        names = [name for name in samples.names() if name not in TOGETHER]
        games.rounds[place] = deal(_random, names, fields.layer, partial(summary, network, fields.layer))
    return f"game-{fields.game}-{fields.layer}-{games.numbers.get(place, 0)}", games.rounds[place]


def summary(network: Network, layer: str, photo: str) -> MapSummary:
    """All maps of a layer for a sample photo with its usual crop."""
    picture, place = samples.load(photo), Crop()
    trace = current.trace_of(network, picture, place)
    return current.summary_of(trace, current.key_of(picture, place), layer)


@apologetic
def again(network: Network) -> None:
    """Deal a new round."""
    fields, games = state.read(Fields), session().memory(Games)
    place = (fields.game, fields.layer, network.fingerprint)
    games.rounds.pop(place, None)
    games.numbers[place] = games.numbers.get(place, 0) + 1


def score(key: str, dealt: Round) -> tuple[int, int]:
    """(right, played) of this visit, this round included once its guess was given."""
    games, guess = session().memory(Games), prediction.given(key)
    if guess is not None and key not in games.counted:
        games.counted.add(key)
        games.played += 1
        games.right += guess == dealt.right
    return games.right, games.played
