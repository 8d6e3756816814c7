"""What a learner does with the controls that a lesson speaks of, in whatever language the page is."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from playwright.sync_api import Locator, Page, expect

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
DIGIT = ((0.3, 0.25), (0.7, 0.25), (0.5, 0.5), (0.45, 0.8))


def control(page: Page, name: str) -> Locator:
    return page.locator(f".st-key-choice-{name}")


def pick_option(page: Page, name: str, value: str) -> None:
    """Choose the option that is `value` in a list, on a slider or among buttons; any other one where it is ""."""
    widget, named = control(page, name), re.compile(re.escape(t(TITLES[name][value])) if name in TITLES else value)
    widget.locator("[data-testid=stSelectbox], [data-testid=stSlider], button").first.wait_for()  # not only its frame
    if widget.locator("[data-testid=stSelectbox]").count():
        options = page.get_by_role("option")
        widget.get_by_role("combobox").press("ArrowDown")
        (options.filter(has_text=named).first if value else options.nth(1)).click()
    elif widget.get_by_role("slider").count():
        widget.get_by_role("slider").press(KEYS.get((name, value), "ArrowRight"))
    else:
        buttons = widget.locator("button")
        (buttons.filter(has_text=named).first if value else buttons.nth(1)).click()


def draw_a_digit(page: Page) -> None:
    canvas = page.locator(".st-key-digit-board canvas")
    page.wait_for_function("zfnetExplorer.digitBoard")
    canvas.hover()  # as soon as it moves no more
    box = canvas.bounding_box()
    assert box is not None
    (x, y), *others = [(box["x"] + across * box["width"], box["y"] + down * box["height"]) for across, down in DIGIT]
    page.mouse.move(x, y)
    page.mouse.down()
    for x, y in others:
        page.mouse.move(x, y, steps=4)
    page.mouse.up()


def wait_for_square(page: Page, at: str) -> None:
    """Wait until the grey square lies "at" (top-left, as in the address): before that, keys move it from elsewhere."""
    there = "at => [zfnetExplorer.occluder?.box].some(box => box && `${box.top}-${box.left}` === at)"
    page.wait_for_function(there, arg=at)


def take_a_set(page: Page) -> None:
    page.locator(".st-key-sets button").first.click()
    page.locator(".st-key-set-objects button").click()
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
        drawn = "layer => zfnetExplorer.unitMap?.header?.layer === layer && zfnetExplorer.unitMap.chosen"
        page.wait_for_function(drawn, arg=dict(step.view)["layer"])
        page.locator(".st-key-unit canvas").press("ArrowLeft")
    elif name == "features_map":
        layers = [one.values[0] for one in step.done if one.name == "features_layer"]
        layer = layers[0] if layers else dict(step.view)["features_layer"]
        page.locator(f".st-key-wall button[aria-label*={layer}]").nth(2).click()
    elif name == "occlusion_at":
        wait_for_square(page, dict([*step.view, *step.then])["occlusion_at"])
        page.locator("[class*=st-key-occlusion] [tabindex='0']").first.press("ArrowDown")
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
        page.wait_for_function("[zfnetExplorer.movedPhotos, zfnetExplorer.film].some(one => one?.data)")
        back = ("evolution_epoch", "-1") in step.view
        slider = page.locator(".st-key-moved input[type=range], .st-key-film input[type=range]").first
        slider.press("ArrowLeft" if back else "ArrowRight")
    else:
        pick_option(page, name, value)
