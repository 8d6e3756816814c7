"""AlexNet against ZFNet: what smaller filters and strides change."""

from ui.comparison.fields import Fields
from ui.shell.chosen import Chosen
from ui.shell.exhibit import Exhibit
from zfnet_core.language import later

EXHIBIT = Exhibit(
    name="comparison",
    title=later("AlexNet against ZFNet"),
    icon=":material/compare:",
    section=later("One network"),
    figure="Fig. 6",
    fields=(Chosen, Fields),
    old_addresses=("alexnet-vs-zfnet",),
    lead=later("What two small changes to an older network did, claim by claim: guess first, then measure."),
    minutes=8,
)
