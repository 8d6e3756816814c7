"""What a folder of photos is called where people read it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

RESPELT: Mapping[str, str] = MappingProxyType(
    {
        "Faces": "face",
        "Faces_easy": "face",
        "Leopards": "leopard",
        "Motorbikes": "motorbike",
        "airplanes": "airplane",
        "binocular": "binoculars",
        "cellphone": "cell phone",
        "headphone": "headphones",
        "water_lilly": "water lily",
        "windsor_chair": "Windsor chair",
    }
)
"""Folders of Caltech-101 whose names are plurals among singulars, or misspelt, and what they are called here."""


def folder_in_words(folder: str) -> str:
    """The name for people: "water lily" for "water_lilly".

    >>> folder_in_words("cougar_face"), folder_in_words("water_lilly"), folder_in_words("airplanes")
    ('cougar face', 'water lily', 'airplane')
    """
    return RESPELT.get(folder, folder.replace("_", " "))
