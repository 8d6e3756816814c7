"""The page of all architectures, without a browser."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from tests.app.experiment_app import visited
from tests.app.visit import chosen
from ui.architectures.fields import Fields

ROOT = Path(__file__).parents[2]


open_at = partial(visited, "architectures_page")


def words(app: AppTest) -> str:
    return "\n".join(item.value for item in (*app.markdown, *app.caption, *app.info))


def test_a_pupil_can_answer_from_the_page_alone() -> None:
    """Why 55? Why does ZFNet need stride 2 in conv2? What does VGG gain with two 3×3?"""
    app = open_at()
    assert not app.exception and not app.error
    told = words(app)
    for answer in (
        *("**Why 55?**", "→ **54**", "→ **55**", "→ **56**", "224 + 3 = 227"),
        *("**Why does ZFNet need stride 2 in conv2?**", "27×27 instead of 13×13", "3.8 times as many"),
        *("**What does VGG gain with two 3×3?**", "The same receptive field with fewer weights", "18C² : 25C²"),
        *("AlexNet → ZFNet: five changes", "110 / 55 / 26 / 13 / 6"),
    ):
        assert answer in told, answer
    app.segmented_control(key="choice-architectures_idea").set_value("squeezed").run()
    assert not app.exception and not app.error and "**819,200**" in words(app) and "**208,896**" in words(app)


@pytest.mark.parametrize(
    ("idea", "says"), [("added", "what to **add**"), ("averaged", "Laid flat"), ("normed", "A map that shouts")]
)
def test_each_idea_has_its_link_and_comes_alone(idea: str, says: str) -> None:
    app = open_at(architectures_idea=idea)
    assert not app.exception and not app.error and says in words(app)
    assert "What does VGG gain" not in words(app)
    if idea == "added":
        app.select_slider(key="choice-architectures_block").set_value("block3_2").run()
        assert not app.exception and "block3_2: mean over the maps" in words(app)


def test_the_sliders_lead_to_sizes_at_once() -> None:
    app = open_at()
    app.slider(key="choice-architectures_s2").set_value(1).run()
    assert not app.exception and chosen(app, Fields).s2 == 1
    assert "**224 → 110 → 55 → 51 → 25 → 25 → 25 → 25 → 12**" in words(app)
    next(button for button in app.button if button.label == "AlexNet’s").click().run()
    assert "**224 → 55 → 27 → 27 → 13 → 13 → 13 → 13 → 6**" in words(app)
    app.slider(key="choice-architectures_k1").set_value(15).run()
    app.slider(key="choice-architectures_s1").set_value(6).run()
    app.slider(key="choice-architectures_k2").set_value(15).run()
    app.slider(key="choice-architectures_p2").set_value(0).run()
    assert not app.exception and not app.error and "no further: the window of **pool5**" in words(app)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        (
            {"architectures_network": "resnet152", "architectures_beside": "googlenet-training"},
            "ResNet-152 has **4.63**",
        ),
        (
            {"architectures_network": "lenet5-1998", "architectures_part": "C3", "photo": "coins"},
            "60,000 trained numbers",
        ),
        ({"architectures_network": "zfnet9", "architectures_k1": "99"}, "five changes"),
        ({"architectures_part": "nothing"}, "has no part “nothing”"),
    ],
)
def test_links_to_all_kinds_of_things_open(query: dict[str, str], found: str) -> None:
    app = open_at(**query)
    assert not app.exception and not app.error and found in words(app)
