"""Folders of the server's machine are closed to visitors unless whoever started the server has opened them."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

import serve
from tests.app.visit import visit
from tests.core.test_run_film import begin_run
from ui.evolution import choices as evolution_choices
from ui.features import choices as features_choices
from ui.shell import local_folders

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def started_plainly(monkeypatch) -> None:
    for name in ("ZFNET_EXPLORER_FOLDERS", "ZFNET_EXPLORER_PHOTOS"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize("address", ["127.0.0.1", "localhost", "::1", "0.0.0.0", "", None])
def test_an_address_opens_nothing(monkeypatch, address: str | None) -> None:
    """Behind a proxy the server listens on this machine; under `uvicorn serve:app` Streamlit does not know where."""
    before = st.get_option("server.address")
    st.config.set_option("server.address", address)
    try:
        assert not local_folders.allowed()
        monkeypatch.setenv("ZFNET_EXPLORER_FOLDERS", "1")
        assert local_folders.allowed()
    finally:
        st.config.set_option("server.address", before)


@pytest.mark.parametrize("value", ["", "0", "no", "true", "2"])
def test_only_a_plain_1_opens_them(monkeypatch, value: str) -> None:
    monkeypatch.setenv("ZFNET_EXPLORER_FOLDERS", value)
    assert not local_folders.allowed()


@pytest.mark.parametrize("asked", [False, True])
@pytest.mark.parametrize("address", ["127.0.0.1", "0.0.0.0"])
def test_the_launcher_opens_them_when_asked(monkeypatch, asked: bool, address: str) -> None:
    monkeypatch.setenv("ZFNET_EXPLORER_FOLDERS", "")
    monkeypatch.setattr(serve.app, "run", lambda **_: None)
    arguments = ["serve.py", "--no-browser", "--address", address, *(["--folders"] if asked else [])]
    monkeypatch.setattr(sys, "argv", arguments)
    serve.main()
    assert local_folders.allowed() is asked
    assert os.environ["ZFNET_EXPLORER_FOLDERS"] == ("1" if asked else "")


def test_without_it_no_page_reads_a_folder_that_a_visitor_names(tmp_path: Path) -> None:
    """Also where the visit remembers one from a time when they were open, and a link asks for it."""
    run = begin_run(tmp_path / "secret", 1)
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    visit(app).memory(evolution_choices.Named).place = str(run.path)
    visit(app).memory(features_choices.Named).place = str(tmp_path)
    app.run()
    for page, link in (("evolution", "evolution_run"), ("features", "features_from")):
        app.query_params[link] = "folder"
        app.switch_page(f"pages/{page}_page.py").run()
        assert not app.exception and not app.error
        assert not app.text_input, "there is nothing to type a path into"
        told = " ".join(one.value for kind in (app.caption, app.warning, app.info) for one in kind)
        assert "secret" not in told and str(tmp_path) not in told


def test_a_path_of_weights_in_nobodys_home_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZFNET_EXPLORER_FOLDERS", "1")
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120).run()
    app.text_input(key="own weights path").set_value("~nobody-of-that-name/weights.pth").run()
    assert not app.exception
    assert [error.value for error in app.error] == ["There is no home folder for “~nobody-of-that-name” here."]
