"""Every page through app.py, without a browser."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from tests.app.visit import chosen as chosen_fields
from ui.exhibits import EXHIBITS
from ui.shell.chosen import Chosen, ChosenUnit
from zfnet_core.models import zoo

ROOT = Path(__file__).parents[2]
PAGES = sorted(path.name for path in (ROOT / "pages").glob("*.py"))


@pytest.fixture
def app() -> AppTest:
    return AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)


@pytest.mark.parametrize("page", PAGES)
def test_the_page_opens_inside_the_frame(app: AppTest, page: str) -> None:
    app.run()
    if page != "start_page.py":
        app.switch_page(f"pages/{page}").run()
    assert not app.exception and not app.error
    # The network's choice belongs to app.py: were it missing, the page would have been run alone.
    assert app.selectbox(key="choice-network").value == "zfnet-classroom"


def test_no_page_shares_its_file_stem_with_an_address() -> None:
    assert {exhibit.page for exhibit in EXHIBITS} == {f"pages/{page}" for page in PAGES}
    for exhibit in EXHIBITS:
        assert Path(exhibit.page).stem != exhibit.path


def test_changing_the_network_keeps_the_photo(app: AppTest) -> None:
    app.query_params["photo"] = "flower"
    app.query_params["layer"] = "conv5"
    app.run()
    app.selectbox(key="choice-network").set_value("alexnet-classroom").run()
    assert not app.exception and not app.error
    assert chosen_fields(app, Chosen).photo == "flower" and chosen_fields(app, ChosenUnit).layer == "conv5"
    parameters = zoo.untrained(zoo.entry("alexnet-classroom")).parameters
    assert any(f"{parameters:,} parameters" in caption.value for caption in app.caption)


def test_another_networks_layer_falls_back(app: AppTest) -> None:
    app.query_params["layer"] = "inception4a"
    app.run()
    assert not app.exception and not app.error
    assert any("96 feature maps" in text.proto.body for text in app.get("html"))


@pytest.mark.parametrize("page", ["invariance", "correspondence"])
def test_a_page_asks_its_question_once_per_run(app: AppTest, page: str, monkeypatch: pytest.MonkeyPatch) -> None:
    questions, asked = importlib.import_module(f"ui.{page}.question"), []
    resolve = questions.resolve
    monkeypatch.setattr(questions, "resolve", lambda *given: asked.append(given) or resolve(*given))
    app.run()
    app.switch_page(f"pages/{page}_page.py").run()
    assert not app.exception and not app.error and len(asked) == 1


def test_an_older_address_that_a_click_reports_takes_nothing_back(app: AppTest) -> None:
    app.run()
    for network in ("alexnet-classroom", "zfnet-random"):
        app.selectbox(key="choice-network").set_value(network).run()
    app.query_params["network"] = "alexnet-classroom"  # the browser has not heard of the newest yet, however long ago
    app.run()
    assert chosen_fields(app, Chosen).network == "zfnet-random" and app.query_params["network"] == "zfnet-random"


def test_going_back_to_an_older_address_brings_it_back(app: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    app.run()
    for network in ("alexnet-classroom", "zfnet-random"):
        app.selectbox(key="choice-network").set_value(network).run()
    monkeypatch.setattr("ui.shell.state._went_back", lambda: True)
    app.query_params["network"] = "alexnet-classroom"
    app.run()
    assert chosen_fields(app, Chosen).network == "alexnet-classroom"


def test_a_link_on_the_same_page_is_followed(app: AppTest) -> None:
    app.run()
    app.query_params["network"] = "alexnet-classroom"  # an address that this visit never had
    app.run()
    assert chosen_fields(app, Chosen).network == "alexnet-classroom"
