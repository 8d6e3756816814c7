"""How dark is too dark? A small exhibit that shows how one is made."""

from ui.dimming.fields import Fields
from ui.shell.chosen import Chosen
from ui.shell.exhibit import Exhibit

EXHIBIT = Exhibit(
    name="dimming",
    title="How dark is too dark",
    icon=":material/brightness_4:",
    section="One photo",
    figure="–",
    fields=(Chosen, Fields),
)
