"""What the browser says of a widget before it has drawn what was placed there takes nothing back."""

from __future__ import annotations

import asyncio
from dataclasses import fields
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from streamlit.runtime.scriptrunner_utils.script_requests import RerunData, ScriptRequests
from streamlit.runtime.state import SafeSessionState, SessionState
from streamlit.runtime.state.common import WidgetMetadata
from streamlit.testing.v1 import AppTest

from benchmarks.visitors import Visitor
from tests.app.visit import choose, chosen, visit
from tests.browser.dashboard import serving
from ui.shell import late_reports
from ui.trust.fields import Fields

ROOT = Path(__file__).parents[2]
ON, OFF = WidgetState(bool_value=True), WidgetState(bool_value=False)
RELU, MASK = "choice-trust_relu", "choice-trust_mask"


def _two_switches() -> None:
    import streamlit as st

    from ui.shell import frame, state
    from ui.trust.fields import Fields

    with frame.guarded():
        state.bind(st.toggle, Fields, "relu", "Backward ReLU")
        state.bind(st.toggle, Fields, "mask", "Forward mask")


@pytest.fixture
def app() -> AppTest:
    """Two switches that are on, and the server has just switched the first one off."""
    app = AppTest.from_function(_two_switches)
    choose(app, Fields, relu=True, mask=True)
    app.run()
    choose(app, Fields, relu=False)
    app.run()
    assert not app.toggle(key=RELU).value and not app.exception
    return app


def test_what_comes_with_another_change_is_late(app: AppTest) -> None:
    app.toggle(key=RELU).set_value(True)  # as it was
    app.toggle(key=MASK).set_value(False).run()
    assert (chosen(app, Fields).relu, chosen(app, Fields).mask) == (False, False)
    relu = app.toggle(key=RELU)
    assert not relu.value and relu.proto.set_value and not relu.proto.value  # it is placed once more
    app.run()
    assert not app.toggle(key=RELU).value and not app.toggle(key=RELU).proto.set_value and not app.exception


def test_what_was_there_before_can_be_chosen(app: AppTest) -> None:
    app.toggle(key=RELU).set_value(True).run()
    assert chosen(app, Fields).relu and app.toggle(key=RELU).value
    app.toggle(key=RELU).set_value(False)
    app.toggle(key=MASK).set_value(False).run()
    assert (chosen(app, Fields).relu, chosen(app, Fields).mask) == (False, False)


def test_once_the_browser_has_drawn_it_everything_counts(app: AppTest) -> None:
    app.toggle(key=MASK).set_value(False).run()  # beside it the browser says that the first is off
    assert visit(app).unseen == {}
    app.toggle(key=RELU).set_value(True)
    app.toggle(key=MASK).set_value(True).run()
    assert (chosen(app, Fields).relu, chosen(app, Fields).mask) == (True, True)


def _three_heights() -> None:
    import streamlit as st

    from ui.occlusion.fields import Fields
    from ui.shell import frame, state

    with frame.guarded():
        state.bind(st.number_input, Fields, "height", "Height", min_value=0, max_value=224)
        state.bind(st.toggle, Fields, "predict", "Predict first")
        if (height := state.read(Fields).height) in (32, 48):
            state.change(Fields, height=height + 16)
            st.rerun()


def test_the_browser_may_be_behind_by_more_than_one_value() -> None:
    from ui.occlusion.fields import Fields

    app = AppTest.from_function(_three_heights)
    choose(app, Fields, height=31)
    app.run()
    choose(app, Fields, height=32)
    app.run()
    for said, stands in ((31, 64), (48, 64), (31, 31)):  # what was before 48 was drawn long ago when 48 is
        before = chosen(app, Fields).predict
        app.number_input[0].set_value(said)
        app.toggle[0].set_value(not before)
        app.run()
        assert (chosen(app, Fields).height, chosen(app, Fields).predict) == (stands, not before), said
        assert app.number_input[0].value == stands
    assert visit(app).unseen == {} and not app.exception


DRAWN_ANEW = f"""
import sys, time
sys.path.insert(0, {str(ROOT)!r})
import streamlit as st
from ui.shell import frame, state
from ui.trust.fields import Fields

def part():
    with frame.guarded():
        state.bind(st.toggle, Fields, "mask", "Forward mask")
        st.markdown(f"mask: {{state.read(Fields).mask}}")
        if st.button("Wait"):
            time.sleep(1)
            st.rerun()

with frame.guarded():
    state.bind(st.toggle, Fields, "relu", "Backward ReLU")
    st.button("Off", on_click=state.change, args=(Fields,), kwargs={{"relu": False}})
    st.button("Mask", on_click=state.change, args=(Fields,), kwargs={{"mask": True}})
    st.fragment(part, run_every=3600)()
    st.markdown(f"on: {{state.read(Fields).relu}}")
"""
"""A part of the page has the whole drawn anew, while something that the part said by the clock waits."""


