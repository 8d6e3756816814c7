"""Maps with names: look maps up by word, and everything that is known about one."""

from ui.maps.fields import Fields
from ui.shell.chosen import Chosen, ChosenUnit
from ui.shell.exhibit import Exhibit
from zfnet_core.language import later

EXHIBIT = Exhibit(
    name="maps",
    title=later("Maps with names"),
    icon=":material/label:",
    section=later("One network"),
    figure="Fig. 2",
    fields=(Chosen, ChosenUnit, Fields),
    lead=later("Look for the map that likes wheels, and find everything that is known about it."),
    minutes=8,
    asks=True,
)
