"""How one number is made: the sum behind a unit, and the way down to the pixels."""

from ui.contributions.fields import Fields
from ui.shell.chosen import Chosen, ChosenUnit
from ui.shell.exhibit import Exhibit
from zfnet_core.language import later

EXHIBIT = Exhibit(
    name="contributions",
    title=later("How one number is made"),
    icon=":material/calculate:",
    section=later("One photo"),
    figure="§2",
    fields=(Chosen, ChosenUnit, Fields),
    lead=later("Take one number of the network apart, down to the pixels it was made from."),
    minutes=10,
    asks=True,
)
