"""Switch a feature map off, and see the answer change."""

from ui.shell.chosen import Chosen
from ui.shell.exhibit import Exhibit
from ui.switched_off.fields import Fields
from zfnet_core.language import later

EXHIBIT = Exhibit(
    name="switched_off",
    title=later("Switch a map off"),
    icon=":material/toggle_off:",
    section=later("One photo"),
    figure="–",
    fields=(Chosen, Fields),
    lead=later("Which feature maps an answer rests on: switch one off, and see whether the network still knows."),
    minutes=5,
    asks=True,
)
