"""The quiz and the list, without a browser: no answer before its guess, every link leads to what it names."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from tests.app.experiment_app import visited
from tests.app.visit import chosen
from ui.exhibits import EXHIBITS
from ui.misconceptions.fields import Fields
from ui.shell import address
from zfnet_core.exhibits.misconceptions import CLAIMS, new_game

ROOT = Path(__file__).parents[2]


open_at = partial(visited, "misconceptions_page")


def everything(app: AppTest) -> str:
    kinds = (app.markdown, app.caption, app.success, app.error, app.info)
    return "\n".join(item.value for kind in kinds for item in kind)


def test_the_answer_is_not_on_the_page_before_the_guess() -> None:
    app, order = open_at(misconceptions_game="5"), new_game(5).in_order
    first = order[0]
    assert not app.exception and first.claim in everything(app)
    told = everything(app)
    for one in CLAIMS:
        assert one.answer() not in told and one.source not in told
    app.button(key=f"yes-{first.key}").click().run()
    assert not app.exception and first.answer() in everything(app) and first.source in everything(app)
    assert (app.success if first.true else app.error)[0].value.startswith("You were")
    second = order[1]
    assert second.claim in everything(app) and second.answer() not in everything(app)
    right = "1 of 1 right" if first.true else "0 of 1 right"
    assert any(right in progress.proto.text for progress in app.get("progress"))
    next(button for button in app.button if button.label == "Another game").click().run()
    assert chosen(app, Fields).game == 6 and first.answer() not in everything(app)


def test_all_claims_can_be_read() -> None:
    app = open_at(misconceptions_mode="read")
    told = everything(app)
    assert not app.exception and not app.error
    for one in CLAIMS:
        assert one.claim in told and one.answer() in told and one.source in told


def test_nonsense_in_the_link_changes_nothing() -> None:
    app = open_at(misconceptions_game="0", misconceptions_mode="cheat")
    assert not app.exception and not app.error and new_game(1).in_order[0].claim in everything(app)


@pytest.mark.parametrize("one", CLAIMS, ids=lambda one: one.key)
def test_every_link_is_understood_by_the_page_it_leads_to(one: object) -> None:
    place = one.live  # type: ignore[attr-defined]
    exhibit = next(exhibit for exhibit in EXHIBITS if exhibit.name == place.exhibit)
    known = {address.url_name(kind, name): (kind, name) for kind in exhibit.fields for name in address.names(kind)}
    for name, value in place.query.items():
        kind, field = known[name]
        address.decoded(kind, field, value)
        if name == "architectures_part":
            from zfnet_core.exhibits.architectures import blueprint

            network = place.query.get("architectures_network", "zfnet")
            assert blueprint(network).part(value), (network, value)
