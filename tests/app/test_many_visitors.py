"""Many visitors on one real server: all are answered, and nobody's error reaches them."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from benchmarks.visitors import Visitor, choose_map, move_crop, visit
from tests.browser.dashboard import serving


async def _no_whole_page(port: int) -> None:
    """The photo with its crop runs with what it changes; the choice of the network, for example, does not."""
    visitor = Visitor(port)
    await visitor.come()
    assert visitor.elements["crop"][1] and visitor.elements["samples"][1] == visitor.elements["crop"][1]
    assert not visitor.elements["page"][1]  # what listens for the whole page
    del visitor.elements["page"]
    before = visitor.query
    await move_crop(random.Random(1), 1)(visitor)
    assert "page" not in visitor.elements and "crop=" in visitor.query and visitor.query != before
    await visitor.leave()


async def _speaks_after_leaving(port: int, when: str) -> None:
    """Go to another page, and have a part of the one before speak as soon as a message of that kind has come."""
    visitor = Visitor(port)
    await visitor.come()
    left, told = visitor.page_hash, BackMsg()
    told.rerun_script.page_script_hash, told.rerun_script.fragment_id = left, visitor.elements["crop"][1]
    going = BackMsg()
    going.rerun_script.page_name = "lessons"
    await visitor.socket.send(going.SerializeToString())
    shown, spoke = [], False
    while True:
        reply = ForwardMsg()
        try:
            reply.ParseFromString(await asyncio.wait_for(visitor.socket.recv(), 3 if spoke else 60))
        except TimeoutError:
            break  # nothing is told any more
        kind = reply.WhichOneof("type")
        if kind == "new_session":
            shown.append(reply.new_session.page_script_hash)
        if kind == when and not spoke:
            spoke = True
            await visitor.socket.send(told.SerializeToString())
    assert spoke and shown and left not in shown, "the page that was left came back, and the browser shows nothing"
    await visitor.leave()


@pytest.mark.parametrize("when", ["new_session", "navigation"])
def test_a_page_that_was_left_says_nothing_any_more(tmp_path: Path, when: str) -> None:
    with serving(tmp_path / "log.txt") as address:
        for _ in range(5):
            asyncio.run(_speaks_after_leaving(urlsplit(address).port or 0, when))


async def _next_while_the_square_speaks(port: int) -> None:
    visitor = Visitor(port, "occlusion", "lesson=the-grey-square&step=2")
    await visitor.come()
    visitor.texts.clear()
    await visitor.press("Skip", "first")
    assert "What does the answer depend on? · step 3 of 3" in visitor.texts
    visitor.texts.clear()
    await visitor.press("Close the lesson", "first")
    assert visitor.texts and not any("step 3" in text for text in visitor.texts) and "lesson" not in visitor.query
    await visitor.leave()


async def _a_press_that_arrives_twice(port: int) -> None:
    """A browser sends one twice where something that goes by the clock is sent in its moment."""
    visitor = Visitor(port, "occlusion", "lesson=the-grey-square&step=1")
    await visitor.come()
    pressed = visitor.buttons["Skip"]
    for _ in range(2):
        visitor.buttons["Skip"] = pressed
        visitor.texts.clear()
        await visitor.press("Skip", "first")
        assert "step=2" in visitor.query
    assert not any("step 3 of 3" in text for text in visitor.texts)
    await visitor.leave()


async def _take_the_digit_while_the_drawing_speaks(port: int) -> None:
    visitor = Visitor(port, "architectures")
    await visitor.come()
    await visitor.press("Drag the grey square", "blueprints")
    assert visitor.page_hash == visitor.pages["occlusion"] and "photo=yours" in visitor.query
    await visitor.leave()


def test_a_button_that_leads_on_is_heard_while_a_component_speaks(tmp_path: Path) -> None:
    with serving(tmp_path / "log.txt") as address:
        asyncio.run(_next_while_the_square_speaks(urlsplit(address).port or 0))
        asyncio.run(_a_press_that_arrives_twice(urlsplit(address).port or 0))
        asyncio.run(_take_the_digit_while_the_drawing_speaks(urlsplit(address).port or 0))


def test_visitors_at_once_are_all_answered(tmp_path: Path) -> None:
    with serving(tmp_path / "log.txt") as address:
        port = urlsplit(address).port
        crops = asyncio.run(visit(port, visitors=8, seconds=8, think_s=1.0, action=move_crop))
        units = asyncio.run(visit(port, visitors=8, seconds=6, think_s=0.5, action=choose_map))
        for report in (crops, units):
            assert report.errors == []
            assert len(report.first) == 8 and len(report.actions) >= 8
        asyncio.run(_no_whole_page(port))
    assert "Traceback" not in (tmp_path / "log.txt").read_text()
