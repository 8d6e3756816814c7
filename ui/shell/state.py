"""What the visitor has chosen: read, changed, bound to widgets, and kept in step with the page's address."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from ui.shell import address
from ui.shell.apology import apologetic
from ui.shell.placed import placed
from ui.shell.session import Session, session, widget_value
from zfnet_core.language import tn

Fields = TypeVar("Fields")
REMEMBERED = 64
"""So many addresses that a visit had are known again."""


def read(kind: type[Fields]) -> Fields:
    """The fields of a kind as they are chosen now."""
    return session().chosen.get(kind) or kind()


def change(kind: type, /, **choices: Any) -> None:
    """Choose something else, and write it to the address.

    A value that a field does not accept, wherever it comes from, is left out, and a sentence says so.
    """
    visit, good = session(), {}
    for name, value in choices.items():
        if address.accepted(kind, name, value):
            good[name] = value
        else:
            visit.notices.append(_refused([address.url_name(kind, name)]))
    visit.chosen[kind] = replace(read(kind), **good)
    _write(visit)


def begin(page: str, kinds: Sequence[type]) -> None:
    """At the start of every run of app.py: adopt a link that was opened, and show the page's choices in the address.

    `kinds` are the classes of fields that stand in this page's address.
    """
    visit = session()
    stayed, visit.page, visit.kinds = visit.page == page, page, tuple(kinds)
    visit.pages_opened += not stayed
    asked = {name: st.query_params[name] for name in st.query_params}
    if not visit.opened:
        visit.opened = True
        _adopt(visit, asked)
    elif asked != visit.address and (asked or stayed) and (not stayed or _meant(visit, asked)):
        # Back or forward on one page: what the address does not name is as at the start. Another page arrives without
        # an address of its own and keeps everything.
        if stayed:
            for kind in kinds:
                visit.chosen[kind] = kind()
        _adopt(visit, asked)
    _write(visit)


def bind(
    widget: Callable[..., Any],
    kind: type,
    name: str,
    label: str,
    options: Sequence[Any] | None = None,
    *,
    shown: Callable[[Any], Any] | None = None,
    chosen: Callable[[Any], Any] | None = None,
    also: Callable[[Any], dict[str, Any]] | None = None,
    **settings: Any,
) -> Any:
    """Make `widget` for a field. A value that is not among `options` becomes the first option.

    Where widget and field speak differently, `shown` makes the widget's value of the field's and `chosen` the other way
    round. `also(value)` are further fields of the same kind to change with it. What a widget reports that the field
    does not accept changes nothing.
    """
    key, current = f"choice-{address.url_name(kind, name)}", getattr(read(kind), name)
    show = shown or (lambda value: value)
    if options is not None and show(current) not in options:
        current = options[0] if chosen is None else chosen(options[0])
        change(kind, **{name: current})

    @apologetic
    def commit() -> None:
        value = widget_value(key)
        if value is None and not address.accepted(kind, name, None):
            return  # a widget that is just being mounted
        value = value if chosen is None else chosen(value)
        change(kind, **{name: value}, **(also(value) if also else {}))

    arguments = (label,) if options is None else (label, options)
    return placed(widget, key, show(current), options)(*arguments, on_change=commit, **settings)


def adopt(settings: Mapping[str, str], keep: Sequence[type] | None = None) -> None:
    """Choose what `settings` say, by their names in the address; what a field does not accept is left out, and said.

    Fields that are not named stay as they are, where `keep` is given only those of these classes; the others become
    the usual.
    """
    visit = session()
    for kind in address.kinds() if keep is not None else ():
        if kind not in (keep or ()):
            visit.chosen[kind] = kind()
    _adopt(visit, settings)
    _write(visit)


def settings() -> dict[str, str]:
    """Everything that is chosen, by its name in the address."""
    chosen = session().chosen
    return {
        address.url_name(kind, name): address.encoded(getattr(chosen.get(kind) or kind(), name))
        for kind in address.kinds()
        for name in address.names(kind)
    }


def _adopt(visit: Session, asked: Mapping[str, str]) -> None:
    refused = []
    for kind in address.kinds():
        choices = {}
        for name in address.names(kind):
            if (written := address.url_name(kind, name)) in asked:
                try:
                    choices[name] = address.decoded(kind, name, asked[written])
                except ValueError:
                    refused.append(written)
        visit.chosen[kind] = replace(visit.chosen.get(kind) or kind(), **choices)
    if refused:
        visit.notices.append(_refused([written for written in asked if written in refused]))


def _refused(names: Sequence[str]) -> str:
    return tn(
        "The value for {names} could not be used; what was chosen before, or the usual, is shown instead.",
        "The values for {names} could not be used; what was chosen before, or the usual, is shown instead.",
        len(names),
        names=", ".join(names),
    )


def _write(visit: Session) -> None:
    shown = {}
    for kind in visit.kinds:
        chosen = visit.chosen.get(kind) or kind()
        for name in address.names(kind):
            if (value := getattr(chosen, name)) != address.default(kind, name):
                shown[address.url_name(kind, name)] = address.encoded(value)
    if shown != {name: st.query_params[name] for name in st.query_params}:
        st.query_params.from_dict(shown)
    if shown != visit.address:
        visit.addresses = [*visit.addresses, visit.address][-REMEMBERED:]
        visit.address = shown


def _meant(visit: Session, asked: dict[str, str]) -> bool:
    """Whether another address on the same page is one that the visitor went to.

    Every click tells the address that the browser had then. On a busy server that can be an older one than what was
    chosen since, and adopting it would take back what the visitor has just done: an address that this visit had counts
    only where the browser says that it went back or forward.
    """
    return _went_back() or asked not in visit.addresses


def _went_back() -> bool:
    context = get_script_run_ctx()
    return context is not None and context.is_history_navigation
