"""The page of maps with names through app.py: words, addresses, networks without a gallery."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from tests.app.experiment_app import visited
from tests.app.visit import chosen
from ui.maps.fields import Fields
from ui.shell.chosen import ChosenUnit
from zfnet_core.top_activations.film import bundled_film

ROOT = Path(__file__).parents[2]


opened = partial(visited, "maps_page")


def html(app: AppTest) -> str:
    return "".join(one.proto.body for one in app.get("html"))


def test_a_map_has_an_address_and_a_name() -> None:
    app = opened(layer="conv5", map="0")
    assert not app.exception and not app.error
    text = html(app)
    assert "conv5, map 0: “stop sign”, 7 of 9 (a guess)" in text
    assert "Nine patches" in text and "Nine projections" in text and "Who reads it most strongly" in text
    assert text.count("<img ") == text.count(' alt="')


def test_how_it_grew_is_there_where_the_film_has_the_map() -> None:
    film = bundled_film("zfnet-classroom")
    assert film is not None
    kept = film.layer("conv4").maps
    text = html(opened(layer="conv4", map=str(kept[2])))
    assert "How it grew" in text and all(f"epoch {epoch}<" in text for epoch in film.epochs)
    other = next(map for map in range(384) if map not in kept)
    app = opened(layer="conv4", map=str(other))
    assert f"epoch {film.epochs[0]}<" not in html(app)
    assert any("keeps 16 maps of this layer" in one.value for one in app.caption)


def test_a_word_leads_to_a_map_of_another_layer() -> None:
    app = opened(layer="conv1", map="3", maps_word="motorbikes")
    hits = [button for button in app.button if (button.key or "").startswith("hit-conv5")]
    hits[0].click().run()
    assert not app.exception and chosen(app, ChosenUnit).layer == "conv5"
    assert chosen(app, Fields).map == int(hits[0].key.split("-")[-1])
    assert "motorbike" in html(app)


@pytest.mark.parametrize(
    "query",
    [
        {"layer": "fc7", "map": "3"},
        {"layer": "fc8", "map": "281"},
        {"network": "lenet5-digits", "layer": "C3", "map": "2"},
        {"network": "resnet18", "layer": "block2_1", "map": "100"},
        {"layer": "conv1", "map": "9999"},
        {"layer": "conv9", "map": "-1", "maps_word": "<b>**x**"},
    ],
)
def test_every_map_of_every_network_opens(query: dict[str, str]) -> None:
    app = opened(**query)
    assert not app.exception and not app.error
    assert "<b>**x**" not in html(app)
