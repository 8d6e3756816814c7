"""Drag the grey square: cover a part of the photo and watch the answer."""

from ui.occlusion.fields import Fields
from ui.shell.chosen import Chosen
from ui.shell.exhibit import Exhibit
from zfnet_core.language import later

EXHIBIT = Exhibit(
    name="occlusion",
    title=later("Drag the grey square"),
    icon=":material/select:",
    section=later("One photo"),
    figure="Fig. 7",
    fields=(Chosen, Fields),
    lead=later("Which part of a photo the answer needs: cover it and watch the network change its mind."),
    minutes=5,
)
