"""The page of results through app.py: a link opens its figure, also one without a table."""

from __future__ import annotations

from pathlib import Path

from streamlit.testing.v1 import AppTest

ROOT = Path(__file__).parents[2]


def test_a_link_opens_a_figure_without_a_table_and_then_a_table() -> None:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    app.run()
    app.switch_page("pages/results_page.py")
    app.query_params["results"] = "figure-7"
    app.run()
    assert not app.exception and not app.error
    said = " ".join(text.value for text in app.markdown)
    assert "Fig. 7" in said and "Why there are no numbers" in said and "localises the object" in said
    app.query_params["results"] = "table-6"
    app.run()
    assert not app.exception and not app.error
    assert "PASCAL’s photos are not shipped" in " ".join(text.value for text in app.markdown)
