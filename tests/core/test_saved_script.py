"""The head of saved scripts: the photo as it was on the page, with where its square lay and how far it was zoomed."""

from __future__ import annotations

import importlib
from types import ModuleType

import pytest

from tests.core.thin_networks import thin_zfnet
from zfnet_core.assets import HOME
from zfnet_core.models.saved_script import filled
from zfnet_core.photos.images import Crop

EXPORTS = sorted((HOME / "zfnet_core" / "exhibits").glob("*/export.py"))
PREPARES = "prepare(photo, network.preprocessing"


def templates() -> list[ModuleType]:
    found = [importlib.import_module(f"zfnet_core.exhibits.{file.parent.name}.export") for file in EXPORTS]
    return [module for module in found if PREPARES in getattr(module, "SCRIPT", "")]


@pytest.mark.parametrize("module", templates(), ids=[module.__name__.split(".")[2] for module in templates()])
def test_a_script_of_one_photo_keeps_the_whole_crop(module: ModuleType) -> None:
    (line,) = [line for line in module.SCRIPT.splitlines() if PREPARES in line]
    text = filled(line, thin_zfnet(), "chelsea", Crop(0.25, 0.75, 2.0))
    assert text.endswith("Crop(left=0.25, top=0.75, zoom=2.0))")


def test_five_exhibits_have_such_a_script() -> None:
    assert len(templates()) >= 5


def test_a_photo_of_ones_own_is_to_be_put_there() -> None:
    text = filled("photo = {photo}", thin_zfnet(), None, Crop())
    assert text.endswith("# put your own file here") and "my-photo.jpg" in text
