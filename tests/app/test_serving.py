"""The settings without which a class of thirty stalls, or something leaves the machine."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from streamlit import config

from ui.network_choice import OWN_MEGABYTES
from zfnet_core.images import MAX_BYTES

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def settings() -> dict[str, dict[str, object]]:
    return tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text())


def test_every_setting_is_one_that_streamlit_knows(settings: dict[str, dict[str, object]]) -> None:
    known = set(config.get_config_options(force_reparse=True))
    for section, values in settings.items():
        for name, value in values.items():
            if not isinstance(value, dict):
                assert f"{section}.{name}" in known, f"{section}.{name} has gone from Streamlit"


def test_no_garbage_collection_after_every_click() -> None:
    assert config.get_option("runner.postScriptGC") is False


def test_nothing_leaves_the_machine_and_nobody_else_comes_in() -> None:
    assert config.get_option("browser.gatherUsageStats") is False
    assert config.get_option("server.address") == "127.0.0.1"


def test_no_traceback_reaches_the_browser() -> None:
    assert config.get_option("client.showErrorDetails") == "none"
    assert config.get_option("runner.magicEnabled") is False


def test_uploads_are_limited_on_the_server() -> None:
    assert config.get_option("server.maxUploadSize") == OWN_MEGABYTES
    assert MAX_BYTES < OWN_MEGABYTES * 2**20


def test_the_launcher_computes_on_one_thread() -> None:
    source = (ROOT / "serve.py").read_text()
    assert source.index("OMP_NUM_THREADS") < source.index("import streamlit")
    assert "torch.set_num_threads(1)" in source and "gc.freeze()" in source
