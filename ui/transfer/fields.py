"""What can be chosen on the page, and stands in its address; the photos themselves never do."""

from __future__ import annotations

from ui.shell.address import choice, fields
from zfnet_core.exhibits.transfer.classifier import KINDS
from zfnet_core.exhibits.transfer.photo_map import KINDS as MAPS

VIEWS = ("classifier", "few", "layers")


@fields("transfer")
class Fields:
    """`layer` whose features are used ("" for the last), `classifier` on top, `view` below, `map` of all photos.

    `sets` is true in links that were made with somebody's own classes, which a link cannot bring.
    """

    layer: str = choice("")
    classifier: str = choice("softmax", options=KINDS)
    view: str = choice("classifier", options=VIEWS)
    map: str = choice("pca", options=MAPS)
    own: bool = choice(False)
