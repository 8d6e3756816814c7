"""A widget that shows what is chosen, from the moment when the browser makes it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from types import MappingProxyType
from typing import Any

from ui.shell.session import set_widget_value

BEGINS_WITH = MappingProxyType(
    {
        "selectbox": "index",
        "segmented_control": "default",
        "pills": "default",
        "multiselect": "default",
        "toggle": "value",
        "slider": "value",
        "select_slider": "value",
        "number_input": "value",
        "text_input": "value",
        "color_picker": "value",
    }
)
"""What each widget calls the value that it begins with."""


def placed(
    widget: Callable[..., Any], key: str, value: Any, options: Sequence[Any] | None = None
) -> Callable[..., Any]:
    """`widget` with that key, showing `value`, one of its `options` where it has some; to be called with the rest.

    The value is both what the widget is told to show and what it begins with. Told alone is not enough: a busy browser
    may be sent the widget a second time before it has made it, then never sees the first telling, begins with what the
    widget would show by itself, and reports that as the visitor's choice with the next click.
    """
    set_widget_value(key, value)
    named = BEGINS_WITH[(widget.func if isinstance(widget, partial) else widget).__name__]
    if named == "index":
        value = options.index(value) if options is not None and value in options else None
    return partial(widget, key=key, **{named: value})
