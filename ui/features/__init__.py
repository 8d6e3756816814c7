"""What each map looks for: its nine strongest units over many photos."""

from ui.features.fields import Fields
from ui.shell.chosen import Chosen, Drawing
from ui.shell.exhibit import Exhibit
from zfnet_core.language import later

EXHIBIT = Exhibit(
    name="features",
    title=later("What each map looks for"),
    icon=":material/grid_view:",
    section=later("One network"),
    figure="Fig. 2",
    fields=(Chosen, Drawing, Fields),
    lead=later("What each filter is looking for: the nine things in thousands of photos that excite it most."),
    minutes=5,
    asks=True,
)
