"""Every page through app.py, without a browser."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

ROOT = Path(__file__).parents[2]
PAGES = sorted(path.name for path in (ROOT / "pages").glob("*.py"))


@pytest.fixture
def app() -> AppTest:
    return AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)


@pytest.mark.parametrize("page", PAGES)
def test_the_page_opens_inside_the_frame(app: AppTest, page: str) -> None:
    app.run()
    if page != "look_inside_page.py":
        app.switch_page(f"pages/{page}").run()
    assert not app.exception and not app.error
    # The network's choice belongs to app.py: were it missing, the page would have been run alone.
    assert app.selectbox(key="choice-network").value == "zfnet-classroom"


def test_no_page_shares_its_file_stem_with_an_address() -> None:
    source = (ROOT / "app.py").read_text()
    for page in PAGES:
        assert f'"{Path(page).stem}"' in source
        assert f'"{Path(page).stem}", "{Path(page).stem}"' not in source


def test_changing_the_network_keeps_the_photo(app: AppTest) -> None:
    app.query_params["photo"] = "flower"
    app.query_params["layer"] = "conv5"
    app.run()
    app.selectbox(key="choice-network").set_value("alexnet-classroom").run()
    assert not app.exception and not app.error
    assert app.session_state["view"].photo == "flower" and app.session_state["view"].layer == "conv5"
    assert any("96 " in caption.value or "6,200,814" in caption.value for caption in app.caption)


def test_another_networks_layer_falls_back(app: AppTest) -> None:
    app.query_params["layer"] = "inception4a"
    app.run()
    assert not app.exception and not app.error
    assert any("96 feature maps" in text.value for text in app.markdown)
