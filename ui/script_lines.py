"""How scripts to save name networks and photos, also those that only the visitor has."""

from __future__ import annotations

from zfnet_core import sample_photos
from zfnet_core.images import Photo
from zfnet_core.models import zoo
from zfnet_core.models.network import Network


def network_line(network: Network) -> str:
    """An expression that loads `network`; weights of the visitor's own are read from a file to be named there."""
    if network.name in zoo.names():
        return f"zoo.load({network.name!r})"
    of = (name for name in zoo.names() if network.source.endswith(f"architecture of {zoo.entry(name).title}."))
    architecture = next(of, zoo.DEFAULT)
    file = 'Path("my-weights.pth")'
    return f"checkpoints.load_checkpoint({file}, zoo.entry({architecture!r}))  # put your own file here"


def photo_line(photo: Photo) -> str:
    """A line of a list that opens `photo`; one of the visitor's own is read from a file to be named there."""
    sample = next((name for name in sample_photos.names() if sample_photos.load(name).sha == photo.sha), None)
    if sample:
        return f"    sample_photos.load({sample!r}),"
    return '    open_image(open("my-photo.jpg", "rb").read(), "my-photo.jpg"),  # put your own file here'
