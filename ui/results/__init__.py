"""Paper, ours, yours: every table and figure of results, with the visitor's own run beside it."""

from ui.results.fields import Fields
from ui.shell.chosen import Chosen
from ui.shell.exhibit import Exhibit
from zfnet_core.language import later

EXHIBIT = Exhibit(
    name="results",
    title=later("Paper, ours, yours"),
    icon=":material/table_chart:",
    section=later("The paper"),
    figure="Tables 1–7",
    fields=(Chosen, Fields),
    lead=later("Every number that the paper prints, what we get with our networks, and room for your own run."),
    minutes=5,
)
