"""The sentence of a card: the English one that was written, and the same in the reader's language."""

from __future__ import annotations

import pytest

from zfnet_core.language import speaking, t
from zfnet_core.models import zoo
from zfnet_core.models.card import read_card
from zfnet_core.models.summaries import FOR_DIGITS, FOR_LESSONS, summary_of, summary_parts

BUNDLED = ("zfnet-classroom", "alexnet-classroom", "lenet5-digits")


@pytest.mark.parametrize("name", BUNDLED)
def test_every_bundled_card_speaks_the_readers_language(name: str) -> None:
    card = read_card(zoo.WEIGHTS / f"{name}.json")
    told = zoo.load(name).source
    assert told == card["summary"] == t(told)
    for language in ("zh", "de", "fr", "es"):
        with speaking(language):
            assert t(told) != told, f"{language}: not translated"
            for value in card["summary_values"].values():
                assert (f"{value:,}" if isinstance(value, int) else value) in t(told)


def test_a_sentence_of_somebody_else_stays_as_it_is() -> None:
    assert summary_of({}) == "" and summary_of({"summary": "Mine."}) == "Mine."
    ours = summary_parts(FOR_DIGITS, photos=1437, name="x")
    assert summary_of(ours) == ours["summary"]
    strange: tuple[object, ...] = (ours["summary_values"], {"family": 3}, {"photos": "many", "family": "x"}, [], None)
    for values in strange:
        with speaking("zh"):
            assert t(summary_of({"summary": "Mine.", "summary_values": values})) == "Mine."
    assert summary_parts(FOR_LESSONS, family="ZFNet", photos=52543)["summary"].endswith("the paper’s network.")
