"""A class's page: the address that pupils reach, and what is put away."""

from __future__ import annotations

import pytest

from ui.classroom.board import qr_picture, votes_csv
from ui.classroom.fields import Visible
from ui.classroom.reached import address_for, is_only_here
from ui.shell import address
from ui.shell.controls import CONTROLS, selector
from zfnet_core.serving.classes import Asked


def test_the_address_is_the_one_in_the_browser_at_its_root() -> None:
    settings = {"class": "ABCDE"}
    assert (
        address_for("https://school.example/lab/occlusion?x=1", settings) == "https://school.example/lab/?class=ABCDE"
    )
    assert address_for("http://10.0.0.7:8501/", settings) == "http://10.0.0.7:8501/?class=ABCDE"
    here = address_for("http://localhost:8501/classroom", settings)
    assert here.endswith(":8501/?class=ABCDE")


@pytest.mark.parametrize(
    ("seen", "only_here"),
    [
        ("http://localhost:1/", True),
        ("http://127.0.0.1/", True),
        ("http://[::1]:8/", True),
        ("http://pc.local/", False),
    ],
)
def test_an_address_that_only_this_machine_understands(seen: str, only_here: bool) -> None:
    assert is_only_here(seen) is only_here


def test_what_is_put_away_is_checked_and_every_control_has_a_place() -> None:
    assert address.accepted(Visible, "hide", "network,page:occlusion")
    assert not address.accepted(Visible, "hide", "<script>")
    assert not address.accepted(Visible, "kiosk", 3)
    assert address.accepted(Visible, "kiosk", 120)
    for name in CONTROLS:
        assert selector(name)
    assert selector("occlusion_stride") == ".st-key-choice-occlusion_stride"


def test_votes_as_a_table() -> None:
    asked = (Asked("q", "=Which?", ("a", "b"), (3, 4), 1), Asked("r", "And?", ("c",), (0,), None))
    assert votes_csv(asked).splitlines() == [
        "question,words,option,votes,right", "1,'=Which?,a,3,0", "1,'=Which?,b,4,1", "2,And?,c,0,",
    ]  # fmt: skip


def test_the_code_is_a_picture_of_its_own() -> None:
    assert qr_picture("http://school.example/?class=ABCDE").startswith("data:image/png;base64,")
