"""Everything the visitor has chosen: one frozen dataclass, written to the URL and read back: each view is a link."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any

import streamlit as st

from ui.apology import apologetic
from zfnet_core import sample_photos
from zfnet_core.models import zoo

Accepts = Callable[[Any], bool]


def _known(default: Any, accepts: Accepts) -> Any:
    """A choice of every page for which a link may only say what `accepts` is true of."""
    return field(default=default, metadata={"accepts": accepts})


def _on(pages: str, default: Any, options: Sequence[Any] | None = None, accepts: Accepts | None = None) -> Any:
    """A choice that appears only in the URL of some pages, named one after the other; one of `options`, if given."""
    return field(default=default, metadata={"pages": pages.split(), "options": options, "accepts": accepts})


def is_own_network(name: str) -> bool:
    """Whether that is the name of somebody's own weights: they stay in the session that opened them."""
    return bool(re.fullmatch(r"own-[0-9a-f]{12}", name))


@dataclass(frozen=True)
class View:
    """The choices. Texts, numbers, switches and tuples of numbers; the defaults are what a newcomer sees.

    `photo` is the name of a sample photo or "yours"; `crop` the crop's place as fractions of its free range;
    `unit` is (map, row, column), or () for the strongest one. `evolution_run` "" is the network's own film, and
    `evolution_epoch` -1 the last one; `versus` "" is the network's natural partner.
    """

    network: str = _known(zoo.DEFAULT, lambda name: name in zoo.names() or is_own_network(name))
    photo: str = _known("chelsea", lambda name: name in (*sample_photos.names(), "yours"))
    crop: tuple[float, ...] = _known((0.5, 0.5), lambda place: all(0 <= part <= 1 for part in place))
    layer: str = _on("look-inside", "conv3")
    unit: tuple[int, ...] = _on("look-inside", (), accepts=lambda unit: len(unit) in (0, 3))
    sort: str = _on("look-inside", "number", ("number", "strength"))
    scale: str = _on("look-inside", "map", ("map", "layer"))
    zero: str = _on("look-inside features", "sigmoid", ("sigmoid", "symmetric"))
    zoom: bool = _on("look-inside", True)
    occlusion_at: tuple[int, ...] = _on("occlusion", (88, 88))
    occlusion_height: int = _on("occlusion", 48)
    occlusion_width: int = _on("occlusion", 48)
    occlusion_stride: int = _on("occlusion", 8)
    occlusion_fill: str = _on("occlusion", "mean")
    occlusion_class: int = _on("occlusion", -1)
    occlusion_map: int = _on("occlusion", -1)
    occlusion_beside: str = _on("occlusion", "")
    occlusion_predict: bool = _on("occlusion", False)
    features_from: str = _on("features", "bundled")
    features_layer: str = _on("features", "conv4")
    features_order: str = _on("features", "number")
    features_page: int = _on("features", 1)
    features_map: int = _on("features", -1)
    evolution_run: str = _on("evolution", "")
    evolution_layer: str = _on("evolution", "conv3")
    evolution_epoch: int = _on("evolution", -1)
    invariance_photos: str = _on("invariance", "chelsea astronaut coffee motorcycle rocket")
    invariance_kind: str = _on("invariance", "down")
    invariance_low: str = _on("invariance", "conv1")
    invariance_high: str = _on("invariance", "fc7")
    invariance_distance: str = _on("invariance", "relative")
    invariance_border: str = _on("invariance", "mean colour")
    invariance_fine: bool = _on("invariance", False)
    invariance_at: int = _on("invariance", -1)
    invariance_classes: str = _on("invariance", "")
    versus: str = _on("alexnet-vs-zfnet", "")
    versus_patches: bool = _on("alexnet-vs-zfnet", False)
    faces: str = _on("correspondence", "people")
    faces_photos: str = _on("correspondence", "chelsea astronaut coffee motorcycle rocket")
    faces_part: str = _on("correspondence", "nose")
    faces_side: int = _on("correspondence", 48)
    faces_low: str = _on("correspondence", "conv5 pooled")
    faces_high: str = _on("correspondence", "fc7")
    faces_repeats: int = _on("correspondence", 20)
    faces_points: tuple[int, ...] = _on("correspondence", ())


DEFAULTS = View()
STALE_S = 0.8


def view() -> View:
    """What is chosen now."""
    return st.session_state.setdefault("view", DEFAULTS)


