"""Fig. 2: the nine units that excite every feature map most, as projections and as the patches that they see.

The search for them, through any number of photos, is `zfnet_core.top_activations`; this exhibit orders a layer's maps
and draws what was found.
"""

from zfnet_core.exhibits.features.closely import Close, closely, own_unit
from zfnet_core.exhibits.features.export import csv, script
from zfnet_core.exhibits.features.figure import figure
from zfnet_core.exhibits.features.orders import ORDERS, Ordered, ordered
from zfnet_core.exhibits.features.source import Source
from zfnet_core.exhibits.features.wall import MapNine, Settings, Wall, compute

__all__ = [
    "ORDERS",
    "Close",
    "MapNine",
    "Ordered",
    "Settings",
    "Source",
    "Wall",
    "closely",
    "compute",
    "csv",
    "figure",
    "ordered",
    "own_unit",
    "script",
]
