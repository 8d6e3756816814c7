"""Maps with names: what a map's nine strongest photos show, as a guess; and what it says for which classes."""

from zfnet_core.exhibits.maps.export import classes_csv, script, wiring_csv
from zfnet_core.exhibits.maps.figure import figure
from zfnet_core.exhibits.maps.names import Name, name_of, named, search, words
from zfnet_core.exhibits.maps.speaks import Settings, Speaks, compute, speaks_for

__all__ = [
    "Name",
    "Settings",
    "Speaks",
    "classes_csv",
    "compute",
    "figure",
    "name_of",
    "named",
    "script",
    "search",
    "speaks_for",
    "wiring_csv",
    "words",
]
