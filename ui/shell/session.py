"""What the server remembers of one visit: the only file that touches Streamlit's session state."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, TypeVar

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from ui.shell import late_reports
from zfnet_core.photos.decoding import Photo

Memory = TypeVar("Memory")
KEY = "session"
RUN = "zfnet_explorer_session"  # on what Streamlit keeps of the run
MOST_BEFORE = 8


class LateReport(Exception):
    """What the browser says of a widget is from before it drew what was placed there."""


@dataclass(eq=False)
class Unseen:
    """What a widget is to show, and what the browser may still say that it shows, the oldest first."""

    value: Any
    before: list[Any] = field(default_factory=list)


@dataclass(eq=False)
class Session:
    """One visit. It ends with the browser's page; nothing of it is written to disk.

    `pages_opened` counts the pages that were gone to, `placed` is at which of them a widget was shown last, by its key;
    `unseen` is what was placed there and the browser has not confirmed, `running` names the page of the newest run.
    `heading` is the title of the page. `kinds` are the classes of fields that stand in the page's address, `chosen`
    holds each as it was last chosen. `address` is what was written to the browser last, `addresses` those
    before it. `problems` are sentences that stay beside the control they belong to until the next try; `notices`
    are shown once. `memories` is what exhibits remember, one object of each kind. `own_networks` are (title, uid) of
    the visitor's own networks by name (see `own_networks.py`).
    """

    page: str = ""
    pages_opened: int = 0
    placed: dict[str, int] = field(default_factory=dict)
    unseen: dict[str, Unseen] = field(default_factory=dict)
    running: str = ""
    heading: str = ""
    kinds: tuple[type, ...] = ()
    chosen: dict[type, Any] = field(default_factory=dict)
    address: dict[str, str] | None = None
    addresses: list[dict[str, str] | None] = field(default_factory=list)
    opened: bool = False
    own_photo: Photo | None = None
    own_tile: str = ""
    own_photos: dict[str, Photo] = field(default_factory=dict)
    own_networks: dict[str, tuple[str, int]] = field(default_factory=dict)
    problems: dict[str, str] = field(default_factory=dict)
    notices: list[str] = field(default_factory=list)
    failed_callback: str = ""
    memories: dict[type, Any] = field(default_factory=dict)

    def memory(self, kind: type[Memory]) -> Memory:
        """What an exhibit remembers during this visit, as an object of its own class, made when first asked for."""
        if kind not in self.memories:
            self.memories[kind] = kind()
        return self.memories[kind]

    def pop_notices(self) -> list[str]:
        """The sentences that wait to be shown, each once."""
        found, self.notices = list(dict.fromkeys(self.notices)), []
        return found


def session() -> Session:
    """This visit's memory."""
    # Asked for a thousand times in a run, for every text; Streamlit's state takes locks and looks for reruns each time.
    context = get_script_run_ctx(suppress_warning=True)
    if context is not None and (known := getattr(context, RUN, None)) is not None:
        return known
    if KEY not in st.session_state:
        st.session_state[KEY] = Session()
    visit: Session = st.session_state[KEY]
    if context is not None:
        setattr(context, RUN, visit)
    return visit


def session_id() -> str:
    """Names this browser session."""
    context = get_script_run_ctx()
    return context.session_id if context else "no session"


def widget_value(key: str, default: Any = None) -> Any:
    """What the widget or component `key` reported last.

    Raises LateReport in a widget's callback that is called for what the browser showed before it drew what was placed
    there: nothing was chosen, and `apologetic` lets the callback end. The value is placed once more.
    """
    visit, value, context = session(), st.session_state.get(key, default), get_script_run_ctx()
    placed = visit.unseen.get(key)
    if placed is None or value == placed.value or context is None or not late_reports.heard(context.session_state):
        return value
    if value in placed.before and not late_reports.may_be_picked(context.session_state, key, visit.running):
        st.session_state[key] = placed.value
        raise LateReport(key)
    del visit.unseen[key]
    return value


def set_widget_value(key: str, value: Any) -> None:
    """What the widget `key` is to show; to be called before it is made.

    The browser is told when that changes, and on every page anew: a widget that two pages share begins there with what
    it would show by itself, although nothing has changed for the server.
    """
    visit = session()
    moved = visit.placed.get(key) != visit.pages_opened
    visit.placed[key] = visit.pages_opened
    if moved or key not in st.session_state or st.session_state[key] != value:
        _supersede(visit, key, value)
        st.session_state[key] = value


def _supersede(visit: Session, key: str, value: Any) -> None:
    """Until it has drawn `value`, the browser says what the widget shows now."""
    if key not in st.session_state or (before := st.session_state[key]) == value:
        return
    placed = visit.unseen.setdefault(key, Unseen(value))
    placed.value = value
    if before not in placed.before:
        placed.before = [*placed.before, before][-MOST_BEFORE:]


def confirm_widgets() -> None:
    """In every run, after the widgets' callbacks: where the browser shows what was placed, everything counts again."""
    visit, context = session(), get_script_run_ctx()
    if context is None:
        return
    visit.running = late_reports.begun(context)
    for key, placed in list(visit.unseen.items()):
        said = late_reports.said(context.session_state, key)
        if said in placed.before:
            del placed.before[: placed.before.index(said)]  # it has drawn what came after those
        elif said is not late_reports.NOTHING:
            del visit.unseen[key]


def reported(key: str, name: str) -> Any:
    """What the component `key` reported last as `name`; None before that. It comes from a browser: check it."""
    return (st.session_state.get(key) or {}).get(name)


def forget_upload(file: Any) -> None:
    """Let the server forget an uploaded file at once, instead of when the visit ends."""
    context = get_script_run_ctx()
    manager: Any = context.uploaded_file_mgr if context else None
    if context is not None and hasattr(manager, "remove_file"):
        manager.remove_file(session_id=context.session_id, file_id=file.file_id)
