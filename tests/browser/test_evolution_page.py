"""The training film in a real browser: playing, scrubbing, the keyboard, and a run that grows."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.dashboard import Runs, check_save_menu, settled
from tests.core.test_run_film import begin_run, keep_epoch
from ui.evolution.runs import bundled

EPOCHS = bundled("zfnet-classroom").epochs
WATCH_COLUMNS = """() => {
  const { film } = zfnetExplorer;
  globalThis.columns = [];
  new MutationObserver(() => { if (columns.at(-1) !== film.at) columns.push(film.at); })
    .observe(film.table, { attributeFilter: ['data-at'] });
}"""


def open_page(page: Page, runs: Runs, address: str, link: str = "") -> None:
    page.goto(f"{address}/evolution{link}")
    runs.wait(1)
    expect(page.locator(".st-key-film canvas[data-at]")).to_have_count(1)


def column(page: Page) -> int:
    return page.evaluate("zfnetExplorer.film.at")


def test_the_film_plays_to_its_end_and_stops(address: str, page: Page, runs: Runs) -> None:
    open_page(page, runs, address, "?evolution_layer=conv2")
    last = page.evaluate("zfnetExplorer.film.data.epochs.length") - 1
    assert column(page) == last
    page.evaluate(WATCH_COLUMNS)  # in the page: each is there for 0.8 s, and to ask from here may take longer
    page.get_by_role("button", name="Play the film").click()
    with runs.rerun():
        page.wait_for_function(f"columns.includes({last})")
    expect(page.get_by_role("button", name="Play the film")).to_be_visible()
    assert page.evaluate("columns") == list(range(last + 1))
    assert column(page) == last and page.evaluate("zfnetExplorer.film.timer") is None


def test_the_film_is_paused_and_leaves_a_link(address: str, page: Page, runs: Runs) -> None:
    open_page(page, runs, address, "?evolution_layer=conv2")
    last = page.evaluate("zfnetExplorer.film.data.epochs.length") - 1
    page.get_by_role("button", name="Play the film").click()
    page.wait_for_function("zfnetExplorer.film.timer !== null && zfnetExplorer.film.at >= 1")
    with runs.rerun():
        page.get_by_role("button", name="Pause the film").click()
    paused = column(page)
    assert 1 <= paused <= last
    epoch = page.evaluate(f"zfnetExplorer.film.data.epochs[{paused}]")
    assert f"evolution_epoch={epoch}" in page.url
    expect(page.get_by_text(f"epoch {epoch} of ").first).to_be_visible()
    with runs.rerun():
        page.reload()
    expect(page.locator(".st-key-film canvas[data-at]")).to_have_attribute("data-at", str(paused))


def test_the_scrubber_works_with_the_keyboard(address: str, page: Page, runs: Runs) -> None:
    open_page(page, runs, address)
    page.get_by_role("slider", name="Epoch").focus()
    with runs.rerun():
        page.keyboard.press("Home")
    assert column(page) == 0
    with runs.rerun():
        page.keyboard.press("End")
    assert column(page) == page.evaluate("zfnetExplorer.film.data.epochs.length") - 1
    expect(page.get_by_text("validation accuracy").first).to_be_visible()


def test_the_slider_reads_as_an_epoch_and_its_arrows_go_from_column_to_column(
    address: str, page: Page, runs: Runs
) -> None:
    open_page(page, runs, address)
    epochs, slider = page.evaluate("zfnetExplorer.film.data.epochs"), page.get_by_role("slider", name="Epoch")
    assert slider.input_value() == str(epochs[-1])
    assert slider.get_attribute("aria-valuetext") == f"epoch {epochs[-1]}"
    slider.focus()
    with runs.rerun():
        page.keyboard.press("ArrowLeft")
    assert slider.input_value() == str(epochs[-2]) and column(page) == len(epochs) - 2
    with runs.rerun():
        slider.fill(str(epochs[2] + 1))
    assert column(page) == min(range(len(epochs)), key=lambda at: abs(epochs[at] - epochs[2] - 1))


def test_the_charts_stay_where_they_are_while_the_film_plays(address: str, page: Page, runs: Runs) -> None:
    open_page(page, runs, address, "?evolution_layer=conv5")
    settled(page, runs)
    places, film = set(), "zfnetExplorer.film"
    for at in range(page.evaluate(f"{film}.data.epochs.length")):
        page.evaluate(f"{film}.slider.value = {film}.data.epochs[{at}]; {film}.slider.oninput()")
        places.add(page.locator(".st-key-film .chart.accuracy").bounding_box()["y"])
    assert len(places) == 1


def test_jumps_are_marked_where_the_index_says_so(address: str, page: Page, runs: Runs) -> None:
    open_page(page, runs, address, "?evolution_layer=conv4")
    wrong = page.evaluate(
        """() => {
          const film = zfnetExplorer.film, context = film.sheet.getContext('2d');
          const red = (row, column) => {
            const [r, g, b] = context.getImageData(34 + column * 67 + 4, 24 + row * 67 + 4, 1, 1).data;
            return r === 255 && g === 77 && b === 109;
          };
          return film.data.changed.flatMap((row, y) => row.filter((mark, x) => Boolean(mark) !== red(y, x))).length;
        }"""
    )
    assert wrong == 0
    assert page.evaluate("zfnetExplorer.film.data.changed.flat().some(Boolean)")


def test_clicking_a_column_and_the_cursor_in_the_curves(address: str, page: Page, runs: Runs) -> None:
    open_page(page, runs, address)
    table = page.locator(".st-key-film .table canvas")
    box, sheet = table.bounding_box(), page.evaluate("zfnetExplorer.film.sheet.width")
    with runs.rerun():
        table.click(position={"x": box["width"] * (34 + 3.5 * 67) / sheet, "y": 40})
    assert column(page) == 3
    places = page.locator(".st-key-film .cursor").evaluate_all(
        "(lines) => lines.map((line) => +line.getAttribute('x1'))"
    )
    epochs = page.evaluate("zfnetExplorer.film.data.epochs")
    expected = 38 + epochs[3] / epochs[-1] * (420 - 38 - 6)
    assert places == pytest.approx([expected] * 3, abs=0.01)


def test_pictures_are_read_with_the_arrow_keys(address: str, page: Page, runs: Runs) -> None:
    open_page(page, runs, address, f"?evolution_layer=conv2&evolution_epoch={EPOCHS[0]}")
    data = page.evaluate("zfnetExplorer.film.data")
    table, readout = page.locator(".st-key-film .table canvas"), page.locator(".st-key-film .readout")
    table.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    with runs.rerun():
        page.keyboard.press("ArrowRight")
    assert column(page) == 1 and f"evolution_epoch={data['epochs'][1]}" in page.url
    expect(readout).to_contain_text(f"Map {data['maps'][2]}, epoch {data['epochs'][1]}: ")
    expect(readout).to_contain_text(f"photo {data['photos'][2][1]}")
    expect(page.locator(".st-key-film .spoken")).to_have_text(readout.inner_text())
    page.keyboard.press("ArrowUp")
    expect(readout).to_contain_text(f"Map {data['maps'][1]}, ")


def test_a_run_that_is_still_going_is_followed(address: str, page: Page, runs: Runs, tmp_path: Path) -> None:
    run = begin_run(tmp_path / "going", 1)
    page.goto(f"{address}/evolution?evolution_run=folder&evolution_layer=conv1")
    runs.wait(1)
    page.get_by_role("textbox", name="Run directory").fill(str(run.path))
    page.keyboard.press("Enter")
    page.wait_for_function("globalThis.zfnetExplorer?.film?.data.epochs.length === 1", timeout=90_000)
    expect(page.get_by_text("random weights, the control").first).to_be_visible()
    keep_epoch(run, 1)
    page.wait_for_function("zfnetExplorer.film.data.epochs.length === 2", timeout=90_000)
    expect(page.get_by_text("epoch 1 of 1").first).to_be_visible()


def test_a_diverged_run_does_not_stop_the_film(address: str, page: Page, runs: Runs, tmp_path: Path) -> None:
    run = begin_run(tmp_path / "diverged", 2)
    run.write_log([{"epoch": 1, "px": 80, "loss": float("nan"), "train_top1": 0.1, "val_top1": None}])
    page.goto(f"{address}/evolution?evolution_run=folder&evolution_layer=conv1")
    runs.wait(1)
    page.get_by_role("textbox", name="Run directory").fill(str(run.path))
    page.keyboard.press("Enter")
    page.wait_for_function("globalThis.zfnetExplorer?.film?.data.epochs.length === 2", timeout=90_000)
    expect(page.get_by_text("neither loss nor accuracy was logged as a number").first).to_be_visible()
    expect(page.get_by_text("This run has diverged: from epoch 1")).to_be_visible()
    assert "0.0 %" not in page.locator(".st-key-film .screen figcaption").inner_text()


def test_every_file_of_the_save_menu_arrives(address: str, page: Page, runs: Runs) -> None:
    open_page(page, runs, address)
    page.get_by_role("button", name="Save").click()
    check_save_menu(page, files=6)
