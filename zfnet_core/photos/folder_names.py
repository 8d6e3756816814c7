"""What a folder of photos is called where people read it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from zfnet_core.language import later, t

RESPELT: Mapping[str, str] = MappingProxyType(
    {
        "faces": "face",
        "faces_easy": "face",
        "leopards": "leopard",
        "motorbikes": "motorbike",
        "airplanes": "airplane",
        "binocular": "binoculars",
        "cellphone": "cell phone",
        "headphone": "headphones",
        "water_lilly": "water lily",
        "windsor_chair": "Windsor chair",
    }
)
"""Folders of Caltech-101, in small letters, that are plurals among singulars or misspelt, and what they are called."""


def folder_in_words(folder: str) -> str:
    """The name for people: "water lily" for "water_lilly".

    >>> folder_in_words("cougar_face"), folder_in_words("water_lilly"), folder_in_words("airplanes")
    ('cougar face', 'water lily', 'airplane')
    """
    return RESPELT.get(folder.casefold(), folder.replace("_", " "))


CALTECH_101 = (
    later("accordion"),
    later("airplane"),
    later("anchor"),
    later("ant"),
    later("barrel"),
    later("bass"),
    later("beaver"),
    later("binoculars"),
    later("bonsai"),
    later("brain"),
    later("brontosaurus"),
    later("buddha"),
    later("butterfly"),
    later("camera"),
    later("cannon"),
    later("car side"),
    later("ceiling fan"),
    later("cell phone"),
    later("chair"),
    later("chandelier"),
    later("cougar body"),
    later("cougar face"),
    later("crab"),
    later("crayfish"),
    later("crocodile"),
    later("crocodile head"),
    later("cup"),
    later("dalmatian"),
    later("dollar bill"),
    later("dolphin"),
    later("dragonfly"),
    later("electric guitar"),
    later("elephant"),
    later("emu"),
    later("euphonium"),
    later("ewer"),
    later("face"),
    later("ferry"),
    later("flamingo"),
    later("flamingo head"),
    later("garfield"),
    later("gerenuk"),
    later("gramophone"),
    later("grand piano"),
    later("hawksbill"),
    later("headphones"),
    later("hedgehog"),
    later("helicopter"),
    later("ibis"),
    later("inline skate"),
    later("joshua tree"),
    later("kangaroo"),
    later("ketch"),
    later("lamp"),
    later("laptop"),
    later("leopard"),
    later("llama"),
    later("lobster"),
    later("lotus"),
    later("mandolin"),
    later("mayfly"),
    later("menorah"),
    later("metronome"),
    later("minaret"),
    later("motorbike"),
    later("nautilus"),
    later("octopus"),
    later("okapi"),
    later("pagoda"),
    later("panda"),
    later("pigeon"),
    later("pizza"),
    later("platypus"),
    later("pyramid"),
    later("revolver"),
    later("rhino"),
    later("rooster"),
    later("saxophone"),
    later("schooner"),
    later("scissors"),
    later("scorpion"),
    later("sea horse"),
    later("snoopy"),
    later("soccer ball"),
    later("stapler"),
    later("starfish"),
    later("stegosaurus"),
    later("stop sign"),
    later("strawberry"),
    later("sunflower"),
    later("tick"),
    later("trilobite"),
    later("umbrella"),
    later("watch"),
    later("water lily"),
    later("wheelchair"),
    later("wild cat"),
    later("wrench"),
    later("yin yang"),
    later("Windsor chair"),
)
"""What the folders of Caltech-101, which the bundled galleries are made of, are called; `t` of it in the reader's
language."""


def spoken(name: str) -> str:
    """The name of such a folder in the reader's language; that of any other folder as it is."""
    return t(name) if name in CALTECH_101 else name
