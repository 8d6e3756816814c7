"""The same part, hidden: whether the network relates parts of different objects."""

from ui.correspondence.fields import Fields
from ui.shell.chosen import Chosen
from ui.shell.exhibit import Exhibit
from zfnet_core.language import later

EXHIBIT = Exhibit(
    name="correspondence",
    title=later("The same part, hidden"),
    icon=":material/face:",
    section=later("One network"),
    figure="Table 1",
    fields=(Chosen, Fields),
    lead=later("Whether a network knows that eyes are eyes: hide the same part in five pictures."),
    minutes=5,
    asks=True,
)
