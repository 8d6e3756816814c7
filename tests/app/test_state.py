"""The view as a link: every choice there and back, and nothing that a link says can break the page."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest

from ui.state import DEFAULTS, View, decoded, encoded

OTHERS = {"crop": (0.25, 0.75), "unit": (12, 5, 7), "network": "own-0123456789ab", "photo": "yours"}


def another(default: object, name: str) -> object:
    if name in OTHERS:
        return OTHERS[name]
    if options := next(item for item in fields(View) if item.name == name).metadata.get("options"):
        return options[-1]
    if isinstance(default, bool):
        return not default
    if isinstance(default, tuple):
        return tuple(value + 1 for value in default) or (3, 1)
    return default + 1 if isinstance(default, int | float) else "another value & more"


@pytest.mark.parametrize("name", [item.name for item in fields(View)])
def test_every_choice_survives_the_url(name: str) -> None:
    for value in (getattr(DEFAULTS, name), another(getattr(DEFAULTS, name), name)):
        assert decoded(encoded(value), name) == value
        assert replace(DEFAULTS, **{name: value})


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("crop", "nan-1"),
        ("crop", "0.5"),
        ("unit", "a-b-c"),
        ("zoom", "maybe"),
        ("crop", "9e99-0"),
        ("unit", "1e5"),
        ("sort", "7"),
        ("scale", "yy"),
        ("zero", "zz"),
        ("network", "vgg16zz"),
        ("network", "own-"),
        ("photo", "nobody"),
        ("crop", "7-0"),
        ("unit", "1-2-3-4"),
    ],
)
def test_nonsense_is_refused(name: str, text: str) -> None:
    with pytest.raises(ValueError):
        decoded(text, name)