async def _waits_until_the_page_is_drawn_anew(port: int) -> None:
    visitor = Visitor(port)
    await visitor.come()
    switch, (part,) = visitor.elements["trust_relu"][0], visitor.looking
    visitor.elements["part"] = ("", part)
    visitor.elements["page"] = ("", "")
    mask = visitor.elements["trust_mask"][0]
    visitor.states |= {switch: ON, mask: OFF}
    await visitor.press("Off", "page")
    assert visitor.texts[-1] == "on: False"
    await visitor.tell("trust_mask", OFF)  # the part's own switch; nothing has changed
    pressing = asyncio.create_task(visitor.press("Wait", "part"))
    await asyncio.sleep(0.5)
    late = BackMsg()
    late.rerun_script.fragment_id, late.rerun_script.is_auto_rerun = part, True
    late.rerun_script.page_script_hash = visitor.page_hash
    late.rerun_script.widget_states.widgets.add(id=switch, bool_value=True)
    await visitor.socket.send(late.SerializeToString())
    visitor.texts.clear()
    await pressing
    assert visitor.texts[-1] == "on: False" and not visitor.exceptions
    await visitor.tell("trust_relu", ON)
    assert visitor.texts[-1] == "on: True"
    await visitor.press("Mask", "page")
    await visitor.look_again()  # the part where the switch is, by the clock
    assert visitor.texts[-1] == "mask: True"
    await visitor.tell("trust_mask", OFF)
    assert visitor.texts[-1] == "mask: False"
    await visitor.leave()


def test_what_waited_for_another_run_is_late(tmp_path: Path) -> None:
    script = tmp_path / "drawn_anew.py"
    script.write_text(DRAWN_ANEW)
    with serving(tmp_path / "log.txt", launcher=("-m", "streamlit", "run", str(script), "--server.port")) as address:
        asyncio.run(_waits_until_the_page_is_drawn_anew(urlsplit(address).port or 0))
    assert "Traceback" not in (tmp_path / "log.txt").read_text()


async def _in_a_part(port: int) -> None:
    """The switch and the component that speaks by itself are in one part of the page."""
    visitor = Visitor(port, "occlusion", "lesson=the-grey-square&step=1")
    await visitor.come()
    switch = visitor.elements["occlusion_predict"][0]
    visitor.states[switch] = ON
    visitor.states[visitor.elements["first"][0]] = {"looked": {"number": 1}}
    await visitor.press("the nose", "page")  # the guess: now the lesson switches “Predict first” off
    assert "occlusion_predict" not in visitor.query
    for number in (2, 3):
        visitor.placed.clear()
        await visitor.tell("first", {"looked": {"number": number}})  # and the switch still on
        assert "occlusion_predict" not in visitor.query and visitor.placed == {switch: [False]}
    await visitor.look_again()
    assert "occlusion_predict" not in visitor.query
    await visitor.tell("occlusion_predict", ON)  # nothing else has changed: it was switched on again
    assert "occlusion_predict=1" in visitor.query and not visitor.exceptions
    await visitor.leave()


async def _outside_of_parts(port: int) -> None:
    """The switch is in the sidebar; what speaks is a part that runs by the clock, then the page as a whole."""
    visitor = Visitor(port, "architectures", "predict=1")
    await visitor.come()
    switch = visitor.elements["predict"][0]
    visitor.states[switch] = ON
    await visitor.press("Ask no more", "page")
    assert "predict" not in visitor.query and visitor.placed[switch][-1] is False
    assert visitor.looking
    for _ in range(2):
        await visitor.look_again()  # by the clock
        assert "predict" not in visitor.query
    visitor.placed.clear()
    await visitor.tell("page", {"moved": {"number": 1}})
    assert "predict" not in visitor.query and visitor.placed == {switch: [False]}
    visitor.states[switch] = OFF  # it has drawn it
    await visitor.tell("page", {"moved": {"number": 2}})
    visitor.states[switch] = ON
    await visitor.tell("page", {"moved": {"number": 3}})  # a click that came together with something else
    assert "predict=1" in visitor.query and not visitor.exceptions
    await visitor.press("Ask no more", "page")
    await visitor.tell("predict", ON)  # the old value alone: it was switched on again
    assert "predict=1" in visitor.query
    await visitor.press("Ask no more", "page")
    visitor.page_hash = visitor.pages["comparison"]
    await visitor.ask("")  # to another page before the switch was drawn
    assert "predict" not in visitor.query and not visitor.exceptions
    await visitor.leave()


def test_what_a_page_says_by_itself_takes_nothing_back(tmp_path: Path) -> None:
    with serving(tmp_path / "log.txt") as address:
        port = urlsplit(address).port or 0
        asyncio.run(_outside_of_parts(port))
        asyncio.run(_in_a_part(port))
    assert "Traceback" not in (tmp_path / "log.txt").read_text()


def test_streamlit_still_tells_what_a_message_was_sent_for() -> None:
    """Without these every report counts: nothing breaks, but late ones take back what the server has placed."""
    inner = SessionState()
    assert inner._current_interaction_widget_states is None and not inner._widget_changed("none")
    assert inner._new_widget_state.get("none") is None and SafeSessionState(inner, lambda: None)._state is inner
    requests = ScriptRequests()
    requests.request_rerun(RerunData(is_auto_rerun=True, fragment_id="part"))
    request = requests.on_scriptrunner_ready()
    assert request.rerun_data is requests._rerun_data and requests._rerun_data.is_auto_rerun  # also once it is taken
    assert "fragment_id" in {one.name for one in fields(WidgetMetadata)}


def test_without_what_is_private_every_report_counts(app: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    for question in (late_reports.said, late_reports.heard, late_reports.may_be_picked):
        hidden = lambda state, *rest, ask=question: ask(object(), *rest)  # noqa: E731
        monkeypatch.setattr(late_reports, question.__name__, hidden)
    app.toggle(key=RELU).set_value(True)
    app.toggle(key=MASK).set_value(False).run()
    assert (chosen(app, Fields).relu, chosen(app, Fields).mask) == (True, False) and not app.exception
