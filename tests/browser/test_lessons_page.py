"""Every lesson is walked through as a learner would: guess, do what it says, read, go on; in English and in Chinese."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import learner
from tests.browser.dashboard import Runs, settled
from ui.lessons import shelf
from ui.lessons.lesson import Lesson
from zfnet_core.language import speak, t

BEGINNING = 20  # letters of a text by which it is recognised
SLOW_MS = 60_000


class Course:
    """One visitor in one language, who takes one lesson after the other without loading the page anew."""

    def __init__(self, browser: Browser, address: str) -> None:
        self.browser, self.address, self.language, self.goes_on = browser, address, "", False

    def open(self, name: str, language: str) -> Page:
        """Begin the lesson from the list of all lessons; a new visitor where there is none yet."""
        if not self.goes_on or language != self.language:
            self.close()
            context = self.browser.new_context(viewport={"width": 1440, "height": 1000}, bypass_csp=True)
            self.language, self.page = language, context.new_page()
            self.page.set_default_timeout(30_000)
            self.runs = Runs(self.page)
            self.page.goto(f"{self.address}/lessons?lang={language}")
        else:
            self.page.locator('[data-testid=stSidebarNavLink][href$="/lessons"]').click()
        self.goes_on = False
        start = self.page.locator(f".st-key-start-{name} button")
        start.wait_for()
        settled(self.page, self.runs)  # while the list is being laid out, a button may move away under a click
        start.click()
        return self.page

    def close(self) -> None:
        if self.language:
            self.page.context.close()


@pytest.fixture(scope="module")
def course(chromium: Browser, address: str) -> Iterator[Course]:
    course = Course(chromium, address)
    yield course
    course.close()


@pytest.fixture(autouse=True)
def english_again() -> Iterator[None]:
    yield
    speak("")


def lesson_in(language: str, name: str) -> Lesson:
    speak(language)  # the buttons are called as the page calls them
    found = shelf.lesson(name)
    assert found.language == language
    return found


@pytest.mark.parametrize("name", shelf.names())
@pytest.mark.parametrize("language", ["en", "zh"])  # all lessons in one of them, then in the other
def test_a_learner_walks_through(course: Course, name: str, language: str) -> None:
    lesson = lesson_in(language, name)
    page = course.open(name, language)
    panel = page.locator(".st-key-lesson-panel")
    for number, step in enumerate(lesson.steps, 1):
        expect(panel.get_by_role("heading", name=step.title)).to_be_visible(timeout=SLOW_MS)
        notice = step.notice[:BEGINNING]
        if step.question:
            assert step.right is not None
            expect(panel).not_to_contain_text(notice)
            panel.get_by_role("button", name=step.options[(step.right + 1) % len(step.options)], exact=True).click()
        expect(panel).to_contain_text(step.task.replace("**", "").replace("*", "")[:BEGINNING], timeout=SLOW_MS)
        for condition in step.done:
            expect(panel).not_to_contain_text(notice)  # not before everything was done
            course.runs.rest()  # what is drawn anew under a click or a key does not hear it
            learner.do(page, condition, step)
        expect(panel).to_contain_text(notice, timeout=SLOW_MS)
        if step.question:
            expect(panel).to_contain_text(step.options[step.right or 0])
        if number < len(lesson.steps):
            # Until now it was “Skip”, whose place another button takes: a click in that moment would be lost.
            panel.locator("[class*=st-key-lesson-next]").get_by_role("button", name=t("Next"), exact=True).click()
    panel.locator(".st-key-lesson-end button").click()
    expect(panel).to_have_count(0, timeout=SLOW_MS)
    assert course.runs.exceptions == [] and course.runs.outside == []
    course.goes_on = True


def test_a_class_votes_and_follows(address: str, page: Page, runs: Runs) -> None:
    page.goto(f"{address}/classroom")
    page.get_by_role("button", name="Begin a class").wait_for()
    settled(page, runs)  # the tab's number asks for a run that a click in the same moment would be lost to
    page.get_by_role("button", name="Begin a class").click()
    expect(page.get_by_text("Code of the class")).to_be_visible()
    page.wait_for_url(re.compile("class=[A-Z2-9]{5}"))
    code = re.search("class=([A-Z2-9]{5})", page.url)[1]  # type: ignore[index]
    context = page.context.browser.new_context(viewport={"width": 390, "height": 844}, bypass_csp=True)  # type: ignore[union-attr]
    pupil = context.new_page()
    try:
        pupil.goto(f"{address}/?class={code}")
        expect(pupil.get_by_text("your page follows")).to_be_visible(timeout=30_000)
        expect(page.get_by_text("1 here, 1 follow you")).to_be_visible(timeout=30_000)
        page.goto(f"{address}/look-inside?class={code}&lesson=first-steps&step=2")
        expect(pupil.get_by_text(f"step 2 of {len(shelf.lesson('first-steps').steps)}")).to_be_visible(timeout=30_000)
        pupil.get_by_role("button", name="hardly at all").click()
        expect(page.get_by_text("1 vote")).to_be_visible(timeout=30_000)
        page.goto(f"{address}/classroom?class={code}")  # a teacher who reloads is the teacher again
        page.get_by_role("button", name="End the class").click(timeout=30_000)
        expect(pupil.get_by_text("it has ended")).to_be_visible(timeout=30_000)
    finally:
        context.close()
