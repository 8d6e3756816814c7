"""Shift, scale, turn: which layers notice, and whether the answer stays."""

from ui.invariance.fields import Fields
from ui.shell.chosen import Chosen
from ui.shell.exhibit import Exhibit
from zfnet_core.language import later

EXHIBIT = Exhibit(
    name="invariance",
    title=later("Shift, scale, turn"),
    icon=":material/360:",
    section=later("One photo"),
    figure="Fig. 5",
    fields=(Chosen, Fields),
    lead=later("Whether the answer survives when things move, grow or turn, and which layer notices first."),
    minutes=5,
    asks=True,
)
