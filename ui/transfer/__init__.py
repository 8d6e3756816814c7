"""Teach it your own classes: what a network's features are worth for things it was never taught."""

from ui.shell.chosen import Chosen
from ui.shell.exhibit import Exhibit
from ui.transfer.fields import Fields
from zfnet_core.language import later

EXHIBIT = Exhibit(
    name="transfer",
    title=later("Teach it your own classes"),
    icon=":material/school:",
    section=later("Your own"),
    figure="Tables 4–7, Fig. 9",
    fields=(Chosen, Fields),
    lead=later("Show it a few photos of each of your things, and it tells them apart: how few are enough?"),
    minutes=10,
    asks=True,
)
