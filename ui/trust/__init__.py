"""Can I trust this picture? Checks, controls and rivals of a projection."""

from ui.shell.chosen import Chosen, ChosenUnit, Drawing
from ui.shell.exhibit import Exhibit
from ui.trust.fields import Fields
from zfnet_core.language import later

EXHIBIT = Exhibit(
    name="trust",
    title=later("Can I trust this picture?"),
    icon=":material/fact_check:",
    section=later("One photo"),
    figure="§2.1",
    fields=(Chosen, ChosenUnit, Drawing, Fields),
    lead=later("Put a projection to the test: what of it is the unit, what the photo, what the weights?"),
    minutes=10,
    asks=True,
)