def change(**choices: Any) -> None:
    """Choose something else, and write it to the URL."""
    st.session_state["view"] = replace(view(), **choices)
    _write_url()


def begin(page: str) -> None:
    """At the start of every run of app.py: adopt a link that was opened, and show this page's choices in the URL."""
    stayed = st.session_state.get("page") == page
    st.session_state["page"] = page
    asked = {name: st.query_params[name] for name in st.query_params}
    if "view" not in st.session_state:
        st.session_state["view"] = _read(asked, DEFAULTS)
    elif asked != st.session_state.get("url") and (asked or stayed) and not _just_written(asked):
        # Back or forward on one page: what the address does not name is as at the start. Another page arrives without
        # an address of its own and keeps everything.
        st.session_state["view"] = _read(asked, _without_choices_of(page) if stayed else view())
        _write_url()
        st.session_state["urls"] = []  # the browser knows: it asked
    _write_url()


def bind(
    widget: Callable[..., Any], name: str, label: str, options: Sequence[Any] | None = None, **settings: Any
) -> Any:
    """Make `widget` for the choice `name` of `View`. A choice that is not among `options` becomes the first option."""
    key, current = f"choice-{name}", getattr(view(), name)
    if options is not None and current not in options:
        current = options[0]
        change(**{name: current})
    if st.session_state.get(key) != current:
        st.session_state[key] = current

    @apologetic
    def commit() -> None:
        change(**{name: st.session_state[key]})

    arguments = (label,) if options is None else (label, options)
    return widget(*arguments, key=key, on_change=commit, **settings)


def encoded(value: Any) -> str:
    """A choice as URL text: (12, 5, 7) is 12-5-7, True is 1."""
    if isinstance(value, tuple):
        return "-".join(f"{part:g}" if isinstance(part, float) else str(part) for part in value)
    return str(int(value)) if isinstance(value, bool) else str(value)


def decoded(text: str, name: str) -> Any:
    """The inverse of `encoded` for the choice `name`. Raises ValueError for text that cannot be meant."""
    value = _parsed(text, getattr(DEFAULTS, name))
    limits = next(item for item in fields(View) if item.name == name).metadata
    options, accepts = limits.get("options"), limits.get("accepts")
    if (options is not None and value not in options) or (accepts is not None and not accepts(value)):
        raise ValueError(text)
    return value


def _parsed(text: str, default: Any) -> Any:
    if isinstance(default, tuple):
        number = float if any(isinstance(part, float) for part in default) else int
        values = tuple(number(part) for part in text.split("-")) if text else ()
        if (default and len(values) != len(default)) or any(not abs(value) < 1e6 for value in values):
            raise ValueError(text)
        return values
    if isinstance(default, bool):
        return bool(int(text))
    return type(default)(text)


def _without_choices_of(page: str) -> View:
    """The view with everything that the page's address can hold as at the start."""
    return replace(
        view(), **{item.name: getattr(DEFAULTS, item.name) for item in fields(View) if _shown_on(item, page)}
    )


def _shown_on(item: Any, page: str) -> bool:
    return page in item.metadata.get("pages", (page,))


def _read(asked: dict[str, str], base: View) -> View:
    choices, refused = {}, []
    for name in (item.name for item in fields(View)):
        if name in asked:
            try:
                choices[name] = decoded(asked[name], name)
            except ValueError:
                refused.append(name)
    if refused:
        st.toast(f"The link's value for {', '.join(refused)} could not be used; the usual one is shown instead.")
    return replace(base, **choices)


def _write_url() -> None:
    page = st.session_state.get("page")
    shown = {
        item.name: encoded(getattr(view(), item.name))
        for item in fields(View)
        if _shown_on(item, page) and getattr(view(), item.name) != getattr(DEFAULTS, item.name)
    }
    if shown != {name: st.query_params[name] for name in st.query_params}:
        st.query_params.from_dict(shown)
    if shown != st.session_state.get("url"):
        st.session_state.setdefault("urls", []).append((time.monotonic(), st.session_state.get("url")))
        st.session_state["urls"] = st.session_state["urls"][-8:]
        st.session_state["url"] = shown


def _just_written(asked: dict[str, str]) -> bool:
    """The browser may still report an address that was replaced a moment ago; that is not a link being opened."""
    now = time.monotonic()
    return any(url == asked and now - when < STALE_S for when, url in st.session_state.get("urls", []))
