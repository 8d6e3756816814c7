"""What is asked cannot be read off the network's log, the page's source or its address before the guess is given."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, Response, expect
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from tests.browser.dashboard import Runs, settled
from tests.browser.learner import wait_for_square
from ui.lessons import shelf
from zfnet_core.exhibits.our_results import shipped

SLOW_MS = 90_000


class Heard:
    """Everything that reaches a browser: frames of the websocket, answers, addresses; the page's source at the end."""

    def __init__(self, page: Page) -> None:
        self.page, self.frames, self.answers = page, list[bytes](), list[Response]()
        page.on("websocket", lambda socket: socket.on("framereceived", self._frame))
        page.on("response", lambda answer: self.answers.append(answer))

    def _frame(self, payload: str | bytes) -> None:
        self.frames.append(payload.encode() if isinstance(payload, str) else payload)

    def everything(self) -> bytes:
        """All of it; of the program itself, which is the same for all questions, only the addresses."""
        bodies = [one.body() for one in self.answers if one.ok and "/static/" not in one.url]
        addresses = [one.url.encode() for one in self.answers]
        return b"\n".join([*self.frames, *bodies, *addresses, self.page.content().encode(), self.page.url.encode()])

    def elements(self, kind: str) -> Iterator:
        """Every element of a kind that was sent."""
        for frame in self.frames:
            message = ForwardMsg.FromString(frame)
            if message.WhichOneof("type") == "delta" and message.delta.new_element.WhichOneof("type") == kind:
                yield getattr(message.delta.new_element, kind)

    def buttons(self, labels: tuple[str, ...]) -> list[bytes]:
        """The buttons with these labels as they were sent, without what is every button's own."""
        found = {}
        for button in self.elements("button"):
            if button.label in labels:
                label, button.label, button.id = button.label, "", ""
                found[label] = button.SerializeToString()
        assert set(found) == set(labels)
        return list(found.values())


@pytest.fixture
def heard(page: Page, runs: Runs) -> Heard:
    return Heard(page)


def test_a_lesson(address: str, page: Page, heard: Heard) -> None:
    lesson = shelf.lesson("the-grey-square")
    step = lesson.steps[0]
    page.goto(f"{address}/{step.page}?lesson={lesson.name}")
    guesses = page.locator(".st-key-lesson-panel")
    expect(guesses.get_by_role("button", name=step.options[-1])).to_be_visible(timeout=SLOW_MS)
    expect(page.locator("[class*=st-key-occlusion] [tabindex='0']").first).to_be_visible()
    known = heard.everything()
    # Of the notice's figures only one that is nothing else's: from 42 % on an answer counts as sure.
    secrets = [step.notice[:30], step.expect[:30], dict(step.then)["occlusion_at"], "58 %", "Right:", "it is “"]
    assert [secret for secret in secrets if secret.encode() in known] == []
    assert len(set(heard.buttons(step.options))) == 1  # nothing distinguishes the right one
    guesses.get_by_role("button", name=step.options[step.right or 0]).click()
    page.wait_for_url(re.compile(dict(step.then)["occlusion_at"]))
    wait_for_square(page, dict(step.then)["occlusion_at"])
    page.locator("[class*=st-key-occlusion] [tabindex='0']").first.press("ArrowDown")
    expect(guesses).to_contain_text(step.notice[:30], timeout=SLOW_MS)
    assert step.notice[:30].encode() in heard.everything()


@pytest.mark.parametrize("game", ["photo", "map"])
def test_a_round_of_a_game(address: str, page: Page, heard: Heard, game: str) -> None:
    page.goto(f"{address}/games?game={game}&game_layer=conv2")
    guesses = page.locator("[class*=st-key-guess-game] [class*=st-key-guess-game] button")
    expect(guesses).to_have_text([re.compile(r"\w")] * 4, timeout=SLOW_MS)
    titles = tuple(guesses.all_inner_texts())
    # Until a picture is there, its address has not been asked for and is counted once less.
    there = "titles => titles.every(title => [...document.images].some(one => one.alt === title && one.naturalWidth))"
    page.wait_for_function(there, arg=list(titles))
    known = heard.everything()
    assert b"Right:" not in known and "it is “".encode() not in known
    assert len(set(heard.buttons(titles))) == 1
    offered: Counter[str] = Counter()
    sizes = set()
    for images in heard.elements("imgs"):
        for image in images.imgs:
            if image.caption in titles:
                offered[image.url] = known.count(image.url.encode())
                sizes.add((len(images.imgs), images.link))
    assert len(offered) == 4 and len(set(offered.values())) == 1 and len(sizes) == 1
    assert len({known.count(title.encode()) for title in titles}) == 1  # all four stand equally often in all of it
    guesses.first.click()
    answer = page.get_by_text(re.compile("Right: |You guessed"))
    expect(answer).to_be_visible()
    right = re.search(r"Right: (.*)\.$|it is “(.*)”\.$", answer.inner_text())
    assert right and (right[1] or right[2]) in titles


def test_predict_first_of_the_grey_square(address: str, page: Page, heard: Heard) -> None:
    page.goto(f"{address}/occlusion?photo=coffee&occlusion_predict=1&occlusion_stride=32")
    show = page.get_by_role("button", name="Show the maps")
    expect(show).to_be_visible()
    for _ in range(SLOW_MS // 200):  # all is computed; it could be told
        if any(b'"growing": false' in frame for frame in heard.frames):
            break
        page.wait_for_timeout(200)
    known = heard.everything()
    assert b'"growing": false' in known and b'"grid": null' in known
    secrets = (b"lowest with the square at", b'"tops":', b"of the positions.")
    assert [secret for secret in secrets if secret in known] == []
    page.locator(".st-key-occlusion-first .stage").hover()  # as soon as it moves no more
    stage = page.locator(".st-key-occlusion-first .stage").bounding_box()
    assert stage is not None
    page.mouse.move(stage["x"] + 0.3 * stage["width"], stage["y"] + 0.4 * stage["width"])
    page.mouse.down()
    page.mouse.move(stage["x"] + 0.7 * stage["width"], stage["y"] + 0.5 * stage["width"], steps=8)
    page.mouse.up()
    expect(show).to_be_enabled()
    show.click()
    expect(page.get_by_text("of your region matters most")).to_be_visible()
    page.wait_for_function("zfnetExplorer.occluder?.header?.grid")  # the maps come in a message of their own
    later = heard.everything()
    assert [secret for secret in secrets if secret not in later] == []


def test_the_guess_of_the_comparison(address: str, page: Page, runs: Runs, heard: Heard) -> None:
    measured = [shipped(name, "figure-6")["measures"]["folded"] for name in ("zfnet-classroom", "alexnet-classroom")]
    secrets = [f"{100 * share:.1f} %" for share in measured]
    page.goto(f"{address}/comparison")
    button = page.get_by_role("button", name="Measure and compare")
    expect(button).to_be_visible()
    known = heard.everything()
    assert [secret for secret in secrets if secret.encode() in known] == []
    button.click()
    verdict = page.locator("h3").filter(has_text=re.compile("claim"))
    expect(verdict).to_be_visible(timeout=SLOW_MS)
    settled(page, runs)  # the numbers come after it
    later = heard.everything()
    assert verdict.inner_text().encode() not in known
    assert [secret for secret in secrets if secret.encode() not in later] == []
