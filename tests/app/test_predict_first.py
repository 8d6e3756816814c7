"""Predict first through the whole app, without a browser: off by default, and nothing of the answer before."""

from __future__ import annotations

from pathlib import Path

from streamlit.testing.v1 import AppTest

ROOT = Path(__file__).parents[2]


def opened(page: str, **address: str) -> AppTest:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    for name, value in address.items():
        app.query_params[name] = value
    return app.run().switch_page(f"pages/{page}_page.py").run()


def guesses(app: AppTest) -> list:
    return [button for button in app.button if (button.key or "").startswith("guess-")]


def told(app: AppTest) -> str:
    return " ".join(part.proto.body for part in app.get("html") if "What counts:" in part.proto.body)


def test_nothing_shows_the_answer_before_the_guess() -> None:
    app = opened("features", predict="1", features_layer="conv5")
    assert len(guesses(app)) == 4 and told(app) == "" and not app.error
    before = {part.proto.id.split("-")[-1] for part in app.get("bidi_component")}
    assert not before & {"wall", "nine"} and not app.get("download_button")
    guesses(app)[0].click().run()
    assert guesses(app) == [] and "is from map" in told(app) and not app.error
    after = {part.proto.id.split("-")[-1] for part in app.get("bidi_component")}
    assert {"wall", "nine"} <= after


def test_nobody_is_asked_who_does_not_want_it() -> None:
    app = opened("architectures")
    assert guesses(app) == [] and not app.error
    (switch,) = [one for one in app.toggle if one.label == "Predict first"]
    switch.set_value(True).run()
    assert len(guesses(app)) == 6 and "1" in app.query_params["predict"]
    quiet = next(button for button in app.button if button.label == "Ask no more")
    quiet.click().run()
    assert guesses(app) == [] and "predict" not in app.query_params and not app.error


def test_the_grey_square_asks_with_the_others() -> None:
    app = opened("occlusion", predict="1")
    assert any("Paint over the part" in one.value for one in app.markdown) and not app.error
    assert [one.label for one in app.toggle].count("Predict first") == 1
