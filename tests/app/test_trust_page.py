"""The trust page through app.py: green for a sound projection, red for a broken one, and the page stays usable."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from tests.app.experiment_app import visited
from tests.app.visit import chosen
from ui.trust.fields import Fields
from zfnet_core.deconvnet.rules import BACKWARD, RULES
from zfnet_core.models import steps

ROOT = Path(__file__).parents[2]


opened = partial(visited, "trust_page")


def until(app: AppTest, true: Callable[[], bool], timeout_s: float = 60) -> None:
    end = time.monotonic() + timeout_s
    while not true():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.1)
        app.run()
        assert not app.exception


def html(app: AppTest) -> str:
    return "".join(one.proto.body for one in app.get("html"))


def test_a_sound_projection_is_green_and_its_rows_are_complete() -> None:
    app = opened(layer="conv3")
    until(app, lambda: bool(app.success))
    assert "5 of 5 checks passed" in app.success[0].value and not app.error
    text = html(app)
    assert text.count("✓ passed") == 5 and "FAILED" not in text
    for layer in ("conv3", "conv2", "conv1"):
        assert f"{layer} and above lost" in text
    assert text.count("<img ") >= 1 + 4 + 4 + 3 and text.count("<img ") == text.count(" alt=")


@pytest.mark.parametrize("defect", ["missing backward ReLU", "guided backprop sold as deconvnet"])
def test_a_broken_projection_is_red(defect: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if defect.startswith("missing"):
        monkeypatch.setitem(BACKWARD, steps.Relu, lambda step, signal, window, descent: [(signal, window)])  # type: ignore[arg-type]
    else:
        monkeypatch.setitem(RULES, "deconvnet", RULES["guided"])  # type: ignore[arg-type]
    app = opened(layer="conv4", photo="rocket", unit="5-6-" + ("6" if defect.startswith("missing") else "7"))
    until(app, lambda: "second program" in " ".join(one.value for one in app.error))
    assert any("Do not trust this picture" in one.value for one in app.error)
    assert "✗ FAILED" in html(app)


def test_the_toggles_are_named_and_the_page_answers_meanwhile() -> None:
    app = opened(layer="conv4", photo="flower")
    assert any("These toggles are **deconvnet**" in one.value for one in app.markdown)
    app.toggle(key="choice-trust_mask").set_value(True).run()
    assert chosen(app, Fields).mask and any("guided backprop = DeSaliNet" in one.value for one in app.markdown)
    app.toggle(key="choice-trust_switches").set_value(False).run()
    assert chosen(app, Fields).switches == "middle"
    assert any("no published method" in one.value for one in app.markdown)
    assert not app.exception and not app.error


def test_a_hostile_link_does_no_harm() -> None:
    app = opened(layer="conv1", trust_rule="magic", trust_other="nobody", trust_about="99999", trust_evidence="1")
    assert not app.exception and not app.error
    assert chosen(app, Fields).rule == "deconvnet"


def test_evidence_is_measured_only_when_asked_for() -> None:
    app = opened(layer="conv1")
    assert "Maps of evidence" not in html(app)
    app.toggle(key="choice-trust_evidence").set_value(True).run()
    until(app, lambda: "Maps of evidence" in html(app))
    app.toggle(key="choice-trust_evidence").set_value(False).run()
    assert "Maps of evidence" not in html(app)
