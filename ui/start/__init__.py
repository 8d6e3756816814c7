"""The start page: what this is, shown on the visitor's own photo, and a card for everything one can find out here."""

from ui.shell.chosen import Chosen
from ui.shell.exhibit import Exhibit
from zfnet_core.language import later

EXHIBIT = Exhibit(
    name="start",
    title=later("Start"),
    icon=":material/home:",
    section=later("ZFNet Explorer"),
    figure="",
    fields=(Chosen,),
    lead=later("What this is, on a photo of yours."),
    minutes=1,
)
