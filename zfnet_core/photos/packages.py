"""Where installed packages keep their pictures; found without importing them."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from zfnet_core.errors import ImageError
from zfnet_core.language import phrase


def folder_of(package: str) -> Path:
    """The folder of an installed package. Its own loaders may want the internet; its files are simply there.

    Raises ImageError where it is not installed.
    """
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise ImageError(
            phrase(
                "The package “{package}”, which holds sample photos, is not installed; install it with pip.",
                package=package,
            )
        )
    return Path(spec.submodule_search_locations[0])
