"""What a learner does with the controls that a lesson speaks of, in whatever language the page is."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Mapping

from playwright.sync_api import Locator, Page, TimeoutError, expect

from ui.lessons.condition import Condition
from ui.lessons.lesson import Step
from ui.transfer.shown import VIEW_TITLES
from zfnet_core.exhibits.features.orders import ORDERS
from zfnet_core.language import t
from zfnet_core.photos.transforms import TRANSFORMATIONS

NETWORKS = {"zfnet-random": "ZFNet.*random", "zfnet-classroom": "ZFNet.*classroom"}
TITLES: Mapping[str, Mapping[str, str]] = {"features_order": ORDERS, "transfer_view": VIEW_TITLES}
KINDS = list(TRANSFORMATIONS)
KEYS = {("architectures_p1", "0"): "Home", ("architectures_squeezed", "128"): "End"}
"""What is pressed on a slider to have a value; where any other value will do, it is an arrow."""
OPEN_MS, TRIES = 700, 20
DIGIT = ((0.3, 0.25), (0.7, 0.25), (0.5, 0.5), (0.45, 0.8))


def control(page: Page, name: str) -> Locator:
    return page.locator(f".st-key-choice-{name}")


def until(act: Callable[[], None], there: Callable[[], bool]) -> None:
    """Do it until it has had its effect: what is drawn anew at that moment hears nothing."""
    for _ in range(TRIES):
        act()
        if there():
            return


def press(button: Locator, there: Callable[[], bool]) -> None:
    """Press it until that has had its effect, also where it goes away with it."""
    for _ in range(TRIES):
        with contextlib.suppress(TimeoutError):
            button.click(timeout=4 * OPEN_MS)
        if there():
            return


def appears(what: Locator, within_ms: float = 3 * OPEN_MS) -> bool:
    try:
        what.wait_for(timeout=within_ms)
    except TimeoutError:
        return False
    return True


def goes(what: Locator) -> bool:
    try:
        what.wait_for(state="detached", timeout=3 * OPEN_MS)
    except TimeoutError:
        return False
    return True


def moves_on(page: Page, place: str, name: str) -> bool:
    """Whether the page's address changes and says `name`."""
    try:
        page.wait_for_url(lambda url: url != place and name in url, timeout=2 * OPEN_MS)
    except TimeoutError:
        return False
    return True


def walk_in_the_map(page: Page) -> None:
    page.locator(".st-key-unit canvas").focus()
    for key in ("ArrowLeft", "ArrowRight", "ArrowRight"):
        page.keyboard.press(key)


def pick_option(page: Page, name: str, value: str) -> None:
    """Choose the option that is `value` in a list, on a slider or among buttons; any other one where it is ""."""
    widget, named = control(page, name), re.compile(re.escape(t(TITLES[name][value])) if name in TITLES else value)
    widget.wait_for()
    if widget.locator("[data-testid=stSelectbox]").count():
        options = page.get_by_role("option")

        def unfold() -> None:
            widget.get_by_role("combobox").focus()
            page.keyboard.press("ArrowDown")

        until(unfold, lambda: appears(options.first, OPEN_MS))
        (options.filter(has_text=named).first if value else options.nth(1)).click()
    elif widget.get_by_role("slider").count():
        widget.get_by_role("slider").focus()
        page.keyboard.press(KEYS.get((name, value), "ArrowRight"))
    else:
        buttons = widget.locator("button")
        (buttons.filter(has_text=named).first if value else buttons.nth(1)).click()


def draw_a_digit(page: Page) -> None:
    canvas = page.locator(".st-key-digit-board canvas")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    assert box is not None
    (x, y), *others = [(box["x"] + across * box["width"], box["y"] + down * box["height"]) for across, down in DIGIT]
    page.mouse.move(x, y)
    page.mouse.down()
    for x, y in others:
        page.mouse.move(x, y, steps=4)
    page.mouse.up()


def take_a_set(page: Page) -> None:
    offered = page.locator(".st-key-set-objects button")
    until(page.locator(".st-key-sets button").first.click, lambda: appears(offered))
    offered.click()
    page.keyboard.press("Escape")
    expect(page.locator(".st-key-board").get_by_role("region")).to_have_count(4)


DEEDS: Mapping[str, Callable[[Page], None]] = {
    "digit_drawn": draw_a_digit,
    "set_taken": take_a_set,
    "misplaced_photo_chosen": lambda page: page.locator(".st-key-board button.wrong").first.click(),
    "network_made": lambda page: page.locator(".st-key-make-network button").first.click(),
}


def do(page: Page, condition: Condition, step: Step) -> None:
    """What a learner does so that the condition holds."""
    name, value = condition.name, condition.values[0] if condition.values else ""
    if condition.kind == "is" and (name, value) in step.view:
        return  # the lesson has set it
    if condition.kind == "happens":
        DEEDS[name](page)
    elif name == "page":
        page.locator(f'[data-testid=stSidebarNavLink][href$="/{value}"]').click()
    elif name == "photo":
        others = page.locator(".st-key-samples [role=radio][aria-checked=false]")
        (page.locator(f'.st-key-samples [role=radio][value="{value}"]') if value else others.nth(2)).click()
    elif name == "layer":
        page.locator(".st-key-layers button").filter(has_text=value).click()
    elif name == "architectures_part":
        page.locator(f".st-key-blueprints button[value={value}]").first.click()
    elif name == "unit":
        place = page.url
        until(lambda: walk_in_the_map(page), lambda: moves_on(page, place, "unit="))
    elif name == "features_map":
        place, tile = page.url, page.locator(".st-key-wall button, .st-key-wall [role=option]").nth(2)
        until(tile.click, lambda: moves_on(page, place, name))  # the wall of the layer before may still be there
    elif name == "occlusion_at":
        page.locator("[class*=st-key-occlusion] [tabindex='0']").first.focus()
        page.keyboard.press("ArrowDown")
    elif name in ("occlusion_height", "occlusion_fill"):
        page.get_by_role("button", name=re.compile(t("The square"))).click()
        if name == "occlusion_fill":
            pick_option(page, name, value)
        else:
            box = control(page, name).locator("input").first
            box.fill("64")
            box.press("Enter")
    elif name == "network" and "control" in step.lights:
        page.locator(".st-key-random-weights button").first.click()
    elif name == "network":
        pick_option(page, name, NETWORKS[value])
    elif name == "invariance_kind":
        control(page, name).locator("button").nth(KINDS.index(value)).click()
    elif name in ("invariance_at", "evolution_epoch"):
        page.locator(".st-key-moved input[type=range], .st-key-film input[type=range]").first.focus()
        page.keyboard.press("ArrowLeft" if ("evolution_epoch", "-1") in step.view else "ArrowRight")
    else:
        pick_option(page, name, value)
