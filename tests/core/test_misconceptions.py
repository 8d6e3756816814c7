"""Claims: every answer has its numbers, from modules and tables; the quiz keeps its order and its first answers."""

from __future__ import annotations

import pytest

from zfnet_core.exhibits.misconceptions import CLAIMS, answered, claim, new_game


@pytest.mark.parametrize("one", CLAIMS, ids=lambda one: one.key)
def test_every_claim_has_an_answer_and_a_source(one: object) -> None:
    assert one in CLAIMS
    answer = one.answer()  # type: ignore[attr-defined]
    assert "{" not in answer and len(answer) > 40 and one.source and one.about  # type: ignore[attr-defined]


def test_numbers_are_those_of_the_paper_and_of_the_modules() -> None:
    """Written down here once more, from the printed tables and by hand."""
    expected = {
        "wide": ("384-384-256", "512-1024-512", "107,627,624", "62,357,608"),
        "field": ("7 px instead of 11",),
        "stride": ("from 4 to 2",),
        "depth": ("5 convolutions and 3 fully connected layers: 8 in all",),
        "pools": ("3×3 windows in steps of 2",),
        "torchvision": ("64-192-384-256-256", "96-256-384-384-256", "61,100,840", "60,965,224"),
        "winner": ("14.8 %", "16.5 %"),
        "accuracy": ("14.7 %",),
        "fewer-units": ("from 40.5 to 41.7", "from 38.4 to 40.2"),
        "share": ("94 %", "VGG-16 89 %", "8 %"),
        "three": ("7×7", "27C²", "49C²"),
        "five-million": ("6.6 million",),
    }
    for key, parts in expected.items():
        found = claim(key)
        assert found is not None
        for part in parts:
            assert part in found.answer(), (key, part)


def test_some_are_true_and_keys_are_names() -> None:
    assert len({one.key for one in CLAIMS}) == len(CLAIMS) >= 20
    assert 3 <= sum(one.true for one in CLAIMS) < len(CLAIMS) / 2
    assert claim("nothing") is None


def test_a_game_is_repeatable_scored_and_keeps_the_first_answer() -> None:
    game = new_game(7)
    assert game == new_game(7) and game.order != new_game(8).order and set(game.order) == {one.key for one in CLAIMS}
    wrong = 0
    while (asked := game.next) is not None:
        assert asked.key == game.order[len(game.answers)]
        said = asked.true if len(game.answers) % 3 else not asked.true
        wrong += said != asked.true
        game = answered(game, asked.key, said)
        assert answered(game, asked.key, not said) == game
    assert len(game.answers) == len(CLAIMS) and game.right == len(CLAIMS) - wrong
    assert answered(game, "nothing", True) == game
