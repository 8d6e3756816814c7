"""What is said about these networks and is not so: to read, or as a quiz."""

from ui.misconceptions.fields import Fields
from ui.shell.chosen import Chosen
from ui.shell.exhibit import Exhibit
from zfnet_core.language import later

EXHIBIT = Exhibit(
    name="misconceptions",
    title=later("True or not?"),
    icon=":material/fact_check:",
    section=later("The paper"),
    figure="§4–5",
    fields=(Chosen, Fields),
    lead=later(
        "What is often said about these networks, what is true, and where you can see it: as a quiz or to read."
    ),
    minutes=10,
)
