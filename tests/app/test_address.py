"""The choices as a link: every field there and back, and nothing that a link or a widget says can break the page."""

from __future__ import annotations

import dataclasses
import inspect

import pytest

from ui.exhibits import EXHIBITS
from ui.look_inside.fields import Fields as LookInside
from ui.occlusion.fields import Fields as Occlusion
from ui.shell import address, state
from ui.shell.chosen import Chosen, ChosenUnit, Drawing, Presenting

KINDS = (*dict.fromkeys(kind for exhibit in EXHIBITS for kind in exhibit.fields), Presenting)
OTHERS = {
    "crop": (0.25, 0.75),
    "unit": (12, 5, 7),
    "network": "own-0123456789ab",
    "photo": "yours",
    "fill": "#00aaff",
    "block": "block2_1",
}
FIELDS = [(kind, name) for kind in KINDS for name in address.names(kind)]


def another(kind: type, name: str) -> object:
    default = address.default(kind, name)
    item = next(item for item in dataclasses.fields(kind) if item.name == name)
    if name in OTHERS and not item.metadata["options"]:
        return OTHERS[name]
    if options := item.metadata["options"]:
        return options[-1]
    if isinstance(default, bool):
        return not default
    if isinstance(default, tuple):
        return tuple(value + 1 for value in default) or (3, 1)
    return default + 1 if isinstance(default, int | float) else "another value & more"


@pytest.mark.parametrize(("kind", "name"), FIELDS, ids=[address.url_name(*one) for one in FIELDS])
def test_every_field_survives_the_address(kind: type, name: str) -> None:
    for value in (address.default(kind, name), another(kind, name)):
        assert address.accepted(kind, name, value)
        assert address.decoded(kind, name, address.encoded(value)) == value


@pytest.mark.parametrize(("kind", "name"), FIELDS, ids=[address.url_name(*one) for one in FIELDS])
def test_no_field_takes_what_a_widget_says_that_is_not_there(kind: type, name: str) -> None:
    for nonsense in (None, object(), {}, [1]):
        assert not address.accepted(kind, name, nonsense)


def test_no_two_fields_have_one_name_in_the_address() -> None:
    names = [address.url_name(*one) for one in FIELDS]
    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    ("kind", "name", "text"),
    [
        (Chosen, "crop", "nan-1"),
        (Chosen, "crop", "0.5"),
        (Chosen, "crop", "9e99-0"),
        (Chosen, "crop", "7-0"),
        (Chosen, "network", "vgg16zz"),
        (Chosen, "network", "own-"),
        (Chosen, "photo", "nobody"),
        (Drawing, "zero", "zz"),
        (ChosenUnit, "unit", "a-b-c"),
        (ChosenUnit, "unit", "1e5"),
        (ChosenUnit, "unit", "1-2-3-4"),
        (LookInside, "zoom", "maybe"),
        (LookInside, "sort", "7"),
        (LookInside, "sort", "None"),
        (LookInside, "scale", "yy"),
        (Occlusion, "fill", "url(http://x)"),
        (Occlusion, "stride", "5"),
        (Occlusion, "height", "-3"),
        (Occlusion, "height", "1000000000"),
        (Occlusion, "at", "1-99999999"),
    ],
)
def test_nonsense_is_refused(kind: type, name: str, text: str) -> None:
    with pytest.raises(ValueError):
        address.decoded(kind, name, text)


@pytest.mark.parametrize(("kind", "name"), FIELDS, ids=[address.url_name(*one) for one in FIELDS])
def test_no_field_has_the_name_of_a_parameter(kind: type, name: str) -> None:
    """`kind` of the invariance page once met the first parameter: every click there failed."""
    inspect.signature(state.change).bind(kind, **{name: another(kind, name)})
