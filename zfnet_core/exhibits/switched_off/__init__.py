"""Switch a feature map off, and see the answer change; which maps a class rests on, and what it is confused with."""

from zfnet_core.exhibits.switched_off.class_maps import ClassMaps, class_maps
from zfnet_core.exhibits.switched_off.confused import Confused, confused
from zfnet_core.exhibits.switched_off.export import class_csv, csv, script
from zfnet_core.exhibits.switched_off.switches import DOUBLE, OFF, Answer, Ranking, Settings, answer, ranking

__all__ = [
    "DOUBLE",
    "OFF",
    "Answer",
    "ClassMaps",
    "Confused",
    "Ranking",
    "Settings",
    "answer",
    "class_csv",
    "class_maps",
    "confused",
    "csv",
    "ranking",
    "script",
]
