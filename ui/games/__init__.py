"""Games: which photo made these maps, and which photo will excite this map?"""

from ui.games.fields import Fields
from ui.shell.chosen import Chosen
from ui.shell.exhibit import Exhibit
from zfnet_core.language import later

EXHIBIT = Exhibit(
    name="games",
    title=later("Guess it"),
    icon=":material/extension:",
    section=later("In class"),
    figure="Fig. 2",
    fields=(Chosen, Fields),
    lead=later("Guess the photo from its feature maps, or what a map looks for from the nine places it likes best."),
)
