"""The examples in the docstrings give what they say."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import ui
import zfnet_core

UNUSUAL = {"zfnet_core.top_activations.on_ray"}  # needs a library that is optional


def test_every_example_in_a_docstring_is_right() -> None:
    tried = failed = 0
    for package in (zfnet_core, ui):
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if found.name.endswith("__main__") or found.name in UNUSUAL:
                continue
            result = doctest.testmod(importlib.import_module(found.name))
            tried, failed = tried + result.attempted, failed + result.failed
    assert failed == 0 and tried > 0
