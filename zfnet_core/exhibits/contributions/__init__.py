"""How one number is made: the sum behind a unit, map by map, and the way down to the pixels."""

from zfnet_core.exhibits.contributions.export import products_csv, script, terms_csv
from zfnet_core.exhibits.contributions.figure import Line, figure
from zfnet_core.exhibits.contributions.number import (
    Number,
    Part,
    Place,
    Term,
    existing,
    made,
    stations,
    value_at,
)
from zfnet_core.exhibits.contributions.passages import Passage, PooledAbove, down, pooled_above
from zfnet_core.exhibits.contributions.readers import Reader, reader_above
from zfnet_core.exhibits.contributions.walk import (
    Explained,
    Settings,
    compute,
    explain,
    strongest_below,
    strongest_path,
    unit_place,
)

__all__ = [
    "Explained",
    "Line",
    "Number",
    "Part",
    "Passage",
    "Place",
    "PooledAbove",
    "Reader",
    "Settings",
    "Term",
    "compute",
    "down",
    "existing",
    "explain",
    "figure",
    "made",
    "pooled_above",
    "products_csv",
    "reader_above",
    "script",
    "stations",
    "strongest_below",
    "strongest_path",
    "terms_csv",
    "unit_place",
    "value_at",
]
