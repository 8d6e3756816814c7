"""Look inside: a network's feature maps, and the pixels that one unit came from."""

from ui.look_inside.fields import Fields
from ui.shell.chosen import Chosen, ChosenUnit, Drawing
from ui.shell.exhibit import Exhibit
from zfnet_core.language import later

EXHIBIT = Exhibit(
    name="look_inside",
    title=later("Look inside"),
    icon=":material/visibility:",
    section=later("One photo"),
    figure="§2.1",
    fields=(Chosen, ChosenUnit, Drawing, Fields),
    lead=later("What the layers of a network make of a photo, and which pixels one number deep inside came from."),
    minutes=5,
    asks=True,
)
