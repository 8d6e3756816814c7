"""How features grew while the network was trained."""

from ui.evolution.fields import Fields
from ui.shell.chosen import Chosen
from ui.shell.exhibit import Exhibit
from zfnet_core.language import later

EXHIBIT = Exhibit(
    name="evolution",
    title=later("How features grew"),
    icon=":material/timeline:",
    section=later("One network"),
    figure="Fig. 4",
    fields=(Chosen, Fields),
    lead=later("How filters grow out of noise while a network is trained, as a film."),
    minutes=3,
    asks=True,
)
