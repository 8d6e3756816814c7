"""The photo with the square that the network sees; the visitor can move and zoom it, and drop another photo on it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ui.kit import register
from ui.shell.received import LARGEST_NUMBER, newest, received
from zfnet_core.drawing.encoding import data_url, thumbnail
from zfnet_core.language import t
from zfnet_core.photos.decoding import UPLOADED, Photo
from zfnet_core.photos.images import LEAST_ZOOM, MOST_ZOOM, Crop, crop_box
from zfnet_core.photos.preprocessing import Preprocessing
from zfnet_core.serving.cache_budget import Cache

_urls: Cache[str] = Cache()
_mount = register(Path(__file__).parent)
ACCEPT = ",".join(f".{ending}" for ending in UPLOADED)
SHOWN_PX, SHORT_PX, LONGEST_PX = 640, 220, 8000


def crop_frame(
    photo: Photo,
    preprocessing: Preprocessing,
    crop: Crop,
    key: str,
    on_move: Callable[[float, float, float], None],
    upload: str = "",
    problem: int = 0,
    on_retry: Callable[[int], None] = lambda problem: None,
) -> None:
    """Show `photo` with its crop. `on_move(left, top, zoom)` is called with the new place, in fractions of the free
    range.

    A file that is dropped on the photo goes to the upload field with the key `upload`, also where that appears later.
    `problem` is the number of the problem that is shown (0 for none); `on_retry(problem)` is called when another file
    came while it was, and nothing has come of that in the browser. By now another problem may have taken its place.
    """

    def moved() -> None:
        if found := received(key, "moved", left=float, top=float, zoom=float):
            left, top = (min(max(found[name], 0.0), 1.0) for name in ("left", "top"))
            on_move(left, top, min(max(found["zoom"], LEAST_ZOOM), MOST_ZOOM))

    def retried() -> None:
        if (found := received(key, "retried", problem=int)) and 0 < found["problem"] < LARGEST_NUMBER:
            on_retry(found["problem"])

    _mount(
        key=key,
        data=frame_data(photo, preprocessing, crop)
        | {"heard": newest(key, "moved"), "upload": upload, "accept": ACCEPT, "problem": problem},
        on_moved_change=moved,
        on_retried_change=retried,
    )


def frame_data(photo: Photo, preprocessing: Preprocessing, crop: Crop) -> dict[str, object]:
    """What the component draws of a photo and its crop."""
    columns, rows = photo.size
    top, left, bottom, right = crop_box(photo, preprocessing, crop)
    share = preprocessing.input_px / preprocessing.resize_px * min(columns, rows)
    least = max(LEAST_ZOOM, preprocessing.input_px / preprocessing.resize_px)
    return {
        "image": _urls.get_or_make(photo.sha, lambda: data_url(thumbnail(photo.pixels, _shown_px(columns, rows)))),
        "aspect": columns / rows,
        "usual": [share / columns, share / rows],
        "least": least,
        "most": MOST_ZOOM,
        "left": crop.left,
        "top": crop.top,
        "zoom": crop.zoom,
        "alt": t(
            "{photo}: the network sees the square from column {left} to {right} and row {top} to {bottom} of {columns} "
            "by {rows} pixels. Arrow keys move it, plus and minus zoom.",
            photo=photo.title,
            left=f"{left:.0f}",
            right=f"{right:.0f}",
            top=f"{top:.0f}",
            bottom=f"{bottom:.0f}",
            columns=columns,
            rows=rows,
        ),
        "words": {
            "hint": t("Drag the square, zoom with + and −; drop a photo here."),
            "choose": t("Choose a photo …"),
            "zoom": t("Zoom of the square that the network sees"),
            "times": t("{zoom} times"),
            "usual": t("Reset"),
            "drop": t("Drop it here"),
        },
    }


def _shown_px(columns: int, rows: int) -> int:
    """The long side of the picture: a very long photo is shown larger, so that its square can be grabbed."""
    return min(LONGEST_PX, max(SHOWN_PX, SHORT_PX * max(columns, rows) // min(columns, rows)))
